"""The model at work: it learns what the ledger says, in order, keeps it on disk, and never stands in mail's way."""

from __future__ import annotations

import asyncio
import fcntl
import os
import stat
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.store.test_sealed import opened as sealed
from tests.ledger import ANN, BOB, CAROL, Ledger
from tests.remembering import LATER, OK, letter, running, sent, settings, taken

from mailguard import events
from mailguard.insight.lesson import Lesson, read
from mailguard.insight.model import Insight
from mailguard.insight.words import Judgement, Letter
from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.lifecycle import Event
from mailguard.mail.verdict import Disposition
from mailguard.memory import aside, room
from mailguard.memory import model as models
from mailguard.memory.fresh import Fresh
from mailguard.memory.room import Memory
from mailguard.memory.settings import MemoryFault
from mailguard.store import lessons as store_lessons
from mailguard.store import snapshots
from mailguard.store.keyring import add_key
from mailguard.store.lessons import Lessons
from mailguard.store.snapshots import SnapshotError
from mailguard.store.spool import Retention

ADMINISTRATOR = Actor("admin@corp.example", Role.ADMINISTRATOR, "cli")
SENDER = Actor(ANN, Role.SENDER, "console")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks, and tries again, without waiting."""
    monkeypatch.setattr(room, "_PAUSE", 0.01)
    monkeypatch.setattr(room, "_AGAIN", 0.01)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """What the log hears of the model."""
    heard: list[tuple[str, tuple[Any, ...]]] = []
    for name in ("insight_loaded", "insight_saved", "insight_broken", "insight_gap", "fault"):
        monkeypatch.setattr(events, name, lambda *args, name=name, **_: heard.append((name, args)))
    return heard


def names(told: list[tuple[str, tuple[Any, ...]]]) -> list[str]:
    return [name for name, _ in told]


@asynccontextmanager
async def remembering(ledger: Ledger, **given: Any) -> AsyncIterator[Memory]:
    memory = Memory(Lessons(ledger.db), settings(ledger.bodies.parent, **given), now=ledger.clock)
    async with running(memory.run()):
        yield memory


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(120):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def learned(memory: Memory) -> int:
    return (0 if memory.loaded.is_set() else -1) if memory._model is None else memory._model.learned


async def both(one: Memory, other: Memory, count: int) -> None:
    await until(lambda: learned(one) == learned(other) == count)


async def risk_of(memory: Memory, recipient: str) -> float:
    _, judgement = await memory.judged(letter((recipient,)))
    assert judgement is not None
    return judgement.opinions[0].risk


async def test_it_learns_what_is_out_and_not_what_waits(ledger: Ledger) -> None:
    async with remembering(ledger) as memory:
        await until(lambda: learned(memory) == 0)
        await taken(ledger, (CAROL,), Disposition.CONFIRM)
        for _ in range(5):
            await sent(ledger)
        await until(lambda: learned(memory) == 5)
        assert await risk_of(memory, BOB) < await risk_of(memory, CAROL)


async def test_only_whoever_got_the_mail_is_learnt(ledger: Ledger) -> None:
    record = await taken(ledger, (BOB, CAROL))
    outcomes = {parse_address(BOB): OK, parse_address(CAROL): LATER}
    await ledger.queue.record(record.id, outcomes, ledger.clock(), ledger.clock() + timedelta(hours=1), give_up=False)
    seen: list[Lesson] = []
    async with remembering(ledger) as memory:
        await until(lambda: learned(memory) == 1)
        seen.append(read(letter((BOB,))))
        assert await risk_of(memory, BOB) < await risk_of(memory, CAROL)


async def test_a_judgement_teaches_nothing_and_gives_the_lesson(ledger: Ledger) -> None:
    async with remembering(ledger) as memory:
        await until(lambda: learned(memory) == 0)
        octets, first = await memory.judged(letter())
        assert Lesson.from_bytes(octets) == read(letter())
        assert (await memory.judged(letter()))[1] == first
        large = letter(body="a word " * 10_000)
        assert (await memory.judged(large))[0] == read(large).to_bytes()


async def test_letters_of_one_moment_are_read_and_then_judged_together(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with remembering(ledger) as memory:
        await until(lambda: learned(memory) == 0)
        await memory.judged(letter())  # which makes the model
        steps: list[str] = []

        def reads(one: Letter) -> Lesson:
            steps.append("read")
            return read(one)

        monkeypatch.setattr(room, "read", reads)
        scored = Insight.scored

        def judges(model: Insight, lessons: Sequence[Lesson]) -> list[Judgement]:
            steps.append(f"judged {len(lessons)}")
            if len(steps) < 10 and any(one.people == (CAROL,) for one in lessons):
                raise RuntimeError("the model stumbles")
            return scored(model, lessons)

        monkeypatch.setattr(Insight, "scored", judges)
        await asyncio.gather(*[memory.judged(letter(), abreast=True) for _ in range(3)])
        assert steps == ["read"] * 3 + ["judged 3"]
        # What goes wrong with one is its own.
        many = [memory.judged(letter((one,)), abreast=True) for one in (BOB, CAROL)]
        found = await asyncio.gather(*many, return_exceptions=True)
        assert [type(one) for one in found] == [tuple, RuntimeError]
        assert steps[4:] == ["read"] * 2 + ["judged 2", "judged 1", "judged 1"]
        # More people than are judged in one go.
        crowd = tuple(f"p{number}@corp.example" for number in range(7))
        alone = [(await memory.judged(letter(to)))[1] for to in (crowd, crowd, (BOB,))]
        del steps[:]
        some = await asyncio.gather(*[memory.judged(letter(to), abreast=True) for to in (crowd, crowd, (BOB,))])
        assert steps == ["read"] * 3 + ["judged 2", "judged 1"]
        assert [judgement for _, judgement in some] == alone
        with pytest.raises(StopIteration):  # one without company waits for nobody
            memory.judged(letter()).send(None)


async def test_without_it_in_time_mail_leaves_its_lesson_and_no_risk_is_known(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_LOADED_WITHIN", 0.01)
    memory = Memory(Lessons(ledger.db), settings(ledger.bodies.parent), now=ledger.clock)
    for _ in range(2):
        octets, judgement = await memory.judged(letter())
        assert octets == read(letter()).to_bytes()
        assert judgement is None


async def test_mail_waits_for_what_was_learnt_to_be_read(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    async with remembering(ledger) as memory:
        for _ in range(5):
            await sent(ledger)
        await until(lambda: learned(memory) == 5)
        ledger.clock.forward(minutes=11)
        await until(settings(ledger.bodies.parent).path.exists)
    load, goes_on = models.load_or_begin, threading.Event()

    def slowly(*given: Any) -> Any:
        assert goes_on.wait(20)
        return load(*given)

    monkeypatch.setattr(models, "load_or_begin", slowly)
    async with remembering(ledger) as memory:
        early = asyncio.create_task(risk_of(memory, BOB))
        asked = asyncio.create_task(memory.opinion_aside(read(letter())))
        await asyncio.wait([early, asked], timeout=0.05)
        assert not early.done()
        assert not asked.done()
        goes_on.set()
        assert await early == await risk_of(memory, BOB) < await risk_of(memory, CAROL)
        assert await asked is not None


async def test_a_snapshot_is_written_and_another_start_goes_on_from_it(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_lessons, "GRACE", timedelta(0))
    await sent(ledger)
    await sent(ledger)
    async with remembering(ledger) as memory:
        await until(lambda: learned(memory) == 2)
        assert "insight_saved" not in names(told)
        ledger.clock.forward(minutes=11)
        await until(lambda: "insight_saved" in names(told))
    path = settings(ledger.bodies.parent).path
    assert path.stat().st_mode & 0o777 == 0o600
    await until_removed(ledger)
    await sent(ledger)
    async with remembering(ledger) as memory:
        await until(lambda: learned(memory) == 3)
    assert "insight_gap" not in names(told)


async def until_removed(ledger: Ledger) -> None:
    """What the snapshot has is in no lesson any more."""
    mark = snapshots.mark_of(settings(ledger.bodies.parent).path)
    assert mark is not None
    await Lessons(ledger.db).remove_learnt(mark.number, ledger.clock())
    assert [one.what for one in await Lessons(ledger.db).after(0, 10)] == ["cut"]


async def test_a_broken_snapshot_is_told_moved_aside_and_rebuilt_from_the_ledger(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]]
) -> None:
    await sent(ledger)
    given = settings(ledger.bodies.parent)
    with snapshots.writing(given.path, wait=True):
        snapshots.write(given.path, snapshots.Mark(5, b"x" * 16), Insight().save)
    octets = bytearray(given.path.read_bytes())
    octets[len(octets) // 2] ^= 1
    given.path.write_bytes(octets)
    async with remembering(ledger) as memory:
        await until(lambda: learned(memory) == 1)
    assert names(told)[:2] == ["insight_broken", "insight_loaded"]
    assert given.path.with_name(given.path.name + ".broken").read_bytes() == octets
    assert not given.path.exists()


async def test_what_lay_there_through_a_long_standstill_is_written_as_soon_as_it_is_learnt(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_lessons, "GRACE", timedelta(0))
    async with remembering(ledger) as memory:
        await sent(ledger)
        ledger.clock.forward(minutes=11)
        await until(lambda: learned(memory) == 1)
        await until(lambda: "insight_saved" in names(told))
        ledger.clock.forward(seconds=1)
        await sent(ledger)  # and the server stops
        await until(lambda: learned(memory) == 2)
    later = ledger.clock.forward(days=8)
    await ledger.spool.purge(later, Retention())
    async with remembering(ledger) as memory:
        await until(lambda: names(told).count("insight_saved") == 2)
        assert learned(memory) == 2
    await ledger.spool.purge(later, Retention())
    assert (await aside.recall(Lessons(ledger.db), settings(ledger.bodies.parent))).learned == 2


async def test_little_that_is_new_is_written_when_its_time_is_up(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]]
) -> None:
    """Also what came a moment after the last time: no other mail may come for days."""
    async with remembering(ledger) as memory:
        for count, minutes in enumerate((9, 2, 11), 1):
            await sent(ledger)
            await both(memory, memory, count)
            ledger.clock.forward(minutes=minutes)
            if count > 1:
                await until(lambda: not memory._unsaved)
    assert names(told).count("insight_saved") == 2


async def test_what_was_removed_and_is_in_no_snapshot_is_told(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    await sent(ledger)
    await Lessons(ledger.db).remove_learnt(2**62, ledger.clock.forward(hours=1))
    await sent(ledger)
    async with remembering(ledger) as memory:
        await until(lambda: learned(memory) == 1)
    assert names(told).count("insight_gap") == 1


async def test_of_two_processes_one_writes_and_both_know_the_same(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with remembering(ledger) as one, remembering(ledger) as other:
        for _ in range(3):
            await sent(ledger)
        await until(lambda: learned(one) == learned(other) == 3)
        ledger.clock.forward(minutes=11)
        await until(lambda: "insight_saved" in names(told))
        await until(lambda: one._mark.lineage == other._mark.lineage != b"")
        await sent(ledger)
        await until(lambda: learned(one) == learned(other) == 4)
    assert names(told).count("insight_saved") == 1


async def test_what_another_process_has_just_written_is_not_written_again(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]]
) -> None:
    async with remembering(ledger) as one, remembering(ledger) as other:
        await sent(ledger)
        ledger.clock.forward(minutes=11)
        await until(lambda: one._mark.lineage == other._mark.lineage != b"")
        for count in (2, 3):  # both have it, and both times are up
            await sent(ledger)
            await both(one, other, count)
            ledger.clock.forward(minutes=11)
            await until(lambda: not one._unsaved and not other._unsaved)
    assert names(told).count("insight_saved") == 3


async def test_whoever_was_too_slow_reads_the_snapshot_instead(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_lessons, "GRACE", timedelta(0))
    async with remembering(ledger) as slow:
        await sent(ledger)
        await until(lambda: learned(slow) == 1)
    async with remembering(ledger) as quick:  # while the other stands still
        for _ in range(3):
            await sent(ledger)
        await until(lambda: learned(quick) == 4)
        ledger.clock.forward(minutes=11)
        await until(lambda: "insight_saved" in names(told))
        await until_removed(ledger)
    async with running(slow.run()):
        await sent(ledger)
        await until(lambda: learned(slow) == 5)
    assert "insight_gap" not in names(told)


async def test_who_looks_while_a_server_writes_a_snapshot_sees_all(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has read the old snapshot, or that there was none, and what only the new one has goes before it reads on."""
    monkeypatch.setattr(store_lessons, "GRACE", timedelta(0))

    class Late(Lessons):
        wrote = False

        async def after(self, number: int, limit: int) -> list[store_lessons.Experience]:
            if not self.wrote:
                async with remembering(ledger) as memory:
                    await until(lambda: learned(memory) == sent_by_now)
                    await memory._save()
                await until_removed(ledger)
                self.wrote = True
            return await super().after(number, limit)

    for sent_by_now in (1, 2):
        await sent(ledger)
        ledger.clock.forward(minutes=11)
        looking = Late(ledger.db)
        assert (await aside.recall(looking, settings(ledger.bodies.parent))).learned == sent_by_now
        assert looking.wrote


