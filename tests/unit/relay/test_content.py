"""The octets that go out: stuffed right wherever they are cut, and refused when they are not what was judged."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.message import Body
from mailguard.relay.content import (
    BLOCK,
    BareLineEnding,
    BodyCorrupt,
    DotStuffer,
    Scan,
    checked,
    known,
    scan_octets,
    seen_in,
    stuffed,
    text,
)

#: Texts in which dots and line ends are frequent enough to meet at every seam.
SEAMY = st.lists(st.sampled_from([b"\r\n", b".", b"a", b"\r", b"\n", b"..", b"\xff"]), max_size=40).map(b"".join)


def unstuffed(wire: bytes) -> bytes:
    """What a server makes of the octets after DATA (RFC 5321 section 4.5.2), written apart from our code."""
    assert wire.endswith(b".\r\n")
    lines = wire.removesuffix(b".\r\n").split(b"\r\n")
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(octets) + 1) for place in places), len(octets)]
    return [octets[a:b] for a, b in itertools.pairwise(edges)]


@given(SEAMY, st.lists(st.integers(0, 100), max_size=12))
def test_stuffing_does_not_depend_on_where_the_blocks_are_cut(octets: bytes, places: list[int]) -> None:
    stuffer = DotStuffer()
    wire = b"".join(stuffer.feed(block) for block in cut(octets, places)) + stuffer.end()
    # The final dot stands once, and at the end: nobody's text ends the mail early.
    assert wire.find(b"\r\n.\r\n") in (-1, len(wire) - 5)
    expected = octets if octets.endswith(b"\r\n") or not octets else octets + b"\r\n"
    assert unstuffed(wire) == expected


@given(SEAMY, st.lists(st.integers(0, 100), max_size=12))
def test_a_scan_does_not_depend_on_where_the_blocks_are_cut(octets: bytes, places: list[int]) -> None:
    bare = b"\r" in octets.replace(b"\r\n", b"") or b"\n" in octets.replace(b"\r\n", b"")
    scan = Scan()
    for block in cut(octets, places):
        scan.feed(block)
    assert scan.eight_bit == (not octets.isascii())
    head = b"" if octets.startswith(b"\r\n") else octets.partition(b"\r\n\r\n")[0]
    assert scan.eight_bit_header == (not head.isascii())
    if bare:
        with pytest.raises(BareLineEnding):
            scan.finish(Body.of(octets))
        with pytest.raises(BareLineEnding):
            seen_in(octets)
    else:
        assert scan.finish(Body.of(octets)) == seen_in(octets) == (scan.eight_bit, scan.eight_bit_header)


def test_changed_octets_are_not_sent() -> None:
    honest = Body.of(b"Subject: x\r\n\r\nhello\r\n")
    with pytest.raises(BodyCorrupt):
        scan_octets(Body(honest.size, honest.sha256, octets=b"Subject: x\r\n\r\nhullo\r\n"))
    with pytest.raises(BodyCorrupt):
        scan_octets(Body(honest.size + 1, honest.sha256, octets=honest.octets))
    scan_octets(honest)


@given(SEAMY, st.lists(st.integers(0, 100), max_size=12))
async def test_a_text_goes_out_as_it_is_stuffed(octets: bytes, places: list[int]) -> None:
    prefix, *rest = cut(octets, places)
    body = Body.of(b"".join(rest))
    whole = stuffed(prefix + (body.octets or b""))
    assert b"".join([bytes(piece) async for piece in text(prefix, body)]) == whole
    if b"\r\n." not in b"\r\n" + (body.octets or b"") and not prefix.endswith(b"\r"):
        seen = replace(body, undotted=True)
        assert b"".join([bytes(piece) async for piece in text(prefix, seen)]) == whole


@pytest.mark.parametrize("line", [b"a line of seventeen\r\n", b".a line of eighteen\r\n"])
async def test_large_octets_in_memory_go_out_in_pieces(line: bytes) -> None:
    """Each has its own time to be taken: a slow connection must not have to take all of them in one. Nothing is copied
    that goes out as it is, and dots are doubled a piece at a time: of all at once the loop would stand still.
    """
    body = Body.of(line * 120_000)
    pieces = [piece async for piece in text(b"X: y\r\n", body)]
    assert BLOCK <= max(map(len, pieces)) < 2 * BLOCK
    assert b"".join(pieces) == b"X: y\r\n" + (body.octets or b"").replace(b".a", b"..a") + b".\r\n"
    made = [piece.obj if isinstance(piece, memoryview) else piece for piece in pieces]
    assert all(one is body.octets or memoryview(one).nbytes < 2 * BLOCK for one in made)
    assert any(one is body.octets for one in made) is (line[0] != ord("."))


async def test_large_octets_are_seen_alike_in_a_thread() -> None:
    octets = "zwölf Zeichen\r\n".encode() * 200_000
    assert await known(Body.of(octets)) == await checked(Body.of(octets)) == seen_in(octets)
    with pytest.raises(BareLineEnding):
        await known(Body.of(octets + b"\n"))
    assert await known(Body.of(octets, plain=True)) == seen_in(b""), "as the door saw it"
