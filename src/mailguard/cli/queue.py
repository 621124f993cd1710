"""`mailguard queue`: list, show and decide held and queued mail, beside a running server or without one.

It asks the review room, which decides; it prints. A running server notices within a second.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mailguard.app.rooms import Rooms
from mailguard.cli import Group
from mailguard.cli.language import say
from mailguard.cli.ledger import acting, read_filter, with_ledger
from mailguard.cli.queue_acts import add_acts
from mailguard.cli.queue_doing import (
    DRY_RUN,
    EITHER,
    FILTER,
    JSON,
    SHOWN,
    YES,
    acting_filter,
    addresses,
    by_filter,
    by_id,
    open_mail,
    say_count,
    why,
)
from mailguard.cli.queue_remove import remove_recipient
from mailguard.cli.queue_replace import replace_recipient
from mailguard.cli.queue_text import line_of, page_of
from mailguard.cli.setup import fail, read_config, with_config
from mailguard.mail.saying import Sentence
from mailguard.review import Act, ReviewError, record_to_json, view_to_json
from mailguard.store.records import Filter

#: Whoever looks may say so: a script that passes it to every verb need not know which ones act.
_NOTHING_WAITS = Sentence("待っているメールはありません。", "nothing is waiting")
_NOTHING_MATCHES = Sentence("該当するメールはありません。", "nothing matches")
_URGENT = Sentence(
    "--urgent は番号と理由(--comment)とともに指定してください。", "--urgent goes with IDs and a reason: --comment"
)
_ONE_ID = Sentence("--recipient は番号が1つのときだけ指定できます。", "--recipient goes with exactly one ID")
DRY_RUN_ANYWAY = click.option("--dry-run", is_flag=True, expose_value=False, help="It changes nothing anyway.")


@click.group("queue", cls=Group)
def queue() -> None:
    """List, show and decide held and queued mail."""


add_acts(queue)
queue.add_command(replace_recipient)
queue.add_command(remove_recipient)


@queue.command("list")
@with_config
@FILTER
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@DRY_RUN_ANYWAY
@JSON
def list_(config_file: Path | None, filters: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Held and queued mail, newest first; any other state with --filter state:..."""
    timezone = read_config(config_file).settings.organization.timezone
    chosen = read_filter(filters, timezone)

    async def work(rooms: Rooms) -> None:
        named = chosen.query.names_states
        page = rooms.review.page(acting(), chosen, limit + 1) if named else open_mail(rooms, chosen, limit + 1)
        found = await page
        records = found[:limit]
        following = records[-1].id if len(found) > limit else None
        if as_json:
            shown = [record_to_json(record) for record in records]
            click.echo(json.dumps({"messages": shown, "next": following}, ensure_ascii=False))
            return
        for record in records:
            click.echo(line_of(record, rooms))
        if not records:
            say(_NOTHING_WAITS if chosen == Filter() else _NOTHING_MATCHES)
        elif following:
            say(Sentence("-- 続き: --filter before={id}", "-- more: --filter before={id}", id=following))

    with_ledger(config_file, work)


@queue.command("show")
@with_config
@click.argument("ids", nargs=-1, metavar="[ID]...")
@FILTER
@DRY_RUN_ANYWAY
@JSON
def show(config_file: Path | None, ids: tuple[str, ...], filters: tuple[str, ...], as_json: bool) -> None:
    """A mail with its recipients, findings and history; of a filter the newest 50, after their count."""
    if bool(ids) == bool(filters):
        raise click.UsageError(EITHER)
    chosen = read_filter(filters, read_config(config_file).settings.organization.timezone)

    async def work(rooms: Rooms) -> None:
        wanted = list(ids)
        if filters:
            say_count(await rooms.review.count(acting(), chosen), as_json)
            wanted = [record.id for record in await rooms.review.page(acting(), chosen, SHOWN)]
        for message_id in wanted:
            try:
                shown = view_to_json(await rooms.review.show(acting(), message_id))
            except ReviewError as error:
                fail(f"{message_id}: " + why(error))
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
    @DRY_RUN
    @YES
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
            raise click.UsageError(_URGENT)
        if bool(ids) == bool(filters):
            raise click.UsageError(EITHER)
        if recipients and len(ids) != 1:
            raise click.UsageError(_ONE_ID)
        if filters:
            by_filter(config_file, act, acting_filter(config_file, filters), comment, dry_run, yes, as_json)
        else:
            wanted = Act.URGENT if urgent else act
            by_id(config_file, wanted, ids, addresses(recipients) or None, comment, dry_run, as_json)


_verb("release", Act.RELEASE, "Let held mail go; it is sent at once.")
_verb("cancel", Act.CANCEL, "Withdraw held or queued mail; the sender gets it back.")
_verb("hold", Act.HOLD, "Stop the clock of held mail, or take queued mail back.")
_verb("resume", Act.RESUME, "Let a stopped clock go on with the time that was left.")
_verb("reject", Act.REJECT, "Say no to mail that waits for approval.")
