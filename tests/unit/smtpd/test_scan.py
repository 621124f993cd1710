"""The scan of a message: any cutting into blocks gives what the whole would, and the whole gives what the RFC
says.
"""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail import reply as replies
from mailguard.mail.reply import Reply
from mailguard.smtpd.scan import ChunkScan, Scan
from mailguard.smtpd.settings import DoorLimits

LIMITS = DoorLimits(message_bytes=60, line_bytes=12, received=2)

#: Pieces of what makes a message hard, so that they meet at the cuts.
PIECES = st.sampled_from(
    [b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"\r\n..", b"x", b"Received:", b"received \t:", b"\r\n\r\n"]
)
WIRE = st.one_of(st.lists(PIECES, max_size=25).map(b"".join), st.binary(max_size=80))


def feed(blocks: list[bytes], limits: DoorLimits = LIMITS) -> tuple[bytes, bytes | None, Scan]:
    scan, octets, rest = Scan(limits), b"", None
    for number, block in enumerate(blocks):
        found, rest = scan.feed(block)
        octets += found
        if rest is not None:
            rest += b"".join(blocks[number + 1 :])
            break
    return octets, rest, scan


def cut(wire: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(wire), *(place % (len(wire) + 1) for place in at)})
    return [wire[a:b] for a, b in itertools.pairwise(places)] or [b""]


def plainly(wire: bytes, limits: DoorLimits) -> tuple[bytes, bytes]:
    """The message and what follows, by the letter of RFC 5321 sections 4.1.1.4 and 4.5.2, line by line.
    `wire` has an end.
    """
    octets, rest = b"", wire
    while not rest.startswith(b".\r\n"):
        line, _, rest = rest.partition(b"\r\n")
        octets += (line[1:] if line.startswith(b".") else line) + b"\r\n"
    return octets, rest[3:]


def faults(octets: bytes, limits: DoorLimits) -> set[Reply]:
    """All that is wrong with a whole message."""
    header = (b"\r\n" + octets).partition(b"\r\n\r\n")[0]
    found = set()
    if len(octets) > limits.message_bytes:
        found.add(replies.TOO_LARGE)
    if re.search(rb"\r(?!\n)|(?<!\r)\n", octets):
        found.add(replies.BARE_LINE_ENDING)
    if any(len(line) > limits.line_bytes for line in octets.split(b"\r\n")):
        found.add(replies.LINE_TOO_LONG)
    if len(re.findall(rb"(?i)\r\nreceived[ \t]*:", header)) > limits.received:
        found.add(replies.LOOP)
    return found


@given(WIRE, st.lists(st.integers(0, 200), max_size=8))
def test_any_cutting_gives_the_same_octets(wire: bytes, at: list[int]) -> None:
    wire += b"\r\n.\r\nQUIT\r\n"
    octets, rest, scan = feed(cut(wire, at))

    assert (octets, rest) == plainly(wire, LIMITS)
    assert scan.size == len(octets)
    assert scan.dotted or b"\r\n." not in b"\r\n" + octets, "else who relays it would double no dot"


@given(WIRE, st.lists(st.integers(0, 200), max_size=8))
def test_any_cutting_finds_a_fault_where_there_is_one_and_only_there(wire: bytes, at: list[int]) -> None:
    octets, _, scan = feed(cut(wire + b"\r\n.\r\n", at))

    wrong = faults(octets, LIMITS)
    assert (scan.refusal in wrong) if wrong else scan.refusal is None


@given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=8))
def test_stuffed_then_read_is_what_it_was(message: bytes, at: list[int]) -> None:
    message += b"\r\n"
    stuffed = re.sub(rb"(?:^|(?<=\r\n))\.", b"..", message)

    octets, rest, _ = feed(cut(stuffed + b".\r\nNEXT", at), DoorLimits())

    assert octets == message
    assert rest == b"NEXT"


@given(st.lists(st.integers(0, 30), max_size=8))
def test_no_end_no_message(at: list[int]) -> None:
    wire = b"body\r\n..\r\n. \r\n.\n\r\n.\r"
    assert feed(cut(wire, at))[1] is None


@pytest.mark.parametrize("wire", [b".\r\n", b"\r\n.\r\n", b"..\r\n.\r\n", b"x\r\n.\r\n"])
def test_small_messages_octet_by_octet(wire: bytes) -> None:
    octets, rest, scan = feed([bytes([octet]) for octet in wire])
    assert (octets, rest) == plainly(wire, LIMITS)
    assert scan.refusal is None


def test_a_line_of_exactly_the_limit_is_taken_across_many_blocks() -> None:
    limits = DoorLimits(line_bytes=65536)
    wire = b"a" * 65536 + b"\r\n" + b"b" * 65536 + b"\r\n.\r\n"
    assert feed(cut(wire, list(range(0, len(wire), 999))), limits)[2].refusal is None
    assert feed([b"a" + wire], limits)[2].refusal == replies.LINE_TOO_LONG


@pytest.mark.parametrize("count", [100, 101])
def test_received_fields_are_counted_up_to_the_limit(count: int) -> None:
    wire = b"".join(b"Received: from x by y;\r\n\tdate\r\n" for _ in range(count)) + b"\r\nReceived: in text\r\n.\r\n"
    scan = feed(cut(wire, list(range(0, len(wire), 7))), DoorLimits())[2]
    assert scan.received == count
    assert scan.refusal == (replies.LOOP if count > 100 else None)


@given(st.one_of(WIRE, st.binary(max_size=120)), st.lists(st.integers(0, 200), max_size=8))
def test_chunks_cut_anywhere_give_what_data_gives(message: bytes, at: list[int]) -> None:
    scan, octets = ChunkScan(LIMITS), b""
    for block in cut(message, at):
        octets += scan.feed(block)
    octets += scan.end()
    whole = message if message.endswith((b"\r\n", b"\r")) or not message else message + b"\r\n"
    assert octets == whole
    assert scan.size == len(octets)

    wrong = faults(octets, LIMITS)
    assert (scan.refusal in wrong) if wrong else scan.refusal is None
    if not message.endswith(b"\r"):
        stuffed = re.sub(rb"(?:^|(?<=\r\n))\.", b"..", octets)
        by_data, _, same = feed(cut(stuffed + b".\r\n", at))
        assert by_data == octets
        assert (same.refusal is None) == (scan.refusal is None)
