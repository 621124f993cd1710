"""Many alerts to one person become one: which notices get a letter at once, and which wait for a common one.

The first few letters go at once. When more come in a short time, the next ones wait, at most as long as that time, and
go together. Letters about a person's own held mail also wait while he wants peace. Nothing is lost: what waits is owed
in the ledger; here is only the plan, made anew after a restart. No clock of its own, no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailguard.mail.address import AddressError, parse_address
from mailguard.store.records import Notice, NoticeKind

#: What is gathered: news of a hold, to its sender and to whom it asks. Ends of a mail are always told at once.
GATHERED: tuple[NoticeKind, ...] = ("held", "approval")


@dataclass(frozen=True, slots=True)
class Merge:
    """After so many letters to one person within this time, the next ones wait, and go as one when it is over."""

    after: int = 10
    within: timedelta = timedelta(minutes=5)


@dataclass(slots=True)
class _Person:
    """told: when the last letters went; waiting: what no letter was written about yet; silenced: of it, what waited
    for the end of a mute.
    """

    told: list[datetime] = field(default_factory=list)
    waiting: list[Notice] = field(default_factory=list)
    silenced: set[int] = field(default_factory=set)


class Gathering:
    """What waits for whom."""

    def __init__(self, merge: Merge) -> None:
        self._merge = merge
        self._people: dict[str, _Person] = {}

    def take(self, notices: Iterable[Notice]) -> None:
        """Notices of the kinds that are gathered; each comes out of `due` once."""
        for notice in notices:
            self._people.setdefault(person_of(notice.to), _Person()).waiting.append(notice)

    def told(self, person: str, at: datetime) -> None:
        """A letter went to this person, in another run of the house perhaps."""
        self._people.setdefault(person, _Person()).told.append(at)

    @property
    def waits(self) -> bool:
        """Whether anything is here."""
        return any(one.waiting for one in self._people.values())

    def due(self, now: datetime, mutes: Mapping[str, datetime]) -> list[tuple[Notice, ...]]:
        """What is to be written now: each tuple is one letter. mutes: until when people want peace."""
        found = []
        for person, one in list(self._people.items()):
            found += self._due(one, now, mutes.get(person))
            if not one.waiting and not one.told:
                del self._people[person]
        return found

    def next_time(self, mutes: Mapping[str, datetime]) -> datetime | None:
        """When something falls due, if nothing new comes; None if nothing waits."""
        times = []
        for person, one in self._people.items():
            for notice in one.waiting:
                muted = mutes.get(person) if notice.kind == "held" else None
                times.append(muted or notice.created_at + self._merge.within)
        return min(times, default=None)

    def _due(self, one: _Person, now: datetime, muted: datetime | None) -> list[tuple[Notice, ...]]:
        one.told = [at for at in one.told if now - at < self._merge.within]
        quiet = {notice.id for notice in one.waiting if notice.kind == "held"} if muted and muted > now else set()
        one.silenced |= quiet
        ready = [notice for notice in one.waiting if notice.id not in quiet]
        if not ready:
            return []
        room = max(0, self._merge.after - len(one.told))
        freed = any(notice.id in one.silenced for notice in ready)
        if freed or ready[0].created_at + self._merge.within <= now:
            letters: list[tuple[Notice, ...]] = [tuple(ready)]
        else:
            letters = [(notice,) for notice in ready[:room]]
        for letter in letters:
            # One letter for many is as much as a person should get in that time.
            one.told += [now] * (1 if len(letter) == 1 else self._merge.after)
        written = {notice.id for letter in letters for notice in letter}
        one.waiting = [notice for notice in one.waiting if notice.id not in written]
        one.silenced -= written
        return letters


def person_of(to: str) -> str:
    """The key of the address that a notice goes to; "" for the administrators."""
    try:
        return parse_address(to).key if to else ""
    except AddressError:
        return ""


def about(notices: Sequence[Notice]) -> tuple[str, ...]:
    """The ids of the messages that these notices are about; of a further part its own as well."""
    ids = [one for notice in notices for one in (notice.message_id, notice.detail.get("further")) if one]
    return tuple(dict.fromkeys(map(str, ids)))
