"""`mailguard incident`: contain a mail that went to the wrong person, keep the register, prepare the report."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import click

from mailguard.app.rooms import Rooms
from mailguard.cli import Group
from mailguard.cli.columns import padded
from mailguard.cli.incident_text import assessed, in_state, reported, shown
from mailguard.cli.language import terminal_language
from mailguard.cli.ledger import acting, local, moment_of, plain, with_ledger
from mailguard.cli.setup import fail, with_config
from mailguard.cli.words import reading_language
from mailguard.incident import (
    AlreadyClosed,
    AlreadyOpen,
    Answered,
    NoIncident,
    NoReason,
    WrongMoment,
    values_of,
    version_of,
)  # fmt: skip
from mailguard.mail.breach import ANSWERS, LAWS, Answers, Law
from mailguard.mail.organization import Language
from mailguard.mail.saying import Sentence
from mailguard.notify.breach import Clock
from mailguard.store.incidents import Incident

_STATE_COLUMNS = {"en": 6, "ja": 8}
_Verb = Callable[..., Any]
JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


def _question(name: str, said: str) -> Callable[[_Verb], _Verb]:
    return click.option(name, type=click.Choice(ANSWERS), help=said)


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
                "{id} には対応中の誤送信の記録があります: mailguard incident show {incident}",
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

    async def work(rooms: Rooms) -> tuple[list[tuple[Incident, str]], str]:
        page = await rooms.incidents.page(acting(), limit)
        return [(one, local(one.opened_at, rooms)) for one in page], rooms.config.settings.organization.timezone

    found, timezone = with_ledger(config_file, work)
    if as_json:
        values = [values_of(one, timezone) for one, _ in found]
        click.echo(json.dumps({"incidents": values}, ensure_ascii=False))
        return
    for one, opened_at in found:
        subject = plain(one.facts.get("subject") or "")
        state = padded(in_state(one.state), _STATE_COLUMNS[terminal_language()])
        click.echo(f"{one.id}  {state}  {opened_at}  {plain(one.facts['sender'])}  {subject}")


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
            _over(error.incident)

    _print(config_file, work, shown, as_json)


@incident.command("assess")
@with_config
@click.argument("incident_id", metavar="ID")
@_question("--personal", "It held data about people.")
@_question("--sensitive", "Illness, creed, crime and the like.")
@_question("--property", "It could be used to take somebody's money.")
@_question("--malicious", "Somebody means harm.")
@click.option("--persons", type=click.IntRange(0, 10**9), help="How many people it concerns.")
@_question("--unseen", "It is certain that nobody saw it.")
@click.option("--how", help="Who made sure that nobody saw it, when, and how.")
@click.option("--learned-at", default="", metavar="TIME", help="When the company learned of it: 2026-11-28T09:30.")
@click.option("--why", default="", help="Why that is changed.")
@JSON
def assess(config_file: Path | None, incident_id: str, learned_at: str, why: str, as_json: bool, **given: Any) -> None:
    """Answer what the law asks: is a report due, and until when? Answers that are not given stay as they were."""

    async def work(rooms: Rooms) -> Incident:
        found = await _found(rooms, incident_id)
        before = (found.answers or Answers()).as_values()
        try:
            answers = Answers.of(before | {name: answer for name, answer in given.items() if answer is not None})
        except ValueError:
            fail(Sentence("--how は2,000文字までです。", "--how: 2,000 characters at most"))
        zone = ZoneInfo(rooms.config.settings.organization.timezone)
        moment = moment_of(learned_at, "--learned-at", zone)
        try:
            return await rooms.incidents.assess(acting(), incident_id, answers, moment, why, seen=version_of(found))
        except NoIncident:
            _missing(incident_id)
        except AlreadyClosed as error:
            _over(error.incident)
        except Answered as error:
            meanwhile = Sentence(
                "{who} が同時に回答を保存しました。`mailguard incident report {id}` で確認し、"
                "もう一度実行してください。",
                "{who} saved answers at the same time: look at `mailguard incident report {id}`, then call it again",
                who=error.incident.assessed_by, id=incident_id,
            )  # fmt: skip
            fail(meanwhile)
        except WrongMoment as error:
            wrong = Sentence(
                "--learned-at には、メールの送信({earliest})から現在までの日時を書いてください。",
                "--learned-at: a time between the mail ({earliest}) and now",
                earliest=local(error.earliest, rooms),
            )
            fail(wrong)
        except NoReason:
            fail(
                Sentence(
                    "--learned-at を変えるときは --why に理由を書いてください。", "--learned-at is changed: say --why"
                )
            )

    _print(config_file, work, assessed, as_json)


@incident.command("report")
@with_config
@click.argument("incident_id", metavar="ID")
@click.option("--law", type=click.Choice(LAWS), help="Whose report is drafted: Japan's (appi) or the GDPR's.")
@JSON
def report(config_file: Path | None, incident_id: str, law: Law | None, as_json: bool) -> None:
    """What is known, whether a report is due, until when, and a draft of it."""

    def in_words(one: Incident, language: Language, clock: Clock, timezone: str) -> list[str]:
        return reported(one, law or ("appi" if language == "ja" else "gdpr"), language, clock, timezone)

    _print(config_file, lambda rooms: _found(rooms, incident_id), in_words, as_json)


def _print(
    config_file: Path | None,
    work: Callable[[Rooms], Awaitable[Incident]],
    in_words: Callable[[Incident, Language, Clock, str], list[str]],
    as_json: bool,
) -> None:
    async def said(rooms: Rooms) -> str:
        one, house = await work(rooms), rooms.config.settings.organization
        if as_json:
            return json.dumps(values_of(one, house.timezone), ensure_ascii=False)
        language = reading_language(house.language)
        return "\n".join(in_words(one, language, lambda moment: local(moment, rooms), house.timezone))

    click.echo(with_ledger(config_file, said))


async def _found(rooms: Rooms, incident_id: str) -> Incident:
    try:
        return await rooms.incidents.show(acting(), incident_id)
    except NoIncident:
        _missing(incident_id)


def _missing(incident_id: str) -> NoReturn:
    none = Sentence(
        "誤送信の記録 {id} はありません。`mailguard incident list` で一覧できます。",
        "no incident {id}: `mailguard incident list` shows them",
        id=incident_id,
    )
    fail(none)


def _over(one: Incident) -> NoReturn:
    over = Sentence(
        "{id} は {who} がすでに対応を終了しています。", "{id} was closed already by {who}",
        id=one.id, who=one.closed_by,
    )  # fmt: skip
    fail(over)
