"""What mails teach about who writes to whom: the lesson of each, kept beside it, and what became of it, in order.

A lesson is octets to this room (insight.lesson made them), sealed with the key of the body where bodies are. What
became of its mail, an experience, is written in the transaction in which that happened and has a number; every process
that judges reads on from the number it has and learns. Once a snapshot of the model has them they are removed, and a
mark stands where they were: whoever comes to it from before has missed something. What nobody reads goes with the
octets of mail.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any, Literal

from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.values import value
from mailguard.store import audit, many
from mailguard.store.db import Database
from mailguard.store.keyring import Keyring
from mailguard.store.rows import to_micro, to_text
from mailguard.store.sealed import key_of, open_lesson

#: delivered: the next server took it; refused: a person took these off, or stopped it because of them; trusted: a
#: person said that they are right; forgotten: nothing is to be known of them; anew: the snapshot was exchanged, and is
#: to be read again; cut: what was before has been removed.
What = Literal["delivered", "refused", "trusted", "forgotten", "anew", "cut"]

INSERT_LESSONS = "INSERT INTO lesson (message, octets)"
_INSERT = "INSERT INTO experience (number, what, message, people)"
#: The same for a mail that is out as a whole, and whose lesson is kept: its moment, and its row number.
DELIVERED = (
    f"{_INSERT} SELECT max({{0}}, coalesce((SELECT max(number) FROM experience), 0) + 1),"  # noqa: S608
    " 'delivered', {1}, ''"
)
_OF_PERSON = (
    "message IN (SELECT number FROM message WHERE kind = 'mail' AND sender_key = ?1"
    " UNION ALL SELECT message FROM recipient WHERE domain = ?2 AND key = ?1)"
)
#: A lesson is some hundred octets; one that is larger is of a mail to thousands, and teaches nothing.
LARGEST = 64 * 1024
#: So many rows are removed in one transaction.
_BATCH = 500
#: Whoever reads has so much time before what a snapshot has is removed.
GRACE = timedelta(minutes=10)


@value(frozen=True, slots=True)
class Experience:
    """One of them. lesson: of the mail that it is about, None if there is none any more, or it is about no mail.

    people: keys of recipients, for `refused` each with the key of whom the sender meant instead, "" if nobody knows;
    None: everybody in the lesson.
    """

    number: int
    what: What
    lesson: bytes | None = field(repr=False)
    people: Mapping[str, str] | None


class Lessons:
    """The feed, as those who learn see it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @property
    def keys(self) -> Keyring | None:
        """What the ledger's bodies are sealed with; None: they lie in the clear."""
        return self._db.keys

    async def after(self, number: int, limit: int) -> list[Experience]:
        """The first `limit` experiences behind this number, in order."""
        sql = (
            "SELECT e.number, e.what, l.octets, e.people, e.message, k.wrapped_by, k.wrapped FROM experience e"
            " LEFT JOIN lesson l ON l.message = e.message LEFT JOIN body_key k ON k.message = l.message"
            " WHERE e.number > ? ORDER BY e.number LIMIT ?"
        )

        def look(connection: sqlite3.Connection) -> list[Experience]:
            rows = connection.execute(sql, (number, limit)).fetchall()
            return [
                Experience(at, what, self._opened(octets, *key), _people(people))
                for at, what, octets, people, *key in rows
            ]

        return await self._db.read(look, snapshot=False)

    def _opened(
        self, octets: bytes | None, message: int, wrapped_by: str | None, wrapped: bytes | None
    ) -> bytes | None:
        """A lesson in the clear; None where there is none, or none that opens: nothing is to be learnt of it."""
        if octets is None or wrapped_by is None:
            return octets
        try:
            return open_lesson(key_of(self._db.keys, message, wrapped_by, wrapped), octets)
        except OSError:
            return None

    async def remove_learnt(self, upto: int, now: datetime) -> None:
        """A snapshot that is on disk has everything up to this number: what is older than `GRACE` of it goes."""
        upto = min(upto, to_micro(now - GRACE))
        while await self._db.write(lambda c: remove(c, upto), rides=True):
            pass

    async def forget(self, person: Address, actor: Actor, now: datetime) -> int:
        """No lesson that names a person is left, and whoever has a model forgets the person too. Returns how many
        lessons went.
        """
        return await self._db.write(lambda c: forget(c, person, actor, now))

    async def anew(self, actor: Actor, now: datetime, event: str, **detail: Any) -> None:
        """The snapshot was exchanged: everybody reads it again. event, detail: of the audit line."""

        def change(connection: sqlite3.Connection) -> None:
            _note(connection, "anew", None, "", now)
            audit.append(connection, now, actor, event, detail=detail)

        await self._db.write(change)


