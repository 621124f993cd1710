"""What chats are owed: once, over a restart, in spite of slow, dead and overloaded services, and never in anybody's
way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.chat_fake import Reply, Service, running_service
from tests.ledger import ANN, BOSS, NOON, Ledger, opened

from mailguard.mail.actor import Actor, Role
from mailguard.mail.lifecycle import Event
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Disposition
from mailguard.notify.channels.lane import GIVE_UP, Lane, back_off
from mailguard.notify.channels.make import channel_of
from mailguard.notify.channels.room import MOST, Audience, Chat
from mailguard.notify.channels.saying import Speaker
from mailguard.notify.channels.settings import EVENTS, ChannelSettings
from mailguard.notify.watchdog import Watchdog
from mailguard.store.chat import ChatOutbox, Wanted
from mailguard.store.records import Notice
from mailguard.store.troubles import Standstill, Troubles

CORP = Organization(("corp.example",), "Corp", "en")
ADMIN = "admin@corp.example"


def webhook(service: Service, name: str = "ops", **changes: Any) -> ChannelSettings:
    values = {"url": service.url(f"/{name}"), "secret": "0123456789abcdef", "events": frozenset(EVENTS), **changes}
    return ChannelSettings(name=name, kind="webhook", private=True, **values)


class Office:
    """The chat room over a ledger, with lanes that a test moves by hand."""

    def __init__(self, ledger: Ledger, channels: Sequence[ChannelSettings]) -> None:
        self.ledger, self.outbox = ledger, ChatOutbox(ledger.db)
        speaker = Speaker(CORP, "https://mg.corp.example")
        self.lanes = [
            Lane(
                one, channel_of(one, ledger.clock), self.outbox, ledger.holds.find, speaker, pace=0.0, now=ledger.clock
            )
            for one in channels
        ]
        self.chat = Chat(self.outbox, Audience(channels, CORP, (ADMIN,)), self.lanes, now=ledger.clock)
        self.troubles = Troubles(ledger.db)
        self.woken = 0
        self.lacking: tuple[str, ...] = ()
        self.stuck: dict[str, Standstill] = {}
        self.flows = False
        self.watchdog = Watchdog(
            self.troubles,
            {lane.settings.name: lane.health for lane in self.lanes},
            late_after=timedelta(minutes=10),
            tell=(ADMIN,),
            language="en",
            told=self._wake,
            pressure=lambda: self.lacking,
            stuck=lambda: self.stuck,
            flows=lambda _: self.flows,
            now=ledger.clock,
        )

    def _wake(self) -> None:
        self.woken += 1

    async def say(self) -> None:
        """Make messages of what is new, and let every lane say what is due."""
        await self.chat.spread()
        for lane in self.lanes:
            if lane._paused() <= 0:
                await lane.say_owed()


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with opened(tmp_path) as ledger:
        yield ledger


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running_service() as running:
        yield running


async def office(ledger: Ledger, *channels: ChannelSettings) -> Office:
    made = Office(ledger, channels)
    await made.chat.spread()  # begins after what is there
    return made


def told(service: Service, name: str = "ops") -> list[tuple[str, str | None]]:
    """What came: kind, and person."""
    said = [came.json() for came in service.came if came.path == f"/{name}"]
    return [(one["type"].removeprefix("mailguard."), one["data"]["person"]) for one in said]


async def test_what_was_there_before_the_channels_is_not_told(ledger: Ledger, service: Service) -> None:
    await ledger.add(Disposition.CONFIRM)
    room = await office(ledger, webhook(service))
    await room.say()
    assert not service.came


async def test_a_hold_is_told_once_also_over_a_restart(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    record = await ledger.add(Disposition.CONFIRM)
    await room.say()
    await room.say()
    assert told(service) == [("held", None)]
    assert service.came[0].json()["data"]["message_id"] == record.id
    await Office(ledger, [webhook(service)]).say()
    assert len(service.came) == 1


async def test_what_is_owed_outlives_the_process(tmp_path: Path, service: Service) -> None:
    async with opened(tmp_path) as before:
        room = await office(before, webhook(service))
        await before.add(Disposition.CONFIRM)
        await room.chat.spread()  # and then the lights go out
        await before.add(Disposition.CONFIRM)
    async with opened(tmp_path) as after:
        after.clock.forward(minutes=1)
        await Office(after, [webhook(service)]).say()
    assert told(service) == [("held", None)] * 2
    assert len({came.headers["webhook-id"] for came in service.came}) == 2


async def test_one_that_was_under_way_comes_again_with_the_same_id(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    await ledger.add(Disposition.CONFIRM)
    service.replies = [Reply(silent=True)]
    saying = asyncio.create_task(room.say())
    await service.until(1)
    saying.cancel()  # the process ends while the service has the message and has not answered
    await asyncio.wait([saying])
    await Office(ledger, [webhook(service)]).say()
    first, second = service.came
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def test_a_room_hears_once_and_each_person_for_himself(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service), webhook(service, "dm", to_person=True))
    await ledger.add(Disposition.APPROVE, approvers=(BOSS, "chief@corp.example", "dir@corp.example"))
    await room.say()
    assert told(service) == [("held", None), ("approval", None)]
    assert sorted(told(service, "dm")) == [
        ("approval", BOSS),
        ("approval", "chief@corp.example"),
        ("approval", "dir@corp.example"),
        ("held", ANN),
    ]


async def test_a_stranger_is_never_told(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service, to_person=True))
    await ledger.add(Disposition.CONFIRM, sender="stranger@evil.example")
    await room.say()
    assert told(service) == [("held", ADMIN)]


async def test_only_events_that_a_channel_wants(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service, events=frozenset({"approval"})))
    await ledger.add(Disposition.APPROVE, approvers=(BOSS,))
    await ledger.outbox.add("login", ANN, NOON, nonce_hash="x")
    await room.say()
    assert told(service) == [("approval", None)]


async def test_what_was_decided_meanwhile_is_not_told_any_more(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service, events=frozenset({"held"})))
    record = await ledger.add(Disposition.CONFIRM)
    await room.chat.spread()
    await ledger.holds.apply(record.id, Event.RELEASE, Actor(ANN, Role.SENDER, "test"), ledger.clock())
    await room.say()
    assert not service.came
    assert await room.outbox.next_due("ops") is None


async def test_a_failure_is_tried_again_later_and_later(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    await ledger.add(Disposition.CONFIRM)
    service.replies = [Reply(503), Reply(503), Reply(200)]
    await room.say()
    await room.say()
    assert len(service.came) == 1  # left alone
    ledger.clock.forward(seconds=7)
    await room.say()
    assert len(service.came) == 2
    ledger.clock.forward(seconds=7)
    await room.say()
    assert len(service.came) == 2  # the second wait is longer
    ledger.clock.forward(seconds=7)
    await room.say()
    assert len(service.came) == 3
    assert room.lanes[0].health.failures == 0
    assert await room.outbox.next_due("ops") is None


async def test_a_service_that_asks_for_patience_gets_it(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    for _ in range(3):
        await ledger.add(Disposition.CONFIRM)
    service.replies = [Reply(429, headers={"retry-after": "90"})]
    await room.say()
    ledger.clock.forward(seconds=89)
    await room.say()
    assert len(service.came) == 1  # for all three: it is the service that is busy, not the message
    ledger.clock.forward(seconds=2)
    await room.say()
    assert len(service.came) == 4


async def test_a_service_that_asks_for_no_patience_is_not_stormed(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    await ledger.add(Disposition.CONFIRM)
    service.usual = Reply(429, headers={"retry-after": "0"})
    for _ in range(5):
        await room.say()
    assert len(service.came) == 1


async def test_a_message_that_the_service_will_never_take_does_not_block_the_next(
    ledger: Ledger, service: Service
) -> None:
    room = await office(ledger, webhook(service))
    await ledger.add(Disposition.CONFIRM)
    await ledger.add(Disposition.CONFIRM)
    service.replies = [Reply(400)]
    await room.say()
    assert len(service.came) == 2
    assert await room.outbox.next_due("ops") is None


async def test_it_is_given_up_after_hours(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    await ledger.add(Disposition.CONFIRM, after=timedelta(days=9))
    service.usual = Reply(503)
    await room.say()
    ledger.clock.forward(seconds=GIVE_UP.total_seconds() + 1)
    await room.say()
    assert len(service.came) == 1
    assert await room.outbox.next_due("ops") is None
    assert room.lanes[0].health.trouble(ledger.clock()) == "answered 503"


async def test_many_at_once_are_one_message(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    for _ in range(12):
        await ledger.add(Disposition.CONFIRM)
    await room.say()
    assert [came.json()["data"]["title"] for came in service.came] == ["[Held] 12 mails"]
    assert await room.outbox.next_due("ops") is None


async def test_what_waits_is_bounded_and_what_is_too_much_is_told(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    pick = lambda notice: [Wanted("ops", f"{number}@corp.example") for number in range(MOST + 5)]  # noqa: E731
    await ledger.add(Disposition.CONFIRM)
    left = await room.outbox.spread(pick, NOON, not_before=NOON - timedelta(hours=1), most=MOST)
    assert left == {"ops": 5}
    await ledger.add(Disposition.CONFIRM)
    await room.chat.spread()
    assert room.lanes[0].health.trouble(ledger.clock()) == f"more than {MOST} messages wait"


async def test_old_news_is_no_news(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    await ledger.add(Disposition.CONFIRM)
    ledger.clock.forward(hours=2)
    await room.say()
    assert not service.came


async def test_a_slow_channel_holds_up_nothing_but_itself(ledger: Ledger, service: Service) -> None:
    async with running_service() as slow:
        slow.usual = Reply(silent=True)
        room = await office(ledger, webhook(slow, "slow"), webhook(service))
        await room.chat.start()
        try:
            for number in range(1, 4):
                await ledger.add(Disposition.CONFIRM)
                room.chat.wake()
                await service.until(number)
                assert len(await ledger.outbox.pending()) == number  # letters' notices are untouched
        finally:
            await room.chat.stop()
        assert len(slow.came) == 1


async def test_a_channel_that_is_no_more_is_forgotten(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service, "old"))
    await ledger.add(Disposition.CONFIRM)
    await room.chat.spread()
    await Office(ledger, [webhook(service)]).chat.spread()
    assert await room.outbox.next_due("old") is None


async def test_a_fault_of_ours_is_no_end_of_the_lane(
    ledger: Ledger, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await office(ledger, webhook(service))
    await ledger.add(Disposition.CONFIRM)
    real = room.lanes[0]._channel.say
    monkeypatch.setattr(room.lanes[0]._channel, "say", lambda *_: (_ for _ in ()).throw(ZeroDivisionError))
    await room.say()
    assert room.lanes[0].health.why == "fault of mailguard (ZeroDivisionError)"
    monkeypatch.setattr(room.lanes[0]._channel, "say", real)
    ledger.clock.forward(seconds=10)
    await room.say()
    assert len(service.came) == 1


def test_waits_grow_to_a_bound_and_are_not_all_alike() -> None:
    assert all(4.0 <= back_off(1) <= 6.0 for _ in range(50))
    assert len({back_off(3) for _ in range(20)}) > 1
    assert all(240.0 <= back_off(failures) <= 360.0 for failures in (9, 50, 10_000))


# The watchdog


async def notices(ledger: Ledger) -> list[Notice]:
    """Those that letters are owed for."""
    return [
        one for one in await ledger.outbox.pending() if one.kind.endswith(("_failing", "_good", "pressure", "_over"))
    ]


async def failing(room: Office, service: Service) -> None:
    service.usual = Reply(404)
    await room.ledger.add(Disposition.CONFIRM)
    (notice, *_) = [one for one in await room.ledger.outbox.pending() if one.kind == "held"]
    await room.ledger.outbox.done(notice.id)  # the post room wrote its letter
    for _ in range(4):
        await room.say()
        room.ledger.clock.forward(seconds=70)


async def test_a_channel_that_fails_is_told_once_by_letter_and_by_the_others_and_again_when_it_is_good(
    ledger: Ledger, service: Service
) -> None:
    async with running_service() as other:
        room = await office(ledger, webhook(service), webhook(other, "other", events=frozenset({"channel_failing"})))
        await failing(room, service)
        for _ in range(3):
            await room.watchdog.look()
        assert room.woken == 1
        (notice,) = await notices(ledger)
        assert (notice.kind, notice.to, notice.detail) == (
            "channel_failing", ADMIN, {"name": "ops", "reason": "answered 404"},
        )  # fmt: skip
        assert [(one.name, one.reason) for one in await room.troubles.open()] == [("channel ops", "answered 404")]
        await room.say()
        assert told(other, "other") == [("channel_failing", None)]
        service.usual = Reply(200)
        ledger.clock.forward(minutes=6)
        await room.say()
        await room.watchdog.look()
        await room.watchdog.look()
        assert [one.kind for one in await notices(ledger)] == ["channel_failing", "channel_good"]
        assert not await room.troubles.open()


async def test_a_restart_neither_tells_again_nor_calls_it_good(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    await failing(room, service)
    await room.watchdog.look()
    again = Office(ledger, [webhook(service)])
    await again.watchdog.look()
    await failing(again, service)
    await again.watchdog.look()
    assert [one.kind for one in await notices(ledger)] == ["channel_failing"]
    gone = Office(ledger, [webhook(service, "other")])
    await gone.watchdog.look()  # the settings know it no more
    assert not await gone.troubles.open()
    assert [one.kind for one in await notices(ledger)] == ["channel_failing"]


async def test_a_lost_message_is_told_at_once(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    await ledger.add(Disposition.CONFIRM)
    service.usual = Reply(400)
    await room.say()
    await room.watchdog.look()
    assert [one.reason for one in await room.troubles.open()] == ["answered 400"]


async def test_one_hiccup_is_no_trouble(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    await ledger.add(Disposition.CONFIRM)
    service.replies = [Reply(500)]
    await room.say()
    ledger.clock.forward(minutes=5)
    await room.watchdog.look()
    assert not await room.troubles.open()


async def letter(ledger: Ledger) -> str:
    from mailguard.mail.address import parse_address
    from mailguard.mail.message import new_message_id

    name = new_message_id(ledger.clock())
    await ledger.spool.add_letter(name, parse_address(ANN), b"Subject: x\r\n\r\n", about=None, now=ledger.clock())
    return name


async def test_letters_that_do_not_leave_are_told_in_chats_because_no_letter_would_arrive(
    ledger: Ledger, service: Service
) -> None:
    room = await office(ledger, webhook(service, events=frozenset({"letters_failing"})))
    name = await letter(ledger)
    ledger.clock.forward(minutes=9)
    await room.watchdog.look()
    assert not await room.troubles.open()
    ledger.clock.forward(minutes=2)
    await room.watchdog.look()
    await room.watchdog.look()
    assert [one.reason for one in await room.troubles.open()] == ["1 letters have waited for more than 10 minutes"]
    assert not await notices(ledger)
    await room.say()
    assert told(service) == [("letters_failing", None)]
    await ledger.relay(await ledger.found(name))
    await room.watchdog.look()
    await room.say()
    assert told(service) == [("letters_failing", None), ("letters_good", None)]
    assert [one.kind for one in await notices(ledger)] == ["letters_good"]


async def test_letters_that_nobody_writes_are_late_too(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    await ledger.add(Disposition.CONFIRM)  # and no post room takes its notice
    ledger.clock.forward(minutes=11)
    await room.watchdog.look()
    assert [one.name for one in await room.troubles.open()] == ["letters"]


async def test_pressure_is_told_once_and_once_when_it_is_over(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    for room.lacking in (("disk",), ("disk", "queue"), ("disk",)):
        await room.watchdog.look()
    assert [(one.name, one.reason) for one in await room.troubles.open()] == [
        ("pressure", "too little room on the disk")
    ]
    assert [one.kind for one in await notices(ledger)] == ["pressure"]
    assert [one.to for one in await notices(ledger)] == [ADMIN]
    await room.say()
    room.lacking = ()
    await room.watchdog.look()
    await room.watchdog.look()
    await room.say()
    assert not await room.troubles.open()
    assert [one.kind for one in await notices(ledger)] == ["pressure", "pressure_over"]
    assert told(service) == [("pressure", None), ("pressure_over", None)]


@pytest.mark.parametrize(("name", "letters"), [("branch", 1), ("default", 0)])
async def test_a_next_server_that_refuses_us_is_told_once_and_once_when_mail_goes_again(
    ledger: Ledger, service: Service, name: str, letters: int
) -> None:
    """By letter as well, but for the one that letters go by."""
    room = await office(ledger, webhook(service))
    since = ledger.clock()
    for copies in (3, 4):
        room.stuck = {name: Standstill("refused", copies, since, "next.example: 535 5.7.8 no, ann@corp.example")}
        await room.watchdog.look()
    (trouble,) = await room.troubles.open()
    assert trouble.name == f"upstream {name}"
    assert trouble.reason.startswith(
        "next.example: 535 5.7.8 no, ann@corp.example; since Mon 23 Nov, 12:00, 4 copies wait"
    )
    await room.say()
    assert told(service) == [("upstream_failing", None)]
    assert f"upstream {name} does not leave" in service.came[0].json()["data"]["title"]
    assert "It does not let us in." in str(service.came[0].json()["data"])
    assert [one.kind for one in await ledger.outbox.pending()] == ["upstream_failing"] * letters
    room.stuck = {}
    await room.watchdog.look()  # as after a restart: nobody knows yet
    assert await room.troubles.open()
    room.flows = True
    await room.watchdog.look()
    assert not await room.troubles.open()
    await room.say()
    assert told(service) == [("upstream_failing", None), ("upstream_good", None)]


async def test_letters_that_come_back_are_told_from_the_third_on(ledger: Ledger, service: Service) -> None:
    room = await office(ledger, webhook(service))
    for expected in (0, 0, 1):
        await ledger.relay(await ledger.found(await letter(ledger)), 550, "no such user")
        await room.watchdog.look()
        assert len(await room.troubles.open()) == expected
    assert [one.kind for one in await notices(ledger)] == ["letters_failing"]  # others may still arrive
    for notice in await ledger.outbox.pending():
        await ledger.outbox.done(notice.id)  # as the post room does
    ledger.clock.forward(hours=1, minutes=1)
    await room.watchdog.look()
    assert not await room.troubles.open()


@pytest.mark.parametrize("which", ["watchdog", "chat", "lane"])
async def test_no_fault_ends_a_round_for_good(
    ledger: Ledger, service: Service, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """There was no memory for a moment, say: nobody would hear of anything until the next restart."""
    room, again = await office(ledger, webhook(service)), asyncio.Event()
    target, name, module, pause = {
        "watchdog": (room.watchdog, "look", "watchdog", "_EVERY"),
        "chat": (room.chat, "spread", "channels.room", "_LOOK_AGAIN"),
        "lane": (room.lanes[0], "say_owed", "channels.lane", "_LOOK_AGAIN"),
    }[which]
    calls: list[str] = []

    async def short() -> float:
        calls.append(which)
        if len(calls) == 1:
            raise MemoryError
        again.set()
        return 60.0

    monkeypatch.setattr(target, name, short)
    monkeypatch.setattr(f"mailguard.notify.{module}.{pause}", 0.01)
    going = {"watchdog": room.watchdog.watch, "chat": room.chat._work, "lane": room.lanes[0].work}[which]
    task = asyncio.create_task(going())
    try:
        async with asyncio.timeout(60):
            await again.wait()
    finally:
        task.cancel()
        await asyncio.wait([task])
