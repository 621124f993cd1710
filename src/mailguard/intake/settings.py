"""What the room is given: its settings, and the neighbours as it sees them. Values and shapes; nothing acts here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from mailguard.insight.words import Judgement, Letter
from mailguard.mail.address import Address
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body, Message
from mailguard.mail.organization import Organization
from mailguard.store.records import MessageRecord


class HandsOn(Protocol):
    """The sorting room: takes a fresh message in memory, under a lease that the ledger already holds."""

    def room_for_one(self, ways: Collection[str]) -> bool: ...

    def hand_on(self, record: MessageRecord, body: Body | None = None) -> None: ...


class Remembers(Protocol):
    """The model of who writes to whom."""

    @property
    def learning(self) -> bool:
        """Whether it only watches yet: what it says is shown, and nothing follows from it."""

    async def judged(self, letter: Letter, *, abreast: bool = False) -> tuple[bytes, Judgement | None]:
        """The lesson of a letter, and what the model thinks of it; None while there is no model. abreast: many others
        come in this moment, and all are read before one is judged.
        """


class TakesReplies(Protocol):
    """The room where answers to letters are read."""

    def among(self, recipients: Sequence[Address]) -> tuple[Address, ...]: ...

    async def take(self, message: Message, facts: Facts, addresses: Sequence[Address]) -> None: ...


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """host: our name in the Received field; key: what the mark is made with; lease: our time to relay a fresh mail.

    senders: domain -> the way that its mail goes, where that is not the usual one.
    """

    organization: Organization
    host: str
    key: bytes = field(repr=False)
    lease: timedelta = timedelta(minutes=15)
    senders: Mapping[str, str] = field(default_factory=dict)
