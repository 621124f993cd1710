"""One condition as SQL: a look-up in a table of its own that a page can be driven by, or a test of a message's row.

Every value is bound; only fixed words are put together. A condition that a table cannot answer by an index is tested
row by row, which is right for what a page of fifty finds soon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.mail.message import is_message_id, new_message_id
from mailguard.mail.query import Key, Term
from mailguard.mail.verdict import Disposition
from mailguard.store.rows import clean, to_micro, to_text

#: The words of a mail without our id, its first line, and without its Message-ID: a piece of an id is no word.
_WORDS = "replace(substr(w.text, length(m.id) + 1), char(10) || lower(m.message_id_header) || char(10), char(10))"
#: The second line of the words, which is the subject: an id has 18 characters.
_SUBJECT = "substr(substr(w.text, 20), 1, instr(substr(w.text, 20), char(10)) - 1)"
_WAITS = {"approval": Disposition.APPROVE, "confirm": Disposition.CONFIRM, "delay": Disposition.DELAY}
#: By how much the order of ids and that of coming in may differ: a mail gets its id when its body begins to come.
_SLACK = timedelta(hours=2)
_ONE_OF = "(SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Lookup:
    """A condition in a table of its own (with its alias). number: its column with the message's row number.

    narrows: whether an index finds its rows, so that they can be counted and a page be driven by them.
    """

    table: str
    number: str
    condition: str
    values: tuple[object, ...]
    narrows: bool = True

    @property
    def exists(self) -> str:
        """The same as a test of the message `m`."""
        return f"EXISTS (SELECT 1 FROM {self.table} WHERE {self.number} = m.number AND {self.condition})"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Test:
    """A condition on the message `m` itself."""

    condition: str
    values: tuple[object, ...]


def words(terms: tuple[str, ...], more: tuple[str, ...] = ()) -> Lookup:
    """All of these words, each in the words of a mail or being the whole of its id or Message-ID. more: pieces that
    must stand there too.
    """
    # First what SQLite can tell from the words alone, then, for what is left, what needs the message as well.
    exact = [_word(term) for term in terms]
    conditions = [*["instr(w.text, ?) > 0"] * len((*terms, *more)), *(condition for condition, _ in exact)]
    bound = (*terms, *more, *(value for _, values in exact for value in values))
    return Lookup("words w", "w.message", " AND ".join(conditions), bound, narrows=False)


def _word(term: str) -> tuple[str, tuple[str, ...]]:
    if is_message_id(term):
        return f"(m.id = ? OR instr({_WORDS}, ?) > 0)", (term, term)
    if "@" in term:
        bare = term.removeprefix("<").removesuffix(">")
        return f"(lower(m.message_id_header) = ? OR instr({_WORDS}, ?) > 0)", (f"<{bare}>", term)
    return f"instr({_WORDS}, ?) > 0", (term,)


def recipient(wanted: str) -> Lookup:
    """An address (its key) or `@domain`."""
    local, _, domain = wanted.rpartition("@")
    if not local:
        return Lookup("recipient r", "r.message", "r.domain = ?", (domain,))
    return Lookup("recipient r", "r.message", "r.domain = ? AND r.key = ?", (domain, wanted))


def sender(person: str) -> Lookup:
    """Mail whose sender, by envelope or login, is this person."""
    return Lookup("viewer v", "v.message", "v.person = ? AND v.role = 'sender'", (person,))


def rule(name: str) -> Lookup:
    """Mail for which a rule fired."""
    return Lookup("rule_hit h", "h.message", "h.rule = ?", (clean(name),))


def states(wanted: tuple[str, ...]) -> Lookup:
    """Mail in one of these states."""
    condition = f"k.kind = 'mail' AND k.state IN {_ONE_OF}"
    return Lookup("message k", "k.number", condition, (to_text(list(wanted)),))


def parts_of(term: Term) -> Iterator[Lookup | Test]:
    """A term as look-ups and tests that must all hold."""
    if term.negated:
        found = [_negatable(part) for part in _parts[term.key](term)]
        yield Test(f"NOT ({' AND '.join(f'({test.condition})' for test in found)})", _bound(found))
    else:
        yield from _parts[term.key](term)


def _negatable(part: Lookup | Test) -> Test:
    return Test(part.exists, part.values) if isinstance(part, Lookup) else part


def _bound(tests: list[Test]) -> tuple[object, ...]:
    return tuple(value for test in tests for value in test.values)


def _any(tests: list[Test]) -> Test:
    return Test(f"({' OR '.join(f'({test.condition})' for test in tests)})", _bound(tests))


def _either(term: Term, one: Callable[[str], Lookup | Test]) -> Iterator[Lookup | Test]:
    """One value as it is; several as tests of which one must hold."""
    parts = [one(clean(value)) for value in term.values]
    yield parts[0] if len(parts) == 1 else _any([_negatable(part) for part in parts])


def _from(value: str) -> Lookup | Test:
    local, at, domain = value.rpartition("@")
    if at and local:
        return sender(value)
    if at:
        return Test("m.sender_domain = ?", (domain,))
    return Lookup(
        "words w",
        "w.message",
        "instr(w.text, ?) > 0 AND (instr(m.sender_key, ?) > 0 OR instr(folded(m.from_header), ?) > 0)",
        (value, value, value),
        narrows=False,
    )


def _to(value: str) -> Lookup | Test:
    if "@" in value:
        return recipient(value)
    return Lookup("recipient r", "r.message", "instr(folded(r.address), ?) > 0", (value,), narrows=False)


def _in_words(place: str) -> Callable[[str], Lookup]:
    def one(value: str) -> Lookup:
        return Lookup(
            "words w", "w.message", f"instr(w.text, ?) > 0 AND instr({place}, ?) > 0", (value, value), narrows=False
        )

    return one


def _file(value: str) -> Lookup:
    condition = (
        "instr(w.text, ?) > 0 AND EXISTS (SELECT 1 FROM json_tree(m.facts, '$.attachments') f"
        " WHERE f.key = 'filename' AND instr(folded(f.value), ?) > 0)"
    )
    return Lookup("words w", "w.message", condition, (value, value), narrows=False)


#: The searched text, opened if it lies sealed (store.sealed).
_CLEAR_TEXT = (
    "CASE WHEN t.sealed IS NULL THEN t.text ELSE"
    " (SELECT opened(t.sealed, y.wrapped_by, y.wrapped, y.message) FROM body_key y WHERE y.message = t.message) END"
)


def _text(value: str) -> Lookup:
    return Lookup("mail_text t", "t.message", f"instr({_CLEAR_TEXT}, ?) > 0", (value,), narrows=False)


def _has(value: str) -> Test:
    if value == "attachment":
        return Test("json_array_length(m.facts, '$.attachments') > 0", ())
    if value == "external":
        return Test("EXISTS (SELECT 1 FROM recipient r WHERE r.message = m.number AND r.external = 1)", ())
    return Test(
        "EXISTS (SELECT 1 FROM recipient r WHERE r.message = m.number AND r.state = 'held' AND r.disposition = ?)",
        (int(_WAITS[value]),),
    )


def older(moment: datetime) -> Test:
    """Received before then. Ids sort by time, which bounds the numbers that are looked at."""
    number = "SELECT number FROM message WHERE id < ? ORDER BY id DESC LIMIT 1"
    return Test(f"m.number <= ({number}) AND m.received_at < ?", (new_message_id(moment + _SLACK), to_micro(moment)))


def newer(moment: datetime) -> Test:
    """Received then or later."""
    number = "SELECT number FROM message WHERE id >= ? ORDER BY id LIMIT 1"
    first = new_message_id(moment - _SLACK)[:9]
    return Test(f"m.number >= ({number}) AND m.received_at >= ?", (first, to_micro(moment)))


def _moment(term: Term, test: Callable[[datetime], Test]) -> Iterator[Test]:
    assert term.moment is not None
    yield test(term.moment)


_parts: dict[Key, Callable[[Term], Iterator[Lookup | Test]]] = {
    Key.WORD: lambda term: _either(term, lambda value: words((value,))),
    Key.SUBJECT: lambda term: _either(term, _in_words(_SUBJECT)),
    Key.FILE: lambda term: _either(term, _file),
    Key.TEXT: lambda term: _either(term, _text),
    Key.FROM: lambda term: _either(term, _from),
    Key.TO: lambda term: _either(term, _to),
    Key.RULE: lambda term: _either(term, rule),
    Key.STATE: lambda term: iter([states(term.values)]),
    Key.HAS: lambda term: _either(term, _has),
    Key.LARGER: lambda term: iter([Test("m.size >= ?", (term.octets,))]),
    Key.SMALLER: lambda term: iter([Test("m.size < ?", (term.octets,))]),
    Key.OLDER: lambda term: _moment(term, older),
    Key.NEWER: lambda term: _moment(term, newer),
}
