"""What many archives teach, each mail once, in the order of time: put down in a temporary database on disk.

Archives overlap and none is in order, and together they are larger than memory. The file has no name and is gone with
the process; in it are addresses, names and hashes, and no text.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mailguard.insight.words import Letter

_SCHEMA = """
CREATE TABLE mail (number INTEGER PRIMARY KEY, digest BLOB UNIQUE, at REAL, lesson BLOB, said TEXT);
CREATE INDEX mail_at ON mail (at);
"""
_BATCH = 500
#: People of one mail that are put down, and characters of a name and of a Message-ID.
_PEOPLE_MOST, _NAME_MOST, _ID_MOST = 1000, 100, 1000


class Gathered(NamedTuple):
    """digest: `digest_of` its mail; at: seconds since 1970; sender, people: as written, the latter with names; files:
    SHA-256 of each.
    """

    digest: bytes
    at: float
    sender: str
    people: Sequence[Sequence[str]]
    message_id: str
    files: Sequence[str]


class Gathering:
    """What mails teach. Blocks, in one thread at a time; raises sqlite3.Error where the disk is full. Use `close`."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", check_same_thread=False)
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;")
        self._db.executescript(_SCHEMA)

    def add(self, digest: bytes, letter: Letter, lesson: bytes, files: Sequence[str] = ()) -> bool:
        """Add a letter and its lesson, empty if it has none. False if that mail is there already."""
        sql = "INSERT INTO mail (digest, at, lesson, said) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
        people = [(one, letter.names.get(one, "")[:_NAME_MOST]) for one in (*letter.to, *letter.cc, *letter.bcc)]
        said = json.dumps([letter.sender, people[:_PEOPLE_MOST], letter.message_id[:_ID_MOST], files])
        return self._db.execute(sql, (digest, letter.at, lesson, said)).rowcount == 1

    def digests(self) -> list[bytes]:
        """Of all of them."""
        return [digest for (digest,) in self._db.execute("SELECT digest FROM mail")]

    def lessons(self) -> Iterator[bytes]:
        """All lessons, the oldest first."""
        for (lesson,) in self._db.execute("SELECT lesson FROM mail WHERE lesson <> x'' ORDER BY at, number"):
            yield lesson

    def batches(self) -> Iterator[Sequence[Gathered]]:
        """All of them, the oldest first, some hundred at a time."""
        rows = self._db.execute("SELECT digest, at, said FROM mail ORDER BY at, number")
        while found := rows.fetchmany(_BATCH):
            yield [Gathered(*row[:2], *json.loads(row[2])) for row in found]

    def close(self) -> None:
        """Let go of it."""
        self._db.close()


def digest_of(letter: Letter, key: str) -> bytes:
    """16 octets by which a mail is known again. key: its Message-ID; without one, who wrote when to whom about what."""
    said = key.strip().strip("<>")
    if not said:
        people = sorted({*letter.to, *letter.cc, *letter.bcc})
        said = "\0".join([f"{letter.at:.0f}", letter.sender, letter.subject, *people])
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()
