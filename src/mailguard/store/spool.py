"""Bytes at rest: a message is taken into the ledger, and its octets are found again.

The octets are durable before the row that speaks of them (store.octets), and the row, its recipients, its audit line
and its notices are one transaction: that commit is the moment of responsibility. It trusts the verdict it is given and
never looks into the octets.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
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
from mailguard.mail.verdict import Verdict
from mailguard.store import resent
from mailguard.store.clearing import Clearing
from mailguard.store.db import Database
from mailguard.store.entering import Entered, enter_all, plain
from mailguard.store.entry import Entry
from mailguard.store.errors import StoreError
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
from mailguard.store.octets import SMALL_BODY, BodyGone, Octets, spoken_of
from mailguard.store.purge import Purged, Retention
from mailguard.store.records import MessageRecord
from mailguard.store.rows import to_text
from mailguard.store.sealed import seal_lesson
from mailguard.store.transactions import Bulk

__all__ = ["SMALL_BODY", "BodyGone", "Purged", "Retention", "Spool"]

T = TypeVar("T")

#: Recipients up to which a record is made on the event loop: some microseconds each.
_ON_LOOP = 50
#: Characters of text that are digested on the event loop: a fraction of a millisecond.
_DIGESTED_ON_LOOP = 100_000
#: A file that no row speaks of may belong to a transaction under way; after so long it does not.
_RUBBISH_AFTER = timedelta(hours=2)


class Spool:
    """Messages in and octets out."""

    def __init__(self, db: Database, bodies: Path, *, resent_within: timedelta = timedelta(0)) -> None:
        """bodies: folder of the files; made if missing (mode 0700). resent_within: how long a mail that is handed in
        once more is known again; nothing: never.
        """
        self._db = db
        self._resent_within = resent_within
        self._octets = Octets(bodies, db.keys)
        self._clearing = Clearing(db, self._octets, resent_within)

    @property
    def incoming(self) -> Path:
        """Where the front door writes large bodies."""
        return self._octets.incoming

    async def start(self, now: datetime) -> None:
        """Make the folders and remove files that no row speaks of and that are older than two hours."""
        loop = asyncio.get_running_loop()

        def are_spoken_of(names: list[str]) -> set[str]:
            query = self._db.read(partial(spoken_of, names=names))
            return asyncio.run_coroutine_threadsafe(query, loop).result()

        await self._octets.settle((now - _RUBBISH_AFTER).timestamp(), are_spoken_of)

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
        given = (message, facts, verdict, prefix, lease_until, prepared)
        long = len(message.envelope.recipients) > _ON_LOOP or len(facts.text) + len(facts.html) > _DIGESTED_ON_LOOP
        record, content = await self._octets.in_thread(partial(_made, *given)) if long else _made(*given)
        kept = self._octets.in_row(message.body) or await self._octets.settled(message.body, message.id)
        lease = None if lease_until is None else self._db.owner
        known = "" if circumstances is None else to_text(circumstances)
        text, handed_in, changes = searched_text(facts), self._handed_in(message, facts), prepared.changes
        sealed = self._octets.seal(kept, text)
        lesson = lesson if sealed is None else seal_lesson(sealed.key, lesson)
        entry = Entry(
            record, kept.octets, actor_of(message), lease, known, changes, content, text, handed_in, sealed, lesson
        )
        rows = plain(entry, message.received_at)
        by_itself = partial(self._first_or_entered, entry=entry, now=message.received_at)
        entered = await self._enter(entry, by_itself, None if rows is None else enter_all, rows)
        if entered.record.id != message.id and kept.octets is None:
            await self._octets.remove([message.id])
        if lease is not None and entered.number:
            goes_on = any(copy.leased for copy in entered.record.recipients)
            body = self._octets.lying(message.body, message.id, kept, goes_on=goes_on)
            self._db.handed_on.keep(Moving(entered.number, entered.record, body, bool(lesson)))
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

    def _first_or_entered(self, connection: sqlite3.Connection, entry: Entry, now: datetime) -> Entered:
        digest = entry.handed_in
        if digest is not None:
            first = resent.first_of(connection, digest, now, self._resent_within)
            if first is not None:
                resent.note(connection, first, entry.actor, now)
                return Entered(first)
            resent.remember(connection, digest, entry.record.id, now)
        return Entered(enter(connection, entry, now))

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
        making = partial(Body.of, octets, plain=plain)
        body = making() if len(octets) <= SMALL_BODY else await self._octets.in_thread(making)
        record = letter_record(letter_id, to, body.size, body.sha256, about, now, prefix, lease_until)
        kept = self._octets.in_row(body) or await self._octets.settled(body, letter_id)
        lease = None if lease_until is None else self._db.owner
        entry = Entry(record, kept.octets, HOUSE, lease, seal=self._octets.seal(kept, ""))
        letter = new_letter(entry, now, ends, carried, of)
        number = await self._enter(entry, partial(enter_letter, letter=letter), enter_letters, letter)
        if number > 0:
            if lease is not None:
                self._db.handed_on.keep(Moving(number, record, self._octets.lying(body, letter_id, kept)))
            return record
        if kept.octets is None:
            await self._octets.remove([letter_id])
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
        return await self._db.read(partial(self._octets.read, message_id=message_id), snapshot=False)

    async def bodies(self, message_ids: Sequence[str]) -> dict[str, Body]:
        """The octets of those of the messages that have them in a row, as they were digested at the door; of all others
        `body` knows more. Read and digested away from the event loop.
        """
        return await self._db.read(partial(self._octets.read_small, names=json.dumps(list(message_ids))))

    async def purge(self, now: datetime, retention: Retention) -> Purged:
        """Remove octets and metadata that are past their time (store.clearing)."""
        self._db.handed_on.forget()
        return await self._clearing.clear(now, retention)

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
                    await self._octets.remove([entry.record.id])
            raise


def _made(
    message: Message,
    facts: Facts,
    verdict: Verdict,
    prefix: bytes,
    lease_until: datetime | None,
    prepared: Prepared,
) -> tuple[MessageRecord, bytes | None]:
    """The record of a message, and what tells its content from others (mail.same)."""
    record = record_of(message, facts, verdict, prefix, lease_until, prepared)
    return record, content_digest(facts, message.body.sha256)
