"""What TLS to a next server needs is read once, and not at all where nobody looks at it."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest

from mailguard.relay.certificates import Certificates
from mailguard.relay.settings import UpstreamSettings


def of(tls: Any) -> Certificates:
    return Certificates(UpstreamSettings("smtp", "next.example", 25, tls=tls))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Whose certificates were read: of a file, or (None) all that the machine trusts."""
    files: list[str | None] = []

    def context(*_: object, cafile: str | None = None) -> ssl.SSLContext:
        files.append(cafile)
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    monkeypatch.setattr(ssl, "create_default_context", context)
    return files


async def test_many_connections_at_once_read_them_once(read: list[str | None]) -> None:
    certificates = of("required")
    found = await asyncio.gather(*(certificates.context() for _ in range(10)))
    assert read == [None]
    assert len({id(context) for context in found}) == 1
    assert found[0] is not None
    assert found[0].verify_mode is ssl.CERT_REQUIRED
    assert found[0].check_hostname


@pytest.mark.parametrize("tls", ["opportunistic", "insecure"])
async def test_whoever_takes_any_certificate_reads_none(read: list[str | None], tls: str) -> None:
    context = await of(tls).context()
    assert read == []
    assert context is not None
    assert context.verify_mode is ssl.CERT_NONE
    assert not context.check_hostname


async def test_in_the_clear_there_is_nothing_to_read(read: list[str | None]) -> None:
    assert await of("none").context() is None
    assert read == []
