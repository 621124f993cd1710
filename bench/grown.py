"""A ledger grown by a factor, for benches that ask what much of something costs: the rows of real mails once more.

Held mails are copies of those that were taken in over SMTP, with numbers and ids of their own and without their
octets; contacts are made up, of a hundred people of the company and thousands of domains. The server must not run.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

#: What differs in a copy; all other columns are taken over as they are.
_COPIED = {
    "message": {
        "number": "number + :by", "id": "substr(id, 1, 9) || printf('%09d', number + :by)",
        "received_at": "received_at + :by * 1000", "size": "size + :by", "body": "'gone'",
    },
    "recipient": {"message": "message + :by", "due_at": "due_at + :by * 1000"},
    "viewer": {"message": "message + :by"},
    "rule_hit": {"message": "message + :by"},
    "words": {"message": "message + :by"},
    "mail_text": {"message": "message + :by"},
}  # fmt: skip


def copy_held(connection: sqlite3.Connection, by: int, first: int) -> None:
    """The held mails with numbers up to `first` once more, their numbers higher by so much."""
    for table, changed in _COPIED.items():
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(changed.get(name, name) for name in names)
        key = "number" if table == "message" else "message"
        held = "(SELECT number FROM message WHERE kind = 'mail' AND state = 'held' AND number <= :first)"
        sql = f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} WHERE {key} IN {held}"
        connection.execute(sql, {"by": by, "first": first})


def add_held(ledger: Path, wanted: int) -> None:
    """So many held mails in all, at least."""
    with closing(sqlite3.connect(ledger)) as connection, connection:
        held = "SELECT count(*) FROM message WHERE kind = 'mail' AND state = 'held'"
        (there,) = connection.execute(held).fetchone()
        (last,) = connection.execute("SELECT max(number) FROM message").fetchone()
        for turn in range(1, -(-wanted // there)):
            copy_held(connection, turn * last, last)


def add_contacts(ledger: Path, wanted: int) -> None:
    """So many contacts more: half of them the company's, half those of a hundred people, and as many habits."""
    now = time.time_ns() // 1000
    each = wanted // 200
    with closing(sqlite3.connect(ledger)) as connection, connection:
        for number in range(wanted // 2):
            who, key = f"ann{number // each}@corp.example", f"d{number}.grown.example"
            rows = [(name, key, number % 9 + 1, now, now) for name in ("", who)]
            connection.executemany("INSERT OR IGNORE INTO contact VALUES (?, ?, ?, ?, ?)", rows)
            person = (who, f"p@{key}", f"Person {number}", f"person {number}", 3, now)
            connection.execute("INSERT OR IGNORE INTO correspondent VALUES (?, ?, ?, ?, ?, ?)", person)
