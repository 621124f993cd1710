"""What each rule did in the last days, from the ledger: hits, holds, who was asked and what they made of it. Reading,
and one small table: since when a rule is as it is.

One pass over the time asked; numbers of messages run with time, so older rows are not looked at. Nothing here judges.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.mail.message import new_message_id
from mailguard.store.db import Database
from mailguard.store.rows import to_micro, to_moment
from mailguard.store.rule_outcomes import RuleFigures, count_outcomes

__all__ = ["Figures", "RuleFigures", "RuleLog"]

#: Hits of one rule whose verdicts are looked into for what could not be decided.
_LOOKED_INTO = 500
#: A sender's share counts from so many mails: one of one says nothing.
_SENDER_MAILS = 20


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
    count_outcomes(connection, found, first)
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


def _refused(connection: sqlite3.Connection, found: dict[str, RuleFigures], since: datetime) -> int:
    rows = connection.execute("SELECT verdict FROM refused WHERE id >= ?", (new_message_id(since)[:9],)).fetchall()
    for (text,) in rows:
        for rule in {hit.get("rule") for hit in json.loads(text).get("findings", ())}:
            if rule in found:
                found[rule].hits += 1
                found[rule].refused += 1
    return len(rows)
