"""Bytes at rest: a message is taken into the ledger, and its octets are found again.

The octets are durable before the row that speaks of them, and the row, its recipients, its audit line and its notices
are one transaction: that commit is the moment of responsibility. Small bodies lie in the database, larger ones as
files. It trusts the verdict it is given and never looks into the octets.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from mailguard.mail.actor import HOUSE
from mailguard.mail.address import Address
from mailguard.mail.alteration import Prepared
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body, Message
from mailguard.mail.same import content_digest
from mailguard.mail.sealing import new_key, seal, unseal
from mailguard.mail.values import value
from mailguard.mail.verdict import Verdict
from mailguard.store import resent
from mailguard.store.bodies import SEALED, Bodies, Fresh
from mailguard.store.clearing import Clearing
from mailguard.store.db import Database
from mailguard.store.entering import Entered, enter_all, plain
from mailguard.store.entry import Entry
from mailguard.store.errors import StoreError, typed
from mailguard.store.fresh import NOTHING, actor_of, letter_record, record_of
from mailguard.store.handed_on import Moving
from mailguard.store.joining import enter
from mailguard.store.letters import (
    NOTHING_CARRIED,
    OUTDATED,
    Carried,
    Outdated,
    enter_letter,
    enter_letters,
    new_letter,
)
from mailguard.store.lookups import searched_text
from mailguard.store.purge import Purged, Retention
from mailguard.store.records import MessageRecord
from mailguard.store.rows import to_text
from mailguard.store.sealed import Seal, key_of, seal_lesson, seal_of
from mailguard.store.shelving import Shelf
from mailguard.store.writer import Bulk

__all__ = ["SMALL_BODY", "BodyGone", "Purged", "Retention", "Spool"]

T = TypeVar("T")

#: Bodies up to so many octets lie in the database.
SMALL_BODY = 64 * 2**10
#: Recipients up to which a record is made on the event loop: some microseconds each.
_ON_LOOP = 50
#: Characters of text that are digested on the event loop: a fraction of a millisecond.
_DIGESTED_ON_LOOP = 100_000
#: Threads that write, fsync and move files: fsyncs of several files overlap on the disk.
_THREADS = 4
#: A file that no row speaks of may belong to a transaction under way; after so long it does not.
_RUBBISH_AFTER = timedelta(hours=2)


_BODY = (
    "SELECT m.size, m.sha256, m.body, b.octets, m.number, k.wrapped_by, k.wrapped FROM message m"
    " LEFT JOIN body b ON b.message = m.number LEFT JOIN body_key k ON k.message = m.number WHERE m.id = ?"
)
_SMALL_BODIES = (
    "SELECT m.id, m.size, m.sha256, b.octets, m.number, k.wrapped_by, k.wrapped FROM message m"
    " JOIN body b ON b.message = m.number LEFT JOIN body_key k ON k.message = m.number"
    " WHERE m.body = 'row' AND m.id IN (SELECT value FROM json_each(?))"
)


@value(frozen=True, slots=True)
class _Kept:
    """Octets that go into the row, None if they are a file; the key that they lie sealed with."""

    octets: bytes | None = field(repr=False)
    key: bytes | None = field(repr=False)


class BodyGone(KeyError):
    """There is no such message, or its octets were removed after their time."""


class Spool:
    """Messages in and octets out."""

    def __init__(self, db: Database, bodies: Path, *, resent_within: timedelta = timedelta(0)) -> None:
        """bodies: folder of the files; made if missing (mode 0700). resent_within: how long a mail that is handed in
        once more is known again; nothing: never.
        """
        self._db = db
        self._resent_within = resent_within
        self._bodies = Bodies(bodies)
        # At once, for a front door that opens beside a sorting room of another process; `start` makes it durable.
        self._bodies.make()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="spool")
        self._shelf = Shelf(self._bodies, self._pool)
        self._clearing = Clearing(db, self._bodies, self._in_thread, resent_within)

    @property
    def incoming(self) -> Path:
        """Where the front door writes large bodies: the same file system, so that adopting one is a rename."""
        return self._bodies.incoming

    async def start(self, now: datetime) -> None:
        """Make the folders and remove files that no row speaks of and that are older than two hours."""
        await self._in_thread(self._bodies.settle)
        loop = asyncio.get_running_loop()

        def spoken_of(ids: list[str]) -> set[str]:
            query = self._db.read(partial(_files_of, names=ids))
            return asyncio.run_coroutine_threadsafe(query, loop).result()

        older_than = (now - _RUBBISH_AFTER).timestamp()
        await self._in_thread(lambda: self._bodies.sweep(older_than, spoken_of))

    async def add(
        self,
        message: Message,
        facts: Facts,
        verdict: Verdict,
        prefix: bytes,
        *,
        lease_until: datetime | None = None,
        circumstances: Mapping[str, Any] | None = None,
        prepared: Prepared = NOTHING,
        lesson: bytes = b"",
    ) -> MessageRecord:
        """Take responsibility for a message. When this returns, it is on disk.

        lease_until: its due recipients are claimed at once until then; whoever calls hands them on in memory.
        circumstances: what the judge knew besides envelope and facts (policy.case_json), so that it can judge again.
        prepared: the recipes of its copies. lesson: what it teaches once it is out (store.lessons); empty: nothing.
        The record that comes back says what it joined, and what was carried over (store.joining); or it is that of an
        earlier message, which this one is once more (store.resent): then nothing was taken.
        A file body is adopted: moved into the spool. Raises StoreError and its kinds; then nothing was taken.
        """
        body = message.body
        if len(message.envelope.recipients) > _ON_LOOP:
            make = partial(record_of, message, facts, verdict, prefix, lease_until, prepared)
            record = await self._in_thread(make)
        else:
            record = record_of(message, facts, verdict, prefix, lease_until, prepared)
        if len(facts.text) + len(facts.html) > _DIGESTED_ON_LOOP:
            content = await self._in_thread(partial(content_digest, facts, body.sha256))
        else:
            content = content_digest(facts, body.sha256)
        kept = self._in_row(body) or await self._settled(body, message.id)
        lease = None if lease_until is None else self._db.owner
        known = "" if circumstances is None else to_text(circumstances)
        text, handed_in = searched_text(facts), self._handed_in(message, facts)
        sealed = self._seal(kept, text)
        lesson = lesson if sealed is None else seal_lesson(sealed.key, lesson)
        changes = prepared.changes
        entry = Entry(
            record, kept.octets, actor_of(message), lease, known, changes, content, text, handed_in, sealed, lesson
        )
        rows = plain(entry, message.received_at)
        entered = await self._enter(
            entry,
            lambda c: Entered(self._first_or_entered(c, entry, message.received_at)),
            None if rows is None else enter_all,
            rows,
        )
        if entered.record.id != message.id and kept.octets is None:
            await self._in_thread(partial(self._bodies.remove_all, [message.id]))
        if lease is not None and entered.number:
            lies = body if body.octets is not None else self._bodies.lying(body, message.id, kept.key)
            self._db.handed_on.keep(Moving(entered.number, entered.record, lies, bool(lesson)))
        if entered.owed:
            self._db.owing.keep(entered.record, entered.owed)
        return entered.record

    async def known(self, message: Message, facts: Facts) -> MessageRecord | None:
        """The earlier message which this one is once more; its history says so then. None if it is none."""
        digest, now, within = self._handed_in(message, facts), message.received_at, self._resent_within
        if digest is None:
            return None
        first = await self._db.read(lambda c: resent.first_of(c, digest, now, within))
        if first is not None:
            await self._db.write(lambda c: resent.note(c, first, actor_of(message), now))
        return first

    def _handed_in(self, message: Message, facts: Facts) -> bytes | None:
        return resent.digest_of(message, facts.headers.message_id) if self._resent_within else None

    def _first_or_entered(self, connection: sqlite3.Connection, entry: Entry, now: datetime) -> MessageRecord:
        digest = entry.handed_in
        if digest is None:
            return enter(connection, entry, now)
        first = resent.first_of(connection, digest, now, self._resent_within)
        if first is not None:
            resent.note(connection, first, entry.actor, now)
            return first
        resent.remember(connection, digest, entry.record.id, now)
        return enter(connection, entry, now)

    async def add_letter(
        self,
        letter_id: str,
        to: Address,
        octets: bytes,
        *,
        about: str | None,
        now: datetime,
        prefix: bytes = b"",
        ends: Sequence[int] = (),
        lease_until: datetime | None = None,
        carried: Carried = NOTHING_CARRIED,
        of: MessageRecord | None = None,
        plain: bool = False,
    ) -> MessageRecord | None:
        """Queue a letter of ours from the null path, with the secrets that it carries, and end the notices that asked
        for it, in one transaction.

        None if all of them had been answered before: then nothing is queued, and nobody is told twice. of: the mail as
        it came in, if the letter was written from that. Raises Outdated where it is so no more: nothing is queued.
        plain: it is ASCII in lines, as whoever wrote it knows (Body.plain).
        """
        if len(octets) <= SMALL_BODY:
            body = Body.of(octets, plain=plain)
        else:
            body = await self._in_thread(partial(Body.of, octets, plain=plain))
        record = letter_record(letter_id, to, body.size, body.sha256, about, now, prefix, lease_until)
        kept = self._in_row(body) or await self._settled(body, letter_id)
        lease = None if lease_until is None else self._db.owner
        entry = Entry(record, kept.octets, HOUSE, lease, seal=self._seal(kept, ""))
        letter = new_letter(entry, now, ends, carried, of)
        number = await self._enter(entry, partial(enter_letter, letter=letter), enter_letters, letter)
        if number > 0:
            if lease is not None:
                body = body if kept.octets is not None else self._bodies.lying(body, letter_id, kept.key)
                self._db.handed_on.keep(Moving(number, record, body))
            return record
        if kept.octets is None:
            await self._in_thread(partial(self._bodies.remove_all, [letter_id]))
        if number == OUTDATED:
            raise Outdated
        return None

    def at_hand(self, message_id: str) -> Body | None:
        """The octets of a message that is handed on in memory, if they are small."""
        body = self._db.handed_on.body(message_id)
        return None if body is None or body.octets is None else body

    async def body(self, message_id: str) -> Body:
        """The octets of a message, with size and digest as taken at the door.

        Raises BodyGone; OSError where they are sealed and cannot be opened: they are damaged, or their key is missing.
        """
        moving = self._db.handed_on.body(message_id)
        if moving is not None:
            return moving
        return await self._db.read(partial(self._body, message_id=message_id), snapshot=False)

    def _body(self, connection: sqlite3.Connection, message_id: str) -> Body:
        row = connection.execute(_BODY, (message_id,)).fetchone()
        if row is None or row[2] == "gone":
            raise BodyGone(message_id)
        size, digest, place, octets, *wrapped = row
        key = key_of(self._db.keys, *wrapped)
        if place == "file":
            path = self._bodies.path_of(message_id, sealed=key is not None)
            return Body(size, digest, path=path, key=key)
        return Body(size, digest, octets=octets if key is None else unseal(key, octets))

    async def bodies(self, message_ids: Sequence[str]) -> dict[str, Body]:
        """The octets of those of the messages that have them in a row, as they were digested at the door; of all others
        `body` knows more. Read and digested away from the event loop.
        """
        return await self._db.read(partial(self._small, names=json.dumps(list(message_ids))))

    def _small(self, connection: sqlite3.Connection, names: str) -> dict[str, Body]:
        found: dict[str, Body] = {}
        for message_id, size, digest, octets, *wrapped in connection.execute(_SMALL_BODIES, (names,)):
            try:
                key = key_of(self._db.keys, *wrapped)
                clear = octets if key is None else unseal(key, octets)
            except OSError:  # `body` says why
                continue
            if len(clear) == size and hashlib.sha256(clear).hexdigest() == digest:
                found[message_id] = Body(size, digest, octets=clear)
        return found

    async def purge(self, now: datetime, retention: Retention) -> Purged:
        """Remove octets and metadata that are past their time (store.clearing)."""
        self._db.handed_on.forget()
        return await self._clearing.clear(now, retention)

    def _in_row(self, body: Body) -> _Kept | None:
        """Octets that go into the row, sealed if there are keys. None for others."""
        octets = body.octets
        if octets is None or body.size > SMALL_BODY:
            return None
        key = self._key_for(body)
        return _Kept(octets if key is None else seal(key, octets), key)

    def _key_for(self, body: Body) -> bytes | None:
        return body.key or (None if self._db.keys is None else new_key())

    async def _settled(self, body: Body, message_id: str) -> _Kept:
        """Make octets durable that do not go into the row. They lie sealed if there are keys."""
        key = self._key_for(body)
        if body.octets is not None:
            try:
                await self._shelf.put(Fresh(body.octets, message_id, key))
            except OSError as error:
                raise typed(error) from error
        else:
            await self._in_thread(partial(self._settle_file, body, message_id, key))
        return _Kept(None, key)

    def _settle_file(self, body: Body, message_id: str, key: bytes | None) -> None:
        if body.path is not None and body.key == key:
            self._bodies.adopt(body.path, message_id, sealed=key is not None)
            return
        with body.open() as source:
            self._bodies.write(source, message_id, key)
        if body.path is not None:  # it came in the clear, from a door that knew no keys
            body.path.unlink(missing_ok=True)

    def _seal(self, kept: _Kept, text: str) -> Seal | None:
        if kept.key is None:
            return None
        if self._db.keys is None:
            raise StoreError("a sealed body, and no keys to keep its own with")
        return seal_of(self._db.keys, kept.key, text)

    async def _enter(
        self, entry: Entry, change: Callable[[sqlite3.Connection], T], bulk: Bulk | None = None, item: object = None
    ) -> T:
        """Run the transaction; a file whose row surely did not come to be is removed again.

        After an I/O error nobody knows what a later recovery of the log will find: that file waits for `start`.
        """
        try:
            return await self._db.write(change, bulk, item)
        except Exception as error:
            if entry.octets is None and type(error) is not StoreError:
                with contextlib.suppress(Exception):
                    await self._in_thread(partial(self._bodies.remove_all, [entry.record.id]))
            raise

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except OSError as error:
            raise typed(error) from error


def _files_of(connection: sqlite3.Connection, names: list[str]) -> set[str]:
    """Those of these names of files that the ledger speaks of."""
    sql = (
        "SELECT m.id || CASE WHEN k.message IS NULL THEN '' ELSE ? END FROM message m"
        " LEFT JOIN body_key k ON k.message = m.number"
        " WHERE m.body = 'file' AND m.id IN (SELECT value FROM json_each(?))"
    )
    ids = json.dumps([name.removesuffix(SEALED) for name in names])
    return {row[0] for row in connection.execute(sql, (SEALED, ids))}
