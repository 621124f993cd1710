"""How letters of ours enter the ledger: with the notices that they end and the secrets that they carry, in one
transaction, and letters of one moment in few statements.

A letter that nobody is owed any more is not entered; neither is one that was written from a mail as it came in, if that
mail waits no longer as it did then. What is not as expected in a bulk is looked at letter by letter.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailguard.mail.lifecycle import State
from mailguard.store import audit, many, outbox
from mailguard.store.entry import Entry, insert
from mailguard.store.entry_rows import Rows, insert_rows, rows_of
from mailguard.store.records import MessageRecord
from mailguard.store.reply_tickets import NewReply, insert_replies
from mailguard.store.rows import to_micro
from mailguard.store.sessions import NewTicket, insert_tickets

#: Instead of the number of a letter's row: it was answered before; its mail is not as it was when it came in.
ENDED, OUTDATED = 0, -1
_ENDS = "UPDATE notice SET ended = 1, letter_id = v.column2 FROM"
_OF_NOTICES = "AS v WHERE notice.id = v.column1 AND notice.ended = 0"


@dataclass(frozen=True, slots=True)
class Carried:
    """Rows of the secrets in a letter: they are good as soon as it is in the queue, and not before."""

    tickets: tuple[NewTicket, ...] = ()
    replies: tuple[NewReply, ...] = ()


NOTHING_CARRIED = Carried()


class Outdated(Exception):
    """The mail that a letter was written about is not as it was when it came in: it is to be written anew."""


class _NotAlike(Exception):
    """One of the letters is not to be entered: each is looked at by itself."""


@dataclass(frozen=True, slots=True)
class NewLetter:
    """The rows of a letter, but for its number. ends: the notices that asked for it; of: the mail as it came in, where
    it was written from that and not from the ledger.
    """

    entry: Entry
    now: datetime
    ends: tuple[int, ...]
    carried: Carried
    of: MessageRecord | None
    rows: Rows = field(repr=False)


def new_letter(
    entry: Entry, now: datetime, ends: Sequence[int], carried: Carried, of: MessageRecord | None
) -> NewLetter:
    """All that can be made before the writer's turn."""
    return NewLetter(entry, now, tuple(ends), carried, of, rows_of(entry, now, told=False))


def enter_letter(connection: sqlite3.Connection, letter: NewLetter) -> int:
    """Enter one letter. Returns its row number, or ENDED, or OUTDATED; then nothing was entered."""
    if letter.of is not None and not _still_so(connection, [letter.of]):
        return OUTDATED
    if letter.ends and not outbox.end(connection, letter.ends, letter.entry.record.id):
        return ENDED
    number = insert(connection, letter.entry, letter.now)
    _insert_carried(connection, [letter])
    return number


def enter_letters(connection: sqlite3.Connection, letters: Sequence[NewLetter]) -> list[int]:
    """Enter letters of one moment. Raises _NotAlike; then nothing may stand."""
    if not _still_so(connection, [one.of for one in letters if one.of is not None]):
        raise _NotAlike
    ended = [(notice, one.entry.record.id) for one in letters for notice in one.ends]
    if many.run(connection, _ENDS, ended, _OF_NOTICES) != len(ended):
        raise _NotAlike
    first = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM message").fetchone()[0]
    insert_rows(connection, first, audit.last(connection), [one.rows for one in letters])
    _insert_carried(connection, letters)
    return list(range(first, first + len(letters)))


def _insert_carried(connection: sqlite3.Connection, letters: Sequence[NewLetter]) -> None:
    tickets = [ticket for one in letters for ticket in one.carried.tickets]
    replies = [reply for one in letters for reply in one.carried.replies]
    if tickets:
        insert_tickets(connection, tickets, letters[-1].now)
    if replies:
        insert_replies(connection, replies, letters[-1].now)


def _still_so(connection: sqlite3.Connection, records: Sequence[MessageRecord]) -> bool:
    """Whether these mails wait as they did when they came in: nothing happened to what is held of them, nobody was
    asked, and no further part has come.
    """
    if not records:
        return True
    expected = {record.id: _held(record) for record in records}
    rows = connection.execute(
        "SELECT m.id, count(*), min(r.due_at) FROM message m JOIN recipient r ON r.message = m.number"  # noqa: S608
        f" WHERE m.id IN {many.one_of(len(expected))} AND r.state = 'held' AND r.event = 'accept' AND r.asks = '[]'"
        " AND NOT EXISTS (SELECT 1 FROM part WHERE part.message = m.number) GROUP BY m.id",
        many.filled(list(expected)),
    ).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows} == expected


def _held(record: MessageRecord) -> tuple[int, int | None]:
    """How many copies wait, and when the first of them ends."""
    ends = record.expires_at
    return sum(copy.state is State.HELD for copy in record.recipients), None if ends is None else to_micro(ends)
