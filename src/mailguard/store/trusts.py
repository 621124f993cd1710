"""Recipients about whom somebody said "do not ask again": for himself, for a group of people, or for the company, for a
time, and for the rules that had asked.

Each saying and each revoking has its audit line. The judge is told what counts for a sender; it decides what follows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.store import audit, taught
from mailguard.store.db import Database
from mailguard.store.rows import to_micro, to_moment, to_text

#: The events of the audit lines.
TRUST, UNTRUST = "trust", "untrust"
#: Recipients that one person, group or company may trust at a time.
MOST = 5000
_COLUMNS = "id, whose, recipient, rules, said_by, said_at, until, message_id"
_GONE = 500


class TooManyTrusts(Exception):
    """Nothing was changed: nobody trusts so many."""


@dataclass(frozen=True, slots=True)
class TrustRecord:
    """One recipient (key) who is trusted. whose: 'person:KEY', 'group:NAME' or 'company'; said_by: key of the person;
    message_id: the mail on whose page it was said.
    """

    id: int
    whose: str
    recipient: str
    rules: tuple[str, ...]
    said_by: str
    said_at: datetime
    until: datetime
    message_id: str


class Trusts:
    """What was said."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def say(
        self,
        whose: str,
        rules: Mapping[Address, Iterable[str]],
        actor: Actor,
        now: datetime,
        until: datetime,
        message_id: str,
    ) -> None:
        """Trust these recipients for these rules; what was said before and still holds stays. Raises TooManyTrusts."""
        await self._db.write(lambda c: say(c, whose, rules, actor, now, until, message_id))

    async def of(self, whose: Sequence[str] | None, now: datetime) -> list[TrustRecord]:
        """What holds now of these (None: of all), newest first; at most twice what one may say."""
        sql = (
            f"SELECT {_COLUMNS} FROM trust WHERE until > ?1"  # noqa: S608
            " AND (?2 IS NULL OR whose IN (SELECT value FROM json_each(?2))) ORDER BY id DESC LIMIT ?3"
        )
        named = None if whose is None else to_text(list(whose))
        values = (to_micro(now), named, 2 * MOST)
        return await self._db.read(lambda c: [_record(row) for row in c.execute(sql, values)])

    async def find(self, trust_id: int) -> TrustRecord | None:
        """One of them; None if it was revoked or forgotten."""
        sql = f"SELECT {_COLUMNS} FROM trust WHERE id = ?"  # noqa: S608
        row = await self._db.read(lambda c: c.execute(sql, (trust_id,)).fetchone())
        return None if row is None else _record(row)

    async def revoke(self, trust_id: int, actor: Actor, now: datetime) -> bool:
        """From now on it is asked again. False if somebody was faster."""
        return await self._db.write(lambda c: _revoke(c, trust_id, actor, now))


def forget_trusts(connection: sqlite3.Connection, now: datetime) -> int:
    """Forget a batch of those whose time is over. Returns how many."""
    return connection.execute(
        "DELETE FROM trust WHERE id IN (SELECT id FROM trust WHERE until <= ? LIMIT ?)", (to_micro(now), _GONE)
    ).rowcount


def count(connection: sqlite3.Connection, whose: str) -> int:
    """How many recipients are trusted so."""
    return int(connection.execute("SELECT count(*) FROM trust WHERE whose = ?", (whose,)).fetchone()[0])


def say(
    connection: sqlite3.Connection,
    whose: str,
    rules: Mapping[Address, Iterable[str]],
    actor: Actor,
    now: datetime,
    until: datetime,
    message_id: str,
    *,
    times: int = 0,
) -> None:
    """As `Trusts.say`, inside the caller's transaction. times: nobody said it, but let them have it so often."""
    for address, named in rules.items():
        row = connection.execute(
            "SELECT rules, until FROM trust WHERE whose = ? AND recipient = ? AND until > ?",
            (whose, address.key, to_micro(now)),
        ).fetchone()
        before, kept = (json.loads(row[0]), row[1]) if row else ([], 0)
        connection.execute(
            "INSERT OR REPLACE INTO trust (whose, recipient, rules, said_by, said_at, until, message_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                whose, address.key, to_text(sorted({*before, *named})), actor.address, to_micro(now),
                max(kept, to_micro(until)), message_id,
            ),
        )  # fmt: skip
    if count(connection, whose) > MOST:
        raise TooManyTrusts
    detail = {
        "whose": whose,
        "rules": sorted({rule for named in rules.values() for rule in named}),
        "until": until.isoformat(),
        **({"times": times} if times else {}),
    }
    taught.vouched_for(connection, message_id, [address.key for address in rules], now)
    recipients = [str(address) for address in rules]
    audit.append(connection, now, actor, TRUST, message_id=message_id, recipients=recipients, detail=detail)


def _revoke(connection: sqlite3.Connection, trust_id: int, actor: Actor, now: datetime) -> bool:
    row = connection.execute(
        "DELETE FROM trust WHERE id = ? RETURNING whose, recipient, rules, message_id", (trust_id,)
    ).fetchone()
    if row is None:
        return False
    whose, recipient, rules, message_id = row
    detail = {"whose": whose, "rules": json.loads(rules)}
    audit.append(connection, now, actor, UNTRUST, message_id=message_id, recipients=[recipient], detail=detail)
    return True


def _record(row: tuple[int, str, str, str, str, int, int, str]) -> TrustRecord:
    return TrustRecord(
        id=row[0],
        whose=row[1],
        recipient=row[2],
        rules=tuple(json.loads(row[3])),
        said_by=row[4],
        said_at=to_moment(row[5]),
        until=to_moment(row[6]),
        message_id=row[7],
    )
