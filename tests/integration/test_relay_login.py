"""Logging in at the next server: by what it offers, with a password or a token; a real HTTP server gives out tokens."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
from tests.relaying import BOB, SHORT, outgoing, settings_for, upstream_to
from tests.smtp_fake import Say, Stall, fake_server

from mailguard.app.tokens import ClientCredentials
from mailguard.mail.outcome import Outcome, Result
from mailguard.relay.sasl import NoToken
from mailguard.relay.settings import OauthSettings
from mailguard.relay.smtp import SmtpUpstream

_WELCOME = Say(b"235 2.7.0 welcome\r\n")


@dataclass
class TokenServer:
    """Answers POSTs as told: the next of `answers`; the last one stays."""

    answers: list[tuple[int, object]]
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    port: int = 0

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        self.asked.append(parse_qs((await reader.readexactly(length)).decode()))
        status, value = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        writer.write(b"HTTP/1.1 %d x\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (status, len(body)) + body)
        await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def tokens_from(*answers: tuple[int, object]) -> AsyncIterator[tuple[TokenServer, ClientCredentials]]:
    made = TokenServer(list(answers))
    server = await asyncio.start_server(made.client, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{made.port}/token"
    try:
        yield made, ClientCredentials(OauthSettings(url, "app", "very-secret", "mail.send"))
    finally:
        server.close()


def good(token: str = "tok-1", **more: object) -> tuple[int, object]:
    return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600, **more}


async def by_token(port: int, tokens: ClientCredentials) -> Outcome:
    oauth = OauthSettings("http://127.0.0.1:1/", "app", "very-secret")
    upstream = SmtpUpstream(settings_for(port, username="ann@corp.example", oauth=oauth), tokens)
    try:
        return (await upstream.relay(outgoing()))[BOB]
    finally:
        await upstream.close()


def said(commands: list[bytes]) -> list[bytes]:
    """What was shown at AUTH, decoded."""
    return [base64.b64decode(command.split()[2]) for command in commands if command.startswith(b"AUTH")]


@pytest.mark.parametrize(
    ("offer", "shown"),
    [
        ("AUTH LOGIN XOAUTH2 OAUTHBEARER", b"user=ann@corp.example\x01auth=Bearer tok-1\x01\x01"),
        ("AUTH PLAIN OAUTHBEARER", b"n,a=ann@corp.example,\x01auth=Bearer tok-1\x01\x01"),
    ],
)
async def test_a_token_is_shown_as_the_server_wants_it(offer: str, shown: bytes) -> None:
    async with tokens_from(good()) as (server, tokens), fake_server(extensions=("PIPELINING", offer)) as fake:
        assert (await by_token(fake.port, tokens)).result is Result.RELAYED
        assert said(fake.commands) == [shown]
        assert (await by_token(fake.port, tokens)).result is Result.RELAYED
        assert len(server.asked) == 1  # the token is kept
        assert server.asked[0] == {
            "grant_type": ["client_credentials"], "client_id": ["app"], "client_secret": ["very-secret"],
            "scope": ["mail.send"],
        }  # fmt: skip


async def test_a_refused_token_is_replaced_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    script = {"auth": [Say(b"535 5.7.3 expired\r\n"), _WELCOME]}
    async with tokens_from(good(), good("tok-2")) as (_, tokens):
        async with fake_server(extensions=("AUTH XOAUTH2",), script=script) as fake:
            assert (await by_token(fake.port, tokens)).result is Result.RELAYED
            assert [b"tok-1" in said(fake.commands)[0], b"tok-2" in said(fake.commands)[1]] == [True, True]
        async with fake_server(extensions=("AUTH XOAUTH2",), script={"auth": [Say(b"535 5.7.3 no\r\n")]}) as fake:
            outcome = await by_token(fake.port, tokens)
            assert (outcome.result, outcome.code) == (Result.DEFERRED, 535)
            assert len(said(fake.commands)) == 2
        assert "tok-" not in caplog.text + outcome.text
        assert "very-secret" not in caplog.text + outcome.text


async def test_the_challenge_of_a_refusal_is_answered() -> None:
    script = {"auth": [Say(b"334 eyJzdGF0dXMiOiI0MDEifQ==\r\n")]}
    async with tokens_from(good()) as (_, tokens), fake_server(extensions=("AUTH OAUTHBEARER",), script=script) as fake:
        await by_token(fake.port, tokens)
        assert b"AQ==" in fake.commands


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((401, {"error": "invalid_client", "error_description": "secret is very-secret"}), "401 invalid_client"),
        ((200, {"access_token": "a b"}), "said 200"),
        ((200, b"<html>"), "said 200"),
        ((302, b""), "said 302"),
    ],
)
async def test_without_a_token_the_mail_waits(answer: tuple[int, object], why: str) -> None:
    async with tokens_from(answer) as (server, tokens), fake_server(extensions=("AUTH XOAUTH2",)) as fake:
        for _ in range(3):
            outcome = await by_token(fake.port, tokens)
            assert (outcome.result, why in outcome.text) == (Result.DEFERRED, True), outcome
            assert outcome.about_us == ("left for" not in outcome.text)
            assert "very-secret" not in outcome.text
        assert len(server.asked) == 1  # a refusal is not asked for again at once


async def test_a_token_ends_before_its_time_and_many_ask_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(at=1000.0)
    monkeypatch.setattr("mailguard.app.tokens.time", SimpleNamespace(monotonic=lambda: clock.at))
    async with tokens_from(good(expires_in=60), good("tok-2", expires_in=3600)) as (server, tokens):
        assert set(await asyncio.gather(*(tokens(fresh=False) for _ in range(10)))) == {"tok-1"}
        clock.at += 31.0  # half of its time: of a short one, no minute can be spared
        assert await tokens(fresh=False) == "tok-2"
        assert len(server.asked) == 2


async def test_a_server_without_tokens_says_so() -> None:
    async with tokens_from(good()) as (_, tokens), fake_server(extensions=("AUTH PLAIN",)) as fake:
        assert "neither XOAUTH2 nor OAUTHBEARER" in (await by_token(fake.port, tokens)).text
    unsafe = ClientCredentials(OauthSettings("https://10." + "1.1.1/token", "app", "s"))
    with pytest.raises(NoToken, match="private"):
        await unsafe(fresh=False)


@pytest.mark.parametrize(
    ("offer", "script", "first"),
    [
        ("AUTH LOGIN PLAIN CRAM-MD5", [Say(b"334 PDFAbW94Pg==\r\n")], b"AUTH CRAM-MD5"),
        ("AUTH LOGIN PLAIN", [_WELCOME], b"AUTH PLAIN "),
        ("AUTH LOGIN", [Say(b"334 UGFzc3dvcmQ6\r\n")], b"AUTH LOGIN"),
    ],
)
async def test_a_password_goes_by_what_is_offered(offer: str, script: list[Say], first: bytes) -> None:
    async with fake_server(extensions=(offer,), script={"auth": script}) as fake:
        async with upstream_to(fake.port, username="ann", password="pw") as upstream:
            await upstream.relay(outgoing())
        assert next(command for command in fake.commands if command.startswith(b"AUTH")).startswith(first)


# TLS: whose name, and which certificate of ours


def certificate(folder: Path, name: str) -> Path:
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -addext subjectAltName=DNS:{name}"
    files = ["-keyout", f"{name}.key", "-out", f"{name}.pem"]
    subprocess.run([*command.split(), *files], cwd=folder, check=True, capture_output=True)
    return folder / f"{name}.pem"


async def test_the_name_in_the_certificate_may_be_another_and_a_server_may_ask_for_ours(tmp_path: Path) -> None:
    server, client = certificate(tmp_path, "mail.corp.example"), certificate(tmp_path, "mg.corp.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server, server.with_suffix(".key"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(client)
    ours = {"certificate": client, "key": client.with_suffix(".key")}
    for scheme, implicit in (("smtp", False), ("smtps", True)):
        async with fake_server(context=context, implicit=implicit) as fake:
            named = {"scheme": scheme, "tls": "required", "ca_file": server}
            async with upstream_to(fake.port, **named, tls_name="mail.corp.example", **ours) as upstream:
                assert (await upstream.relay(outgoing()))[BOB].result is Result.RELAYED
            async with upstream_to(fake.port, **named, **ours) as upstream:
                outcome = (await upstream.relay(outgoing()))[BOB]
                assert "certificate not valid" in outcome.text
                assert outcome.about_us
            async with upstream_to(fake.port, **named, tls_name="mail.corp.example") as upstream:
                assert (await upstream.relay(outgoing()))[BOB].result is Result.DEFERRED


async def test_a_renewed_certificate_is_shown_at_the_next_connection_and_a_broken_one_never(tmp_path: Path) -> None:
    """Whoever lets us in by our certificate does not take an expired one; nobody restarts us for that."""
    server, first, second = (certificate(tmp_path, f"{name}.corp.example") for name in ("mail", "mg", "mg2"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server, server.with_suffix(".key"))
    context.verify_mode = ssl.CERT_REQUIRED
    for one in (first, second):
        context.load_verify_locations(one)
    ours = tmp_path / "ours.pem", tmp_path / "ours.key"

    def renew(certificate: Path, key: Path) -> None:
        for source, place in ((certificate, ours[0]), (key, ours[1])):
            made = place.with_suffix(".new")
            made.write_bytes(source.read_bytes())
            made.replace(place)

    renew(first, first.with_suffix(".key"))
    named = {"tls": "required", "ca_file": server, "tls_name": "mail.corp.example", "messages_per_connection": 1}
    to = {**named, "certificate": ours[0], "key": ours[1]}
    async with fake_server(context=context) as fake, upstream_to(fake.port, **to) as upstream:

        async def common_name() -> str:
            assert (await upstream.relay(outgoing()))[BOB].result is Result.RELAYED
            (subject,) = [value for part in fake.shown[-1]["subject"] for key, value in part if key == "commonName"]
            return str(subject)

        assert await common_name() == "mg.corp.example"
        renew(second, first.with_suffix(".key"))  # amid its renewal: the key is not there yet
        assert await common_name() == "mg.corp.example"
        renew(second, second.with_suffix(".key"))
        assert await common_name() == "mg2.corp.example"
        ours[0].unlink()
        assert await common_name() == "mg2.corp.example"


async def test_an_authority_that_is_replaced_is_trusted_at_the_next_connection(tmp_path: Path) -> None:
    old, new = certificate(tmp_path, "mail.corp.example"), certificate(tmp_path, "other.corp.example")
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(new.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(old, old.with_suffix(".key"))
    named = {"tls": "required", "ca_file": trusted, "tls_name": "mail.corp.example", "backoff_seconds": 0.0}
    async with fake_server(context=context) as fake, upstream_to(fake.port, **named) as upstream:
        assert "certificate not valid" in (await upstream.relay(outgoing()))[BOB].text
        trusted.write_bytes(old.read_bytes())
        assert (await upstream.relay(outgoing()))[BOB].result is Result.RELAYED


def refusing(context: ssl.SSLContext, listening: socket.socket, implicit: bool) -> None:
    """One connection to a server that refuses by an alert, as OpenSSL's do; asyncio's only hang up."""
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as lines:
        if not implicit:
            connection.sendall(b"220 mx.example\r\n")
            lines.readline()
            connection.sendall(b"250-mx.example\r\n250 STARTTLS\r\n")
            lines.readline()
            connection.sendall(b"220 go ahead\r\n")
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(connection.dup(), server_side=True)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass  # a reset would overtake the alert


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("shown", [False, True])
async def test_a_server_that_refuses_our_certificate_is_not_away(tmp_path: Path, scheme: str, shown: bool) -> None:
    server, client = certificate(tmp_path, "mail.corp.example"), certificate(tmp_path, "mg.corp.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(server, server.with_suffix(".key"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(server)
    ours = {"certificate": client, "key": client.with_suffix(".key")} if shown else {}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        work = asyncio.create_task(asyncio.to_thread(refusing, context, listening, scheme == "smtps"))
        port = listening.getsockname()[1]
        async with upstream_to(port, scheme=scheme, tls="insecure", **ours) as upstream, asyncio.timeout(60):
            outcome = (await upstream.relay(outgoing()))[BOB]
        await work
    assert outcome.result is Result.DEFERRED
    assert outcome.about_us
    assert "TLS failed" in outcome.text
    assert "see upstream certificate and key" in outcome.text


@pytest.mark.parametrize("step", ["starttls", "auth"])
async def test_a_server_that_hangs_before_the_envelope_is_given_up_in_time(step: str, tmp_path: Path) -> None:
    server = certificate(tmp_path, "mail.corp.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server, server.with_suffix(".key"))
    login = {"username": "ann", "password": "pw"}
    async with fake_server(context=context, extensions=("AUTH PLAIN",), script={step: [Stall()]}) as fake:
        async with upstream_to(fake.port, tls="insecure", deadlines=SHORT, **login) as upstream, asyncio.timeout(60):
            outcome = (await upstream.relay(outgoing()))[BOB]
        assert (outcome.result, outcome.unknown, fake.taken) == (Result.DEFERRED, False, [])
