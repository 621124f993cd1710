"""Letters done together come to the same as each by itself; what is handed over in memory is what the ledger owes."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.store.test_bulk import LEASE, alone, everything
from tests.ledger import ANN, BOB, BOSS, CAROL, NOON, PREFIX, Ledger, facts, mail, opened, verdict

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.lifecycle import Event
from mailguard.mail.message import Message, new_message_id
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Disposition
from mailguard.store.db import Database
from mailguard.store.letters import Carried, Outdated
from mailguard.store.records import MessageRecord, Notice
from mailguard.store.reply_tickets import new_reply
from mailguard.store.sessions import NewTicket
from mailguard.store.spool import SMALL_BODY

SENDER = Actor(ANN, Role.SENDER, "console")


@dataclass(frozen=True)
class Told:
    """A held mail, and the letter about it."""

    disposition: Disposition
    to: tuple[str, ...]
    decided: bool = False  # before the letter
    remembered: bool = False  # the letter is written from the mail as it came in
    leased: bool = False
    twice: bool = False
    secrets: bool = False
    large: bool = False
    result: Result = Result.RELAYED


TOLD = st.builds(
    Told,
    disposition=st.sampled_from([*[Disposition.CONFIRM] * 4, Disposition.APPROVE, Disposition.DELAY]),
    to=st.sampled_from([(BOB,), (BOB, CAROL)]),
    decided=st.sampled_from([False] * 4 + [True]),
    remembered=st.booleans(),
    leased=st.sampled_from([True, True, False]),
    twice=st.sampled_from([False] * 4 + [True]),
    secrets=st.booleans(),
    large=st.sampled_from([False] * 6 + [True]),
    result=st.sampled_from([*[Result.RELAYED] * 5, Result.DEFERRED]),
)
Made = tuple[Told, Message, str]


def prepared(moments: Sequence[Sequence[Told]]) -> list[list[Made]]:
    return [
        [
            (told, mail(told.to, at=(at := NOON + timedelta(minutes=number))), new_message_id(at))
            for told in sorted(moment, key=lambda one: one.disposition is not Disposition.APPROVE)
        ]
        for number, moment in enumerate(moments)
    ]


async def entered(ledger: Ledger, told: Told, message: Message) -> MessageRecord:
    known = facts()
    known = replace(known, headers=replace(known.headers, message_id=f"<{message.id}@x>"))
    return await ledger.spool.add(message, known, verdict(message, told.disposition, approvers=(BOSS,)), PREFIX)


async def written(ledger: Ledger, made: Made, record: MessageRecord, ends: list[int]) -> list[bool]:
    told, message, letter_id = made
    octets = b"Subject: held\r\n\r\n" + letter_id.encode() * (SMALL_BODY // 10 if told.large else 1)
    secret = letter_id.encode().ljust(32)
    ticket = NewTicket("letter", secret, b"s" * 16, b"c" * 32, None, ANN, message.id, 0, 2**60)
    reply = new_reply(letter_id, ANN, message.id, NOON + LEASE, 1)
    letters = []
    for number in range(1 + told.twice):
        made_letter = await ledger.spool.add_letter(
            letter_id if number == 0 else letter_id[::-1],
            parse_address(ANN),
            octets,
            about=message.id,
            now=message.received_at,
            ends=ends,
            lease_until=message.received_at + LEASE if told.leased else None,
            carried=Carried((ticket,), (reply,)) if told.secrets and number == 0 else Carried(),
            of=record if told.remembered else None,
        )
        letters.append(made_letter is not None)
    return letters


async def sent(ledger: Ledger, made: Made) -> Any:
    told, message, letter_id = made
    now = message.received_at + timedelta(seconds=1)
    outcomes = {parse_address(ANN): Outcome(told.result, 250, "ok", mta="next.example")}
    return await ledger.queue.record(letter_id, outcomes, now, now + LEASE, give_up=False)


async def lived(folder: Path, moments: list[list[Made]]) -> tuple[list[Any], dict[str, Any]]:
    said: list[Any] = []
    async with opened(folder) as ledger:
        ledger.outbox.listen()
        for moment in moments:
            records = await asyncio.gather(*(entered(ledger, told, message) for told, message, _ in moment))
            owed = {notice.message_id: notice for notice in await ledger.outbox.pending() if notice.kind == "held"}
            for told, message, _ in moment:
                if told.decided:
                    await ledger.holds.apply(message.id, Event.CANCEL, SENDER, message.received_at)
            letters = (
                written(ledger, made, record, [owed[made[1].id].id] if made[1].id in owed else [])
                for made, record in zip(moment, records, strict=True)
            )
            said += await asyncio.gather(*letters, return_exceptions=True)
            said += await asyncio.gather(*(sent(ledger, made) for made in moment), return_exceptions=True)
        assert await ledger.audit.verify() is None
        rows = await ledger.db.read(everything)
    for row in rows["ticket"]:
        assert "'id'" in row
    rows["ticket"] = sorted(row.partition(",")[2] for row in rows["ticket"])  # who was first is nobody's business
    return [f"{type(one).__name__} {one}" if isinstance(one, Exception) else one for one in said], rows


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(moments=st.lists(st.lists(TOLD, min_size=1, max_size=5), min_size=1, max_size=2))
async def test_together_is_as_each_by_itself(moments: list[list[Told]]) -> None:
    made = prepared(moments)
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        pytest.MonkeyPatch.context() as patch,
    ):
        together = await lived(Path(one), made)
        patch.setattr(Database, "write", alone(Database.write))
        apart = await lived(Path(other), made)
    assert together == apart


async def test_what_is_handed_over_is_what_the_ledger_owes(ledger: Ledger) -> None:
    ledger.outbox.listen()
    mails = [mail((BOB,), at=NOON + timedelta(seconds=number)) for number in range(3)]
    told = Told(Disposition.CONFIRM, (BOB,))
    records = await asyncio.gather(*(entered(ledger, told, message) for message in mails))
    assert all(ledger.outbox.owed_of(message.id) for message in mails)
    fresh = ledger.outbox.fresh(10)
    assert [notice for notice, _ in fresh] == await ledger.outbox.pending()
    assert {record.id: record for _, record in fresh} == {record.id: record for record in records}
    assert ledger.outbox.fresh(10) == []
    assert not ledger.outbox.owed_of(mails[0].id)


@pytest.mark.parametrize("disposition", [Disposition.APPROVE, Disposition.DELAY])
async def test_what_others_are_asked_or_nobody_is_told_is_left_to_the_ledger(
    ledger: Ledger, disposition: Disposition
) -> None:
    ledger.outbox.listen()
    message = mail((BOB,))
    await entered(ledger, Told(disposition, (BOB,)), message)
    assert not ledger.outbox.owed_of(message.id)
    assert ledger.outbox.fresh(10) == []


async def test_where_nobody_listens_nothing_is_kept(ledger: Ledger) -> None:
    await entered(ledger, Told(Disposition.CONFIRM, (BOB,)), mail((BOB,)))
    assert ledger.outbox.fresh(10) == []


@pytest.mark.parametrize("change", ["decided", "frozen", "touched", "asked", "clock", "part"])
async def test_a_letter_about_a_mail_as_it_was_is_not_sent(ledger: Ledger, change: str) -> None:
    ledger.outbox.listen()
    message = mail((BOB, CAROL))
    await entered(ledger, Told(Disposition.CONFIRM, (BOB, CAROL)), message)
    ((notice, record),) = ledger.outbox.fresh(10)
    if change == "decided":
        one = parse_address(BOB)
        await ledger.holds.apply(message.id, Event.RELEASE, SENDER, NOON, recipients=(one,))
    elif change == "frozen":
        await ledger.holds.apply(message.id, Event.HOLD, SENDER, NOON, frozen_until=NOON + LEASE)
    else:
        sql = {"touched": "UPDATE recipient SET event = 'hold' WHERE position = 1",
               "asked": "UPDATE recipient SET asks = '[{}]'", "clock": "UPDATE recipient SET due_at = due_at + 1",
               "part": "INSERT INTO part (message, first) SELECT number, number FROM message"}[change]  # fmt: skip
        await ledger.db.write(lambda c: c.execute(sql))
    with pytest.raises(Outdated):
        await added(ledger, notice, record)
    assert await ledger.outbox.pending(kinds=("held",)) == [notice], "it is owed still"
    assert await added(ledger, notice, None) is not None


async def added(ledger: Ledger, notice: Notice, record: MessageRecord | None) -> MessageRecord | None:
    to, name = parse_address(ANN), new_message_id(NOON)
    return await ledger.spool.add_letter(name, to, b"x", about=notice.message_id, now=NOON, ends=[notice.id], of=record)
