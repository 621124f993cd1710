"""`mailguard queue remove-recipient`: recipients come off mails, or off all that match a filter and have them.

It asks the review room, which decides; it prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mailguard.app.rooms import Rooms
from mailguard.cli.ledger import acting, with_ledger
from mailguard.cli.queue_doing import (
    DRY_RUN,
    EITHER,
    FILTER,
    JSON,
    SHOWN,
    YES,
    acting_filter,
    addresses,
    ask_first,
    by_id,
    say_count,
    say_done,
)
from mailguard.cli.queue_text import line_of
from mailguard.cli.setup import with_config
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.mail.message import is_message_id
from mailguard.mail.saying import Sentence, sentence_of
from mailguard.review import Act, Choice, MessageRecord, ReviewError
from mailguard.store.records import Filter

_PAGE = 500
_OPEN = (State.HELD, State.QUEUED)


@click.command("remove-recipient")
@with_config
@click.argument("words", nargs=-1, metavar="[ID]... ADDRESS...")
@FILTER
@click.option("--recipient", "recipients", multiple=True, metavar="ADDRESS", help="The same as ADDRESS.")
@click.option("--comment", default="")
@DRY_RUN
@YES
@JSON
def remove_recipient(
    config_file: Path | None,
    words: tuple[str, ...],
    filters: tuple[str, ...],
    recipients: tuple[str, ...],
    comment: str,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Take recipients off held or queued mails; with a filter, off each that has them. They leave To and Cc of the
    others' copies, too, where the mail may be altered.
    """
    ids, named = _sorted(words, bool(filters))
    people = addresses([*named, *recipients])
    if not people:
        raise click.UsageError(Sentence("外す宛先を書いてください: ADDRESS...", "name who comes off: ADDRESS..."))
    if bool(ids) == bool(filters):
        raise click.UsageError(EITHER)
    if not filters:
        by_id(config_file, Act.REMOVE, ids, people, comment, dry_run, as_json)
    chosen = acting_filter(config_file, filters)

    async def work(rooms: Rooms) -> dict[str, Any]:
        found = await _having(rooms, chosen, people)
        say_count(len(found), as_json)
        ask_first(Sentence("宛先の除外", "remove from"), len(found), dry_run, yes)
        if dry_run and not as_json:
            for record in found[:SHOWN]:
                click.echo(line_of(record, rooms))
        errors = {} if dry_run else await _removed(rooms, found, people, comment)
        left = [record.id for record in found if record.id not in errors]
        done = 0 if dry_run else len(left)
        return {"count": len(found), "done": done, "refused": len(errors), "ids": left, "errors": errors}

    say_done(with_ledger(config_file, work), dry_run, as_json)


def _sorted(words: Sequence[str], filtered: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """IDs and addresses. The first word is an ID, whatever it looks like, unless a filter says which mails."""
    first = words[: 0 if filtered else 1]
    ids = [*first, *(word for word in words[len(first) :] if is_message_id(word))]
    return tuple(ids), tuple(word for word in words[len(first) :] if not is_message_id(word))


def _copies(record: MessageRecord, people: Sequence[Address]) -> tuple[Address, ...]:
    """Those of the people whose copies of the mail have not left."""
    keys = {one.key for one in people}
    return tuple(one.address for one in record.recipients if one.address.key in keys and one.state in _OPEN)


async def _having(rooms: Rooms, chosen: Filter, people: Sequence[Address]) -> list[MessageRecord]:
    """The open mails that match and have one of the people, newest first."""
    found: dict[str, MessageRecord] = {}
    for state in _OPEN:
        some = replace(chosen, state=state)
        page = await rooms.review.page(acting(), some, _PAGE) if chosen.state in (None, state) else []
        while page:
            found |= {record.lead: record for record in page if _copies(record, people)}
            page = await rooms.review.page(acting(), replace(some, before=page[-1].id), _PAGE)
    return sorted(found.values(), key=lambda record: record.id, reverse=True)


async def _removed(
    rooms: Rooms, found: Sequence[MessageRecord], people: Sequence[Address], comment: str
) -> dict[str, str]:
    """Why it was not done, by the mails where it was not."""
    errors: dict[str, str] = {}
    for record in found:
        try:
            choice = Choice(remove=_copies(record, people), comment=comment)
            await rooms.review.take_off(acting(), record.id, choice)
        except ReviewError as error:
            errors[record.id] = sentence_of(error.reason)
    return errors
