"""A mail that is handed in once more by a client that did not wait for its answer, or never heard it.

It is the same when sender, login, Message-ID, octets and recipients are. Some minutes long it is known again, in the
transaction that would take it in, so that two at one moment, and one before and one after a crash, are one mail. It
gets the first one's answer. Parts of one mail have other recipients (store.joining); a challenged mail was never taken
in (store.turned_away). The table is small: whatever is past its time is forgotten.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Message
from mailguard.store import audit
from mailguard.store.records import MessageRecord
from mailguard.store.rows import load_by_id, to_micro

_WITHDRAWN = frozenset({State.CANCELLED, State.REJECTED, State.EXPIRED})
_ENDED = _WITHDRAWN | {State.BOUNCED}
_BATCH = 2000
HANDED_IN = "digest, message_id, at"


def digest_of(message: Message, message_id_header: str) -> bytes | None:
    """What a client that tries again hands in unchanged; None for a mail without a Message-ID: it is never known again.

    The octets are those at the door, before our own fields.
    """
    if not message_id_header:
        return None
    envelope = message.envelope
    sender = "" if envelope.sender.mailbox is None else envelope.sender.mailbox.key
    said = (sender, envelope.client.login or "", message_id_header, message.body.sha256, *_keys(envelope.recipients))
    octets = bytearray()
    for text in said:
        one = text.encode("utf-8", "surrogatepass")
        octets += len(one).to_bytes(8, "big") + one
    return hashlib.sha256(octets).digest()


def is_withdrawn(record: MessageRecord) -> bool:
    """Whether people or time ended it, and nothing of it is out or on its way: to answer "accepted" once more would be
    a lie, and to take it in as new would undo what was decided.
    """
    states = {copy.state for copy in record.recipients}
    return states <= _ENDED and bool(states & _WITHDRAWN)


def first_of(connection: sqlite3.Connection, digest: bytes, now: datetime, within: timedelta) -> MessageRecord | None:
    """The mail that was handed in with these octets a moment ago, None if there was none.

    One that reached nobody, since every server refused it, may be tried anew.
    """
    row = connection.execute("SELECT message_id, at FROM handed_in WHERE digest = ?", (digest,)).fetchone()
    # Clocks are set back, too.
    if row is None or abs(to_micro(now) - row[1]) > within // timedelta(microseconds=1):
        return None
    record = load_by_id(connection, row[0])
    if record is None or all(copy.state is State.BOUNCED for copy in record.recipients):
        return None
    return record


def remember(connection: sqlite3.Connection, digest: bytes, message_id: str, now: datetime) -> None:
    """A mail was taken in, in this transaction."""
    connection.execute(
        f"INSERT OR REPLACE INTO handed_in ({HANDED_IN}) VALUES (?, ?, ?)",  # noqa: S608
        (digest, message_id, to_micro(now)),
    )


def note(connection: sqlite3.Connection, record: MessageRecord, actor: Actor, now: datetime) -> None:
    """The line in the history of the first."""
    audit.append(connection, now, actor, "resent", message_id=record.id)


def forget(connection: sqlite3.Connection, before: datetime) -> int:
    """Forget a batch of what is past its time. Returns how many."""
    sql = "DELETE FROM handed_in WHERE digest IN (SELECT digest FROM handed_in WHERE at < ? LIMIT ?)"
    return connection.execute(sql, (to_micro(before), _BATCH)).rowcount


def _keys(recipients: Iterable[Address]) -> list[str]:
    return sorted(address.key for address in recipients)
