"""What is known of a mail's recipients, read in one statement: one snapshot, and one way into the database for a mail.

The parts that nobody asks for are left out of the statement; there are few such sets, so that each is kept prepared. It
only reads; what comes back is for the judge, which decides what follows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from mailguard.mail.address import Address
from mailguard.policy.case import Circle, Known, Stranger, Trust, known_keys
from mailguard.policy.question import Question
from mailguard.store import memory, strangers
from mailguard.store.rows import to_micro, to_moment

#: Circles of a sender that are told.
CIRCLES_MOST = 100
#: By word, in the order in which they are asked. Each is one value, a JSON list: every row that is fetched would give
#: the interpreter's lock away once more.
_PARTS = {
    "contact": "SELECT json_group_array(json_array(sender, key, last_at)) FROM contact"
    " WHERE sender IN (?1, '') AND key IN (SELECT value FROM json_each(?2))",
    "person": "SELECT json_group_array(json_array(key, name, last_at)) FROM correspondent"
    " WHERE sender = ?1 AND key IN (SELECT value FROM json_each(?3))",
    # Without its name the planner may look through all people of a sender.
    "namesake": "SELECT json_group_array(json_array(key, name)) FROM"
    " (SELECT key, name FROM correspondent INDEXED BY correspondent_name WHERE sender = ?1 AND name_key <> ''"
    " AND name_key IN (SELECT value FROM json_each(?4)) LIMIT 200)",
    "circle": "SELECT json_group_array(json_array(json(members), count)) FROM (SELECT members, count FROM circle"
    " WHERE sender = ?1 AND count >= ?7 ORDER BY last_at DESC LIMIT ?8)",
    "trust": "SELECT json_group_array(json_array(id, recipient, json(rules), said_by, said_at, until)) FROM trust"
    " WHERE until > ?6"
    " AND whose IN (SELECT value FROM json_each(?5)) AND recipient IN (SELECT value FROM json_each(?3))",
}
#: What is asked of single people.
_PEOPLE = frozenset({"names", "alike"})
#: All values are named, so that each statement has the same number of them.
_ALL = "SELECT coalesce(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"


@lru_cache(maxsize=64)
def _sql(parts: tuple[str, ...]) -> str:
    return ", ".join([_ALL, *(f"({_PARTS[part]})" for part in parts)])


def parts_of(asked: Question) -> tuple[str, ...]:
    """What is to be looked up."""
    parts = ["contact"]
    if ("written" in asked.needs and asked.moment is not None) or not _PEOPLE.isdisjoint(asked.needs):
        parts.append("person")
    if "names" in asked.needs and asked.names:
        parts.append("namesake")
    if "habits" in asked.needs:
        parts.append("circle")
    if asked.whose and asked.moment is not None:
        parts.append("trust")
    return tuple(parts)


def look(
    connection: sqlite3.Connection, sender: str | None, recipients: Sequence[Address], asked: Question
) -> tuple[Known, datetime | None]:
    """What is known, but for the thread, and when the first trust in it ends. sender: its key; None (the null path) has
    written to nobody.
    """
    organizations = {address.key: known_keys(address) for address in recipients}
    values = (
        sender or "",
        _list(set(organizations.values())),
        _list(organizations),
        _list(asked.names),
        _list(asked.whose),
        0 if asked.moment is None else to_micro(asked.moment),
        memory.HABIT,
        CIRCLES_MOST,
    )
    parts = parts_of(asked)
    _, *texts = connection.execute(_sql(parts), values).fetchone()
    found = dict(zip(parts, map(json.loads, texts), strict=True))
    known, ends = _known(found, sender, organizations, asked)
    if "alike" in asked.needs:
        met = {key for key, _, _ in found["person"]}
        known = replace(known, strangers=_strangers(connection, sender, recipients, met, asked))
    if "greeted" in asked.needs:
        greeted = strangers.greeted_by(connection, sender, asked.greeted) if sender and asked.greeted else ()
        known = replace(known, greeted=greeted)
    return known, ends


def _strangers(
    connection: sqlite3.Connection, sender: str | None, recipients: Sequence[Address], met: set[str], asked: Question
) -> dict[str, Stranger] | None:
    if not sender:
        return {}
    by_name = "surnames" in asked.needs
    return strangers.strangers_among(connection, sender, recipients, met, dict(asked.shown), surnames=by_name)


def _known(
    found: dict[str, list[Any]], sender: str | None, organizations: dict[str, str], asked: Question
) -> tuple[Known, datetime | None]:
    last = {key: at for who, key, at in found["contact"] if who == sender}
    by_company = frozenset(key for who, key, _ in found["contact"] if who == "")
    needs = asked.needs
    written = names = circles = None
    if "written" in needs and asked.moment is not None:
        people = {key: at for key, _, at in found["person"]}
        written = _ages(people, last, organizations, asked.moment) if sender else {}
    if "names" in needs:
        names = {key: name for key, name, _ in found["person"] if name}
        names.update(found.get("namesake", ()))
    if "habits" in needs:
        # In an order of their own: each mail changes the one by time.
        circles = tuple(Circle(frozenset(members), count) for members, count in sorted(found["circle"]))
    said = sorted(found.get("trust", ()), key=lambda row: (row[1], row[0]))
    trusts = tuple(Trust(one, tuple(rules), by, to_moment(at)) for _, one, rules, by, at, _ in said)
    ends = to_moment(min(row[5] for row in said)) if said else None
    known = Known(frozenset(last), by_company, last_written=written, names=names, circles=circles, trusts=trusts)
    return known, ends


def _ages(people: dict[str, int], last: dict[str, int], organizations: dict[str, str], now: datetime) -> dict[str, Any]:
    """Who is not remembered himself was last written to no later than his organization was: it says enough."""
    ages = {key: now - to_moment(at) for key, at in people.items()}
    for key, organization in organizations.items():
        if key not in ages and organization in last:
            ages[key] = now - to_moment(last[organization])
    return ages


def _list(items: Iterable[str]) -> str:
    return json.dumps(list(items), ensure_ascii=False)
