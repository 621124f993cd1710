"""The back door against a real Postfix: each way in, each outcome, and octets that stay as they were."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import ssl
import uuid
from pathlib import Path
from typing import Any

import pytest
from tests.postfix import PASSWORD, USER, Postfix, make_certificate
from tests.relaying import BOB, CY, PREFIX, outgoing, upstream_to
from tests.smtp_fake import Say, fake_server

from mailguard.mail.address import NULL_PATH, ReversePath, parse_address
from mailguard.mail.message import Body
from mailguard.mail.outcome import Result
from mailguard.relay.settings import Deadlines

REFUSED, LATER = parse_address("refused@upstream.example"), parse_address("later@upstream.example")
PATIENT: dict[str, Any] = {"deadlines": Deadlines(), "connections": 4, "backoff_seconds": 30.0}


def fresh_mail() -> bytes:
    """A mail that no other test sent, with what relays like to repair: dots, long lines, eight bits, odd headers."""
    mark = uuid.uuid4().hex.encode()
    return (
        b"From:    ann@corp.example\r\nsubject:folded\r\n\tand odd " + mark + b"\r\nX-Long: " + b"y" * 900 + b"\r\n"
        b"To: undisclosed-recipients:;\r\n\r\n.dot\r\n..dots\r\n.\r\n\tcaf\xc3\xa9 \x83e\x83X\x83g\r\n"
        + b"z" * 5000
        + b"\r\n\r\n\r\n"
    )


async def arrived(postfix: Postfix, octets: bytes, count: int) -> list[Any]:
    mails = await asyncio.to_thread(postfix.wait_for, count, containing=octets)
    assert all(mail.octets == PREFIX + octets for mail in mails)
    return mails


@pytest.mark.parametrize("way", ["plain", "starttls", "implicit", "login", "small"])
async def test_octets_arrive_as_they_were(postfix: Postfix, way: str) -> None:
    settings = {
        "plain": {"port": postfix.plain},
        "starttls": {"port": postfix.plain, "tls": "required", "ca_file": postfix.ca},
        "implicit": {"port": postfix.tls, "scheme": "smtps", "tls": "required", "ca_file": postfix.ca},
        "login": {
            "port": postfix.login,
            "tls": "required",
            "ca_file": postfix.ca,
            "username": USER,
            "password": PASSWORD,
        },
        "small": {"port": postfix.small},
    }[way]
    mails = [fresh_mail() for _ in range(3)]
    async with upstream_to(**settings, **PATIENT) as upstream:  # type: ignore[arg-type]
        assert await upstream.probe() is None
        for octets in mails:
            outcomes = await upstream.relay(outgoing(octets))
            assert [(o.result, o.code) for o in outcomes.values()] == [(Result.RELAYED, 250)] * 2
    for octets in mails:
        copies = await arrived(postfix, octets, 2)
        assert {(copy.sender, copy.recipient) for copy in copies} == {
            ("ann@upstream.example", str(a)) for a in (BOB, CY)
        }


@pytest.mark.parametrize("port", ["plain", "small"])
async def test_each_recipient_has_its_own_outcome(postfix: Postfix, port: str) -> None:
    octets = fresh_mail()
    async with upstream_to(getattr(postfix, port), **PATIENT) as upstream:
        outcomes = await upstream.relay(outgoing(octets, recipients=(REFUSED, BOB, LATER)))
        assert {a: (o.result, o.code) for a, o in outcomes.items()} == {
            REFUSED: (Result.FAILED, 550), BOB: (Result.RELAYED, 250), LATER: (Result.DEFERRED, 450),
        }  # fmt: skip
        assert outcomes[REFUSED].text.startswith("5.1.1")
        nobody = await upstream.relay(outgoing(octets, recipients=(REFUSED, LATER)))
        assert (nobody[REFUSED].result, nobody[LATER].result) == (Result.FAILED, Result.DEFERRED)
        again = await upstream.relay(outgoing(octets, recipients=(CY,)))  # the connection survived all that
        assert again[CY].result is Result.RELAYED
    assert {copy.recipient for copy in await arrived(postfix, octets, 2)} == {str(BOB), str(CY)}


async def test_a_refused_sender(postfix: Postfix) -> None:
    sender = ReversePath(parse_address("refused@refused.example"))
    async with upstream_to(postfix.plain, **PATIENT) as upstream:
        outcomes = await upstream.relay(outgoing(sender=sender))
    assert {(o.result, o.code) for o in outcomes.values()} == {(Result.FAILED, 554)}


async def test_the_null_path_quoted_and_utf8_addresses(postfix: Postfix) -> None:
    odd = tuple(
        map(parse_address, ('"john..doe"@upstream.example', "佐藤@upstream.example", "o'brien+x@upstream.example"))
    )
    octets = fresh_mail()
    async with upstream_to(postfix.plain, **PATIENT) as upstream:
        outcomes = await upstream.relay(outgoing(octets, sender=NULL_PATH, recipients=odd))
        assert {o.result for o in outcomes.values()} == {Result.RELAYED}
        copies = await arrived(postfix, octets, 3)
    assert {(copy.sender, copy.recipient) for copy in copies} == {("", str(address)) for address in odd}


async def test_a_server_without_smtputf8_and_with_a_size_limit(postfix: Postfix) -> None:
    async with upstream_to(postfix.small, **PATIENT) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=(parse_address("佐藤@upstream.example"),)))
        assert [(o.result, o.text[:5]) for o in outcomes.values()] == [(Result.FAILED, "5.6.7")]
        outcomes = await upstream.relay(outgoing(b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n" * 15_000))
        assert {(o.result, o.code) for o in outcomes.values()} == {(Result.FAILED, 552)}


async def test_a_large_file_over_tls(postfix: Postfix, tmp_path: Path) -> None:
    line = b"." + secrets.token_hex(30).encode() + b"\r\n"
    octets = b"Subject: large\r\n\r\n" + line * 300_000
    (tmp_path / "body").write_bytes(octets)
    body = Body(len(octets), hashlib.sha256(octets).hexdigest(), path=tmp_path / "body")
    async with upstream_to(postfix.plain, tls="required", ca_file=postfix.ca, **PATIENT) as upstream:
        outcomes = await upstream.relay(outgoing(body, recipients=(BOB,)))
    assert {o.result for o in outcomes.values()} == {Result.RELAYED}
    await arrived(postfix, octets, 1)


async def test_many_at_a_time_each_once(postfix: Postfix) -> None:
    mails = [fresh_mail() for _ in range(60)]
    async with upstream_to(postfix.plain, **PATIENT) as upstream:
        every = await asyncio.gather(*(upstream.relay(outgoing(octets, recipients=(BOB,))) for octets in mails))
    assert {o.result for outcomes in every for o in outcomes.values()} == {Result.RELAYED}
    # Mails of another test may come late: these have a word of their own.
    copies = await asyncio.to_thread(postfix.wait_for, 60, containing=b"and odd ")
    assert sorted(copy.octets for copy in copies) == sorted(PREFIX + octets for octets in mails)


# TLS and logins that must not be taken


async def why_not(port: int, **changes: Any) -> str:
    async with upstream_to(port, **{**PATIENT, **changes}) as upstream:
        outcomes = await upstream.relay(outgoing())
        assert {(o.result, o.unknown) for o in outcomes.values()} == {(Result.DEFERRED, False)}
        assert upstream.capacity() == 0  # it is the server that is left in peace, no mail bounces
        return outcomes[BOB].text


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_an_unknown_certificate_gets_no_mail(postfix: Postfix, scheme: str) -> None:
    port = postfix.tls if scheme == "smtps" else postfix.plain
    assert "certificate not valid" in await why_not(port, scheme=scheme, tls="required")
    async with upstream_to(
        port, scheme=scheme, tls="insecure", **PATIENT
    ) as upstream:  # what was asked for in so many words
        assert (await upstream.relay(outgoing()))[BOB].result is Result.RELAYED


async def test_a_certificate_for_another_host_gets_no_mail(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "other", host="other.example")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with fake_server(context=context) as fake:
        assert "certificate not valid" in await why_not(fake.port, tls="required", ca_file=certificate)
        assert not fake.taken
        assert b"MAIL" not in b"".join(map(bytes, fake.wire))


async def test_tls_that_is_not_offered(postfix: Postfix) -> None:
    assert "STARTTLS" in await why_not(postfix.small, tls="required")
    async with upstream_to(postfix.small, tls="opportunistic", **PATIENT) as upstream:
        assert (await upstream.relay(outgoing()))[BOB].result is Result.RELAYED
    async with upstream_to(postfix.plain, tls="opportunistic", **PATIENT) as upstream:
        assert (await upstream.relay(outgoing()))[BOB].result is Result.RELAYED


async def test_words_slipped_in_before_tls_are_not_heard(postfix: Postfix) -> None:
    """RFC 3207 section 6: what a stranger adds to the 220 of STARTTLS must not count as the encrypted server's word."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(postfix.ca, postfix.home / "tls" / "key.pem")
    slipped = Say(b"220 2.0.0 go ahead\r\n250-evil\r\n250 PIPELINING\r\n")
    async with (
        fake_server(context=context, script={"starttls": [slipped]}, extensions=("SIZE",)) as fake,
        upstream_to(fake.port, tls="required", ca_file=postfix.ca, **PATIENT) as upstream,
    ):
        outcomes = await upstream.relay(outgoing())
    assert {o.result for o in outcomes.values()} == {Result.RELAYED}
    assert [c for c in fake.commands if c.startswith(b"EHLO")] == [b"EHLO mg.corp.example"] * 2


