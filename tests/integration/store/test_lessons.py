"""What became of mail whose lesson is kept: in order, in the transaction in which it happened, and gone once learnt."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger import ANN, BOB, CAROL, NOON, PREFIX, Ledger, facts, mail, opened, verdict

from mailguard.mail.actor import HOUSE, Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.lifecycle import Event
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.store import lessons as store_lessons
from mailguard.store.imported import seen
from mailguard.store.lessons import GRACE, Experience, Lessons
from mailguard.store.records import MessageRecord
from mailguard.store.rows import to_micro
from mailguard.store.snapshots import Mark, snapshot_path
from mailguard.store.snapshots import write as write_snapshot
from mailguard.store.spool import Retention

SENDER = Actor(ANN, Role.SENDER, "console")
ADMINISTRATOR = Actor("admin@corp.example", Role.ADMINISTRATOR, "console")
OK, NO = Outcome(Result.RELAYED, 250, "ok"), Outcome(Result.FAILED, 550, "no")
LATER = Outcome(Result.DEFERRED, 451, "later")
B, C = parse_address(BOB), parse_address(CAROL)


async def taken(
    ledger: Ledger,
    disposition: Disposition = Disposition.DELIVER,
    to: Iterable[str] = (BOB,),
    *,
    lesson: bytes = b"lesson",
    lease: bool = False,
    sender: str = ANN,
    asked: Iterable[str] = (),
    confirmed: tuple[str, ...] = (),
) -> MessageRecord:
    """A mail with a lesson. asked: the recipients that it is held for."""
    message = mail(to, sender=sender, at=ledger.clock())
    judged = verdict(message, disposition)
    people = tuple(map(parse_address, asked))
    if people:
        hit = RuleHit("who", "enforce", Disposition.CONFIRM, Because("誰", "who"), (), people, trust=True)
        judged = replace(judged, hits=(hit,))
    until = ledger.clock() + timedelta(minutes=15) if lease else None
    judged = replace(judged, confirmed=confirmed)
    read = replace(facts(), headers=replace(facts().headers, message_id=""))
    return await ledger.spool.add(message, read, judged, PREFIX, lease_until=until, lesson=lesson)


async def feed(ledger: Ledger, after: int = 0) -> list[Experience]:
    return await Lessons(ledger.db).after(after, 100)


async def said(ledger: Ledger) -> list[tuple[str, bytes | None, dict[str, str] | None]]:
    return [(one.what, one.lesson, None if one.people is None else dict(one.people)) for one in await feed(ledger)]


async def kept(ledger: Ledger) -> int:
    return int((await ledger.db.read(lambda c: c.execute("SELECT count(*) FROM lesson").fetchone()))[0])


async def tried(ledger: Ledger, record: MessageRecord, *outcomes: Outcome) -> None:
    people = [copy.address for copy in record.recipients][: len(outcomes)]
    retry = ledger.clock() + timedelta(minutes=1)
    pairs = dict(zip(people, outcomes, strict=True))
    await ledger.queue.record(record.id, pairs, ledger.clock(), retry, give_up=False)


async def test_what_is_out_is_an_experience_and_what_waits_is_none(ledger: Ledger) -> None:
    first = await taken(ledger, lesson=b"one", lease=True)
    second = await taken(ledger, to=(BOB, CAROL), lesson=b"two", lease=True)
    await taken(ledger, Disposition.CONFIRM, lesson=b"held")
    assert await feed(ledger) == []
    await tried(ledger, first, OK)
    await tried(ledger, second, OK, OK)
    assert await said(ledger) == [("delivered", b"one", None), ("delivered", b"two", None)]
    numbers = [one.number for one in await feed(ledger)]
    assert numbers == sorted(set(numbers))
    assert [one.lesson for one in await feed(ledger, numbers[0])] == [b"two"]


async def test_only_whoever_got_it_counts(ledger: Ledger) -> None:
    for lease in (True, False):
        record = await taken(ledger, to=(BOB, CAROL), lease=lease)
        if not lease:
            await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 10)
        await tried(ledger, record, OK, LATER)
    assert await said(ledger) == [("delivered", b"lesson", {BOB: ""})] * 2


async def test_a_mail_that_teaches_nothing_leaves_nothing(ledger: Ledger) -> None:
    for lease in (True, False):
        record = await taken(ledger, lesson=b"", lease=lease)
        if not lease:
            await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 10)
        await tried(ledger, record, OK)
    held = await taken(ledger, Disposition.CONFIRM, lesson=b"", asked=(BOB,))
    await ledger.holds.apply(held.id, Event.CANCEL, SENDER, ledger.clock())
    assert await feed(ledger) == []
    assert await kept(ledger) == 0


@pytest.mark.parametrize(
    ("event", "actor", "asked", "expected"),
    [
        (Event.REMOVE, SENDER, (), ("refused", {BOB: "", CAROL: ""})),
        (Event.CANCEL, SENDER, (CAROL,), ("refused", {CAROL: ""})),
        (Event.REJECT, ADMINISTRATOR, (CAROL,), ("refused", {CAROL: ""})),
        (Event.CANCEL, SENDER, (), None),
        (Event.CANCEL, HOUSE, (CAROL,), None),
        (Event.EXPIRE, HOUSE, (CAROL,), None),
        (Event.RELEASE, SENDER, (CAROL,), ("trusted", {CAROL: ""})),
        (Event.RELEASE, ADMINISTRATOR, (CAROL,), None),
        (Event.RELEASE, SENDER, (), None),
        (Event.RELEASE, HOUSE, (CAROL,), None),
    ],
)
async def test_a_decision_speaks_of_those_whom_it_was_held_for(
    ledger: Ledger, event: Event, actor: Actor, asked: tuple[str, ...], expected: tuple[str, dict[str, str]] | None
) -> None:
    held = await taken(ledger, Disposition.CONFIRM, (BOB, CAROL), asked=asked)
    assert (await ledger.holds.apply(held.id, event, actor, ledger.clock())).changed
    found = [(one.what, one.people) for one in await feed(ledger)]
    assert found == ([] if expected is None else [expected])


async def test_who_handed_it_in_once_more_was_sure(ledger: Ledger) -> None:
    await taken(ledger, asked=(BOB,), confirmed=("who",))
    assert await said(ledger) == [("trusted", b"lesson", {BOB: ""})]


async def test_whom_nobody_need_ask_about_again_is_right(ledger: Ledger) -> None:
    held = await taken(ledger, Disposition.CONFIRM, (BOB, CAROL), asked=(BOB,))
    until = ledger.clock() + timedelta(days=30)
    await ledger.holds.trusts.say(f"person:{ANN}", {B: ["who"]}, SENDER, ledger.clock(), until, held.id)
    assert await said(ledger) == [("trusted", b"lesson", {BOB: ""})]


async def test_what_a_snapshot_has_goes_and_what_may_still_teach_stays(ledger: Ledger) -> None:
    out = await taken(ledger, lease=True)
    half = await taken(ledger, to=(BOB, CAROL), lesson=b"half", lease=True)
    await tried(ledger, out, OK)
    await tried(ledger, half, OK, LATER)
    upto = (await feed(ledger))[-1].number
    lessons = Lessons(ledger.db)
    await lessons.remove_learnt(upto, ledger.clock())
    assert len(await feed(ledger)) == 2  # another process may still be reading
    await lessons.remove_learnt(upto, ledger.clock.forward(seconds=1) + GRACE)
    assert await said(ledger) == [("cut", None, None)]
    assert (await feed(ledger))[0].number == upto  # no number comes twice
    assert await kept(ledger) == 1  # CAROL's copy is still to go
    ledger.clock.forward(minutes=2)
    await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 10)
    await ledger.queue.record(half.id, {C: OK}, ledger.clock(), None, give_up=False)
    assert await said(ledger) == [("cut", None, None), ("delivered", b"half", {CAROL: ""})]
    last = (await feed(ledger))[-1].number
    await lessons.remove_learnt(last, ledger.clock() + 2 * GRACE)
    assert await said(ledger) == [("cut", None, None)]
    assert await kept(ledger) == 0


async def test_many_go_in_batches(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_lessons, "_BATCH", 2)
    for _ in range(5):
        await tried(ledger, await taken(ledger, lease=True), OK)
    upto = [one.number for one in await feed(ledger)][3]
    await Lessons(ledger.db).remove_learnt(upto, ledger.clock() + 2 * GRACE)
    assert [what for what, _, _ in await said(ledger)] == ["cut", "delivered"]
    assert await kept(ledger) == 1


async def test_a_number_is_behind_all_others_whatever_the_clock_says(ledger: Ledger) -> None:
    await tried(ledger, await taken(ledger, lease=True), OK)
    ledger.clock.forward(hours=-1)
    await tried(ledger, await taken(ledger, lease=True), OK)
    first, second = [one.number for one in await feed(ledger)]
    assert (first, second) == (to_micro(NOON), to_micro(NOON) + 1)


async def test_a_person_who_is_forgotten_is_in_no_lesson(ledger: Ledger) -> None:
    for sender, to in ((ANN, (BOB,)), (ANN, (CAROL,)), ("dave@corp.example", (CAROL, BOB)), (BOB, (CAROL,))):
        await tried(ledger, await taken(ledger, to=to, sender=sender, lease=True), *[OK] * len(to))
    assert (await ledger.db.read(lambda connection: seen(connection, B))).lessons == 3
    assert await Lessons(ledger.db).forget(B, ADMINISTRATOR, ledger.clock()) == 3
    found = await said(ledger)
    assert [one for one in found if one[1]] == [("delivered", b"lesson", None)]
    assert found[-1] == ("forgotten", None, {BOB: ""})
    numbers = [one.number for one in await feed(ledger)]
    assert numbers == sorted(set(numbers))
    assert await kept(ledger) == 1
    (line,) = [one for one in await ledger.audit.page() if one.event == "insight_forget"]
    assert line.detail == {"lessons": 3}
    assert BOB not in str(line)


async def test_lessons_go_with_the_octets_whether_anybody_learnt_them_or_not(ledger: Ledger) -> None:
    bounced = await taken(ledger, lease=True)
    await tried(ledger, bounced, NO)
    await tried(ledger, await taken(ledger, lease=True), OK)
    waiting = await taken(ledger, Disposition.CONFIRM)
    assert await kept(ledger) == 3
    await ledger.spool.purge(ledger.clock(), Retention())  # the first round after a start leaves what may be learnt
    await ledger.spool.purge(ledger.clock.forward(days=8), Retention())
    assert await kept(ledger) == 1
    assert [what for what, _, _ in await said(ledger)] == ["cut"]
    assert (await ledger.found(waiting.id)).has_body


@pytest.mark.parametrize("learnt", [0, 1])
async def test_after_a_long_standstill_lessons_wait_one_round_for_whoever_learns(ledger: Ledger, learnt: int) -> None:
    """learnt: so many of the two mails are in the model on disk."""
    mails = [await taken(ledger, lesson=lesson, lease=True) for lesson in (b"one", b"two")]
    for one in mails:
        await tried(ledger, one, OK)
        ledger.clock.forward(seconds=1)
    numbers = [one.number for one in await feed(ledger)]
    if learnt:
        write_snapshot(snapshot_path(ledger.db.path), Mark(numbers[0], b"m" * 16), lambda _: None)
    later = ledger.clock.forward(days=8)
    assert (await ledger.spool.purge(later, Retention())).bodies == learnt
    assert [one.lesson for one in await feed(ledger) if one.lesson] == [b"one", b"two"][learnt:]
    await Lessons(ledger.db).remove_learnt(numbers[-1], later)
    assert await kept(ledger) == 0
    assert (await ledger.spool.purge(later, Retention())).bodies == 2 - learnt


async def test_lessons_outlive_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as ledger:
        await tried(ledger, await taken(ledger, lease=True), OK)
    async with opened(tmp_path) as ledger:
        assert await said(ledger) == [("delivered", b"lesson", None)]


async def test_what_fails_together_leaves_no_experience(ledger: Ledger) -> None:
    """Octets, outcome and experience are one transaction."""
    record = await taken(ledger, lease=True)

    def refuse(connection: sqlite3.Connection) -> None:
        connection.execute(
            "CREATE TRIGGER no BEFORE INSERT ON experience BEGIN SELECT RAISE(ABORT, 'no experience today'); END"
        )

    await ledger.db.write(refuse)
    with pytest.raises(Exception, match="no experience today"):
        await tried(ledger, record, OK)
    assert (await ledger.found(record.id)).recipients[0].state == "queued"
