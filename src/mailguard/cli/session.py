"""`mailguard session`: who is logged in to the console, and its end."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mailguard.app.rooms import Rooms
from mailguard.cli import Group
from mailguard.cli.language import say
from mailguard.cli.ledger import acting, is_no_address, local, plain, with_ledger
from mailguard.cli.setup import fail, with_config
from mailguard.mail.address import AddressError, parse_typed
from mailguard.mail.saying import Sentence

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
            line = Sentence(
                "{id}  {who}  {how}  {browser}  開始 {since}  最終 {seen}",
                "{id}  {who}  {how}  {browser}  since {since}  seen {seen}",
                id=row.id, who=row.person, how=row.how, browser=plain(row.browser) or "-", since=since, seen=seen,
            )  # fmt: skip
            say(line)

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
        of_one = Sentence("ログイン中の端末 {id} はありません", "no open session {id}", id=which)
        of_all = Sentence("{who} のログイン中の端末はありません", "no open session of {who}", who=which)
        shown = Sentence("。`mailguard session list` で一覧できます。", ": `mailguard session list` shows them")
        fail((of_all if person else of_one) + shown)
    if not as_json:
        say(Sentence("{n}件のログインを終了しました。", "{n} ended", n=count))


def _key(address: str) -> str:
    try:
        return parse_typed(address).key
    except AddressError as error:
        raise click.UsageError(is_no_address(address, error)) from error
