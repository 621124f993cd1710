"""A Filter as SQL: the row numbers of what matches, newest first, driven by the index that narrows most.

SQLite keeps no statistics here, so the order of the tables is given (CROSS JOIN is never reordered). Every value is
bound; only fixed words are put together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.mail.address import AddressError, ascii_domain, parse_address
from mailguard.mail.lifecycle import State
from mailguard.mail.message import is_message_id
from mailguard.store.lookups import folded
from mailguard.store.records import Filter
from mailguard.store.rows import clean, to_micro, to_text

#: States that few messages are in at a time.
_OPEN = frozenset({State.HELD, State.QUEUED})
#: The words of a mail without our id, its first line, and without its Message-ID: a piece of an id is no word.
_WORDS = "replace(substr(w.text, length(m.id) + 1), char(10) || lower(m.message_id_header) || char(10), char(10))"


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
    """SQL and values for how many mails match; the parts of one mail count once."""
    query = _built(chosen, counting=True)
    mail = f"coalesce((SELECT first FROM part WHERE message = {query.number}), {query.number})"  # noqa: S608
    return f"SELECT count(DISTINCT {mail}) FROM {query.tables}{_where(query)}", query.values  # noqa: S608


def _where(query: _Query) -> str:
    return f" WHERE {' AND '.join(query.conditions)}" if query.conditions else ""


def _built(chosen: Filter, *, counting: bool = False) -> _Query:
    query = _driven(chosen)
    if query.tables != "message m":
        query.tables += f" CROSS JOIN message m ON m.number = {query.number}"
    if chosen.state is not None:
        query.where("m.state = ?", str(chosen.state))
    if len(chosen.kinds) < 2:
        # With nothing to narrow it, the page walks the messages backwards: "+" keeps SQLite from sorting an index.
        alone = query.tables == "message m" and chosen.state is None
        query.where("+m.kind = ?" if alone and not counting else "m.kind = ?", *(chosen.kinds or ("",)))
    if chosen.before:
        query.where(f"{query.number} < (SELECT number FROM message WHERE id = ?)", chosen.before)  # noqa: S608
    if chosen.older is not None:
        query.where("m.received_at < ?", to_micro(chosen.older))
    return query


def _driven(chosen: Filter) -> _Query:
    """The driving table, by how much it narrows, and every other condition as a look-up by row number."""
    query = _Query()
    driven = False
    for lookup in _lookups(chosen):
        if not lookup.table:
            driven = True  # a column of message itself, with an index of its own
        elif not driven:
            query.tables, query.number, driven = lookup.table, lookup.number, True
            query.where(lookup.condition, *lookup.values)
        else:
            query.where(
                f"EXISTS (SELECT 1 FROM {lookup.table} WHERE {lookup.number} = m.number AND {lookup.condition})",  # noqa: S608
                *lookup.values,
            )
    sender, domain = _address_or_domain(chosen.sender)
    if sender:
        query.where("m.sender_key = ?", sender)
    if domain:
        query.where("m.sender_domain = ?", domain)
    return query


@dataclass(frozen=True, slots=True)
class _Lookup:
    """One condition in a table of its own (with its alias). table "": a column of message itself."""

    table: str
    number: str
    condition: str
    values: tuple[object, ...]


def _lookups(chosen: Filter) -> Iterator[_Lookup]:
    """What is wanted, the narrowest first."""
    address, domain = _address_or_domain(chosen.recipient)
    sender, sender_domain = _address_or_domain(chosen.sender)
    if chosen.ids:
        yield _Lookup("message k", "k.number", "k.id IN (SELECT value FROM json_each(?))", (to_text(chosen.ids),))
    if address:
        bare = address.rpartition("@")[2]
        yield _Lookup("recipient r", "r.message", "r.domain = ? AND r.key = ?", (bare, address))
    if chosen.state in _OPEN:
        yield _Lookup("", "", "", ())
    if chosen.owner:
        role = " AND v.role = ?" if chosen.role else ""
        values = (chosen.owner, chosen.role) if chosen.role else (chosen.owner,)
        yield _Lookup("viewer v", "v.message", f"v.person = ?{role}", values)
    if sender:
        yield _Lookup("viewer v", "v.message", "v.person = ? AND v.role = 'sender'", (sender,))
    if chosen.rule:
        yield _Lookup("rule_hit h", "h.message", "h.rule = ?", (clean(chosen.rule),))
    if domain:
        yield _Lookup("recipient r", "r.message", "r.domain = ?", (domain,))
    terms = folded(chosen.q).split()[:10]
    found = [*terms, *([f"@{sender_domain}"] if sender_domain else [])]
    if found:
        # First what SQLite can tell from the words alone, then, for what is left, what needs the message as well.
        exact = [_word(term) for term in terms]
        conditions = [*["instr(w.text, ?) > 0"] * len(found), *(condition for condition, _ in exact)]
        bound = (*found, *(value for _, values in exact for value in values))
        yield _Lookup("words w", "w.message", " AND ".join(conditions), bound)


def _word(term: str) -> tuple[str, tuple[str, ...]]:
    """A search word found in the words of a mail, or being the whole of its id or Message-ID."""
    if is_message_id(term):
        return f"(m.id = ? OR instr({_WORDS}, ?) > 0)", (term, term)
    if "@" in term:
        bare = term.removeprefix("<").removesuffix(">")
        return f"(lower(m.message_id_header) = ? OR instr({_WORDS}, ?) > 0)", (f"<{bare}>", term)
    return f"instr({_WORDS}, ?) > 0", (term,)


def _address_or_domain(text: str) -> tuple[str, str]:
    """(key of an address, "") or ("", domain in A-labels); what is neither matches nothing."""
    text = text.strip()
    if not text:
        return "", ""
    local, at, domain = text.rpartition("@")
    if not (at and local):
        return "", clean(ascii_domain(domain))
    try:
        return parse_address(text).key, ""
    except AddressError:
        return clean(text.lower()), ""
