"""What lists and searches find a mail by: who may see it, which rules fired, and its words, folded.

Written once, when it comes in, inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator

from mailguard.mail.facts import Attachment
from mailguard.store.records import MessageRecord
from mailguard.store.rows import clean


def folded(text: str) -> str:
    """Text as it is searched: width, case and compatibility forms do not count (NFKC, then case folding)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", clean(text)).casefold())


def insert_lookups(connection: sqlite3.Connection, number: int, record: MessageRecord) -> None:
    """What pages find a mail by."""
    viewers = [(person, number, "sender") for person in (*record.owners, *record.members)]
    viewers += [(person, number, "approver") for person in sorted(record.approvers)]
    connection.executemany("INSERT INTO viewer (person, message, role) VALUES (?, ?, ?)", viewers)
    rules = sorted({hit.rule for hit in record.verdict.hits})
    connection.executemany(
        "INSERT INTO rule_hit (rule, message) VALUES (?, ?)", [(clean(rule), number) for rule in rules]
    )
    key = "" if record.sender.mailbox is None else record.sender.mailbox.key
    said = [record.id, record.subject or "", str(record.sender), key, record.login or "", record.from_header]
    # Searched only as a whole, for which the filter must know it again in the folded text.
    quoted = record.message_id_header.startswith("<") and record.message_id_header.isascii()
    said += [record.message_id_header if quoted else "", *(str(one.address) for one in record.recipients)]
    said += _names(record.facts.attachments)
    connection.execute("INSERT INTO words (message, text) VALUES (?, ?)", (number, folded("\n".join(said))))


def _names(files: Iterable[Attachment]) -> Iterator[str]:
    for one in files:
        yield one.filename
        yield from _names(one.members)
