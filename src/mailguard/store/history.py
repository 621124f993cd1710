"""Who wrote to whom: counts per sender and recipient domain, learned only from mail that went through.

Keys are policy's `known_keys`: the domain, or the whole address at a provider of mailboxes for everybody. Mail that
people did not write (auto-replies, receipts, letters) teaches nothing: else any stranger could make himself known.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from mailguard.mail.address import Address, ReversePath
from mailguard.mail.facts import Facts
from mailguard.policy.case import Known, known_keys
from mailguard.policy.question import Question
from mailguard.store import many, memory
from mailguard.store.db import Database
from mailguard.store.files_seen import files_sent, worth_knowing
from mailguard.store.rows import to_micro
from mailguard.store.trusts import counting

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
        keys = sorted({known_keys(address) for address in recipients})
        person = None if sender.mailbox is None else sender.mailbox.key
        stale = time.monotonic() >= self._often_until

        def read(connection: sqlite3.Connection) -> tuple[Known, tuple[str, ...]]:
            by_sender, by_company, often = _known(connection, person, keys, stale)
            known = Known(by_sender, by_company)
            if asked.whose and asked.moment is not None:
                keys_of = (address.key for address in recipients)
                known = replace(known, trusts=counting(connection, asked.whose, keys_of, asked.moment))
            return (_remembered(connection, known, person or "", recipients, asked) if asked.needs else known), often

        known, often = await self._db.read(read)
        if stale:
            self._often, self._often_until = often, time.monotonic() + _FRESH
        return replace(known, often=self._often)

    async def files(self, facts: Facts) -> dict[str, frozenset[str]]:
        """Which organisations got the files of this mail before, by SHA-256."""
        digests = worth_knowing(facts)
        return await self._db.read(lambda c: files_sent(c, digests)) if digests else {}


def _remembered(
    connection: sqlite3.Connection, known: Known, sender: str, recipients: Sequence[Address], asked: Question
) -> Known:
    """What the rules need besides. Nobody (the null path) has written to nobody."""
    needs, addresses = asked.needs, {address.key: known_keys(address) for address in recipients}
    if "written" in needs and asked.moment is not None:
        written = memory.last_written(connection, sender, addresses, asked.moment) if sender else {}
        known = replace(known, last_written=written)
    if "thread" in needs:
        known = replace(known, thread=memory.participants(connection, asked.message_ids))
    if "names" in needs:
        known = replace(known, names=memory.names_of(connection, sender, addresses, asked.names))
    if "habits" in needs:
        known = replace(known, circles=memory.circles_of(connection, sender))
    return known


def learn(connection: sqlite3.Connection, sender: str, recipients: Iterable[Address], now: datetime) -> None:
    """Count a mail that went out, inside the caller's transaction. sender: its key; recipients: the external ones."""
    many.run(connection, INSERT_CONTACTS, contact_rows(sender, recipients, to_micro(now)), COUNT_CONTACTS)


def contact_rows(sender: str, recipients: Iterable[Address], micro: int) -> list[tuple[str, str, int, int, int]]:
    """Rows of INSERT_CONTACTS."""
    keys = sorted({known_keys(address) for address in recipients})
    return [(who, key, 1, micro, micro) for who in (_COMPANY, sender) for key in keys]


def _known(
    connection: sqlite3.Connection, person: str | None, keys: list[str], with_often: bool
) -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
    sql = "SELECT key FROM contact WHERE sender = ? AND key IN (SELECT value FROM json_each(?))"
    wanted = json.dumps(keys, ensure_ascii=False)

    def written_by(who: str) -> frozenset[str]:
        return frozenset(row[0] for row in connection.execute(sql, (who, wanted)))

    often: tuple[str, ...] = ()
    if with_often:
        rows = connection.execute(
            "SELECT key FROM contact WHERE sender = ? ORDER BY count DESC, key LIMIT ?", (_COMPANY, _OFTEN)
        )
        # Addresses at shared providers are keys, too; a look-alike is a matter of domains.
        often = tuple(row[0] for row in rows if "@" not in row[0])
    return frozenset() if person is None else written_by(person), written_by(_COMPANY), often
