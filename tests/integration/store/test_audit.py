"""The audit log: a line for every change, nothing altered, and every alteration found."""

from __future__ import annotations

import sqlite3
from operator import methodcaller
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger import ANN, BOB, BOSS, NOON, Ledger, facts, mail, opened, verdict

from mailguard.mail.actor import HOUSE, Actor, Role
from mailguard.mail.lifecycle import Event
from mailguard.mail.verdict import Disposition

ACTOR = Actor(BOSS, Role.APPROVER, "letter")


async def test_every_change_has_its_line(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.CONFIRM)
    await ledger.holds.apply(record.id, Event.HOLD, ACTOR, ledger.clock(), comment="wait")
    ledger.clock.forward(seconds=5)
    await ledger.holds.apply(record.id, Event.RELEASE, HOUSE, ledger.clock())
    await ledger.relay(record, 451, "later")
    ledger.clock.forward(minutes=2)
    await ledger.relay(record)
    lines = await ledger.audit.history_of(record.id)
    assert [(line.event, line.actor, line.role, line.via, line.comment) for line in lines] == [
        ("accept", ANN, Role.SENDER, "smtp", ""),
        ("hold", BOSS, Role.APPROVER, "letter", "wait"),
        ("release", "mailguard", Role.SYSTEM, "clock", ""),
        ("defer", "mailguard", Role.SYSTEM, "clock", ""),
        ("relay", "mailguard", Role.SYSTEM, "clock", ""),
    ]
    assert lines[0].detail["rules"] == ["a-rule"]
    assert lines[0].detail["policy"] == "policy-hash"
    assert lines[3].detail == {"result": "deferred", "code": 451, "text": "later", "unknown": False}
    assert [line.at for line in lines] == sorted(line.at for line in lines)


async def test_a_refused_mail_leaves_a_line_and_nothing_else(ledger: Ledger) -> None:
    message = mail((BOB,))
    await ledger.turned_away.refused(message, facts(), verdict(message, Disposition.REJECT), NOON)
    (line,) = await ledger.audit.history_of(message.id)
    assert (line.event, line.recipients, line.detail["rules"]) == ("refuse", (BOB,), ["a-rule"])
    assert await ledger.holds.find(message.id) is None


async def test_lines_about_the_house(ledger: Ledger) -> None:
    await ledger.audit.note("reload", HOUSE, NOON, "SIGHUP", policy="abc")
    (line,) = await ledger.audit.page()
    assert (line.event, line.comment, line.detail, line.message_id) == ("reload", "SIGHUP", {"policy": "abc"}, "")
    assert await ledger.audit.history_of("") == []


async def test_pages(ledger: Ledger) -> None:
    for number in range(5):
        await ledger.audit.note(f"e{number}", HOUSE, NOON)
    assert [line.number for line in await ledger.audit.page(after=2, limit=2)] == [3, 4]
    assert [line.number for line in await ledger.audit.latest(2)] == [5, 4]


async def test_the_database_refuses_to_alter_or_remove(ledger: Ledger) -> None:
    await ledger.audit.note("something", HOUSE, NOON)
    for sql in ("UPDATE audit SET actor = 'somebody'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="audit lines"):
            await ledger.db.write(methodcaller("execute", sql))
    assert await ledger.audit.verify() is None


ALTERATIONS = {
    "another actor": ("UPDATE audit SET actor = 'somebody' WHERE number = 3", 3),
    "another time": ("UPDATE audit SET at = at + 1 WHERE number = 2", 2),
    "another reason": ("UPDATE audit SET comment = 'because' WHERE number = 5", 5),
    "other recipients": ("UPDATE audit SET recipients = '[1]' WHERE number = 1", 1),
    "another hash": ("UPDATE audit SET hash = zeroblob(32) WHERE number = 4", 4),
    "a line taken out": ("DELETE FROM audit WHERE number = 3", 3),
    "the first line taken out": ("DELETE FROM audit WHERE number = 1", 1),
    "the last line cut off": ("DELETE FROM audit WHERE number = 6", 6),
    "all cut off": ("DELETE FROM audit", 1),
    "a line moved": ("UPDATE audit SET number = 9 WHERE number = 2", 2),
}


@pytest.mark.parametrize("name", ALTERATIONS)
async def test_verify_names_the_first_line_that_is_wrong(tmp_path: Path, name: str) -> None:
    sql, first = ALTERATIONS[name]
    async with opened(tmp_path) as ledger:
        for number in range(6):
            await ledger.audit.note(f"event-{number}", ACTOR, NOON, f"reason {number}", recipients=[BOB])
        assert await ledger.audit.verify() is None
    # Whoever has the file can take the triggers away; the chain still tells.
    db = sqlite3.connect(tmp_path / "mailguard.db", isolation_level=None)
    db.execute("DROP TRIGGER audit_is_not_altered")
    db.execute("DROP TRIGGER audit_is_not_removed")
    db.execute(sql)
    db.close()
    async with opened(tmp_path) as ledger:
        assert await ledger.audit.verify() == first


async def test_an_inserted_line_is_found(ledger: Ledger) -> None:
    await ledger.audit.note("one", HOUSE, NOON)
    await ledger.db.write(
        lambda c: c.execute(
            "INSERT INTO audit (at, message_id, actor, role, via, event, recipients, comment, detail, hash)"
            " SELECT at, message_id, actor, role, via, event, recipients, comment, detail, hash FROM audit"
        )
    )
    assert await ledger.audit.verify() == 2


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.text(alphabet=st.characters(exclude_categories=())), st.text(alphabet=st.characters(exclude_categories=())))
async def test_any_words_are_chained(ledger: Ledger, actor: str, comment: str) -> None:
    await ledger.audit.note("odd", Actor(actor, Role.SENDER, "api"), NOON, comment)
    assert await ledger.audit.verify() is None
