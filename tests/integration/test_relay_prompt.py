"""A small mail over a kept connection without a task of its own: the same outcome, and never twice."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.ledger import BOB as BOBS
from tests.ledger import Ledger, mail, opened, verdict
from tests.relaying import BOB, CY, DAN, MAIL, PREFIX, SHORT, outgoing, settings_for, until, upstream_to
from tests.smtp_fake import Act, Drop, FakeServer, Say, Stall, fake_server

from mailguard.app.rooms import utc_now
from mailguard.delivery import Bounces, BounceSettings, Delivery, DeliverySettings, Schedule
from mailguard.mail.address import Address
from mailguard.mail.facts import Facts
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Body
from mailguard.mail.outcome import Outcome, Result
from mailguard.notify.live import Live
from mailguard.relay.settings import Deadlines
from mailguard.relay.smtp import SmtpUpstream
from mailguard.relay.upstream import Outgoing
from mailguard.store.records import MessageRecord
from mailguard.workshop import Workshop

#: The server may be slow: only a kept connection that says nothing is given up soon.
PATIENT = Deadlines(quit=0.2, reset=0.5)
Ended = tuple[dict[Address, Outcome], tuple[Address, ...]]


async def handed(upstream: SmtpUpstream, mail: Outgoing) -> Ended | None:
    """None: it was not taken."""
    done: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
    if not upstream.hand(mail, lambda outcomes, left: done.set_result((outcomes, left))):
        return None
    assert not done.done()  # never before it returns
    async with asyncio.timeout(60):
        return await done


async def test_it_needs_a_kept_connection_and_carries_the_same_octets() -> None:
    async with fake_server() as fake, upstream_to(fake.port, deadlines=PATIENT) as upstream:
        assert await handed(upstream, outgoing()) is None
        await upstream.relay(outgoing())
        for _ in range(3):
            ended = await handed(upstream, outgoing())
            assert ended is not None
            assert {one.result for one in ended[0].values()} == {Result.RELAYED}
            assert set(ended[0]) == {BOB, CY}
    assert [taken.octets for taken in fake.taken] == [PREFIX + MAIL] * 4
    assert len(fake.wire) == 1


async def test_a_large_mail_in_memory_goes_the_same_way() -> None:
    octets = MAIL + b"." + b"x" * 70 + b"\r\n"
    octets += (b"x" * 70 + b"\r\n") * 2800
    async with fake_server() as fake, upstream_to(fake.port, deadlines=PATIENT) as upstream:
        assert await upstream.probe() is None
        assert await handed(upstream, outgoing(octets)) is not None
        assert await handed(upstream, outgoing(octets * 11)) is None
    assert [taken.octets for taken in fake.taken] == [PREFIX + octets]


@pytest.mark.parametrize(
    "mail",
    [
        outgoing(b"Subject: x\r\n\r\nbare\n\r\n"),
        outgoing(dataclasses.replace(Body.of(MAIL), octets=MAIL[:-3] + b"X\r\n")),
        outgoing(b"Subject: x\r\n\r\n" + b"x" * 100 + b"\r\n"),
        outgoing(recipients=(Address("bob", "x.example>\r\nRCPT TO:<evil@x.example"),)),
    ],
    ids=["bare", "changed", "too large", "command"],
)
async def test_what_is_out_of_the_ordinary_is_left_to_relay(mail: Outgoing) -> None:
    async with (
        fake_server(extensions=("PIPELINING", "SIZE 190")) as fake,
        upstream_to(fake.port, deadlines=PATIENT) as upstream,
    ):
        assert await upstream.probe() is None
        sent = len(fake.commands)
        assert await handed(upstream, mail) is None
        assert len(fake.commands) == sent
        assert await handed(upstream, outgoing(b"x\r\n")) is not None  # the connection is none the worse


@pytest.mark.parametrize("act", [Drop(), Drop(reset=True), Drop(b"421 4.4.2 idle\r\n"), Say(b"500 what\r\n"), Stall()])
async def test_a_stale_connection_is_no_try(act: Act) -> None:
    async with fake_server() as fake, upstream_to(fake.port, deadlines=PATIENT) as upstream:
        await upstream.relay(outgoing())
        fake.script["rset"] = [act]
        assert await handed(upstream, outgoing()) == ({}, (BOB, CY))
        assert {one.result for one in (await upstream.relay(outgoing())).values()} == {Result.RELAYED}
    assert len(fake.taken) == 2


async def test_a_connection_that_has_carried_all_that_it_may_is_no_try() -> None:
    full = Drop(b"421 too many messages in this connection\r\n")
    async with fake_server(script={"mail": [None, full, None]}) as fake, upstream_to(fake.port) as upstream:
        await upstream.relay(outgoing())
        assert await handed(upstream, outgoing()) == ({}, (BOB, CY))
        assert {one.result for one in (await upstream.relay(outgoing())).values()} == {Result.RELAYED}


async def test_stale_connections_at_once_do_not_make_the_server_sick() -> None:
    async with (
        fake_server() as fake,
        upstream_to(fake.port, deadlines=PATIENT, connections=4, backoff_seconds=30.0) as upstream,
    ):
        await asyncio.gather(*(upstream.relay(outgoing()) for _ in range(4)))
        fake.script["rset"] = [Drop(reset=True)]
        assert await asyncio.gather(*(handed(upstream, outgoing()) for _ in range(4))) == [({}, (BOB, CY))] * 4
        assert upstream.ready_in() == 0  # else the one more try that each has would be none
        assert {one.result for one in (await upstream.relay(outgoing())).values()} == {Result.RELAYED}


async def test_a_reply_that_drips_is_given_up_in_time() -> None:
    async with fake_server() as fake, upstream_to(fake.port, deadlines=SHORT) as upstream:
        assert await upstream.probe() is None
        fake.script["dot"] = [Say(b"250 2.0.0 very slowly\r\n", drip=0.1)]
        ended = await handed(upstream, outgoing())
    assert ended is not None
    assert {(one.result, one.unknown) for one in ended[0].values()} == {(Result.DEFERRED, True)}


async def test_recipients_beyond_a_servers_appetite_are_left() -> None:
    full = Say(b"452 4.5.3 too many\r\n")
    async with fake_server() as fake, upstream_to(fake.port, deadlines=PATIENT) as upstream:
        assert await upstream.probe() is None
        fake.script["rcpt"] = [None, Say(b"550 5.1.1 nobody\r\n"), full, None]
        ended = await handed(upstream, outgoing(recipients=(BOB, CY, DAN)))
    assert ended is not None
    assert {who: one.result for who, one in ended[0].items()} == {BOB: Result.RELAYED, CY: Result.FAILED}
    assert ended[1] == (DAN,)


async def test_a_close_breaks_off_what_is_under_way() -> None:
    heard: list[Any] = []
    async with fake_server(script={"dot": [Stall()]}) as fake:
        upstream = SmtpUpstream(settings_for(fake.port, deadlines=PATIENT))
        assert await upstream.probe() is None
        assert upstream.hand(outgoing(), lambda outcomes, left: heard.append((outcomes, left)))
        await until(lambda: fake.wire[0].endswith(b"\r\n.\r\n"))
        await upstream.close()
        ((outcomes, left),) = heard
    assert (left, {one.unknown for one in outcomes.values()}) == ((), {True})


# Through a lane


def room(ledger: Ledger, fake: FakeServer, stop_seconds: float = 0.3) -> Delivery:
    settings = BounceSettings("mg.corp.example", BOB)
    bounces = Bounces(ledger.outbox, ledger.spool, ledger.holds.find, settings, now=utc_now)
    return Delivery(
        ledger.queue,
        ledger.spool,
        {"": SmtpUpstream(settings_for(fake.port, deadlines=PATIENT))},
        bounces,
        DeliverySettings(schedule=Schedule(jitter=0.0), poll_seconds=0.02, stop_seconds=stop_seconds),
        workshop=Workshop(),
        now=utc_now,
        live=Live(),
    )


async def put(ledger: Ledger) -> tuple[MessageRecord, Body]:
    message = mail((BOBS,), octets=MAIL, at=utc_now())
    lease = utc_now() + timedelta(minutes=15)
    return await ledger.spool.add(message, Facts(), verdict(message), PREFIX, lease_until=lease), message.body


async def states(ledger: Ledger) -> dict[str, int]:
    sql = "SELECT state, count(*) FROM message WHERE kind = 'mail' GROUP BY state"
    return await ledger.db.read(lambda c: dict(c.execute(sql).fetchall()))


async def all_tried(ledger: Ledger) -> None:
    sql = "SELECT count(*) FROM recipient WHERE attempts = 0"
    async with asyncio.timeout(60):
        while (await ledger.db.read(lambda c: c.execute(sql).fetchone()))[0]:  # noqa: ASYNC110 - other code does it
            await asyncio.sleep(0.01)


async def test_many_fresh_mails_go_once_each_and_are_written_down_together(tmp_path: Path) -> None:
    async with fake_server() as fake, opened(tmp_path) as ledger:
        delivery = room(ledger, fake)
        await delivery.start()
        mails = [await put(ledger) for _ in range(60)]
        for one in mails:
            delivery.hand_on(*one)
        await all_tried(ledger)
        await delivery.stop()
        assert await states(ledger) == {State.RELAYED: 60}
        assert len(fake.taken) == 60
        assert len(fake.wire) <= 10


async def test_a_dot_without_an_answer_is_unknown_once_and_not_tried_at_once(tmp_path: Path) -> None:
    async with fake_server(script={"dot": [None, None, Drop(), None]}) as fake, opened(tmp_path) as ledger:
        delivery = room(ledger, fake)
        await delivery.start()
        for _ in range(5):
            delivery.hand_on(*await put(ledger))
            await all_tried(ledger)
        await delivery.stop()
        assert await states(ledger) == {State.RELAYED: 4, State.QUEUED: 1}
        assert len([one for one in fake.commands if one == b"DATA"]) == 5


async def test_a_try_without_a_task_that_hangs_at_the_stop_keeps_its_lease(tmp_path: Path) -> None:
    async with fake_server(script={"dot": [None, Stall()]}) as fake, opened(tmp_path) as ledger:
        delivery = room(ledger, fake)
        await delivery.start()
        delivery.hand_on(*await put(ledger))
        await all_tried(ledger)
        delivery.hand_on(*await put(ledger))
        await until(lambda: fake.commands.count(b"DATA") == 2)
        await delivery.stop()
        assert await states(ledger) == {State.RELAYED: 1, State.QUEUED: 1}
        sql = "SELECT count(*) FROM recipient WHERE lease IS NOT NULL AND attempts = 0"
        assert (await ledger.db.read(lambda c: c.execute(sql).fetchone()))[0] == 1


async def test_a_stop_waits_for_the_one_more_try_of_a_stale_connection(tmp_path: Path) -> None:
    async with fake_server() as fake, opened(tmp_path) as ledger:
        delivery = room(ledger, fake, stop_seconds=20)
        await delivery.start()
        delivery.hand_on(*await put(ledger))
        await all_tried(ledger)
        fake.script["rset"] = [Stall()]
        delivery.hand_on(*await put(ledger))
        await until(lambda: b"RSET" in fake.commands)
        await delivery.stop()
        assert await states(ledger) == {State.RELAYED: 2}
        assert len(fake.taken) == 2


async def test_a_queue_is_claimed_in_large_bites_and_each_mail_goes_once(tmp_path: Path) -> None:
    async with fake_server() as fake, opened(tmp_path) as ledger:
        for _ in range(80):
            message = mail((BOBS,), octets=MAIL, at=utc_now())
            await ledger.spool.add(message, Facts(), verdict(message), PREFIX)
        delivery = room(ledger, fake)
        await delivery.start()
        await until(lambda: len(fake.taken) >= 20, 20)
        await delivery.stop()
        assert (await states(ledger))[State.RELAYED] == len(fake.taken)
        delivery = room(ledger, fake)
        await delivery.start()
        await all_tried(ledger)
        await delivery.stop()
        assert await states(ledger) == {State.RELAYED: 80}
        assert len(fake.taken) == 80
