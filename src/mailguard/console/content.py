"""What a mail says: its text on the page, its HTML in a sandbox, its octets to save. Read in the worker processes.

The HTML is served alone, under a policy that makes it an origin of its own without script, form, frame or network;
what such a policy does not cover (prefetching, redirects) is taken out beforehand. Nothing of a mail is ever part of
our pages but escaped text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mailguard import events
from mailguard.console.desk import Desk, desk_of
from mailguard.console.found import Found, found_in
from mailguard.console.present import Speaker
from mailguard.console.problems import not_found
from mailguard.console.security import DOWNLOAD_POLICY, SANDBOX_POLICY
from mailguard.console.sight import seen
from mailguard.console.visit import known_visitor
from mailguard.mail.actor import Actor
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body
from mailguard.notify.phrases import file_size
from mailguard.review import MessageRecord, Reading, View, may_read_body

#: Elements that reach out or lead away although nothing may be loaded: dns-prefetch, refresh, base addresses, frames.
_REACHING = re.compile(
    # Possessive: what comes behind "<" is read once. With two runs of blanks here one mail could stop the whole loop.
    r"<[\s/]*+(?:meta|link|base|iframe|frame|frameset|object|embed|applet|script|portal)\b[^>]*>?",
    re.IGNORECASE,
)
_MOST_HTML = 1_000_000


@dataclass(frozen=True, slots=True)
class BodyValues:
    """text: to be shown; cut: so many characters of it (0: all); note: why there is none.

    offer, load, contents: buttons to read it; asked: it was read because somebody asked. unseen: text that the
    recipient's program does not show; found: what was found where; unmasked: whether its values are shown in full.
    """

    text: str = ""
    cut: int = 0
    note: str = ""
    offer: str = ""
    load: str = ""
    contents: str = ""
    asked: bool = False
    html: bool = False
    raw: bool = False
    unseen: str = ""
    found: Sequence[Found] = ()
    unmasked: bool = False


async def body_values(request: Request, desk: Desk, actor: Actor, view: View, by: Speaker) -> BodyValues:
    """The text part of a mail's page. A large mail is read only when somebody asks for it."""
    record, say = view.record, by.say
    if not may_read_body(actor, record):
        return BodyValues(note=say("text.role"))
    if not record.has_body:
        return BodyValues(note=say("text.gone"))
    if record.size > desk.settings.inline_bytes and "body" not in request.query_params:
        size = file_size(record.size)
        return BodyValues(
            offer=say("text.show", size=size),
            load=say("found.load", size=size),
            contents=say("files.load", size=size),
            raw=True,
        )
    limit, unmasked = desk.settings.text_chars, "unmasked" in request.query_params
    facts = await read_body(desk, actor, record, "unmasked" if unmasked else "text")
    if facts is None:
        return BodyValues(note=say("text.gone"))
    return BodyValues(
        text=seen(once(facts.text[: min(limit, facts.shown)].strip("\n"))),
        cut=limit if facts.shown > limit else 0,
        unseen=seen(facts.text[facts.shown : facts.shown + limit].strip("\n")),
        note=say("text.unread" if any(f.code == "unreadable" for f in facts.findings) else "text.empty"),
        asked="body" in request.query_params,
        html=bool(facts.html),
        raw=True,
        found=found_in(facts, by.language, unmasked=unmasked),
        unmasked=unmasked,
    )


def once(text: str) -> str:
    """A text that says everything twice, as plain text and again as HTML, once."""
    lines = text.split("\n")
    said = [at for at, line in enumerate(lines) if line.strip()]
    half = len(said) // 2
    if (
        len(said) % 2
        or not half
        or any(lines[one].split() != lines[two].split() for one, two in zip(said[:half], said[half:], strict=True))
    ):
        return text
    return "\n".join(lines[: said[half - 1] + 1])


async def read_body(desk: Desk, actor: Actor, record: MessageRecord, what: Reading) -> Facts | None:
    """What stands in a mail's octets; None if they are gone. what: is shown of it. Raises NotFound, Forbidden."""
    octets = await _octets(desk, actor, record.id, what)
    if octets is None:
        return None
    kept = desk.bodies.get(record.sha256)
    if kept is None:
        kept = await desk.readers.read(Body.of(octets))
        desk.bodies.put(record.sha256, kept)
    return kept


async def facts_again(
    desk: Desk, actor: Actor, record: MessageRecord, what: Reading = "rules", *, asked: bool = False
) -> Facts | None:
    """What stands in a mail, texts included, read anew; None if this person may not read it, or it is gone or so large
    that it is read only when asked for. what: it is read for.
    """
    private = not may_read_body(actor, record)
    if private or not record.has_body or (record.size > desk.settings.inline_bytes and not asked):
        return None
    return await read_body(desk, actor, record, what)


async def _octets(desk: Desk, actor: Actor, message_id: str, what: Reading) -> bytes | None:
    """Permission is asked every time, also for what the cache has; so is whether the look is to be noted."""
    try:
        return await desk.review.body(actor, message_id, what)
    except KeyError:  # BodyGone: its time has passed
        return None
    except OSError as error:  # its file is lost, or damaged, or its key is
        events.fault("console", error, message_id=message_id)
        return None


async def show_html(request: Request) -> Response:
    """GET /messages/{id}/html: for the sandboxed frame of the page."""
    desk, (actor, view) = desk_of(request), await _reached(request)
    facts = await read_body(desk, actor, view.record, "html")
    return html_alone(facts.html if facts else "")


async def save_raw(request: Request) -> Response:
    """GET /messages/{id}/raw: the octets as they came, to save."""
    desk, (actor, view) = desk_of(request), await _reached(request)
    octets = await _octets(desk, actor, view.record.id, "raw")
    return download(octets or b"", f"{view.record.id}.eml", 200 if octets is not None else 410)


async def save_draft(request: Request) -> Response:
    """GET /messages/{id}/draft: a mail that was not sent, to be edited and sent again."""
    visitor, actor = await known_visitor(request)
    message_id = request.path_params["id"]
    if not visitor.may_see(message_id):
        raise not_found()
    try:
        octets = await desk_of(request).review.draft(actor, message_id)
    except KeyError:  # BodyGone
        return download(b"", f"{message_id}.eml", 410)
    return download(octets, f"{message_id}.eml")


async def _reached(request: Request) -> tuple[Actor, View]:
    visitor, actor = await known_visitor(request)
    message_id = request.path_params["id"]
    view = await desk_of(request).review.show(actor, message_id)
    if not visitor.may_see(message_id):
        raise not_found()
    return actor, view


def html_alone(html: str) -> Response:
    """A mail's HTML as a document of its own: nothing runs, nothing is fetched, nothing leads on."""
    safe = _REACHING.sub(" ", html[:_MOST_HTML])  # a blank: taking it out must not join a new tag
    document = f'<!DOCTYPE html><meta charset="utf-8"><title>-</title>{safe}'
    return Response(
        document.encode("utf-8", "replace"),
        media_type="text/html; charset=utf-8",
        headers={"content-security-policy": SANDBOX_POLICY, "referrer-policy": "no-referrer"},
    )


def download(octets: bytes, filename: str, status: int = 200) -> Response:
    """Octets to be saved, never shown."""
    return Response(
        octets,
        status,
        media_type="application/octet-stream",
        headers={
            "content-disposition": f'attachment; filename="{re.sub(r"[^A-Za-z0-9._-]", "_", filename)}"',
            "content-security-policy": DOWNLOAD_POLICY,
        },
    )
