"""Messages in and octets out: what stands where after an add, large bodies, letters, retention, rubbish."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger import ANN, BOB, BOSS, CAROL, DEPUTY, NOON, PREFIX, Ledger, facts, mail, opened, verdict

from mailguard.mail.address import parse_address
from mailguard.mail.facts import ClassCount
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.message import Body, new_message_id
from mailguard.mail.verdict import Disposition
from mailguard.store.errors import StoreError
from mailguard.store.records import Filter
from mailguard.store.spool import SMALL_BODY, BodyGone, Purged, Retention

LARGE = b"Subject: large\r\n\r\n" + b"0123456789abcdef" * 8192  # 128 KiB


async def test_what_goes_in_comes_out(ledger: Ledger) -> None:
    message = mail((BOB, CAROL), login=ANN)
    known = facts("件名 \udcff", ["見積.pdf"])
    record = await ledger.spool.add(message, known, verdict(message, Disposition.CONFIRM, only=(BOB,)), PREFIX)
    assert await ledger.found(record.id) == replace(record, facts=(await ledger.found(record.id)).facts)
    assert record.subject == "件名 \ufffd"
    assert record.facts.attachments[0].filename == "見積.pdf"
    assert [copy.state for copy in record.recipients] == [State.HELD, State.QUEUED]
    body = await ledger.spool.body(record.id)
    assert (body.octets, body.sha256) == (message.body.octets, message.body.sha256)
    assert record.prefix == PREFIX


async def test_personal_data_is_kept_masked(ledger: Ledger) -> None:
    known = replace(facts(), personal_data={"payment_card": ClassCount(("4111111111111111",), ("4111********1111",))})
    record = await ledger.add(known=known)
    found = (await ledger.found(record.id)).facts.personal_data["payment_card"]
    assert (found.distinct, found.values, found.masked) == (1, (), ("4111********1111",))
    assert not await ledger.db.read(
        lambda c: c.execute("SELECT 1 FROM message WHERE instr(facts, '4111111111111111') > 0").fetchone()
    )


async def test_many_recipients(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.CONFIRM, to=[f"p{n}@d{n}.example" for n in range(1000)])
    found = await ledger.found(record.id)
    assert [copy.address for copy in found.recipients] == [copy.address for copy in record.recipients]


async def test_the_same_id_is_taken_once(ledger: Ledger) -> None:
    message = mail()
    await ledger.spool.add(message, facts(), verdict(message), PREFIX)
    with pytest.raises(sqlite3.IntegrityError):
        await ledger.spool.add(message, facts(), verdict(message), PREFIX)
    assert len(await ledger.holds.page(Filter())) == 1


async def test_a_large_body_from_the_door_is_moved_not_copied(ledger: Ledger) -> None:
    written = ledger.spool.incoming / "from-the-door"
    written.write_bytes(LARGE)
    inode = written.stat().st_ino
    message = mail(body=replace(Body.of(LARGE), octets=None, path=written))
    record = await ledger.spool.add(message, facts(), verdict(message), PREFIX)
    body = await ledger.spool.body(record.id)
    assert body.path is not None
    assert body.path.stat().st_ino == inode
    assert body.read() == LARGE
    assert not written.exists()


@pytest.mark.parametrize(("size", "in_row"), [(SMALL_BODY, True), (SMALL_BODY + 1, False)])
async def test_the_limit_between_row_and_file(ledger: Ledger, size: int, in_row: bool) -> None:
    record = await ledger.add(octets=b"x" * size)
    body = await ledger.spool.body(record.id)
    assert (body.octets is not None) == in_row
    assert body.read() == b"x" * size


async def test_a_refused_row_leaves_no_file(ledger: Ledger) -> None:
    message = mail(octets=LARGE)
    await ledger.spool.add(message, facts(), verdict(message), PREFIX)
    other = mail(octets=LARGE)
    clash = replace(verdict(other), policy="x")
    broken = replace(other, envelope=replace(other.envelope, recipients=(parse_address(BOB), parse_address(BOB))))
    with pytest.raises(sqlite3.IntegrityError):
        await ledger.spool.add(broken, facts(), clash, PREFIX)
    files = [path.name for path in ledger.bodies.rglob("*") if path.is_file()]
    assert files == [message.id]


async def test_a_body_that_is_gone_from_the_door_is_an_error_and_nothing_is_taken(ledger: Ledger) -> None:
    message = mail(body=replace(Body.of(LARGE), octets=None, path=ledger.spool.incoming / "nowhere"))
    with pytest.raises(StoreError):
        await ledger.spool.add(message, facts(), verdict(message), PREFIX)
    assert await ledger.holds.page(Filter()) == []


async def test_who_is_told(ledger: Ledger) -> None:
    async def told(disposition: Disposition, **more: object) -> list[tuple[str, str]]:
        record = await ledger.add(disposition, **more)  # type: ignore[arg-type]
        return [(n.kind, n.to) for n in await ledger.outbox.pending() if n.message_id == record.id]

    assert await told(Disposition.DELIVER) == []
    assert await told(Disposition.DELAY) == []
    assert await told(Disposition.CONFIRM) == [("held", ANN)]
    assert await told(Disposition.CONFIRM, sender=None) == [("held", "")]
    two = (BOSS, DEPUTY)
    assert await told(Disposition.APPROVE, approvers=two) == [("held", ANN), ("approval", BOSS), ("approval", DEPUTY)]
    # Nobody approves his own mail: the administrators hear of what nobody else can approve.
    assert await told(Disposition.APPROVE, approvers=(BOSS,), sender=BOSS) == [("held", BOSS), ("approval", "")]
    assert await told(Disposition.APPROVE, approvers=two, sender=BOSS, quorum=2) == [
        ("held", BOSS),
        ("approval", DEPUTY),
        ("approval", ""),
    ]


async def test_a_letter_ends_its_notice_once(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.CONFIRM)
    (notice,) = await ledger.outbox.pending()
    to = parse_address(ANN)

    async def letter(octets: bytes) -> object:
        name = new_message_id(NOON)
        return await ledger.spool.add_letter(name, to, octets, about=record.id, now=NOON, ends=[notice.id])

    first = await letter(b"Subject: held\r\n\r\n")
    assert first is not None
    assert await letter(b"again") is None
    assert await letter(LARGE) is None
    assert await ledger.outbox.pending() == []
    letters = await ledger.holds.page(Filter(kinds=("letter",)))
    assert [(one.about, one.sender.is_null, one.state) for one in letters] == [(record.id, True, State.QUEUED)]
    assert [path for path in ledger.bodies.rglob("*") if path.is_file()] == []


async def test_a_letter_that_is_out_is_not_kept(ledger: Ledger) -> None:
    name = new_message_id(NOON)
    letter = await ledger.spool.add_letter(name, parse_address(ANN), b"code 123456", about=None, now=NOON)
    assert letter is not None
    await ledger.relay(letter)
    with pytest.raises(BodyGone):
        await ledger.spool.body(letter.id)


async def test_octets_go_some_days_after_the_end_and_metadata_later(ledger: Ledger) -> None:
    small, large = await ledger.add(), await ledger.add(octets=LARGE, rule="another", disposition=Disposition.CONFIRM)
    waiting = await ledger.add(Disposition.CONFIRM)
    await ledger.relay(small)
    retention = Retention(timedelta(days=7), timedelta(days=400))
    from mailguard.mail.actor import HOUSE

    await ledger.holds.apply(large.id, Event.CANCEL, HOUSE, ledger.clock())
    ledger.clock.forward(days=6)
    assert await ledger.spool.purge(ledger.clock(), retention) == Purged(0, 0)
    ledger.clock.forward(days=2)
    assert await ledger.spool.purge(ledger.clock(), retention) == Purged(2, 0)
    for record in (small, large):
        assert not (await ledger.found(record.id)).has_body
        with pytest.raises(BodyGone):
            await ledger.spool.body(record.id)
    assert [path for path in ledger.bodies.rglob("*") if path.is_file()] == []
    assert await ledger.spool.body(waiting.id)
    ledger.clock.forward(days=400)
    assert await ledger.spool.purge(ledger.clock(), retention) == Purged(0, 2)
    assert [record.id for record in await ledger.holds.page(Filter())] == [waiting.id]
    assert await ledger.holds.page(Filter(rule="another")) == []
    assert await ledger.audit.verify() is None
    assert [line.event for line in await ledger.audit.history_of(small.id)] == ["accept", "relay"]


async def test_an_unknown_message_has_no_body(ledger: Ledger) -> None:
    with pytest.raises(BodyGone):
        await ledger.spool.body(new_message_id(NOON))


async def test_rubbish_is_swept_and_nothing_else(tmp_path: Path) -> None:
    async with opened(tmp_path) as ledger:
        kept = await ledger.add(octets=LARGE)
        body = await ledger.spool.body(kept.id)
        assert body.path is not None
        orphan = body.path.parent / new_message_id(NOON)
        half, fresh = ledger.spool.incoming / "half", ledger.spool.incoming / "fresh"
        stranger = body.path.parent / "README"
        long_ago = (NOON - timedelta(hours=3)).timestamp()
        for path, old in ((orphan, True), (half, True), (fresh, False), (stranger, True), (body.path, True)):
            if not path.exists():
                path.write_bytes(b"x")
            moment = long_ago if old else NOON.timestamp()
            os.utime(path, (moment, moment))
        await ledger.spool.start(NOON)
        assert {path for path in (orphan, half, fresh, stranger, body.path) if path.exists()} == {
            fresh,
            stranger,
            body.path,
        }


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(octets=st.one_of(st.binary(max_size=300), st.integers(65_000, 66_000).map(lambda n: b"\xff" * n)))
async def test_any_octets_come_back_as_they_went(ledger: Ledger, octets: bytes) -> None:
    record = await ledger.add(octets=octets)
    body = await ledger.spool.body(record.id)
    assert body.read() == octets
    assert body.sha256 == Body.of(octets).sha256


async def test_small_bodies_are_read_together_and_only_as_they_were_judged(ledger: Ledger) -> None:
    one, two, three = [await ledger.add(octets=b"Subject: %d\r\n\r\nhi\r\n" % number) for number in range(3)]
    large = await ledger.add(octets=b"Subject: x\r\n\r\n" + b"x" * 100_000)
    sql = "UPDATE body SET octets = X'41' WHERE message = (SELECT number FROM message WHERE id = ?)"
    await ledger.db.write(lambda c: c.execute(sql, (two.id,)))
    found = await ledger.spool.bodies([one.id, two.id, three.id, large.id, "0" * 18])
    assert {name: body.octets for name, body in found.items()} == {
        one.id: b"Subject: 0\r\n\r\nhi\r\n",
        three.id: b"Subject: 2\r\n\r\nhi\r\n",
    }
