"""Login and logout, and the language switch. Two of three open the door: the link, the browser that asked, the code.

A GET shows a page and changes nothing, so scanners that follow links (and run scripts) use nothing up. The answer to an
address is the same whether anybody lives there.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailguard.access import AccessError, TooMany, Unavailable
from mailguard.console.browsers import browser_of, client_of
from mailguard.console.cookies import session_cookie, set_cookie
from mailguard.console.desk import desk_of
from mailguard.console.entering import enter
from mailguard.console.locale import COOKIE, LANGUAGES
from mailguard.console.visit import LoginNeeded, checked_form, field, go, hand_over, own_path, visitor_of
from mailguard.mail.address import AddressError, parse_address

_YEAR = 365 * 86400


def code_of(text: str) -> str:
    """Six digits out of what people type: full-width digits, blanks and hyphens are theirs to use."""
    digits = "".join(str(int(ch)) for ch in text if ch.isdecimal())
    return digits if len(digits) == 6 else ""


async def show_login(request: Request) -> Response:
    """The ways to log in. Somebody who is logged in already goes on."""
    visitor = await visitor_of(request)
    way = own_path(request.query_params.get("next", "/"))
    if visitor.actor is not None and visitor.scope is None:
        return go(request, way)
    if visitor.pending is not None:
        return go(request, f"/factor?{urlencode({'next': way})}")
    done = visitor.say("login.out") if "out" in request.query_params else ""
    return await login_page(request, way=way, done=done)


async def login_page(
    request: Request, *, way: str, address: str = "", wrong: str = "", done: str = "", status: int = 200
) -> Response:
    """All ways that are set up on one page, simplest first."""
    desk, visitor = desk_of(request), await visitor_of(request)
    single, passwords = desk.ways.single, desk.ways.passwords
    out = request.query_params.get("out") == "oidc" and single is not None
    return await hand_over(
        request,
        "login.html",
        status=status,
        wrong=wrong,
        done=done,
        step="address",
        address=address,
        next=way,
        token="",
        single="" if single is None else single.label(visitor.language) or visitor.say("login.oidc"),
        by_password=passwords is not None,
        by_name=passwords is not None and passwords.way == "ldap",
        by_link=desk.ways.link,
        farewell=out,
    )


async def ask_login(request: Request) -> Response:
    """Send a login letter, if somebody lives there; the page that follows is always the same."""
    desk, visitor = desk_of(request), await visitor_of(request)
    form = await checked_form(request)
    if not desk.ways.link:
        raise HTTPException(404)
    address, way, say = field(form, "address", 320).strip(), own_path(field(form, "next")), visitor.say
    try:
        parse_address(address)
        await desk.access.request_login(
            address, visitor.browser, client=client_of(request), browser=browser_of(request)
        )
    except AddressError:
        wrong, status = say("login.bad_address"), 400
    except TooMany:
        wrong, status = say("login.busy", minutes=10), 429
    else:
        return await _step(request, "code", address=address, way=way)
    return await login_page(request, status=status, wrong=wrong, address=address, way=way)


async def log_in_by_password(request: Request) -> Response:
    """Address and password, checked by whoever keeps passwords; what is wrong with them is never told."""
    desk, visitor = desk_of(request), await visitor_of(request)
    form = await checked_form(request)
    if desk.ways.passwords is None:
        raise HTTPException(404)
    name, password = field(form, "name", 320).strip(), field(form, "password", 2000)
    way, say = own_path(field(form, "next")), visitor.say
    try:
        opened = await desk.ways.passwords.log_in(
            name, password, client=client_of(request), browser=browser_of(request)
        )
    except TooMany:
        wrong, status = say("login.password.busy"), 429
    except Unavailable:
        wrong, status = say("login.password.away"), 503
    except AccessError:
        wrong, status = say("login.password.wrong"), 403
    else:
        return await enter(request, opened, way)
    return await login_page(request, status=status, wrong=wrong, address=name, way=way)


async def _step(
    request: Request,
    step: str,
    *,
    address: str = "",
    way: str = "/",
    token: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    """A page after the first one."""
    return await hand_over(
        request, "login.html", status=status, wrong=wrong, step=step, address=address, next=way, token=token
    )


async def enter_code(request: Request) -> Response:
    """The code of the letter, in the browser that asked."""
    desk, visitor = desk_of(request), await visitor_of(request)
    form = await checked_form(request)
    way, address, code = own_path(field(form, "next")), field(form, "address", 320), code_of(field(form, "code"))
    wrong, status = visitor.say("login.bad_code"), 400
    if code:
        try:
            opened = await desk.access.redeem(
                nonce=visitor.browser, code=code, client=client_of(request), browser=browser_of(request)
            )
        except TooMany:
            wrong, status = visitor.say("login.busy", minutes=10), 429
        except AccessError:
            wrong, status = visitor.say("login.failed"), 403
        else:
            return await enter(request, opened, way)
    return await _step(request, "code", address=address, way=way, wrong=wrong, status=status)


async def show_link(request: Request) -> Response:
    """The page behind a login letter's link: one button. It does not even look the link up.

    A browser that was never here cannot be the one that asked: it is asked for the code at once.
    """
    token = request.path_params["token"][:200]
    if len(token) < 20:  # somebody reloads the address of a form
        return go(request, "/login")
    step = "link-code" if (await visitor_of(request)).new_browser else "link"
    return await _step(request, step, token=token)


async def use_link(request: Request) -> Response:
    """The button: link and browser open the door; in another browser, link and code."""
    desk, visitor = desk_of(request), await visitor_of(request)
    form = await checked_form(request)
    token, typed = field(form, "token", 200), field(form, "code", 40)
    code = code_of(typed)
    try:
        opened = (
            await desk.access.redeem(token=token, code=code, client=client_of(request), browser=browser_of(request))
            if code
            else await desk.access.redeem(
                token=token, nonce=visitor.browser, client=client_of(request), browser=browser_of(request)
            )
        )
    except TooMany:
        wrong, status = visitor.say("login.busy", minutes=10), 429
    except AccessError:
        wrong, status = visitor.say("login.failed" if typed else "login.other_browser"), 403
    else:
        return await enter(request, opened, "/")
    return await _step(request, "link-code", token=token, wrong=wrong, status=status)


async def log_out(request: Request) -> Response:
    """End the session, here and in the ledger."""
    desk = desk_of(request)
    await checked_form(request)
    visitor = await visitor_of(request)
    if not visitor.cookie:
        raise LoginNeeded
    how = await desk.access.visits.log_out(visitor.cookie)
    response = go(request, "/login?out=oidc" if how == "oidc" else "/login?out=1")
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
