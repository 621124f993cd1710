"""Everything that goes wrong, in words: a page for people, an RFC 9457 problem for the API. No cause, no path, no
trace.

A fault of ours is logged with its cause and answered with a courtesy; what a person did wrong is said so that they can
mend it; what somebody else decided first is said with who and when.
"""

from __future__ import annotations

import re
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mailguard import events
from mailguard.console.desk import desk_of
from mailguard.console.locale.texts import TEXTS
from mailguard.console.present import Speaker
from mailguard.console.security import HEADERS
from mailguard.console.visit import LoginNeeded, Stale, go, hand_over, own_path, speaker, visitor_of
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Because
from mailguard.notify.letter_choices import SENT_WRONG
from mailguard.notify.phrases import STATES
from mailguard.review import AlreadyDecided, Forbidden, NotFound, Refused, ReviewError

_STATUS: dict[type[ReviewError], int] = {NotFound: 404, Forbidden: 403, AlreadyDecided: 409, Refused: 422}
_PAGES = frozenset({400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503})


#: What a program reads where the status alone does not say what to do.
_HELP = {
    404: "There is no such path; GET /api/v1/openapi.json names all.",
    405: "This path does not take {method}; the Allow field names what it takes.",
    413: "The body is larger than this server takes.",
}


def not_found() -> NotFound:
    """A mail that does not exist or that this session does not reach: the same answer."""
    return NotFound(Because(*TEXTS["error.404.help"]))


def is_api(request: Request) -> bool:
    """Whether a program asks."""
    return request.url.path.removeprefix(desk_of(request).settings.root).startswith("/api/")


def problem(status: int, title: str, detail: str = "", **more: Any) -> JSONResponse:
    """An RFC 9457 problem. type is about:blank: the status says it all; `more` are extension members."""
    body = {"type": "about:blank", "title": title, "status": status, **({"detail": detail} if detail else {}), **more}
    response = JSONResponse(body, status, media_type="application/problem+json")
    if status == 401:
        response.headers["www-authenticate"] = 'Bearer realm="mailguard"'
    return response


async def refused(request: Request, error: ReviewError, message_id: str = "") -> Response:
    """What the review room refused."""
    status = _STATUS.get(type(error), 422)
    if is_api(request):
        return _refused_api(error, status)
    desk, visitor = desk_of(request), await visitor_of(request)
    say = visitor.say
    detail = getattr(error.reason, visitor.language)
    link = link_word = ""
    message_id = message_id or request.path_params.get("id", "")
    if isinstance(error, AlreadyDecided):
        person = visitor.actor.address if visitor.actor else ""
        detail = decided_words(speaker(desk, visitor), person, error.by, error.at, error.state)
    if message_id and status != 404:
        link, link_word = f"{desk.settings.root}/messages/{message_id}", say("error.409.show")
    return await hand_over(
        request,
        "error.html",
        status=status,
        headline=say(f"error.{status}"),
        detail=detail,
        link=link,
        link_word=link_word,
    )


def decided_words(speaker: Speaker, person: str, by: str, at: datetime, state: State) -> str:
    """Who decided, when, and what became of it, as this person is told."""
    return speaker.say(
        "error.409.you" if by == person else "error.409.by",
        when=speaker.moment(at),
        by=speaker.say("by.mailguard") if by == "mailguard" else speaker.named(by),
        state=STATES[state].of(speaker.language),
    )


def _refused_api(error: ReviewError, status: int) -> Response:
    more: dict[str, Any] = {}
    if isinstance(error, AlreadyDecided):
        at = error.at.isoformat().replace("+00:00", "Z")  # as in every other answer
        more = {"decided_by": error.by, "decided_at": at, "state": str(error.state)}
    return problem(status, HTTPStatus(status).phrase, error.reason.en, **more)


async def on_review_error(request: Request, error: Exception) -> Response:
    """Handler for what the review room raises."""
    assert isinstance(error, ReviewError)
    return await refused(request, error)


async def on_login_needed(request: Request, error: Exception) -> Response:
    """To the login and back; a form that was sent meanwhile is not sent again by itself."""
    assert isinstance(error, LoginNeeded)
    if is_api(request):
        return problem(401, "Unauthorized", "A bearer token or a console session is needed.")
    page = "/login" if (await visitor_of(request)).pending is None else "/factor"
    path = request.url.path.removeprefix(desk_of(request).settings.root)
    plain = request.method == "GET" and path != "/" and re.fullmatch(r"[A-Za-z0-9/._-]{1,200}", path)
    # What was looked for, and that a letter's button asks for help, is still meant behind the login; no other act is.
    whole = f"{path}?{request.url.query}"
    meant = request.url.query and request.query_params.get("choice", SENT_WRONG) == SENT_WRONG
    way = whole if meant and own_path(whole) == whole else path
    return go(request, f"{page}?next={quote(way)}" if plain else page)


async def on_stale(request: Request, error: Exception) -> Response:
    """A form that is too old, or another site's."""
    assert isinstance(error, Stale)
    return await _page(request, 403, (await visitor_of(request)).say("error.403.form"))


async def on_http_error(request: Request, error: Exception) -> Response:
    """404, 405, 413 and their like."""
    assert isinstance(error, HTTPException)
    if is_api(request):
        detail = _HELP.get(error.status_code, "This request cannot be served as it is.").format(method=request.method)
        response: Response = problem(error.status_code, HTTPStatus(error.status_code).phrase, detail)
    else:
        response = await _page(request, error.status_code)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


async def on_fault(request: Request, error: Exception) -> Response:
    """A fault of ours."""
    if isinstance(error, ClientDisconnect):
        return PlainTextResponse("", 400)
    events.fault("console", error)
    response = await _courtesy(request)
    # This answer is given outside the middleware that sets the headers of all others.
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


async def _courtesy(request: Request) -> Response:
    if is_api(request):
        return problem(500, "Internal Server Error", "Nothing was lost. Try again in a while.")
    try:
        return await _page(request, 500, (await visitor_of(request)).say("error.500.help"))
    except Exception:
        # The ledger itself is away: no session, no language can be looked up.
        return PlainTextResponse("mailguard: our fault; no mail is lost. Please try again in a while.\n", 500)


async def _page(request: Request, status: int, detail: str = "") -> Response:
    say = (await visitor_of(request)).say
    headline = say(f"error.{status}") if status in _PAGES else say("error.title")
    return await hand_over(
        request, "error.html", status=status, headline=headline, detail=detail, link="", link_word=""
    )
