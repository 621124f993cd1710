"""What the ledger remembers of the people a sender writes to: learned from what went out, bounded, read in one go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.ledger import ANN, BOB, CAROL, Ledger, facts, mail, verdict

from mailguard.mail.actor import HOUSE
from mailguard.mail.address import NULL_PATH, ReversePath, parse_address
from mailguard.mail.facts import Facts, HeaderAddress
from mailguard.mail.lifecycle import Event
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Disposition, RecipientVerdict
from mailguard.policy.case import Circle, Known
from mailguard.policy.question import Question
from mailguard.store import memory
from mailguard.store.records import MessageRecord
from mailguard.store.spool import Retention

DAVE = "dave@third.example"
EVERYTHING = frozenset({"written", "thread", "names", "habits"})


def told(to: Iterable[str], *, names: dict[str, str] | None = None, message_id: str = "<1@corp.example>") -> Facts:
    """The facts of a mail whose To shows these addresses."""
    read = facts()
    shown = tuple(HeaderAddress(address, (names or {}).get(address, "")) for address in to)
    return replace(read, headers=replace(read.headers, to=shown, message_id=message_id))


async def sent(
    ledger: Ledger, to: tuple[str, ...] = (BOB,), *, names: dict[str, str] | None = None, message_id: str = ""
) -> MessageRecord:
    record = await ledger.add(to=to, known=told(to, names=names, message_id=message_id))
    await ledger.relay(record)
    return record


async def known(
    ledger: Ledger, to: Iterable[str] = (BOB,), *, ids: tuple[str, ...] = (), names: tuple[str, ...] = ()
) -> Known:
    asked = Question(EVERYTHING, ids, names, ledger.clock())
    return await ledger.history.known(ReversePath(parse_address(ANN)), tuple(map(parse_address, to)), asked)


async def test_nothing_is_asked_that_no_rule_needs(ledger: Ledger) -> None:
    await sent(ledger)
    found = await ledger.history.known(ReversePath(parse_address(ANN)), (parse_address(BOB),))
    assert (found.last_written, found.thread, found.names, found.circles) == (None, None, None, None)


async def test_when_somebody_was_written_to_last(ledger: Ledger) -> None:
    assert (await known(ledger)).last_written == {}
    await sent(ledger)
    ledger.clock.forward(days=3)
    await sent(ledger, (CAROL,))
    assert (await known(ledger, (BOB, CAROL, DAVE))).last_written == {BOB: timedelta(days=3), CAROL: timedelta()}


async def test_the_null_path_has_written_to_nobody(ledger: Ledger) -> None:
    await sent(ledger)
    asked = Question(EVERYTHING, moment=ledger.clock())
    found = await ledger.history.known(NULL_PATH, (parse_address(BOB),), asked)
    assert (found.last_written, found.names, found.circles) == ({}, {}, ())


async def test_a_colleague_of_somebody_forgotten_is_as_old_as_the_organization(ledger: Ledger) -> None:
    await sent(ledger)
    await ledger.db.write(lambda c: c.execute("DELETE FROM correspondent"))
    ledger.clock.forward(days=500)
    assert (await known(ledger)).last_written == {BOB: timedelta(days=500)}


async def test_held_refused_and_automatic_mail_teaches_nothing(ledger: Ledger) -> None:
    await ledger.add(Disposition.CONFIRM, known=told((BOB,), names={BOB: "Bob Jones"}))
    bounced = await ledger.add(to=(BOB,), known=told((BOB,), message_id="<2@corp.example>"))
    await ledger.relay(bounced, 550)
    machine = await ledger.add(to=(BOB,), known=replace(told((BOB,)), kind="auto_reply"))
    await ledger.relay(machine)
    assert await known(ledger, ids=("<1@corp.example>", "<2@corp.example>")) == Known(
        last_written={}, thread=frozenset(), names={}, circles=()
    )


async def test_names_are_those_last_used_and_lead_to_namesakes(ledger: Ledger) -> None:
    await sent(ledger, names={BOB: "Bob Jones"})
    await sent(ledger, names={BOB: "Jones, Bob"})
    await sent(ledger)  # a mail that shows the address only forgets no name
    assert (await known(ledger)).names == {BOB: "Jones, Bob"}
    assert (await known(ledger, (CAROL,))).names == {}
    assert (await known(ledger, (CAROL,), names=("bob jones",))).names == {BOB: "Jones, Bob"}


async def test_three_mails_to_the_same_people_are_a_circle(ledger: Ledger) -> None:
    for number in range(2):
        await sent(ledger, (CAROL, BOB), message_id=f"<{number}@corp.example>")
    assert (await known(ledger)).circles == ()
    await sent(ledger, (BOB, CAROL), message_id="<2@corp.example>")
    await sent(ledger, (BOB,), message_id="<3@corp.example>")
    assert (await known(ledger)).circles == (Circle(frozenset({BOB, CAROL}), 3),)


async def test_the_parts_of_a_split_mail_are_one_mail(ledger: Ledger) -> None:
    for address in (BOB, CAROL, DAVE):
        part = await ledger.add(to=(address,), known=told((BOB, CAROL, DAVE), message_id="<split@corp.example>"))
        await ledger.relay(part)
    counts = await ledger.db.read(lambda c: c.execute("SELECT members, count FROM circle").fetchall())
    assert [count for _, count in counts] == [1]


async def test_a_thread_is_known_by_the_mails_that_went_out(ledger: Ledger) -> None:
    await sent(ledger, (BOB, CAROL), message_id="<start@corp.example>")
    assert (await known(ledger, ids=("<start@corp.example>",))).thread == frozenset({ANN, BOB, CAROL})
    assert (await known(ledger, ids=("<else@corp.example>",))).thread == frozenset()
    assert (await known(ledger)).thread == frozenset()


async def test_who_was_taken_off_a_held_mail_took_no_part_though_to_shows_him(ledger: Ledger) -> None:
    held = await ledger.add(
        Disposition.CONFIRM, (BOB, CAROL), known=told((BOB, CAROL, DAVE), message_id="<held@corp.example>")
    )
    assert (await known(ledger, ids=("<held@corp.example>",))).thread == frozenset()
    await ledger.holds.apply(held.id, Event.REMOVE, HOUSE, ledger.clock(), recipients=(parse_address(CAROL),))
    await ledger.holds.apply(held.id, Event.RELEASE, HOUSE, ledger.clock())
    assert (await known(ledger, ids=("<held@corp.example>",))).thread == frozenset({ANN, BOB, DAVE})


async def test_a_mail_to_very_many_teaches_nothing_about_each(ledger: Ledger) -> None:
    many = tuple(f"p{number}@partner.example" for number in range(101))
    await sent(ledger, many)
    rows = await ledger.db.read(lambda c: c.execute("SELECT count(*) FROM correspondent").fetchone())
    assert rows == (0,)


async def test_memory_is_bounded_and_ends_with_the_metadata(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "PEOPLE_MAX", 2)
    monkeypatch.setattr(memory, "CIRCLES_MAX", 1)
    for to in ((BOB, CAROL), (BOB, DAVE), (BOB, "eve@fourth.example")):
        ledger.clock.forward(days=1)
        await sent(ledger, to)
    await ledger.spool.purge(ledger.clock(), Retention())
    rows = await ledger.db.read(lambda c: c.execute("SELECT key FROM correspondent ORDER BY key").fetchall())
    assert rows == [(BOB,), ("eve@fourth.example",)]
    assert await ledger.db.read(lambda c: c.execute("SELECT count(*) FROM circle").fetchone()) == (1,)
    ledger.clock.forward(days=401)
    await ledger.spool.purge(ledger.clock(), Retention())
    both = "SELECT (SELECT count(*) FROM correspondent), (SELECT count(*) FROM circle)"
    assert await ledger.db.read(lambda c: c.execute(both).fetchone()) == (0, 0)


async def test_the_thread_is_found_by_its_index(ledger: Ledger) -> None:
    plan = await ledger.db.read(
        lambda c: c.execute(
            "EXPLAIN QUERY PLAN SELECT number FROM message WHERE teaches = 1 AND message_id_header <> ''"
            " AND message_id_header IN (SELECT value FROM json_each('[]'))"
        ).fetchall()
    )
    assert "message_thread" in str(plan)


async def test_whom_a_rule_added_is_no_habit_of_the_sender(ledger: Ledger) -> None:
    message = mail((BOB,))
    judged = verdict(message)
    added = RecipientVerdict(parse_address(CAROL), True, Disposition.DELIVER, added=True)
    await ledger.spool.add(message, facts(), replace(judged, recipients=(*judged.recipients, added)), b"")
    outcomes = {parse_address(one): Outcome(Result.RELAYED, 250, "ok") for one in (BOB, CAROL)}
    await ledger.queue.record(message.id, outcomes, ledger.clock(), None, give_up=True)
    found = await ledger.history.known(ReversePath(parse_address(ANN)), (parse_address(BOB), parse_address(CAROL)))
    assert "partner.example" in found.sender_domains
    assert "other.example" not in found.sender_domains
    assert (await known(ledger, (BOB, CAROL))).last_written == {BOB: timedelta()}
