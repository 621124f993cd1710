"""What each rule did in the last days, from the ledger: hits, holds, who was asked and what they made of it. Reading,
and one small table: since when a rule is as it is.

One pass over the time asked; numbers of messages run with time, so older rows are not looked at. Nothing here judges.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailguard.mail.message import new_message_id
from mailguard.policy.recorded import Copy, outcome_of
from mailguard.store.db import Database
from mailguard.store.rows import address_of, to_micro, to_moment, to_moment_or_none

#: Hits of one rule whose verdicts are looked into for what could not be decided.
_LOOKED_INTO = 500
#: A sender's share counts from so many mails: one of one says nothing.
_SENDER_MAILS = 20


@dataclass(slots=True)
class RuleFigures:
    """What one rule did. hits, week: mails it fired for in the whole time, and in the last 7 days; senders: of those.

    asked: mails that people had to decide on because of it and did; of those released (unchanged), changed, cancelled,
    rejected; waiting: not decided yet; expired: nobody did; decision: median time to the decision. worst: the largest
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
    worst: float = 0.0
    unsure: float | None = None
    since: datetime | None = None
    judged: int = 0
    per_day: dict[str, int] = field(default_factory=dict)

    @property
    def released_unchanged(self) -> float | None:
        """Share of its decided holds that were sent on as they were; None if there were none."""
        return self.released / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Figures:
    """mails: judged in the time asked (kept ones and refused ones); rules: by id."""

    since: datetime
    until: datetime
    mails: int
    rules: dict[str, RuleFigures]


