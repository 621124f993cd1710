"""Sorting over the real ledger: claimed, tried, recorded; later, given up, reported; and what a crash leaves behind.

The upstream here is a scripted object, so that each outcome comes when it is wanted; test_relay_* has real servers.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import email
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from tests.relaying import until

from mailguard import events
from mailguard.delivery import Bounces, BounceSettings, Delivery, DeliverySettings, Schedule, trying
from mailguard.mail.actor import HOUSE
from mailguard.mail.address import NULL_PATH, Address, ReversePath, parse_address
from mailguard.mail.alteration import Prepared, Recipe, RemoveAttachment, Split, TagSubject, ZipAttachments
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Facts, Headers
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.message import Body, Message, new_message_id
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Disposition, HoldTerms, RecipientVerdict, Verdict
from mailguard.notify.live import Live
from mailguard.relay.mailbox import MailboxUpstream
from mailguard.relay.outside import Outside
from mailguard.relay.upstream import Outgoing, deferred, same_for_all
from mailguard.store.db import Database
from mailguard.store.errors import StoreBusy, StoreError
from mailguard.store.holds import Holds
from mailguard.store.outbox import Outbox
from mailguard.store.queue import Queue
from mailguard.store.records import Filter, Job, MessageRecord, RecordResult
from mailguard.store.spool import Retention, Spool
from mailguard.workshop import Workshop

ANN, BOB, CY = (parse_address(f"{who}@x.example") for who in ("ann", "bob", "cy"))
MAIL = b"From: ann@x.example\r\nSubject: offer\r\nMessage-ID: <1@x.example>\r\n\r\nhello\r\n"
TAKEN = Outcome(Result.RELAYED, 250, "2.0.0 ok")
LATER = Outcome(Result.DEFERRED, 451, "4.3.0 later")
NEVER = Outcome(Result.FAILED, 550, "5.1.1 nobody")
UNKNOWN = deferred("no reply", unknown=True)


class Script:
    """An upstream that answers as told: the next entry of `answers`, for each recipient; the last one stays."""

    name = "script"

    def __init__(self, *answers: Outcome | dict[Address, Outcome] | Exception) -> None:
        self.answers = list(answers) or [TAKEN]
        self.sent: list[Outgoing] = []
        self.octets: list[bytes] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.now_under_way = self.most_under_way = 0
        self.rest = 0.0
        self.at_a_time = 10
        self.closed = False

    async def relay(self, outgoing: Outgoing) -> dict[Address, Outcome]:
        self.sent.append(outgoing)
        self.octets.append(outgoing.prefix + outgoing.body.read())
        self.now_under_way += 1
        self.most_under_way = max(self.most_under_way, self.now_under_way)
        try:
            await self.gate.wait()
        finally:
            self.now_under_way -= 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, dict) else same_for_all(outgoing.recipients, answer)

    @property
    def is_well(self) -> bool:
        return not self.rest

    def ready_in(self) -> float:
        return self.rest

    def capacity(self) -> int:
        return 0 if self.rest else self.at_a_time

    async def probe(self) -> str | None:
        return None

    async def close(self) -> None:
        self.closed = True


@dataclasses.dataclass
class Desk:
    """The ledger, and a sorting room over it whose clock is in our hand."""

    db: Database
    spool: Spool
    queue: Queue
    holds: Holds
    outbox: Outbox
    live: Live
    clock: list[datetime]
    noticed: list[None] = dataclasses.field(default_factory=list)
    rooms: list[Delivery] = dataclasses.field(default_factory=list)

    def now(self) -> datetime:
        return self.clock[0]

    def later(self, **wait: float) -> None:
        self.clock[0] += timedelta(**wait)

    def room(self, upstream: Any, **changes: Any) -> Delivery:
        """A sorting room that is not started yet."""
        settings = BounceSettings("mg.x.example", parse_address("mailguard@x.example"))
        values: dict[str, Any] = {"poll_seconds": 0.02, "schedule": Schedule(jitter=0.0), "stop_seconds": 5.0}
        values["mark"] = lambda message_id: f"X-Mark: {message_id}\r\n".encode()
        delivery = Delivery(
            self.queue,
            self.spool,
            upstream if isinstance(upstream, dict) else {"": upstream},
            Bounces(self.outbox, self.spool, self.holds.find, settings, now=self.now),
            DeliverySettings(**{**values, **changes}),
            workshop=Workshop(),
            now=self.now,
            live=self.live,
            noticed=lambda: self.noticed.append(None),
        )
        self.rooms.append(delivery)
        return delivery

    async def started(self, upstream: Any, **changes: Any) -> Delivery:
        delivery = self.room(upstream, **changes)
        await delivery.start()
        return delivery

    async def put(
        self,
        *recipients: Address,
        sender: ReversePath = ReversePath(ANN),  # noqa: B008 - a value
        octets: bytes = MAIL,
        disposition: Disposition = Disposition.DELIVER,
        lease: timedelta | None = None,
        recipes: dict[Address, Recipe] | None = None,
        route: str = "",
        routes: dict[Address, str] | None = None,
    ) -> MessageRecord:
        """Take a mail in, as intake does."""
        people = recipients or (BOB,)
        message = Message(
            new_message_id(self.now()), Envelope(sender, people, Client("192.0.2.1", "pc")), Body.of(octets), self.now()
        )
        terms = HoldTerms() if disposition is not Disposition.DELIVER else None
        verdict = Verdict(
            tuple(
                RecipientVerdict(a, True, disposition, terms=terms, route=(routes or {}).get(a, route)) for a in people
            )
        )
        facts = Facts(headers=Headers(subject="offer", message_id="<1@x.example>"))
        prefix = f"Received: {message.id}\r\n".encode()
        until_then = None if lease is None else self.now() + lease
        prepared = Prepared({address.key: recipe for address, recipe in (recipes or {}).items()})
        return await self.spool.add(message, facts, verdict, prefix, lease_until=until_then, prepared=prepared)

    async def find(self, message_id: str) -> MessageRecord:
        record = await self.holds.find(message_id)
        assert record is not None
        return record

    async def in_state(self, message_id: str, state: State, seconds: float = 60.0) -> MessageRecord:
        return await self.so(message_id, lambda record: record.state is state, seconds)

    async def so(self, message_id: str, true: Callable[[MessageRecord], bool], seconds: float = 60.0) -> MessageRecord:
        """The record as soon as something is true of it."""
        async with asyncio.timeout(seconds):
            while not true(record := await self.find(message_id)):  # noqa: ASYNC110 - other code does it
                await asyncio.sleep(0.005)
        return record

    async def letters(self) -> list[MessageRecord]:
        return list(await self.holds.page(Filter(kinds=("letter",)), 100))


@contextlib.asynccontextmanager
async def desk_in(tmp_path: Path) -> AsyncIterator[Desk]:
    db = await Database.open(tmp_path / "ledger.db")
    spool = Spool(db, tmp_path / "bodies")
    clock = [datetime(2026, 11, 23, 9, 0, tzinfo=UTC)]
    await spool.start(clock[0])
    desk = Desk(db, spool, Queue(db), Holds(db), Outbox(db), Live(), clock)
    try:
        yield desk
    finally:
        for room in desk.rooms:
            await room.stop()
        await db.close()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_in(tmp_path) as desk:
        yield desk


async def quiet(script: Script, count: int, seconds: float = 0.15) -> None:
    """So many tries, and no more in a while."""
    await until(lambda: len(script.sent) >= count)
    await asyncio.sleep(seconds)
    assert len(script.sent) == count


# Claim, relay, record


async def test_a_queued_mail_goes_out_as_it_was_taken_in(desk: Desk) -> None:
    record = await desk.put(BOB, CY)
    script = Script()
    await desk.started(script)
    done = await desk.in_state(record.id, State.RELAYED)
    assert script.octets == [record.prefix + MAIL]
    assert (script.sent[0].sender, set(script.sent[0].recipients)) == (ReversePath(ANN), {BOB, CY})
    assert {(r.state, r.last_code) for r in done.recipients} == {(State.RELAYED, 250)}
    await quiet(script, 1)


async def test_a_fresh_mail_is_handed_on_in_memory_and_goes_once(desk: Desk) -> None:
    script = Script()
    delivery = await desk.started(script)
    assert delivery.room_for_one()
    record = await desk.put(BOB, lease=timedelta(minutes=15))
    delivery.hand_on(record)
    await desk.in_state(record.id, State.RELAYED)
    await quiet(script, 1)
    assert not desk.noticed  # nobody is owed a letter for it, so nobody is woken to look


async def test_a_held_mail_stays_until_it_is_released(desk: Desk) -> None:
    script = Script()
    delivery = await desk.started(script)
    record = await desk.put(BOB, disposition=Disposition.CONFIRM, lease=timedelta(minutes=15))
    delivery.hand_on(record)
    await asyncio.sleep(0.1)
    assert not script.sent
    await desk.holds.apply(record.id, Event.RELEASE, HOUSE, desk.now(), recipients=None, comment="", notice=None)
    delivery.wake()
    await desk.in_state(record.id, State.RELAYED)


async def test_what_other_processes_release_is_found_without_a_hint(desk: Desk) -> None:
    script = Script()
    await desk.started(script)
    record = await desk.put(BOB)  # nobody called wake
    await desk.in_state(record.id, State.RELAYED)


async def test_each_recipient_ends_as_the_upstream_said(desk: Desk) -> None:
    dan = parse_address("dan@x.example")
    record = await desk.put(BOB, CY, dan)
    script = Script({BOB: TAKEN, CY: LATER, dan: NEVER}, TAKEN)
    await desk.started(script)
    await until(lambda: len(script.sent) == 1)
    now = await desk.so(record.id, lambda r: r.recipients[0].state is State.RELAYED)
    assert {r.address: r.state for r in now.recipients} == {BOB: State.RELAYED, CY: State.QUEUED, dan: State.BOUNCED}
    desk.later(minutes=2)
    await desk.in_state(record.id, State.BOUNCED)
    tries = [set(sent.recipients) for sent in script.sent if sent.message_id == record.id]
    assert tries == [{BOB, CY, dan}, {CY}]  # Bob gets it once


async def test_whom_a_server_puts_off_by_name_is_asked_for_last(desk: Desk) -> None:
    """It hangs up at so many of them, before it has heard of the others."""
    dan = parse_address("dan@x.example")
    record = await desk.put(BOB, CY, dan)
    hung_up = Outcome(Result.DEFERRED, 421, "4.7.0 too many errors")
    script = Script({BOB: LATER, CY: hung_up, dan: deferred("connection closed by the server")}, TAKEN)
    await desk.started(script)
    await desk.so(record.id, lambda r: all(one.last_text for one in r.recipients))
    desk.later(minutes=2)
    await desk.in_state(record.id, State.RELAYED)
    assert [sent.recipients for sent in script.sent] == [(BOB, CY, dan), (CY, dan, BOB)]


async def test_never_more_at_a_time_than_set(desk: Desk) -> None:
    script = Script()
    script.gate.clear()
    records = [await desk.put(BOB) for _ in range(12)]
    await desk.started(script, concurrency=3)
    await until(lambda: script.now_under_way == 3)
    await asyncio.sleep(0.1)
    assert len(script.sent) == 3
    script.gate.set()
    for record in records:
        await desk.in_state(record.id, State.RELAYED)
    assert script.most_under_way == 3
    assert collections.Counter(sent.message_id for sent in script.sent) == {record.id: 1 for record in records}


# Later, and too late


@pytest.mark.parametrize("answer", [LATER, UNKNOWN])
async def test_a_deferred_mail_is_tried_again_at_its_time_and_not_before(desk: Desk, answer: Outcome) -> None:
    record = await desk.put(BOB)
    script = Script(answer, answer, TAKEN)
    await desk.started(script)
    await quiet(script, 1)
    desk.later(seconds=59)
    await quiet(script, 1)
    desk.later(seconds=2)
    await quiet(script, 2)
    desk.later(minutes=1)
    await quiet(script, 2)
    desk.later(minutes=1, seconds=1)
    done = await desk.in_state(record.id, State.RELAYED)
    assert done.recipients[0].attempts >= 2
    history = [line.event for line in await desk_history(desk, record.id)]
    assert history.count("defer") == 2


@pytest.mark.parametrize(("answer", "away", "minutes"), [(LATER, True, 10), (LATER, False, 60), (UNKNOWN, True, 60)])
async def test_a_mail_waits_no_longer_for_a_server_that_is_away_than_it_would_for_itself(
    desk: Desk, answer: Outcome, away: bool, minutes: int
) -> None:
    class Sick(Script):
        async def relay(self, outgoing: Outgoing) -> dict[Address, Outcome]:
            self.rest = 60.0 if away else 0.0
            return await super().relay(outgoing)

    record = await desk.put(BOB)
    await desk.started(Sick(answer), schedule=Schedule(waits=(timedelta(hours=1),), jitter=0.0))
    tried = (await desk.so(record.id, lambda r: r.recipients[0].attempts > 0)).recipients[0]
    assert tried.due_at == desk.now() + timedelta(minutes=minutes)


async def desk_history(desk: Desk, message_id: str) -> Any:
    from mailguard.store.audit import Audit

    return await Audit(desk.db).history_of(message_id)


async def test_a_mail_is_given_up_and_its_sender_told_once(desk: Desk) -> None:
    record = await desk.put(BOB)
    script = Script(LATER)
    delivery = await desk.started(script)
    await quiet(script, 1)
    desk.later(days=3)
    delivery.wake()
    done = await desk.in_state(record.id, State.BOUNCED)
    assert done.recipients[0].last_code == 451
    report = await bounce_of(desk, script, record)
    assert b"Status: 5.4.7" in report
    assert len(await desk.letters()) == 1


async def test_time_in_a_hold_does_not_count(desk: Desk) -> None:
    """Released after three days of waiting for somebody: the first failure must not be the last."""
    record = await desk.put(BOB, disposition=Disposition.CONFIRM)
    desk.later(days=2, hours=23)
    await desk.holds.apply(record.id, Event.RELEASE, HOUSE, desk.now(), recipients=None, comment="", notice=None)
    desk.later(hours=2)
    script = Script(LATER, TAKEN)
    await desk.started(script)
    await quiet(script, 1)
    assert (await desk.find(record.id)).state is State.QUEUED
    desk.later(minutes=2)
    await desk.in_state(record.id, State.RELAYED)


async def bounce_of(desk: Desk, script: Script, record: MessageRecord) -> bytes:
    """The report as it went to the upstream."""
    await until(lambda: any(sent.message_id != record.id for sent in script.sent))
    (at,) = [n for n, sent in enumerate(script.sent) if sent.message_id != record.id]
    assert script.sent[at].sender == NULL_PATH
    assert script.sent[at].recipients == (ANN,)
    return script.octets[at]


async def test_a_refused_mail_is_reported_to_its_sender(desk: Desk) -> None:
    record = await desk.put(BOB, CY)
    script = Script({BOB: NEVER, CY: TAKEN}, TAKEN)
    await desk.started(script)
    octets = await bounce_of(desk, script, record)
    assert octets.startswith(b"X-Mark: ")
    report = email.message_from_bytes(octets)
    assert report.get_content_type() == "multipart/report"
    assert b"Final-Recipient: rfc822; bob@x.example" in octets
    assert b"cy@x.example" not in octets  # delivered: nobody's business here
    assert b"Message-ID: <1@x.example>" in octets  # the original's header
    assert b"hello" not in octets
    (letter,) = await desk.letters()
    assert letter.about == record.id
    assert desk.noticed


async def test_nobody_is_told_of_a_mail_from_the_null_path(desk: Desk) -> None:
    record = await desk.put(BOB, sender=NULL_PATH)
    script = Script(NEVER)
    await desk.started(script)
    await desk.in_state(record.id, State.BOUNCED)
    await quiet(script, 1)
    assert not await desk.letters()


async def test_a_letter_that_fails_is_not_answered(desk: Desk) -> None:
    """The report itself is refused: there the chain ends."""
    record = await desk.put(BOB)
    script = Script(NEVER)
    await desk.started(script)
    await desk.in_state(record.id, State.BOUNCED)
    await quiet(script, 2)
    (letter,) = await desk.letters()
    assert letter.state is State.BOUNCED


# The house fails, or ends


async def test_a_damaged_body_is_not_sent_and_not_lost(desk: Desk, tmp_path: Path) -> None:
    large = MAIL + b"x" * 70 + b"\r\n"
    record = await desk.put(BOB, octets=large * 2000)
    (file,) = [p for p in (tmp_path / "bodies").rglob("*") if p.is_file()]
    honest = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(honest[:-3] + b"y\r\n")
    outside = tmp_path / "outside"
    await desk.started(MailboxUpstream(outside, desk.now))
    tried = await desk.so(record.id, lambda r: r.recipients[0].attempts > 0)
    assert tried.state is State.QUEUED
    assert await Outside(outside).mails(10) == []
    file.write_bytes(honest)
    desk.later(minutes=2)
    await desk.in_state(record.id, State.RELAYED)
    (mail,) = await Outside(outside).mails(10)
    assert await Outside(outside).octets(mail.name) == record.prefix + honest


async def test_an_upstream_that_breaks_its_word_breaks_nothing_else(desk: Desk) -> None:
    first, second = await desk.put(BOB), await desk.put(CY)
    script = Script(RuntimeError("bug"), TAKEN)
    await desk.started(script, concurrency=1)
    states = set()
    async with asyncio.timeout(60):
        while State.RELAYED not in states:
            # Both carry the same mail, so people see one; each is sent for itself.
            states = {copy.state for r in (first, second) for copy in (await desk.find(r.id)).recipients}
            await asyncio.sleep(0.01)
    assert states == {State.RELAYED, State.QUEUED}  # the other's lease ends, then it is tried again
    desk.later(minutes=16)
    for record in (first, second):
        await desk.in_state(record.id, State.RELAYED)


async def test_an_outcome_is_kept_through_a_busy_ledger(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Upstream said 250; writing that down fails twice: insisting is what keeps the mail from going twice."""
    record = await desk.put(BOB)
    honest: Callable[..., Any] = desk.queue.record
    failures: list[StoreError] = [StoreBusy("locked"), StoreError("disk")]

    async def flaky(*args: Any) -> RecordResult:
        if failures:
            raise failures.pop()
        result: RecordResult = await honest(*args)
        return result

    monkeypatch.setattr(desk.queue, "record", flaky)
    script = Script()
    await desk.started(script)
    await desk.in_state(record.id, State.RELAYED)
    await quiet(script, 1)


