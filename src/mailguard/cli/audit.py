"""`mailguard audit`: look lines of the log up, export them, verify the chain or an exported copy.

A copy is verified without the ledger, and may be laid beside it: who can rewrite the ledger can rewrite its chain, but
not a copy that is kept elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

import click

from mailguard.app.rooms import Rooms, utc_now
from mailguard.cli import Group
from mailguard.cli.language import say
from mailguard.cli.ledger import acting, local, moment_of, plain, with_ledger
from mailguard.cli.setup import fail, with_config
from mailguard.cli.words import event_word, way_word
from mailguard.mail.saying import Sentence
from mailguard.review.audits import AuditReview, CopyCheck, LineFilter, check_copy, read_copy
from mailguard.store.audit import as_json as line_to_json
from mailguard.store.db import Database
from mailguard.store.records import HistoryLine

_ONE = Sentence(
    "--file は控えだけを、--against は台帳を調べます。どちらか一方にしてください。",
    "--file looks at the copy alone, --against at the ledger: choose one",
)
_EMPTY = Sentence("1行もありません。もう一度書き出してください。", "there is no line in it: export it again")
_F = TypeVar("_F", bound=Callable[..., Any])


@click.group("audit", cls=Group)
def audit() -> None:
    """List, export and verify the audit log."""


def _filters(command: _F) -> _F:
    """The options that say which lines are meant."""
    for option in (
        click.option("--until", default="", metavar="TIME", help="Before this day or moment."),
        click.option("--since", default="", metavar="TIME", help="From 2026-11-23 or 2026-11-23T10:00 on."),
        click.option("--via", default="", metavar="WAY", help="console, letter, reply, api, cli, clock or smtp."),
        click.option("--act", default="", metavar="WORD", help="release, cancel, read, login ..."),
        click.option("--person", default="", metavar="ADDRESS", help="Who acted, or is among the recipients."),
        click.option("--message", default="", metavar="ID", help="Only lines about this mail."),
    ):
        command = option(command)
    return command


@audit.command("list")
@with_config
@_filters
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def list_(config_file: Path | None, limit: int, as_json: bool, **asked: str) -> None:
    """The newest lines that match, newest last."""

    async def work(rooms: Rooms) -> None:
        lines = await _newest(AuditReview(rooms.db, now=utc_now), _chosen(asked, rooms), limit)
        if as_json:
            click.echo(json.dumps({"lines": [line_to_json(line) for line in lines]}, ensure_ascii=False))
            return
        if not lines:
            say(Sentence("該当する記録はありません。", "no line matches"), err=True)
        for line in lines:
            click.echo(f"{line.number}  {local(line.at, rooms, 'seconds')}  {plain(_said(line))}")

    with_ledger(config_file, work)


@audit.command("export")
@with_config
@_filters
@click.option("--from", "first", type=click.IntRange(1), default=1, metavar="N", help="From this line on.")
@click.option("--to", "last", type=click.IntRange(1), default=None, metavar="N", help="Up to this line.")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines, as --format jsonl.")
def export(config_file: Path | None, first: int, last: int | None, form: str, as_json: bool, **asked: str) -> None:
    """Lines with their hashes, oldest first. Keep a copy elsewhere: it proves the log against its keeper."""
    if as_json and form != "jsonl":
        raise click.UsageError(
            Sentence("--json と --format csv はどちらか一方にしてください。", "--json and --format csv: choose one")
        )

    async def work(rooms: Rooms) -> None:
        room = AuditReview(rooms.db, now=utc_now)
        async for piece in await room.export(acting(), _chosen(asked, rooms, first, last), form):
            click.echo(piece, nl=False)

    with_ledger(config_file, work)


@audit.command("verify")
@with_config
@click.option(
    "--file",
    "copy",
    type=click.Path(path_type=Path, readable=False),
    metavar="COPY",
    help="An exported copy; no ledger.",
)
@click.option("--against", type=click.Path(path_type=Path, readable=False), metavar="COPY",
              help="The ledger, and whether it still says what the copy says.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def verify(config_file: Path | None, copy: Path | None, against: Path | None, as_json: bool) -> None:
    """Check the chain of hashes. Status 1, and the number of the first broken line, if it was altered."""
    if copy is not None and against is not None:
        raise click.UsageError(_ONE)
    if copy is not None:
        _say_copy(copy, _checked(copy), as_json)

    async def work(db: Database) -> int | None:
        room = AuditReview(db, now=utc_now)
        checked = await room.verify()
        differs = None if against is None else await _first_other(room, against)
        broken = [number for number in (checked.broken, differs) if number is not None]
        return min(broken, default=None)

    if against is not None and (found := _checked(against)).broken is not None:
        _say_copy(against, found, as_json)  # it proves nothing about a ledger
    broken = with_ledger(config_file, lambda rooms: work(rooms.db), full=work)
    if as_json:
        click.echo(json.dumps({"ok": broken is None, "first_broken": broken}))
    elif broken is None:
        say(Sentence("監査ログに改変や欠落はありません。", "the audit log is whole"))
    if broken is not None:
        wrong = Sentence(
            "監査ログの {line} 行目が改変されているか、欠けています。書き出しておいた控えと比べてください。",
            "audit line {line} is altered or missing: compare with an exported copy",
            line=broken,
        )
        say("mailguard: " + wrong, err=True)
    raise SystemExit(0 if broken is None else 1)


def _checked(copy: Path) -> CopyCheck:
    """A copy alone. One without a line is none: what was cut short before its first line must not pass for whole."""
    try:
        with copy.open(encoding="utf-8", newline="") as lines:
            found = check_copy(read_copy(lines))
    except (OSError, ValueError) as error:
        fail(f"{copy}: " + Sentence("読めません: {error}", "cannot be read: {error}", error=error))
    if not found.lines and found.broken is None:
        fail(f"{copy}: " + _EMPTY)
    return found


def _say_copy(copy: Path, found: CopyCheck, as_json: bool) -> NoReturn:
    if as_json:
        said = {"lines": found.lines, "first": found.first, "last": found.last, "gaps": found.gaps}
        click.echo(json.dumps({"ok": found.broken is None, "first_broken": found.broken, **said}))
    elif found.broken is None:
        some = Sentence(
            "欠番 {n} か所(一部の書き出しか、欠落)", "with {n} gaps: a selection, or lines are missing", n=found.gaps
        )
        told = Sentence(
            "{n:,} 行に改変はありません({first} から {last} 行目、{gaps})。",
            "{n:,} lines are whole, {first} to {last}, {gaps}",
            n=found.lines, first=found.first or 0, last=found.last or 0,
            gaps=some if found.gaps else Sentence("欠番なし", "without a gap"),
        )  # fmt: skip
        say(told)
    if found.broken is not None:
        where = Sentence("{line} 行目: {why}", "line {line}: {why}", line=found.broken, why=found.why)
        say(f"mailguard: {copy}: " + where, err=True)
    raise SystemExit(0 if found.broken is None else 1)


async def _first_other(room: AuditReview, copy: Path) -> int | None:
    """The first line of a copy which the ledger does not have with the same hash."""
    try:
        with copy.open(encoding="utf-8", newline="") as lines:
            kept = {int(line["number"]): str(line["hash"]) for line in read_copy(lines)}
    except (OSError, ValueError, KeyError) as error:
        fail(f"{copy}: " + Sentence("読めません: {error}", "cannot be read: {error}", error=error))
    return await room.first_other(kept)


async def _newest(room: AuditReview, chosen: LineFilter, limit: int) -> list[HistoryLine]:
    found: list[HistoryLine] = []
    before: int | None = None
    while len(found) < limit:
        page = await room.page(replace(chosen, before=before), limit - len(found))
        found += page.lines
        if page.next is None:
            break
        before = page.next
    return found[::-1]


def _chosen(asked: dict[str, str], rooms: Rooms, first: int = 1, last: int | None = None) -> LineFilter:
    zone = ZoneInfo(rooms.config.settings.organization.timezone)
    since, until = (moment_of(asked[name], f"--{name}", zone) for name in ("since", "until"))
    return LineFilter(
        asked["person"], asked["message"], asked["act"], asked["via"], since, until, first=first, last=last
    )


def _said(line: HistoryLine) -> str:
    people = f" {', '.join(line.recipients)}" if line.recipients else ""
    comment = f": {line.comment}" if line.comment else ""
    return f"{line.actor} ({way_word(line.via)})  {event_word(line.event)} {line.message_id}{people}{comment}"