async def test_another_model_on_disk_is_not_written_over(ledger: Ledger) -> None:
    given = settings(ledger.bodies.parent)
    snapshots.write(given.path, snapshots.Mark(9, b"o" * 16), Insight().save)
    before = given.path.read_bytes()
    mine = snapshots.Mark(2**50, b"m" * 16)
    assert await asyncio.to_thread(room._write, given, Insight(), mine, None, urgent=True) == ("other", mine)
    assert given.path.read_bytes() == before


async def test_where_bodies_are_sealed_so_is_the_model(tmp_path: Path, told: list[tuple[str, tuple[Any, ...]]]) -> None:
    add_key(tmp_path / "keys")
    async with sealed(tmp_path, tmp_path / "keys") as ledger:
        given = settings(ledger.bodies.parent)
        async with remembering(ledger) as memory:
            await sent(ledger)
            await until(lambda: learned(memory) == 1)
            ledger.clock.forward(minutes=11)
            await until(lambda: "insight_saved" in names(told))
        with pytest.raises(SnapshotError, match="encryption_key_file is not set"):
            models.load(given)
        async with remembering(ledger) as again:
            await until(lambda: learned(again) == 1)
        archive = [read(letter(at=1_700_000_000.0)).to_bytes()]
        lessons = Lessons(ledger.db)
        await aside.learn_archive(lessons, given, archive, ADMINISTRATOR, ledger.clock())
        assert (await aside.recall(lessons, given)).learned == 2
        await aside.forget(lessons, given, parse_address(BOB), ADMINISTRATOR, ledger.clock())
        with pytest.raises(SnapshotError):
            models.load(given)
    assert names(told).count("insight_broken") == 0


