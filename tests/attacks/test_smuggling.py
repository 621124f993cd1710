"""SMTP smuggling: one mail in is one mail out, whatever this server, the next one, or one behind it takes for the end
of a mail.

The ends are those of the published attacks (2023, CVE-2023-51764 to -51766) and their relatives: bare CR, bare LF, NUL,
a dot at the seam of two packets. Towards us each either stays inside one mail or is refused with it. From us, no server
however lenient may see an end but the last: the octets on the wire say so, and a real Postfix counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import smtplib
import uuid
from pathlib import Path

import pytest
from tests.door import ENVELOPE, client_at, open_door
from tests.house import House
from tests.postfix import Postfix
from tests.relaying import BOB, outgoing, upstream_to
from tests.smtp_fake import fake_server

#: What some server took for the end of a mail.
ENDS = [
    b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r", b"\r.\n", b"\n.\r", b"\n\n.\r\n", b"\r\r.\r\r",
    b"\r\n\x00.\r\n", b"\r\n\x00\x00.\r\n", b"\r\n.\x00\r\n", b"\r\n\x00.\x00\r\n", b"\x00\r\n\x00.\r\n",
    b"\r\n.\r\r\n",    b"\n\r\n.\r\r\n", b"\r\n.\x85", b"\x85.\x85", b"\r\n. \r\n", b"\r\n.\t\r\n", b"\r\n\x0b.\r\n",
    b"\r\n\xe2\x80\xa8.\r\n", b"\r\n\x0c.\x0c\r\n", b"\r\n..\r\n", b"\r\n.\\r\\n",
]  # fmt: skip
INNER = (
    b"MAIL FROM:<admin@corp.example>\r\nRCPT TO:<victim@partner.example>\r\nDATA\r\n"
    b"From: admin@corp.example\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n"
)
#: Everything that the most lenient server could take for an end: any line break, dropped NULs, a dot, any line break.
LENIENT = re.compile(rb"(?:\r\n|\r|\n)\x00*\.\x00*(?:\r\n|\r|\n)")


def attack(end: bytes) -> bytes:
    """What follows 354: a mail that some server would end in its middle."""
    return b"From: ann@corp.example\r\nSubject: first\r\n\r\nfirst" + end + INNER


def pieces(octets: bytes, how: str) -> list[bytes]:
    if how == "whole":
        return [octets]
    if how == "octets":
        return [octets[at : at + 1] for at in range(len(octets))]
    middle = octets.index(b"first", 40) + 5  # the seam goes right through the end
    cuts = [0, middle, middle + 1, middle + 2, middle + 3, len(octets)]
    return [octets[a:b] for a, b in itertools.pairwise(cuts)]


@pytest.mark.parametrize("how", ["whole", "seams", "octets"])
@pytest.mark.parametrize("end", ENDS)
async def test_towards_us_nothing_but_the_end_is_an_end(tmp_path: Path, end: bytes, how: str) -> None:
    async with open_door(tmp_path) as (_, room, port), client_at(port) as client:
        await client.ask(*ENVELOPE)
        for piece in pieces(attack(end), how):
            client.send_raw(piece)
            await client.drain()
            await asyncio.sleep(0)
        client.send("NOOP")  # pipelined behind it
        said = await client.reply()
        assert said.startswith(("250 2.0.0 accepted", "550 5.6.0")), said
        assert (await client.reply()).startswith("250 2.0.0 ok"), "what was inside was taken for commands"
    assert len(room.messages) == said.startswith("250")
    whole = attack(end)[:-3].replace(b"\r\n.", b"\r\n")  # dots taken away as for every client
    assert room.octets == ([whole] if room.octets else [])
    assert not any(LENIENT.search(octets.replace(b"\r\n.", b"\r\n..")) for octets in room.octets)


@pytest.mark.parametrize("end", ENDS)
async def test_in_chunks_an_end_is_octets_like_others(tmp_path: Path, end: bytes) -> None:
    whole = attack(end)
    async with open_door(tmp_path) as (_, room, port), client_at(port) as client:
        await client.ask(*ENVELOPE[:-1])
        client.send_raw(b"".join(b"BDAT %d\r\n%b" % (len(some), some) for some in pieces(whole, "seams")))
        client.send("BDAT 0 LAST", "NOOP")
        said = [await client.reply() for _ in range(7)]
    assert said[-1].startswith("250 2.0.0 ok")
    refused = [line for line in said if line.startswith("550 5.6.0")]
    assert room.octets == ([] if refused else [whole])
    assert not any(LENIENT.search(octets.replace(b"\r\n.", b"\r\n..")) for octets in room.octets)


@pytest.mark.parametrize("cut", range(1, 9))
async def test_a_hidden_dot_is_seen_across_blocks(tmp_path: Path, cut: int) -> None:
    text = b"x\r\n\x00\x00\x00.\r\ny\r\n.\r\n"
    async with open_door(tmp_path) as (_, room, port), client_at(port) as client:
        await client.ask(*ENVELOPE)
        client.send_raw(text[:cut])
        await client.drain()
        await asyncio.sleep(0.02)
        client.send_raw(text[cut:])
        assert (await client.reply()).startswith("550 5.6.0")
    assert room.messages == []


async def test_nul_elsewhere_is_only_an_octet(tmp_path: Path) -> None:
    text = b"\x00a\r\n\x00\r\nb\x00.\r\n\x00\x00\r\nc.\x00\r\n"
    async with open_door(tmp_path) as (_, room, port), client_at(port) as client:
        await client.ask(*ENVELOPE)
        client.send_raw(text + b".\r\n")
        assert (await client.reply()).startswith("250")
    assert room.octets == [text]


@pytest.mark.parametrize("block", [1, 2, 3, 5, 64])
async def test_from_us_no_server_sees_another_end(block: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Mails of nothing but what ends mails, as far as the door lets them in, read from disk in blocks of any size."""
    lines = [
        b".",
        b"..",
        b"...",
        b". ",
        b".\x00",
        b"x\x00.",
        b"",
        b"\t.",
        b".MAIL FROM:<a@b.example>",
        b"\x00",
        b"\xff.",
    ]
    monkeypatch.setattr("mailguard.relay.content.BLOCK", block)
    texts = [b"\r\n".join(some) + b"\r\n" for some in itertools.permutations(lines, 2)]
    texts += [b"\r\n".join(lines), b".", b"\r\n.", b".\r\n", b"a\r\n."]
    async with fake_server() as server, upstream_to(server.port) as upstream:
        from mailguard.mail.message import Body

        for number, text in enumerate(texts):
            stored = Body.of(text)
            (tmp_path / f"{number}").write_bytes(text)
            on_disk = Body(stored.size, stored.sha256, path=tmp_path / f"{number}")
            await upstream.relay(outgoing(on_disk, recipients=(BOB,), prefix=b""))
        wires = [bytes(wire) for wire in server.wire]
        assert [mail.octets.removesuffix(b"\r\n") for mail in server.taken] == [t.removesuffix(b"\r\n") for t in texts]
    for wire in wires:
        for text in wire.split(b"DATA\r\n")[1:]:
            mail, _, _ = text.partition(b"\r\n.\r\n")
            assert not LENIENT.search(b"\r\n" + mail + b"\r\n")


def test_through_the_house_into_a_real_postfix(house: House, postfix_server: Postfix) -> None:
    accepted: list[bytes] = []
    for end in ENDS:
        mark = uuid.uuid4().hex.encode()
        with contextlib.closing(smtplib.SMTP("127.0.0.1", house.smtp, timeout=20)) as client:
            client.ehlo()
            client.mail("ann@corp.example")
            client.rcpt("bob@upstream.example")
            assert client.docmd("DATA")[0] == 354
            client.send(attack(end).replace(b"first", b"first " + mark))
            code, _ = client.getreply()
            assert code in (250, 550)
            if code == 250:
                accepted.append(mark)
    assert len(accepted) > 8
    for mark in accepted:
        (copy,) = postfix_server.wait_for(1, containing=mark)
        assert (copy.sender, copy.recipient) == ("ann@corp.example", "bob@upstream.example")
        assert b"\r\nsmuggled\r\n" in copy.octets
    mails = postfix_server.wait_for(len(accepted), containing=b"smuggled")
    assert len(mails) == len(accepted)
    assert not [mail for mail in mails if mail.recipient == "victim@partner.example"]
