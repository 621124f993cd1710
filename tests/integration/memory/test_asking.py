"""One process has the model, the others ask it: the same judgement, from whoever has it now, and never a mail that
waits for one.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.ledger import ANN, BOB, CAROL, Ledger, opened
from tests.remembering import letter, running, sent, settings

from mailguard import events
from mailguard.app import remembering as app_remembering
from mailguard.app.remembering import Remembering
from mailguard.app.rooms import Rooms
from mailguard.insight.lesson import read
from mailguard.insight.model import Insight
from mailguard.insight.words import Judgement, Letter
from mailguard.memory import answering as answering_module
from mailguard.memory import asking as asking_module
from mailguard.memory import room, wire
from mailguard.memory.answering import Answering
from mailguard.memory.asking import Asking
from mailguard.memory.room import Memory
from mailguard.store import snapshots
from mailguard.store.lessons import LARGEST, Lessons

TWIN = "bob@partnr.example"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks without waiting; and waits as long as a slow machine needs, where an answer is to come."""
    monkeypatch.setattr(room, "_PAUSE", 0.01)
    monkeypatch.setattr(wire, "PATIENCE", 60.0)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """What the log hears."""
    heard: list[tuple[str, tuple[Any, ...]]] = []
    for name in ("insight_asking", "insight_away", "insight_unanswered", "fault"):
        monkeypatch.setattr(events, name, lambda *args, name=name, **_: heard.append((name, args)))
    return heard


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@asynccontextmanager
async def kept(ledger: Ledger, **given: Any) -> AsyncIterator[Memory]:
    """A process that has the model and can be asked."""
    one = settings(ledger.bodies.parent, **given)
    memory = Memory(Lessons(ledger.db), one, now=ledger.clock)
    async with Answering(memory).open(one.asked_at), running(memory.run()):
        yield memory


@asynccontextmanager
async def asks(ledger: Ledger, **given: Any) -> AsyncIterator[Asking]:
    """One that asks it."""
    one = Asking(settings(ledger.bodies.parent, **given), now=ledger.clock)
    assert await one.connect()
    async with running(one.gone()):
        yield one


def letters(at: float) -> list[Letter]:
    """Of all that an answer can hold: nothing odd, a look-alike with whom was meant, Japanese, many recipients."""
    many = tuple(f"p{n}@other.example" for n in range(30))
    return [
        letter(at=at),
        letter((TWIN,), at=at),
        letter((TWIN, CAROL), at=at, body="田中様\n\nお世話になっております。見積書をお送りします。\n"),
        letter((BOB, *many), at=at),
        letter(at=at, body="a word and another " * 2_000),
        letter((), at=at),
    ]


async def test_whoever_asks_hears_what_the_model_would_say_there(ledger: Ledger) -> None:
    async with kept(ledger, silent=timedelta(days=7)) as memory, asks(ledger, silent=timedelta(days=7)) as other:
        for _ in range(8):
            await sent(ledger)
        await until(lambda: memory._model is not None and memory._model.learned == 8)
        written = letters(ledger.clock().timestamp())
        assert other.learning
        local = [await memory.judged(one) for one in written]
        assert await asyncio.gather(*map(other.judged, written)) == local
        said = [judgement for _, judgement in local]
        assert said[1] is not None
        assert said[1].opinions[0].alternative == BOB
        assert said[1].opinions[0].because.ja
        ledger.clock.forward(days=8)
        assert memory.learning is other.learning is False


def test_on_uvloop_it_is_the_same(tmp_path: Path) -> None:
    loop = pytest.importorskip("uvloop").new_event_loop  # its transports are others

    async def heard() -> None:
        async with opened(tmp_path) as ledger:
            await test_whoever_asks_hears_what_the_model_would_say_there(ledger)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(heard())


async def test_without_a_model_no_risk_is_known_and_the_lesson_stays(ledger: Ledger) -> None:
    memory = Memory(Lessons(ledger.db), settings(ledger.bodies.parent), now=ledger.clock)
    async with Answering(memory).open(settings(ledger.bodies.parent).asked_at), asks(ledger) as other:
        assert await other.judged(letter()) == (read(letter()).to_bytes(), None)


async def test_a_mail_of_hundreds_is_judged_and_leaves_no_lesson(ledger: Ledger) -> None:
    long = tuple(f"{n:03}{'x' * 60}@{'y' * 60}.{'z' * 60}.example" for n in range(200))
    mail = Letter(1_795_000_000.0, ANN, long, names=dict.fromkeys(long, "田中 太郎" * 20), body="Dear all,\n")
    assert LARGEST < len(read(mail).to_bytes()) < wire.LARGEST
    async with kept(ledger), asks(ledger) as other:
        await until_risk(other)
        octets, judgement = await other.judged(mail)
        assert octets == b""
        assert judgement is not None
        assert len(judgement.opinions) == 200


async def until_risk(other: Asking | Remembering) -> None:
    """The model is there."""
    while (await other.judged(letter()))[1] is None:  # noqa: ASYNC110
        await asyncio.sleep(0.005)


