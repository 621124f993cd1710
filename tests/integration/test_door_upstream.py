"""AUTH at the door passed live to the upstream: passwords, tokens, what the upstream says of them, and its absence."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.door import STRANGERS, Client, Room, client_at, client_context, eventually, open_door, with_tls
from tests.postfix import PASSWORD, USER, Postfix, free_port, make_certificate
from tests.token_server import ERROR, TokenServer, token_server

from mailguard.app.checkers import ByUpstream
from mailguard.mail import reply as replies
from mailguard.relay.login import CannotAsk, UpstreamLogin
from mailguard.relay.settings import UpstreamSettings

ANN = "ann@corp.example"
AUTH = replace(STRANGERS, auth="required")


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def xoauth2(token: str, name: str = ANN) -> str:
    return b64(f"user={name}\x01auth=Bearer {token}\x01\x01")


def bearer(token: str, name: str = ANN) -> str:
    return b64(f"n,a={name},\x01host=smtp.example\x01port=465\x01auth=Bearer {token}\x01\x01")


@asynccontextmanager
async def door_before(
    folder: Path, *, domain: str = "", **settings: Any
) -> AsyncIterator[tuple[TokenServer, Room, Client, ByUpstream]]:
    """A door that asks a server with TLS, and a client that has said EHLO."""
    tls = make_certificate(folder / "tls")
    async with token_server(tls, **settings) as server:
        upstream = UpstreamSettings("smtps", "localhost", server.port, ca_file=tls[0])
        checker = ByUpstream(UpstreamLogin(upstream), domain)
        async with (
            open_door(folder, AUTH, authenticate=checker) as (_, room, port),
            client_at(port) as client,
        ):
            await client.ask("EHLO pc.corp.example")
            yield server, room, client, checker


@pytest.mark.parametrize(
    "command",
    [
        "AUTH PLAIN " + b64(f"\0{ANN}\0correct horse"),
        "AUTH XOAUTH2 " + xoauth2("good-token"),
        "AUTH OAUTHBEARER " + bearer("good-token"),
    ],
)
async def test_what_the_upstream_takes_is_a_login(tmp_path: Path, command: str) -> None:
    async with door_before(tmp_path) as (server, room, client, checker):
        await checker._login.learn()
        assert await client.ask(command) == str(replies.AUTH_OK)
        client.send("MAIL FROM:<boss@corp.example>")
        assert await client.reply() == str(replies.NOT_YOUR_ADDRESS)
        await client.ask("MAIL FROM:<ann@corp.example>", "RCPT TO:<bob@partner.example>", "DATA")
        assert (await client.ask(".")).startswith("250 2.0.0")
        assert command.encode() in server.lines, "a token is handed on to the octet"
    assert room.messages[0].envelope.client.login == ANN


async def test_login_in_two_steps_and_by_another_way_where_the_upstream_has_only_that(tmp_path: Path) -> None:
    async with door_before(tmp_path, offered="LOGIN") as (server, _, client, checker):
        await checker._login.learn()
        assert "AUTH PLAIN LOGIN" in await client.ask("EHLO pc.corp.example")
        client.send("AUTH LOGIN", b64(ANN), b64("correct horse"))
        assert [await client.reply() for _ in range(3)][-1] == str(replies.AUTH_OK)
    async with door_before(tmp_path, offered="LOGIN") as (server, _, client, _):
        assert await client.ask("AUTH PLAIN " + b64(f"\0{ANN}\0correct horse")) == str(replies.AUTH_OK)
        assert b"AUTH LOGIN" in server.lines


async def test_what_is_offered_is_what_the_upstream_offers(tmp_path: Path) -> None:
    async with door_before(tmp_path) as (server, _, client, checker):
        assert "AUTH PLAIN LOGIN\n" in await client.ask("EHLO pc.corp.example"), "as long as it was not seen"
        client.send("AUTH XOAUTH2 " + xoauth2("good-token"))
        assert (await client.reply()).startswith("504 5.5.4")
        await checker._login.learn()
        assert "AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER\n" in await client.ask("EHLO pc.corp.example")
        server.offered = "XOAUTH2"
        await checker._login.learn()
        assert "AUTH XOAUTH2\n" in await client.ask("EHLO pc.corp.example")


@pytest.mark.parametrize(
    ("mechanism", "response", "answer"), [("XOAUTH2", xoauth2("bad"), ""), ("OAUTHBEARER", bearer("bad"), "AQ==")]
)
async def test_why_a_token_was_not_taken_is_told(tmp_path: Path, mechanism: str, response: str, answer: str) -> None:
    async with door_before(tmp_path) as (_, _, client, checker):
        await checker._login.learn()
        client.send(f"AUTH {mechanism}")
        assert await client.reply() == "334 "
        client.send(response)
        assert await client.reply() == "334 " + base64.b64encode(ERROR).decode()
        client.send(answer)
        assert await client.reply() == str(replies.AUTH_FAILED)
        client.send(f"AUTH {mechanism} {response}")
        assert (await client.reply()).startswith("334 ")
        client.send("*")
        assert await client.reply() == str(replies.AUTH_FAILED)
        assert (await client.ask("NOOP")).startswith("250"), "the conversation goes on"
        client.send("MAIL FROM:<ann@corp.example>")
        assert await client.reply() == str(replies.AUTH_REQUIRED)


@pytest.mark.parametrize("octets", [2_000, 12_288])
async def test_long_tokens(tmp_path: Path, octets: int) -> None:
    token = "t" * octets
    async with door_before(tmp_path, token=token) as (server, _, client, checker):
        await checker._login.learn()
        assert await client.ask("AUTH XOAUTH2 " + xoauth2(token)) == str(replies.AUTH_OK)
        assert max(map(len, server.lines)) <= len(xoauth2(token)) + 20
    async with door_before(tmp_path, token=token) as (_, _, client, checker):
        await checker._login.learn()
        await client.ask("AUTH OAUTHBEARER")
        assert await client.ask(bearer(token)) == str(replies.AUTH_OK)
    async with door_before(tmp_path) as (_, _, client, checker):
        await checker._login.learn()
        client.send("AUTH XOAUTH2 " + "t" * 30_000)
        assert (await client.reply()).startswith("500 5.5.2")
        assert (await client.ask("NOOP")).startswith("250")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("AUTH XOAUTH2 %%%", "501 5.5.2"),
        ("AUTH XOAUTH2 " + b64("user=ann"), "501 5.5.2"),
        ("AUTH XOAUTH2 " + b64("auth=Bearer x\x01\x01"), "501 5.5.2"),
        ("AUTH XOAUTH2 " + b64("user=ann\x01user=boss\x01auth=Bearer x\x01\x01"), "501 5.5.2"),
        ("AUTH XOAUTH2 " + b64("user=ann\x01auth=Basic x\x01\x01"), "501 5.5.2"),
        ("AUTH OAUTHBEARER " + b64("n,,\x01auth=Bearer x\x01\x01"), "501 5.5.2"),
        ("AUTH OAUTHBEARER " + b64("p=tls-unique,a=ann,\x01auth=Bearer x\x01\x01"), "501 5.5.2"),
        ("AUTH OAUTHBEARER =", "501 5.5.2"),
        ("AUTH PLAIN " + b64("\0ann\0wrong"), "535 5.7.8"),
        ("AUTH PLAIN " + b64("boss\0ann\0wrong"), "535 5.7.8"),
        ("AUTH CRAM-MD5", "504 5.5.4"),
    ],
)
async def test_what_is_not_right_is_not_asked_or_not_taken(tmp_path: Path, command: str, code: str) -> None:
    async with door_before(tmp_path) as (_, _, client, checker):
        await checker._login.learn()
        client.send(command)
        assert (await client.reply()).startswith(code)
        assert (await client.ask("NOOP")).startswith("250")


@pytest.mark.parametrize("says", [b"454 4.7.0 later", b"421 4.3.2 bye", b"530 5.7.0 first", b"250 what", b"garbage"])
async def test_an_upstream_that_cannot_say_now_is_no_refusal(tmp_path: Path, says: bytes) -> None:
    async with door_before(tmp_path, says=says) as (_, _, client, _):
        client.send("AUTH PLAIN " + b64(f"\0{ANN}\0correct horse"))
        assert await client.reply() == str(replies.AUTH_UNAVAILABLE)


async def test_an_upstream_that_is_away_or_without_auth(tmp_path: Path) -> None:
    async with door_before(tmp_path, offered="") as (_, _, client, _):
        client.send("AUTH PLAIN " + b64(f"\0{ANN}\0correct horse"))
        assert await client.reply() == str(replies.AUTH_UNAVAILABLE)
    gone = UpstreamLogin(UpstreamSettings("smtp", "127.0.0.1", free_port(), tls="none"))
    async with open_door(tmp_path, AUTH, authenticate=ByUpstream(gone, "")) as (_, _, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        client.send("AUTH PLAIN " + b64(f"\0{ANN}\0correct horse"))
        assert await client.reply() == str(replies.AUTH_UNAVAILABLE)


async def test_a_name_without_a_domain_is_that_address(tmp_path: Path) -> None:
    async with door_before(tmp_path, domain="corp.example", name="ann") as (_, _, client, _):
        assert await client.ask("AUTH PLAIN " + b64("\0ann\0correct horse")) == str(replies.AUTH_OK)
        assert (await client.ask("MAIL FROM:<ann@corp.example>")).startswith("250")


async def test_a_server_of_another_certificate_hears_no_password(tmp_path: Path) -> None:
    tls, other = make_certificate(tmp_path / "tls"), make_certificate(tmp_path / "other")
    async with token_server(tls) as server:
        login = UpstreamLogin(UpstreamSettings("smtps", "localhost", server.port, ca_file=other[0]))
        with pytest.raises(CannotAsk, match="cannot be reached over TLS"):
            await login.check(ANN, "correct horse")
        assert not server.lines
    with pytest.raises(ValueError, match="tls: none"):
        UpstreamLogin(UpstreamSettings("smtp", "mail.corp.example", 25, tls="none"))


async def test_no_more_questions_at_once_than_the_upstream_can_bear(tmp_path: Path) -> None:
    async with token_server(silent=True) as server:
        login = UpstreamLogin(UpstreamSettings("smtp", "127.0.0.1", server.port, tls="none"))
        asked = [asyncio.create_task(login.check(ANN, "x")) for _ in range(300)]
        await eventually(lambda: server.most >= 20)
        await asyncio.sleep(0.1)
        assert server.most == 20
        turned_away = [task for task in asked if task.done()]
        assert len(turned_away) == 100
        assert all("too many logins" in str(task.exception()) for task in turned_away)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def test_over_tls_at_the_door_only(tmp_path: Path) -> None:
    listener = replace(with_tls(tmp_path, AUTH), tls="starttls", host="0.0.0.0")
    async with token_server() as server:
        login = UpstreamLogin(UpstreamSettings("smtp", "127.0.0.1", server.port, tls="none"))
        await login.learn()
        async with (
            open_door(tmp_path, listener, authenticate=ByUpstream(login, "")) as (_, _, port),
            client_at(port) as client,
        ):
            assert "AUTH" not in await client.ask("EHLO pc.corp.example")
            client.send("AUTH XOAUTH2 " + xoauth2("good-token"))
            assert (await client.reply()).startswith("538 5.7.11")
            await client.ask("STARTTLS")
            await client.start_tls(client_context())
            assert "XOAUTH2" in await client.ask("EHLO pc.corp.example")
            assert await client.ask("AUTH XOAUTH2 " + xoauth2("good-token")) == str(replies.AUTH_OK)


async def test_postfix_itself_is_asked(tmp_path: Path, postfix: Postfix) -> None:
    upstream = UpstreamSettings("smtp", "localhost", postfix.login, tls="required", ca_file=postfix.ca)
    checker = ByUpstream(UpstreamLogin(upstream), "")
    async with open_door(tmp_path, AUTH, authenticate=checker) as (_, _, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        client.send("AUTH PLAIN " + b64(f"\0{USER}\0wrong"))
        assert await client.reply() == str(replies.AUTH_FAILED)
        assert await client.ask("AUTH PLAIN " + b64(f"\0{USER}\0{PASSWORD}")) == str(replies.AUTH_OK)
