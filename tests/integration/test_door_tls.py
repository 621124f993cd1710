"""TLS at the door: versions, what was said before it, certificates that change, peers that cannot."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.door import (
    ENVELOPE,
    HOST,
    PATIENCE,
    STRANGERS,
    TRUSTED,
    Client,
    Room,
    client_at,
    client_context,
    eventually,
    open_door,
    with_tls,
)
from tests.postfix import make_certificate

from mailguard.smtpd.server import Door
from mailguard.smtpd.settings import DoorLimits, ListenerSettings, TlsVersion
from mailguard.smtpd.tls import CertificateError

STARTTLS = replace(TRUSTED, auth="optional")


def starttls(folder: Path, listener: ListenerSettings = STARTTLS) -> ListenerSettings:
    return replace(with_tls(folder, listener), tls="starttls")


def implicit(folder: Path) -> ListenerSettings:
    return replace(with_tls(folder, STARTTLS), tls="implicit")


async def test_what_is_pipelined_before_tls_is_dropped(tmp_path: Path) -> None:
    # RFC 3207 section 4.2; a man in the middle could put commands there that then seem to be the client's.
    async with open_door(tmp_path, starttls(tmp_path)) as (_, room, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        client.send("STARTTLS", *ENVELOPE[1:], "injected", ".")
        assert (await client.reply()).startswith("220 2.0.0")
        await client.start_tls()
        assert "STARTTLS" not in (await client.ask("EHLO pc.corp.example"))
        assert (await client.ask(*ENVELOPE[1:])).startswith("354")
        assert (await client.ask(".")).startswith("250 2.0.0 accepted")
    assert room.octets == [b""]


@pytest.mark.parametrize("kind", [starttls, implicit])
async def test_the_message_tells_how_it_came(tmp_path: Path, kind: object) -> None:
    assert callable(kind)
    listener = kind(tmp_path)
    tls = client_context() if listener.tls == "implicit" else None
    async with open_door(tmp_path, listener) as (_, room, port), client_at(port, tls=tls) as client:
        if tls is None:
            await client.ask("EHLO first.corp.example", "STARTTLS")
            await client.start_tls()
        await client.ask("EHLO pc.corp.example", "AUTH PLAIN AGFubkBjb3JwLmV4YW1wbGUAY29ycmVjdCBob3JzZQ==")
        await client.ask("MAIL FROM:<ann@corp.example> SMTPUTF8 BODY=8BITMIME", *ENVELOPE[2:])
        assert (await client.ask(".")).startswith("250 2.0.0 accepted")
    envelope = room.messages[0].envelope
    assert (envelope.client.helo, envelope.client.login) == ("pc.corp.example", "ann@corp.example")
    assert (envelope.client.tls, envelope.client.protocol) == ("TLSv1.3", "UTF8SMTPSA")
    assert (envelope.body_8bit, envelope.smtputf8, envelope.client.trusted) == (True, True, True)


async def test_auth_is_not_offered_without_tls_beyond_loopback(tmp_path: Path) -> None:
    listener = replace(starttls(tmp_path, STRANGERS), host="0.0.0.0", auth="required")
    async with open_door(tmp_path, listener) as (_, _, port), client_at(port) as client:
        assert "AUTH" not in await client.ask("EHLO pc.corp.example")
        assert (await client.ask("AUTH PLAIN AGFubgBhbm4=")).startswith("538 5.7.11")
        await client.ask("STARTTLS")
        await client.start_tls()
        assert "AUTH PLAIN LOGIN" in await client.ask("EHLO pc.corp.example")


async def logged(capfd: pytest.CaptureFixture[str], *words: str) -> None:
    """Wait until the log has these words, on whichever stream a test before has it written to."""
    heard = ""

    def there() -> bool:
        nonlocal heard
        heard += "".join(capfd.readouterr())
        return all(word in heard for word in words)

    await eventually(there)


@pytest.mark.parametrize(
    ("version", "least", "works"),
    [
        ("TLSv1", "1.2", False),
        ("TLSv1_1", "1.2", False),
        ("TLSv1_2", "1.2", True),
        ("TLSv1_3", "1.2", True),
        ("TLSv1", "1.0", True),
        ("TLSv1", "1.1", False),
        ("TLSv1_2", "1.3", False),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1(_1)? is deprecated:DeprecationWarning")
async def test_versions(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], version: str, least: TlsVersion, works: bool
) -> None:
    context = client_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    async with open_door(tmp_path, replace(implicit(tmp_path), tls_minimum=least)) as (door, _, port):
        try:
            async with client_at(port, tls=context) as client:
                assert client.tls_version == version.replace("_", ".")
        except (ssl.SSLError, OSError):
            assert not works
            await eventually(lambda: door.connections == 0)
            await logged(capfd, "tls_too_old", "set tls_minimum on a listener of its own")
        else:
            assert works


async def test_plain_talk_to_a_tls_port_ends_that_connection_only(tmp_path: Path) -> None:
    async with open_door(tmp_path, implicit(tmp_path)) as (door, _, port):
        async with client_at(port, greeted=False) as client:
            client.send("EHLO pc.corp.example", "QUIT")
            assert await client.hears_no_reply()
        async with client_at(port, greeted=False), client_at(port, tls=client_context()) as client:
            assert (await client.ask("NOOP")).startswith("250")
        await eventually(lambda: door.connections == 0)


async def test_a_handshake_that_fails_after_starttls(tmp_path: Path) -> None:
    async with open_door(tmp_path, starttls(tmp_path)) as (door, _, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example", "STARTTLS")
        client.send("MAIL FROM:<ann@corp.example>")
        await eventually(lambda: door.connections == 0)


async def test_certificates_are_read_again_for_new_handshakes_or_kept(tmp_path: Path) -> None:
    async def names(port: int) -> str:
        context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        context.check_hostname = False
        async with client_at(port, tls=context) as client:
            assert (await client.ask("NOOP")).startswith("250")
            return client.certificate_name

    async with open_door(tmp_path, implicit(tmp_path)) as (door, _, port):
        assert await names(port) == "localhost"
        async with client_at(port, tls=client_context()) as old:
            make_certificate(tmp_path, host="new.corp.example")
            door.reload_certificates()
            assert await names(port) == "new.corp.example"
            (tmp_path / "key.pem").write_text("no key")
            with pytest.raises(CertificateError, match=re.escape(str(tmp_path / "key.pem"))):
                door.reload_certificates()
            assert await names(port) == "new.corp.example"
            assert (await old.ask("NOOP")).startswith("250")


async def test_a_door_that_cannot_open_leaves_nothing_open(tmp_path: Path) -> None:
    room = Room()
    async with open_door(tmp_path, TRUSTED) as (_, _, port):
        free = replace(TRUSTED, port=0)
        door = Door([free, replace(TRUSTED, port=port)], DoorLimits(), HOST, room.accept, None, tmp_path)
        with pytest.raises(OSError):
            await door.start()
        assert door.addresses == []
    broken = replace(TRUSTED, tls="implicit", certificate=tmp_path / "none.pem", key=tmp_path / "none.pem")
    with pytest.raises(CertificateError, match="no such file"):
        await Door([broken], DoorLimits(), HOST, room.accept, None, tmp_path).start()


def test_an_encrypted_key_is_an_error_and_asks_nobody(tmp_path: Path) -> None:
    listener = implicit(tmp_path)
    command = [
        "openssl",
        "pkcs8",
        "-topk8",
        "-in",
        str(listener.key),
        "-out",
        str(tmp_path / "locked"),
        "-passout",
        "pass:x",
    ]
    subprocess.run(command, check=True, timeout=PATIENCE)
    listener = replace(listener, key=tmp_path / "locked")
    door = Door([listener], DoorLimits(), HOST, Room().accept, None, tmp_path)
    with pytest.raises(CertificateError):
        door.reload_certificates()


async def handshake_in_one_piece(client: Client, before: bytes) -> str:
    """Send `before` and the client's hello in one piece, finish the handshake by hand, and read the greeting."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = client_context().wrap_bio(incoming, outgoing)
    waiting = before
    for step in (session.do_handshake, lambda: session.read(1000)):
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                client.send_raw(waiting + outgoing.read())
                waiting = b""
                incoming.write(await client.some())
            else:
                break
    assert isinstance(done, bytes)
    return done.decode()


