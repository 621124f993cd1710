"""`mailguard incident`: contain a mail that went to the wrong person, and keep the register."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from mailguard.app.rooms import Rooms
from mailguard.cli import Group
from mailguard.cli.columns import padded
from mailguard.cli.incident_text import Clock, in_state, reported, shown
from mailguard.cli.language import terminal_language
from mailguard.cli.ledger import acting, local, plain, with_ledger
from mailguard.cli.setup import fail, with_config
from mailguard.cli.words import reading_language
from mailguard.incident import AlreadyClosed, AlreadyOpen, NoIncident
from mailguard.mail.organization import Language
from mailguard.mail.saying import Sentence
from mailguard.store.incidents import Incident

_STATE_COLUMNS = {"en": 6, "ja": 8}
JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


@click.group("incident", cls=Group)
def incident() -> None:
    """Contain a mail that went to the wrong person; the register of all that happened."""


@incident.command("open")
@with_config
@click.argument("message_id", metavar="ID")
@click.option("--note", default="", help="What happened.")
@JSON
def open_(config_file: Path | None, message_id: str, note: str, as_json: bool) -> None:
    """Stop what of the mail has not left, and enter it."""

    async def work(rooms: Rooms) -> Incident:
        try:
            return await rooms.incidents.open(acting(), message_id, note)
        except NoIncident:
            none = Sentence(
                "メール {id} はありません。番号は `mailguard queue list` で分かります。",
                "no mail {id}: `mailguard queue list` shows ids",
                id=message_id,
            )
            fail(none)
        except AlreadyOpen as error:
            there = Sentence(
                "{id} には対応中のインシデントがあります: mailguard incident show {incident}",
                "{id} has an open incident already: mailguard incident show {incident}",
                id=message_id, incident=error.incident.id,
            )  # fmt: skip
            fail(there)

    _print(config_file, work, shown, as_json)


@incident.command("list")
@with_config
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@JSON
def list_(config_file: Path | None, limit: int, as_json: bool) -> None:
    """The newest first."""

    async def work(rooms: Rooms) -> list[tuple[Incident, str]]:
        return [(one, local(one.opened_at, rooms)) for one in await rooms.incidents.page(acting(), limit)]

    found = with_ledger(config_file, work)
    if as_json:
        click.echo(json.dumps({"incidents": [as_values(one) for one, _ in found]}, ensure_ascii=False))
        return
    for one, opened_at in found:
        subject = plain(one.facts.get("subject") or "")
        state = padded(in_state(one.state), _STATE_COLUMNS[terminal_language()])
        click.echo(f"{one.id}  {state}  {opened_at}  {one.facts['sender']}  {subject}")


@incident.command("show")
@with_config
@click.argument("incident_id", metavar="ID")
@JSON
def show(config_file: Path | None, incident_id: str, as_json: bool) -> None:
    """One incident with what became of each copy."""
    _print(config_file, lambda rooms: _found(rooms, incident_id), shown, as_json)


@incident.command("close")
@with_config
@click.argument("incident_id", metavar="ID")
@click.option("--outcome", required=True, help="Who was told, whether it was deleted unread, what was learned.")
@JSON
def close(config_file: Path | None, incident_id: str, outcome: str, as_json: bool) -> None:
    """End an incident."""

    async def work(rooms: Rooms) -> Incident:
        try:
            return await rooms.incidents.close(acting(), incident_id, outcome)
        except NoIncident:
            _missing(incident_id)
        except AlreadyClosed as error:
            over = Sentence(
                "{id} は {who} がすでに対応を終了しています。", "{id} was closed already by {who}",
                id=incident_id, who=error.incident.closed_by,
            )  # fmt: skip
            fail(over)

    _print(config_file, work, shown, as_json)


@incident.command("report")
@with_config
@click.argument("incident_id", metavar="ID")
@JSON
def report(config_file: Path | None, incident_id: str, as_json: bool) -> None:
    """The facts for whoever writes the report: who, when, to whom, what was in it, what was done."""
    _print(config_file, lambda rooms: _found(rooms, incident_id), reported, as_json)


def _print(
    config_file: Path | None,
    work: Callable[[Rooms], Awaitable[Incident]],
    in_words: Callable[[Incident, Language, Clock], list[str]],
    as_json: bool,
) -> None:
    async def said(rooms: Rooms) -> str:
        one = await work(rooms)
        if as_json:
            return json.dumps(as_values(one), ensure_ascii=False)
        language = reading_language(rooms.config.settings.organization.language)
        return "\n".join(in_words(one, language, lambda moment: local(moment, rooms)))

    click.echo(with_ledger(config_file, said))


async def _found(rooms: Rooms, incident_id: str) -> Incident:
    try:
        return await rooms.incidents.show(acting(), incident_id)
    except NoIncident:
        _missing(incident_id)


def _missing(incident_id: str) -> NoReturn:
    none = Sentence(
        "インシデント {id} はありません。`mailguard incident list` で一覧できます。",
        "no incident {id}: `mailguard incident list` shows them",
        id=incident_id,
    )
    fail(none)


def as_values(one: Incident) -> dict[str, Any]:
    """An incident as JSON values, the keys of the API."""
    return {
        "id": one.id,
        "message_id": one.message_id,
        "state": one.state,
        "opened_at": one.opened_at.isoformat(),
        "opened_by": one.opened_by,
        "note": one.note,
        "closed_at": None if one.closed_at is None else one.closed_at.isoformat(),
        "closed_by": one.closed_by,
        "outcome": one.outcome,
        **{key: value for key, value in one.facts.items() if key != "owners"},
    }
