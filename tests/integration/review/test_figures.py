"""Figures are those of the mails: recomputed here from the raw rows, by other means."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from tests.ledger import ANN, BOB, BOSS, CAROL, Ledger, facts, mail, opened, verdict

from mailguard.mail.actor import HOUSE, Actor, Role
from mailguard.mail.directory import Directory
from mailguard.mail.lifecycle import Event
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Disposition
from mailguard.review.figures import FigureReview, Figures, month_before, month_of, noisy
from mailguard.review.monthly import MonthlyReview
from mailguard.store import day_figures
from mailguard.store.figures import RuleLog
from mailguard.store.looks import note_opened
from mailguard.store.spool import Retention

COMPANY = Organization(("corp.example",), "Corp", "ja", "Asia/Tokyo")
SALES = Directory(groups={"sales": frozenset({ANN}), "all": frozenset({ANN, BOSS})})
SENDER, APPROVER = Actor(ANN, Role.SENDER, "console"), Actor(BOSS, Role.APPROVER, "console")


@pytest.fixture(autouse=True)
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day is counted in many pieces."""
    monkeypatch.setattr(day_figures, "_SLICE", 3)
    monkeypatch.setattr(day_figures, "_PAUSE", 0)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with opened(tmp_path) as one:
        yield one


def room(ledger: Ledger, directory: Directory = SALES) -> FigureReview:
    return FigureReview(ledger.db, directory=lambda: directory, organization=COMPANY, now=ledger.clock)


async def one_mail(ledger: Ledger, dice: random.Random) -> None:
    """A mail with a random verdict, and what random people make of it."""
    disposition = dice.choice((Disposition.DELIVER, Disposition.DELAY, Disposition.CONFIRM, Disposition.APPROVE))
    record = await ledger.add(
        disposition, (BOB, CAROL), sender=dice.choice((ANN, BOSS, "eve@elsewhere.example")),
        rule=f"r{dice.randint(1, 3)}",
        approvers=(BOSS,), after=timedelta(hours=1), action="release" if disposition is Disposition.DELAY else "return",
    )  # fmt: skip
    if dice.random() < 0.5:
        ledger.clock.forward(seconds=dice.randint(1, 30))
        person, at = dice.choice((ANN, BOSS)), ledger.clock()
        await ledger.db.write(lambda c: note_opened(c, record.id, person, at))
    ledger.clock.forward(seconds=dice.randint(1, 900))
    by = APPROVER if disposition is Disposition.APPROVE else SENDER
    fate = dice.choice(("release", "release", "cancel", "remove", "reject", "expire", "wait"))
    if fate == "remove":
        await ledger.holds.apply(
            record.id, Event.REMOVE, by, ledger.clock(), recipients=(record.recipients[0].address,)
        )
        fate = "release"
    if fate != "wait":
        await ledger.holds.apply(record.id, Event(fate), HOUSE if fate == "expire" else by, ledger.clock())
    ledger.clock.forward(seconds=dice.randint(0, 90))
    if dice.random() < 0.8:
        await ledger.relay(record)


ROWS = (
    "SELECT m.number, m.id, m.sender_key, m.received_at, r.disposition, r.state, r.decided_by, r.decided_at, r.rules"
    " FROM message m JOIN recipient r ON r.message = m.number WHERE m.kind = 'mail' ORDER BY m.number"
)


