"""The Outside page: what the mailbox upstream received. It exists only while trying out, when there is no real
upstream.

An administrator sees all of it; anybody else what he sent or received himself. Links in the text are live only where
they lead to this console: everything else in a mail is text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.content import download, html_alone
from mailguard.console.desk import Desk, OutsideMail, desk_of
from mailguard.console.present import Speaker
from mailguard.console.problems import not_found
from mailguard.console.visit import hand_over, speaker, unscoped_visitor
from mailguard.mail.actor import Actor, Role
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body
from mailguard.notify.phrases import file_size, listed, on_one_line
from mailguard.review import nothing_here

_MOST, _HEADERS = 200, 16_000


@dataclass(frozen=True, slots=True)
class OutsideRow:
    """One mail of the list."""

    name: str
    subject: str
    sender: str
    to: str
    when: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, or a link to this console."""

    text: str
    link: bool


@dataclass(frozen=True, slots=True)
class NamedFile:
    """An attachment's name and size."""

    name: str
    size: str


async def show_outside(request: Request) -> Response:
    """GET /outside."""
    desk, actor, by = await _visit(request)
    rows = [_row(mail, by) for mail in await _mine(desk, actor)]
    return await hand_over(request, "outside.html", mails=rows)


async def show_outside_mail(request: Request) -> Response:
    """GET /outside/{name}: envelope, text, files, header fields."""
    desk, actor, by = await _visit(request)
    mail, octets = await _one(request, desk, actor)
    facts = await _read(desk, octets)
    return await hand_over(
        request,
        "outside_mail.html",
        mail=_row(mail, by),
        text=pieces(facts.text[: min(facts.shown, desk.settings.text_chars)], desk.settings.url),
        files=[NamedFile(on_one_line(a.filename, 160), file_size(a.size)) for a in facts.attachments],
        html=bool(facts.html),
        headers=octets.partition(b"\r\n\r\n")[0][:_HEADERS].decode("utf-8", "replace"),
    )


async def show_outside_html(request: Request) -> Response:
    """GET /outside/{name}/html: for the sandboxed frame."""
    desk, actor, _ = await _visit(request)
    _, octets = await _one(request, desk, actor)
    return html_alone((await _read(desk, octets)).html)


async def save_outside(request: Request) -> Response:
    """GET /outside/{name}/raw."""
    desk, actor, _ = await _visit(request)
    mail, octets = await _one(request, desk, actor)
    return download(octets, f"{mail.name}.eml")


def pieces(text: str, url: str) -> list[Piece]:
    """Text cut at the links that lead to this console: https://host/path as far as letters, digits and a few signs
    go.
    """
    found = re.split(rf"({re.escape(url)}/[A-Za-z0-9/_.?=&%-]*)", text)
    return [Piece(piece, piece.startswith(url + "/")) for piece in found if piece]


async def _visit(request: Request) -> tuple[Desk, Actor, Speaker]:
    desk = desk_of(request)
    visitor, actor = await unscoped_visitor(request)
    if desk.outside is None:
        raise nothing_here()
    return desk, actor, speaker(desk, visitor)


async def _mine(desk: Desk, actor: Actor) -> Sequence[OutsideMail]:
    assert desk.outside is not None
    mails = await desk.outside.mails(_MOST)
    if actor.role is Role.ADMINISTRATOR:
        return mails
    return [m for m in mails if actor.address in {m.sender.lower(), *(r.lower() for r in m.recipients)}]


async def _one(request: Request, desk: Desk, actor: Actor) -> tuple[OutsideMail, bytes]:
    """A mail by its name in the list: names never become paths here."""
    assert desk.outside is not None
    wanted = request.path_params["name"]
    for mail in await _mine(desk, actor):
        if mail.name == wanted:
            try:
                return mail, await desk.outside.octets(mail.name)
            except (KeyError, OSError):
                break
    raise not_found()


async def _read(desk: Desk, octets: bytes) -> Facts:
    body = Body.of(octets)
    kept = desk.bodies.get(body.sha256)
    if kept is None:
        kept = await desk.readers.read(body)
        desk.bodies.put(body.sha256, kept)
    return kept


def _row(mail: OutsideMail, by: Speaker) -> OutsideRow:
    return OutsideRow(
        name=mail.name,
        subject=on_one_line(mail.subject, 200) or by.say("no_subject"),
        sender=on_one_line(mail.sender, 120) or by.say("outside.letter" if mail.letter else "outside.null"),
        to=listed([on_one_line(r, 120) for r in mail.recipients], by.language, 5),
        when=by.moment(mail.received_at),
    )