class RuleLog:
    """Reading the figures, and remembering since when rules are as they are."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def adopt(self, rules: Mapping[str, tuple[str, str]], now: datetime) -> None:
        """Remember what is in force from now on. rules: id -> (mode, digest of what it asks)."""
        await self._db.write(lambda c: _adopt(c, rules, now))

    async def figures(self, rules: Iterable[str], now: datetime, days: int = 30) -> Figures:
        """The figures of these rules over the last days."""
        named = tuple(rules)
        return await self._db.read(lambda c: _figures(c, named, now, days))


def _adopt(connection: sqlite3.Connection, rules: Mapping[str, tuple[str, str]], now: datetime) -> None:
    known = {row[0]: row[1:] for row in connection.execute("SELECT rule, mode, digest FROM rule_since")}
    for rule, (mode, digest) in rules.items():
        if known.get(rule) != (mode, digest):
            connection.execute(
                "INSERT INTO rule_since (rule, mode, digest, since) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (rule) DO UPDATE SET mode = ?2, digest = ?3, since = ?4",
                (rule, mode, digest, to_micro(now)),
            )
    for rule in known.keys() - rules.keys():
        connection.execute("DELETE FROM rule_since WHERE rule = ?", (rule,))


def _figures(connection: sqlite3.Connection, rules: tuple[str, ...], now: datetime, days: int) -> Figures:
    since = now - timedelta(days=days)
    first, week = _first(connection, since), _first(connection, now - timedelta(days=7))
    found = {rule: RuleFigures(rule) for rule in rules}
    sent = _mails_of_senders(connection, first)
    for rule, one in found.items():
        _hits(connection, one, first, week, sent)
        one.unsure = _unsure(connection, rule, first)
    _outcomes(connection, found, first)
    refused = _refused(connection, found, since)
    for rule, at in connection.execute("SELECT rule, since FROM rule_since"):
        if rule in found:
            found[rule].since = to_moment(at)
            found[rule].judged = _count_since(connection, to_moment(at))
    return Figures(since, now, sum(sent.values()) + refused, found)


def _first(connection: sqlite3.Connection, moment: datetime) -> int:
    """The number of the first message from then on. Numbers and ids both run with time, but for those that came in at
    the same moment.
    """
    sql = "SELECT min(number) FROM (SELECT number FROM message WHERE id >= ? ORDER BY id LIMIT 100)"
    (number,) = connection.execute(sql, (new_message_id(moment)[:9],)).fetchone()
    return 2**62 if number is None else int(number)


def _count_since(connection: sqlite3.Connection, moment: datetime) -> int:
    sql = "SELECT count(*) FROM message WHERE kind = 'mail' AND number >= ?"
    return int(connection.execute(sql, (_first(connection, moment),)).fetchone()[0])


def _mails_of_senders(connection: sqlite3.Connection, first: int) -> dict[str, int]:
    sql = "SELECT sender_key, count(*) FROM message WHERE kind = 'mail' AND number >= ? GROUP BY sender_key"
    return dict(connection.execute(sql, (first,)).fetchall())


def _hits(connection: sqlite3.Connection, one: RuleFigures, first: int, week: int, sent: dict[str, int]) -> None:
    rows = connection.execute(
        "SELECT m.sender_key, m.received_at / 86400000000, count(*), sum(h.message >= ?3) FROM rule_hit h"
        " JOIN message m ON m.number = h.message WHERE h.rule = ?1 AND h.message >= ?2 GROUP BY 1, 2",
        (one.rule, first, week),
    ).fetchall()
    senders: Counter[str] = Counter()
    days: Counter[int] = Counter()
    for sender, day, hits, recent in rows:
        senders[sender] += hits
        days[day] += hits
        one.hits += hits
        one.week += recent
    one.senders = len(senders)
    one.per_day = {to_moment(day * 86_400_000_000).date().isoformat(): hits for day, hits in sorted(days.items())}
    shares = (hits / sent[name] for name, hits in senders.items() if sent.get(name, 0) >= _SENDER_MAILS)
    one.worst = max(shares, default=0.0)


def _unsure(connection: sqlite3.Connection, rule: str, first: int) -> float | None:
    """The share of the newest hits that could not be decided."""
    rows = connection.execute(
        "SELECT m.verdict FROM rule_hit h JOIN message m ON m.number = h.message"
        " WHERE h.rule = ? AND h.message >= ? ORDER BY h.message DESC LIMIT ?",
        (rule, first, _LOOKED_INTO),
    ).fetchall()
    if not rows:
        return None
    unsure = 0
    for (text,) in rows:
        found = json.loads(text).get("findings", ())
        unsure += any(hit.get("rule") == rule and hit.get("unsure") is True for hit in found)
    return unsure / len(rows)


def _outcomes(connection: sqlite3.Connection, found: dict[str, RuleFigures], first: int) -> None:
    """What became of the mails that people were asked about, for each rule that asked."""
    rows = connection.execute(
        "SELECT r.message, r.address, r.disposition, r.state, r.decided_by, r.decided_at, r.rules, m.received_at"
        " FROM recipient r JOIN message m ON m.number = r.message WHERE r.message >= ? AND r.message IN"
        " (SELECT message FROM recipient WHERE message >= ? AND disposition IN (2, 3)) ORDER BY r.message",
        (first, first),
    )
    times: dict[str, list[timedelta]] = {}
    message, received = 0, 0
    copies: list[Copy] = []
    rules: set[str] = set()
    for number, address, disposition, state, by, at, named, received_at in rows:
        if number != message:
            _tally(found, times, copies, rules, received)
            message, copies, rules, received = number, [], set(), received_at
        copies.append(Copy(address_of(address), disposition, state, by, to_moment_or_none(at)))
        rules.update(json.loads(named) if disposition in (2, 3) else ())
    _tally(found, times, copies, rules, received)
    for rule, some in times.items():
        found[rule].decision = sorted(some)[len(some) // 2]


def _tally(
    found: dict[str, RuleFigures], times: dict[str, list[timedelta]], copies: list[Copy], rules: set[str], received: int
) -> None:
    outcome = outcome_of(copies)
    decided = [copy.decided_at for copy in copies if copy.decided_at is not None and copy.disposition in (2, 3)]
    for rule in rules & found.keys() if outcome else ():
        one = found[rule]
        setattr(one, outcome, getattr(one, outcome) + 1)
        if outcome in ("released", "changed", "cancelled", "rejected"):
            one.asked += 1
            if decided:
                times.setdefault(rule, []).append(max(decided) - to_moment(received))


def _refused(connection: sqlite3.Connection, found: dict[str, RuleFigures], since: datetime) -> int:
    rows = connection.execute("SELECT verdict FROM refused WHERE id >= ?", (new_message_id(since)[:9],)).fetchall()
    for (text,) in rows:
        for rule in {hit.get("rule") for hit in json.loads(text).get("findings", ())}:
            if rule in found:
                found[rule].hits += 1
                found[rule].refused += 1
    return len(rows)