@pytest.mark.parametrize("header", [b"PROXY TCP4 127.0.0.9 127.0.0.1 4321 465\r\n"])
async def test_tls_behind_a_proxy_header_in_the_same_segment(tmp_path: Path, header: bytes) -> None:
    listener = replace(implicit(tmp_path), proxy_protocol=True)
    async with open_door(tmp_path, listener) as (_, _, port), client_at(port, greeted=False) as client:
        assert (await handshake_in_one_piece(client, header)).startswith("220 ")


async def test_who_waits_with_the_handshake_counts(tmp_path: Path) -> None:
    limits = DoorLimits(connections=1)
    async with (
        open_door(tmp_path, implicit(tmp_path), limits) as (door, _, port),
        client_at(port, greeted=False),
        client_at(port, greeted=False) as second,
    ):
        assert await second.is_closed()
        assert door.connections == 1


def rsa(folder: Path, listener: ListenerSettings) -> ListenerSettings:
    """The listener with an RSA certificate: with one, ciphers without an ephemeral key would be possible."""
    certificate, key = folder / "rsa.pem", folder / "rsa-key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        [*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True, timeout=PATIENCE
    )
    return replace(listener, certificate=certificate, key=key)


@pytest.mark.parametrize(
    ("ciphers", "works"),
    [
        ("ECDHE-RSA-AES256-GCM-SHA384", True),
        ("ECDHE-RSA-AES128-GCM-SHA256", True),
        ("ECDHE-RSA-CHACHA20-POLY1305", True),
        ("ECDHE-RSA-AES256-SHA384", False),  # CBC
        ("ECDHE-RSA-AES128-SHA", False),
        ("AES256-GCM-SHA384", False),  # no ephemeral key
        ("AES128-SHA", False),
        ("DHE-RSA-AES256-GCM-SHA384", False),  # no curve; and needs parameters that nobody renews
        ("ECDHE-RSA-NULL-SHA", False),
        ("ADH-AES256-GCM-SHA384", False),  # no certificate
    ],
)
async def test_ciphers(tmp_path: Path, ciphers: str, works: bool) -> None:
    context = client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    async with open_door(tmp_path, rsa(tmp_path, implicit(tmp_path))) as (_, _, port):
        if works:
            async with client_at(port, tls=context) as client:
                assert client.cipher == ciphers
        else:
            with pytest.raises((ssl.SSLError, OSError)):
                async with client_at(port, tls=context):
                    pass


