"""Reports that are owed to senders: of failure, of delay, of success, by what each sender asked for (RFC 3461).

Each is a notice, written in the transaction that makes it due; the delivery room writes the letter. What the sender did
not want to hear of is in the history all the same. Never for the null path (RFC 5321 section 4.5.5), never for letters.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from mailguard.mail.address import Address
from mailguard.mail.reports import CopyReports, Told
from mailguard.store import outbox
from mailguard.store.db import Database
from mailguard.store.rows import to_micro

Report = Literal["bounced", "delayed", "relayed"]
_ASKED: Mapping[Report, Told] = {"bounced": "FAILURE", "delayed": "DELAY", "relayed": "SUCCESS"}
#: Mails that are looked at in one transaction.
_AT_ONCE = 50
_WAITING = (
    "SELECT DISTINCT m.number, m.id, m.sender FROM recipient r JOIN message m ON m.number = r.message"
    " WHERE r.state = 'queued' AND r.due_at IS NOT NULL AND m.kind = 'mail' AND m.warned = 0 AND m.sender <> ''"
    " AND max(m.received_at, coalesce(r.decided_at, 0)) <= ?1 LIMIT ?2"
)


class Reporting:
    """Mail that waits longer than people expect."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def owe_delays(self, now: datetime, before: datetime) -> int:
        """Owe a warning for each mail that could have gone before then and still waits: once a mail. Returns how many
        mails were looked at; there may be more if that is not 0.
        """
        found = await self._db.read(lambda c: c.execute(_WAITING, (to_micro(before), 1)).fetchone())
        return await self._db.write(lambda c: _owe_delays(c, now, before)) if found else 0


def owe_reports(
    connection: sqlite3.Connection,
    number: int,
    message_id: str,
    sender: str,
    now: datetime,
    happened: Mapping[Report, Sequence[Address]],
) -> list[int]:
    """Owe the sender what he wishes to hear of these copies. Returns the notices."""
    owed = []
    for what, copies in happened.items():
        told = _wanted(connection, number, what, copies) if copies else []
        if told:
            detail = {"recipients": told}
            owed.append(outbox.owe(connection, what, sender, now, message_id=message_id, detail=detail))
    return owed


def _wanted(connection: sqlite3.Connection, number: int, what: Report, copies: Iterable[Address]) -> list[str]:
    sql = "SELECT address, notify FROM recipient WHERE message = ? AND key IN (SELECT value FROM json_each(?))"
    keys = json.dumps([address.key for address in copies], ensure_ascii=False)
    rows = connection.execute(f"{sql} ORDER BY position", (number, keys))
    return [address for address, notify in rows if CopyReports(notify).wants(_ASKED[what])]


def _owe_delays(connection: sqlite3.Connection, now: datetime, before: datetime) -> int:
    mails = connection.execute(_WAITING, (to_micro(before), _AT_ONCE)).fetchall()
    for number, message_id, sender in mails:
        connection.execute("UPDATE message SET warned = 1 WHERE number = ?", (number,))
        rows = connection.execute(
            "SELECT address, notify FROM recipient WHERE message = ? AND state = 'queued' ORDER BY position", (number,)
        )
        waiting = [address for address, notify in rows if CopyReports(notify).wants("DELAY")]
        if waiting:
            detail = {"recipients": waiting}
            outbox.owe(connection, "delayed", sender, now, message_id=message_id, detail=detail)
    return len(mails)
