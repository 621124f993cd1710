"""What is due for the upstream: claimed under a lease, tried, recorded. Times are values; nothing here waits.

A lease is only a later due time with an owner's name on it: when its owner dies, the copy falls due again by itself.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from mailguard.mail.actor import HOUSE
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Because
from mailguard.store import audit, outbox
from mailguard.store.changes import change, settle
from mailguard.store.db import Database
from mailguard.store.incidents import contain
from mailguard.store.parts import lead_of
from mailguard.store.records import Job, RecordResult, Tried
from mailguard.store.relayed import Relayed, record_all, record_groups, relayed
from mailguard.store.rows import address_of, clean, load, number_of, to_micro, to_moment
from mailguard.store.tries import WORDS_MAX, record

#: Due copies that are looked at for one claim: more recipients than that of few messages wait for the next one.
_COPIES = 5000


class Queue:
    """Queued copies."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def claim(self, now: datetime, lease: timedelta, limit: int, way: str = "") -> list[Job]:
        """Take up to `limit` messages with recipients that are due by this way, longest due first. Each copy is in one
        job only.

        All due copies of a message that go one way come together in one job.
        """
        return await self._db.write(lambda c: _claim(c, now, now + lease, limit, self._db.owner, way))

    async def record(
        self,
        message_id: str,
        outcomes: Mapping[Address, Outcome],
        now: datetime,
        retry_at: datetime | None,
        give_up: bool,
    ) -> RecordResult:
        """Write down one try: relayed, deferred to `retry_at`, failed; with give_up, deferred becomes failed.

        The leases of the recipients named end. History learns from what was relayed. Notices: "sent" when a mail that
        people were told about is out; "bounced" when a copy failed (never for the null path and letters).
        retry_at may be None only if give_up. A copy that is no longer queued stays as it is (audit line "late").
        """
        _check(retry_at, give_up, outcomes)
        found = self._whole(message_id, outcomes, now)
        bulk = None if found is None else record_all
        return await self._db.write(
            lambda c: record(c, message_id, outcomes, now, retry_at, give_up), bulk, found, rides=bulk is not None
        )

    async def record_many(self, tries: Sequence[Tried]) -> list[RecordResult | BaseException]:
        """Write down many tries, as `record` does each. What could not be written down is answered with its error.

        Mails that are out as a whole are one change of the ledger; of them all are written down, or none.
        """
        whole: list[Relayed] = []
        together: list[int] = []
        for place, one in enumerate(tries):
            _check(one.retry_at, one.give_up, one.outcomes)
            if (found := self._whole(one.message_id, one.outcomes, one.now)) is not None:
                whole.append(found)
                together.append(place)
        some = [tries[place] for place in together]
        apart = [place for place in range(len(tries)) if place not in set(together)]
        writes = [self._db.write(partial(_record, tried=tries[place])) for place in apart]
        answers: list[RecordResult | BaseException] = [*await asyncio.gather(*writes, return_exceptions=True)]
        found_of = dict(zip(apart, answers, strict=True))
        if some:
            try:
                done = await self._db.write(
                    lambda c: [record(c, *one) for one in some], record_groups, whole, rides=True
                )
                found_of.update(zip(together, done, strict=True))
            except Exception as error:
                found_of.update(dict.fromkeys(together, error))
        return [found_of[place] for place in range(len(tries))]

    def _whole(self, message_id: str, outcomes: Mapping[Address, Outcome], now: datetime) -> Relayed | None:
        moving = self._db.handed_on.take(message_id)
        return None if moving is None else relayed(moving, outcomes, now)

    async def put_back(
        self, message_id: str, recipients: tuple[Address, ...], now: datetime, until: datetime, why: Because
    ) -> tuple[Address, ...]:
        """Hold copies that cannot be made ready to leave, until somebody decides; at `until` they are given back.

        Their lease ends, the history says why, and the sender is told. Returns who was changed.
        """
        self._db.handed_on.take(message_id)
        return await self._db.write(lambda c: _put_back(c, message_id, recipients, now, until, why))

    async def next_due(self, now: datetime, way: str = "") -> datetime | None:
        """When the next copy of this way falls due (`now` if one is due already); None if nothing is queued."""
        sql = "SELECT min(due_at) FROM recipient WHERE way = ? AND state = 'queued' AND due_at IS NOT NULL"
        first = (await self._db.read(lambda c: c.execute(sql, (way,)).fetchone()))[0]
        return None if first is None else max(to_moment(first), now)

    async def release_leases(self, owner: str | None = None) -> int:
        """At start: leases of an owner that is gone (None: of everybody) end. Returns how many copies are due again."""
        sql = (
            "UPDATE recipient SET lease = NULL, due_at = 0"
            " WHERE state = 'queued' AND due_at IS NOT NULL AND lease IS NOT NULL AND (?1 IS NULL OR lease = ?1)"
        )
        return await self._db.write(lambda c: c.execute(sql, (owner,)).rowcount)

    async def give_back(self, message_id: str, recipients: tuple[Address, ...], due: datetime) -> None:
        """End a lease without a try (the house is stopping, or the next server has no place); they are due again
        then.
        """
        self._db.handed_on.take(message_id)  # without its lease anything may be decided about it
        keys = json.dumps([address.key for address in recipients], ensure_ascii=False)
        sql = (
            "UPDATE recipient SET lease = NULL, due_at = ?1 WHERE message = (SELECT number FROM message WHERE id = ?2)"
            " AND key IN (SELECT value FROM json_each(?3)) AND state = 'queued' AND lease = ?4"
        )
        await self._db.write(lambda c: c.execute(sql, (to_micro(due), message_id, keys, self._db.owner)))

    async def by_way(self) -> dict[str, int]:
        """How many copies are queued for each way that any is queued for."""
        sql = "SELECT way, count(*) FROM recipient WHERE state = 'queued' AND due_at IS NOT NULL GROUP BY way"
        return await self._db.read(lambda c: dict(c.execute(sql).fetchall()))

    async def stranded(self, way: str, why: str) -> int:
        """Write `why` to copies of a way that is no more, some at a time. Returns how many it was new to."""
        sql = (
            "UPDATE recipient SET last_text = ?2 WHERE (message, key) IN (SELECT message, key FROM recipient"
            " WHERE state = 'queued' AND way = ?1 AND due_at IS NOT NULL AND last_text <> ?2 LIMIT ?3)"
        )
        return await self._db.write(lambda c: c.execute(sql, (way, clean(why)[:WORDS_MAX], _COPIES)).rowcount)

    async def counts(self) -> dict[str, int]:
        """How many messages (not letters) are in each state, for figures."""
        sql = "SELECT state, count(*) FROM message WHERE kind = 'mail' GROUP BY state"
        found = await self._db.read(lambda c: dict(c.execute(sql).fetchall()))
        return {str(state): found.get(str(state), 0) for state in State}

    async def waiting(self, most: int) -> int:
        """How many mails wait, for people or for the upstream; not counted beyond `most`."""
        sql = "SELECT count(*) FROM (SELECT 1 FROM message WHERE kind = 'mail' AND state IN ('held', 'queued') LIMIT ?)"
        return int((await self._db.read(lambda c: c.execute(sql, (most,)).fetchone()))[0])


