"""The register of misdeliveries: who opened which, about which mail, and what was known of it then. It
outlives the mail.

Every entry and its end is a line of the audit log in the same transaction. Nothing here decides; what was on its way
when its mail was reported, and comes back, is not sent once more.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mailguard.mail.actor import HOUSE, Actor
from mailguard.mail.breach import CLOCKS_RUN, Answers, Stage
from mailguard.mail.lifecycle import Event
from mailguard.store import audit, deciding, outbox
from mailguard.store.db import Database
from mailguard.store.records import MessageRecord
from mailguard.store.rows import clean, load, to_micro, to_moment, to_moment_or_none, to_text
from mailguard.store.wish import Wish

_COLUMNS = (
    "id, message_id, state, opened_at, opened_by, note, facts, closed_at, closed_by, outcome,"
    " learned_at, answers, assessed_at, assessed_by, reminded"
)
#: Mails that are looked through for the same files, newest first; and so many are named.
_LOOKED_THROUGH, _SIBLINGS = 2000, 50

#: Said in the history of a mail, to whoever reads it: in both languages.
_STOPPED = (
    "誤送信として報告されたため、再送しません / not tried again: the mail was reported as sent to the wrong person"
)
_REPORTED = (
    "SELECT m.number, m.id FROM message m LEFT JOIN part p ON p.message = m.number"
    " LEFT JOIN message f ON f.number = p.first WHERE m.number IN (SELECT value FROM json_each(?)) AND EXISTS"
    " (SELECT 1 FROM incident i WHERE i.state = 'open' AND i.message_id = coalesce(f.id, m.id))"
)

#: JSON values that a letter about the clocks is written from.
Clocks = Mapping[str, Any]
#: As whom somebody hears of one: he sent the mail, he sees its page, or he has nothing but the letter.
Reads = Literal["sender", "page", "letter"]


@dataclass(frozen=True, slots=True)
class Incident:
    """One misdelivery. facts: JSON values of the mail as it stood (`incident.facts_of`). learned: when the company
    learned of it, where it was not by the report itself; answers: to the six questions, None: nobody answered them yet;
    reminded: the last stage of the clocks of the law of which people were told.
    """

    id: str
    message_id: str
    state: str
    opened_at: datetime
    opened_by: str
    note: str
    facts: dict[str, Any]
    closed_at: datetime | None = None
    closed_by: str = ""
    outcome: str = ""
    learned: datetime | None = None
    answers: Answers | None = None
    assessed_at: datetime | None = None
    assessed_by: str = ""
    reminded: str = ""

    @property
    def learned_at(self) -> datetime:
        """When the company learned of it: whoever works for it, so not later than the report."""
        return self.learned or self.opened_at


class Incidents:
    """The register."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def open(self, incident: Incident, actor: Actor, tell: Mapping[str, Reads]) -> Incident | None:
        """Enter it, and owe its letters. None if that is done; else the open incident that the mail has already.

        tell: who hears of it (addresses), and as whom.
        """

        def change(connection: sqlite3.Connection) -> Incident | None:
            sql = f"SELECT {_COLUMNS} FROM incident WHERE message_id = ? AND state = 'open'"  # noqa: S608
            row = connection.execute(sql, (incident.message_id,)).fetchone()
            if row is not None:
                return _incident(row)
            connection.execute(
                "INSERT INTO incident (id, message_id, state, opened_at, opened_by, note, facts, closed_by, outcome)"
                " VALUES (?, ?, 'open', ?, ?, ?, ?, '', '')",
                (
                    incident.id,
                    incident.message_id,
                    to_micro(incident.opened_at),
                    actor.address,
                    clean(incident.note),
                    to_text(incident.facts),
                ),
            )
            audit.append(
                connection, incident.opened_at, actor, "incident", message_id=incident.message_id,
                comment=incident.note, detail={"incident": incident.id},
            )  # fmt: skip
            for person, reads in tell.items():
                _owe(connection, person, incident, reads)
            return None

        return await self._db.write(change)

    async def close(self, incident_id: str, actor: Actor, now: datetime, outcome: str) -> bool:
        """End it, with what came of it. False if it was closed before, or is not there."""

        def change(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                "UPDATE incident SET state = 'closed', closed_at = ?, closed_by = ?, outcome = ?"
                " WHERE id = ? AND state = 'open' RETURNING message_id",
                (to_micro(now), actor.address, clean(outcome), incident_id),
            ).fetchone()
            if row is not None:
                audit.append(
                    connection, now, actor, "incident_closed", message_id=row[0], comment=outcome,
                    detail={"incident": incident_id},
                )  # fmt: skip
            return row is not None

        return await self._db.write(change)

    async def assess(
        self,
        incident_id: str,
        actor: Actor,
        now: datetime,
        answers: Answers,
        learned: datetime,
        why: str,
        *,
        instead_of: Incident | None = None,
        reminded: str | None = None,
    ) -> bool:
        """Write down what was answered, and since when the company knows (why: of that change, as it is explained).
        instead_of: only as long as its answers are those that stand; reminded: the stage that counts as told from now
        on, None: as it stands. False if it is closed, not there, or answered meanwhile.
        """
        before = None if instead_of is None or instead_of.assessed_at is None else to_micro(instead_of.assessed_at)

        def change(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                "UPDATE incident SET answers = ?, learned_at = ?, assessed_at = ?, assessed_by = ?,"
                " reminded = coalesce(?, reminded) WHERE id = ? AND state = 'open' AND (? OR assessed_at IS ?)"
                " RETURNING message_id",
                (
                    to_text(answers.as_values()), to_micro(learned), to_micro(now), actor.address, reminded,
                    incident_id, instead_of is None, before,
                ),
            ).fetchone()  # fmt: skip
            if row is not None:
                said = {"incident": incident_id, "learned_at": learned.isoformat(), **answers.as_values()}
                audit.append(connection, now, actor, "incident_assessed", message_id=row[0], comment=why, detail=said)
            return row is not None

        return await self._db.write(change)

    async def to_remind(self, now: datetime) -> list[Incident]:
        """All that nobody closed, whose clocks may still run, and of whose last one nobody was told yet."""
        sql = (
            f"SELECT {_COLUMNS} FROM incident WHERE state = 'open' AND reminded <> 'final'"  # noqa: S608
            " AND coalesce(learned_at, opened_at) > ? ORDER BY number"
        )
        since = to_micro(now - CLOCKS_RUN)
        return await self._db.read(lambda c: [_incident(row) for row in c.execute(sql, (since,))])

    async def remind(self, one: Incident, stage: Stage, people: Iterable[str], now: datetime, detail: Clocks) -> bool:
        """Owe these people a letter about the clocks, once for each stage. False if that was done, or it is closed."""

        def change(connection: sqlite3.Connection) -> bool:
            done = connection.execute(
                "UPDATE incident SET reminded = ? WHERE id = ? AND state = 'open' AND reminded = ?",
                (stage, one.id, one.reminded),
            )
            if done.rowcount:
                for person in people:
                    outbox.owe(connection, "incident_due", person, now, detail=dict(detail))
            return bool(done.rowcount)

        return await self._db.write(change)

    async def find(self, incident_id: str) -> Incident | None:
        """One incident."""
        sql = f"SELECT {_COLUMNS} FROM incident WHERE id = ?"  # noqa: S608
        row = await self._db.read(lambda c: c.execute(sql, (incident_id,)).fetchone())
        return None if row is None else _incident(row)

    async def of_mail(self, message_id: str) -> Incident | None:
        """The newest one about a mail, open or closed."""
        sql = f"SELECT {_COLUMNS} FROM incident WHERE message_id = ? ORDER BY number DESC LIMIT 1"  # noqa: S608
        row = await self._db.read(lambda c: c.execute(sql, (message_id,)).fetchone())
        return None if row is None else _incident(row)

    async def page(self, owner: str = "", limit: int = 100, before: str = "") -> list[Incident]:
        """The newest; with an owner (key), only those about mail that this person sent; before: an incident's id, only
        those that were opened before it.
        """
        sql = (
            f"SELECT {_COLUMNS} FROM incident WHERE (?1 = '' OR opened_by = ?1"  # noqa: S608
            " OR EXISTS (SELECT 1 FROM json_each(facts, '$.owners') WHERE value = ?1))"
            " AND (?3 = '' OR number < (SELECT number FROM incident WHERE id = ?3)) ORDER BY number DESC LIMIT ?2"
        )
        return await self._db.read(lambda c: [_incident(row) for row in c.execute(sql, (owner, limit, before))])

    async def siblings(self, record: MessageRecord) -> list[tuple[str, str]]:
        """Other mails of the same sender that carry a file of this one, or go on in its thread: id and why (`file`,
        `thread`), the newest first.
        """
        return await self._db.read(lambda c: _siblings(c, record))


