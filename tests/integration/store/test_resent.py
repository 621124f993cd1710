"""The same mail handed in once more: one mail, the first one's record; anything else about it is another mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger import ANN, BOB, CAROL, NOON, PREFIX, Ledger, facts, mail, opened, verdict

from mailguard.mail.actor import Actor, Role
from mailguard.mail.facts import Facts
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.message import Body, Message
from mailguard.mail.verdict import Disposition
from mailguard.store.records import Filter, MessageRecord
from mailguard.store.resent import is_withdrawn
from mailguard.store.spool import Retention, Spool

WITHIN = timedelta(minutes=10)
OCTETS = b"Subject: hello\r\n\r\nhi\r\n"


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with opened(tmp_path) as ledger:
        ledger.spool = Spool(ledger.db, ledger.bodies, resent_within=WITHIN)
        await ledger.spool.start(NOON)
        yield ledger


async def add(
    ledger: Ledger, message: Message, known: Facts | None = None, held: Disposition = Disposition.CONFIRM
) -> MessageRecord:
    return await ledger.spool.add(message, known or facts(), verdict(message, held), PREFIX)


async def events_of(ledger: Ledger, record: MessageRecord) -> list[str]:
    return [line.event for line in await ledger.audit.history_of(record.id)]


async def test_the_same_mail_again_is_the_first_one(ledger: Ledger) -> None:
    first = await add(ledger, mail((BOB, CAROL)))
    again = await add(ledger, mail((CAROL.upper(), BOB), at=NOON + WITHIN))
    assert again.id == first.id
    assert len(await ledger.holds.page(Filter())) == 1
    assert (await events_of(ledger, first)).count("resent") == 1
    assert await ledger.audit.verify() is None


@pytest.mark.parametrize("octets", [OCTETS, OCTETS + b"x\r\n" * 30_000], ids=["row", "file"])
async def test_many_at_one_moment_are_one_mail_and_one_body(ledger: Ledger, octets: bytes) -> None:
    records = await asyncio.gather(*(add(ledger, mail(octets=octets)) for _ in range(20)))
    assert len({record.id for record in records}) == 1
    assert len(await ledger.holds.page(Filter())) == 1
    files = [file for file in ledger.bodies.rglob("*") if file.is_file()]
    assert len(files) == (0 if octets is OCTETS else 1)
    assert (await ledger.spool.body(records[0].id)).read() == octets


async def test_it_is_known_again_in_a_new_process(ledger: Ledger) -> None:
    first = await add(ledger, mail())
    ledger.spool = Spool(ledger.db, ledger.bodies, resent_within=WITHIN)
    assert (await add(ledger, mail())).id == first.id


@pytest.mark.parametrize("what", ["later", "octets", "recipients", "fewer", "sender", "login", "message id", "none"])
async def test_what_differs_is_another_mail(ledger: Ledger, what: str) -> None:
    known = facts()
    if what == "none":
        known = replace(known, headers=replace(known.headers, message_id=""))
    first = await add(ledger, mail((BOB, CAROL)), known)
    match what:
        case "later":
            other = mail((BOB, CAROL), at=NOON + WITHIN + timedelta(seconds=1))
        case "octets":
            other = mail((BOB, CAROL), octets=OCTETS + b"ps\r\n")
        case "recipients":
            other = mail((BOB, CAROL, "dan@partner.example"))
        case "fewer":
            other = mail((BOB,))
        case "sender":
            other = mail((BOB, CAROL), sender="eve@corp.example")
        case "login":
            other = mail((BOB, CAROL), login=ANN)
        case _:
            other = mail((BOB, CAROL))
    if what == "message id":
        known = replace(known, headers=replace(known.headers, message_id="<2@corp.example>"))
    assert (await add(ledger, other, known)).id != first.id
    assert len(await ledger.holds.page(Filter())) == 2


async def test_a_second_sending_behind_the_time_is_known_again_itself(ledger: Ledger) -> None:
    first = await add(ledger, mail())
    second = await add(ledger, mail(at=NOON + 2 * WITHIN))
    third = await add(ledger, mail(at=NOON + 2 * WITHIN + timedelta(seconds=1)))
    assert first.id != second.id == third.id


async def test_what_was_withdrawn_is_known_and_what_nobody_took_is_new(ledger: Ledger) -> None:
    first = await add(ledger, mail())
    await ledger.holds.apply(first.id, Event.CANCEL, Actor(ANN, Role.SENDER, "console"), NOON)
    again = await add(ledger, mail())
    assert (again.id, is_withdrawn(again)) == (first.id, True)

    other = await add(ledger, mail(octets=OCTETS + b"2\r\n"), held=Disposition.DELIVER)
    ledger.clock.forward(seconds=1)
    await ledger.relay(other, 550, "5.1.1 nobody")
    assert (await ledger.found(other.id)).state is State.BOUNCED
    assert (await add(ledger, mail(octets=OCTETS + b"2\r\n"))).id != other.id


async def test_what_is_partly_out_is_not_withdrawn(ledger: Ledger) -> None:
    first = await add(ledger, mail((BOB, CAROL)))
    ann = Actor(ANN, Role.SENDER, "console")
    await ledger.holds.apply(first.id, Event.REMOVE, ann, NOON, recipients=(first.recipients[0].address,))
    await ledger.holds.apply(first.id, Event.RELEASE, ann, NOON)
    again = await add(ledger, mail((BOB, CAROL)))
    assert (again.id, is_withdrawn(again)) == (first.id, False)


async def test_a_refused_mail_that_was_taken_in_before_is_found(ledger: Ledger) -> None:
    first = await add(ledger, mail())
    found = await ledger.spool.known(mail(), facts())
    assert found is not None
    assert found.id == first.id
    assert await ledger.spool.known(mail((CAROL,)), facts()) is None
    assert (await events_of(ledger, first)).count("resent") == 1


async def test_it_is_forgotten_with_its_time(ledger: Ledger) -> None:
    for number in range(5):
        await add(ledger, mail(octets=OCTETS + b"%d\r\n" % number))
    await ledger.spool.purge(NOON + timedelta(hours=1), Retention())
    assert await ledger.db.read(lambda c: c.execute("SELECT count(*) FROM handed_in").fetchone()[0]) == 0


async def test_without_a_time_nothing_is_known_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as plain:
        assert (await add(plain, mail())).id != (await add(plain, mail())).id


async def test_the_body_that_came_again_as_a_file_is_gone(ledger: Ledger) -> None:
    octets = OCTETS + b"y\r\n" * 30_000
    await add(ledger, mail(octets=octets))
    path = ledger.spool.incoming / "in-again.part"
    path.write_bytes(octets)
    body = Body(len(octets), Body.of(octets).sha256, path=path)
    await add(ledger, mail(body=body))
    assert not path.exists()
    assert len([file for file in ledger.bodies.rglob("*") if file.is_file()]) == 1
