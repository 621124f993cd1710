"""A provider that lies, babbles, redirects or points into our network: no login, no reach, one line in the log."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from mailguard.oidc.provider import Flow, Provider, ProviderError, ProviderUnavailable
from mailguard.oidc.settings import OidcSettings

FLOW = Flow("n" * 32, "v" * 64, "https://console.example/login/oidc/back")


@dataclass
class Hostile:
    """Answers each path with these octets; what was asked is kept."""

    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def says(self, path: str, body: Any, *, status: str = "200 OK", more: str = "") -> None:
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(octets)}\r\n{more}\r\n"
        self.answers[path] = head.encode() + octets

    def discovery(self, **more: Any) -> dict[str, Any]:
        known = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/go",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        } | more
        self.says("/.well-known/openid-configuration", known)
        return known

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ", 2)[1].partition("?")[0]
        self.asked.append(path)
        writer.write(self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
        await writer.drain()
        writer.close()


@asynccontextmanager
async def hostile() -> AsyncIterator[tuple[Hostile, Provider]]:
    one = Hostile()
    server = await asyncio.start_server(one.answer, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    settings = OidcSettings(one.issuer, "mailguard", "secret", seconds=3.0, octets=20_000)
    try:
        yield one, Provider(settings, now=lambda: datetime.now(UTC))
    finally:
        server.close()
        await server.wait_closed()


async def refused(provider: Provider) -> str:
    with pytest.raises(ProviderUnavailable) as caught:
        await provider.authorize(FLOW, "state", "en")
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_discovery_that_is_not_its_own() -> None:
    """Discovery section 4.3."""
    for wrong in ({"issuer": "https://evil.example"}, {"issuer": None}):
        async with hostile() as (one, provider):
            one.discovery(**wrong)
            assert "letter by letter" in await refused(provider)


@pytest.mark.parametrize(
    "wrong",
    [
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"token_endpoint": 7},
        {"jwks_uri": "file:///etc/passwd"},
        {"end_session_endpoint": "data:text/html,x"},
    ],
)
async def test_addresses_that_are_none(wrong: dict[str, Any]) -> None:
    async with hostile() as (one, provider):
        one.discovery(**wrong)
        assert "is no https address" in await refused(provider)


async def test_answers_that_are_too_large_packed_or_no_object() -> None:
    for body, more in (
        (b'{"x": "' + b"a" * 30_000 + b'"}', ""),
        (gzip.compress(b"{}"), "Content-Encoding: gzip\r\n"),
        (b"[" * 10_000, ""),
        (b"[]", ""),
        (b"\xff", ""),
    ):
        async with hostile() as (one, provider):
            one.says("/.well-known/openid-configuration", body, more=more)
            await refused(provider)


async def test_an_answer_without_a_length_is_not_read_for_ever() -> None:
    async with hostile() as (one, provider):
        one.answers["/.well-known/openid-configuration"] = b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 100_000
        assert "larger than" in await refused(provider)


async def test_redirects_are_not_followed() -> None:
    async with hostile() as (one, provider):
        more = f"Location: {one.issuer}/inner\r\n"
        one.says("/.well-known/openid-configuration", b"", status="302 Found", more=more)
        assert "HTTP 302" in await refused(provider)
        assert "/inner" not in one.asked


@pytest.mark.parametrize("host", ["https://127.0.0.2", "https://[::1]:9", "https://10.0.0.7", "https://169.254.0.0"])
async def test_other_hosts_must_not_lie_in_our_network(host: str) -> None:
    async with hostile() as (one, provider):
        one.discovery(token_endpoint=f"{host}/token")
        await provider.authorize(FLOW, "state", "en")  # a browser goes there, not we
        with pytest.raises(ProviderUnavailable, match="private network"):
            await provider.redeem(FLOW, "code")


async def test_other_hosts_without_tls_are_not_asked() -> None:
    async with hostile() as (one, provider):
        one.discovery(token_endpoint="http://127.0.0.2:9/token")
        with pytest.raises(ProviderUnavailable, match="not over TLS"):
            await provider.redeem(FLOW, "code")


@pytest.mark.parametrize(
    "given",
    [
        {"access_token": "a", "token_type": "bearer"},
        {"access_token": "a", "token_type": "bearer", "id_token": 7},
        {"access_token": "a", "token_type": "bearer", "id_token": "a.b.c"},
        {"id_token": "a.b.c"},
        {"error": "invalid_grant", "error_description": "<script>"},
    ],
)
async def test_tokens_that_are_none(given: dict[str, Any]) -> None:
    async with hostile() as (one, provider):
        one.discovery()
        one.says("/token", given, status="400 Bad Request" if "error" in given else "200 OK")
        one.says(
            "/keys", {"keys": [{"kty": "oct", "k": "c2VjcmV0"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}
        )
        with pytest.raises((ProviderError, ProviderUnavailable)) as caught:
            await provider.redeem(FLOW, "code")
        assert "<script>" not in str(caught.value)


@pytest.mark.parametrize(
    "keys", [{}, {"keys": []}, {"keys": "x"}, {"keys": [{"kty": "oct", "k": "AA"}]}, {"keys": [7]}]
)
async def test_keys_that_are_none(keys: dict[str, Any]) -> None:
    async with hostile() as (one, provider):
        one.discovery()
        one.says("/token", {"access_token": "a", "token_type": "bearer", "id_token": "a.b.c"})
        one.says("/keys", keys)
        with pytest.raises(ProviderUnavailable, match="no keys"):
            await provider.redeem(FLOW, "code")


async def test_unknown_keys_are_asked_for_once_a_minute_at_most() -> None:
    key, stranger = RSAKey.generate_key(2048, {"kid": "one"}), RSAKey.generate_key(2048, {"kid": "two"})
    async with hostile() as (one, provider):
        one.discovery()
        token = jwt.encode({"alg": "RS256", "kid": "two"}, {"iss": one.issuer}, stranger)
        one.says("/token", {"access_token": "a", "token_type": "bearer", "id_token": token})
        one.says("/keys", {"keys": [key.as_dict(private=False)]})
        for _ in range(5):
            with pytest.raises(ProviderError, match="signature"):
                await provider.redeem(FLOW, "code")
        assert one.asked.count("/keys") == 1


async def test_a_provider_that_failed_is_spared_for_a_moment() -> None:
    async with hostile() as (one, provider):
        for _ in range(3):
            assert "HTTP 404" in await refused(provider)
        assert len(one.asked) == 1