def _record(connection: sqlite3.Connection, tried: Tried) -> RecordResult:
    return record(connection, *tried)


def _check(retry_at: datetime | None, give_up: bool, outcomes: Mapping[Address, Outcome]) -> None:
    if retry_at is None and not give_up and any(o.result is Result.DEFERRED for o in outcomes.values()):
        raise ValueError("a deferred copy needs a time to try again")


def _claim(
    connection: sqlite3.Connection, now: datetime, until: datetime, limit: int, owner: str, way: str
) -> list[Job]:
    due: dict[int, list[str]] = {}
    rows = connection.execute(
        "SELECT message, key FROM recipient WHERE state = 'queued' AND way = ? AND due_at <= ? ORDER BY due_at LIMIT ?",
        (way, to_micro(now), _COPIES),
    )
    for number, _ in rows:
        due.setdefault(number, [])
        if len(due) == limit:
            break
    for number in contain(connection, due, now):
        del due[number]
    if not due:
        return []
    claimed = connection.execute(
        # The + keeps SQLite from walking through all that is due by this way (sqlite.org/optoverview.html#uplus).
        "UPDATE recipient SET due_at = ?1, lease = ?2 WHERE message IN (SELECT value FROM json_each(?3))"
        " AND state = 'queued' AND due_at <= ?4 AND +way = ?5 RETURNING message, address",
        (to_micro(until), owner, json.dumps(list(due)), to_micro(now), way),
    ).fetchall()
    for number, address in claimed:
        due[number].append(address)
    return [
        Job(record, tuple(map(address_of, due[number])))
        for number, record in zip(due, load(connection, list(due)), strict=True)
    ]


def _put_back(
    connection: sqlite3.Connection,
    message_id: str,
    recipients: tuple[Address, ...],
    now: datetime,
    until: datetime,
    why: Because,
) -> tuple[Address, ...]:
    number = number_of(connection, message_id)
    if number is None:
        raise KeyError(message_id)
    by_key = {address.key: address for address in recipients}
    connection.execute(  # whoever has the lease is us
        "UPDATE recipient SET lease = NULL WHERE message = ? AND state = 'queued'"
        " AND key IN (SELECT value FROM json_each(?))",
        (number, json.dumps(list(by_key), ensure_ascii=False)),
    )
    values = {"due_at": to_micro(until), "expire_action": "return"}
    changed = tuple(by_key[key] for key in change(connection, number, Event.HOLD, by_key, now, values))
    if changed:
        listed = [str(address) for address in changed]
        detail = {"because": {"ja": why.ja, "en": why.en}}
        audit.append(connection, now, HOUSE, str(Event.HOLD), message_id=message_id, recipients=listed, detail=detail)
        settle(connection, number, now)
        sender = connection.execute(
            "UPDATE message SET told = 1 WHERE number = ? RETURNING sender", (number,)
        ).fetchone()
        lead = lead_of(connection, number)
        outbox.owe(connection, "held", sender[0], now, message_id=lead, detail={"recipients": listed})
    return changed
