"""Lists of mail as people see it: each mail once, whatever the number of transactions in which it came.

A mail is listed where the first of its parts stands that matches, so that a page ends and the next one begins without
a gap and nothing is listed twice. It reads and decides nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mailguard.mail.query import Sort
from mailguard.store import filters
from mailguard.store.parts import family, whole
from mailguard.store.records import Filter, MessageRecord
from mailguard.store.rows import load, to_moment_or_none


def page(connection: sqlite3.Connection, chosen: Filter, limit: int) -> list[MessageRecord]:
    """The first mails that match in the order of the filter, each once. A mail stands where the first of its matching
    parts does, so that `before` goes on behind it.
    """
    return wholes(connection, matching(connection, chosen, limit))


def wholes(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[MessageRecord]:
    """The mails that these messages are or are parts of, in the order of the numbers."""
    members = {number: family(connection, number) for number in numbers}
    every = list(dict.fromkeys(one for some in members.values() for one in some))
    records = dict(zip(every, load(connection, every), strict=True))
    return [whole([records[one] for one in members[number]], records[number].id) for number in numbers]


def matching(connection: sqlite3.Connection, chosen: Filter, limit: int) -> list[int]:
    """The row numbers of the first matches, one for each mail: that of its first part that matches."""
    found: list[int] = []
    more, before = True, chosen
    while more and len(found) < limit:
        sql, values = filters.numbers(connection, before, limit - len(found) + 1)
        rows = [row[0] for row in connection.execute(sql, values)]
        more = len(rows) > limit - len(found)
        rows = rows[: limit - len(found)]
        found += _first_ones(connection, chosen, rows)
        if more and rows:
            sql = (
                "SELECT id, (SELECT min(due_at) FROM recipient WHERE message = number AND state = 'held') FROM message"
            )
            last, ends = connection.execute(f"{sql} WHERE number = ?", (rows[-1],)).fetchone()
            before = replace(chosen, before=last, before_ends=to_moment_or_none(ends))
    return found


def matching_any(connection: sqlite3.Connection, chosen: Iterable[Filter], limit: int) -> list[int]:
    """The same of several filters, one behind the other. A mail of which one part matches this and another part that
    stands where it was found first.
    """
    found: dict[int, int] = {}
    sql = (
        "SELECT j.value, coalesce(p.first, j.value) FROM json_each(?) j LEFT JOIN part p ON p.message = j.value"
        " ORDER BY j.key"
    )
    for one in chosen:
        for number, mail in connection.execute(sql, (json.dumps(matching(connection, one, limit)),)):
            found.setdefault(mail, number)
    return list(found.values())[:limit]


def ids_of(connection: sqlite3.Connection, numbers: Iterable[int]) -> list[str]:
    """Their ids, in the same order."""
    sql = "SELECT m.id FROM json_each(?) j CROSS JOIN message m ON m.number = j.value ORDER BY j.key"
    return [row[0] for row in connection.execute(sql, (json.dumps(list(numbers)),))]


def _first_ones(connection: sqlite3.Connection, chosen: Filter, numbers: Sequence[int]) -> list[int]:
    """Those before whom no part of the same mail matches."""
    sql = (
        "SELECT p.message, m.id, q.message FROM part p JOIN part q ON q.first = p.first AND q.message < p.message"
        " JOIN message m ON m.number = q.message WHERE p.message IN (SELECT value FROM json_each(?))"
    )
    earlier = connection.execute(sql, (json.dumps(list(numbers)),)).fetchall()
    if not earlier:
        return list(numbers)
    ids = tuple({row[1] for row in earlier} & set(chosen.ids)) if chosen.ids else tuple({row[1] for row in earlier})
    matched: set[int] = set()
    if ids:
        again, values = filters.numbers(connection, replace(chosen, ids=ids, before="", sort=Sort.NEWEST), len(ids))
        matched = {row[0] for row in connection.execute(again, values)}
    later = {later for later, _, before in earlier if before in matched}
    return [number for number in numbers if number not in later]