async def test_an_archive_is_learnt_beside_a_server(ledger: Ledger) -> None:
    given = settings(ledger.bodies.parent)
    async with remembering(ledger) as memory:
        await sent(ledger, (CAROL,))
        await until(lambda: learned(memory) == 1)
        archive = [read(letter(at=1_700_000_000.0 + n)).to_bytes() for n in range(4)]
        count = await aside.learn_archive(
            Lessons(ledger.db), given, [*archive, b"no lesson"], ADMINISTRATOR, ledger.clock()
        )
        assert count == 4
        await until(lambda: learned(memory) == 5)
        await sent(ledger)
        await until(lambda: learned(memory) == 6)
        ledger.clock.forward(minutes=11)
        await until(lambda: (mark := snapshots.mark_of(given.path)) is not None and mark.number > 0)
    assert (await aside.recall(Lessons(ledger.db), given)).learned == 6
    (line,) = [one for one in await ledger.audit.page() if one.event == "insight_import"]
    assert line.detail == {"mails": 4}


async def test_a_model_of_another_node_is_taken_in_once_and_whole_or_not_at_all(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, other = settings(ledger.bodies.parent), tmp_path / "other.insight"
    there = Insight()
    for n in range(7):
        there.learn(read(letter(at=1_700_000_000.0 + n)))
    snapshots.write(other, snapshots.Mark(9, b"o" * 16), there.save)
    lessons = Lessons(ledger.db)
    async with remembering(ledger) as memory:
        await until(lambda: learned(memory) == 0)
        with monkeypatch.context() as patch:  # stopped before anybody heard of it
            patch.setattr(Lessons, "anew", lambda *_, **__: asyncio.sleep(0))
            assert await aside.merge(lessons, given, other, ADMINISTRATOR, ledger.clock()) == 7
        assert await aside.merge(lessons, given, other, ADMINISTRATOR, ledger.clock()) is None
        await until(lambda: learned(memory) == 7)
        await sent(ledger)
        await until(lambda: learned(memory) == 8)
        ledger.clock.forward(minutes=11)
        await until(lambda: not memory._unsaved)
    assert await aside.merge(lessons, given, other, ADMINISTRATOR, ledger.clock()) is None
    before = given.path.read_bytes()
    other.write_bytes(other.read_bytes()[:-1])
    with pytest.raises(MemoryFault, match="cut short"):
        await aside.merge(lessons, given, other, ADMINISTRATOR, ledger.clock())
    assert given.path.read_bytes() == before


async def test_two_who_export_to_one_file_write_it_one_after_the_other(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, place, came = settings(ledger.bodies.parent), tmp_path / "ours", threading.Event()
    first, asked = list[threading.Thread](), set[threading.Thread]()
    real_sync, real_lock = os.fsync, fcntl.flock

    def flock(file: int, how: int) -> None:
        asked.add(threading.current_thread())
        if len(asked) == 2:
            came.set()  # one of them waits
        real_lock(file, how)

    def fsync(descriptor: int) -> None:
        first.append(threading.current_thread()) if not first else None
        if threading.current_thread() in first and not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            assert came.wait(60)  # what it has written has no name yet
        real_sync(descriptor)
        if threading.current_thread() not in first and stat.S_ISDIR(os.fstat(descriptor).st_mode):
            came.set()  # his file is there

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(fcntl, "flock", flock)
    await asyncio.gather(*(aside.export(Lessons(ledger.db), given, place, b"n" * 16) for _ in range(2)))
    assert snapshots.mark_of(place) == snapshots.Mark(lineage=b"n" * 16)


async def test_a_person_is_forgotten_everywhere(ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]]) -> None:
    given = settings(ledger.bodies.parent)
    async with remembering(ledger) as memory:
        for _ in range(3):
            await sent(ledger)
        await until(lambda: learned(memory) == 3)
        ledger.clock.forward(minutes=11)
        await until(lambda: "insight_saved" in names(told))
        await sent(ledger)
        await until(lambda: learned(memory) == 4)
        known = await risk_of(memory, BOB)
        gone = await aside.forget(Lessons(ledger.db), given, parse_address(BOB), ADMINISTRATOR, ledger.clock())
        assert gone == 1  # the others are in the snapshot, and gone
        await until(lambda: names(told).count("insight_saved") == 2)  # at once, not ten minutes later
        assert await risk_of(memory, BOB) > known
    assert not models.load(given)[0].forget(BOB)
    again = await aside.recall(Lessons(ledger.db), given)
    assert again.score(read(letter())).risk > known


