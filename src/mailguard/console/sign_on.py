"""Going to the company's sign-on and coming back. The room decides; here an address becomes what it is asked.

Going there changes nothing, so it is a link. Coming back is a GET, since the provider's redirect is one (RFC 6749
section 4.1.2): it opens a session only in the browser that went, with a code that is good once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.access import Refused, TooMany, Unavailable
from mailguard.console.auth import login_page
from mailguard.console.browsers import browser_of, client_of
from mailguard.console.cookies import browser_cookie, set_cookie
from mailguard.console.desk import desk_of
from mailguard.console.entering import enter
from mailguard.console.visit import go, own_path, visitor_of

if TYPE_CHECKING:
    from mailguard.access.single import SingleSignOn

_YEAR = 365 * 86400


async def go_there(request: Request) -> Response:
    """GET /login/oidc: to the provider, with what brings this browser back and no other."""
    desk, visitor = desk_of(request), await visitor_of(request)
    way = own_path(request.query_params.get("next", "/"))
    try:
        there = await _single(request).start(visitor.browser, way, visitor.language)
    except Unavailable:
        return await login_page(request, way=way, wrong=visitor.say("login.oidc.away"), status=503)
    response = RedirectResponse(there, 303)
    if visitor.new_browser:
        set_cookie(response, desk, browser_cookie(desk), visitor.browser, _YEAR)
    return response


async def come_back(request: Request) -> Response:
    """GET /login/oidc/back: what the provider's redirect says."""
    visitor, query = await visitor_of(request), request.query_params
    single = _single(request)
    from mailguard.access.single import Answer  # where there is a sign-on it is loaded; elsewhere nobody needs it

    answer = Answer(*(query.get(name, "")[:4000] for name in ("state", "code", "error", "iss")))
    try:
        opened, way = await single.finish(visitor.browser, answer, client=client_of(request), agent=browser_of(request))
    except Refused as error:
        wrong, status = visitor.say(f"login.oidc.{error.reason}"), 403
    except TooMany:
        wrong, status = visitor.say("login.busy", minutes=10), 429
    except Unavailable:
        wrong, status = visitor.say("login.oidc.away"), 503
    else:
        return await enter(request, opened, own_path(way))
    return await login_page(request, way="/", wrong=wrong, status=status)


async def end_there(request: Request) -> Response:
    """GET /login/oidc/end: log out at the provider, too, where it offers that."""
    desk = desk_of(request)
    there = await _single(request).farewell(f"{desk.settings.url}/login")
    return RedirectResponse(there, 303) if there else go(request, "/login")


def _single(request: Request) -> SingleSignOn:
    single = desk_of(request).ways.single
    if single is None:
        raise HTTPException(404)
    return single
