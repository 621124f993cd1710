"""Many alerts to one person become one: which notices get a letter at once, and which wait for a common one.

The first few letters go at once. When more come in a short time, the next ones wait, at most as long as that time, and
go together. Letters about a person's own held mail also wait while he wants peace. Nothing is lost: what waits is owed
in the ledger; here is only the plan, made anew after a restart. However many wait for one person, one more costs the
same. No clock of its own, no I/O.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice

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
    """told: when the last letters went, oldest first; gathered_at: when the last one for many did. waiting: what no
    letter was written about yet; asked: of it, what others ask. As it stood at the last look: muted, until when he
    wants peace; silenced: whether own mail waits for its end; following: when something may fall due, None: nothing
    waits.
    """

    told: deque[datetime] = field(default_factory=deque)
    gathered_at: datetime | None = None
    waiting: dict[int, Notice] = field(default_factory=dict)
    asked: dict[int, Notice] = field(default_factory=dict)
    muted: datetime | None = None
    silenced: bool = False
    following: datetime | None = None

    def take(self, notice: Notice) -> None:
        self.waiting[notice.id] = notice
        if notice.kind != "held":
            self.asked[notice.id] = notice

    def is_behind(self, notice: Notice, now: datetime) -> bool:
        """Whether it waits for nothing but what others wait for already."""
        if self.following is None or now >= self.following:
            return False
        if self.muted is None:
            return True
        return bool(self.asked) if notice.kind != "held" else len(self.waiting) > len(self.asked)

    def due(self, merge: Merge, now: datetime, muted: datetime | None) -> list[tuple[Notice, ...]]:
        """The letters that are to be written now. What does not change with each notice costs nothing for each."""
        self._forget(merge, now)
        self.muted = muted if muted is not None and muted > now else None
        letters = self._letters(merge, now)
        for notice in (notice for letter in letters for notice in letter):
            del self.waiting[notice.id]
            self.asked.pop(notice.id, None)
        self.silenced = self.muted is not None and len(self.waiting) > len(self.asked)
        self.following = self._following(merge)
        return letters

    @property
    def _ready(self) -> dict[int, Notice]:
        return self.waiting if self.muted is None else self.asked

    def _letters(self, merge: Merge, now: datetime) -> list[tuple[Notice, ...]]:
        ready = self._ready
        if not ready:
            return []
        freed = self.silenced and self.muted is None
        if freed or _first(ready).created_at + merge.within <= now:
            letter = tuple(ready.values())
            # One letter for many is as much as a person should get in that time.
            if len(letter) > 1:
                self.gathered_at = now
            else:
                self._tell(now)
            return [letter]
        room = 0 if self.gathered_at is not None else max(0, merge.after - len(self.told))
        letters: list[tuple[Notice, ...]] = [(notice,) for notice in islice(ready.values(), room)]
        for _ in letters:
            self._tell(now)
        return letters

    def _tell(self, at: datetime) -> None:
        insort(self.told, at)

    def _forget(self, merge: Merge, now: datetime) -> None:
        while self.told and now - self.told[0] >= merge.within:
            self.told.popleft()
        if self.gathered_at is not None and now - self.gathered_at >= merge.within:
            self.gathered_at = None

    def _following(self, merge: Merge) -> datetime | None:
        """When the first of what waits goes at the latest, or there is room for a letter, or he has had his peace."""
        times = [self.muted] if self.silenced and self.muted is not None else []
        if ready := self._ready:
            room = self.gathered_at or (self.told[0] if self.told else None)
            times += [at + merge.within for at in (_first(ready).created_at, room) if at is not None]
        return min(times, default=None)


class Gathering:
    """What waits for whom. Nobody is looked at for whom nothing new came, before something of his may fall due."""

    def __init__(self, merge: Merge) -> None:
        self._merge = merge
        self._people: dict[str, _Person] = {}
        self._new: dict[str, None] = {}  # people who were not looked at since something came
        self._mutes: Mapping[str, datetime] = {}  # of the last look
        self._following: datetime | None = None
        self._all_at: datetime | None = None  # when all were looked at

    def take(self, notices: Iterable[Notice]) -> None:
        """Notices of the kinds that are gathered; each comes out of `due` once."""
        for notice in notices:
            person = person_of(notice.to)
            self._people.setdefault(person, _Person()).take(notice)
            self._new[person] = None

    def take_behind(self, notices: Sequence[Notice], now: datetime) -> bool:
        """Take them if they only wait with others for a time that is known: then `due` need not be asked sooner. False
        if not: none was taken.
        """
        people = []
        for notice in notices:
            person = person_of(notice.to)
            one = self._people.get(person)
            if notice.kind not in GATHERED or person in self._new or one is None or not one.is_behind(notice, now):
                return False
            people.append(one)
        for one, notice in zip(people, notices, strict=True):
            one.take(notice)
        return True

    def told(self, person: str, at: datetime) -> None:
        """A letter went to this person, in another run of the house perhaps."""
        insort(self._people.setdefault(person, _Person()).told, at)

    @property
    def next_time(self) -> datetime | None:
        """When something may fall due, if nothing new comes and nobody changes his mind; None if nothing waits. As it
        was at the last look.
        """
        return self._following

    def due(self, now: datetime, mutes: Mapping[str, datetime]) -> list[tuple[Notice, ...]]:
        """What is to be written now: each tuple is one letter. mutes: until when people want peace."""
        if mutes != self._mutes or self._is_time(now):
            look, self._following = list(self._people), None
            self._mutes, self._all_at = mutes, now
        else:
            look = list(self._new)
        self._new.clear()
        found = []
        for person in look:
            one = self._people[person]
            found += one.due(self._merge, now, mutes.get(person))
            self._note(person, one)
        return found

    def _is_time(self, now: datetime) -> bool:
        """Whether all are to be looked at: something may be due, or people may be forgotten."""
        if self._following is not None and now >= self._following:
            return True
        return self._all_at is None or now - self._all_at >= self._merge.within

    def _note(self, person: str, one: _Person) -> None:
        if one.following is not None:
            self._following = one.following if self._following is None else min(self._following, one.following)
        elif not one.told and one.gathered_at is None:
            del self._people[person]


def _first(notices: dict[int, Notice]) -> Notice:
    return next(iter(notices.values()))


@lru_cache(maxsize=1024)  # asked for each notice
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
