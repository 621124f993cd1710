"""`mailguard queue`: what the verbs that decide share: acting on ids, acting on a filter after counting, and how it is
told.

It asks the review room, which decides; it prints.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click

from mailguard.app.rooms import Rooms
from mailguard.cli.language import say, spoken
from mailguard.cli.ledger import acting, no_address, read_filter, with_ledger
from mailguard.cli.queue_text import line_of
from mailguard.cli.setup import fail, read_config
from mailguard.cli.words import state_word
from mailguard.mail.address import Address, AddressError, parse_typed
from mailguard.mail.lifecycle import State
from mailguard.mail.saying import Sentence, sentence_of
from mailguard.review import (
    DECIDING,
    Act,
    Choice,
    MessageRecord,
    NotFound,
    Refused,
    ReviewError,
    View,
    seen_only,
)
from mailguard.review.refusals import NO_SUCH_RECIPIENT
from mailguard.store.records import Filter

FILTER = click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="FILTER",
    help="As in the console's search box: state:held from: to: rule: older:3d -to: ... or key=value; may be repeated.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
YES = click.option("--yes", is_flag=True, help="Do not ask on a terminal before acting on a filter.")

#: What is done, after `would` and in the question before it.
ACTS = {
    Act.RELEASE: Sentence("送信", "release"),
    Act.CANCEL: Sentence("送信取消", "cancel"),
    Act.HOLD: Sentence("一時停止", "hold"),
    Act.RESUME: Sentence("再開", "resume"),
    Act.REJECT: Sentence("却下", "reject"),
    Act.REMOVE: Sentence("宛先の除外", "remove"),
    Act.URGENT: Sentence("至急送信", "urgent"),
}
EITHER = Sentence("番号か --filter のどちらか一方を指定してください。", "give IDs, or --filter, and not both")
_IDS = Sentence("番号は `mailguard queue list` で分かります。", " `mailguard queue list` shows ids.")
#: Most mails that a dry run names; the count before them is complete.
SHOWN = 50


def why(error: ReviewError) -> Sentence:
    """Why it was not done, and what to do where that is always the same."""
    reason = sentence_of(error.reason)
    return reason + _IDS if isinstance(error, NotFound) else reason


def say_count(count: int, as_json: bool) -> None:
    """Before anything is done to what a filter finds; beside JSON on stderr."""
    one = Sentence("1通のメールが該当します。", "1 mail matches")
    say(one if count == 1 else Sentence("{n}通のメールが該当します。", "{n} mails match", n=count), err=as_json)


def ask_first(what: Sentence, count: int, dry_run: bool, yes: bool) -> None:
    """On a terminal, before anything is done to so many. what: a word of ACTS."""
    if count and not dry_run and not yes and sys.stdin.isatty():
        one = Sentence("1通のメールの{what}を行いますか?", "{what} 1 mail?", what=what)
        many = Sentence("{n}通のメールの{what}を行いますか?", "{what} {n} mails?", what=what, n=count)
        click.confirm(spoken(one if count == 1 else many), abort=True, err=True)


def say_done(result: dict[str, Any], dry_run: bool, as_json: bool) -> NoReturn:
    """How many there were (count), what became of them (done, refused, ids), and why not (errors, by id)."""
    if as_json:
        click.echo(json.dumps({**result, "dry_run": dry_run}, ensure_ascii=False))
    elif not dry_run and result["count"]:
        done, refused = result["done"], result["refused"]
        say(Sentence("完了 {done}通、不可 {refused}通", "done: {done}, refused: {refused}", done=done, refused=refused))
    for message_id, why in result["errors"].items():
        say(f"{message_id}: " + why, err=True)
    raise SystemExit(result["refused"] > 0)


def acting_filter(config_file: Path | None, filters: tuple[str, ...]) -> Filter:
    return read_filter(filters, read_config(config_file).settings.organization.timezone, acts=True)


def by_id(
    config_file: Path | None,
    act: Act,
    ids: tuple[str, ...],
    recipients: tuple[Address, ...] | None,
    comment: str,
    dry_run: bool,
    as_json: bool,
) -> NoReturn:
    async def one(rooms: Rooms, message_id: str) -> dict[str, Any]:
        try:
            if dry_run:
                return _tried(message_id, act, recipients, await rooms.review.show(acting(), message_id))
            if act is Act.REMOVE and recipients:
                choice = Choice(remove=recipients, comment=comment)
                view = await rooms.review.take_off(acting(), message_id, choice)
            else:
                view = await rooms.review.act(acting(), message_id, act, recipients, comment)
        except ReviewError as error:
            return {"id": message_id, "done": False, "possible": False, "error": why(error)}
        return {"id": message_id, "done": True, "possible": True, "state": str(view.record.state)}

    async def work(rooms: Rooms) -> list[dict[str, Any]]:
        return [await one(rooms, message_id) for message_id in ids]

    results = with_ledger(config_file, work)
    if as_json:
        click.echo(json.dumps({"results": results}, ensure_ascii=False))
    for result in results:
        wrong = not result["possible"]
        if not as_json or wrong:
            say(f"{result['id']}: " + _outcome(result, act, dry_run), err=wrong)
    raise SystemExit(any(not result["possible"] for result in results))


def _outcome(result: dict[str, Any], act: Act, dry_run: bool) -> str:
    """What became of one mail, or would."""
    if result["possible"] and dry_run:
        return Sentence("{act}を行えます。", "would {act}", act=ACTS[act])
    said = result.get("error") or state_word(result["state"])
    if dry_run and not result["possible"]:
        return Sentence("行えません: {why}", "not possible: {why}", why=said)
    return said


def _tried(message_id: str, act: Act, recipients: tuple[Address, ...] | None, view: View) -> dict[str, Any]:
    """What acting would come to; whoever names recipients means all of them."""
    there = {one.address.key for one in view.record.recipients}
    if any(one.key not in there for one in recipients or ()):
        return {"id": message_id, "done": False, "possible": False, "error": sentence_of(NO_SUCH_RECIPIENT)}
    acts = [view.acts] if recipients is None else [view.acts_for.get(one.key, frozenset()) for one in recipients]
    possible = all(act in some for some in acts)
    return {"id": message_id, "done": False, "possible": possible, "state": str(view.record.state)}


def by_filter(
    config_file: Path | None, act: Act, chosen: Filter, comment: str, dry_run: bool, yes: bool, as_json: bool
) -> NoReturn:
    async def work(rooms: Rooms) -> dict[str, Any]:
        try:
            meant = await rooms.bulk.meant(acting(), chosen, act)
            count = meant.count
            say_count(count, as_json)
            ask_first(ACTS[act], count, dry_run, yes)
            if dry_run and not as_json:
                for record in await _reached(rooms, act, chosen):
                    click.echo(line_of(record, rooms))
            if dry_run or not count:
                return {"count": count, "done": 0, "refused": 0, "ids": list(seen_only(meant).ids), "errors": {}}
            result = await rooms.bulk.decide(acting(), meant, comment)  # nothing that came in while somebody was asked
        except Refused as error:
            fail(sentence_of(error.reason))
        errors = {message_id: sentence_of(because) for message_id, because in result.errors.items()}
        return {
            "count": result.count,
            "done": result.done,
            "refused": result.refused,
            "ids": list(result.ids),
            "errors": errors,
        }

    say_done(with_ledger(config_file, work), dry_run, as_json)


async def _reached(rooms: Rooms, act: Act, chosen: Filter) -> list[MessageRecord]:
    """The newest mails that the act would decide: words that are searched for can match more than was meant."""
    states = (State.HELD,) if act in DECIDING else (State.HELD, State.QUEUED)
    if chosen.state is not None and chosen.state not in states:
        return []
    if chosen.state is None and len(states) == 1:
        chosen = replace(chosen, state=states[0])
    return await open_mail(rooms, chosen, SHOWN)


async def open_mail(rooms: Rooms, chosen: Filter, limit: int) -> list[MessageRecord]:
    if chosen.state is not None:
        return await rooms.review.page(acting(), chosen, limit)
    found = [
        record
        for state in (State.HELD, State.QUEUED)
        for record in await rooms.review.page(acting(), replace(chosen, state=state), limit)
    ]
    # A mail that came in several parts may be held and queued at once.
    mails = {record.lead: record for record in reversed(found)}
    return sorted(mails.values(), key=lambda record: record.id, reverse=True)[:limit]


def addresses(texts: Sequence[str]) -> tuple[Address, ...]:
    try:
        return tuple(parse_typed(text) for text in texts)
    except AddressError as error:
        raise click.BadParameter(no_address(error)) from None
