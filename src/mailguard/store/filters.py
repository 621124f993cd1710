"""A Filter as SQL: the row numbers of what matches, in the order asked for, driven by the index that narrows most.

SQLite keeps no statistics here, so what each index would find is counted up to a bound, and the order of the tables is
given (CROSS JOIN is never reordered). Pages join by keys, never by an offset. Every value is bound; only fixed words
are put together.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mailguard.mail.address import AddressError, ascii_domain, parse_address
from mailguard.mail.lifecycle import State
from mailguard.mail.query import Key, Sort, fold
from mailguard.store import filter_terms as terms
from mailguard.store.filter_terms import Lookup, Test
from mailguard.store.records import Filter
from mailguard.store.rows import clean, to_micro, to_text

#: Rows up to which an index is asked how much it would find.
_COUNTED = 20_000
#: Matches up to which they are sorted; with more, the order's own index is walked and each row tested.
_SORTED = 4_000
_NUMBER_OF = "(SELECT number FROM message WHERE id = ?)"
#: "+": the copies of one message are found by it, and not by all that is held.
_FIRST_END = (
    "e.due_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM recipient f WHERE f.message = e.message"
    " AND +f.state = 'held' AND (+f.due_at < e.due_at OR (+f.due_at = e.due_at AND f.key < e.key)))"
)
Sql = tuple[str, list[object]]


@dataclass(slots=True)
class _Query:
    """What is being put together. number: the column that holds the row number in the driving table."""

    tables: str = "message m"
    number: str = "m.number"
    conditions: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def where(self, condition: str, *values: object) -> None:
        self.conditions.append(condition)
        self.values += values

    @property
    def clause(self) -> str:
        return f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""


def numbers(connection: sqlite3.Connection, chosen: Filter, limit: int) -> Sql:
    """SQL and values for the row numbers of the first `limit` matches in the filter's order."""
    chosen = _settled(chosen)
    if chosen.sort in (Sort.NEWEST, Sort.OLDEST):
        return _by_number(connection, chosen, limit)
    all_of_them = replace(chosen, sort=Sort.NEWEST, before="")
    sql, values = _by_number(connection, all_of_them, _SORTED + 1)
    found = [row[0] for row in connection.execute(sql, values)]
    many = len(found) > _SORTED
    query = _walked(connection, replace(chosen, before="")) if many else _only(found)
    return _in_order(query, chosen, limit, walk=many)


def count(connection: sqlite3.Connection, chosen: Filter, most: int | None = None) -> Sql:
    """SQL and values for how many mails match, the parts of one mail once; with most, no more are counted."""
    query = _built(connection, _settled(chosen), counting=True)
    mail = f"coalesce((SELECT first FROM part WHERE message = {query.number}), {query.number})"  # noqa: S608
    if most is None:
        return f"SELECT count(DISTINCT {mail}) FROM {query.tables}{query.clause}", query.values  # noqa: S608
    inner = f"SELECT DISTINCT {mail} FROM {query.tables}{query.clause} LIMIT ?"  # noqa: S608
    return f"SELECT count(*) FROM ({inner})", [*query.values, most]  # noqa: S608


def _settled(chosen: Filter) -> Filter:
    """The order that is meant: only mail has others than that of coming in, and only what is held has an end."""
    if chosen.kinds != ("mail",) and chosen.sort is not Sort.OLDEST:
        return replace(chosen, sort=Sort.NEWEST)
    if chosen.state is None and (state := _one_state(chosen)):
        chosen = replace(chosen, state=state)
    if chosen.sort is Sort.ENDS and chosen.state is None:
        return replace(chosen, state=State.HELD)
    return chosen


def _one_state(chosen: Filter) -> State | None:
    """The state that the query asks for, if it is one: it has an index in the order of messages."""
    asked = [term for term in chosen.query.terms if term.key is Key.STATE and not term.negated]
    return State(asked[0].values[0]) if len(asked) == 1 and len(asked[0].values) == 1 else None


def _by_number(connection: sqlite3.Connection, chosen: Filter, limit: int) -> Sql:
    query = _built(connection, chosen)
    order = "ASC" if chosen.sort is Sort.OLDEST else "DESC"
    sql = f"SELECT DISTINCT {query.number} FROM {query.tables}{query.clause} ORDER BY {query.number} {order} LIMIT ?"  # noqa: S608
    return sql, [*query.values, limit]


def _only(found: list[int]) -> _Query:
    query = _Query()
    query.where("m.number IN (SELECT value FROM json_each(?))", to_text(found))
    return query


def _walked(connection: sqlite3.Connection, chosen: Filter) -> _Query:
    """Every condition as a test, for the index of the order to be walked."""
    query = _built(connection, chosen, walk=True)
    index = {Sort.SENDER: "message_sender", Sort.SIZE: "message_size"}.get(chosen.sort)
    if index is not None:
        query.tables = f"message m INDEXED BY {index}"
        query.where("m.kind = 'mail'")  # in these words, or SQLite does not see that the index has all of them
    return query