def insert_lessons(connection: sqlite3.Connection, lessons: Sequence[tuple[int, bytes]]) -> None:
    """Keep lessons beside their mails, in the transaction that takes those in. By row number."""
    if lessons:
        many.run(connection, INSERT_LESSONS, lessons)


def delivered(connection: sqlite3.Connection, number: int, people: Collection[str], now: datetime) -> None:
    """A mail is out for these recipients (keys), whom its sender named."""
    _of_mail(connection, "delivered", number, dict.fromkeys(people, ""), now)


def refused(connection: sqlite3.Connection, number: int, wrong: Mapping[str, str], now: datetime) -> None:
    """A person took these recipients (keys) off a mail, or stopped it because of them; each with the key of whom the
    sender meant instead, "" if nobody knows.
    """
    _of_mail(connection, "refused", number, wrong, now)


def trusted(connection: sqlite3.Connection, number: int, people: Collection[str], now: datetime) -> None:
    """The sender said that these recipients (keys) are right."""
    _of_mail(connection, "trusted", number, dict.fromkeys(people, ""), now)


def count(connection: sqlite3.Connection, person: Address) -> int:
    """How many lessons are kept that name a person."""
    sql = f"SELECT count(*) FROM lesson WHERE {_OF_PERSON}"  # noqa: S608
    return int(connection.execute(sql, (person.key, person.ascii_domain)).fetchone()[0])


def forget(connection: sqlite3.Connection, person: Address, actor: Actor, now: datetime) -> int:
    """As `Lessons.forget`, inside the caller's transaction."""
    sql = f"DELETE FROM lesson WHERE {_OF_PERSON}"  # noqa: S608
    gone = connection.execute(sql, (person.key, person.ascii_domain)).rowcount
    # Nothing can be learnt from these any more; their numbers stay, so that none comes twice.
    connection.execute(
        "UPDATE experience SET people = '' WHERE message IS NOT NULL AND message NOT IN (SELECT message FROM lesson)"
    )
    _note(connection, "forgotten", None, _written({person.key: ""}), now)
    audit.append(connection, now, actor, "insight_forget", detail={"lessons": gone})
    return gone


def remove(connection: sqlite3.Connection, upto: int) -> bool:
    """Remove a batch of experiences up to this number, and the lessons of which nothing more is to come. False: there
    was nothing left to remove.
    """
    row = connection.execute(
        "SELECT max(number), count(*) FROM (SELECT number FROM experience WHERE number <= ? ORDER BY number LIMIT ?)",
        (upto, _BATCH),
    ).fetchone()
    last, count = row
    if not count:
        return False
    connection.execute(_LEARNT, (last,))
    connection.execute("DELETE FROM experience WHERE number < ?", (last,))
    _cut(connection, last)
    return bool(count > 1)


def _cut(connection: sqlite3.Connection, number: int) -> None:
    """The last that was removed stays as a mark, so that no number comes twice."""
    sql = "UPDATE experience SET what = 'cut', message = NULL, people = '' WHERE number = ? AND what <> 'cut'"
    connection.execute(sql, (number,))


_LEARNT = (
    "DELETE FROM lesson WHERE message IN (SELECT e.message FROM experience e JOIN message m ON m.number = e.message"
    " WHERE e.number <= ?1 AND m.ended_at IS NOT NULL)"
    " AND message NOT IN (SELECT message FROM experience WHERE number > ?1 AND message IS NOT NULL)"
)


def _of_mail(connection: sqlite3.Connection, what: What, number: int, people: Mapping[str, str], now: datetime) -> None:
    if people and connection.execute("SELECT 1 FROM lesson WHERE message = ?", (number,)).fetchone():
        _note(connection, what, number, _written(people), now)


def _note(connection: sqlite3.Connection, what: What, number: int | None, people: str, now: datetime) -> None:
    many.run(connection, _INSERT, [(_next(connection, now), what, number, people)])


def _next(connection: sqlite3.Connection, now: datetime) -> int:
    """A number behind all others, also behind those of a ledger that was put back to an earlier state since."""
    last = connection.execute("SELECT max(number) FROM experience").fetchone()[0]
    return max(to_micro(now), (last or 0) + 1)


def _written(people: Mapping[str, str]) -> str:
    return to_text(dict(people)) if any(people.values()) else to_text(list(people))


def _people(text: str) -> dict[str, str] | None:
    """What the column says. Raises ValueError for what `_written` cannot have written."""
    if not text:
        return None
    found = json.loads(text)
    if isinstance(found, list):
        return dict.fromkeys(map(str, found), "")
    return {str(key): str(meant) for key, meant in found.items()}
