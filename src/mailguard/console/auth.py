"""Login and logout, and the language switch. Two of three open the door: the link, the browser that asked, the code.

A GET shows a page and changes nothing, so scanners that follow links (and run scripts) use nothing up. The answer to an
address is the same whether anybody lives there.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mailguard.access import AccessError, TooMany
from mailguard.console.desk import desk_of
from mailguard.console.locale import COOKIE, LANGUAGES
from mailguard.console.visit import (
    checked_form,
    field,
    go,
    hand_over,
    known_visitor,
    log_in,
    own_path,
    session_cookie,
    set_cookie,
    visitor_of,
)
from mailguard.mail.address import AddressError, parse_address

_YEAR = 365 * 86400


def client_of(request: Request) -> str:
    """The peer's address, for counting tries only."""
    return request.client.host if request.client else ""


def code_of(text: str) -> str:
    """Six digits out of what people type: full-width digits, blanks and hyphens are theirs to use."""
    digits = "".join(str(int(ch)) for ch in text if ch.isdecimal())
    return digits if len(digits) == 6 else ""


async def show_login(request: Request) -> Response:
    """The address field. Somebody who is logged in already goes on."""
    visitor = await visitor_of(request)
    way = own_path(request.query_params.get("next", "/"))
    if visitor.actor is not None and visitor.scope is None:
        return go(request, way)
    return await hand_over(request, "login.html", step="address", address="", next=way, token="")


async def ask_login(request: Request) -> Response:
    """Send a login letter, if somebody lives there; the page that follows is always the same."""
    desk, visitor = desk_of(request), await visitor_of(request)
    form = await checked_form(request)
    address, way, say = field(form, "address", 320).strip(), own_path(field(form, "next")), visitor.say
    try:
        parse_address(address)
        await desk.access.request_login(
            address, visitor.browser, client=client_of(request), browser=_browser(request.headers.get("user-agent", ""))
        )
    except AddressError:
        wrong, status = say("login.bad_address"), 400
    except TooMany:
        wrong, status = say("login.busy", minutes=10), 429
    else:
        return await hand_over(request, "login.html", step="code", address=address, next=way, token="")
    return await hand_over(
        request, "login.html", status=status, wrong=wrong, step="address", address=address, next=way, token=""
    )


async def enter_code(request: Request) -> Response:
    """The code of the letter, in the browser that asked."""
    desk, visitor = desk_of(request), await visitor_of(request)
    form = await checked_form(request)
    way, address, code = own_path(field(form, "next")), field(form, "address", 320), code_of(field(form, "code"))
    wrong, status = visitor.say("login.bad_code"), 400
    if code:
        try:
            opened = await desk.access.redeem(nonce=visitor.browser, code=code, client=client_of(request))
        except TooMany:
            wrong, status = visitor.say("login.busy", minutes=10), 429
        except AccessError:
            wrong, status = visitor.say("login.failed"), 403
        else:
            response = go(request, way)
            log_in(response, desk, opened)
            return response
    return await hand_over(
        request, "login.html", status=status, wrong=wrong, step="code", address=address, next=way, token=""
    )


async def show_link(request: Request) -> Response:
    """The page behind a login letter's link: one button. It does not even look the link up.

    A browser that was never here cannot be the one that asked: it is asked for the code at once.
    """
    token = request.path_params["token"][:200]
    if len(token) < 20:  # somebody reloads the address of a form
        return go(request, "/login")
    step = "link-code" if (await visitor_of(request)).new_browser else "link"
    return await hand_over(request, "login.html", step=step, token=token, address="", next="/")


async def use_link(request: Request) -> Response:
    """The button: link and browser open the door; in another browser, link and code."""
    desk, visitor = desk_of(request), await visitor_of(request)
    form = await checked_form(request)
    token, typed = field(form, "token", 200), field(form, "code", 40)
    code = code_of(typed)
    try:
        opened = (
            await desk.access.redeem(token=token, code=code, client=client_of(request))
            if code
            else await desk.access.redeem(token=token, nonce=visitor.browser, client=client_of(request))
        )
    except TooMany:
        wrong, status = visitor.say("login.busy", minutes=10), 429
    except AccessError:
        wrong, status = visitor.say("login.failed" if typed else "login.other_browser"), 403
    else:
        response = go(request, "/")
        log_in(response, desk, opened)
        return response
    return await hand_over(
        request, "login.html", status=status, wrong=wrong, step="link-code", token=token, address="", next="/"
    )


async def log_out(request: Request) -> Response:
    """End the session, here and in the ledger."""
    desk = desk_of(request)
    await checked_form(request)
    visitor, _ = await known_visitor(request)
    await desk.access.log_out(visitor.cookie)
    response = go(request, "/login")
    set_cookie(response, desk, session_cookie(desk), "", 0)
    return response


async def switch_language(request: Request) -> Response:
    """Keep the chosen language in a cookie and go back."""
    form = await checked_form(request)
    response = go(request, own_path(field(form, "next")))
    chosen = field(form, "language", 10)
    if chosen in LANGUAGES:
        set_cookie(response, desk_of(request), COOKIE, chosen, _YEAR)
    return response


def _browser(agent: str) -> str:
    """What the letter calls the browser that asked: two words out of closed lists, never the header itself."""
    programs = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
        ("Mac OS", "Mac"), ("Linux", "Linux"),
    )  # fmt: skip
    found = [next((name for mark, name in names if mark in agent), "") for names in (programs, systems)]
    return " / ".join(name for name in found if name)
