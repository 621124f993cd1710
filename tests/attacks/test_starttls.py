"""STARTTLS injection: nothing that was said in the clear counts once TLS is there, on either side.

Whoever sits on the network can put octets behind STARTTLS, or behind the server's 220, before the handshake; a program
that keeps them takes them for what came under TLS (CVE-2011-0411 and, for clients, the NO STARTTLS papers of 2021).
"""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from tests.door import ENVELOPE, STRANGERS, Client, client_at, open_door, with_tls
from tests.postfix import make_certificate
from tests.relaying import BOB, PATIENT, outgoing, upstream_to
from tests.smtp_fake import Act, Drop, FakeServer, Say, Stall, fake_server

from mailguard.mail.outcome import Result

LOGIN = "AUTH PLAIN AGFubkBjb3JwLmV4YW1wbGUAY29ycmVjdCBob3JzZQ=="
INJECTED = [
    ["MAIL FROM:<eve@corp.example>", "RCPT TO:<victim@partner.example>", "DATA", "injected", "."],
    ["EHLO evil.example", LOGIN],
    ["NOOP"] * 500,
    ["BDAT 100000 LAST"],
    ["STARTTLS"],
    ["RSET\r\n\r\n\r\nEHLO"],
]


@pytest.mark.parametrize("lines", INJECTED, ids=lambda lines: lines[0][:12])
async def test_what_a_client_seems_to_have_said_before_tls(tmp_path: Path, lines: list[str]) -> None:
    listener = replace(with_tls(tmp_path, replace(STRANGERS, auth="required")), tls="starttls")
    async with open_door(tmp_path, listener) as (_, room, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        client.send("STARTTLS", *lines)
        assert (await client.reply()).startswith("220 2.0.0")
        await client.start_tls()
        await _is_new(client)
    assert room.octets == [b""]
    assert [str(message.envelope.sender) for message in room.messages] == ["ann@corp.example"]


async def _is_new(client: Client) -> None:
    """The first reply under TLS is to the first command under TLS, and nobody is logged in."""
    assert (await client.ask("MAIL FROM:<ann@corp.example>")).startswith("503 5.5.1 say EHLO first")
    assert "AUTH PLAIN LOGIN" in await client.ask("EHLO pc.corp.example")
    assert (await client.ask(ENVELOPE[1])).startswith("530 5.7.0")
    assert (await client.ask(LOGIN)).startswith("235")
    assert (await client.ask(*ENVELOPE[1:])).startswith("354")
    assert (await client.ask(".")).startswith("250 2.0.0 accepted")


async def test_octets_in_the_clear_behind_the_handshake_end_it(tmp_path: Path) -> None:
    listener = replace(with_tls(tmp_path, STRANGERS), tls="starttls")
    async with open_door(tmp_path, listener) as (door, room, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example", "STARTTLS")
        client.send(*ENVELOPE[1:])
        assert await client.hears_no_reply()
    assert (room.messages, door.connections) == ([], 0)


#: Replies that somebody on the network puts behind the server's 220; each would decide about the mail.
REPLIES = {
    "a hello of his own": b"250-evil.example\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN\r\n",
    "a refusal": b"250 evil.example\r\n250 ok\r\n550 5.1.1 no such user\r\n",
    "a receipt": b"250 evil\r\n250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 taken\r\n",
    "the start of a line": b"250-evil.exam",
    "goodbye": b"421 closing\r\n",
}


OFFERED = ("PIPELINING", "8BITMIME", "AUTH PLAIN")


def server_context(folder: Path) -> tuple[ssl.SSLContext, Path]:
    certificate, key = make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


async def _relayed(server: FakeServer, certificate: Path, **changes: object) -> Result:
    async with upstream_to(server.port, tls="required", ca_file=certificate, **changes) as upstream:
        return (await upstream.relay(outgoing(recipients=(BOB,))))[BOB].result


@pytest.mark.parametrize("octets", REPLIES.values(), ids=REPLIES)
@pytest.mark.parametrize(
    "login", [{}, {"username": "u@corp.example", "password": "back-door-secret"}], ids=["", "login"]
)
async def test_what_a_server_seems_to_have_said_before_tls(
    tmp_path: Path, octets: bytes, login: dict[str, str]
) -> None:
    context, certificate = server_context(tmp_path)
    injecting = [Say(b"220 2.0.0 go ahead\r\n" + octets), None]
    async with fake_server(context=context, script={"starttls": injecting}, extensions=OFFERED) as server:
        first = await _relayed(server, certificate, **login)
        taken = len(server.taken)
        # Not tried at all, or for now: never a bounce, and never a receipt that the server did not give.
        assert (first, taken) in {(Result.DEFERRED, 0), (Result.RELAYED, 1)}
        assert await _relayed(server, certificate, **login) is Result.RELAYED
        assert len(server.taken) == taken + 1
        assert [b"AUTH" in wire for wire in server.wire][-1] == bool(login)
        assert not [wire for wire in server.wire if b"AUTH" in wire.split(b"STARTTLS")[0]]


@pytest.mark.parametrize("tls", ["required", "insecure"])
async def test_a_starttls_that_was_taken_out_of_the_hello(tls: str) -> None:
    async with fake_server() as server, upstream_to(server.port, tls=tls) as upstream:
        outcome = (await upstream.relay(outgoing(recipients=(BOB,))))[BOB]
    assert (outcome.result, server.taken) == (Result.DEFERRED, [])
    assert not [command for command in server.commands if command.startswith((b"MAIL", b"AUTH"))]


@pytest.mark.parametrize("said", [b"250 ok\r\n", b"454 not now\r\n", b"220-x\r\n", b"220\r\n250 x\r\n"])
async def test_a_server_that_answers_starttls_with_something_else(tmp_path: Path, said: bytes) -> None:
    context, certificate = server_context(tmp_path)
    limits = replace(PATIENT, hello=2.0)  # half a reply is waited for to the end
    async with fake_server(context=context, script={"starttls": [Say(said)]}) as server:
        result = await _relayed(server, certificate, deadlines=limits)
        assert (result, len(server.taken)) in {(Result.DEFERRED, 0), (Result.RELAYED, 1)}
        assert not [wire for wire in server.wire if b"MAIL" in wire and len(server.taken) == 0]


@pytest.mark.parametrize("act", [Say(b"454 4.7.0 not now\r\n"), Drop(b"220 2.0.0 go ahead\r\n"), Stall()])
@pytest.mark.parametrize("tls", ["opportunistic", "insecure"])
async def test_tls_that_fails_stops_mail_only_where_it_is_asked_for(tmp_path: Path, tls: str, act: Act) -> None:
    """One that hangs has less patience where there is another way, else the whole try would be over."""
    context, _ = server_context(tmp_path)
    limits = replace(PATIENT, hello=20.0 if tls == "opportunistic" else 2.0, starttls=0.3, transaction=15.0)
    async with (
        fake_server(context=context, script={"starttls": [act]}) as server,
        upstream_to(server.port, tls=tls, deadlines=limits) as upstream,
    ):
        outcome = (await upstream.relay(outgoing(recipients=(BOB,))))[BOB]
    clear = tls == "opportunistic"
    assert (outcome.result, len(server.taken)) == ((Result.RELAYED, 1) if clear else (Result.DEFERRED, 0))
    assert [b"MAIL" in wire for wire in server.wire] == ([False, True] if clear else [False])
