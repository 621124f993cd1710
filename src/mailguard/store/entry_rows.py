"""What an entry writes, made before the writer's turn: one row for all tables (store.stroke), and what is besides.

It is what `entry.insert` writes of a mail that nothing further follows from. It trusts the entry it is given.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from mailguard.mail.values import value
from mailguard.store import audit, many
from mailguard.store.entry import COPY_COLUMNS, INSERT_COPIES, MESSAGE_COLUMNS, Entry, copy_row, first_line, message_row
from mailguard.store.lookups import INSERT_RULES, INSERT_VIEWERS, rules_of, viewers_of, words_of
from mailguard.store.resent import HANDED_IN
from mailguard.store.rows import to_micro
from mailguard.store.sealed import insert_keys
from mailguard.store.stroke import Stroke, named, row_of

_COPY = named("copy", COPY_COLUMNS)
_ENTERING = Stroke(
    "entering",
    f"number, {MESSAGE_COLUMNS}, octets, lesson, {_COPY}, person, role, words, text, sealed, digest, at,"
    f" {audit.IN_A_ROW}",
    row_of("message", f"number, {MESSAGE_COLUMNS}"),
    row_of("body", "message, octets", of="number, octets", where="octets"),
    row_of("lesson", "message, octets", of="number, lesson", where="lesson"),
    row_of("recipient", f"message, {COPY_COLUMNS}", of=f"number, {_COPY}"),
    row_of("viewer", "person, message, role", of="person, number, role", where="person"),
    row_of("words", "message, text", of="number, words", where="words"),
    row_of("mail_text", "message, text, sealed", of="number, text, sealed", where="text"),
    row_of("audit", audit.COLUMNS, of=audit.IN_A_ROW),
    row_of("handed_in", HANDED_IN, of="digest, id, at", where="digest").replace("INSERT", "INSERT OR REPLACE", 1),
)


@value(frozen=True, slots=True)
class Rows:
    """Of an entry, but for its number and its line's place. copies and viewers: those behind the first."""

    entry: Entry
    row: tuple[Any, ...] = field(repr=False)
    line: audit.Line = field(repr=False)
    copies: Sequence[tuple[Any, ...]] = field(default=(), repr=False)
    viewers: Sequence[tuple[str, str]] = ()
    rules: Sequence[str] = ()


def rows_of(entry: Entry, now: datetime, *, told: bool) -> Rows:
    """The rows of an entry: of an ordinary mail, or of a letter."""
    record, seal = entry.record, entry.seal
    first, *copies = [copy_row(place, one, entry.lease, None) for place, one in enumerate(record.recipients)]
    person, role, words = None, None, None
    viewers: list[tuple[str, str]] = []
    rules: list[str] = []
    if record.kind == "mail":
        words, rules = words_of(record), rules_of(record)
        viewers = viewers_of(record)
        if viewers:
            (person, role), *viewers = viewers
    text, sealed = (None, None) if not entry.text else (entry.text, None) if seal is None else ("", seal.text)
    row = (
        *message_row(entry, told=told),
        entry.octets,
        entry.lesson or None,
        *first,
        person,
        role,
        words,
        text,
        sealed,
        entry.handed_in,
        to_micro(now),
    )
    return Rows(entry, row, first_line(entry, now), copies, viewers, rules)


def insert_rows(connection: sqlite3.Connection, first: int, before: tuple[int, bytes], entries: Sequence[Rows]) -> None:
    """Entries of one moment, under numbers from the first on; their lines go on behind that one of the audit log."""
    lines = audit.rows_behind(before, [one.line for one in entries])
    numbered = list(enumerate(entries, first))
    _ENTERING.run(connection, [(n, *one.row, *line) for (n, one), line in zip(numbered, lines, strict=True)])
    insert_keys(connection, [(n, one.entry.seal) for n, one in numbered if one.entry.seal is not None])
    many.run(connection, INSERT_COPIES, [(n, *copy) for n, one in numbered for copy in one.copies])
    many.run(connection, INSERT_VIEWERS, [(who, n, role) for n, one in numbered for who, role in one.viewers])
    many.run(connection, INSERT_RULES, [(rule, n) for n, one in numbered for rule in one.rules])