async def test_what_is_asked_is_answered_as_it_comes_in(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn of this event loop is as long as the work of all mail here, and a mail of another process waits for it."""
    coming, answered = list[bool](), list[bool]()
    received, send = answering_module._Line.data_received, wire.Line.send

    def comes(line: answering_module._Line, data: bytes) -> None:
        coming.append(True)
        received(line, data)
        coming.clear()

    def says(line: wire.Line) -> None:
        if line._saying and isinstance(line, answering_module._Line):
            answered.append(bool(coming))
        send(line)

    monkeypatch.setattr(answering_module, "_TURN", 60.0)
    monkeypatch.setattr(answering_module._Line, "data_received", comes)
    monkeypatch.setattr(wire.Line, "send", says)
    async with kept(ledger), asks(ledger) as other:
        await until_risk(other)
        answered.clear()
        await asyncio.gather(*(other.judged(letter()) for _ in range(5)))
    assert answered
    assert all(answered)


async def test_another_process_takes_the_place_of_one_that_is_gone(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]]
) -> None:
    other = Asking(settings(ledger.bodies.parent), now=ledger.clock)
    assert not await other.connect(), "nobody is there"
    async with kept(ledger):
        assert await other.connect()
        await until_risk(other)
        gone = asyncio.create_task(other.gone())
    await gone
    assert (await other.judged(letter()))[1] is None
    async with kept(ledger):
        assert await other.connect()
        gone = asyncio.create_task(other.gone())
        await until_risk(other)
    await gone
    assert [name for name, _ in told] == ["insight_asking", "insight_away"] * 2


async def test_no_mail_waits_for_a_process_that_has_stopped(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "PATIENCE", 0.01)
    monkeypatch.setattr(asking_module, "_SILENT", 3600.0)
    path = settings(ledger.bodies.parent).asked_at
    octets = read(letter()).to_bytes()
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(path))
        deaf.listen()
        async with asks(ledger) as other:
            first = await asyncio.gather(*(other.judged(letter()) for _ in range(3)))
            assert first == [(octets, None)] * 3
            monkeypatch.setattr(wire, "PATIENCE", 3600.0)
            assert await other.judged(letter()) == (octets, None), "it is not waited for again"
            assert [name for name, _ in told].count("insight_unanswered") == 1, "one line for all"
            peer, _ = deaf.accept()
            with peer:
                number = struct.unpack_from(">II", peer.recv(10_000))[1]
                peer.sendall(wire.frame(number, wire.answer_octets(wire.Answer())))  # late, for a mail that is gone
                assert other._line is not None
                await until(lambda: other._line is None or other._line._silent is None)
                asked = asyncio.create_task(other.judged(letter()))
                await until(lambda: other._line is None or other._line._questions)
                assert not asked.done(), "it has said something, so it is asked again"
        assert await asked == (octets, None), "the line is gone, and nobody waits"
        assert told[-1][0] != "fault"


async def test_one_that_stays_silent_is_given_up(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PATIENCE", 0.01)
    monkeypatch.setattr(asking_module, "_SILENT", 0.01)
    monkeypatch.setattr(asking_module, "_LOOKS", 0.01)
    other = Asking(settings(ledger.bodies.parent), now=ledger.clock)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(settings(ledger.bodies.parent).asked_at))
        deaf.listen()
        assert await other.connect()
        await other.judged(letter())
        async with asyncio.timeout(60):
            await other.gone()


@pytest.mark.parametrize("octets", [b"\xff" * 20, wire.frame(1, b"no lesson"), wire.frame(1, b"[1,2]") * 2_000])
async def test_whoever_says_what_is_no_question_is_hung_up_on_and_the_others_are_served(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]], octets: bytes
) -> None:
    async with kept(ledger), asks(ledger) as other:
        await until_risk(other)
        reader, writer = await asyncio.open_unix_connection(settings(ledger.bodies.parent).asked_at)
        writer.write(octets)
        async with asyncio.timeout(60):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()
        assert (await other.judged(letter()))[1] is not None
        assert "fault" in [name for name, _ in told]


async def test_a_fault_of_the_model_is_no_risk_known(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbles(_: Insight, lesson: Any) -> Any:
        raise RuntimeError("the model stumbles")

    async with kept(ledger), asks(ledger) as other:
        await until_risk(other)
        monkeypatch.setattr(Insight, "scored", stumbles)
        for one in letters(ledger.clock().timestamp())[:4]:
            assert (await other.judged(one))[1] is None
    assert {name for name, _ in told} == {"insight_asking", "fault"}


async def test_an_answer_that_cannot_be_written_is_no_risk_known_and_others_are_answered(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(ledger), asks(ledger) as other:
        await until_risk(other)
        with monkeypatch.context() as patch:
            patch.setattr(Insight, "scored", lambda _, lessons: [Judgement(cast(float, object())) for _ in lessons])
            some = letters(ledger.clock().timestamp())[:3]
            assert [found for _, found in await asyncio.gather(*map(other.judged, some))] == [None] * 3
        assert (await other.judged(letter()))[1] is not None
    assert [name for name, _ in told] == ["insight_asking", *["fault"] * 3]


async def test_a_question_that_waited_too_long_costs_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    async with kept(ledger), asks(ledger) as other:
        await until_risk(other)
        judged: list[int] = []
        monkeypatch.setattr(wire, "PATIENCE", 0.0)
        monkeypatch.setattr(Insight, "scored", lambda *_: judged.append(1))
        assert (await other.judged(letter()))[1] is None
        assert not judged


@asynccontextmanager
async def remembering(ledger: Ledger, *, asks: bool = False) -> AsyncIterator[Remembering]:
    """As a whole process has it."""
    one = Remembering(cast(Rooms, SimpleNamespace(db=ledger.db)), settings(ledger.bodies.parent), asks=asks)
    async with running(one.run()):
        yield one


async def knows(one: Remembering, mails: int) -> None:
    """It has the model, which has learnt so many."""
    await until(lambda: isinstance(one._memory, Memory) and one._memory._model and one._memory._model.learned == mails)


async def test_of_all_processes_one_learns_and_when_it_is_gone_another_does(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_remembering, "_BANNER_FIRST", 0.01)
    monkeypatch.setattr(app_remembering, "_AGAIN", 0.01)
    monkeypatch.setattr(app_remembering, "_THERE_WITHIN", 0.01)
    await sent(ledger)
    async with remembering(ledger, asks=True) as child, AsyncExitStack() as stack:
        octets = read(letter()).to_bytes()
        assert await child.judged(letter()) == (octets, None), "nobody is there"
        async with remembering(ledger) as first:
            await knows(first, 1)
            second = await stack.enter_async_context(remembering(ledger))
            await until_risk(second)
            assert await second.judged(letter()) == await first.judged(letter())
            assert not isinstance(second._memory, Memory)
            await sent(ledger)
            await knows(first, 2)
        await knows(second, 2)
        await until_risk(child)
        assert not isinstance(child._memory, Memory)


async def test_mail_waits_for_the_process_that_has_the_model_to_begin(ledger: Ledger) -> None:
    async with remembering(ledger, asks=True) as other:
        early = asyncio.create_task(other.judged(letter()))
        await asyncio.wait([early], timeout=0.05)
        assert not early.done()
        async with remembering(ledger):
            assert (await early)[1] is not None


async def test_mail_waits_for_the_process_that_takes_the_place_of_one_that_is_gone(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail that came in between, and one whose question was on its way: else they would go without a warning."""
    async with remembering(ledger, asks=True) as other:
        async with remembering(ledger):
            await until_risk(other)
            with monkeypatch.context() as deaf:
                deaf.setattr(answering_module.Answering, "work", lambda _: None)
                deaf.setattr(wire, "PATIENCE", 3600.0)
                under_way = asyncio.create_task(other.judged(letter()))
                await until(lambda: other._asking and other._asking._line and other._asking._line._questions)
        await until(lambda: other._asking and not other._asking.is_there)
        new = asyncio.create_task(other.judged(letter()))
        async with remembering(ledger):
            assert (await under_way)[1] is not None
            assert (await new)[1] is not None


async def test_mail_that_comes_the_moment_the_line_ends_waits_as_well(ledger: Ledger) -> None:
    async with remembering(ledger, asks=True) as other, remembering(ledger):
        await until_risk(other)
        assert other._asking is not None
        assert other._asking._line is not None
        other._asking._line.end()
        assert (await other.judged(letter()))[1] is not None


async def test_nobody_is_answered_before_what_lies_in_the_feed_is_learnt(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a process that was killed, what it learnt since its last snapshot lies there: all, where it was young."""
    await sent(ledger)
    may, learn = asyncio.Event(), Memory._learn

    async def when_it_may(memory: Memory) -> bool:
        await may.wait()
        return await learn(memory)

    monkeypatch.setattr(Memory, "_learn", when_it_may)
    async with remembering(ledger, asks=True) as other, remembering(ledger) as first:
        early = asyncio.create_task(other.judged(letter()))
        await until(lambda: isinstance(first._memory, Memory) and first._memory.loaded.is_set())
        await asyncio.wait([early], timeout=0.5)
        assert not early.done()
        may.set()
        answer = await early
        await knows(first, 1)
        assert answer == await first.judged(letter())


async def test_where_nobody_has_the_model_mail_goes_on_without(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_remembering, "_THERE_WITHIN", 0.01)
    async with remembering(ledger, asks=True) as other:
        assert await other.judged(letter()) == (read(letter()).to_bytes(), None)


async def test_only_this_user_comes_in(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    async with kept(ledger):
        path = settings(ledger.bodies.parent).asked_at
        assert path.stat().st_mode & 0o777 == 0o600
        monkeypatch.setattr(wire, "is_ours", lambda _: False)
        assert not await Asking(settings(ledger.bodies.parent), now=ledger.clock).connect()
        reader, writer = await asyncio.open_unix_connection(path)
        assert await reader.read() == b""
        writer.close()
    assert not path.exists()


def test_one_process_has_the_model(tmp_path: Path) -> None:
    path = settings(tmp_path).path
    with snapshots.keeping(path) as mine, snapshots.keeping(path) as other:
        assert mine
        assert not other
    with snapshots.keeping(path) as again:
        assert again
