"""What archives taught about who writes to whom, and what is known of a person: for the rules that ask the ledger.

Mail of before counts like mail that went out through here, at its own time. Each mail is counted once: its digest is
kept, beside the counts and in the same transaction. It decides nothing, and has no text of any mail.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.values import value
from mailguard.store import audit, lessons, many
from mailguard.store.connection import connect
from mailguard.store.files_seen import learn_digests
from mailguard.store.history import INSERT_CONTACTS, contact_rows
from mailguard.store.memory import INSERT_CIRCLE, INSERT_PEOPLE, TOGETHER_MAX, circle_row, is_circle, people_rows
from mailguard.store.rows import clean, to_moment_or_none

_INSERT = "INSERT INTO imported (digest)"
#: As where mail goes out, but that what comes now is older than what is there.
_COUNT_CONTACTS = (
    "ON CONFLICT (sender, key) DO UPDATE SET count = count + 1, first_at = min(first_at, excluded.first_at),"
    " last_at = max(last_at, excluded.last_at)"
)
_NAMED = "excluded.name <> '' AND (name = '' OR excluded.last_at >= last_at)"
_COUNT_PEOPLE = (
    "ON CONFLICT (sender, key) DO UPDATE SET count = count + 1, last_at = max(last_at, excluded.last_at),"
    f" name = iif({_NAMED}, excluded.name, name), name_key = iif({_NAMED}, excluded.name_key, name_key)"
)
_COUNT_CIRCLE = (
    "ON CONFLICT (sender, members) DO UPDATE SET count = count + 1, last_at = max(last_at, excluded.last_at),"
    " last_id = iif(excluded.last_at >= last_at, excluded.last_id, last_id)"
)
_ERASE = {
    "people": "DELETE FROM correspondent WHERE sender = ?1 OR key = ?1",
    "groups": "DELETE FROM circle WHERE sender = ?1 OR EXISTS (SELECT 1 FROM json_each(members) WHERE value = ?1)",
    "contacts": "DELETE FROM contact WHERE sender = ?1 OR key = ?1",
    "files": "DELETE FROM file_seen WHERE key = ?1",
    "trusts": "DELETE FROM trust WHERE whose = ?1 OR recipient = ?1",
}


@value(frozen=True, slots=True)
class PastMail:
    """A mail of an archive. digest: 16 octets by which it is known again; at: microseconds since 1970.

    names: display names by key. outside: the recipients who are not of the organization. files: digests of those that
    say something about whom they are for (files_seen.worth_knowing).
    """

    digest: bytes
    at: int
    sender: Address
    recipients: tuple[Address, ...]
    outside: tuple[Address, ...]
    names: Mapping[str, str]
    message_id: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a person, in counts.

    wrote: mails to organizations outside, the first and last then; people: whom he wrote to; groups: whom he wrote to
    together. writers: people here who wrote to him, so many mails, the last one then. trusts: what is not asked again.
    lessons: mails by or to him of which the model may still learn.
    """

    wrote: int = 0
    wrote_first: datetime | None = None
    wrote_last: datetime | None = None
    people: int = 0
    groups: int = 0
    writers: int = 0
    received: int = 0
    received_last: datetime | None = None
    trusts: int = 0
    lessons: int = 0


class Known:
    """Which mails were learned before, of archives and of the ledger. Blocks; one thread. Use `close`."""

    def __init__(self, ledger: Path, *, again: bool = False) -> None:
        """again: mail of archives is new, though it was imported before. Raises sqlite3.Error."""
        self._connection = connect(ledger, read_only=True)
        self._again = again

    def __call__(self, digest: bytes, message_id: str) -> bool:
        sql = (
            "SELECT EXISTS (SELECT 1 FROM imported WHERE digest = ?1 AND NOT ?3) OR ?2 <> '' AND EXISTS"
            " (SELECT 1 FROM message WHERE teaches = 1 AND message_id_header <> '' AND message_id_header = ?2)"
        )
        return bool(self._connection.execute(sql, (digest, clean(message_id), self._again)).fetchone()[0])

    def close(self) -> None:
        """Let go of the ledger."""
        self._connection.close()


def count(connection: sqlite3.Connection, mails: Sequence[PastMail]) -> None:
    """Count these mails, inside the caller's transaction; those that are counted already are left out."""
    new = [one for one in mails if many.run(connection, _INSERT, [(one.digest,)], "ON CONFLICT DO NOTHING")]
    contacts, people, circles = [], [], []
    for mail in new:
        sender = mail.sender.key
        contacts += contact_rows(sender, mail.outside, mail.at)
        learn_digests(connection, mail.files, mail.outside, mail.at)
        if len(mail.recipients) > TOGETHER_MAX:
            continue
        names = {key: clean(name) for key, name in mail.names.items()}
        people += people_rows(sender, mail.recipients, names, mail.at)
        members = {one.key for one in mail.recipients} - {sender}
        if is_circle(members):
            circles.append(circle_row(sender, members, mail.at, clean(mail.message_id)))
    many.run(connection, INSERT_CONTACTS, contacts, _COUNT_CONTACTS)
    many.run(connection, INSERT_PEOPLE, people, _COUNT_PEOPLE)
    many.run(connection, INSERT_CIRCLE, circles, _COUNT_CIRCLE)


def note(connection: sqlite3.Connection, actor: Actor, now: datetime, mails: int) -> None:
    """Somebody imported so many mails, inside the caller's transaction."""
    audit.append(connection, now, actor, "insight_import", detail={"mails": mails})


def erase(connection: sqlite3.Connection, person: Address) -> dict[str, int]:
    """Nothing is known any more of whom a person wrote to, nor of who wrote to him, inside the caller's transaction.
    Returns how many of each kind went. What is known of an organization as a whole stays; lessons are `lessons.forget`.
    """
    return {what: connection.execute(sql, (person.key,)).rowcount for what, sql in _ERASE.items()}


def seen(connection: sqlite3.Connection, person: Address) -> Seen:
    """What is known of a person."""

    def one(sql: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] = connection.execute(sql, (person.key,)).fetchone()
        return row

    wrote, first, last = one("SELECT total(count), min(first_at), max(last_at) FROM contact WHERE sender = ?1")
    (people,) = one("SELECT count(*) FROM correspondent WHERE sender = ?1")
    (groups,) = one("SELECT count(*) FROM circle WHERE sender = ?1")
    writers, got, got_last = one("SELECT count(*), total(count), max(last_at) FROM correspondent WHERE key = ?1")
    (trusts,) = one("SELECT count(*) FROM trust WHERE whose = ?1 OR recipient = ?1")
    moment = to_moment_or_none
    return Seen(
        int(wrote), moment(first), moment(last), people, groups, writers, int(got), moment(got_last), trusts,
        lessons.count(connection, person),
    )  # fmt: skip
