"""What waits in memory for a place at one next server: mail fresh from intake, and what was claimed from the ledger.

Both have their turn, one after the other, each in the order in which it came: neither starves the other. All of it is
under a lease that the ledger holds, so nothing is lost with it. Bounded in mails and octets; no clock, no waiting.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable
from dataclasses import dataclass

from mailguard.mail.message import Body
from mailguard.store.records import Job


@dataclass(slots=True)
class Waiting:
    """A job under a lease since then (the loop's clock). body: octets in memory whose digest was checked since they
    came there.
    """

    job: Job
    since: float
    body: Body | None = None

    @property
    def octets(self) -> int:
        return 0 if self.body is None else self.body.size


class Backlog:
    """Two queues that take turns."""

    def __init__(self, mails: int, octets: int) -> None:
        """mails, octets: how many fresh ones wait here at most, and how much of theirs."""
        self._mails, self._most = mails, octets
        self._fresh: collections.deque[Waiting] = collections.deque()
        self._claimed: collections.deque[Waiting] = collections.deque()
        self._octets = 0
        self._fresh_next = False

    def __len__(self) -> int:
        return len(self._fresh) + len(self._claimed)

    @property
    def fresh(self) -> int:
        """How many fresh ones wait."""
        return len(self._fresh)

    @property
    def claimed(self) -> int:
        """How many of the ledger's wait."""
        return len(self._claimed)

    def has_room(self, since: float) -> bool:
        """Whether a fresh one may wait here: as long as the first of them has not waited since before `since`."""
        fresh = self._fresh
        return not fresh or (len(fresh) < self._mails and self._octets < self._most and fresh[0].since >= since)

    def add(self, one: Waiting) -> None:
        """A fresh one. Its octets are let go if there are too many: they are read when its turn comes."""
        if self._octets >= self._most or len(self._fresh) >= self._mails:
            one.body = None
        self._octets += one.octets
        self._fresh.append(one)

    def add_claimed(self, some: Iterable[Waiting]) -> None:
        """What the ledger gave, in its order."""
        self._claimed.extend(some)

    def put_back(self, some: Iterable[Waiting]) -> None:
        """Some that nobody else would take: as before all others."""
        self._claimed.extendleft(reversed(list(some)))

    def next(self, since: float) -> Waiting | None:
        """Whose turn it is. None: nobody waits, or whoever it is has waited since before `since`, and must not go."""
        line = self._line()
        if not line or line[0].since < since:
            return None
        self._fresh_next = line is self._claimed
        return self._taken(line)

    def older(self, since: float) -> list[Waiting]:
        """Take out all that have waited since before then."""
        found = []
        for line in (self._claimed, self._fresh):
            while line and line[0].since < since:
                found.append(self._taken(line))
        return found

    def _line(self) -> collections.deque[Waiting]:
        if self._fresh and (self._fresh_next or not self._claimed):
            return self._fresh
        return self._claimed

    def _taken(self, line: collections.deque[Waiting]) -> Waiting:
        one = line.popleft()
        if line is self._fresh:
            self._octets -= one.octets
        return one
