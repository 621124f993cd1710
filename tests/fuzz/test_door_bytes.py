"""Any octets to the door get replies and never a traceback; any cutting of a body gives the same body."""

from __future__ import annotations

import asyncio
import itertools
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.door import ENVELOPE, Client, Room, client_at, open_door

from mailguard import events
from mailguard.smtpd.settings import DoorLimits

SETTINGS = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])

REPLY = re.compile(rb"(?:[2345][0-9]{2}-[ -~]*\r\n)*[2345][0-9]{2} [ -~]*\r\n")

VERBS = ["EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY", "HELP", "AUTH", "STARTTLS", "BDAT"]
WORDS = [
    " ", "FROM:<a@b.example>", "TO:<a@b.example>", "FROM:", "TO:", "<>", "SIZE=1", "BODY=8BITMIME", "SMTPUTF8",
    "PLAIN", "LOGIN", "AGFubgBhbm4=", "*", "=", "\r\n", "\r", "\n", ".", "\r\n.\r\n", "pc", "\0", "\u3042",
    "1 LAST", "3", "NOTIFY=NEVER", "RET=FULL", '<"', "@[", "Received: x",
]  # fmt: skip
#: Stands for a run of letters longer than any buffer.
LONG, RUN = b"LONG", b"z" * 70_000
LINE = st.tuples(st.sampled_from(VERBS), st.lists(st.sampled_from(WORDS), max_size=5).map("".join)).map(
    lambda parts: f"{parts[0]} {parts[1]}\r\n".encode()
)
CONVERSATION = st.lists(st.one_of(LINE, st.binary(max_size=40), st.just(LONG)), max_size=12)


class LoopError(Exception):
    """What asyncio would have logged."""


class Faults:
    """Remembers what `events.fault` was told, for as long as it is there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[BaseException] = []
        monkeypatch.setattr(events, "fault", lambda room, error, **ids: self.seen.append(error))


async def talk(pieces: list[bytes]) -> tuple[bytes, Room]:
    """Send the pieces, stop sending, and read all that is answered. What the loop has to say is a fault too."""
    asyncio.get_running_loop().set_exception_handler(lambda _, context: events.fault("loop", LoopError(context)))
    room = Room()
    return await answered_to(pieces, room, DoorLimits(errors=1000, message_bytes=100_000)), room


async def answered_to(pieces: list[bytes], room: Room, limits: DoorLimits) -> bytes:
    """All that a door of its own answers to the pieces, sent one by one, and to the end of sending."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_door(Path(folder), limits=limits, room=room) as (_, _, port),
            client_at(port, greeted=False) as client,
        ):
            for piece in pieces:
                client.send_raw(piece)
                await asyncio.sleep(0)
            client.half_close()
            return await read_all(client)


async def read_all(client: Client) -> bytes:
    lines = []
    while line := await client.line():
        lines.append(line)
    return "".join(f"{line}\r\n" for line in lines).encode()


@SETTINGS
@given(CONVERSATION)
def test_any_octets_get_replies_and_no_traceback(pieces: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        faults = Faults(patch)
        answered, _ = asyncio.run(talk([RUN if piece == LONG else piece for piece in pieces]))

    assert re.fullmatch(rb"(?:" + REPLY.pattern + rb"|334 [ -~]*\r\n)+", answered), answered
    assert faults.seen == []
    assert b" 4.3.0 " not in answered


def test_one_reply_a_command() -> None:
    pieces = [b"EHLO x\r\nNOOP\r\n\r\nFOO\r\nMAIL FROM:<>\r\nNO", b"OP\r\nRSET\r\n", b"\xff\r\n"]
    answered, _ = asyncio.run(talk(pieces))
    codes = [int(reply[:3]) for reply in REPLY.findall(answered)]
    assert codes == [220, 250, 250, 500, 500, 250, 250, 250, 500]


BODY = st.lists(
    st.sampled_from([b"\r\n", b".", b"..", b"x", b"\r\n.", b"\r\n.x", b"Received: y\r\n", b"\r\n\r\n", LONG]),
    max_size=14,
).map(b"".join)


def wrong_with(body: bytes) -> set[bytes]:
    """The replies that refuse this body; whichever is found first is said."""
    found = set()
    if any(len(line) > 65536 for line in body.split(b"\r\n")):
        found.add(b"550 5.6.0")
    if len(body) > 100_000:
        found.add(b"552 5.3.4")
    return found


@SETTINGS
@given(BODY, st.lists(st.integers(0, 2**20), max_size=6))
def test_any_chunking_of_data_gives_the_same_octets(body: bytes, cuts: list[int]) -> None:
    body = body.replace(LONG, RUN) + b"\r\n"
    wire = re.sub(rb"(?:^|(?<=\r\n))\.", b"..", body) + b".\r\nQUIT\r\n"
    places = sorted({0, len(wire), *(cut % len(wire) for cut in cuts)})
    pieces = [wire[a:b] for a, b in itertools.pairwise(places)]

    head = "".join(f"{line}\r\n" for line in ENVELOPE).encode()
    answered, room = asyncio.run(talk([head, *pieces]))

    dot, end = REPLY.findall(answered)[-2:]
    assert dot[:9] in (wrong_with(body) or {b"250 2.0.0"})
    assert end.startswith(b"221 ")
    assert room.octets == ([] if wrong_with(body) else [body])


def in_chunks(body: bytes, cuts: list[int]) -> list[bytes]:
    """The body by BDAT, in chunks that end at these places; the last one is told to be."""
    places = sorted({0, len(body), *(cut % len(body) for cut in cuts)})
    sizes = [b - a for a, b in itertools.pairwise(places)]
    words = [b"BDAT %d%b\r\n" % (size, b" LAST" * (n == len(sizes))) for n, size in enumerate(sizes, start=1)]
    return [word + body[a:b] for word, (a, b) in zip(words, itertools.pairwise(places), strict=True)]


@SETTINGS
@given(BODY, st.lists(st.integers(0, 2**20), max_size=6), st.lists(st.integers(0, 2**20), max_size=6))
def test_any_chunks_of_bdat_cut_anywhere_give_the_octets_of_data(
    body: bytes, chunks: list[int], cuts: list[int]
) -> None:
    body = body.replace(LONG, RUN) + b"\r\n"
    wire = b"".join(in_chunks(body, chunks)) + b"QUIT\r\n"
    places = sorted({0, len(wire), *(cut % len(wire) for cut in cuts)})
    pieces = [wire[a:b] for a, b in itertools.pairwise(places)]

    head = "".join(f"{line}\r\n" for line in ENVELOPE[:-1]).encode()
    answered, room = asyncio.run(talk([head, *pieces]))

    said = REPLY.findall(answered)[-1 - len(in_chunks(body, chunks)) : -1]
    refused = [reply[:9] for reply in said if not reply.startswith((b"250", b"503"))]
    assert set(refused) <= wrong_with(body)
    assert bool(refused) == bool(wrong_with(body))
    assert room.octets == ([] if wrong_with(body) else [body])
