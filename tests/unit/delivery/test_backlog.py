"""What waits in memory for a next server: bounded, in order, and nobody starves."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.ledger import BOB, mail, verdict

from mailguard.delivery.appetite import MOST, Appetite
from mailguard.delivery.backlog import Backlog, Waiting
from mailguard.mail.alteration import Prepared
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body
from mailguard.store.fresh import record_of
from mailguard.store.records import Job

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
BODY = Body.of(b"x" * 100)


def one(since: float, body: Body | None = None) -> Waiting:
    message = mail((BOB,), at=AT)
    record = record_of(message, Facts(), verdict(message), b"", None, Prepared())
    return Waiting(Job(record, message.envelope.recipients), since, body)


def test_fresh_and_claimed_mail_take_turns_each_in_its_order() -> None:
    backlog = Backlog(10, 1000)
    fresh, claimed = [one(1) for _ in range(3)], [one(1) for _ in range(5)]
    for waiting in fresh:
        backlog.add(waiting)
    backlog.add_claimed(claimed)
    order = [backlog.next(0) for _ in range(8)]
    assert order == [claimed[0], fresh[0], claimed[1], fresh[1], claimed[2], fresh[2], claimed[3], claimed[4]]
    assert backlog.next(0) is None
    assert len(backlog) == 0


def test_so_many_mails_and_so_many_octets_of_them_wait() -> None:
    few, small = Backlog(2, 1000), Backlog(10, 150)
    for backlog in (few, small):
        assert backlog.has_room(1)
        backlog.add(one(1, BODY))
        assert backlog.has_room(1)
        backlog.add(one(1, BODY))
        assert not backlog.has_room(1)
    late = one(1, BODY)
    small.add(late)  # it was on its way: its octets are let go
    assert late.body is None
    small.next(0)
    assert small.has_room(1)


def test_nobody_waits_behind_one_who_waits_for_long() -> None:
    backlog = Backlog(10, 1000)
    backlog.add(one(1))
    assert backlog.has_room(1)
    assert not backlog.has_room(2)


def test_who_has_waited_too_long_is_not_begun_but_taken_out() -> None:
    backlog = Backlog(10, 1000)
    old, older, young = one(2), one(1), one(5)
    backlog.add(old)
    backlog.add(young)
    backlog.add_claimed([older])
    assert backlog.next(3) is None
    assert backlog.older(3) == [older, old]
    assert backlog.next(3) is young
    backlog.put_back([older, old])
    assert backlog.older(float("inf")) == [older, old]


def test_a_bite_grows_while_it_is_gone_quickly_and_shrinks_when_not() -> None:
    appetite = Appetite(1.0)
    limits = []
    for number in range(6):
        limits.append(limit := appetite.limit(10, 0))
        appetite.claimed(number * 0.1, limit, limit, 0)
    assert limits == [10, 20, 40, 80, MOST, MOST]
    appetite.claimed(10.0, MOST, MOST, 0)
    assert appetite.limit(10, 0) == MOST // 2
    appetite.claimed(10.1, 3, 50, 0)  # that was all
    assert appetite.limit(10, 0) == 10


def test_beside_fresh_mail_the_ledger_has_a_share() -> None:
    appetite = Appetite(1.0)
    appetite.looked(0.0)
    appetite.more = True
    assert appetite.looks(0.1, 0)
    assert not appetite.looks(0.9, 5)
    assert appetite.looks(1.0, 5)
    appetite.went = 200
    assert appetite.limit(0, 5) == 50
    appetite.claimed(1.0, 50, 50, 5)
    assert appetite.limit(0, 5) == 1
