"""`mailguard queue`: list, show and decide held and queued mail, beside a running server or without one.

It asks the review room, which decides; it prints. A running server notices within a second.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mailguard.app.rooms import Rooms
from mailguard.cli.ledger import acting, read_filter, with_ledger
from mailguard.cli.queue_acts import add_acts
from mailguard.cli.queue_replace import replace_recipient
from mailguard.cli.queue_text import line_of, page_of
from mailguard.cli.setup import fail, read_config, with_config
from mailguard.mail.address import Address, AddressError, parse_typed
from mailguard.mail.lifecycle import State
from mailguard.review import DECIDING, Act, MessageRecord, Refused, ReviewError, record_to_json, view_to_json
from mailguard.store.records import Filter

FILTER = click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="FILTER",
    help="As in the console's search box: state:held from: to: rule: older:3d -to: ... or key=value; may be repeated.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


#: Most mails that a dry run names; the count before them is complete.
_SHOWN = 50


@click.group("queue")
def queue() -> None:
    """List, show and decide held and queued mail."""


add_acts(queue)
queue.add_command(replace_recipient)


@queue.command("list")
@with_config
@FILTER
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@JSON
def list_(config_file: Path | None, filters: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Held and queued mail, newest first; any other state with --filter state:..."""
    timezone = read_config(config_file).settings.organization.timezone
    chosen = read_filter(filters, timezone)

    async def work(rooms: Rooms) -> None:
        named = chosen.query.names_states
        records = await (rooms.review.page(acting(), chosen, limit) if named else _open_mail(rooms, chosen, limit))
        if as_json:
            following = records[-1].id if len(records) == limit else None
            shown = [record_to_json(record) for record in records]
            click.echo(json.dumps({"messages": shown, "next": following}, ensure_ascii=False))
            return
        for record in records:
            click.echo(line_of(record, rooms))
        if not records:
            click.echo("nothing is waiting" if chosen == Filter() else "nothing matches")
        elif len(records) == limit:
            click.echo(f"-- more: --filter before={records[-1].id}")

    with_ledger(config_file, work)


@queue.command("show")
@with_config
@click.argument("message_id", metavar="ID")
@JSON
def show(config_file: Path | None, message_id: str, as_json: bool) -> None:
    """One mail with its recipients, findings and history."""

    async def work(rooms: Rooms) -> None:
        try:
            shown = view_to_json(await rooms.review.show(acting(), message_id))
        except ReviewError as error:
            fail(f"{message_id}: {error}")
        click.echo(json.dumps(shown, ensure_ascii=False) if as_json else page_of(shown, rooms))

    with_ledger(config_file, work)


def _urgent_option(act: Act) -> Callable[[Any], Any]:
    """--urgent, for the one verb that has it."""
    if act is not Act.RELEASE:
        return lambda verb: verb
    said = "Without approval, where the rules allow it; counted, and told to the approvers. Needs --comment."
    return click.option("--urgent", is_flag=True, help=said)


def _verb(name: str, act: Act, what: str) -> None:
    """Add a deciding verb to the group."""

    @queue.command(name, help=what)
    @with_config
    @click.argument("ids", nargs=-1, metavar="[ID]...")
    @FILTER
    @click.option(
        "--recipient", "recipients", multiple=True, metavar="ADDRESS", help="Only these recipients of one ID."
    )
    @click.option("--comment", default="", help="Kept in the history and told to the sender.")
    @_urgent_option(act)
    @click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
    @click.option("--yes", is_flag=True, help="Do not ask on a terminal before acting on a filter.")
    @JSON
    def verb(
        config_file: Path | None,
        ids: tuple[str, ...],
        filters: tuple[str, ...],
        recipients: tuple[str, ...],
        comment: str,
        dry_run: bool,
        yes: bool,
        as_json: bool,
        urgent: bool = False,
    ) -> None:
        if urgent and (filters or not comment.strip()):
            raise click.UsageError("--urgent goes with IDs and a reason: --comment")
        if bool(ids) == bool(filters):
            raise click.UsageError("give IDs, or --filter, and not both")
        if recipients and len(ids) != 1:
            raise click.UsageError("--recipient goes with exactly one ID")
        if filters:
            _by_filter(config_file, act, _acting_filter(config_file, filters), comment, dry_run, yes, as_json)
        else:
            wanted = Act.URGENT if urgent else act
            _by_id(config_file, wanted, ids, _addresses(recipients) or None, comment, dry_run, as_json)


