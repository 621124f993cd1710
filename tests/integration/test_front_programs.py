"""Real programs in front of the door: HAProxy with both versions of the PROXY header, and Postfix that hands mail over
with XFORWARD and writes who logged in.
"""

from __future__ import annotations

import asyncio
import ipaddress
import shutil
import smtplib
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.door import STRANGERS, TRUSTED, Room, client_at, client_context, eventually, open_door, with_tls
from tests.missing import missing
from tests.postfix import PASSWORD, PATIENCE, USER, Postfix, free_port, private_postfix
from tests.postfix import client_context as postfix_context

from mailguard.smtpd.settings import LOOPBACK, ListenerSettings

HERE = ipaddress.ip_network("127.0.0.9/32")


@asynccontextmanager
async def haproxy(folder: Path, words: str, port: int) -> AsyncIterator[int]:
    """HAProxy on a port of its own, before the door at `port`; what it says there: send-proxy or send-proxy-v2."""
    program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        missing("Debian's package haproxy")
    front = free_port()
    config = folder / "haproxy.cfg"
    config.write_text(
        "defaults\n mode tcp\n timeout connect 5s\n timeout client 20s\n timeout server 20s\n"
        f"listen mail\n bind 127.0.0.1:{front}\n server door 127.0.0.1:{port} {words}\n"
    )
    process = await asyncio.create_subprocess_exec(program, "-f", str(config), stderr=asyncio.subprocess.DEVNULL)
    try:
        yield front
    finally:
        process.terminate()
        await process.wait()


async def connected(
    port: int, source: str, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """From an address of this machine, as soon as somebody listens."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0), ssl=tls)
            except OSError:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("tls", ["none", "implicit"])
@pytest.mark.parametrize("words", ["send-proxy", "send-proxy-v2"])
async def test_haproxy_tells_the_clients_address(tmp_path: Path, words: str, tls: str) -> None:
    listener = replace(STRANGERS, proxy_protocol=True, trusted_networks=(HERE,))
    if tls == "implicit":
        listener = replace(with_tls(tmp_path, listener), tls="implicit")
    context = client_context() if tls == "implicit" else None
    async with open_door(tmp_path, listener) as (_, room, port), haproxy(tmp_path, words, port) as front:
        for source, said in (("127.0.0.9", b"250"), ("127.0.0.8", b"550 5.7.1")):
            reader, writer = await connected(front, source, context)
            assert (await reader.readline()).startswith(b"220 ")
            writer.write(b"EHLO pc\r\nMAIL FROM:<ann@corp.example>\r\nRCPT TO:<bob@partner.example>\r\n")
            lines = [await asyncio.wait_for(reader.readline(), PATIENCE)]
            while not lines[-1].startswith((b"250 2.1.5", b"550")):
                lines.append(await asyncio.wait_for(reader.readline(), PATIENCE))
            assert lines[-1].startswith(said)
            if said == b"250":
                writer.write(b"DATA\r\n.\r\n")
                assert (await reader.readline()).startswith(b"354")
                assert (await reader.readline()).startswith(b"250 2.0.0")
            writer.close()
    assert room.messages[0].envelope.client.ip == "127.0.0.9"


async def test_who_is_no_proxy_is_cut_off(tmp_path: Path) -> None:
    listener = replace(TRUSTED, proxy_protocol=True, proxies=(ipaddress.ip_network("192.0.2.1/32"),))
    async with open_door(tmp_path, listener) as (_, _, port), client_at(port, greeted=False) as client:
        client.send("PROXY TCP4 127.0.0.9 127.0.0.1 4321 25")
        assert await client.is_closed()


@pytest.fixture
def front_postfix() -> Iterator[Postfix]:
    """A Postfix that is changed by the test: not the one that others share."""
    if not Path("/usr/sbin/postfix").exists():
        missing("Debian's package postfix")
    with private_postfix() as postfix:
        yield postfix


def hand_over(postfix: Postfix, port: int) -> None:
    """Postfix sends all mail to this port, says whose it is, and writes who logged in."""
    settings = [
        "smtpd_sasl_authenticated_header=yes",
        f"content_filter=smtp:[127.0.0.1]:{port}",
        "smtp_send_xforward_command=yes",
        "smtpd_client_connection_count_limit=0",
    ]
    subprocess.run(["/usr/sbin/postconf", "-c", postfix.home / "conf", "-e", *settings], check=True, timeout=PATIENCE)
    postfix.restart_daemons()


def submit(postfix: Postfix, subject: str, *, login: bool) -> None:
    with smtplib.SMTP("localhost", postfix.login if login else postfix.plain, timeout=PATIENCE) as client:
        if login:
            client.starttls(context=postfix_context(postfix))
            client.login(USER, PASSWORD)
        client.sendmail("sales@corp.example", ["bob@partner.example"], f"Subject: {subject}\r\n\r\nHello\r\n")


def front_listener() -> ListenerSettings:
    return replace(TRUSTED, xforward_from=LOOPBACK, login_header="Received")


async def test_postfix_hands_over_and_tells_who_logged_in(tmp_path: Path, front_postfix: Postfix) -> None:
    room = Room()
    async with open_door(tmp_path, front_listener(), room=room) as (_, _, port):
        await asyncio.to_thread(hand_over, front_postfix, port)
        await asyncio.to_thread(submit, front_postfix, "logged in", login=True)
        await asyncio.to_thread(submit, front_postfix, "from a network", login=False)
        await eventually(lambda: len(room.messages) == 2)
    by_subject = {
        octets.split(b"Subject: ")[1].split(b"\r\n")[0].decode(): message.envelope
        for octets, message in zip(room.octets, room.messages, strict=True)
    }
    told, untold = by_subject["logged in"].client, by_subject["from a network"].client
    assert (told.login, told.trusted, told.origin, told.ip) == (USER, True, "127.0.0.1", "127.0.0.1")
    assert (untold.login, untold.origin) == (None, "127.0.0.1")
    assert str(by_subject["logged in"].sender) == "sales@corp.example"
