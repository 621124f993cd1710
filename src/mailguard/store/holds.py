"""Held copies, and what people look up: guarded changes, pages, counts, clocks that ran out.

A change is one guarded UPDATE made from mail.lifecycle.NEXT, with its audit line and notice in the same transaction:
of two decisions on the same copy one wins, and the other learns who was faster.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import Event
from mailguard.mail.organization import Organization
from mailguard.policy.recorded import Recorded
from mailguard.store import choosing, clock_set, correcting, deciding, filters, talk
from mailguard.store.acquaintance import Background, background
from mailguard.store.choosing import Chosen
from mailguard.store.correcting import Correction
from mailguard.store.db import Database
from mailguard.store.ending import tell_of_ending
from mailguard.store.listing import ids_of, matching_any, page, wholes
from mailguard.store.looks import Reading, note_opened, note_read
from mailguard.store.parts import load_whole
from mailguard.store.questions import Nudge, nudge
from mailguard.store.recorded import find_recorded
from mailguard.store.records import Decision, Filter, MessageRecord, NoticeKind
from mailguard.store.rows import to_micro, to_moment_or_none
from mailguard.store.talk import Note
from mailguard.store.trusts import Trusts
from mailguard.store.wish import May, Wish


class Holds:
    """Mails as people see them, and what people change: by the id of any of its parts the whole mail is meant."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.trusts = Trusts(db)

    async def apply(
        self,
        message_id: str,
        event: Event,
        actor: Actor,
        now: datetime,
        *,
        recipients: tuple[Address, ...] | None = None,
        may: May | None = None,
        comment: str = "",
        notice: NoticeKind | None = None,
        frozen_until: datetime | None = None,
        urgent: bool = False,
    ) -> Decision:
        """Let an event happen to the recipients named (None: to all to whom it can happen). See `Wish`.

        A copy whose try at the upstream is under way is left alone. An empty `changed` says that somebody was faster
        or it was not possible. Raises KeyError: no such message.
        """
        wish = Wish(event, actor, now, recipients, may, comment, notice, frozen_until, urgent)
        return await self.fulfil(message_id, wish)

    async def fulfil(self, message_id: str, wish: Wish) -> Decision:
        """The same for a wish that is made already."""
        return await self._db.write(lambda c: deciding.apply(c, message_id, wish))

    async def approve(
        self,
        message_id: str,
        actor: Actor,
        now: datetime,
        *,
        recipients: tuple[Address, ...] | None = None,
        may: May | None = None,
        comment: str = "",
    ) -> Decision:
        """Count one approval per copy; those whose every question is answered are released. `changed`: who was counted.

        Raises KeyError: no such message.
        """
        return await self.count_voice(message_id, Wish(Event.RELEASE, actor, now, recipients, may, comment))

    async def count_voice(self, message_id: str, wish: Wish) -> Decision:
        """The same for a wish that is made already."""
        return await self._db.write(lambda c: deciding.approve(c, message_id, wish))

    async def choose(self, message_id: str, chosen: Chosen) -> Decision:
        """Take recipients off, alter what the others get, and decide, all of it or nothing. `changed`: who was.

        Raises NotPossible, Outrun, KeyError: no such message.
        """
        return await self._db.write(lambda c: choosing.choose(c, message_id, chosen))

    async def correct(self, message_id: str, correction: Correction) -> Decision:
        """Put somebody in a wrong recipient's place, as the mail was judged with him. `changed`: the wrong one, and
        everybody who is let go by it. Raises NotPossible, Outrun, KeyError: no such message.
        """
        return await self._db.write(lambda c: correcting.correct(c, message_id, correction))

    async def recorded(self, message_id: str, organization: Organization) -> Recorded | None:
        """A message as it can be judged again; None if it cannot."""
        return await self._db.read(lambda c: find_recorded(c, message_id, organization))

    async def comment(self, message_id: str, note: Note) -> None:
        """A note on a mail. Raises KeyError: no such message."""
        await self._db.write(lambda c: talk.comment(c, message_id, note))

    async def forward(self, message_id: str, wish: Wish, to: Address) -> Decision:
        """Ask one more person about these copies. `changed`: about whom. Raises KeyError: no such message."""
        return await self._db.write(lambda c: talk.forward(c, message_id, wish, to))

    async def find(self, message_id: str) -> MessageRecord | None:
        """A message, or None."""
        return await self._db.read(lambda c: load_whole(c, message_id))

    async def find_all(self, message_ids: Collection[str]) -> dict[str, MessageRecord]:
        """Those of these messages that there are, by the ids given."""

        def query(connection: sqlite3.Connection) -> dict[str, MessageRecord]:
            found = ((message_id, load_whole(connection, message_id)) for message_id in message_ids)
            return {message_id: record for message_id, record in found if record is not None}

        return await self._db.read(query)

    async def opened(self, message_id: str, person: str, now: datetime) -> bool:
        """Keep when a person (key) first opened the page of a mail. False if that was known."""
        return await self._db.write(lambda c: note_opened(c, message_id, person, now))

    async def read(self, message_id: str, actor: Actor, what: Reading, now: datetime) -> datetime:
        """A line that contents of a mail are shown to somebody, unless one of the last hour says the same. Returns
        when that was written.
        """
        return await self._db.write(lambda c: note_read(c, message_id, actor, what, now))

    async def background(self, sender: str, people: Sequence[Address], digests: Collection[str]) -> Background:
        """What is known of these people and files; see `acquaintance`."""
        return await self._db.read(lambda c: background(c, sender, people, digests))

    async def page(self, chosen: Filter, limit: int = 50) -> list[MessageRecord]:
        """The first `limit` mails that match, newest first if no other order is asked for; the next page:
        Filter(before=last.id).
        """
        return await self._db.read(lambda c: page(c, chosen, limit))

    async def ids(self, chosen: Sequence[Filter], limit: int) -> list[str]:
        """The ids of the first `limit` mails that match one of the filters at this moment, each once; those of one
        filter newest first if no other order is asked for.
        """
        return await self._db.read(lambda c: ids_of(c, matching_any(c, chosen, limit)))

    async def count(self, chosen: Filter, most: int | None = None) -> int:
        """How many match (`before` counts too); no more are counted than `most`."""

        def query(connection: sqlite3.Connection) -> int:
            sql, values = filters.count(connection, chosen, most)
            return int(connection.execute(sql, values).fetchone()[0])

        return await self._db.read(query)

    async def due(self, now: datetime, limit: int = 100) -> list[MessageRecord]:
        """Mails with holds whose time ran out, longest first."""
        sql = "SELECT message FROM recipient WHERE state = 'held' AND due_at <= ? ORDER BY due_at LIMIT ?"

        def query(connection: sqlite3.Connection) -> list[MessageRecord]:
            rows = connection.execute(sql, (to_micro(now), limit))
            records = wholes(connection, list(dict.fromkeys(row[0] for row in rows)))
            return list({record.lead: record for record in records}.values())

        return await self._db.read(query)

    async def unanswered(self, now: datetime, limit: int = 100) -> list[str]:
        """The ids of messages about which somebody is to be reminded, or others are to be asked, longest first."""
        sql = (
            "SELECT DISTINCT m.id FROM recipient r JOIN message m ON m.number = r.message"
            " WHERE r.nudge_at <= ? AND r.state = 'held' ORDER BY r.nudge_at LIMIT ?"
        )
        return await self._db.read(lambda c: [row[0] for row in c.execute(sql, (to_micro(now), limit))])

    async def nudge(self, message_id: str, now: datetime) -> Nudge | None:
        """Remind and escalate what is due about a message; each time comes once. None if nothing was due."""
        return await self._db.write(lambda c: nudge(c, message_id, now))

    async def tell_of_ending(
        self, now: datetime, until: datetime, least: timedelta, since: datetime
    ) -> tuple[int, int]:
        """Tell of some of the holds that end until then; see `ending`. How many mails, and how many people."""
        return await self._db.write(lambda c: tell_of_ending(c, now, until, least, since))

    async def next_time(self) -> datetime | None:
        """When the next hold runs out, or the next of those who are asked hears of it again; None if never."""
        sql = (
            "SELECT min(at) FROM (SELECT min(due_at) AS at FROM recipient WHERE state = 'held' AND due_at IS NOT NULL"
            " UNION ALL SELECT min(nudge_at) FROM recipient WHERE nudge_at IS NOT NULL)"
        )
        return to_moment_or_none((await self._db.read(lambda c: c.execute(sql).fetchone()))[0])

    async def clock_was_set(self, now: datetime, by: timedelta) -> int:
        """The wall clock was set and says `now`: deadlines from before move with it; see `clock_set`. How many copies
        have another one.
        """
        return await self._db.write(lambda c: clock_set.move(c, now, by))

    async def urgent_count(self, owner: str = "") -> int:
        """How many mails went by the urgent lane (with an owner: of his), as far as they are kept."""
        sql = "SELECT count(DISTINCT r.message) FROM recipient r WHERE r.urgent_at IS NOT NULL"
        if owner:
            sql += (
                " AND EXISTS (SELECT 1 FROM viewer v WHERE v.person = ? AND v.message = r.message AND role = 'sender')"
            )
        return int((await self._db.read(lambda c: c.execute(sql, (owner,) if owner else ()).fetchone()))[0])
