"""What keeps a browser from being turned against its user: headers on every answer, a limit on every body.

Plain ASGI, because Starlette's BaseHTTPMiddleware breaks streams that the client leaves. A page may load only its own
script, style and images; nothing inline runs; nothing may frame it but the console itself, and only the mail's sandbox.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: CSP level 3; default-src 'none' and only what the pages need.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: A mail's HTML: an origin of its own, no script, no form, nothing from outside; its own inline style and pictures.
SANDBOX_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
#: What is only to be saved must not be shown, whatever it says it is.
DOWNLOAD_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"

HEADERS = {
    "content-security-policy": PAGE_POLICY,
    "x-content-type-options": "nosniff",
    # Not no-referrer: browsers then send "Origin: null" with our own forms. Links with tokens never leave the house.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-dns-prefetch-control": "off",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "no-store",
}


class SecurityHeaders:
    """Puts the headers on every answer that does not set them itself."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = dict(HEADERS)
        if secure:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyLimit:
    """Refuses a request body above so many octets with 413, announced or not, before it is kept anywhere."""

    def __init__(self, app: ASGIApp, *, octets: int, larger: Mapping[str, int] | None = None) -> None:
        """larger: paths that may take more; who may use them is asked before their body is read."""
        self._app = app
        self._octets, self._larger = octets, larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._larger.get(scope["path"], self._octets)
        announced = Headers(scope=scope).get("content-length", "0")
        refused = not announced.isdigit() or int(announced) > most
        taken = 0

        async def receive_within() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if refused or taken > most:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_within, send)


def form_token(secret: str) -> str:
    """The CSRF token that belongs to a cookie's secret: nobody who cannot read the cookie can make it."""
    # The secret is the message, not the key: HMAC takes a key and the same key with NULs behind it for one.
    return hmac.new(b"mailguard form", secret.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:40]


def is_form_token(secret: str, token: str) -> bool:
    """Whether the token belongs to the cookie's secret. False for an empty secret."""
    return bool(secret) and hmac.compare_digest(form_token(secret).encode(), token.encode("utf-8", "replace"))


def same_site(headers: Headers) -> bool:
    """Whether the browser says that the request comes from our own pages (Fetch metadata); True where it says
    nothing.
    """
    return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
