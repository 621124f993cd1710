"""Where the sign-on's requests go: a name that only the provider's documents give is looked at once, and that address
is the one that is connected to.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import httpx2
import pytest

from mailguard.oidc.settings import OidcSettings
from mailguard.oidc.web import Guarded, NotAllowed


class Kept(httpx2.AsyncBaseTransport):
    """Stands for the network: keeps what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        return httpx2.Response(200, stream=httpx2.ByteStream(b"{}"))


def guarded(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> tuple[Guarded, Kept]:
    guard = Guarded(
        OidcSettings(issuer="https://id.example", client_id="x", client_secret="y"), ssl.create_default_context()
    )
    kept = Kept()
    guard._inner = kept  # type: ignore[assignment]

    async def resolved(*_: Any, **__: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, 443)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved)
    return guard, kept


async def test_the_address_that_was_looked_at_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    guard, kept = guarded(monkeypatch, "93.184.216.34", "93.184.216.35")
    async with httpx2.AsyncClient(transport=guard) as client:
        answer = await client.get("https://keys.example/jwks")
    (asked,) = kept.asked
    assert answer.status_code == 200
    assert (asked.url.host, asked.headers["host"]) == ("93.184.216.34", "keys.example")
    assert asked.extensions["sni_hostname"] == "keys.example"


async def test_one_private_address_condemns_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    guard, kept = guarded(monkeypatch, "93.184.216.34", "169.254.169.254")
    async with httpx2.AsyncClient(transport=guard) as client:
        with pytest.raises(NotAllowed, match="private network"):
            await client.get("https://keys.example/jwks")
    assert kept.asked == []