async def test_a_ledger_that_cannot_be_read_is_asked_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    record = await desk.put(BOB)
    honest: Callable[..., Any] = desk.queue.next_due
    failures: list[StoreError] = [StoreBusy("locked")]

    async def flaky(now: datetime, way: str) -> datetime | None:
        if failures:
            raise failures.pop()
        found: datetime | None = await honest(now, way)
        return found

    monkeypatch.setattr(desk.queue, "next_due", flaky)
    await desk.started(Script())
    await desk.in_state(record.id, State.RELAYED)


async def test_a_body_that_cannot_be_read_now_is_tried_soon(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when the lease ends: nothing had been offered to anybody. To give it back fails at first, too."""
    monkeypatch.setattr(trying, "_SOON", (0.0, 0.0))
    record = await desk.put(BOB)
    read, give_back = desk.spool.body, desk.queue.give_back
    failures: list[StoreError] = [StoreBusy("locked"), StoreBusy("locked")]

    async def body(message_id: str) -> Body:
        if len(failures) == 2:
            raise failures.pop()
        return await read(message_id)

    async def back(*args: Any) -> None:
        if failures:
            raise failures.pop()
        await give_back(*args)

    monkeypatch.setattr(desk.spool, "body", body)
    monkeypatch.setattr(desk.queue, "give_back", back)
    script = Script()
    await desk.started(script)
    await desk.in_state(record.id, State.RELAYED)
    assert not failures
    await quiet(script, 1)


async def test_a_sick_upstream_is_left_in_peace_and_then_tried_by_one(desk: Desk) -> None:
    records = [await desk.put(BOB) for _ in range(6)]
    script = Script()
    script.rest = 30.0
    delivery = await desk.started(script)
    assert not delivery.room_for_one()
    for _ in range(20):
        delivery.wake()
        await asyncio.sleep(0.01)
    assert not script.sent  # not one claim, not one try
    script.rest, script.at_a_time = 0.0, 1
    script.gate.clear()
    delivery.wake()
    await until(lambda: script.now_under_way == 1)
    await asyncio.sleep(0.1)
    assert len(script.sent) == 1
    script.at_a_time = 10
    script.gate.set()
    for record in records:
        await desk.in_state(record.id, State.RELAYED)


async def test_a_next_server_that_refuses_us_stands_still_until_it_takes_a_mail(desk: Desk) -> None:
    refused = deferred("did not take our login: 535 no", code=535, about_us=True)
    records = [await desk.put(BOB) for _ in range(2)]
    script = Script(refused)
    delivery = await desk.started(script)
    assert not delivery.flows("default")  # nobody has looked yet
    for record in records:
        await desk.so(record.id, lambda it: it.recipients[0].attempts == 1)
    await delivery.look()
    assert not delivery.stuck()
    desk.later(seconds=90)
    for record in records:
        await desk.so(record.id, lambda it: it.recipients[0].attempts == 2)
    await delivery.look()
    (stop,) = delivery.stuck().values()
    assert (stop.why, stop.copies, stop.said) == ("refused", 2, refused.text)
    assert b'mailguard_upstream_sick{upstream="default"} 1.0' in generate_latest(events.REGISTRY)
    await delivery.stop()

    delivery = await desk.started(script)
    await delivery.look()
    assert not delivery.flows("default")  # nothing has gone since the start
    script.answers = [TAKEN]
    desk.later(hours=1)
    for record in records:
        await desk.in_state(record.id, State.RELAYED)
    await delivery.look()
    assert delivery.flows("default")
    assert not delivery.stuck()
    assert b'mailguard_upstream_sick{upstream="default"} 0.0' in generate_latest(events.REGISTRY)


async def test_stopping_lets_what_is_under_way_end_and_begins_nothing(desk: Desk) -> None:
    records = [await desk.put(BOB) for _ in range(4)]
    script = Script()
    script.gate.clear()
    delivery = await desk.started(script, concurrency=2)
    await until(lambda: script.now_under_way == 2)
    asyncio.get_running_loop().call_later(0.1, script.gate.set)
    await delivery.stop()
    states = sorted([(await desk.find(r.id)).state for r in records])
    assert states == [State.QUEUED, State.QUEUED, State.RELAYED, State.RELAYED]
    assert len(script.sent) == 2
    assert script.closed


async def test_a_try_that_hangs_at_the_stop_is_tried_after_the_start(desk: Desk) -> None:
    record = await desk.put(BOB)
    script = Script()
    script.gate.clear()
    delivery = await desk.started(script, stop_seconds=0.05)
    await until(lambda: script.now_under_way == 1)
    await delivery.stop()
    assert (await desk.find(record.id)).state is State.QUEUED
    again = Script()
    await desk.started(again)  # within the lease: a start frees what nobody works on any more
    await desk.in_state(record.id, State.RELAYED)
    assert len(again.sent) == 1


async def test_fresh_mail_in_hand_at_the_stop_is_due_again_at_once(desk: Desk) -> None:
    script = Script()
    delivery = desk.room(script)  # never started: nothing takes it out of the hand
    record = await desk.put(BOB, lease=timedelta(minutes=15))
    delivery.hand_on(record)
    await delivery.stop()
    assert [job.record.id for job in await desk.queue.claim(desk.now(), timedelta(minutes=1), 10)] == [record.id]


async def test_a_report_that_a_crash_left_unwritten_is_written_at_the_start(desk: Desk) -> None:
    record = await desk.put(BOB)
    await desk.queue.claim(desk.now(), timedelta(minutes=15), 10)
    result = await desk.queue.record(record.id, {BOB: NEVER}, desk.now(), None, False)
    assert result.bounce_notice is not None  # ... and here the house fell down
    script = Script()
    first = await desk.started(script)
    assert b"bob@x.example" in await bounce_of(desk, script, record)
    await first.stop()
    await desk.started(Script())
    await asyncio.sleep(0.1)
    assert len(await desk.letters()) == 1


async def test_consoles_hear_of_it(desk: Desk) -> None:
    with desk.live.listening(ANN.key) as listener:
        assert listener is not None
        record = await desk.put(BOB)
        await desk.started(Script())
        heard = await listener.next(5)
    assert heard is not None
    assert (heard.kind, heard.message_id) == ("relayed", record.id)


# Alterations

TAG: Recipe = (TagSubject("[x]"),)
TAGGED = MAIL.replace(b"Subject: ", b"Subject: [x] ")
FILE = (
    b"From: ann@x.example\r\nSubject: offer\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf\r\n"
    b"Content-Disposition: attachment; filename=a.pdf\r\n\r\npdf\r\n"
)


async def test_copies_leave_as_their_recipes_say_and_the_rest_as_it_came(desk: Desk) -> None:
    record = await desk.put(BOB, CY, recipes={CY: TAG})
    assert [one.recipe for one in record.recipients] == [(), TAG]
    script = Script()
    await desk.started(script)
    done = await desk.in_state(record.id, State.RELAYED)
    assert {sent.recipients: octets for sent, octets in zip(script.sent, script.octets, strict=True)} == {
        (BOB,): record.prefix + MAIL,
        (CY,): record.prefix + TAGGED,
    }
    assert [sent.size for sent in script.sent] == [len(one) for one in script.octets]
    assert [one.attempts for one in done.recipients] == [1, 1]
    assert (await desk.spool.body(record.id)).read() == MAIL


async def test_each_transaction_is_recorded_before_the_next(desk: Desk) -> None:
    split: Recipe = (Split(),)
    record = await desk.put(BOB, CY, ANN, recipes={BOB: split, CY: split, ANN: split})
    script = Script(TAKEN, RuntimeError("the process died"), TAKEN)
    await desk.started(script)
    await desk.so(record.id, lambda now: any(one.state is State.RELAYED for one in now.recipients))
    await quiet(script, 2)
    left = {one.address for one in (await desk.find(record.id)).recipients if one.state is State.QUEUED}
    assert left == {one.address for one in record.recipients} - set(script.sent[0].recipients)


async def test_what_does_not_fit_into_one_lease_waits_for_the_next(desk: Desk) -> None:
    split: Recipe = (Split(),)
    record = await desk.put(BOB, CY, ANN, recipes={BOB: split, CY: split, ANN: split})
    script = Script()
    await desk.started(script, lease=timedelta(0))  # over as soon as it began
    await desk.in_state(record.id, State.RELAYED)
    # A lease that is over lets others try, too: on a busy machine somebody may be tried twice here, but nobody is left.
    assert {sent.recipients for sent in script.sent} == {(BOB,), (CY,), (ANN,)}


async def test_no_try_begins_that_might_outlive_the_lease(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its copies would be claimed once more, and sent twice: a server may take its time for each of them."""
    split: Recipe = (Split(),)
    record = await desk.put(BOB, CY, ANN, recipes={BOB: split, CY: split, ANN: split})
    script, claimed, claim = Script(), list[int](), desk.queue.claim

    class Slow(Script):
        async def relay(self, outgoing: Outgoing) -> dict[Address, Outcome]:
            await asyncio.sleep(1.5)
            return await script.relay(outgoing)

    async def counted(*asked: Any) -> list[Job]:
        jobs = await claim(*asked)
        claimed.extend(len(job.recipients) for job in jobs)
        return jobs

    monkeypatch.setattr(desk.queue, "claim", counted)
    await desk.started(Slow(), lease=timedelta(seconds=30), try_seconds=28, fresh_seconds=1)  # so 1 s is to spare
    await desk.in_state(record.id, State.RELAYED)
    assert claimed == [3, 2, 1]
    assert len(script.sent) == 3
    assert DeliverySettings().spare_seconds > 0


async def test_a_retry_sends_the_same_octets_also_after_a_new_start(desk: Desk) -> None:
    packed: Recipe = (ZipAttachments("ABCD-EFGH-JKMN-PQRS", "0" * 64), *TAG)
    record = await desk.put(BOB, octets=FILE, recipes={BOB: packed})
    first = Script(LATER)
    room = await desk.started(first)
    await quiet(first, 1)
    await room.stop()
    desk.later(minutes=2)
    second = Script()
    await desk.started(second)
    await desk.in_state(record.id, State.RELAYED)
    assert first.octets == second.octets
    assert b"application/zip" in first.octets[0]


async def test_what_cannot_be_made_ready_waits_for_somebody_to_decide(desk: Desk) -> None:
    gone: Recipe = (RemoveAttachment(sha256="f" * 64),)
    record = await desk.put(BOB, CY, recipes={CY: gone})
    script = Script()
    delivery = await desk.started(script)
    await desk.so(record.id, lambda now: {one.state for one in now.recipients} == {State.RELAYED, State.HELD})
    assert [sent.recipients for sent in script.sent] == [(BOB,)]
    held = (await desk.find(record.id)).recipients[1]
    assert (held.state, held.leased, held.expire_action) == (State.HELD, False, "return")
    assert held.expires_at == desk.now() + timedelta(hours=72)
    assert [(n.kind, n.detail["recipients"]) for n in await desk.outbox.pending()] == [("held", [str(CY)])]
    # whoever lets it go lets it be tried once more, and nothing is lost
    await desk.holds.apply(record.id, Event.RELEASE, HOUSE, desk.now())
    delivery.wake()
    await desk.so(record.id, lambda now: now.recipients[1].state is State.HELD)
    assert len(script.sent) == 1


async def test_a_recipe_that_is_damaged_keeps_the_copy_in_the_house(desk: Desk) -> None:
    record = await desk.put(BOB, recipes={BOB: TAG})
    await desk.db.write(lambda c: c.execute('UPDATE recipe SET alterations = \'[{"kind": "tug"}]\''))
    script = Script()
    await desk.started(script)
    await desk.in_state(record.id, State.HELD)
    assert script.sent == []


async def test_the_password_is_owed_once_and_only_when_the_file_is_out(desk: Desk) -> None:
    packed: Recipe = (ZipAttachments("ABCD-EFGH-JKMN-PQRS", "0" * 64),)
    dan = parse_address("dan@x.example")
    record = await desk.put(BOB, CY, dan, octets=FILE, recipes={BOB: packed, CY: (*packed, *TAG)})
    script = Script(TAKEN, LATER, LATER, TAKEN)  # Dan's copy, which is not locked, is out first
    await desk.started(script)
    await quiet(script, 3)
    assert await desk.outbox.pending() == []
    desk.later(minutes=2)
    await desk.in_state(record.id, State.RELAYED)
    (notice,) = await desk.outbox.pending()
    assert (notice.kind, notice.to, notice.message_id) == ("password", str(ANN), record.id)
    assert "ABCD" not in repr(notice)
    assert "ABCD" not in repr(record)


async def test_recipes_go_with_the_octets(desk: Desk) -> None:
    record = await desk.put(BOB, recipes={BOB: TAG})
    await desk.started(Script())
    await desk.in_state(record.id, State.RELAYED)
    await desk.spool.purge(desk.now() + timedelta(days=8), Retention())
    rows = await desk.db.read(lambda c: c.execute("SELECT count(*) FROM recipe").fetchone())
    assert rows == (0,)


async def test_a_sick_upstream_is_seen_in_the_figures_and_delays_no_other(desk: Desk) -> None:
    good, away = Script(), Script()
    away.rest = 30.0
    record = await desk.put(BOB, CY, routes={CY: "branch"})
    delivery = await desk.started({"": good, "branch": away})
    found = await desk.so(record.id, lambda r: r.recipients[0].state is State.RELAYED)
    assert found.recipients[1].state is State.QUEUED
    assert not away.sent
    await delivery.look()
    shown = generate_latest(events.REGISTRY).decode()
    assert 'mailguard_upstream_sick{upstream="branch"} 1.0' in shown
    assert 'mailguard_upstream_queue{upstream="branch"} 1.0' in shown
    assert 'mailguard_upstream_sick{upstream="default"} 0.0' in shown


async def test_a_fresh_mail_of_two_ways_is_handed_on_by_both(desk: Desk) -> None:
    one, two = Script(), Script()
    delivery = await desk.started({"": one, "branch": two})
    assert delivery.room_for_one({"", "branch"})
    assert not delivery.room_for_one({"", "gone"})
    two.rest = 5.0
    assert not delivery.room_for_one({"", "branch"})
    two.rest = 0.0
    record = await desk.put(BOB, CY, lease=timedelta(minutes=15), routes={CY: "branch"})
    delivery.hand_on(record)
    await desk.in_state(record.id, State.RELAYED)
    assert ([m.recipients for m in one.sent], [m.recipients for m in two.sent]) == ([(BOB,)], [(CY,)])


async def test_copies_that_a_server_had_no_place_for_are_due_again_soon_and_uncounted(desk: Desk) -> None:
    record = await desk.put(BOB, CY)
    script = Script({BOB: TAKEN}, TAKEN)
    await desk.started(script)
    waiting = await desk.so(record.id, lambda r: r.recipients[0].state is State.RELAYED and not r.recipients[1].leased)
    due = waiting.recipients[1].due_at
    assert due is not None
    assert timedelta(seconds=1) < due - desk.now() <= timedelta(seconds=10)
    assert waiting.recipients[1].attempts == 0
    desk.later(seconds=11)
    await desk.in_state(record.id, State.RELAYED)