async def test_a_login_that_is_not_taken_bounces_nothing(postfix: Postfix) -> None:
    login = {"tls": "required", "ca_file": postfix.ca, "username": USER}
    why = await why_not(postfix.login, password="wrong-password", **login)
    assert "535" in why
    assert "wrong-password" not in why
    assert "AUTH" in await why_not(postfix.small, tls="none", username=USER, password=PASSWORD)


async def test_a_server_that_wants_a_login_defers_or_refuses_in_its_own_words(postfix: Postfix) -> None:
    async with upstream_to(postfix.login, **PATIENT) as upstream:
        outcomes = await upstream.relay(outgoing())
    assert {o.result for o in outcomes.values()} == {Result.FAILED}  # Postfix says 554: client host rejected


async def test_a_restarted_server_is_found_again(postfix: Postfix) -> None:
    """Postfix's smtpd ends an idle connection after its time-out, or when it is told to; ours is replaced unnoticed."""
    octets = fresh_mail()
    async with upstream_to(postfix.plain, **PATIENT) as upstream:
        await upstream.relay(outgoing(octets, recipients=(BOB,)))
        await asyncio.to_thread(postfix.restart_daemons)
        outcomes = await upstream.relay(outgoing(octets, recipients=(CY,)))
        assert {o.result for o in outcomes.values()} == {Result.RELAYED}
    await arrived(postfix, octets, 2)
