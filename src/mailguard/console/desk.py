"""The reception's desk: everything a handler needs, put together once, and nothing that it could change.

Doors translate: handlers ask the rooms named here and put the answers into words. They hold no state of their own but a
small cache of bodies that were read (bodies never change).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, cast

from starlette.requests import Request

from mailguard.access import Access, Ways
from mailguard.console.settings import ConsoleSettings
from mailguard.console.sheets import Sheets
from mailguard.console.trials import Tries
from mailguard.incident import IncidentRoom
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body
from mailguard.notify.live import Live
from mailguard.review import Bulk, Listing, MyHistory, Review
from mailguard.review.absences import AbsenceReview
from mailguard.review.audits import AuditReview
from mailguard.review.figures import FigureReview
from mailguard.review.quiet import Quiet
from mailguard.review.rules import RuleReview


class Reads(Protocol):
    """Opens a mail in a worker process; never raises for what a mail does."""

    async def read(self, body: Body) -> Facts: ...


class OutsideMail(Protocol):
    """What the mailbox upstream received: file name, envelope, subject, time, and whether it is a letter of ours."""

    @property
    def name(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def recipients(self) -> Sequence[str]: ...
    @property
    def subject(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def letter(self) -> bool: ...


class Outside(Protocol):
    """The mailbox upstream, newest first. `octets` raises KeyError or OSError for a name that is not there."""

    async def mails(self, limit: int) -> Sequence[OutsideMail]: ...
    async def octets(self, name: str) -> bytes: ...


@dataclass(slots=True)
class BodyCache:
    """The last few bodies that were read, by key, so that the page and its HTML frame read once. Bounded by
    characters.
    """

    limit: int = 8_000_000
    _kept: dict[str, Facts] = field(default_factory=dict)
    _size: int = 0

    def get(self, key: str) -> Facts | None:
        """What was read before, if it is still here."""
        return self._kept.get(key)

    def put(self, key: str, facts: Facts) -> None:
        """Keep it; the oldest go."""
        if key in self._kept:
            return
        self._kept[key] = facts
        self._size += _weight(facts)
        while self._size > self.limit and len(self._kept) > 1:
            oldest = next(iter(self._kept))
            self._size -= _weight(self._kept.pop(oldest))


def _weight(facts: Facts) -> int:
    return len(facts.text) + len(facts.html) + sum(len(a.text) for a in facts.attachments) + 1000


@dataclass(frozen=True, slots=True)
class Desk:
    """outside: None where the upstream is a real server. ready: what is wrong with the house, by name; empty: nothing.

    policy: the active policy as contract section 7 shows it (`GET /policy`). refused: what is wrong with a policy that
    was not taken; empty: nothing. troubles: ways to people that fail, by name with the reason. rules: what the rules in
    force did; None where no policy is. trials: simulations; None where none can be run. absences: who is away. figures,
    audits: None where nobody counts, or reads the log. quiet: peace from letters; None where nobody can ask for it.
    directory: whose names are believed. version: of mailguard, for the API's document. ways: how people may log in.
    """

    settings: ConsoleSettings
    review: Review
    bulk: Bulk
    listing: Listing
    sent: MyHistory
    access: Access
    live: Live
    readers: Reads
    now: Callable[[], datetime]
    sheets: Sheets = field(default_factory=Sheets)
    outside: Outside | None = None
    ready: Callable[[], Awaitable[Mapping[str, str]]] | None = None
    policy: Callable[[], Mapping[str, Any]] | None = None
    refused: Callable[[], Sequence[str]] = tuple
    troubles: Callable[[], Sequence[tuple[str, str]]] = tuple
    rules: RuleReview | None = None
    trials: Tries | None = None
    absences: AbsenceReview | None = None
    incidents: IncidentRoom | None = None
    figures: FigureReview | None = None
    audits: AuditReview | None = None
    quiet: Quiet | None = None
    directory: Callable[[], Directory] = lambda: NOBODY
    version: str = ""
    ways: Ways = field(default_factory=Ways)
    bodies: BodyCache = field(default_factory=BodyCache)


def desk_of(request: Request) -> Desk:
    """The desk that this request came to."""
    return cast(Desk, request.app.state.desk)
