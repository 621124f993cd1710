"""Who wrote to whom: counts per sender and recipient domain, learned only from mail that went through.

Keys are policy's `known_keys`: the domain, or the whole address at a provider of mailboxes for everybody. Mail that
people did not write (auto-replies, receipts, letters) teaches nothing: else any stranger could make himself known.
What was answered lately is kept, and given again for as long as nothing of it was changed (store.stamps): the same as
the ledger would say at that moment, whichever process changed it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from mailguard.mail.address import Address, ReversePath
from mailguard.mail.facts import Addressee, Facts
from mailguard.policy.case import Circle, Known, known_keys
from mailguard.policy.lookalike import known_domains
from mailguard.policy.question import Question
from mailguard.store import knowing, many, memory
from mailguard.store.db import Database
from mailguard.store.files_seen import files_sent, worth_knowing
from mailguard.store.rows import to_micro
from mailguard.store.stamps import CirclePlace, circle_place, often_place, places

#: The sender that stands for everybody here.
_COMPANY = ""
#: Domains worth comparing look-alikes with; a company writes to few domains often.
_OFTEN = 2000
#: Seconds for which the list of them is good: it changes slowly and is long.
_FRESH = 30.0
#: How long an answer is kept, in case the ledger is changed by what knows no stamps; and how much is kept in all, in
#: addresses, some 100 octets each.
_KEPT = timedelta(minutes=5)
_ROOM = 100_000
INSERT_CONTACTS = "INSERT INTO contact (sender, key, count, first_at, last_at)"
COUNT_CONTACTS = "ON CONFLICT (sender, key) DO UPDATE SET count = count + 1, last_at = excluded.last_at"


#: For whoever wants to know no more than who was written to.
NOTHING_MORE = Question()

#: What an answer depends on besides the ledger and the time.
_Asked = tuple[
    str | None,
    tuple[Address, ...],
    frozenset[str],
    tuple[str, ...],
    frozenset[str],
    bool,
    tuple[Addressee, ...],
    tuple[tuple[str, str], ...],
]


class _Kept(NamedTuple):
    """An answer, good from one moment to another while the places hold. circles: where it is said how often it was
    written to each of its circles.
    """

    known: Known
    commit: int
    places: tuple[int, ...]
    circles: tuple[CirclePlace, ...]
    since: datetime
    until: datetime
    weight: int


class _Read(NamedTuple):
    """What the ledger said. ends: when the first trust in it does; often: None if nobody asked for them."""

    commit: int
    known: Known
    ends: datetime | None
    thread: frozenset[str]
    often: tuple[str, ...] | None


class History:
    """What is known of recipients."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._stamps = db.stamps
        self._often: tuple[str, ...] = ()
        self._often_until = float("-inf")
        #: The oldest first.
        self._kept: dict[_Asked, _Kept] = {}
        self._weight = 0

    def at_hand(self, sender: ReversePath, recipients: tuple[Address, ...], asked: Question) -> Known | None:
        """What `known` would say, if it is known without a look into the ledger."""
        moment = asked.moment
        if moment is None or asked.message_ids or time.monotonic() >= self._often_until:
            return None
        return self._still(_key(sender, recipients, asked), moment)

    async def known(self, sender: ReversePath, recipients: Sequence[Address], asked: Question = NOTHING_MORE) -> Known:
        """What is known about these recipients: which of their keys this sender, and anybody here, wrote to before; and
        what else is asked, in the same read. Who got the files of a mail that has some says `files`.
        """
        key, moment = _key(sender, tuple(recipients), asked), asked.moment
        mails = asked.message_ids if "thread" in asked.needs else ()
        stale = time.monotonic() >= self._often_until
        kept = None if moment is None else self._still(key, moment)
        if kept is not None and not mails and not stale:
            return kept

        def read(connection: sqlite3.Connection) -> _Read:
            commit = self._stamps.last()  # before the snapshot, which begins with the first statement
            known, ends = (kept, None) if kept is not None else knowing.look(connection, key[0], recipients, asked)
            thread = memory.participants(connection, mails)
            return _Read(commit, known, ends, thread, _often(connection) if stale else None)

        found = await self._read(read, stale, snapshot=bool(mails))
        if kept is not None:
            return replace(kept, often=self._often, thread=found.thread if mails else kept.thread)
        nobody = frozenset[str]() if "thread" in asked.needs else None
        known = replace(found.known, often=self._often, thread=nobody, files={} if asked.no_files else None)
        # What others know of a stranger may change under other places than his: he is asked about once anyway.
        if moment is not None and "written" not in asked.needs and not known.strangers:
            self._keep(key, known, found.commit, moment, found.ends)
        return replace(known, thread=found.thread) if mails else known

    async def _read(self, read: Callable[[sqlite3.Connection], _Read], stale: bool, *, snapshot: bool) -> _Read:
        """In a thread. stale: the list of domains is looked at anew; meanwhile others go on with the one of before."""
        if stale and self._often:
            self._often_until = time.monotonic() + _FRESH
        try:
            found = await self._db.read(read, snapshot=snapshot)
        except BaseException:
            if stale:
                self._often_until = float("-inf")
            raise
        if found.often is not None:
            self._often, self._often_until = found.often, time.monotonic() + _FRESH
        return found

    def _still(self, key: _Asked, moment: datetime) -> Known | None:
        """The answer that was kept, if it is still right."""
        kept = self._kept.get(key)
        if kept is None or not kept.since <= moment < kept.until or not self._stamps.hold(kept.places, kept.commit):
            return None
        if kept.circles:
            counts = self._stamps.counts(kept.circles, kept.commit)
            if counts is None:
                return None
            if counts and (circles := _counted(kept.known.circles or (), counts)) is not kept.known.circles:
                kept = self._kept[key] = kept._replace(known=replace(kept.known, circles=circles))
        if kept.known.often is not self._often:
            kept = self._kept[key] = kept._replace(known=replace(kept.known, often=self._often))
        return kept.known

    def _keep(self, key: _Asked, known: Known, commit: int, moment: datetime, ends: datetime | None) -> None:
        person, recipients, _, _, whose, *_ = key
        until = moment + _KEPT if ends is None else min(ends, moment + _KEPT)
        sender = person or _COMPANY
        where = places(sender, {known_keys(one) for one in recipients}, whose)
        circles: tuple[CirclePlace, ...] = ()
        if known.circles and len(known.circles) < knowing.CIRCLES_MOST:
            circles = tuple([circle_place(sender, memory.members_text(one.members)) for one in known.circles])
        elif known.circles:  # which of them are told depends on when each was written to last
            where += (often_place(sender),)
        weight = _weight_of(key, known)
        self._drop(key)
        self._kept[key] = _Kept(known, commit, where, circles, moment, until, weight)
        self._weight += weight
        while self._weight > _ROOM:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: _Asked) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._weight -= kept.weight

    async def files(self, facts: Facts) -> dict[str, frozenset[str]]:
        """Which organisations got the files of this mail before, by SHA-256."""
        digests = worth_knowing(facts)
        return await self._db.read(lambda c: files_sent(c, digests), snapshot=False) if digests else {}


