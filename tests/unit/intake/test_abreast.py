"""Mails of one moment take each step together, and a mail alone waits no more than one turn for others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from tests.judging import policy_of

from mailguard.insight.words import Judgement, Letter
from mailguard.intake import Intake, IntakeSettings
from mailguard.mail.address import Address, ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body, Message, new_message_id
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Verdict
from mailguard.policy.case import Known
from mailguard.policy.question import Question
from mailguard.store.fresh import record_of
from mailguard.store.records import MessageRecord
from mailguard.workshop import Workshop

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
OWN = Organization(("corp.example",))
POLICY = policy_of("version: 1\nrules: [{id: r, when: {attachments: any}, then: confirm}]")


class Elsewhere:
    """The rooms around, none of which waits but a commit that is told to. steps: what they were asked, in order."""

    learning = False

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.prefixes: list[bytes] = []
        self.commit = asyncio.Event()
        self.commit.set()

    async def read(self, body: Body, client: str) -> Facts:
        self.steps.append("read")
        return Facts(text="x", shown=1)

    def at_hand(self, sender: ReversePath, recipients: Sequence[Address], asked: Question) -> Known:
        self.steps.append("compared")
        return Known()

    async def judged(self, letter: Letter, *, abreast: bool = False) -> tuple[bytes, Judgement | None]:
        return b"", None

    async def add(
        self, message: Message, facts: Facts, verdict: Verdict, prefix: bytes, *, prepared: Any, **_: Any
    ) -> MessageRecord:
        self.steps.append("kept")
        self.prefixes.append(prefix)
        await self.commit.wait()
        return record_of(message, facts, verdict, prefix, NOON, prepared)

    def room_for_one(self, ways: object) -> bool:
        self.steps.append("judged")
        return True

    def hand_on(self, record: MessageRecord, body: Body | None = None) -> None:
        self.steps.append("handed on")


def intake(rooms: Elsewhere) -> Intake:
    stand_in = cast(Any, rooms)
    return Intake(
        IntakeSettings(OWN, "mx.corp.example", b"k" * 32), readers=stand_in, policy=lambda: POLICY, history=stand_in,
        spool=stand_in, turned_away=stand_in, workshop=Workshop(), delivery=stand_in, memory=stand_in,
        noticed=lambda _: rooms.steps.append("noticed"), now=lambda: NOON,
    )  # fmt: skip


def message(number: int, octets: bytes = b"Subject: x\r\n\r\nx\r\n") -> Message:
    client = Client("127.0.0.1", "pc.corp.example", trusted=True)
    people = (parse_address(f"bob{number}@x.example"),)
    envelope = Envelope(ReversePath(parse_address("ann@corp.example")), people, client)
    return Message(new_message_id(NOON), envelope, Body.of(octets), NOON)


def test_mails_of_one_moment_take_each_step_together() -> None:
    rooms = Elsewhere()
    room = intake(rooms)

    async def at_once() -> None:
        rooms.commit.clear()
        mails = [asyncio.create_task(room.accept(message(number))) for number in range(4)]
        while rooms.steps.count("kept") < 4:  # noqa: ASYNC110 - a turn is what is counted
            await asyncio.sleep(0)
        rooms.commit.set()
        assert {(await one).code for one in mails} == {250}

    asyncio.run(at_once())
    assert rooms.steps[:8] == ["read"] * 4 + ["compared"] * 4
    assert rooms.steps[8:16] == ["judged", "kept"] * 4  # of one step
    assert rooms.steps[16:] == ["handed on"] * 4 + ["noticed"] * 4


def test_a_mail_alone_waits_one_turn_for_others() -> None:
    rooms = Elsewhere()
    room = intake(rooms)
    for number in range(2):  # those that have their reply are no company
        rooms.steps.clear()
        accepted = room.accept(message(number))
        assert accepted.send(None) is None
        assert not rooms.steps
        with pytest.raises(StopIteration) as done:
            accepted.send(None)
        assert done.value.value.code == 250
        assert rooms.steps == ["read", "compared", "judged", "kept", "handed on", "noticed"]


def test_what_stands_above_a_mail_makes_a_header_with_it() -> None:
    rooms = Elsewhere()
    room = intake(rooms)
    for octets in (b"Subject: x\r\n\r\nx\r\n", b"From ann Fri Nov 27 10:00:00 2026\r\nSubject: x\r\n\r\nx\r\n"):
        asyncio.run(room.accept(message(1, octets)))
        *lines, subject = (rooms.prefixes[-1] + octets).split(b"\r\n\r\n")[0].split(b"\r\n")
        assert subject == b"Subject: x"
        assert all(line.startswith(b"\t") or b": " in line for line in lines)
