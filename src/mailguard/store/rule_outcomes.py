"""What people made of the holds of each rule: how they ended, how long it took, and whether anybody had looked.

It reads the ledger and counts as `policy.tally` does, so that the policy page and the figures never disagree.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mailguard.mail.actor import HOUSE
from mailguard.policy.recorded import ASKS, Copy
from mailguard.policy.tally import HASTY, decision_of, fate_of, median
from mailguard.store.correcting import CORRECT
from mailguard.store.rows import address_of, to_moment, to_moment_or_none

_DECIDED = frozenset({"released", "changed", "cancelled", "rejected"})


@dataclass(slots=True)
class RuleFigures:
    """What one rule did. hits, week: mails it fired for in the whole time, and in the last 7 days; senders: of those.

    asked: mails that people had to decide on because of it and did; of those released (unchanged), changed, cancelled,
    rejected; waiting: not decided yet; expired: nobody did; decision: median time to the decision; opened: decided by
    somebody who had opened the page, reading: median from there to the decision; hasty: of those, sent as they were
    within five seconds. worst: the largest
    share of one sender's mails (0..1), of senders with 20 or more. unsure: share of its hits that could not be decided,
    None without hits; since: when it became as it is; judged: mails since then.
    """

    rule: str
    hits: int = 0
    week: int = 0
    senders: int = 0
    refused: int = 0
    asked: int = 0
    released: int = 0
    changed: int = 0
    cancelled: int = 0
    rejected: int = 0
    waiting: int = 0
    expired: int = 0
    decision: timedelta | None = None
    opened: int = 0
    hasty: int = 0
    reading: timedelta | None = None
    worst: float = 0.0
    unsure: float | None = None
    since: datetime | None = None
    judged: int = 0
    per_day: dict[str, int] = field(default_factory=dict)

    @property
    def released_unchanged(self) -> float | None:
        """Share of its decided holds that were sent on as they were; None if there were none."""
        return self.released / self.asked if self.asked else None

    @property
    def opened_share(self) -> float | None:
        """Share of its decided holds whose page was opened before; None if none was decided."""
        return self.opened / self.asked if self.asked else None

    @property
    def hasty_share(self) -> float | None:
        """Share of the opened ones that were sent as they were within five seconds; None if none was opened."""
        return self.hasty / self.opened if self.opened else None


def count_outcomes(connection: sqlite3.Connection, found: dict[str, RuleFigures], first: int) -> None:
    """What became of the mails (of these numbers or higher) that people were asked about, for each rule that asked."""
    times: dict[str, list[timedelta]] = {}
    readings: dict[str, list[timedelta]] = {}
    for mail in _mails(connection, first):
        outcome = fate_of(mail.copies, altered=mail.altered, corrected=mail.corrected)
        last = decision_of(mail.copies)
        for rule in mail.rules & found.keys() if outcome else ():
            one = found[rule]
            setattr(one, outcome, getattr(one, outcome) + 1)
            if outcome not in _DECIDED or last is None or last.decided_at is None:
                continue
            one.asked += 1
            times.setdefault(rule, []).append(last.decided_at - mail.received_at)
            opened = mail.opened.get(last.decided_by)
            if opened is not None and opened <= last.decided_at:
                one.opened += 1
                readings.setdefault(rule, []).append(last.decided_at - opened)
                one.hasty += outcome == "released" and last.decided_at - opened <= HASTY
    for rule, some in times.items():
        found[rule].decision = median(some)
    for rule, some in readings.items():
        found[rule].reading = median(some)


@dataclass(slots=True)
class _Mail:
    received_at: datetime
    altered: bool
    corrected: bool
    opened: dict[str, datetime]
    copies: list[Copy] = field(default_factory=list)
    rules: set[str] = field(default_factory=set)


#: Mails that people were asked about, and all their copies.
_ROWS = (
    "SELECT r.message, r.address, r.disposition, r.state, r.decided_by, r.decided_at, r.rules, m.received_at, m.id"
    " FROM recipient r JOIN message m ON m.number = r.message WHERE r.message >= ?1 AND r.message IN"
    " (SELECT message FROM recipient WHERE message >= ?1 AND disposition IN (2, 3)) ORDER BY r.message"
)


def _mails(connection: sqlite3.Connection, first: int) -> Iterator[_Mail]:
    """One mail after the other; memory stays flat."""
    opened = _opened(connection, first)
    number, mail = 0, None
    for row in connection.execute(_ROWS, (first,)):
        if mail is None or row[0] != number:
            if mail is not None:
                yield mail
            number = row[0]
            acted = _acted(connection, row[8])
            mail = _Mail(to_moment(row[7]), "alter" in acted, CORRECT in acted, opened.get(number, {}))
        _take(mail, row)
    if mail is not None:
        yield mail


def _take(mail: _Mail, row: tuple[Any, ...]) -> None:
    mail.copies.append(Copy(address_of(row[1]), row[2], row[3], row[4], to_moment_or_none(row[5])))
    if row[2] in ASKS:
        mail.rules.update(json.loads(row[6]))


def _acted(connection: sqlite3.Connection, message_id: str) -> frozenset[str]:
    """Which of these a person did to it: change its contents, put whoever was meant in a wrong recipient's place."""
    sql = (
        "SELECT DISTINCT event FROM audit WHERE message_id = ? AND message_id <> '' AND event IN ('alter', ?)"
        " AND actor <> ?"
    )
    return frozenset(row[0] for row in connection.execute(sql, (message_id, CORRECT, HOUSE.address)))


def _opened(connection: sqlite3.Connection, first: int) -> dict[int, dict[str, datetime]]:
    found: dict[int, dict[str, datetime]] = {}
    sql = "SELECT message, person, at FROM opened WHERE message >= ?"
    for number, person, at in connection.execute(sql, (first,)):
        found.setdefault(number, {})[person] = to_moment(at)
    return found
