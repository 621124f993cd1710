"""`mailguard history show` and `forget`: how much is known of a person, in counts, and its end.

There is no text to be shown. It prints; what is known and what is erased is the store's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from operator import methodcaller
from pathlib import Path
from typing import TypeVar

import click

from mailguard.app.rooms import Rooms, utc_now
from mailguard.cli.language import say
from mailguard.cli.ledger import acting, is_no_address, local, with_ledger
from mailguard.cli.setup import fail, with_config
from mailguard.config.rooms import memory
from mailguard.mail.address import Address, AddressError, parse_typed
from mailguard.mail.saying import Sentence, in_both, listed
from mailguard.memory import aside
from mailguard.memory.settings import MemoryFault
from mailguard.store.half_imported import importing
from mailguard.store.imported import Seen, erase, seen
from mailguard.store.lessons import Lessons
from mailguard.store.log_file import truncate_log

T = TypeVar("T")

_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
_KNOWN = Sentence("  モデルはこのアドレスを学習しています。", "  the model knows the address")
_UNKNOWN = Sentence("  モデルはこのアドレスを学習していません。", "  the model does not know the address")
_KINDS = {
    "people": Sentence("送信先・送信元の人 {n:,}件", "{n:,} people written to or written by"),
    "groups": Sentence("グループ {n:,}件", "{n:,} groups"),
    "contacts": Sentence("連絡先 {n:,}件", "{n:,} contacts"),
    "files": Sentence("ファイル {n:,}件", "{n:,} files"),
    "trusts": Sentence("今後確認しない宛先 {n:,}件", "{n:,} recipients not to be asked about again"),
    "lessons": Sentence("メールの学習内容 {n:,}件", "{n:,} lessons of mails"),
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
            for line in _printed(person, found, rooms, modelled=modelled):
                say(line)
        return modelled or found != Seen()

    if not _done(config_file, work):
        fail(Sentence("{who} については何も記録されていません。", "nothing is known of {who}", who=person.key))


@click.command("forget")
@with_config
@click.argument("address")
@_JSON
def forget(config_file: Path | None, address: str, as_json: bool) -> None:
    """Erase what is known of a person as a sender and as a recipient. Mails, the audit log and backups stay."""
    person = _person(address)

    async def work(rooms: Rooms) -> dict[str, int]:
        with importing(rooms.db.path):
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
    said = listed(
        in_both(words, methodcaller("format", n=gone[kind])) for kind, words in _KINDS.items() if gone.get(kind)
    )
    nothing = Sentence("なし(台帳に記録がありません)", "nothing: the ledger knew nothing")
    told = Sentence(
        "{who}: 消去したもの: {said}。モデルからも消去しました。", "{who}: erased {said}; the model forgets, too",
        who=person.key, said=said or nothing,
    )  # fmt: skip
    say(told)


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
        raise click.UsageError(is_no_address(address, error)) from error


def _to_json(found: Seen) -> dict[str, object]:
    return {
        key: one.isoformat(timespec="seconds") if isinstance(one, datetime) else one
        for key, one in asdict(found).items()
    }


def _printed(person: Address, found: Seen, rooms: Rooms, *, modelled: bool) -> list[str]:
    lines = [person.key]
    if found.wrote_first is not None and found.wrote_last is not None:
        first, last = local(found.wrote_first, rooms), local(found.wrote_last, rooms)
        wrote = Sentence(
            "  社外の組織へ {n:,} 回送信({first} から。最後は {last})",
            "  wrote {n:,} times to organizations outside, since {first}, last {last}",
            n=found.wrote, first=first, last=last,
        )  # fmt: skip
        lines.append(wrote)
    if found.people:
        people = Sentence(
            "  送信した相手 {people:,} 人、グループ {groups:,} 件",
            "  wrote to {people:,} people, in {groups:,} groups",
            people=found.people, groups=found.groups,
        )  # fmt: skip
        lines.append(people)
    if found.received_last is not None:
        last = local(found.received_last, rooms)
        received = Sentence(
            "  社内の {writers:,} 人から {n:,} 回受信(最後は {last})",
            "  was written to by {writers:,} people here, {n:,} times, last {last}",
            writers=found.writers, n=found.received, last=last,
        )  # fmt: skip
        lines.append(received)
    if found.trusts:
        trusts = Sentence(
            "  「今後確認しない」の設定 {n:,} 件", "  {n:,} times somebody said not to ask again", n=found.trusts
        )
        lines.append(trusts)
    if found.lessons:
        lessons = Sentence(
            "  このアドレスとのメール {n:,} 通を、まだ学習に使えます。",
            "  {n:,} mails by or to the address can still be learnt from",
            n=found.lessons,
        )
        lines.append(lessons)
    lines.append(_KNOWN if modelled else _UNKNOWN)
    return lines