_verb("release", Act.RELEASE, "Let held mail go; it is sent at once.")
_verb("cancel", Act.CANCEL, "Withdraw held or queued mail; the sender gets it back.")
_verb("hold", Act.HOLD, "Stop the clock of held mail, or take queued mail back.")
_verb("resume", Act.RESUME, "Let a stopped clock go on with the time that was left.")
_verb("reject", Act.REJECT, "Say no to mail that waits for approval.")


@queue.command("remove-recipient")
@with_config
@click.argument("message_id", metavar="ID")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--comment", default="")
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
@JSON
def remove_recipient(
    config_file: Path | None, message_id: str, addresses: tuple[str, ...], comment: str, dry_run: bool, as_json: bool
) -> None:
    """Take recipients off a held or queued mail."""
    _by_id(config_file, Act.REMOVE, (message_id,), _addresses(addresses), comment, dry_run, as_json)


def _acting_filter(config_file: Path | None, filters: tuple[str, ...]) -> Filter:
    return read_filter(filters, read_config(config_file).settings.organization.timezone, acts=True)


def _by_id(
    config_file: Path | None,
    act: Act,
    ids: tuple[str, ...],
    recipients: tuple[Address, ...] | None,
    comment: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    async def one(rooms: Rooms, message_id: str) -> dict[str, Any]:
        try:
            if dry_run:
                view = await rooms.review.show(acting(), message_id)
                return {"id": message_id, "done": False, "possible": act in view.acts, "state": str(view.record.state)}
            view = await rooms.review.act(acting(), message_id, act, recipients, comment)
        except ReviewError as error:
            return {"id": message_id, "done": False, "possible": False, "error": error.reason.en}
        return {"id": message_id, "done": True, "possible": True, "state": str(view.record.state)}

    async def work(rooms: Rooms) -> list[dict[str, Any]]:
        return [await one(rooms, message_id) for message_id in ids]

    results = with_ledger(config_file, work)
    if as_json:
        click.echo(json.dumps({"results": results}, ensure_ascii=False))
    for result in results:
        wrong = not result["possible"]
        if not as_json or wrong:
            said = result.get("error") or (f"would {act}" if dry_run and not wrong else result["state"])
            click.echo(f"{result['id']}: {said if not (dry_run and wrong) else 'not possible: ' + said}", err=wrong)
    raise SystemExit(any(not result["possible"] for result in results))


def _by_filter(
    config_file: Path | None, act: Act, chosen: Filter, comment: str, dry_run: bool, yes: bool, as_json: bool
) -> None:
    def say(count: int) -> None:
        click.echo(f"{count} mail{'s' * (count != 1)} match{'es' * (count == 1)}", err=as_json)
        if count and not dry_run and not yes and sys.stdin.isatty():
            click.confirm(f"{act} {count} mail{'s' * (count != 1)}?", abort=True, err=True)

    async def work(rooms: Rooms) -> dict[str, Any]:
        try:
            found = await rooms.bulk.act(acting(), chosen, act, True)
            count = found.count
            say(count)
            if dry_run and not as_json:
                for record in await _reached(rooms, act, chosen):
                    click.echo(line_of(record, rooms))
            if dry_run or not count:
                return {"count": count, "done": 0, "refused": 0, "ids": list(found.ids), "errors": {}}
            result = await rooms.bulk.act(acting(), chosen, act, False, comment)
        except Refused as error:
            fail(error.reason.en)
        errors = {message_id: because.en for message_id, because in result.errors.items()}
        return {
            "count": result.count,
            "done": result.done,
            "refused": result.refused,
            "ids": list(result.ids),
            "errors": errors,
        }

    result = with_ledger(config_file, work)
    if as_json:
        click.echo(json.dumps({**result, "dry_run": dry_run}, ensure_ascii=False))
    elif not dry_run and result["count"]:
        click.echo(f"done: {result['done']}, refused: {result['refused']}")
    for message_id, why in result["errors"].items():
        click.echo(f"{message_id}: {why}", err=True)
    raise SystemExit(result["refused"] > 0)


async def _reached(rooms: Rooms, act: Act, chosen: Filter) -> list[MessageRecord]:
    """The newest mails that the act would decide: words that are searched for can match more than was meant."""
    states = (State.HELD,) if act in DECIDING else (State.HELD, State.QUEUED)
    if chosen.state is not None and chosen.state not in states:
        return []
    if chosen.state is None and len(states) == 1:
        chosen = replace(chosen, state=states[0])
    return await _open_mail(rooms, chosen, _SHOWN)


async def _open_mail(rooms: Rooms, chosen: Filter, limit: int) -> list[MessageRecord]:
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


def _addresses(texts: tuple[str, ...]) -> tuple[Address, ...]:
    try:
        return tuple(parse_typed(text) for text in texts)
    except AddressError as error:
        raise click.BadParameter(f"not a mail address: {error}") from None
