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

from mailguard.mail.facts import Attachment
from mailguard.mail.values import value
from mailguard.store import audit, many, outbox
from mailguard.store.entry import Entry, is_told, teaches
from mailguard.store.entry_rows import Rows, insert_rows, rows_of
from mailguard.store.records import MessageRecord, Notice
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
    """An ordinary entry. shared: the Message-ID that its parts would have, "" where it can have none."""

    rows: Rows = field(repr=False)
    now: datetime
    told: bool
    shared: str = ""


def plain(entry: Entry, now: datetime) -> Plain | None:
    """The rows of an entry; None if it is no ordinary one."""
    record = entry.record
    if len(record.recipients) > _COPIES or not _is_ordinary(entry):
        return None
    if record.facts.attachments and _files(record.facts.attachments) > _FILES:
        return None
    told = is_told(record)
    shared = record.message_id_header if entry.content is not None and teaches(record) else ""
    return Plain(rows_of(entry, now, told=told), now, told, shared)


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
    first, before = _places(connection, entries)
    insert_rows(connection, first, before, [one.rows for one in entries])
    owed = _owe(connection, entries)
    records = [one.rows.entry.record for one in entries]
    return [Entered(record, number, owed.get(record.id, ())) for number, record in enumerate(records, first)]


def _owe(connection: sqlite3.Connection, entries: Sequence[Plain]) -> dict[str, tuple[Notice, ...]]:
    """Tell the senders of what is held, as `questions` does where nobody else is asked. By message id."""
    found: dict[str, tuple[Notice, ...]] = {}
    records = [(one.rows.entry.record, one.now) for one in entries if one.told]
    rows = [(record.id, person, now) for record, now in records for person in senders_of(record)]
    for notice in outbox.owe_held(connection, rows):
        assert notice.message_id is not None
        found[notice.message_id] = (*found.get(notice.message_id, ()), notice)
    return found


def _places(connection: sqlite3.Connection, entries: Sequence[Plain]) -> tuple[int, tuple[int, bytes]]:
    """The row number of the first, and number and hash of the audit log's last line. Raises NotAlone where one of them
    is known, or like another.
    """
    digests = [one.rows.entry.handed_in for one in entries if one.rows.entry.handed_in]
    shared = [one.shared for one in entries if one.shared]
    if len(set(digests)) < len(digests) or len(set(shared)) < len(shared):
        raise NotAlone
    row = connection.execute(
        "SELECT coalesce((SELECT max(number) FROM message), 0) + 1,"  # noqa: S608 - question marks only
        f" EXISTS (SELECT 1 FROM handed_in WHERE digest IN {many.one_of(len(digests))}),"
        " EXISTS (SELECT 1 FROM message WHERE teaches = 1 AND message_id_header <> ''"
        f" AND message_id_header IN {many.one_of(len(shared))}),"
        " number, hash FROM (SELECT 1) LEFT JOIN audit ON number = (SELECT max(number) FROM audit)",
        (*many.filled(digests), *many.filled(shared)),
    ).fetchone()
    if row[1] or row[2]:
        raise NotAlone
    return int(row[0]), (row[3] or 0, row[4] or audit.START)
