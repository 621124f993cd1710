"""`mailguard token`: make, list and revoke bearer tokens for the API. A token is printed once and kept as a hash."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import click

from mailguard.app.rooms import Rooms
from mailguard.cli import Group
from mailguard.cli.language import say, spoken
from mailguard.cli.ledger import acting, local, plain, with_ledger
from mailguard.cli.setup import fail, with_config
from mailguard.mail.actor import Role
from mailguard.mail.saying import Sentence
from mailguard.store.sessions import TokenRow

JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
_REVOKED = Sentence("無効", "revoked")
_ROLES = [str(role) for role in Role if role is not Role.SYSTEM]


@click.group("token", cls=Group)
def token() -> None:
    """Make, list and revoke bearer tokens for the API."""


@token.command("create")
@with_config
@click.option("--role", type=click.Choice(_ROLES), required=True)
@click.option("--address", help="Whose mail it is about; needed for sender and approver.")
@click.option("--label", default="", help="What it is for.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="How long it is good.")
@JSON
def create(config_file: Path | None, role: str, address: str | None, label: str, days: int, as_json: bool) -> None:
    """Print a new bearer token. It is shown this once."""

    async def work(rooms: Rooms) -> str:
        try:
            lasts = timedelta(days=days)
            return await rooms.access.create_token(Role(role), address, acting(), lasts=lasts, label=label)
        except ValueError as error:
            fail(str(error))

    made = with_ledger(config_file, work, create=True)
    click.echo(json.dumps({"token": made, "role": role, "address": address, "days": days}) if as_json else made)


@token.command("list")
@with_config
@JSON
def list_(config_file: Path | None, as_json: bool) -> None:
    """All tokens, without their secrets."""

    async def work(rooms: Rooms) -> None:
        rows = await rooms.access.tokens()
        if as_json:
            click.echo(json.dumps({"tokens": [_values(row) for row in rows]}, ensure_ascii=False))
            return
        for row in rows:
            ends = None if row.revoked_at else row.expires_at
            until = Sentence("期限 {when}", "until {when}", when=local(ends, rooms)) if ends else _REVOKED
            used = local(row.used_at, rooms) if row.used_at else Sentence("なし", "never")
            line = Sentence(
                "{id}  {role:<13}  {address}  {until}  最終使用 {used}  {label}",
                "{id}  {role:<13}  {address}  {until}  last used {used}  {label}",
                id=row.id, role=str(row.role), address=row.address, until=until, used=used, label=plain(row.label),
            )  # fmt: skip
            click.echo(spoken(line).rstrip())

    with_ledger(config_file, work)


@token.command("revoke")
@with_config
@click.argument("token_id", metavar="ID")
@JSON
def revoke(config_file: Path | None, token_id: str, as_json: bool) -> None:
    """End a token at once."""
    done = with_ledger(config_file, lambda rooms: rooms.access.revoke_token(token_id, acting()))
    if as_json:
        click.echo(json.dumps({"id": token_id, "revoked": done}))
    if not done:
        said = Sentence(
            "有効なトークン {id} はありません。`mailguard token list` で一覧できます。",
            "no token {id} that is still good: `mailguard token list` shows them",
            id=token_id,
        )
        fail(said)
    if not as_json:
        say(Sentence("{id} を無効にしました。", "{id} revoked", id=token_id))


def _values(row: TokenRow) -> dict[str, str | None]:
    return {
        "id": row.id,
        "role": str(row.role),
        "address": row.address,
        "label": row.label,
        "created_at": _time(row.created_at),
        "expires_at": _time(row.expires_at),
        "used_at": _time(row.used_at),
        "revoked_at": _time(row.revoked_at),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
