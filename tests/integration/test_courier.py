"""The courier against real servers on loopback: whom it connects to, what it checks, and what it leaves alone."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.chat_fake import Reply, Service, running_service
from tests.postfix import make_certificate

from mailguard.courier import client
from mailguard.courier.client import Answer, Courier, NotCarried, Unsafe
from mailguard.mail.saying import in_language

#: Where clouds hand out credentials; in pieces, for it is no address of ours.
METADATA = "169.254" + ".169.254"
NOW = datetime(2026, 11, 23, 13, 28, tzinfo=UTC)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running_service() as running:
        yield running


async def post(courier: Courier, url: str, **headers: str) -> Answer:
    return await courier.post(url, headers=headers, body=b'{"a": 1}', content_type="application/json")


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Names resolve to these addresses, one answer after the other. Returns the names that were asked for."""
    asked: list[str] = []

    def answer(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        addresses = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr("socket.getaddrinfo", answer)
    return asked


async def test_a_request_and_its_answer(service: Service) -> None:
    answer = await post(Courier(private=True), service.url("/a?b=c"), authorization="Bearer x")
    assert (answer.status, answer.body) == (200, b"ok")
    (came,) = service.came
    assert (came.method, came.path, came.body) == ("POST", "/a?b=c", b'{"a": 1}')
    assert came.headers["host"] == f"127.0.0.1:{service.port}"
    assert came.headers["authorization"] == "Bearer x"


async def test_loopback_is_refused_unless_it_is_permitted(service: Service) -> None:
    for url in (service.url(), service.url(host="localhost"), f"https://localhost:{service.port}/"):
        with pytest.raises(Unsafe):
            await post(Courier(), url)
    assert not service.came


async def test_a_name_that_leads_inside_is_refused_also_as_one_of_several(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["8.8.8.8", "127.0.0.1"])
    with pytest.raises(Unsafe, match=r"chat\.example \(127\.0\.0\.1\): a private address"):
        await post(Courier(), f"https://chat.example:{service.port}/s3cret")
    assert not service.came


async def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_looked_at(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the second answer would lead elsewhere, and is never asked for."""
    asked = resolving(monkeypatch, ["127.0.0.1"], [METADATA])
    answer = await post(Courier(private=True), service.url(host="chat.example"))
    assert answer.is_good
    assert asked == ["chat.example"]
    assert service.came[0].headers["host"] == f"chat.example:{service.port}"


async def test_metadata_is_refused_even_where_private_addresses_are_permitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolving(monkeypatch, [METADATA])
    with pytest.raises(Unsafe, match="link-local"):
        await post(Courier(private=True), "http://metadata.example/latest")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(service: Service, status: int) -> None:
    async with running_service() as inside:
        service.replies = [Reply(status, headers={"location": inside.url("/secret")})]
        answer = await post(Courier(private=True), service.url())
        assert answer.status == status
        assert not inside.came


async def test_no_more_of_an_answer_is_read_than_is_needed(service: Service) -> None:
    service.replies = [Reply(endless=True)]
    answer = await post(Courier(private=True), service.url())
    assert len(answer.body) == 64 * 1024
    assert service.given < 20 * 2**20  # what fits into the buffers between us


async def test_a_packed_answer_is_not_unpacked(service: Service) -> None:
    service.replies = [Reply(body=b"\x1f\x8b" + b"0" * 100, headers={"content-encoding": "gzip"})]
    assert (await post(Courier(private=True), service.url())).body.startswith(b"\x1f\x8b")
    assert service.came[0].headers["accept-encoding"] == "identity"


async def test_a_silent_server_is_left(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_WHOLE", 0.2)
    service.usual = Reply(silent=True)
    with pytest.raises(NotCarried, match="no answer within"):
        await post(Courier(private=True), service.url())


async def test_a_closed_door_and_a_name_that_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotCarried, match=r"127\.0\.0\.1: no connection") as closed:
        await post(Courier(private=True), f"http://127.0.0.1:{port}/s3cret")
    assert in_language(str(closed.value), "ja") == "127.0.0.1: 接続できません。"
    with pytest.raises(NotCarried, match="cannot be resolved"):
        await post(Courier(), "https://no-such-name.invalid/s3cret")


async def test_proxies_of_the_environment_are_not_used(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_service() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url("/"))
        assert (await post(Courier(private=True), service.url())).is_good
        assert not proxy.came


def tls_of(folder: Path, host: str) -> tuple[ssl.SSLContext, Path]:
    certificate, key = make_certificate(folder, host=host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


async def test_tls_is_checked_by_the_name_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, certificate = tls_of(tmp_path, "chat.example")
    names: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    resolving(monkeypatch, ["127.0.0.1"])
    async with running_service(tls) as service:
        own = Courier(private=True, ca_file=certificate)
        assert (await post(own, service.url(host="chat.example"))).is_good
        assert names == ["chat.example"]
        with pytest.raises(NotCarried, match=r"other\.example: its certificate is not trusted"):
            await post(own, service.url(host="other.example"))
        with pytest.raises(NotCarried, match="its certificate is not trusted"):
            await post(Courier(private=True), service.url(host="chat.example"))
        assert len(service.came) == 1


async def test_an_address_is_never_logged(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await post(Courier(private=True), service.url("/s3cret"))
    with pytest.raises(NotCarried) as caught:
        await post(Courier(private=True), "http://127.0.0.1:1/s3cret")
    assert "s3cret" not in caplog.text
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("99999999", 3600.0),
        ("Mon, 23 Nov 2026 13:29:00 GMT", 60.0),
        ("Mon, 23 Nov 2020 13:29:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 13:29:00", None),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("9" * 5000, 3600.0),
    ],
)
def test_retry_after(said: str, seconds: float | None) -> None:
    assert Answer(429, {"retry-after": said}).wait(NOW) == seconds


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"{", b"[" * 100_000])
def test_an_answer_that_is_no_object_is_an_empty_one(body: bytes) -> None:
    assert Answer(200, {}, body).json() == {}