def _in_order(query: _Query, chosen: Filter, limit: int, *, walk: bool) -> Sql:
    """The matches of `query`, whose tables begin with message m, in an order that is not that of coming in."""
    tables, number, before = query.tables, "m.number", chosen.before
    if chosen.sort is Sort.ENDS:
        # In a walk the copies drive, in the order of their ends; else the few messages do, and are sorted.
        tables = f"recipient e CROSS JOIN {tables}" if walk else f"{tables} CROSS JOIN recipient e"
        order = "e.due_at, e.message"
        query.where(f"m.number = e.message AND {'' if walk else '+'}e.state = 'held' AND {_FIRST_END}")
        if before and chosen.before_ends is not None:
            at = to_micro(chosen.before_ends)
            query.where(f"e.due_at >= ? AND (e.due_at > ? OR e.message > {_NUMBER_OF})", at, at, before)
    elif chosen.sort is Sort.SENDER:
        order, key = "m.sender_key, m.number DESC", "(SELECT sender_key FROM message WHERE id = ?)"
        if before:
            query.where(f"m.sender_key >= {key} AND (m.sender_key > {key} OR m.number < {_NUMBER_OF})", *[before] * 3)
    else:
        order, key = "m.size DESC, m.number DESC", "(SELECT size FROM message WHERE id = ?)"
        if before:
            query.where(f"m.size <= {key} AND (m.size < {key} OR m.number < {_NUMBER_OF})", *[before] * 3)
    sql = f"SELECT {number} FROM {tables}{query.clause} ORDER BY {order} LIMIT ?"  # noqa: S608
    return sql, [*query.values, limit]


def _built(connection: sqlite3.Connection, chosen: Filter, *, counting: bool = False, walk: bool = False) -> _Query:
    """walk: the message itself drives, in whatever order the caller asks for."""
    parts = list(_parts(chosen))
    driver = None if walk else _driver(connection, [part for part in parts if isinstance(part, Lookup)], chosen.state)
    query = _Query() if driver is None else _Query(driver.table, driver.number)
    if driver is not None:
        query.where(driver.condition, *driver.values)
        query.tables += f" CROSS JOIN message m ON m.number = {query.number}"
    for part in parts:
        if part is not driver:
            query.where(part.exists if isinstance(part, Lookup) else part.condition, *part.values)
    if chosen.state is not None:
        query.where("m.state = ?", str(chosen.state))
    if len(chosen.kinds) < 2:
        # With nothing to narrow it, the page walks the messages backwards: "+" keeps SQLite from sorting an index.
        alone = driver is None and chosen.state is None and not walk
        query.where("+m.kind = ?" if alone and not counting else "m.kind = ?", *(chosen.kinds or ("",)))
    _bound(query, chosen)
    return query


def _driver(connection: sqlite3.Connection, lookups: list[Lookup], state: State | None) -> Lookup | None:
    """The look-up of which an index finds least; words only where there is nothing better. None: the message itself."""
    narrow = [one for one in lookups if one.narrows]
    if state is not None:
        narrow.insert(1 if narrow and narrow[0].table != "viewer v" else 0, terms.states((str(state),)))
    if not narrow:
        return next((one for one in lookups if one.table == "words w"), next(iter(lookups), None))
    sizes = [_size(connection, one) for one in narrow] if len(narrow) > 1 or narrow[0].table == "message k" else [0]
    best = narrow[sizes.index(min(sizes))]
    mine = any(one is best for one in lookups)
    # A state alone has an index of its own over the message; several states would have to be sorted.
    return best if mine and not (best.table == "message k" and min(sizes) >= _COUNTED) else None


def _bound(query: _Query, chosen: Filter) -> None:
    """Where the page begins, and which time is meant."""
    if chosen.before:
        compare = ">" if chosen.sort is Sort.OLDEST else "<"
        query.where(f"{query.number} {compare} {_NUMBER_OF}", chosen.before)
    if chosen.last:
        query.where(f"{query.number} <= {_NUMBER_OF}", chosen.last)
    if chosen.older is not None:
        test = terms.older(chosen.older)
        query.where(test.condition, *test.values)


def _size(connection: sqlite3.Connection, one: Lookup) -> int:
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {one.table} WHERE {one.condition} LIMIT ?)"  # noqa: S608
    return int(connection.execute(sql, (*one.values, _COUNTED)).fetchone()[0])


def _parts(chosen: Filter) -> Iterator[Lookup | Test]:
    """Every condition of the filter but state and kind, what usually narrows most first."""
    address, domain = _address_or_domain(chosen.recipient)
    sender, sender_domain = _address_or_domain(chosen.sender)
    if chosen.ids:
        yield Lookup("message k", "k.number", "k.id IN (SELECT value FROM json_each(?))", (to_text(chosen.ids),))
    if address:
        yield terms.recipient(address)
    if chosen.owner:
        role = " AND v.role = ?" if chosen.role else ""
        values = (chosen.owner, chosen.role) if chosen.role else (chosen.owner,)
        yield Lookup("viewer v", "v.message", f"v.person = ?{role}", values)
    if sender:
        yield terms.sender(sender)
        yield Test("m.sender_key = ?", (sender,))
    if chosen.rule:
        yield terms.rule(chosen.rule)
    if domain:
        yield terms.recipient(f"@{domain}")
    found, pieces = tuple(fold(clean(chosen.q)).split()[:10]), (f"@{sender_domain}",) if sender_domain else ()
    if found or pieces:
        yield terms.words(found, pieces)
    if sender_domain:
        yield Test("m.sender_domain = ?", (sender_domain,))
    for term in chosen.query.terms:
        if term.key is not Key.STATE or term.negated or term.values != (str(chosen.state),):
            yield from terms.parts_of(term)


def _address_or_domain(text: str) -> tuple[str, str]:
    """(key of an address, "") or ("", domain in A-labels); what is neither matches nothing."""
    text = text.strip()
    if not text:
        return "", ""
    local, at, domain = text.rpartition("@")
    if not (at and local):
        return "", clean(ascii_domain(domain)) or text  # "@" alone is no condition left out
    try:
        return parse_address(text).key, ""
    except AddressError:
        return clean(text.lower()), ""
