"""Real mail clients through `mailguard serve` to a real Postfix: what a client hands over is what arrives.

Each client goes each way that it can: plain from a trusted network, STARTTLS with login, implicit TLS with login.
"""

from __future__ import annotations

import itertools
import re
import uuid

import pytest
from tests.house import House
from tests.interop.programs import CLIENTS, smtp_source, swaks
from tests.interop.wires import Way
from tests.postfix import Postfix

WAYS: tuple[Way, ...] = ("plain", "starttls", "tls")

#: A mail that a careless hop would change: dots at the start of lines, 8-bit text, blanks at the end of lines, odd
#: spacing and order of fields, a long line.
MAIL = """\
X-Odd:   spacing\tkept
Subject: =?utf-8?B?44GK6KaL56mN44KK?=
From: Ann <ann@corp.example>
TO: =?iso-2022-jp?B?GyRCOzNFRBsoQg==?= <ken@corp.example>
Message-ID: <{tag}@pc.corp.example>
Date: Mon, 23 Nov 2026 10:00:00 +0900
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

お世話になっております。
.
..two dots
.one dot
trailing blanks  \t
{long}

--
end
"""


def a_mail(more: bytes = b"") -> tuple[str, bytes]:
    """A tag that finds the mail again, and its octets with CRLF, with more of them at the end."""
    tag = uuid.uuid4().hex
    return tag, MAIL.format(tag=tag, long="x" * 900).replace("\n", "\r\n").encode() + more


def own_fields_off(octets: bytes) -> bytes:
    """Take off the one Received line and the mark that mailguard adds. Raises AssertionError if they are not there."""
    folded = rb": [^\r]*(?:\r\n[ \t][^\r]*)*\r\n"
    match = re.match(rb"Received" + folded + rb"X-Mailguard-Processed" + folded, octets)
    assert match, octets[:600]
    return octets[match.end() :]


@pytest.mark.parametrize(("client", "way"), list(itertools.product(CLIENTS, WAYS)))
def test_what_is_handed_over_arrives_octet_for_octet(house: House, postfix: Postfix, client: str, way: Way) -> None:
    tag, octets = a_mail()

    sent = CLIENTS[client](house, way, ["ken@corp.example", "mika@corp.example"], octets)

    assert sent.ok, sent.text
    arrived = postfix.wait_for(2, containing=tag.encode())
    assert {one.recipient for one in arrived} == {"ken@corp.example", "mika@corp.example"}
    for one in arrived:
        assert one.sender == "ann@corp.example"
        assert own_fields_off(one.octets) == octets


@pytest.mark.parametrize("way", ["starttls", "tls"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_both_mechanisms_of_login(house: House, postfix: Postfix, way: Way, mechanism: str) -> None:
    tag, octets = a_mail()

    sent = swaks(house, way, ["ken@corp.example"], octets, mechanism=mechanism)

    assert sent.ok, sent.text
    assert f"AUTH {mechanism}" in sent.text
    assert postfix.wait_for(1, containing=tag.encode())


def test_many_sessions_at_once_lose_nothing(house: House, postfix: Postfix) -> None:
    sent = smtp_source(house.smtp, sessions=20, messages=120, size=3000, recipient="ken@corp.example")

    assert sent.ok, sent.text
    assert len(postfix.wait_for(120)) == 120


def test_an_address_outside_ascii(house: House, postfix: Postfix) -> None:
    """SMTPUTF8 (RFC 6531) from end to end; curl asks for it by itself where an address needs it."""
    tag, octets = a_mail()

    sent = CLIENTS["curl"](house, "plain", ["健@corp.example"], octets)

    assert sent.ok, sent.text
    assert [one.recipient for one in postfix.wait_for(1, containing=tag.encode())] == ["健@corp.example"]
