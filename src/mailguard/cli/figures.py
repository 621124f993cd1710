"""`mailguard figures`: the figures of a month, and the letter about it.

It counts what is not counted yet, with the groups of the configured policies. --send owes the letter: the running
server writes and sends it.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from mailguard.app.accounts import figure_room, monthly_room
from mailguard.app.people import policy_of
from mailguard.app.rooms import Rooms
from mailguard.cli.ledger import acting, with_ledger
from mailguard.cli.setup import fail, read_config, refuse, with_config
from mailguard.mail.saying import Sentence
from mailguard.notify.letter_sheet import render
from mailguard.notify.monthly import Monthly, monthly_letter
from mailguard.policy.marks import Problems
from mailguard.review.figures import month_before, month_of

_NOBODY = Sentence(
    "レポートの宛先がありません。notify: {monthly: {to: [boss@corp.example]}} のように書いてください。",
    "nobody is named to get the letter: write notify: {monthly: {to: [boss@corp.example]}}",
)


@click.command("figures")
@with_config
@click.option("--month", metavar="2026-10", help="The month; last month, if left out.")
@click.option("--send", is_flag=True, help="Send the letter to notify.monthly.to; once a month.")
@click.option("--again", is_flag=True, help="With --send: also if it was sent before.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def figures(config_file: Path | None, month: str | None, send: bool, again: bool, as_json: bool) -> None:
    """Print what was stopped, held and delayed in a month."""
    config = read_config(config_file)
    if month is not None:
        try:
            month_of(month)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--month") from None
    if send and config.settings.notify.monthly is None:
        fail(_NOBODY)
    try:
        policy = policy_of(config)
    except Problems as error:
        refuse(error)

    async def work(rooms: Rooms) -> None:
        counted = figure_room(rooms, lambda: policy.directory)
        room = monthly_room(rooms, counted)
        wanted = month or month_before(counted.today)
        if send and wanted >= f"{counted.today:%Y-%m}":
            # It would count as sent, and the letter about the whole month would never come.
            said = Sentence(
                "{month} はまだ終わっていません。レポートは翌月から送信できます。--send を付けなければ表示できます。",
                "{month} is not over: its letter can be sent from the next month on; without --send it is printed",
                month=wanted,
            )
            fail(said)
        counts = await room.summary(wanted)
        if as_json:
            click.echo(json.dumps(counts, ensure_ascii=False))
        else:
            language, name = config.settings.organization.language, config.settings.organization.name
            content = monthly_letter(language, Monthly.of(counts), link="", name=name or "-")
            click.echo(render(content, language)[0].rstrip())
        if send and not await room.send(wanted, acting(), again=again):
            before = Sentence(
                "{month} のレポートは送信済みです。もう一度送るには --again を付けてください。",
                "the letter about {month} was sent before: --again sends it once more",
                month=wanted,
            )
            fail(before)

    with_ledger(config_file, work)