def from_rows(connection: sqlite3.Connection) -> dict[str, Any]:
    """The same numbers, straight from the tables."""
    mails: dict[int, list[Any]] = {}
    for row in connection.execute(ROWS):
        mails.setdefault(row[0], []).append(row)
    found: dict[str, Any] = dict.fromkeys(
        ("mails", "asked", "delayed", "undone", "released", "changed", "cancelled", "rejected", "expired", "waiting",
         "seen", "hasty"), 0)  # fmt: skip
    found |= {"asked_lengths": [], "all_lengths": [], "rules": {}, "groups": {}}
    for number, rows in mails.items():
        found["mails"] += 1
        asked = [row for row in rows if row[4] in (2, 3)]
        states, ours = {row[5] for row in rows}, {row[5] for row in asked}
        fate = ""
        if "held" in ours:
            fate = "waiting"
        elif ours and ours <= {"queued", "relayed", "bounced"}:
            fate = "changed" if "cancelled" in states else "released"
        elif ours:
            fate = next((one for one in ("changed", "cancelled", "rejected", "expired") if one in ours), "")
            fate = "changed" if ours & {"queued", "relayed"} else fate
        groups = {ANN: ("all", "sales"), BOSS: ("all",)}.get(rows[0][2], ("",))
        for group in groups:
            found["groups"][group] = found["groups"].get(group, 0) + 1
        if fate:
            found["asked"] += 1
            found[fate] += 1
            (rule,) = {row[8] for row in asked}
            found["rules"][rule[2:-2]] = found["rules"].get(rule[2:-2], 0) + 1
        elif any(row[4] == 1 for row in rows):
            found["delayed"] += 1
            found["undone"] += "cancelled" in states
        if fate in ("released", "changed", "cancelled", "rejected"):
            at, by = max((row[7], row[6]) for row in asked if row[7] is not None)
            seen = connection.execute("SELECT at FROM opened WHERE message = ? AND person = ?", (number, by)).fetchone()
            if seen and seen[0] <= at:
                found["seen"] += 1
                found["hasty"] += fate == "released" and at - seen[0] <= 5_000_000
        gone = connection.execute(
            "SELECT max(at) FROM audit WHERE message_id = ? AND event = 'relay'", (rows[0][1],)
        ).fetchone()[0]
        if gone is not None and not states & {"held", "queued"}:
            found["all_lengths"].append(gone - rows[0][3])
            if fate:
                found["asked_lengths"].append(gone - rows[0][3])
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_they_are_those_of_the_rows(ledger: Ledger, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(60):
        await one_mail(ledger, dice)
        ledger.clock.forward(minutes=dice.randint(0, 200))
    figures, rows = await whole(ledger), await ledger.db.read(from_rows)
    for name in ("mails", "asked", "delayed", "undone", "released", "changed", "cancelled", "rejected", "expired",
                 "waiting", "seen", "hasty"):  # fmt: skip
        assert getattr(figures.all, name) == rows[name], name
    assert {name: tally.asked for name, tally in figures.rules.items() if tally.asked} == rows["rules"]
    assert {name: tally.mails for name, tally in figures.groups.items()} == rows["groups"]
    assert sum(tally.mails for tally in figures.days.values()) == rows["mails"]
    for length in ("asked", "all"):
        exact = sorted(rows[f"{length}_lengths"])
        found = figures.all.lengths[length].quantile(0.5)
        assert found is not None
        assert figures.all.lengths[length].total == len(exact)
        nearest = exact[-(-len(exact) // 2) - 1]
        assert found / timedelta(microseconds=1) == pytest.approx(nearest, rel=0.0251)


async def whole(ledger: Ledger) -> Figures:
    figures = room(ledger)
    while await figures.roll(50):
        pass
    return await figures.figures(figures.today - timedelta(days=60), figures.today)


async def test_the_policy_page_counts_as_the_figures_do(ledger: Ledger) -> None:
    dice = random.Random(5)
    for _ in range(60):
        await one_mail(ledger, dice)
    figures = await whole(ledger)
    rules = (await RuleLog(ledger.db).figures(["r1", "r2", "r3"], ledger.clock())).rules
    for name, tally in figures.rules.items():
        one = rules[name]
        said = (one.asked, one.released, one.changed, one.cancelled, one.rejected, one.opened, one.hasty)
        counted = (
            tally.decided,
            tally.released,
            tally.changed,
            tally.cancelled,
            tally.rejected,
            tally.seen,
            tally.hasty,
        )
        assert said == counted
    lengths = await ledger.db.read(decisions_of_r1)
    assert rules["r1"].decision == timedelta(microseconds=median(lengths))


def decisions_of_r1(connection: sqlite3.Connection) -> list[int]:
    sql = (
        "SELECT max(r.decided_at) - m.received_at FROM recipient r JOIN message m ON m.number = r.message"
        " WHERE r.rules = '[\"r1\"]' AND r.disposition IN (2, 3) AND m.number NOT IN"
        " (SELECT message FROM recipient WHERE state IN ('held', 'expired') OR decided_by = 'mailguard')"
        " AND r.decided_at IS NOT NULL GROUP BY m.number"
    )
    return [row[0] for row in connection.execute(sql)]


async def test_a_day_is_that_of_the_organisation(ledger: Ledger) -> None:
    ledger.clock.time = datetime(2026, 11, 23, 14, 59, 59, tzinfo=UTC)  # a second before midnight in Tokyo
    await ledger.add()
    ledger.clock.forward(seconds=2)
    await ledger.add()
    figures = await whole(ledger)
    assert {day: tally.mails for day, tally in figures.days.items()} == {date(2026, 11, 23): 1, date(2026, 11, 24): 1}


async def test_an_open_day_is_counted_again_and_a_settled_one_stands(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.CONFIRM)
    figures = room(ledger)
    ledger.clock.forward(days=1)
    assert await figures.roll() == 0
    today = figures.today
    assert (await figures.figures(today - timedelta(days=1), today)).all.waiting == 1
    await ledger.holds.apply(record.id, Event.CANCEL, SENDER, ledger.clock())
    ledger.clock.forward(minutes=11)
    await figures.roll()
    found = await figures.figures(today - timedelta(days=1), today)
    assert (found.all.waiting, found.all.cancelled, found.missing) == (0, 1, 0)
    # Settled: it stays although its mail is forgotten.
    ledger.clock.forward(days=3)
    await figures.roll()
    await ledger.spool.purge(ledger.clock(), Retention(timedelta(hours=1), timedelta(hours=2)))
    await ledger.spool.purge(ledger.clock(), Retention(timedelta(hours=1), timedelta(hours=2)))
    assert await ledger.holds.find(record.id) is None
    ledger.clock.forward(hours=2)
    await figures.roll()
    assert (await figures.figures(today - timedelta(days=1), today)).all.cancelled == 1


async def test_days_that_are_not_counted_yet_are_said(ledger: Ledger) -> None:
    await ledger.add()
    ledger.clock.forward(days=9)
    figures = room(ledger)
    found = await figures.figures(figures.today - timedelta(days=29), figures.today)
    assert found.missing == 9  # today is counted at once
    assert await figures.roll(4) == 5


async def test_refused_mail_and_strangers_are_counted(ledger: Ledger) -> None:
    message = mail((BOB,), sender="x@elsewhere.example", at=ledger.clock())
    await ledger.turned_away.refused(
        message, facts(), verdict(message, Disposition.REJECT), ledger.clock(), circumstances={}
    )
    await ledger.add(sender=None)
    figures = await whole(ledger)
    assert (figures.all.refused, figures.all.mails, figures.groups[""].refused) == (1, 1, 1)
    assert figures.rules["a-rule"].refused == 1


async def test_no_person_is_kept(ledger: Ledger) -> None:
    await one_mail(ledger, random.Random(1))
    await whole(ledger)
    rows = await ledger.db.read(lambda c: c.execute("SELECT name, tally FROM day_figures").fetchall())
    assert rows
    assert "@" not in str(rows)


async def test_the_letter_of_the_month_is_owed_once(ledger: Ledger) -> None:
    ledger.clock.time = datetime(2026, 10, 5, 3, 0, tzinfo=UTC)
    for number in range(25):
        record = await ledger.add(Disposition.CONFIRM)
        event = Event.CANCEL if number < 2 else Event.RELEASE
        await ledger.holds.apply(record.id, event, SENDER, ledger.clock())
    figures = room(ledger)
    letter = MonthlyReview(
        ledger.db,
        figures,
        people=("boss@corp.example", "cfo@corp.example"),
        day=3,
        timezone="Asia/Tokyo",
        now=ledger.clock,
    )
    ledger.clock.time = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
    assert not await letter.write_due()  # not yet the day
    ledger.clock.time = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)  # the 3rd in Tokyo, half past eight
    assert await letter.write_due()
    assert not await letter.write_due()
    other = MonthlyReview(
        ledger.db, room(ledger), people=("boss@corp.example",), day=3, timezone="UTC", now=ledger.clock
    )
    assert not await other.send("2026-10", HOUSE)
    notices = await ledger.outbox.pending(kinds=("monthly",))
    assert [notice.to for notice in notices] == ["boss@corp.example", "cfo@corp.example"]
    detail = notices[0].detail
    assert (detail["month"], detail["now"]["stopped"], detail["now"]["asked"]) == ("2026-10", 2, 25)
    assert detail["noisy"] == [["a-rule", 25, 23]]
    assert detail["before"] is None
    assert ANN not in str(detail)
    assert await other.send("2026-10", HOUSE, again=True)


async def test_no_letter_about_a_month_without_mail_or_without_readers(ledger: Ledger) -> None:
    for people in ((), ("boss@corp.example",)):
        letter = MonthlyReview(ledger.db, room(ledger), people=people, day=1, timezone="UTC", now=ledger.clock)
        assert not await letter.write_due()


def test_months() -> None:
    assert month_of("2026-02") == (date(2026, 2, 1), date(2026, 2, 28))
    assert month_of("2024-12") == (date(2024, 12, 1), date(2024, 12, 31))
    assert month_before(date(2026, 1, 31)) == "2025-12"
    for text in ("2026", "2026-13", "26-01", "2026-1", "x", "2026-02-01"):
        with pytest.raises(ValueError):
            month_of(text)
    assert noisy(Figures(date(2026, 1, 1), date(2026, 1, 2), datetime.now(UTC))) == []
