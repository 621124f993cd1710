"""Who wrote to whom: counts per sender and recipient domain, learned only from mail that went through.

Keys are policy's `known_keys`: the domain, or the whole address at a provider of mailboxes for everybody. Mail that
people did not write (auto-replies, receipts, letters) teaches nothing: else any stranger could make himself known.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from mailguard.mail.address import Address, ReversePath
from mailguard.mail.facts import Facts
from mailguard.policy.case import Known, known_keys
from mailguard.policy.lookalike import known_domains
from mailguard.policy.question import Question
from mailguard.store import knowing, many, memory
from mailguard.store.db import Database
from mailguard.store.files_seen import files_sent, worth_knowing
from mailguard.store.rows import to_micro

#: The sender that stands for everybody here.
_COMPANY = ""
#: Domains worth comparing look-alikes with; a company writes to few domains often.
_OFTEN = 2000
#: Seconds for which the list of them is good: it changes slowly and is long.
_FRESH = 30.0
INSERT_CONTACTS = "INSERT INTO contact (sender, key, count, first_at, last_at)"
COUNT_CONTACTS = "ON CONFLICT (sender, key) DO UPDATE SET count = count + 1, last_at = excluded.last_at"


#: For whoever wants to know no more than who was written to.
NOTHING_MORE = Question()


class History:
    """What is known of recipients."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._often: tuple[str, ...] = ()
        self._often_until = float("-inf")

    async def known(self, sender: ReversePath, recipients: Sequence[Address], asked: Question = NOTHING_MORE) -> Known:
        """What is known about these recipients: which of their keys this sender, and anybody here, wrote to before; and
        what else is asked, in the same read.
        """
        person = None if sender.mailbox is None else sender.mailbox.key
        stale = time.monotonic() >= self._often_until

        def read(connection: sqlite3.Connection) -> tuple[Known, tuple[str, ...]]:
            known = knowing.look(connection, person, recipients, asked)
            if "thread" in asked.needs:
                known = replace(known, thread=memory.participants(connection, asked.message_ids))
            return known, _often(connection) if stale else ()

        known, often = await self._db.read(read, snapshot=bool(asked.message_ids))
        if stale:
            self._often, self._often_until = often, time.monotonic() + _FRESH
        return replace(known, often=self._often)

    async def files(self, facts: Facts) -> dict[str, frozenset[str]]:
        """Which organisations got the files of this mail before, by SHA-256."""
        digests = worth_knowing(facts)
        return await self._db.read(lambda c: files_sent(c, digests)) if digests else {}


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
