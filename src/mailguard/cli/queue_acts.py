"""`mailguard queue`: verbs that speak about one mail or change what is in it: comment, forward, remove-file, hide.

They ask the review room, which decides; they print.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import click

from mailguard.app.rooms import Rooms
from mailguard.cli.ledger import acting, with_ledger
from mailguard.cli.queue_doing import addresses, why
from mailguard.cli.setup import fail, with_config
from mailguard.cli.words import state_word
from mailguard.mail.facts import Attachment
from mailguard.mail.saying import Sentence
from mailguard.review import Choice, ReviewError, View

_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
_COMMENT = click.option("--comment", default="", help="Kept in the history.")
_ID = click.argument("message_id", metavar="ID")


def add_acts(queue: click.Group) -> None:
    """Add the verbs to the group."""
    for verb in (comment, forward, remove_file, hide):
        queue.add_command(verb)


@click.command("comment")
@with_config
@_ID
@click.argument("text")
@_JSON
def comment(config_file: Path | None, message_id: str, text: str, as_json: bool) -> None:
    """Write a note on a mail; its sender is told."""
    _do(config_file, message_id, lambda rooms: rooms.review.comment(acting(), message_id, text), as_json)


@click.command("forward")
@with_config
@_ID
@click.argument("to", metavar="ADDRESS")
@_COMMENT
@_JSON
def forward(config_file: Path | None, message_id: str, to: str, comment: str, as_json: bool) -> None:
    """Ask a colleague to look at a held mail and decide."""
    (person,) = addresses([to])
    _do(config_file, message_id, lambda rooms: rooms.review.forward(acting(), message_id, person, comment), as_json)


@click.command("remove-file")
@with_config
@_ID
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@_COMMENT
@_JSON
def remove_file(config_file: Path | None, message_id: str, files: tuple[str, ...], comment: str, as_json: bool) -> None:
    """Take attachments out of a held mail, by name or by the number that `queue show` gives."""

    async def work(rooms: Rooms) -> View:
        view = await rooms.review.show(acting(), message_id)
        places = [place for text in files for place in _places(text, view.record.facts.attachments)]
        return await rooms.review.choose(acting(), message_id, Choice(remove_files=tuple(places), comment=comment))

    _do(config_file, message_id, work, as_json)


@click.command("hide")
@with_config
@_ID
@click.argument("people", nargs=-1, required=True, metavar="ADDRESS...")
@_COMMENT
@_JSON
def hide(config_file: Path | None, message_id: str, people: tuple[str, ...], comment: str, as_json: bool) -> None:
    """Move recipients of a held mail from To and Cc to Bcc."""
    choice = Choice(hide=addresses(people), comment=comment)
    _do(config_file, message_id, lambda rooms: rooms.review.choose(acting(), message_id, choice), as_json)


def _do(config_file: Path | None, message_id: str, work: Callable[[Rooms], Awaitable[View]], as_json: bool) -> None:
    async def tried(rooms: Rooms) -> View:
        try:
            return await work(rooms)
        except ReviewError as error:
            fail(f"{message_id}: " + why(error))

    view = with_ledger(config_file, tried)
    state = str(view.record.state)
    shown = json.dumps({"id": message_id, "done": True, "state": state})
    click.echo(shown if as_json else f"{message_id}: {state_word(state)}")


def _places(text: str, files: Sequence[Attachment]) -> list[int]:
    """The places of the files that are meant: of that name, else of that number."""
    named = [place for place, one in enumerate(files) if one.filename == text]
    if named:
        return named
    if text.isascii() and text.isdigit() and int(text) < len(files):
        return [int(text)]
    said = Sentence(
        "添付ファイル{text!r}はありません。`mailguard queue show` で一覧できます。",
        "no attachment {text!r}; `mailguard queue show` lists them",
        text=text,
    )
    raise click.BadParameter(said, param_hint="FILE")
