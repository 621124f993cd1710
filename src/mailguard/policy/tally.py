"""What is counted of mails, and how: a tally of one mail, sums of tallies, and lengths of time as a histogram. Pure.

docs/figures.md says each number in words. A tally holds no address and no text, so it may outlive the mails that it
counts. Lengths are kept in classes that are five per cent wide: a median over a year of mail needs no year of mail.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.policy.recorded import ASKS, Copy, Outcome, outcome_of

#: A class of lengths ends where it began times this.
WIDTH = 1.05
#: Whoever decides so soon after opening a mail has hardly read it.
HASTY = timedelta(seconds=5)
#: asked, undo, all: from receipt to the last relay, of mails that people were asked about, of mails that only waited
#: out their undo window, of all; decide: from receipt to the decision; read: from opening to the decision.
Length = Literal["asked", "undo", "all", "decide", "read"]
LENGTHS: tuple[Length, ...] = ("asked", "undo", "all", "decide", "read")
_STEP = math.log(WIDTH)
_OPEN = frozenset({State.HELD, State.QUEUED})
_WENT = frozenset({State.QUEUED, State.RELAYED, State.BOUNCED})
#: Who decides when time does.
HOUSE = "mailguard"
#: What is counted of alarms: how many; the recipient was taken off or replaced, or the mail not sent; the sender said
#: that he is right; nobody has decided yet. What time or an approver ended is none of the last three.
ALARM = ("alarms", "right", "wrong", "open")


@dataclass(slots=True)
class Histogram:
    """Lengths of time by class: class n begins at 1.05^n milliseconds; shorter ones count as one millisecond."""

    counts: dict[int, int] = field(default_factory=dict)

    def add(self, length: timedelta) -> None:
        """Count a length; a negative one (a clock that was set back) is none."""
        number = class_of(length)
        self.counts[number] = self.counts.get(number, 0) + 1

    def merge(self, other: Histogram) -> None:
        """Add another one."""
        for number, count in other.counts.items():
            self.counts[number] = self.counts.get(number, 0) + count

    @property
    def total(self) -> int:
        """How many lengths."""
        return sum(self.counts.values())

    def quantile(self, part: float) -> timedelta | None:
        """The length that so many (0..1) do not exceed, by nearest rank; right to 2.5 %. None if there are none."""
        rank, seen = max(1, math.ceil(part * self.total)), 0
        for number in sorted(self.counts):
            seen += self.counts[number]
            if seen >= rank:
                return timedelta(milliseconds=math.exp((number + 0.5) * _STEP))
        return None


def class_of(length: timedelta) -> int:
    """The class of a length."""
    return max(0, math.floor(math.log(max(1.0, length / timedelta(milliseconds=1))) / _STEP))


@dataclass(slots=True)
class Tally:
    """Numbers of mails. outside: with an outsider among the recipients; refused: at the door, not among `mails`.

    delayed: waited only in an undo window; undone: of those, taken back in part or whole. asked: people had to decide;
    each is one of waiting, released (as it was), changed, cancelled, rejected, expired. hits: of a rule, whatever its
    mode. seen: decided by somebody who had opened the page; hasty: of those, sent as they were within five seconds.
    alarms: of the model of who writes to whom, by kind of reason, each the counts of `ALARM`.
    """

    mails: int = 0
    outside: int = 0
    refused: int = 0
    hits: int = 0
    delayed: int = 0
    undone: int = 0
    asked: int = 0
    waiting: int = 0
    released: int = 0
    changed: int = 0
    cancelled: int = 0
    rejected: int = 0
    expired: int = 0
    seen: int = 0
    hasty: int = 0
    lengths: dict[Length, Histogram] = field(default_factory=dict)
    alarms: dict[str, list[int]] = field(default_factory=dict)

    @property
    def stopped(self) -> int:
        """Mistakes stopped: mails that a person took back or changed while they were held."""
        return self.undone + self.cancelled + self.changed

    @property
    def decided(self) -> int:
        """Mails that a person decided on."""
        return self.released + self.changed + self.cancelled + self.rejected

    @property
    def per_hundred(self) -> float | None:
        """Mails that people were asked about, of a hundred; None without mail."""
        return 100 * self.asked / self.mails if self.mails else None

    @property
    def unchanged(self) -> float | None:
        """Share of the decided ones that were sent as they were; None if none was decided."""
        return self.released / self.decided if self.decided else None

    def quantile(self, length: Length, part: float) -> timedelta | None:
        """Of the lengths of one kind; None if there are none."""
        found = self.lengths.get(length)
        return None if found is None else found.quantile(part)

    def note(self, length: Length, value: timedelta) -> None:
        """Count a length."""
        self.lengths.setdefault(length, Histogram()).add(value)

    def alarmed(self, what: str) -> int:
        """Over all kinds, one of the words of `ALARM`."""
        return sum(counts[ALARM.index(what)] for counts in self.alarms.values())

    @property
    def alarms_right(self) -> float | None:
        """Share of the alarms that people decided on which were mistakes; None if none was decided."""
        right, wrong = self.alarmed("right"), self.alarmed("wrong")
        return right / (right + wrong) if right + wrong else None

    def merge(self, other: Tally, lengths: Sequence[Length] = LENGTHS, *, alarms: bool = True) -> None:
        """Add another one, with these of its lengths."""
        for kind, counts in other.alarms.items() if alarms else ():
            mine = self.alarms.setdefault(kind, [0] * len(ALARM))
            self.alarms[kind] = [one + more for one, more in zip(mine, counts, strict=True)]
        for name in _COUNTS:
            if value := getattr(other, name):
                setattr(self, name, getattr(self, name) + value)
        for length, histogram in other.lengths.items():
            if length in lengths:
                self.lengths.setdefault(length, Histogram()).merge(histogram)


_COUNTS = tuple(one.name for one in fields(Tally) if one.name not in ("lengths", "alarms"))


@dataclass(frozen=True, slots=True)
class Seen:
    """What the ledger knows of a mail. relayed_at: of its last copy; altered: a person changed more than its
    recipients; opened: when each person (key) first opened its page. alarm: about whom (key), and the kind of reason.
    corrected: a person put whoever was meant in a wrong recipient's place.
    """

    received_at: datetime
    outside: bool
    copies: Sequence[Copy]
    relayed_at: datetime | None = None
    altered: bool = False
    opened: Mapping[str, datetime] = field(default_factory=dict)
    alarm: tuple[str, str] | None = None
    corrected: bool = False


def tally_of(mail: Seen) -> Tally:
    """One mail, counted."""
    tally, states = Tally(mails=1, outside=int(mail.outside)), {copy.state for copy in mail.copies}
    outcome = fate_of(mail.copies, altered=mail.altered, corrected=mail.corrected)
    waited = any(copy.disposition == Disposition.DELAY for copy in mail.copies)
    if outcome:
        tally.asked = 1
        setattr(tally, outcome, 1)
        _decision(tally, mail, outcome)
    elif waited:
        tally.delayed, tally.undone = 1, int(State.CANCELLED in states)
    if mail.alarm is not None:
        _alarm(tally, mail, *mail.alarm)
    if mail.relayed_at is not None and not states & _OPEN:
        length = mail.relayed_at - mail.received_at
        tally.note("all", length)
        if outcome:
            tally.note("asked", length)
        elif waited:
            tally.note("undo", length)
    return tally


def fate_of(copies: Sequence[Copy], *, altered: bool, corrected: bool = False) -> Outcome:
    """What became of a mail that people were asked about: one that somebody altered did not go as it was, and one that
    went to whoever was meant was not cancelled, though the copy that asked never went.
    """
    outcome = outcome_of(copies)
    if outcome == "cancelled" and corrected and any(copy.state in _WENT for copy in copies):
        return "changed"
    return "changed" if outcome == "released" and altered else outcome


def decision_of(copies: Sequence[Copy]) -> Copy | None:
    """The copy on which a person decided last, of those that people were asked about."""
    decided = [(copy.decided_at, copy) for copy in copies if copy.disposition in ASKS and copy.decided_at is not None]
    return max(decided, key=lambda pair: pair[0], default=(None, None))[1]


def median(lengths: Sequence[timedelta]) -> timedelta:
    """The middle one of some lengths, or the mean of the middle two."""
    ordered, middle = sorted(lengths), len(lengths) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _alarm(tally: Tally, mail: Seen, key: str, kind: str) -> None:
    """What people made of an alarm, by the copy that it was about; only where they were asked."""
    copy = next((one for one in mail.copies if one.address.key == key), None)
    if copy is None or copy.disposition not in ASKS:
        return
    by_person = copy.decided_by not in ("", HOUSE)
    right = by_person and copy.state == State.CANCELLED
    wrong = by_person and copy.state in _WENT
    tally.alarms[kind] = [1, int(right), int(wrong), int(copy.state == State.HELD)]


def _decision(tally: Tally, mail: Seen, outcome: Outcome) -> None:
    last = decision_of(mail.copies)
    if outcome in ("waiting", "expired") or last is None or last.decided_at is None:
        return
    tally.note("decide", last.decided_at - mail.received_at)
    opened = mail.opened.get(last.decided_by)
    if opened is None or opened > last.decided_at:
        return
    tally.seen = 1
    tally.note("read", last.decided_at - opened)
    tally.hasty = int(outcome == "released" and last.decided_at - opened <= HASTY)


def tally_to_json(tally: Tally) -> dict[str, Any]:
    """For keeping; what is zero is left out."""
    counts: dict[str, Any] = {name: value for name in _COUNTS if (value := getattr(tally, name))}
    # Class, count, class, count ...: a year of them is read for one page.
    lengths = {name: [n for pair in sorted(h.counts.items()) for n in pair] for name, h in tally.lengths.items()}
    alarms = {"alarms": tally.alarms} if tally.alarms else {}
    return {**counts, **({"lengths": lengths} if lengths else {}), **alarms}


def tally_from_json(value: Mapping[str, Any]) -> Tally:
    """What was kept."""
    counts, lengths = dict(value), value.get("lengths", {})
    found = {name: Histogram(dict(zip(flat[::2], flat[1::2], strict=True))) for name, flat in lengths.items()}
    return Tally(**{**counts, "lengths": found})
