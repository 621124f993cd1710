"""What people looked at: who opened a held mail's page, and which administrator got its contents to see.

Observations change nothing about a mail. An opening is kept once a person and mail; a reading is an audit line, once
an hour for a person, mail and kind, so that going back and forth does not flood the log.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Literal

from mailguard.mail.actor import Actor
from mailguard.store import audit
from mailguard.store.rows import clean, number_of, to_micro, to_moment, to_text

#: What of a mail was shown: its text, its HTML, all its octets, a preview of an attachment, personal data in full, or
#: what rules found in its text.
Reading = Literal["text", "html", "raw", "attachment", "unmasked", "rules"]
READ = "read"
#: A line about the same reading is not written again for so long.
AGAIN = timedelta(hours=1)


def note_opened(connection: sqlite3.Connection, message_id: str, person: str, now: datetime) -> bool:
    """Keep when a person first opened a mail. False if that was known, or the mail is gone."""
    number = number_of(connection, message_id)
    if number is None:
        return False
    sql = "INSERT OR IGNORE INTO opened (message, person, at) VALUES (?, ?, ?)"
    return connection.execute(sql, (number, clean(person), to_micro(now))).rowcount == 1


def note_read(connection: sqlite3.Connection, message_id: str, actor: Actor, what: Reading, now: datetime) -> datetime:
    """The audit line of a reading, unless one of the last hour says the same. Returns when the line was written that
    stands.
    """
    detail = {"what": what}
    known = connection.execute(
        "SELECT at FROM audit WHERE message_id = ? AND message_id <> '' AND event = ? AND actor = ? AND detail = ?"
        " AND at > ? ORDER BY number DESC LIMIT 1",
        (message_id, READ, clean(actor.address), to_text(detail), to_micro(now - AGAIN)),
    ).fetchone()
    if known is not None:
        return to_moment(known[0])
    audit.append(connection, now, actor, READ, message_id=message_id, detail=detail)
    return now
