"""What is put above a mail, part of which is kept from one mail to the next; and the digest of its octets."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger import NOON, mail

from mailguard.mail.message import Body, Message
from mailguard.mail.trace import is_own_mark, mailbox_line, processed_mark, received_field


def at(moment: datetime, **client: str) -> Message:
    one = mail(at=moment)
    known = replace(one.envelope.client, **client)  # type: ignore[arg-type]
    return replace(one, envelope=replace(one.envelope, client=known))


def test_each_mail_has_its_own_client_id_and_time() -> None:
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))  # the same moment, written otherwise
    first = at(NOON.replace(microsecond=999_999))
    assert (
        received_field(first, "mx.corp.example")
        == (
            f"Received: from pc ([192.0.2.7])\r\n\tby mx.corp.example (mailguard) with ESMTP id {first.id};\r\n"
            "\tMon, 23 Nov 2026 12:00:00 +0000\r\n"
        ).encode()
    )
    assert b"\tMon, 23 Nov 2026 21:00:00 +0900\r\n" in received_field(at(tokyo), "mx.corp.example")
    later = received_field(at(NOON + timedelta(seconds=1), helo="a\r\nX: b", ip="2001:db8::1"), "mx2.corp.example")
    assert b"from aX:b ([IPv6:2001:db8::1])\r\n\tby mx2.corp.example" in later
    assert b"12:00:01 +0000" in later
    assert b"+0000" in received_field(at(NOON.astimezone(UTC)), "mx.corp.example")


@given(st.binary(min_size=1, max_size=100), st.binary(min_size=1, max_size=100))
def test_the_mark_is_keyed_and_each_key_makes_its_own(key: bytes, other: bytes) -> None:
    message_id = mail().id
    for one in (key, other, key):
        wanted = f"{message_id}.{hmac.digest(one, message_id.encode(), 'sha256')[:16].hex()}"
        assert processed_mark(one, message_id) == wanted
        assert is_own_mark(one, wanted)
    assert is_own_mark(other, processed_mark(key, message_id)) == (key.rstrip(b"\0") == other.rstrip(b"\0"))


@pytest.mark.parametrize(
    ("octets", "named"),
    [
        (b"From ann Fri Nov 27 10:00:00 2026\r\nFrom: ann@corp.example\r\n\r\nx\r\n", True),
        (b">From ann Fri Nov 27 10:00:00 2026\r\nFrom: ann@corp.example\r\n\r\nx\r\n", True),
        (b"From: ann@corp.example\r\n\r\nx\r\n", False),
        (b"From : ann@corp.example\r\nSubject: x\r\n\r\nx\r\n", False),
        (b">>From ann Fri Nov 27 10:00:00 2026\r\nSubject: x\r\n\r\nx\r\n", False),
        (b"Subject: x\r\nFrom ann\r\n\r\nx\r\n", False),
        (b"", False),
    ],
)
def test_the_line_above_a_mail_of_a_mailbox_becomes_a_field(octets: bytes, named: bool, tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(octets)
    in_memory, in_file = Body.of(octets), Body(len(octets), "", path=path)
    assert mailbox_line(in_memory) == mailbox_line(in_file) == (b"X-Mailbox-Line: " if named else b"")


@pytest.mark.parametrize("size", [0, 1, 2046, 2047, 2048, 4094, 4095, 16 * 1024, 16 * 1024 + 1, 70_000])
def test_octets_have_one_digest_whatever_their_size(size: int) -> None:
    octets = hashlib.sha256(b"x").digest() * (size // 32 + 1)
    body = Body.of(octets[:size])
    assert (body.size, body.sha256) == (size, hashlib.sha256(octets[:size]).hexdigest())
