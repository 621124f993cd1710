"""What lists and searches find a mail by: who may see it, which rules fired, its words, and the beginning of its text,
folded.

Written once, when it comes in, inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from mailguard.mail.facts import Attachment, Facts
from mailguard.mail.query import fold
from mailguard.store import many
from mailguard.store.records import MessageRecord
from mailguard.store.rows import clean
from mailguard.store.sealed import Seal

#: Characters of a mail's own text, and of its files' texts together, that a search in texts looks into. They stay as
#: long as the octets, and bounded because every mail pays for them.
OWN_TEXT, FILE_TEXT = 8_000, 4_000
INSERT_VIEWERS = "INSERT INTO viewer (person, message, role)"
INSERT_RULES = "INSERT INTO rule_hit (rule, message)"


def folded(text: str) -> str:
    """Text as it is searched: width, case and compatibility forms do not count (NFKC, then case folding)."""
    return fold(clean(text))


def searched_text(facts: Facts) -> str:
    """The beginning of the mail's own text and of its files' texts, folded: what a search in texts looks into."""
    own = facts.text[:OWN_TEXT]
    return folded(f"{own}\n{_texts(facts.attachments, FILE_TEXT)}".strip()) if own or facts.attachments else ""


def _texts(files: Iterable[Attachment], room: int) -> str:
    """The texts of files one after the other, until there is no room left."""
    found = ""
    for one in files:
        if len(found) >= room:
            break
        found += f"{one.text[: room - len(found)]}\n"
        found += _texts(one.members, room - len(found))
    return found.strip()


def insert_lookups(
    connection: sqlite3.Connection, number: int, record: MessageRecord, text: str = "", seal: Seal | None = None
) -> None:
    """What pages find a mail by. text: of `searched_text`; seal: it lies sealed."""
    many.run(connection, INSERT_VIEWERS, [(person, number, role) for person, role in viewers_of(record)])
    many.run(connection, INSERT_RULES, [(rule, number) for rule in rules_of(record)])
    connection.execute("INSERT INTO words (message, text) VALUES (?, ?)", (number, words_of(record)))
    if text:
        sealed = None if seal is None else seal.text
        kept = text if seal is None else ""
        connection.execute("INSERT INTO mail_text (message, text, sealed) VALUES (?, ?, ?)", (number, kept, sealed))


def viewers_of(record: MessageRecord) -> list[tuple[str, str]]:
    """Who may see it, and as what."""
    viewers = [(person, "sender") for person in record.owners]
    if record.verdict.members:
        viewers += [(person, "sender") for person in record.members]
    if any(one.asks for one in record.recipients):
        viewers += [(person, "approver") for person in sorted(record.approvers)]
    return viewers


def rules_of(record: MessageRecord) -> list[str]:
    """Which rules fired."""
    hits = record.verdict.hits
    return [clean(rule) for rule in sorted({hit.rule for hit in hits})] if hits else []


def words_of(record: MessageRecord) -> str:
    """What a search without a field looks into."""
    key = "" if record.sender.mailbox is None else record.sender.mailbox.key
    said = [record.id, record.subject or "", str(record.sender), key, record.login or "", record.from_header]
    # Searched only as a whole, for which the filter must know it again in the folded text.
    quoted = record.message_id_header.startswith("<") and record.message_id_header.isascii()
    said += [record.message_id_header if quoted else "", *(str(one.address) for one in record.recipients)]
    said += _names(record.facts.attachments)
    return folded("\n".join(said))


def _names(files: Iterable[Attachment]) -> Iterator[str]:
    for one in files:
        yield one.filename
        yield from _names(one.members)
