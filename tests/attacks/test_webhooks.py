"""SSRF by webhooks: no spelling of an address leads a request to this machine or the company's network.

Somebody listens on loopback; every URL below would reach it, in the eyes of some program. He must never be called: not
with a redirect, not with a name that answers differently the second time (both in tests/integration/test_courier.py),
not by numbers of other bases, addresses inside addresses, user names or letters of other scripts.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from mailguard.courier.addresses import refusal
from mailguard.courier.client import Courier, NotCarried

METADATA = "169.254" + ".169.254"
LOOPBACK = [
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "127.0.0.1.",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1%00.public.example",
    "１２７.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "ｌocalhost",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::80ff:fffe]",
    "[::1%25lo]",
    "[::1%lo]",
    "public.example@127.0.0.1",
    "public.example:443@127.0.0.1",
    "public.example%40127.0.0.1",
    "127.0.0.1\\@public.example",
    "user:password@[::1]",
    "127.0.0.1\t",
    "127.0.0.1\r\nHost: x",
]
SCHEMES = ["http", "HTTP", "file", "ftp", "gopher", "dict", "ldap", "smtp", "javascript", "data", "https:", ""]


@pytest.fixture
async def ear() -> AsyncIterator[tuple[int, list[str]]]:
    """(port, who called) on loopback, both families."""
    called: list[str] = []

    async def hear(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.append(str(writer.get_extra_info("sockname")))
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    servers = [server]
    with contextlib.suppress(OSError):
        servers.append(await asyncio.start_server(hear, "::1", port, family=socket.AF_INET6))
    yield port, called
    for one in servers:
        one.close()


async def call(url: str) -> None:
    await Courier().post(url, headers={"authorization": "Bearer canary"}, body=b"{}", content_type="application/json")


@pytest.mark.parametrize("host", LOOPBACK)
async def test_no_spelling_of_loopback(ear: tuple[int, list[str]], host: str) -> None:
    port, called = ear
    for url in (f"https://{host}:{port}/x", f"https://{host}/x", f"https://{host}:{port}#@public.example/"):
        with pytest.raises((NotCarried, ValueError)):
            await asyncio.wait_for(call(url), 20)
    assert called == []


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_no_other_scheme(ear: tuple[int, list[str]], scheme: str) -> None:
    port, called = ear
    with pytest.raises((NotCarried, ValueError)):
        await call(f"{scheme}://127.0.0.1:{port}/x")
    assert called == []


async def test_the_ear_hears_what_may_come(ear: tuple[int, list[str]]) -> None:
    """Or the tests above would show nothing."""
    port, called = ear
    courier = Courier(private=True)
    with pytest.raises(NotCarried):
        await courier.post(f"http://127.0.0.1:{port}/", headers={}, body=b"", content_type="text/plain")
    assert len(called) == 1


@pytest.mark.parametrize(
    "address",
    [
        METADATA, f"::ffff:{METADATA}", "fe80::1", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "10.0.0.1",
        "172.16.0.0", "192.168.0.0", "100.64.0.1", "fc00::1", "ff02::1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "64:ff9b::a00:1", "2002:a00:1::", "::a00:1", "198.18.0.0", "192.0.0.0", "0.1.2.3", "fec0::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_no_address_of_the_inside(address: str) -> None:
    assert refusal(address, private=False)
