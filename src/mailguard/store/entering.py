"""Ordinary mails that come in at one moment, entered together: the rows that `entry` writes, in few statements.

Ordinary is what nothing further follows from: no alteration, no question to approvers, nobody who wishes to hear of a
hit. Whatever is not, and whatever may be the same mail once more or a part of another, is left to `joining`, which
knows best: then nothing of the bulk stands. It trusts the entries it is given.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from mailguard.mail.facts import Attachment
from mailguard.mail.values import value
from mailguard.store import audit, many, outbox
from mailguard.store.entry import (
    Entry,
    copy_row,
    first_line,
    insert_rows,
    is_told,
    message_row,
    teaches,
)
from mailguard.store.lookups import INSERT_RULES, INSERT_VIEWERS, rules_of, viewers_of, words_of
from mailguard.store.records import MessageRecord, Notice
from mailguard.store.resent import INSERT_HANDED_IN
from mailguard.store.rows import to_micro
from mailguard.store.wish import senders_of

#: More recipients or files than these are work for the writer's thread, not for the event loop.
_COPIES, _FILES = 50, 50


class NotAlone(Exception):
    """One of the mails may be known already: each is to be looked at by itself."""


@value(frozen=True, slots=True)
class Entered:
    """A mail as it stands in the ledger. number: of its row, 0 where it was not entered as it came; owed: all that was
    written for people to hear, where that is known.
    """

    record: MessageRecord
    number: int = 0
    owed: tuple[Notice, ...] = ()


@value(frozen=True, slots=True)
class Plain:
    """The rows of an ordinary entry, but for its number."""

    entry: Entry
    now: datetime
    told: bool
    message: tuple[Any, ...] = field(repr=False)
    copies: tuple[tuple[Any, ...], ...] = field(repr=False)
    words: str = field(repr=False)
    line: audit.Line = field(repr=False)
    #: The Message-ID that its parts would have, "" where it can have none.
    shared: str = ""


def plain(entry: Entry, now: datetime) -> Plain | None:
    """The rows of an entry; None if it is no ordinary one."""
    record = entry.record
    if len(record.recipients) > _COPIES or not _is_ordinary(entry):
        return None
    if record.facts.attachments and _files(record.facts.attachments) > _FILES:
        return None
    told = is_told(record)
    return Plain(
        entry=entry,
        now=now,
        told=told,
        message=message_row(entry, told=told),
        copies=tuple([copy_row(place, one, entry.lease, None) for place, one in enumerate(record.recipients)]),
        words=words_of(record),
        line=first_line(entry, now),
        shared=record.message_id_header if entry.content is not None and teaches(record) else "",
    )


def _is_ordinary(entry: Entry) -> bool:
    record = entry.record
    if record.kind != "mail" or entry.changes or record.verdict.confirmed:
        return False
    if record.verdict.hits and any(hit.notify for hit in record.verdict.hits):
        return False
    return not any(one.recipe or one.recipe is None or one.asks for one in record.recipients)


def _files(attachments: Iterable[Attachment]) -> int:
    return sum(1 + _files(one.members) for one in attachments)


def enter_all(connection: sqlite3.Connection, entries: Sequence[Plain]) -> list[Entered]:
    """Take ordinary mails in. Raises NotAlone; then nothing may stand."""
    first = _next_number(connection, entries)
    numbered = list(enumerate(entries, first))
    insert_rows(connection, numbered)
    records = [(one.entry.record, n) for n, one in numbered]
    many.run(connection, INSERT_VIEWERS, [row for record, n in records for row in viewers_of(record, n)])
    many.run(connection, INSERT_RULES, [row for record, n in records for row in rules_of(record, n)])
    many.run(connection, "INSERT INTO words (message, text)", [(n, one.words) for n, one in numbered])
    many.run(connection, "INSERT INTO mail_text (message, text, sealed)", _texts(numbered))
    audit.append_all(connection, [one.line for one in entries])
    digests = [(e.handed_in, e.record.id, to_micro(one.now)) for one in entries if (e := one.entry).handed_in]
    many.run(connection, INSERT_HANDED_IN, digests)
    owed = _owe(connection, entries)
    return [Entered(record, number, owed.get(record.id, ())) for record, number in records]


def _owe(connection: sqlite3.Connection, entries: Sequence[Plain]) -> dict[str, tuple[Notice, ...]]:
    """Tell the senders of what is held, as `questions` does where nobody else is asked. By message id."""
    found: dict[str, tuple[Notice, ...]] = {}
    told = [one for one in entries if one.told]
    rows = [(one.entry.record.id, person, one.now) for one in told for person in senders_of(one.entry.record)]
    for notice in outbox.owe_held(connection, rows):
        assert notice.message_id is not None
        found[notice.message_id] = (*found.get(notice.message_id, ()), notice)
    return found


def _next_number(connection: sqlite3.Connection, entries: Sequence[Plain]) -> int:
    """The row number of the first. Raises NotAlone where one of them is known, or like another."""
    digests = [one.entry.handed_in for one in entries if one.entry.handed_in]
    shared = [one.shared for one in entries if one.shared]
    if len(set(digests)) < len(digests) or len(set(shared)) < len(shared):
        raise NotAlone
    row = connection.execute(
        "SELECT coalesce((SELECT max(number) FROM message), 0) + 1,"  # noqa: S608 - question marks only
        f" EXISTS (SELECT 1 FROM handed_in WHERE digest IN {many.one_of(len(digests))}),"
        " EXISTS (SELECT 1 FROM message WHERE teaches = 1 AND message_id_header <> ''"
        f" AND message_id_header IN {many.one_of(len(shared))})",
        (*many.filled(digests), *many.filled(shared)),
    ).fetchone()
    if row[1] or row[2]:
        raise NotAlone
    return int(row[0])


def _texts(numbered: Iterable[tuple[int, Plain]]) -> list[tuple[int, str, bytes | None]]:
    entries = ((number, one.entry.text, one.entry.seal) for number, one in numbered if one.entry.text)
    return [(number, text, None) if seal is None else (number, "", seal.text) for number, text, seal in entries]
