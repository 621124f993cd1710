"""Rows of sealed bodies: their keys, the sealed text that is searched, and the sealed lesson.

It trusts the keyring for what opens, and nothing in a row: a key or a text that does not open is damage, told of by
whoever asked for it, and never stops a search or a start for other reasons than that keys are missing.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path

from mailguard.mail.saying import Sentence
from mailguard.mail.sealing import Broken, close_small, open_small
from mailguard.mail.values import value
from mailguard.store import many
from mailguard.store.connection import Opener, connect
from mailguard.store.errors import StoreError
from mailguard.store.keyring import Keyring, Wrapped

_BOUND, _LESSON = b"mailguard text", b"mailguard lesson"
#: Before a sealed lesson; none in the clear begins so.
_MARK = b"\0sealed\0"


@value(frozen=True, slots=True)
class Seal:
    """What makes the rows of one sealed message: its key, what that is wrapped with, and its sealed text."""

    keys: Keyring
    key: bytes = field(repr=False)
    text: bytes = field(repr=False)


def seal_of(keys: Keyring, key: bytes, text: str) -> Seal:
    """The seal of a message with this key and this searched text."""
    return Seal(keys, key, seal_text(key, text) if text else b"")


def insert_key(connection: sqlite3.Connection, number: int, seal: Seal) -> None:
    """The row of a body's key."""
    insert_keys(connection, [(number, seal)])


def insert_keys(connection: sqlite3.Connection, seals: Sequence[tuple[int, Seal]]) -> None:
    """The rows of many keys, by row number; all of one keyring."""
    if seals:
        wrapped = seals[0][1].keys.wrap_all((seal.key, number) for number, seal in seals)
        rows = [(number, one.by, one.octets) for (number, _), one in zip(seals, wrapped, strict=True)]
        many.run(connection, "INSERT INTO body_key (message, wrapped_by, wrapped)", rows)


def key_of(keys: Keyring | None, number: int, wrapped_by: str | None, wrapped: bytes | None) -> bytes | None:
    """A body's key from its columns; None if it lies in the clear. Raises OSError if it cannot be had."""
    if wrapped_by is None or wrapped is None:
        return None
    if keys is None:
        raise OSError("the body is encrypted, and store.encryption_key_file is not set")
    return keys.unwrap(Wrapped(wrapped_by, wrapped), number)


def seal_text(key: bytes, text: str) -> bytes:
    """The text that is searched, under a key derived from the body's."""
    return close_small(_text_key(key), text.encode("utf-8", "replace"), _BOUND)


def open_text(key: bytes, sealed: bytes) -> str:
    """What `seal_text` sealed. Raises Broken."""
    return open_small(_text_key(key), sealed, _BOUND).decode("utf-8", "replace")


def seal_lesson(key: bytes, lesson: bytes) -> bytes:
    """A lesson under a key derived from its body's; nothing stays nothing."""
    return _MARK + close_small(_derived(_LESSON, key), lesson, _LESSON) if lesson else b""


def open_lesson(key: bytes | None, octets: bytes) -> bytes:
    """A lesson as it came, from whatever lies there. Raises Broken."""
    if not octets.startswith(_MARK):
        return octets
    if key is None:
        raise Broken
    return open_small(_derived(_LESSON, key), octets[len(_MARK) :], _LESSON)


def opener(keys: Keyring | None) -> Opener | None:
    """SQL's `opened`: sealed text for a search. What does not open is empty, so that a search goes on."""
    if keys is None:
        return None

    def opened(sealed: bytes, wrapped_by: str, wrapped: bytes, number: int) -> str:
        try:
            return open_text(keys.unwrap(Wrapped(wrapped_by, wrapped), number), sealed)
        except OSError:
            return ""

    return opened


def has_its_keys(path: Path, keys: Keyring | None) -> None:
    """That bodies can be opened. Raises StoreError: nothing is lost by not starting."""
    connection = connect(path, read_only=True)
    try:
        used = {row[0] for row in connection.execute("SELECT DISTINCT wrapped_by FROM body_key")}
    finally:
        connection.close()
    if used and keys is None:
        raise StoreError(
            Sentence(
                "本文が暗号化されています。store.encryption_key_file に、その鍵のファイルを書いてください。",
                "bodies in it are encrypted: set store.encryption_key_file to the file with their keys",
            )
        )
    if keys is not None and (missing := sorted(used - keys.names)):
        lacks = Sentence(
            "store.encryption_key_file {path} に、本文を暗号化した鍵 {keys} がありません。"
            "ファイルの現在の鍵の下に書き戻してください"
            "(`mailguard store rotate` の後は不要になります)。",
            "store.encryption_key_file {path} lacks key {keys}, which bodies are encrypted with: "
            "put it back into the file, below the current one (`mailguard store rotate` makes it dispensable)",
            path=keys.path, keys=", ".join(missing),
        )  # fmt: skip
        raise StoreError(lacks)


def _text_key(key: bytes) -> bytes:
    return _derived(_BOUND, key)


def _derived(what: bytes, key: bytes) -> bytes:
    return hashlib.sha256(what + key).digest()
