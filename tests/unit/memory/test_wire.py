"""What one process asks another about mail: it comes out as it went in, and nothing else comes in."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from random import Random
from typing import Any, ClassVar, cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.insight.words import Judgement, Kind, Opinion
from mailguard.mail.verdict import NOTHING_ODD, Because
from mailguard.memory import wire
from mailguard.memory.wire import Answer, Frames, WireError

TEXTS = ("田中 太郎 様", "\ud800", 'a"\\\n\0', "", "bob@partner.example", "髙﨑\U0001f600")
NUMBERS = (0.0, 1.0, 0.1 + 0.2, 5e-324, 1e308)


def judgement_of(random: Random) -> Judgement:
    """One in which everything occurs that can."""

    def text() -> str:
        return random.choice(TEXTS)

    def opinion(address: str) -> Opinion:
        risk, odd = random.choice([random.random(), *NUMBERS]), Because(text(), text())
        if random.random() < 0.4:
            return Opinion(address, risk, NOTHING_ODD)
        return Opinion(address, risk, random.choice([odd, NOTHING_ODD]), random.choice(get_args(Kind)), text())

    opinions = tuple(opinion(f"r{n}@例.example") for n in range(random.randrange(6)))
    return Judgement(random.random(), random.random() < 0.5, opinions)


def test_an_answer_comes_out_as_it_went_in() -> None:
    random = Random(8)
    for _ in range(500):
        judgement = judgement_of(random)
        for answer in (Answer(judgement, 2e9 * random.random()), Answer(None, random.random())):
            again = wire.read_answer(wire.answer_octets(answer), [one.address for one in judgement.opinions])
            assert again == answer
            assert repr(again) == repr(answer), "each number to its last bit"


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=40)), max_size=6), st.integers(1, 30))
def test_frames_are_the_same_however_they_are_cut(said: list[tuple[int, bytes]], step: int) -> None:
    octets = b"".join(wire.frame(number, one) for number, one in said)
    frames = Frames()
    heard = [one for at in range(0, len(octets), step) for one in frames.feed(octets[at : at + step])]
    assert heard == said


def test_what_is_said_in_one_turn_of_the_loop_goes_out_at_once() -> None:
    class Transport:
        written: ClassVar[list[bytes]] = []

        def write(self, octets: bytes) -> None:
            self.written.append(octets)

        def abort(self) -> None:
            pass

    async def talk() -> None:
        line = wire.Line()
        line.connection_made(cast(Any, Transport()))
        for octets in (b"one", b" two"):
            line.say(octets)
        await asyncio.sleep(0)
        line.say(b"three")
        await asyncio.sleep(0)
        line.say(b"to nobody")
        line.end()
        await asyncio.sleep(0)

    asyncio.run(talk())
    assert Transport.written == [b"one two", b"three"]


def test_no_frame_is_longer_than_it_may_be() -> None:
    octets = wire.frame(1, b"x" * wire.LARGEST)
    assert Frames().feed(octets) == [(1, b"x" * wire.LARGEST)]
    with pytest.raises(WireError):
        wire.frame(1, b"x" * (wire.LARGEST + 1))
    with pytest.raises(WireError):
        Frames().feed(b"\xff" * 8)


WRONG: tuple[Any, ...] = (1, "x", None, [], float("nan"), 1e999)
GOOD: list[Any] = [1.0, 0.5, True, [0.25, [0.5, "日", "e", "topic", "x@y.example"]]]


def broken() -> list[bytes]:
    """Answers about two people in which one thing is wrong."""
    found: list[Any] = [None, 1, "x", [], [1], [True], [1.0, 0.5], GOOD[:3], [*GOOD, 1]]
    found += [[*GOOD[:at], wrong, *GOOD[at + 1 :]] for at in range(4) for wrong in WRONG]
    for opinion in (["x"], [0.5, "j", "e", "nonsense", ""], [0.5, 1, "e", "topic", ""], [0.5, "j", "e", [], ""], "x"):
        found.append([1.0, 0.5, True, [0.25, opinion]])
    found.append([1.0, 0.5, True, [0.25]])
    return [b"\xff", b"[" * 100_000, b"", *(json.dumps(one).encode() for one in found)]


@pytest.mark.parametrize("octets", broken(), ids=lambda one: one[:60].decode("latin-1"))
def test_what_is_no_answer_is_refused(octets: bytes) -> None:
    people = ("a@b.example", "c@d.example")
    assert wire.read_answer(json.dumps(GOOD).encode(), people).judgement is not None
    with pytest.raises(WireError):
        wire.read_answer(octets, people)


@given(st.binary(max_size=60))
def test_any_octets_are_refused_or_read(octets: bytes) -> None:
    with pytest.raises(WireError):
        wire.read_answer(octets, ("a@b.example",))
    try:
        Frames().feed(octets)
    except WireError:
        return


def test_a_socket_may_have_a_long_path(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
        with wire.name_of(folder / "asked") as name:
            one.bind(name)
        one.listen()
        with wire.name_of(folder / "asked") as name:
            other.connect(name)
        assert wire.is_ours(other)
    assert (folder / "asked").exists()
