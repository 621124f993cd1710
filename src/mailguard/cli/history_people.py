"""`mailguard history show` and `forget`: how much is known of a person, in counts, and its end.

There is no text to be shown. It prints; what is known and what is erased is the store's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click

from mailguard.app.rooms import Rooms, utc_now
from mailguard.cli.ledger import acting, local, with_ledger
from mailguard.cli.setup import fail, with_config
from mailguard.config.rooms import memory
from mailguard.mail.address import Address, AddressError, parse_typed
from mailguard.memory import aside
from mailguard.memory.settings import MemoryFault
from mailguard.store.imported import Seen, erase, seen
from mailguard.store.lessons import Lessons
from mailguard.store.log_file import truncate_log

T = TypeVar("T")

_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
_KINDS = {
    "people": "people written to or written by",
    "groups": "groups",
    "contacts": "contacts",
    "files": "files",
    "trusts": "recipients not to be asked about again",
    "lessons": "lessons of mails",
}


@click.command("show")
@with_config
@click.argument("address")
@_JSON
def show(config_file: Path | None, address: str, as_json: bool) -> None:
    """How much is known of a person, and since when: counts, no text, and nobody else's name. Status 1: nothing is."""
    person = _person(address)

    async def work(rooms: Rooms) -> bool:
        found = await rooms.db.read(lambda connection: seen(connection, person))
        modelled = await _is_modelled(rooms, person)
        if as_json:
            click.echo(json.dumps({"address": person.key, **_to_json(found), "model": modelled}))
        elif found != Seen() or modelled:
            click.echo(_printed(person, found, rooms, modelled=modelled))
        return modelled or found != Seen()

    if not _done(config_file, work):
        fail(f"nothing is known of {person.key}")


@click.command("forget")
@with_config
@click.argument("address")
@_JSON
def forget(config_file: Path | None, address: str, as_json: bool) -> None:
    """Erase what is known of a person as a sender and as a recipient. Mails, the audit log and backups stay."""
    person = _person(address)

    async def work(rooms: Rooms) -> dict[str, int]:
        gone = await rooms.db.write(lambda connection: erase(connection, person))
        settings, lessons = memory(rooms.config), Lessons(rooms.db)
        if settings is None:
            gone |= {"lessons": await lessons.forget(person, acting(), utc_now())}
        else:
            gone |= {"lessons": await aside.forget(lessons, settings, person, acting(), utc_now())}
        # What was overwritten in the ledger still stands in its log, as long as a server has it open.
        await asyncio.to_thread(truncate_log, rooms.db.path)
        return gone

    gone = _done(config_file, work)
    if as_json:
        click.echo(json.dumps({"address": person.key, "erased": gone}))
        return
    said = ", ".join(f"{gone[kind]:,} {words}" for kind, words in _KINDS.items() if gone.get(kind))
    click.echo(f"{person.key}: erased {said or 'nothing: the ledger knew nothing'}; the model forgets, too")


async def _is_modelled(rooms: Rooms, person: Address) -> bool:
    """Whether the model knows the address: it is asked to forget it, and not kept."""
    settings = memory(rooms.config)
    if settings is None:
        return False
    model = await aside.recall(Lessons(rooms.db), settings)
    return model.forget(person.key)


def _done(config_file: Path | None, work: Callable[[Rooms], Awaitable[T]]) -> T:
    try:
        return with_ledger(config_file, work)
    except MemoryFault as error:
        fail(str(error))


def _person(address: str) -> Address:
    try:
        return parse_typed(address)
    except AddressError as error:
        raise click.UsageError(f"{address!r} is not a mail address: {error}") from error


def _to_json(found: Seen) -> dict[str, object]:
    return {
        key: one.isoformat(timespec="seconds") if isinstance(one, datetime) else one
        for key, one in asdict(found).items()
    }


def _printed(person: Address, found: Seen, rooms: Rooms, *, modelled: bool) -> str:
    lines = [person.key]
    if found.wrote_first is not None and found.wrote_last is not None:
        first, last = local(found.wrote_first, rooms), local(found.wrote_last, rooms)
        lines.append(f"  wrote {found.wrote:,} times to organizations outside, since {first}, last {last}")
    if found.people:
        lines.append(f"  wrote to {found.people:,} people, in {found.groups:,} groups")
    if found.received_last is not None:
        last = local(found.received_last, rooms)
        lines.append(f"  was written to by {found.writers:,} people here, {found.received:,} times, last {last}")
    if found.trusts:
        lines.append(f"  {found.trusts:,} times somebody said not to ask again")
    if found.lessons:
        lines.append(f"  {found.lessons:,} mails by or to the address can still be learnt from")
    lines.append(f"  the model {'knows' if modelled else 'does not know'} the address")
    return "\n".join(lines)
