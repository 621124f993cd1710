"""Who is asked when, once each, whatever crashes in between; and mails that did not come in."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger import ANN, BOB, BOSS, CAROL, DEPUTY, NOON, Ledger, facts, mail, opened, verdict

from mailguard.mail.actor import HOUSE, Actor, Role
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.verdict import Ask, Disposition, Mode
from mailguard.store import questions
from mailguard.store.migrate import migrations, statements
from mailguard.store.rows import asks_of
from mailguard.store.turned_away import MOST_PER_SENDER, TurnedAway

TOP = "top@corp.example"
HOUR = timedelta(hours=1)
APPROVER = Actor(BOSS, Role.APPROVER, "letter")
ASK = Ask((BOSS,), 1, ((BOSS, (DEPUTY,)),), (), HOUR, 2 * HOUR, (TOP, "administrators"))


async def owed(ledger: Ledger, kind: str) -> list[tuple[str, list[str]]]:
    return [(n.to, n.detail.get("instead_of", [])) for n in await ledger.outbox.pending(200) if n.kind == kind]


async def words(ledger: Ledger, message_id: str) -> list[str]:
    return [line.event for line in await ledger.audit.history_of(message_id)]


async def test_an_approver_who_is_away_is_asked_through_his_delegate(ledger: Ledger) -> None:
    await ledger.add(Disposition.APPROVE, asks=(Ask((BOSS, TOP), 1, ((BOSS, (DEPUTY, CAROL)),), (BOSS, TOP)),))
    assert await owed(ledger, "approval") == [(DEPUTY, [BOSS]), (TOP, [])]


async def test_reminded_and_escalated_once_each(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.APPROVE, to=(BOB, CAROL), asks=(ASK,))
    assert await owed(ledger, "approval") == [(BOSS, [])]
    assert await ledger.holds.next_time() == NOON + HOUR
    assert await ledger.holds.unanswered(NOON) == []
    for _ in range(3):
        now = ledger.clock.forward(minutes=61)
        for message_id in await ledger.holds.unanswered(now):
            await ledger.holds.nudge(message_id, now)
    assert await owed(ledger, "reminder") == [(BOSS, []), (DEPUTY, [BOSS])]
    assert await owed(ledger, "escalated") == [(TOP, []), ("", [])]
    assert await words(ledger, record.id) == ["accept", "remind", "escalate"]
    found = await ledger.found(record.id)
    assert found.recipients[0].approvers == (BOSS, TOP)
    assert found.people == {ANN, BOSS, DEPUTY, TOP}
    assert await ledger.holds.next_time() == NOON + timedelta(hours=72)


async def test_a_crash_before_the_commit_forgets_nothing_and_tells_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path) as ledger:
        record = await ledger.add(Disposition.APPROVE, asks=(ASK,))

        def cut(connection: sqlite3.Connection) -> None:
            assert questions.nudge(connection, record.id, NOON + HOUR) is not None
            raise RuntimeError("the machine stops here")

        with pytest.raises(RuntimeError):
            await ledger.db.write(cut)
    async with opened(tmp_path) as ledger:
        assert await owed(ledger, "reminder") == []
        assert await ledger.holds.unanswered(NOON + HOUR) == [record.id]
        assert await ledger.holds.nudge(record.id, NOON + HOUR) is not None
        assert await ledger.holds.nudge(record.id, NOON + HOUR) is None
        assert [to for to, _ in await owed(ledger, "reminder")] == [BOSS, DEPUTY]


async def test_what_was_missed_comes_at_once_and_once(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.APPROVE, asks=(ASK,))
    nudged = await ledger.holds.nudge(record.id, NOON + timedelta(days=1))
    assert nudged is not None
    assert (nudged.reminded, nudged.escalated) == ((BOSS, DEPUTY), (TOP, ""))


async def test_nobody_is_reminded_of_what_is_decided_stopped_or_answered(ledger: Ledger) -> None:
    released = await ledger.add(Disposition.APPROVE, asks=(ASK,))
    await ledger.holds.apply(released.id, Event.CANCEL, HOUSE, NOON)
    stopped = await ledger.add(Disposition.APPROVE, asks=(ASK,))
    await ledger.holds.apply(stopped.id, Event.HOLD, HOUSE, NOON)
    assert await ledger.holds.unanswered(NOON + timedelta(days=1)) == []
    # Of two questions one is answered: nobody is reminded of it, and nobody is added to it.
    two = await ledger.add(Disposition.APPROVE, asks=(ASK, Ask((CAROL,))))
    await ledger.holds.approve(two.id, APPROVER, NOON)
    nudged = await ledger.holds.nudge(two.id, NOON + timedelta(days=1))
    assert nudged is not None
    assert (nudged.reminded, nudged.escalated) == ((), ())
    assert (await ledger.found(two.id)).recipients[0].approvers == (BOSS, CAROL)


async def test_every_question_must_be_answered(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.APPROVE, asks=(Ask((BOSS, TOP)), Ask((BOSS, DEPUTY), 2)))
    for person, state in ((BOSS, State.HELD), (TOP, State.HELD), (DEPUTY, State.QUEUED)):
        decision = await ledger.holds.approve(record.id, Actor(person, Role.APPROVER, "api"), NOON)
        assert decision.state is state


async def test_an_urgent_release_is_a_line_a_letter_and_a_figure(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.APPROVE, asks=(ASK,), urgent=True)
    sender = Actor(ANN, Role.SENDER, "console")
    await ledger.holds.apply(record.id, Event.RELEASE, sender, NOON, comment="fire", urgent=True)
    assert await words(ledger, record.id) == ["accept", "urgent"]
    urgent = [n for n in await ledger.outbox.pending() if n.kind == "urgent"]
    assert [(n.to, n.detail["comment"]) for n in urgent] == [(BOSS, "fire"), (DEPUTY, "fire")]
    assert await ledger.holds.urgent_count() == 1
    assert await ledger.holds.urgent_count(ANN) == 1
    assert await ledger.holds.urgent_count(BOSS) == 0


@pytest.mark.parametrize(
    ("disposition", "mode", "notify", "told"),
    [
        (Disposition.DELIVER, "notify", ("sender",), [ANN]),
        (Disposition.DELIVER, "notify", ("administrators", BOSS, "sender"), ["", BOSS, ANN]),
        (Disposition.CONFIRM, "enforce", ("sender", BOSS), [BOSS]),  # the letter about the hold tells the sender
        (Disposition.DELAY, "enforce", ("sender",), [ANN]),
        (Disposition.DELIVER, "enforce", (), []),
    ],
)
async def test_hits_are_told(
    ledger: Ledger, disposition: Disposition, mode: Mode, notify: tuple[str, ...], told: list[str]
) -> None:
    await ledger.add(disposition, notify=notify, mode=mode)
    found = [n for n in await ledger.outbox.pending() if n.kind == "told"]
    assert [n.to for n in found] == told
    assert all(
        n.detail["hits"] == [{"ja": "社外です", "en": "it goes outside", "evidence": ["evidence"]}] for n in found
    )


async def test_a_refused_mail_tells_whom_the_rule_names_and_not_its_sender(ledger: Ledger) -> None:
    judged = verdict(mail(), Disposition.REJECT, notify=("sender", "administrators"))
    await ledger.turned_away.refused(mail(), facts(), judged, NOON)
    (notice,) = await ledger.outbox.pending()
    assert (notice.kind, notice.to, notice.detail["disposition"]) == ("told", "", "reject")


@pytest.fixture
def door(ledger: Ledger) -> TurnedAway:
    return ledger.turned_away


async def challenged(door: TurnedAway, digest: bytes, *, whose: bytes = b"w", minutes: float = 0) -> None:
    message = mail()
    judged = verdict(message, Disposition.CHALLENGE, after=timedelta(minutes=10))
    now = NOON + timedelta(minutes=minutes)
    await door.challenged(message, facts(), judged, now, digest=digest, whose=whose, rules=frozenset({"a-rule"}))


async def test_a_challenge_is_remembered_for_its_time_and_no_longer(ledger: Ledger, door: TurnedAway) -> None:
    await challenged(door, b"d" * 32)
    assert await door.told(b"d" * 32, NOON + timedelta(minutes=9)) == {"a-rule"}
    assert await door.told(b"d" * 32, NOON + timedelta(minutes=10)) == frozenset()
    assert await door.told(b"e" * 32, NOON) == frozenset()
    (line,) = await ledger.audit.latest()
    assert (line.event, line.detail["rules"]) == ("challenge", ["a-rule"])
    await challenged(door, b"e" * 32, minutes=11)
    assert await ledger.db.read(lambda c: [row[0] for row in c.execute("SELECT digest FROM challenge")]) == [b"e" * 32]


async def test_the_challenges_of_one_sender_are_bounded_and_others_keep_theirs(door: TurnedAway) -> None:
    await challenged(door, b"o" * 32, whose=b"other")
    for number in range(MOST_PER_SENDER + 5):
        await challenged(door, number.to_bytes(32), minutes=number / 100)
    assert await door.told((4).to_bytes(32), NOON) == frozenset()
    assert await door.told((5).to_bytes(32), NOON) == {"a-rule"}
    assert await door.told(b"o" * 32, NOON) == {"a-rule"}


async def test_what_was_confirmed_stands_in_the_history(ledger: Ledger) -> None:
    message = mail()
    judged = verdict(message)
    record = await ledger.spool.add(message, facts(), replace(judged, confirmed=("ask",)), b"")
    lines = await ledger.audit.history_of(record.id)
    assert [(line.event, line.detail.get("rules")) for line in lines][1] == ("challenge_confirmed", ["ask"])


def test_a_ledger_of_before_keeps_who_was_asked() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    for statement in statements("".join(migrations()[:3])):
        db.execute(statement)
    db.execute("PRAGMA foreign_keys = OFF")
    columns = (
        "message, key, position, address, domain, external, disposition, state, event, expire_action, approvers,"
        " quorum, approvals, attempts, last_text, decided_by, frozen_by, rules"
    )
    for number, disposition in ((1, 3), (2, 2)):
        db.execute(
            f"INSERT INTO recipient ({columns}) VALUES (?, 'k', 0, 'a', 'd', 1, ?, 'held', 'accept', 'return', ?, 2,"
            " '[]', 0, '', '', '', '[]')",
            (number, disposition, '["boss@corp.example","b@corp.example"]'),
        )
    for statement in statements(migrations()[3]):
        db.execute(statement)
    rows = [asks_of(row[0]) for row in db.execute("SELECT asks FROM recipient ORDER BY message")]
    assert [[(ask.approvers, ask.quorum) for ask in asks] for asks in rows] == [
        [(("boss@corp.example", "b@corp.example"), 2)],
        [],
    ]
    db.close()