async def test_other_ciphers_on_a_listener(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    context = client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:@SECLEVEL=0")
    listener = rsa(tmp_path, implicit(tmp_path))
    old = replace(listener, ciphers="RSA+AES:@SECLEVEL=0")
    async with open_door(tmp_path, old) as (_, _, port), client_at(port, tls=context) as client:
        assert client.cipher == "AES128-SHA"
    async with open_door(tmp_path, listener) as (door, _, port):
        with pytest.raises((ssl.SSLError, OSError)):
            async with client_at(port, tls=context):
                pass
        await eventually(lambda: door.connections == 0)
        await logged(capfd, "tls_no_common_cipher")


@pytest.mark.parametrize("kind", [starttls, implicit])
async def test_no_renegotiation_and_no_compression(tmp_path: Path, kind: Callable[[Path], ListenerSettings]) -> None:
    async with open_door(tmp_path, kind(tmp_path)) as (_, _, port):
        command = ["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{port}"]
        command += ["-starttls", "smtp"] if kind is starttls else []
        program = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        assert program.stdin is not None
        assert program.stdout is not None
        said = b""
        async with asyncio.timeout(PATIENCE):
            while b"Verify return code" not in said:
                said += await program.stdout.read(4096)
            assert b"Compression: NONE" in said
            assert b"Secure Renegotiation IS supported" in said
            program.stdin.write(b"R\n")  # s_client asks for a new handshake
            said = await program.stdout.read()
            assert b"no renegotiation" in said.lower(), said
            await program.wait()
