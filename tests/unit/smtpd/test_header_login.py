"""Who logged in at the server in front, read out of the header; and every way in which it must not be believed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.message import Body
from mailguard.smtpd.header_login import login_in

POSTFIX = b"""Received: from pc.corp.example (pc.corp.example [192.0.2.7])\r
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r
\t key-exchange X25519 server-signature ECDSA (prime256v1))\r
\t(No client certificate requested)\r
\t(Authenticated sender: ann@corp.example)\r
\tby mx.corp.example (Postfix) with ESMTPSA id 4F5D;\r
\tThu, 26 Nov 2026 04:00:00 +0000 (UTC)\r
"""


def read(mail: bytes, field: str = "X-Authenticated-Sender") -> tuple[str | None, str]:
    login, why = asyncio.run(login_in(Body.of(mail), field))
    assert login is None or login.vouched
    return None if login is None else login.name, why


@pytest.mark.parametrize(
    ("mail", "login"),
    [
        (b"X-Authenticated-Sender: ann@corp.example\r\n\r\n", "ann@corp.example"),
        (b"subject: x\r\nx-authenticated-sender :ann\r\nTo: b@c.example\r\n\r\ntext", "ann"),
        (b"X-Authenticated-Sender:\r\n\tann@corp.example \r\n\r\n", "ann@corp.example"),
        (b"X-Authenticated-Sender: ann\r\nX-Authenticated-Sender: ann\r\n\r\n", "ann"),
        (b"X-Authenticated-Sender: \r\n\r\n", None),
        (b"Subject: x\r\n\r\nX-Authenticated-Sender: ann\r\n\r\n", None),
        (b"Subject: x\r\n X-Authenticated-Sender: ann\r\n\r\n", None),
        (b"X-X-Authenticated-Sender: ann\r\n\r\n", None),
        (b"", None),
        (b"X-Authenticated-Sender: ann\r\n", "ann"),  # nothing but a header
        (b"Subject: x\r\nX-Authenticated-Sender: ann\r\n", "ann"),
        (b"\r\nX-Authenticated-Sender: ann\r\n\r\n", None),
    ],
)
def test_the_field(mail: bytes, login: str | None) -> None:
    assert read(mail) == (login, "")


@pytest.mark.parametrize(
    ("mail", "why"),
    [
        (b"X-Authenticated-Sender: ann\r\nX-Authenticated-Sender: boss\r\n\r\n", "login_header_twice"),
        (b"X-Authenticated-Sender:\r\nX-Authenticated-Sender: boss\r\n\r\n", "login_header_twice"),
        (b"X-Authenticated-Sender: ann\r\nX-Authenticated-Sender: boss\r\n", "login_header_twice"),
        (b"X-Authenticated-Sender: ann boss\r\n\r\n", "login_header_unclear"),
        (b"X-Authenticated-Sender: \xff\r\n\r\n", "login_header_unclear"),
        (b"X-Authenticated-Sender: a\x00b\r\n\r\n", "login_header_unclear"),
        (b"X-Authenticated-Sender: " + b"a" * 256 + b"\r\n\r\n", "login_header_unclear"),
        (b"X-Authenticated-Sender: ann\r\nX: " + b"a" * 2**20 + b"\r\n\r\n", "header_too_long"),
    ],
)
def test_what_is_not_plain_is_nobody(mail: bytes, why: str) -> None:
    assert read(mail) == (None, why)


def test_postfix_says_it_in_the_field_that_it_puts_on_top() -> None:
    assert read(POSTFIX + b"Subject: x\r\n\r\n", "Received") == ("ann@corp.example", "")
    lower = POSTFIX.replace(b"\t(Authenticated sender: ann@corp.example)\r\n", b"")
    assert read(lower + POSTFIX + b"\r\n", "received") == (None, ""), "an older field was written by somebody else"
    odd = POSTFIX.replace(b"ann@corp.example", b"ann (boss@corp.example)")
    assert read(odd + b"\r\n", "Received") == (None, "login_header_unclear")
    greeting = lower.replace(b"from pc.corp.example", b"from (Authenticated sender: boss)")
    assert read(greeting + b"\r\n", "Received") == (None, "")


def test_a_mail_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(b"X-Authenticated-Sender: ann\r\n\r\n" + b"x" * 3_000_000)
    login, why = asyncio.run(login_in(Body(path.stat().st_size, "", path=path), "X-Authenticated-Sender"))
    assert (login and login.name, why) == ("ann", "")


@pytest.mark.parametrize(
    "line", [b" " + b"a" * 60_000 + b"\r\n", b"X-Authenticated-Sender: ann\r\n", b" \r\n", b"Subject: x\r\n"]
)
def test_a_header_of_a_mib_holds_nobody_up(line: bytes) -> None:
    mail = b"X-Authenticated-Sender: ann\r\n" + line * ((2**20 - 100) // len(line))

    def seconds() -> float:
        began = time.perf_counter()
        read(mail + b"\r\n")
        return time.perf_counter() - began

    assert min(seconds() for _ in range(5)) < 0.12  # it was up to half a second, on the loop of all sessions


@given(st.binary(max_size=300))
def test_any_octets(mail: bytes) -> None:
    name, _ = read(b"X-Authenticated-Sender: ann\r\n" + mail)
    assert name in ("ann", None)