def _key(sender: ReversePath, recipients: tuple[Address, ...], asked: Question) -> _Asked:
    person = None if sender.mailbox is None else sender.mailbox.key
    more = asked.no_files, asked.greeted, asked.shown
    return person, recipients, asked.needs, asked.names, asked.whose, *more


def _counted(circles: tuple[Circle, ...], counts: Mapping[int, int]) -> tuple[Circle, ...]:
    """With these counts, by index; the same object where none of them is another one."""
    if all(circles[index].count == count for index, count in counts.items()):
        return circles
    return tuple([Circle(one.members, counts.get(index, one.count)) for index, one in enumerate(circles)])


def _weight_of(key: _Asked, known: Known) -> int:
    """In addresses, more or less."""
    people = sum(len(circle.members) for circle in known.circles or ())
    return 8 + len(key[1]) + len(key[3]) + len(known.names or ()) + people + 4 * len(known.trusts)


def learn(connection: sqlite3.Connection, sender: str, recipients: Iterable[Address], now: datetime) -> None:
    """Count a mail that went out, inside the caller's transaction. sender: its key; recipients: the external ones."""
    many.run(connection, INSERT_CONTACTS, contact_rows(sender, recipients, to_micro(now)), COUNT_CONTACTS)


def contact_rows(sender: str, recipients: Iterable[Address], micro: int) -> list[tuple[str, str, int, int, int]]:
    """Rows of INSERT_CONTACTS."""
    keys = sorted({known_keys(address) for address in recipients})
    return [(who, key, 1, micro, micro) for who in (_COMPANY, sender) for key in keys]


def _often(connection: sqlite3.Connection) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT key FROM contact WHERE sender = ? ORDER BY count DESC, key LIMIT ?", (_COMPANY, _OFTEN)
    )
    # Addresses at shared providers are keys, too; a look-alike is a matter of domains.
    often = tuple(row[0] for row in rows if "@" not in row[0])
    known_domains(often)  # made here, in a thread: some ten milliseconds for which no mail on the event loop waits
    return often