async def test_a_person_is_forgotten_while_no_server_runs(ledger: Ledger) -> None:
    given = settings(ledger.bodies.parent)
    there = Insight()
    for people in ((BOB,), (CAROL,)):
        there.learn(read(letter(people)))
    snapshots.write(given.path, snapshots.Mark(9, b"o" * 16), there.save)
    assert models.load(given)[0].forget(BOB)
    await aside.forget(Lessons(ledger.db), given, parse_address(BOB), ADMINISTRATOR, ledger.clock())
    assert not models.load(given)[0].forget(BOB)
    assert models.load(given)[0].forget(CAROL)
    assert snapshots.mark_of(given.path) == snapshots.Mark(9, b"o" * 16)


async def test_decisions_reach_the_model(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, Any]] = []
    monkeypatch.setattr(
        Insight, "refuse", lambda _, lesson, wrong, meant=None: heard.append((lesson.sender, set(wrong)))
    )
    held = await taken(ledger, (BOB, CAROL), Disposition.CONFIRM)
    await ledger.holds.apply(held.id, Event.REMOVE, SENDER, ledger.clock(), recipients=(parse_address(BOB),))
    async with remembering(ledger):
        await until(lambda: heard)
    assert heard == [(ANN, {BOB})]


async def test_a_fault_of_the_model_or_of_a_lesson_stops_nothing(
    ledger: Ledger, told: list[tuple[str, tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await taken(ledger, lesson=b"\x00no lesson at all")
    await ledger.queue.record(record.id, {parse_address(BOB): OK}, ledger.clock(), None, give_up=False)
    learn = Insight.learn
    calls: list[int] = []

    def stumble(self: Insight, lesson: Lesson) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("the model stumbles")
        learn(self, lesson)

    monkeypatch.setattr(Insight, "learn", stumble)
    await sent(ledger)
    await sent(ledger)
    async with remembering(ledger) as memory:
        await until(lambda: learned(memory) == 1)
    assert "fault" in names(told)


async def test_a_silent_time_counts_from_the_first_mail_learnt(ledger: Ledger) -> None:
    async with remembering(ledger, silent=timedelta(days=7)) as memory:
        await until(lambda: learned(memory) == 0)
        assert memory.learning
        await sent(ledger)
        await until(lambda: learned(memory) == 1)
        assert memory.learning
        ledger.clock.forward(days=8)
        assert not memory.learning
    async with remembering(ledger) as memory:
        assert not memory.learning


async def test_some_lessons_are_learnt_in_one_turn_of_the_loop_and_all_in_order(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sender in (ANN, CAROL, ANN, ANN):
        await sent(ledger, sender=sender)
    some = await Lessons(ledger.db).after(0, 10)
    some.insert(3, replace(some[0], what="anew"))
    learnt: list[str] = []
    monkeypatch.setattr(Insight, "learn", lambda _, lesson: learnt.append(lesson.sender))
    memory = Memory(Lessons(ledger.db), settings(ledger.bodies.parent), now=ledger.clock)
    assert memory._learn_some(Insight(), some, 0, time.monotonic()) == 1, "time is up, and one is learnt all the same"
    assert memory._learn_some(Insight(), some, 1, float("inf")) == 3, "what is no lesson is not for here"
    assert memory._learn_some(Insight(), some, 4, float("inf")) == 5
    assert learnt == [ANN, CAROL, ANN, ANN]
    assert memory._mark.number == some[-1].number


async def test_what_was_read_moments_ago_is_learnt_as_it_is(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Fresh(2)
    one, other, third = (read(letter((to,))) for to in (BOB, CAROL, ANN))
    for lesson in (one, other, third):
        fresh.keep(lesson.to_bytes(), lesson)
    assert fresh.take(other.to_bytes()) is other
    assert fresh.take(other.to_bytes()) == other
    assert (again := fresh.take(one.to_bytes())) == one
    assert again is not one, "the oldest went"
    async with remembering(ledger) as memory:
        await until(lambda: learned(memory) == 0)
        octets, _ = await memory.judged(letter(at=ledger.clock().timestamp()))
        monkeypatch.setattr(Lesson, "from_bytes", lambda _: pytest.fail("it was read once more"))
        record = await taken(ledger, lesson=octets)
        await ledger.queue.record(record.id, {parse_address(BOB): OK}, ledger.clock(), None, give_up=False)
        await until(lambda: learned(memory) == 1)


async def test_nothing_changes_the_model_while_a_thread_reads_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    after, come = Lessons.after, asyncio.Event()

    async def heard(self: Lessons, number: int, limit: int) -> Any:
        found = await after(self, number, limit)
        if found:
            come.set()
        return found

    async with remembering(ledger) as memory:
        await sent(ledger)
        await until(lambda: learned(memory) == 1)
        monkeypatch.setattr(Lessons, "after", heard)
        with memory._reading():
            await sent(ledger)
            await come.wait()
            await asyncio.sleep(0.05)
            assert learned(memory) == 1
        await until(lambda: learned(memory) == 2)
