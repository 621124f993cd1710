"""`mailguard audit`: print the log of changes, export it whole, verify its chain."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mailguard.app.rooms import Rooms
from mailguard.cli.ledger import local, plain, with_ledger
from mailguard.cli.setup import with_config
from mailguard.store.audit import as_json as line_to_json
from mailguard.store.records import HistoryLine

_PAGE = 1000


@click.group("audit")
def audit() -> None:
    """List, export and verify the audit log."""


@audit.command("list")
@with_config
@click.option("--message", "message_id", metavar="ID", help="Only lines about this mail.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def list_(config_file: Path | None, message_id: str | None, limit: int, as_json: bool) -> None:
    """The newest lines, newest last."""

    async def work(rooms: Rooms) -> None:
        if message_id:
            lines = (await rooms.audit.history_of(message_id))[-limit:]
        else:
            lines = (await rooms.audit.latest(limit))[::-1]
        if as_json:
            click.echo(json.dumps({"lines": [line_to_json(line) for line in lines]}, ensure_ascii=False))
            return
        for line in lines:
            click.echo(f"{line.number}  {local(line.at, rooms, 'seconds')}  {plain(_said(line))}")

    with_ledger(config_file, work)


@audit.command("export")
@with_config
@click.option("--json", "as_json", is_flag=True, help="JSON lines; the only format, and the default.")
def export(config_file: Path | None, as_json: bool) -> None:  # noqa: ARG001
    """All lines with their hashes as JSON, one a line. Keep a copy elsewhere: it proves the log against its keeper."""

    async def work(rooms: Rooms) -> None:
        after = 0
        while lines := await rooms.audit.page(after=after, limit=_PAGE):
            for line in lines:
                click.echo(json.dumps(line_to_json(line), ensure_ascii=False))
            after = lines[-1].number

    with_ledger(config_file, work)


@audit.command("verify")
@with_config
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def verify(config_file: Path | None, as_json: bool) -> None:
    """Check the chain of hashes. Status 1, and the number of the first broken line, if it was altered."""
    broken = with_ledger(config_file, lambda rooms: rooms.audit.verify())
    if as_json:
        click.echo(json.dumps({"ok": broken is None, "first_broken": broken}))
    elif broken is None:
        click.echo("the audit log is whole")
    if broken is not None:
        click.echo(f"mailguard: audit line {broken} is altered or missing: compare with an exported copy", err=True)
    raise SystemExit(0 if broken is None else 1)


def _said(line: HistoryLine) -> str:
    people = f" {', '.join(line.recipients)}" if line.recipients else ""
    comment = f": {line.comment}" if line.comment else ""
    return f"{line.actor} ({line.via})  {line.event} {line.message_id}{people}{comment}"
