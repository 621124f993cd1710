"""`mailguard session`: who is logged in to the console, and its end."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mailguard.app.rooms import Rooms
from mailguard.cli import Group
from mailguard.cli.ledger import acting, local, plain, with_ledger
from mailguard.cli.setup import fail, with_config
from mailguard.mail.address import AddressError, parse_typed

JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


@click.group("session", cls=Group)
def session() -> None:
    """List and end open sessions of the console."""


@session.command("list")
@with_config
@click.argument("address", required=False)
@JSON
def list_(config_file: Path | None, address: str | None, as_json: bool) -> None:
    """Open sessions of ADDRESS, or of everybody."""
    person = None if address is None else _key(address)

    async def work(rooms: Rooms) -> None:
        rows = await rooms.access.visits.listed(person)
        if as_json:
            shown = [
                {
                    "id": row.id,
                    "address": row.person,
                    "how": row.how,
                    "browser": row.browser,
                    "message_id": row.message_id,
                    "created_at": row.created_at.isoformat(timespec="seconds"),
                    "seen_at": row.seen_at.isoformat(timespec="seconds"),
                    "expires_at": row.expires_at.isoformat(timespec="seconds"),
                    "second_factor": row.factor_at is not None,
                }
                for row in rows
            ]
            click.echo(json.dumps({"sessions": shown}, ensure_ascii=False))
            return
        for row in rows:
            since, seen = local(row.created_at, rooms), local(row.seen_at, rooms)
            click.echo(f"{row.id}  {row.person}  {row.how}  {plain(row.browser) or '-'}  since {since}  seen {seen}")

    with_ledger(config_file, work)


@session.command("end")
@with_config
@click.argument("which", metavar="ID|ADDRESS")
@JSON
def end(config_file: Path | None, which: str, as_json: bool) -> None:
    """End the session of this id, or all of this address, at once."""
    person = _key(which) if "@" in which else ""

    async def work(rooms: Rooms) -> int:
        visits = rooms.access.visits
        return await visits.end_all(person, acting()) if person else int(await visits.end(which, acting()))

    count = with_ledger(config_file, work)
    if as_json:
        click.echo(json.dumps({"ended": count}))
    if not count:
        fail(f"no open session {'of ' if person else ''}{which}: `mailguard session list` shows them")
    if not as_json:
        click.echo(f"{count} ended")


def _key(address: str) -> str:
    try:
        return parse_typed(address).key
    except AddressError as error:
        raise click.UsageError(f"{address!r} is not a mail address: {error}") from error
