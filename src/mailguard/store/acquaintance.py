"""What the ledger knows of the people and files of one mail, for a person who decides about it: how often and when its
sender wrote to a recipient, when anybody here did, and which organisations got a file before.

It only reads, in one look, and only what it is asked about: whoever asks keeps that short. What is not found was not
remembered, which is not proof that it never was: habits are bounded and age (store.memory, store.history).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailguard.mail.address import Address
from mailguard.policy.case import known_keys
from mailguard.store.rows import to_moment

#: Organisations named for one file; more is for everybody.
_FILE_MAX = 5


@dataclass(frozen=True, slots=True)
class Contact:
    """So many mails went there, the last one then. first_at: None where only the last one is remembered. name: what the
    sender last called somebody.
    """

    count: int
    last_at: datetime
    first_at: datetime | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Background:
    """people: the sender's mail to an address, by its key. organizations: his mail to whom it belongs to, by
    `known_keys`; house: the same for everybody here. files: who got a file before, newest first, by SHA-256.
    """

    people: Mapping[str, Contact] = field(default_factory=dict)
    organizations: Mapping[str, Contact] = field(default_factory=dict)
    house: Mapping[str, Contact] = field(default_factory=dict)
    files: Mapping[str, tuple[tuple[str, datetime], ...]] = field(default_factory=dict)


def background(
    connection: sqlite3.Connection, sender: str, people: Sequence[Address], digests: Collection[str]
) -> Background:
    """What is known of these people and files. sender: its key; "" (the null path) has written to nobody."""
    addresses = _list({one.key for one in people})
    organizations = _list({known_keys(one) for one in people})
    return Background(
        _people(connection, sender, addresses) if sender else {},
        _contacts(connection, sender, organizations) if sender else {},
        _contacts(connection, "", organizations),
        _files(connection, digests) if digests else {},
    )


def _people(connection: sqlite3.Connection, sender: str, keys: str) -> dict[str, Contact]:
    rows = connection.execute(
        "SELECT key, count, last_at, name FROM correspondent"
        " WHERE sender = ? AND key IN (SELECT value FROM json_each(?))",
        (sender, keys),
    )
    return {key: Contact(count, to_moment(last), name=name) for key, count, last, name in rows}


def _contacts(connection: sqlite3.Connection, sender: str, keys: str) -> dict[str, Contact]:
    rows = connection.execute(
        "SELECT key, count, first_at, last_at FROM contact"
        " WHERE sender = ? AND key IN (SELECT value FROM json_each(?))",
        (sender, keys),
    )
    return {key: Contact(count, to_moment(last), to_moment(first)) for key, count, first, last in rows}


def _files(connection: sqlite3.Connection, digests: Collection[str]) -> dict[str, tuple[tuple[str, datetime], ...]]:
    rows = connection.execute(
        "SELECT digest, key, last_at FROM file_seen WHERE digest IN (SELECT value FROM json_each(?))"
        " ORDER BY last_at DESC, key",
        (_list(digests),),
    )
    found: dict[str, list[tuple[str, datetime]]] = {}
    for digest, key, last in rows:
        found.setdefault(digest, []).append((key, to_moment(last)))
    return {digest: tuple(seen[:_FILE_MAX]) for digest, seen in found.items()}


def _list(items: Collection[str]) -> str:
    return json.dumps(sorted(items), ensure_ascii=False)
