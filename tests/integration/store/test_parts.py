"""One mail that a cloud hands over in several transactions: one question, one decision, also for the part that comes
late; and everything that must not be taken for such a part.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.ledger import ANN, BOB, BOSS, CAROL, DEPUTY, Ledger, facts, mail, verdict

from mailguard.mail.actor import HOUSE, Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.facts import Attachment, Facts, HeaderAddress
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.outcome import Outcome, result_of
from mailguard.mail.verdict import Ask, Disposition
from mailguard.store.records import Filter, MessageRecord, Notice

SENDER = Actor(ANN, Role.SENDER, "console")
APPROVER = Actor(BOSS, Role.APPROVER, "console")
CONFIRM, APPROVE, DELAY, DELIVER = Disposition.CONFIRM, Disposition.APPROVE, Disposition.DELAY, Disposition.DELIVER
DAVE = "dave@fourth.example"


def named(*people: str, **more: Any) -> Facts:
    """Facts of a mail whose To field names these people."""
    known = facts()
    headers = replace(known.headers, to=tuple(map(HeaderAddress, people)), **more)
    return replace(known, headers=headers)


async def part(ledger: Ledger, to: str, disposition: Disposition = CONFIRM, **more: Any) -> MessageRecord:
    return await ledger.add(disposition, (to,), known=more.pop("known", named(BOB, CAROL)), **more)


async def owed(ledger: Ledger, *kinds: str) -> list[Notice]:
    return [notice for notice in await ledger.outbox.pending(100) if not kinds or notice.kind in kinds]


def states(record: MessageRecord) -> dict[str, State]:
    return {str(copy.address): copy.state for copy in record.recipients}


async def test_two_parts_are_one_mail_with_one_letter_and_one_decision(ledger: Ledger) -> None:
    one = await part(ledger, BOB)
    ledger.clock.forward(seconds=2)
    two = await part(ledger, CAROL)
    for asked in (one.id, two.id):
        found = await ledger.found(asked)
        assert (found.id, found.parts, found.lead) == (asked, (one.id, two.id), one.id)
        assert states(found) == {BOB: State.HELD, CAROL: State.HELD}
        assert [copy.part for copy in found.recipients] == [one.id, two.id]
    assert [(notice.kind, notice.message_id) for notice in await owed(ledger)] == [("held", one.id)]
    done = await ledger.holds.apply(two.id, Event.RELEASE, SENDER, ledger.clock())
    assert set(map(str, done.changed)) == {BOB, CAROL}
    assert states(await ledger.found(one.id)) == {BOB: State.QUEUED, CAROL: State.QUEUED}


async def test_a_part_waits_as_long_as_the_one_before(ledger: Ledger) -> None:
    one = await part(ledger, BOB, DELAY, after=timedelta(seconds=60), action="release")
    ledger.clock.forward(seconds=20)
    two = await part(ledger, CAROL, DELAY, after=timedelta(seconds=60), action="release")
    assert two.recipients[0].expires_at == one.recipients[0].expires_at
    assert await owed(ledger) == []


@pytest.mark.parametrize(
    ("second", "apart"),
    [
        ({"to": BOB}, 1),
        ({"to": CAROL}, 61),
        ({"to": CAROL, "known": named(BOB, CAROL, subject="another")}, 1),
        ({"to": CAROL, "known": replace(named(BOB, CAROL), text="another")}, 1),
        ({"to": CAROL, "known": replace(named(BOB, CAROL), html="<p>another")}, 1),
        ({"to": CAROL, "known": named(BOB)}, 1),
        ({"to": CAROL, "known": named(BOB, CAROL, reply_to=(HeaderAddress(DAVE),))}, 1),
        ({"to": CAROL, "known": named(BOB, CAROL, message_id="<2@corp.example>")}, 1),
        ({"to": CAROL, "sender": BOSS}, 1),
        ({"to": CAROL, "login": DEPUTY}, 1),
        ({"to": CAROL, "known": replace(named(BOB, CAROL), auto_generated=True)}, 1),
        (
            {
                "to": CAROL,
                "known": replace(
                    named(BOB, CAROL), attachments=(Attachment("a", "x/y", "x/y", "pdf", 1, "1" * 64, True),)
                ),
            },
            1,
        ),
    ],
)
async def test_what_is_no_part_of_it(ledger: Ledger, second: dict[str, Any], apart: int) -> None:
    one = await part(ledger, BOB)
    ledger.clock.forward(seconds=apart)
    other = await part(ledger, **second)
    assert (await ledger.found(one.id)).parts == ()
    assert (await ledger.found(other.id)).parts == ()
    assert {notice.message_id for notice in await owed(ledger, "held")} == {one.id, other.id}


async def test_no_message_id_and_no_sender_never_make_one_mail(ledger: Ledger) -> None:
    for more in ({"known": named(BOB, message_id="")}, {"sender": None}):
        for to in (BOB, CAROL):
            record = await part(ledger, to, **more)
            assert (await ledger.found(record.id)).parts == ()


async def test_the_window_counts_from_the_latest_part(ledger: Ledger) -> None:
    await part(ledger, BOB)
    ledger.clock.forward(seconds=50)
    await part(ledger, CAROL)
    ledger.clock.forward(seconds=50)
    last = await part(ledger, DAVE)
    assert len((await ledger.found(last.id)).parts) == 3


async def test_a_mail_sent_twice_in_parts_is_two_mails(ledger: Ledger) -> None:
    ids = [(await part(ledger, to)).id for to in (BOB, BOB, CAROL, CAROL)]
    families = [(await ledger.found(one)).parts for one in ids]
    assert families == [(ids[0], ids[3]), (ids[1], ids[2]), (ids[1], ids[2]), (ids[0], ids[3])]


async def test_two_parts_at_the_same_moment(ledger: Ledger) -> None:
    records = await asyncio.gather(*(part(ledger, to) for to in (BOB, CAROL, DAVE)))
    assert len((await ledger.found(records[0].id)).parts) == 3
    assert len(await owed(ledger, "held")) == 1


# What a late part takes over


@pytest.mark.parametrize("disposition", [DELIVER, DELAY, CONFIRM, APPROVE])
@pytest.mark.parametrize("event", [Event.CANCEL, Event.REJECT, Event.EXPIRE])
async def test_what_was_not_sent_is_not_sent_by_a_late_part(
    ledger: Ledger, event: Event, disposition: Disposition
) -> None:
    one = await part(ledger, BOB, APPROVE, approvers=(BOSS,))
    await ledger.holds.apply(one.id, event, APPROVER, ledger.clock())
    before = await owed(ledger)
    late = await part(ledger, CAROL, disposition, approvers=(BOSS,))
    assert late.state is State.CANCELLED
    assert await ledger.queue.claim(ledger.clock.forward(days=9), timedelta(minutes=1), 10) == []
    line = (await ledger.audit.history_of(late.id))[-1]
    assert (line.event, line.detail) == ("cancel", {"joined": one.id, "by": BOSS})
    assert await owed(ledger) == before


async def test_a_lease_taken_at_the_door_does_not_let_a_stopped_part_out(ledger: Ledger) -> None:
    one = await part(ledger, BOB)
    await ledger.holds.apply(one.id, Event.CANCEL, SENDER, ledger.clock())
    message = mail((CAROL,), at=ledger.clock())
    until = ledger.clock() + timedelta(minutes=15)
    late = await ledger.spool.add(message, named(BOB, CAROL), verdict(message), b"", lease_until=until)
    assert (late.state, late.recipients[0].leased) == (State.CANCELLED, False)


async def test_a_late_part_goes_when_its_sender_let_the_mail_go(ledger: Ledger) -> None:
    one = await part(ledger, BOB)
    await ledger.holds.apply(one.id, Event.RELEASE, SENDER, ledger.clock())
    before = await owed(ledger)
    late = await part(ledger, CAROL)
    assert (late.state, late.recipients[0].decided_by) == (State.QUEUED, ANN)
    line = (await ledger.audit.history_of(late.id))[-1]
    assert (line.event, line.detail) == ("release", {"joined": one.id, "by": ANN})
    assert await owed(ledger) == before


async def test_one_letter_says_that_all_parts_were_sent(ledger: Ledger) -> None:
    one = await part(ledger, BOB)
    await part(ledger, CAROL)
    await ledger.holds.apply(one.id, Event.RELEASE, SENDER, ledger.clock())
    await part(ledger, DAVE)
    jobs = await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 100)
    assert len(jobs) == 3
    for job in jobs:
        assert await owed(ledger, "sent") == []
        outcomes = dict.fromkeys(job.recipients, Outcome(result_of(250), 250, "ok"))
        await ledger.queue.record(job.record.id, outcomes, ledger.clock(), ledger.clock(), give_up=False)
    sent = await owed(ledger, "sent")
    assert [(notice.message_id, notice.detail["recipients"]) for notice in sent] == [(one.id, [BOB, CAROL, DAVE])]
    late = await part(ledger, "erin@partner.example")
    await ledger.relay(late)
    assert await owed(ledger, "sent") == sent


async def test_a_rule_that_the_others_did_not_have_asks_afresh(ledger: Ledger) -> None:
    one = await part(ledger, BOB)
    await ledger.holds.apply(one.id, Event.RELEASE, SENDER, ledger.clock())
    late = await part(ledger, CAROL, rule="another-rule")
    assert late.state is State.HELD
    last = (await owed(ledger, "held"))[-1]
    assert (last.message_id, last.detail) == (one.id, {"further": late.id})


async def test_another_rule_while_the_mail_waits_is_told(ledger: Ledger) -> None:
    one = await part(ledger, BOB)
    for notice in await owed(ledger):
        await ledger.outbox.done(notice.id)
    late = await part(ledger, CAROL, rule="another-rule")
    assert [(n.kind, n.message_id, n.detail) for n in await owed(ledger)] == [("held", one.id, {"further": late.id})]


async def test_who_releases_himself_lets_no_approval_go(ledger: Ledger) -> None:
    one = await part(ledger, BOB)
    await ledger.holds.apply(one.id, Event.RELEASE, SENDER, ledger.clock())
    late = await part(ledger, CAROL, APPROVE, approvers=(BOSS,))
    assert late.state is State.HELD
    assert [notice.to for notice in await owed(ledger, "approval")] == [BOSS]


async def test_an_approval_counts_for_those_whom_the_mail_names(ledger: Ledger) -> None:
    one = await part(ledger, BOB, APPROVE, approvers=(BOSS,))
    await ledger.holds.approve(one.id, APPROVER, ledger.clock())
    shown = await part(ledger, CAROL, APPROVE, approvers=(BOSS,))
    hidden = await part(ledger, DAVE, APPROVE, approvers=(BOSS,))
    assert (shown.state, hidden.state) == (State.QUEUED, State.HELD)


async def test_another_question_is_not_answered_by_an_approval(ledger: Ledger) -> None:
    one = await part(ledger, BOB, APPROVE, approvers=(BOSS,))
    await ledger.holds.approve(one.id, APPROVER, ledger.clock())
    late = await part(ledger, CAROL, APPROVE, approvers=(DEPUTY,))
    assert late.state is State.HELD


async def test_another_policy_asks_afresh(ledger: Ledger) -> None:
    one = await part(ledger, BOB)
    await ledger.holds.apply(one.id, Event.RELEASE, SENDER, ledger.clock())
    message = mail((CAROL,), at=ledger.clock())
    judged = replace(verdict(message, CONFIRM), policy="another")
    late = await ledger.spool.add(message, named(BOB, CAROL), judged, b"")
    assert late.state is State.HELD


async def test_what_time_let_go_lets_no_late_part_go(ledger: Ledger) -> None:
    one = await part(ledger, BOB, DELAY, action="release")
    await ledger.holds.apply(one.id, Event.RELEASE, HOUSE, ledger.clock())
    assert (await part(ledger, CAROL, DELAY, action="release")).state is State.HELD


async def test_who_is_taken_off_does_not_stop_the_mail(ledger: Ledger) -> None:
    one = await ledger.add(CONFIRM, (BOB, DAVE), known=named(BOB, CAROL))
    await ledger.holds.apply(one.id, Event.REMOVE, SENDER, ledger.clock(), recipients=(parse_address(DAVE),))
    await ledger.holds.apply(one.id, Event.RELEASE, SENDER, ledger.clock())
    assert (await part(ledger, CAROL)).state is State.QUEUED


async def test_a_mail_cancelled_in_part_asks_afresh(ledger: Ledger) -> None:
    one = await ledger.add(CONFIRM, (BOB, DAVE), known=named(BOB, CAROL))
    await ledger.holds.apply(one.id, Event.CANCEL, SENDER, ledger.clock(), recipients=(parse_address(DAVE),))
    await ledger.holds.apply(one.id, Event.RELEASE, SENDER, ledger.clock())
    assert (await part(ledger, CAROL)).state is State.HELD


@pytest.mark.parametrize("disposition", [DELIVER, DELAY, CONFIRM])
async def test_a_stopped_clock_stops_a_late_part(ledger: Ledger, disposition: Disposition) -> None:
    one = await part(ledger, BOB, DELAY, after=timedelta(seconds=60), action="release")
    until = ledger.clock() + timedelta(hours=72)
    await ledger.holds.apply(one.id, Event.HOLD, SENDER, ledger.clock(), frozen_until=until)
    late = await part(ledger, CAROL, disposition, after=timedelta(seconds=60), action="release")
    copy = late.recipients[0]
    assert (copy.state, copy.frozen_by, copy.expires_at, copy.expire_action) == (State.HELD, ANN, until, "return")


async def test_voices_and_reminders_are_those_of_the_mail(ledger: Ledger) -> None:
    ask = Ask((BOSS, DEPUTY), 2, remind_after=timedelta(hours=1))
    one = await part(ledger, BOB, APPROVE, asks=(ask,))
    await ledger.holds.approve(one.id, APPROVER, ledger.clock())
    ledger.clock.forward(seconds=5)
    two = await part(ledger, CAROL, APPROVE, asks=(ask,))
    assert (await ledger.found(two.id)).recipients[1].approvals == (BOSS,)
    assert len(await owed(ledger, "approval")) == 2
    now = ledger.clock.forward(hours=2)
    for message_id in await ledger.holds.unanswered(now):
        await ledger.holds.nudge(message_id, now)
    assert [notice.to for notice in await owed(ledger, "reminder")] == [DEPUTY]
    await ledger.holds.approve(one.id, Actor(DEPUTY, Role.APPROVER, "console"), now)
    assert (await ledger.found(two.id)).state is State.QUEUED


async def test_an_approver_is_asked_once(ledger: Ledger) -> None:
    await part(ledger, BOB, APPROVE, approvers=(BOSS,))
    await part(ledger, CAROL, APPROVE, approvers=(BOSS,))
    await part(ledger, DAVE, APPROVE, approvers=(DEPUTY,))
    assert [notice.to for notice in await owed(ledger, "approval")] == [BOSS, DEPUTY]


# Lists


async def listed(ledger: Ledger, chosen: Filter, limit: int = 2) -> list[str]:
    """Every page of a list, one behind the other."""
    found: list[str] = []
    while page := await ledger.holds.page(chosen, limit):
        assert await ledger.holds.ids([chosen], limit) == [record.id for record in page]
        found += [record.id for record in page]
        chosen = replace(chosen, before=page[-1].id)
    return found


async def interleaved(ledger: Ledger, subjects: Iterable[str]) -> dict[str, list[str]]:
    """Mails in parts that come in between one another: ids by subject, in the order of arrival."""
    made: dict[str, list[str]] = {}
    for number, subject in enumerate(subjects):
        known = replace(named(BOB), headers=replace(named(BOB).headers, message_id=f"<{subject}@x>", subject=subject))
        record = await part(ledger, f"person{number}@partner.example", known=known)
        made.setdefault(subject, []).append(record.id)
    return made


async def test_a_list_shows_each_mail_once_across_its_pages(ledger: Ledger) -> None:
    made = await interleaved(ledger, "abacbdcaedb")
    firsts = [ids[0] for ids in reversed(made.values())]
    for chosen in (Filter(), Filter(state=State.HELD), Filter(owner=ANN), Filter(rule="a-rule")):
        for limit in (1, 2, 3, 50):
            assert await listed(ledger, chosen, limit) == firsts
        assert await ledger.holds.count(chosen) == len(firsts)


async def test_a_part_is_found_by_what_only_it_has(ledger: Ledger) -> None:
    made = await interleaved(ledger, "aba")
    found = await ledger.holds.page(Filter(recipient="person2@partner.example"))
    assert [record.parts for record in found] == [tuple(made["a"])]
    assert len(found[0].recipients) == 2
    await ledger.holds.apply(made["a"][0], Event.RELEASE, SENDER, ledger.clock())
    assert [record.lead for record in await ledger.holds.page(Filter(state=State.QUEUED))] == [made["a"][0]]


async def test_when_time_ends_a_mail_it_ends_whole_with_one_letter(ledger: Ledger) -> None:
    one = await part(ledger, BOB)
    await part(ledger, CAROL)
    now = ledger.clock.forward(hours=73)
    due = await ledger.holds.due(now)
    assert [record.lead for record in due] == [one.id]
    await ledger.holds.apply(one.id, Event.EXPIRE, HOUSE, now, notice="expired")
    assert [notice.detail["recipients"] for notice in await owed(ledger, "expired")] == [[BOB, CAROL]]
    assert await ledger.holds.due(now) == []