def contain(connection: sqlite3.Connection, numbers: Collection[int], now: datetime) -> set[int]:
    """Cancel what is left to send of those of these messages (row numbers) that were reported: when that was done, it
    was on its way. Returns which those are. Inside the caller's transaction.
    """
    reported = connection.execute(_REPORTED, (json.dumps(list(numbers)),)).fetchall()
    for _, message_id in reported:
        deciding.apply(connection, message_id, Wish(Event.CANCEL, HOUSE, now, comment=_STOPPED, notice="cancelled"))
    return {number for number, _ in reported}


def _owe(connection: sqlite3.Connection, person: str, incident: Incident, reads: Reads) -> None:
    """The letter to one person: who says so, what of, and to whom it went."""
    went = [one["address"] for one in incident.facts["recipients"] if one["outcome"] == "accepted"]
    detail = {"actor": incident.opened_by, "comment": incident.note, "recipients": went, "as_sender": reads == "sender"}
    if reads == "letter":
        detail["no_page"] = True
    if incident.facts["stopped"]:
        detail["stopped"] = True
    outbox.owe(connection, "misdelivery", person, incident.opened_at, message_id=incident.message_id, detail=detail)


def _siblings(connection: sqlite3.Connection, record: MessageRecord) -> list[tuple[str, str]]:
    if record.sender.mailbox is None:
        return []
    numbers = [
        row[0]
        for row in connection.execute(
            "SELECT v.message FROM viewer v WHERE v.person = ? AND v.role = 'sender' ORDER BY v.message DESC LIMIT ?",
            (record.sender.mailbox.key, _LOOKED_THROUGH),
        )
    ]
    files = {one.sha256 for one in record.facts.attachments if not one.inline}
    thread = {record.message_id_header, *record.references} - {""}
    found: list[tuple[str, str]] = []
    for start in range(0, len(numbers), 100):
        for other in load(connection, numbers[start : start + 100]):
            if other.id in (record.id, *record.parts) or len(found) >= _SIBLINGS:
                continue
            if files & {one.sha256 for one in other.facts.attachments}:
                found.append((other.id, "file"))
            elif thread & {other.message_id_header, *other.references}:
                found.append((other.id, "thread"))
    return found


def _incident(row: tuple[Any, ...]) -> Incident:
    return Incident(
        id=row[0],
        message_id=row[1],
        state=row[2],
        opened_at=to_moment(row[3]),
        opened_by=row[4],
        note=row[5],
        facts=json.loads(row[6]),
        closed_at=to_moment_or_none(row[7]),
        closed_by=row[8],
        outcome=row[9],
        learned=to_moment_or_none(row[10]),
        answers=None if row[11] is None else Answers.of(json.loads(row[11])),
        assessed_at=to_moment_or_none(row[12]),
        assessed_by=row[13],
        reminded=row[14],
    )
