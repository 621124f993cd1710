"""The console's cookies: HttpOnly, SameSite=Lax (a letter's link must find the session), over TLS bound to the host."""

from __future__ import annotations

from starlette.responses import Response

from mailguard.console.desk import Desk


def session_cookie(desk: Desk) -> str:
    """Name of the session's cookie."""
    return "__Host-mailguard" if desk.settings.secure else "mailguard"


def browser_cookie(desk: Desk) -> str:
    """Name of the cookie that knows the browser again."""
    return "__Host-mailguard_browser" if desk.settings.secure else "mailguard_browser"


def set_cookie(response: Response, desk: Desk, name: str, value: str, seconds: int) -> None:
    """A cookie of ours."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=desk.settings.secure, httponly=True, samesite="lax"
    )
