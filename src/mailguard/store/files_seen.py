"""Which organisations got a file before, by the SHA-256 of its content; learned only from mail that went out.

No content and no name is kept, only digests, bounded in number. What everybody sends (logos, small files, pictures that
a text shows) is not remembered. Keys are policy's `known_keys`, as in `history`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from mailguard.mail.address import Address
from mailguard.mail.facts import Attachment, Facts
from mailguard.mail.facts_json import facts_from_json
from mailguard.policy.case import known_keys
from mailguard.store.rows import to_micro

#: Smaller files, and smaller pictures, say nothing about whom they are for.
SMALLEST, SMALLEST_PICTURE = 1024, 32 * 1024
#: So many files of one mail are remembered, and so many organisations of one file: more is for everybody.
FILES_MAX, KEYS_MAX = 200, 10
#: The oldest go first when there are more.
ROWS_MAX = 1_000_000


def worth_knowing(facts: Facts) -> list[str]:
    """The digests of the files of a mail, archives and what is in them, that say something about whom they are for."""
    found: dict[str, None] = {}
    waiting = list(reversed(facts.attachments))
    while waiting and len(found) < FILES_MAX:
        item = waiting.pop()
        waiting.extend(reversed(item.members))
        if _says_something(item):
            found[item.sha256] = None
    return list(found)


def _says_something(item: Attachment) -> bool:
    smallest = SMALLEST_PICTURE if item.detected_type.startswith("image/") else SMALLEST
    return len(item.sha256) == 64 and item.size >= smallest and not item.inline


def files_sent(connection: sqlite3.Connection, digests: Iterable[str]) -> dict[str, frozenset[str]]:
    """Which organisations got each of these files; one that nobody got is missing."""
    found: dict[str, set[str]] = {}
    rows = connection.execute(
        "SELECT digest, key FROM file_seen WHERE digest IN (SELECT value FROM json_each(?))",
        (json.dumps(list(digests)),),
    )
    for digest, key in rows:
        found.setdefault(digest, set()).add(key)
    return {digest: frozenset(keys) for digest, keys in found.items()}


def learn_files(connection: sqlite3.Connection, number: int, recipients: Iterable[Address], now: datetime) -> None:
    """Remember the files of a message that went out, inside the caller's transaction. recipients: the external ones."""
    row = connection.execute(
        "SELECT facts FROM message WHERE number = ? AND json_array_length(facts, '$.attachments') > 0", (number,)
    ).fetchone()
    if row is None:
        return
    learn_digests(connection, worth_knowing(facts_from_json(json.loads(row[0]))), recipients, to_micro(now))


def learn_digests(
    connection: sqlite3.Connection, digests: Iterable[str], recipients: Iterable[Address], at: int
) -> None:
    """Remember files by their digests (`worth_knowing`). at: when they went out, microseconds since 1970."""
    keys = sorted({known_keys(address) for address in recipients})[:KEYS_MAX]
    connection.executemany(
        "INSERT INTO file_seen (digest, key, last_at)"
        " SELECT ?1, ?2, ?3 WHERE (SELECT count(*) FROM file_seen WHERE digest = ?1) < ?4"
        " ON CONFLICT (digest, key) DO UPDATE SET last_at = max(last_at, excluded.last_at)",
        [(digest, key, at, KEYS_MAX) for digest in digests for key in keys],
    )


def forget_files(connection: sqlite3.Connection, before: datetime, most: int = ROWS_MAX) -> None:
    """Forget what was last sent before that moment, and the oldest of more rows than are kept."""
    connection.execute("DELETE FROM file_seen WHERE last_at < ?", (to_micro(before),))
    extra = connection.execute("SELECT count(*) FROM file_seen").fetchone()[0] - most
    if extra > 0:
        connection.execute(
            "DELETE FROM file_seen WHERE (digest, key) IN (SELECT digest, key FROM file_seen ORDER BY last_at LIMIT ?)",
            (extra,),
        )
