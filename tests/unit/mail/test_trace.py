"""The Received field, part of which is kept from one mail to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from tests.ledger import NOON, mail

from mailguard.mail.message import Message
from mailguard.mail.trace import received_field


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
