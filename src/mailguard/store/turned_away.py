"""Mails that did not come in: their audit lines, who is told of them, and which the sender may hand in once more.

No row of a message is kept, for the mail stays the client's; what was read in it is, without octets and texts, so that
another policy can be tried on it. For the answer to a challenge only keyed hashes stay, no address and no text, with
the rules that the sender was told of and how long an answer counts. The rows of one sender are bounded, and what is
past its time goes with the next one that comes.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailguard.mail.facts import Facts
from mailguard.mail.message import Message
from mailguard.mail.verdict import Verdict
from mailguard.policy.verdict_json import verdict_from_json
from mailguard.store import audit
from mailguard.store.db import Database
from mailguard.store.recorded import keep_refused
from mailguard.store.rows import to_micro, to_moment, to_text
from mailguard.store.tellings import owe_refused


@dataclass(frozen=True, slots=True)
class RefusedMail:
    """A mail that policy refused, as its sender sees it. subject: None if there was no such field."""

    id: str
    received_at: datetime
    recipients: tuple[str, ...]
    subject: str | None
    verdict: Verdict


#: Mails of one sender that are remembered; the oldest are forgotten first, and would be asked about anew.
MOST_PER_SENDER = 50


class TurnedAway:
    """What was refused or asked at the door."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def told(self, digest: bytes, now: datetime) -> frozenset[str]:
        """The rules that the sender was told of for this mail, while an answer counts."""
        sql = "SELECT rules FROM challenge WHERE digest = ? AND until > ?"
        row = await self._db.read(lambda c: c.execute(sql, (digest, to_micro(now))).fetchone())
        return frozenset() if row is None else frozenset(json.loads(row[0]))

    async def of(self, person: str, before: str, limit: int) -> list[RefusedMail]:
        """What was refused to this person (an address key), newest first. before: id; only earlier ones; "" for all."""
        sql = (
            "SELECT id, received_at, recipients, subject, verdict FROM refused WHERE lower(sender) = ?"
            " AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?"
        )
        rows = await self._db.read(lambda c: c.execute(sql, (person, before, before, limit)).fetchall())
        return [
            RefusedMail(
                row[0],
                to_moment(row[1]),
                tuple(json.loads(row[2])),
                row[3],
                verdict_from_json(json.loads(row[4])),
            )
            for row in rows
        ]

    async def refused(
        self,
        message: Message,
        facts: Facts,
        verdict: Verdict,
        now: datetime,
        *,
        circumstances: dict[str, Any] | None = None,
    ) -> None:
        """Policy refused a mail: its audit line, and whoever is told of it. It is recorded if its circumstances are
        given. Raises StoreError.
        """
        rules = [hit.rule for hit in verdict.enforced]

        def change(connection: sqlite3.Connection) -> None:
            audit.append_refused(connection, now, "refuse", message, verdict, rules)
            _note(connection, message, facts, verdict, now, circumstances)

        await self._db.write(change)

    async def challenged(
        self,
        message: Message,
        facts: Facts,
        verdict: Verdict,
        now: datetime,
        *,
        circumstances: dict[str, Any] | None = None,
        digest: bytes,
        whose: bytes,
        rules: frozenset[str],
    ) -> None:
        """A mail is challenged: note for how long and about what, with its audit line and whoever is told of it.

        rules: all that the sender was told of so far. Raises StoreError.
        """
        row = (digest, whose, to_text(sorted(rules)), to_micro(now), to_micro(now + verdict.window))

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM challenge WHERE until <= ?", (to_micro(now),))
            connection.execute(
                "INSERT OR REPLACE INTO challenge (digest, whose, rules, told_at, until) VALUES (?, ?, ?, ?, ?)", row
            )
            connection.execute(
                "DELETE FROM challenge WHERE whose = ?1 AND digest NOT IN"
                " (SELECT digest FROM challenge WHERE whose = ?1 ORDER BY told_at DESC, digest LIMIT ?2)",
                (whose, MOST_PER_SENDER),
            )
            audit.append_refused(connection, now, "challenge", message, verdict, sorted(rules))
            _note(connection, message, facts, verdict, now, circumstances)

        await self._db.write(change)


def _note(
    connection: sqlite3.Connection,
    message: Message,
    facts: Facts,
    verdict: Verdict,
    now: datetime,
    circumstances: dict[str, Any] | None,
) -> None:
    """Whoever is told of it, and the record."""
    envelope, subject = message.envelope, facts.headers.subject
    owe_refused(connection, message.id, envelope.sender, subject, envelope.recipients, verdict, now)
    if circumstances is not None:
        keep_refused(connection, message, facts, verdict, circumstances)
