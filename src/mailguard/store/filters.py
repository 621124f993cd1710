"""A Filter as SQL: the row numbers of what matches, newest first, driven by the index that narrows most.

SQLite keeps no statistics here, so the order of the tables is given (CROSS JOIN is never reordered). Every value is
bound; only fixed words are put together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from mailguard.mail.address import AddressError, ascii_domain, parse_address
from mailguard.mail.lifecycle import State
from mailguard.store.entry import folded
from mailguard.store.records import Filter
from mailguard.store.rows import clean, to_micro

#: States that few messages are in at a time.
_OPEN = frozenset({State.HELD, State.QUEUED})


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


def numbers(chosen: Filter, limit: int) -> tuple[str, list[object]]:
    """SQL and values for the row numbers of the newest `limit` matches, newest first."""
    query = _built(chosen)
    sql = f"SELECT DISTINCT {query.number} FROM {query.tables}{_where(query)} ORDER BY {query.number} DESC LIMIT ?"  # noqa: S608
    return sql, [*query.values, limit]


def count(chosen: Filter) -> tuple[str, list[object]]:
    """SQL and values for how many match."""
    query = _built(chosen)
    return f"SELECT count(DISTINCT {query.number}) FROM {query.tables}{_where(query)}", query.values  # noqa: S608


def _where(query: _Query) -> str:
    return f" WHERE {' AND '.join(query.conditions)}" if query.conditions else ""


def _built(chosen: Filter) -> _Query:
    query = _driven(chosen)
    if query.tables != "message m":
        query.tables += f" CROSS JOIN message m ON m.number = {query.number}"
    if len(chosen.kinds) == 1:
        query.where("m.kind = ?", chosen.kinds[0])
    elif not chosen.kinds:
        query.where("0")
    if chosen.state is not None:
        query.where("m.state = ?", str(chosen.state))
    if chosen.before:
        query.where(f"{query.number} < (SELECT number FROM message WHERE id = ?)", chosen.before)  # noqa: S608
    if chosen.older is not None:
        query.where("m.received_at < ?", to_micro(chosen.older))
    return query


def _driven(chosen: Filter) -> _Query:
    """The driving table, by how much it narrows, and every other condition as a look-up by row number."""
    query = _Query()
    address, domain = _address_or_domain(chosen.recipient)
    sender, sender_domain = _address_or_domain(chosen.sender)
    lookups = [
        # (is it wanted, table, column of the row number, condition, values), the narrowest first
        (
            bool(chosen.ids),
            "message i",
            "i.number",
            "i.id IN (SELECT value FROM json_each(?))",
            (json.dumps(chosen.ids),),
        ),
        (bool(address), "recipient r", "r.message", "r.key = ?", (address,)),
        (chosen.state in _OPEN, "", "", "", ()),
        (bool(chosen.owner), "viewer v", "v.message", *_viewer(chosen)),
        (bool(sender), "", "", "", ()),
        (bool(chosen.rule), "rule_hit h", "h.message", "h.rule = ?", (clean(chosen.rule),)),
        (bool(domain), "recipient d", "d.message", "d.domain = ?", (domain,)),
        (bool(sender_domain), "", "", "", ()),
        (bool(chosen.q.split()), "words w", "w.message", *_words(chosen.q)),
    ]
    chosen_driver = False
    for wanted, table, number, condition, values in lookups:
        if not wanted:
            continue
        if not table:
            chosen_driver = True  # a column of message itself, with an index of its own
        elif not chosen_driver:
            query.tables, query.number, chosen_driver = table, number, True
            query.where(condition, *values)
        else:
            query.where(f"EXISTS (SELECT 1 FROM {table} WHERE {number} = m.number AND {condition})", *values)  # noqa: S608
    if sender:
        query.where("m.sender_key = ?", sender)
    if sender_domain:
        query.where("m.sender_domain = ?", sender_domain)
    return query


def _viewer(chosen: Filter) -> tuple[str, tuple[object, ...]]:
    if chosen.role:
        return "v.person = ? AND v.role = ?", (chosen.owner, chosen.role)
    return "v.person = ?", (chosen.owner,)


def _words(q: str) -> tuple[str, tuple[object, ...]]:
    terms = folded(q).split()[:10]
    return " AND ".join(["instr(w.text, ?) > 0"] * len(terms)) or "1", tuple(terms)


def _address_or_domain(text: str) -> tuple[str, str]:
    """(key of an address, "") or ("", domain in A-labels); what is neither matches nothing."""
    text = text.strip()
    if not text:
        return "", ""
    local, at, domain = text.rpartition("@")
    if not (at and local):
        return "", ascii_domain(domain)
    try:
        return parse_address(text).key, ""
    except AddressError:
        return clean(text.lower()), ""
