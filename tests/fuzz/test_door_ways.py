"""The door's short way for ordinary conversations and its long way for all others: the same replies, the same mail.

The short way takes lines and small messages out of one received piece and parses the plain form of MAIL and RCPT; the
long way is fed octet by octet or in any pieces, with the short cuts taken out.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.door import Room
from tests.fuzz.test_door_bytes import LONG, RUN, WORDS, answered_to

from mailguard.mail.reply import Reply
from mailguard.smtpd import commands, data
from mailguard.smtpd import wire as wires
from mailguard.smtpd.commands import Mail, Rcpt, Refused, parse_any_mail, parse_any_rcpt, parse_mail, parse_rcpt
from mailguard.smtpd.scan import Scan, plain_message
from mailguard.smtpd.settings import DoorLimits

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LIMITS = DoorLimits(errors=1000, message_bytes=100_000, received=2)

_FAULT = re.compile(rb"5(?:50 5\.6\.0|52 5\.3\.4|54 5\.4\.6)[^\r]*")

PATHS = [
    "<a@b.example>",
    "<A.b@B.example>",
    "<>",
    "<a@b>",
    "<a%c@b.example>",
    "<a..b@b.example>",
    "<a@b.1>",
    '<"a"@b.c>',
]
PATHS += [
    "<a@-b.c>",
    "<" + "l" * 65 + "@b.c>",
    "<\u212a@b.c>",
    "<a@b.\u212a>",
    "<a!b@c.d>",
    " <a@b.example>",
    "<a@b.example",
]
ENDS = [
    "",
    " ",
    " SIZE=10",
    " size=99999999",
    " SIZE=1 BODY=8bitmime",
    " BODY=7BIT",
    " BODY=7BIT SIZE=3",
    " SIZE=",
    " X=1",
]
ENDS += [" SIZE=1 SIZE=2", "  SIZE=1", " SMTPUTF8", " RET=FULL", "\t", " BODY=8BITMIME SMTPUTF8", "x", " NOTIFY=NEVER"]
ARGUMENTS = list(map("".join, itertools.product(["FROM:", "from:", "TO:", "tO:", "FRO\u1e3f:", ""], PATHS, ENDS)))
ARGUMENT = st.sampled_from(ARGUMENTS)
COMMAND = st.one_of(
    st.builds(str.__add__, st.sampled_from(["MAIL ", "RCPT ", "mail ", "RCPT"]), ARGUMENT),
    st.sampled_from(
        ["EHLO pc", "HELO pc", "RSET", "NOOP", "RSET x", "DATA", "DATA x", "FOO", "", "BDAT 3 LAST", "BDAT 0", "QUIT"]
    ),
).map(lambda line: line.encode() + b"\r\n")
PIECES = [b"\r\n", b".", b"..", b"x", b"\r\n.", b"Received: y\r\n", b"\r\n\r\n", b"\r", b"\n", b"\0", b"\r\n\0.", LONG]
BODY = st.lists(st.sampled_from(PIECES), max_size=10).map(lambda parts: b"".join(parts).replace(LONG, RUN))
TRANSACTION = st.builds(
    lambda end, body: (
        b"MAIL FROM:<a@b.example>%b\r\nRCPT TO:<c@d.example>\r\nDATA\r\n%b\r\n.\r\n" % (end.encode(), body)
    ),
    st.sampled_from(ENDS[:9]),
    BODY,
)
TALK = st.lists(st.one_of(COMMAND, TRANSACTION, st.sampled_from(WORDS).map(str.encode)), max_size=10).map(b"".join)


@pytest.mark.parametrize("smtputf8", [True, False])
@pytest.mark.parametrize("extended", [True, False])
def test_the_plain_form_of_mail_and_rcpt_is_what_any_form_is(extended: bool, smtputf8: bool) -> None:
    def said(make: object, argument: str, **more: bool) -> str:
        assert callable(make)
        try:
            value: Mail | Rcpt = make(argument, extended=extended, **more)
        except Refused as refused:
            return repr(refused.reply)
        return repr(value)

    for argument in ARGUMENTS * 2:  # what is remembered is the same too
        assert said(parse_mail, argument) == said(parse_any_mail, argument)
        assert said(parse_rcpt, argument, smtputf8=smtputf8) == said(parse_any_rcpt, argument, smtputf8=smtputf8)


@SETTINGS
@given(BODY, BODY)
def test_a_plain_message_is_what_the_scan_makes_of_it(body: bytes, rest: bytes) -> None:
    at_hand = body + b"\r\n.\r\n" + rest
    scan = Scan(LIMITS)
    octets, behind = scan.feed(at_hand)
    plain = plain_message(bytearray(at_hand), LIMITS, 64 * 1024)
    if plain is not None:
        assert (plain[0], at_hand[plain[1] :], None) == (octets, behind, scan.refusal)
    elif scan.refusal is None:  # whatever is ordinary takes the short way
        assert not octets or len(octets) > 64 * 1024 or b"\0" in octets or b"eceived" in octets


LARGE = DoorLimits(message_bytes=300_000, line_bytes=2000, received=2)
LINES = [(b"Zm9v" * 19 + b"\r\n") * 900, b"prose, of any length. " * 60 + b"\r\n", b"x" * 1998 + b"\r\n", b". " * 200]
SLIPS = [b"\r", b"\n", b".", b"\r\n.", b"\n.\r\n", b"\r\n.\r\n", b"\0", b"", b"\r\n\0.", b"y"]


@SETTINGS
@given(
    lines=st.lists(st.sampled_from([*LINES, *PIECES[:6]]), min_size=1, max_size=6),
    slips=st.lists(st.tuples(st.integers(0, 300_000), st.sampled_from(SLIPS), st.booleans()), max_size=2),
    cut=st.integers(0, 300_000),
)
def test_a_plain_message_is_what_the_scan_makes_of_it_at_all_sizes_taken_at_once(
    lines: list[bytes], slips: list[tuple[int, bytes, bool]], cut: int
) -> None:
    body = bytearray(b"".join(lines))
    for at, slip, instead in slips:
        begin = at % len(body)
        body[begin : begin + len(slip) * instead] = slip
    at_hand = bytes(body) + b"\r\n.\r\nQUIT\r\n"
    scan = Scan(LARGE)
    octets, behind = scan.feed(at_hand[:cut])
    if behind is None:
        more, behind = scan.feed(at_hand[cut:])
        octets += more
    else:
        behind += at_hand[cut:]
    plain = plain_message(bytearray(at_hand), LARGE, 256 * 1024)
    if plain is not None:
        assert (plain[0], at_hand[plain[1] :], None) == (octets, behind, scan.refusal)
    elif scan.refusal is None:
        assert not octets or len(octets) > 256 * 1024 or b"\0" in octets or b"eceived" in octets


async def talk(pieces: list[bytes]) -> tuple[bytes, list[str], list[bytes]]:
    """What was answered, and what the room got."""
    room = SaysOne()
    # Of several faults in one body whichever is found first is said, and that depends on the cutting.
    answered = _FAULT.sub(b"5xx wrong", await answered_to(pieces, room, LIMITS))
    envelopes = [replace(one.envelope, client=replace(one.envelope.client, listener="")) for one in room.messages]
    return answered, list(map(repr, envelopes)), room.octets


class SaysOne(Room):
    """Answers without an id."""

    async def accept(self, message: object) -> Reply:
        said = await super().accept(message)  # type: ignore[arg-type]
        return replace(said, text="accepted")


@SETTINGS
@given(TALK, st.booleans(), st.lists(st.integers(0, 2**20), max_size=8))
def test_both_ways_give_the_same(words: bytes, greeted: bool, cuts: list[int]) -> None:
    wire = b"EHLO pc\r\n" * greeted + words + b"\r\nQUIT\r\n"
    places = sorted({0, len(wire), *(cut % len(wire) for cut in cuts)})
    if len(wire) < 600 and not cuts:
        places = list(range(len(wire) + 1))
    short = asyncio.run(talk([wire]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "taken_at_once", lambda *_: None)
        patch.setattr(commands, "_PLAIN_MAIL", re.compile("(?!)"))
        patch.setattr(commands, "_PLAIN_RCPT", re.compile("(?!)"))
        long = asyncio.run(talk([wire[a:b] for a, b in itertools.pairwise(places)]))
    assert short == long


@settings(SETTINGS, max_examples=25)
@given(TALK, st.lists(st.integers(0, 2**20), min_size=1, max_size=12))
def test_octets_of_a_message_are_the_same_past_the_buffer_and_through_it(words: bytes, cuts: list[int]) -> None:
    wire = b"EHLO pc\r\n" + words + b"\r\nQUIT\r\n"
    places = sorted({0, len(wire), *(cut % len(wire) for cut in cuts)})
    pieces = [wire[a:b] for a, b in itertools.pairwise(places)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "taken_at_once", lambda *_: None)
        patch.setattr(wires, "_APART", 2**30)
        through = asyncio.run(talk(pieces))
        patch.setattr(wires, "_APART", 1)
        past = asyncio.run(talk(pieces))
    assert through == past
