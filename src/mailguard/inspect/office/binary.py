"""Office's older binary documents in their compound file: which streams are read by which reader, and what is embedded.

A document may hold others (a sheet in a letter): each storage is looked at, whatever its name. Properties (title,
author, company) are text too. Behind a password, `locked` opens it. Never raises for what the file says.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.biff import workbook_text
from mailguard.inspect.office.objects import files_in
from mailguard.inspect.office.slides97 import slides_text
from mailguard.inspect.office.word97 import word_text

if TYPE_CHECKING:
    from olefile import OleFileIO

_MOST_STORAGES = 200
_MOST_STREAM = 64 * 2**20
_PROPERTIES = ("title", "subject", "author", "keywords", "comments", "last_saved_by", "category", "manager", "company")


def read_binary(file: FileIn, budget: Budget, short: str) -> Content:
    """A .doc, .xls or .ppt file; what is broken is read as far as it goes, with a finding."""
    found = _read_open(file, budget, short)
    if not found.encrypted:
        return found
    from mailguard.inspect.office.locked import DEFAULT, unlocked_binary

    if (opened := unlocked_binary(file.octets, budget)) is None:
        return found
    password, octets = opened
    found = _read_open(replace(file, octets=octets), budget, short)
    if password != DEFAULT:
        found.encrypted = True
        budget.find("password_in_mail", file.where, "a password that the mail itself gives away opens it")
    return found


def _read_open(file: FileIn, budget: Budget, short: str) -> Content:
    import olefile

    found = Content(short=short)
    try:
        with olefile.OleFileIO(io.BytesIO(file.octets)) as ole:
            _read(ole, found, file, budget)
    except OSError:  # whatever the library finds wrong
        found.whole = False
        budget.find("unparseable_attachment", file.where, "broken compound file")
    return found


def _read(ole: OleFileIO, found: Content, file: FileIn, budget: Budget) -> None:
    inner: list[Inner] = []
    texts: list[str] = []
    found.inner = inner
    try:
        for storage in _storages(ole):
            _storage(ole, storage, found, texts, inner, file, budget)
        if not any(texts) and not inner and not found.encrypted:
            found.whole = False  # named in the directory, and not to be reached
        texts.append(_properties(ole))
    finally:
        found.text = "\n".join(text for text in texts if text.strip())


def _storages(ole: OleFileIO) -> list[list[str]]:
    """The root, then every storage inside, at most so many."""
    return [[], *ole.listdir(streams=False, storages=True)[:_MOST_STORAGES]]


def _storage(
    ole: OleFileIO, path: list[str], found: Content, texts: list[str], inner: list[Inner], file: FileIn, budget: Budget
) -> None:
    if document := _stream(ole, path, "WordDocument"):
        tables = {name: _stream(ole, path, name) for name in ("0Table", "1Table")}
        word = word_text(document, tables)
        texts.append(word.text)
        _note(found, path, whole=word.whole, encrypted=word.encrypted)
    if stream := _stream(ole, path, "Workbook") or _stream(ole, path, "Book"):
        book = workbook_text(stream)
        texts.append(book.text)
        _note(found, path, whole=book.whole, encrypted=book.encrypted)
        for what in book.hidden:
            budget.find("hidden_text", file.where, f"a sheet, rows or columns that are not shown: {what[:100]}")
        if book.macros:
            budget.find("macro", file.where, "sheets of Excel 4 macros")
    if stream := _stream(ole, path, "PowerPoint Document"):
        slides = slides_text(stream, budget.left)
        budget.spend(sum(map(len, slides.objects)))
        texts.append(slides.text)
        locked = ole.exists([*path, "EncryptedSummary"])
        _note(found, path, whole=not locked, encrypted=locked)
        inner.extend(one for n, data in enumerate(slides.objects, 1) if data for one in files_in(data, f"object {n}"))
        if slides.hidden:
            budget.find("hidden_text", file.where, f"{slides.hidden} slides that are not shown")
    inner.extend(_embedded(ole, path))


def _note(found: Content, path: list[str], *, whole: bool, encrypted: bool) -> None:
    found.whole = found.whole and whole
    found.encrypted = found.encrypted or (encrypted and not path)


def _stream(ole: OleFileIO, path: list[str], name: str) -> bytes:
    """The octets of a stream, b"" if there is none."""
    where = [*path, name]
    if not ole.exists(where) or ole.get_type(where) != 2:
        return b""
    with ole.openstream(where) as stream:
        return bytes(stream.read(_MOST_STREAM))


def _embedded(ole: OleFileIO, path: list[str]) -> Iterator[Inner]:
    """Files that were put into a document as objects (MS-OLEDS section 2.3.6), and packages of newer documents."""
    if native := _stream(ole, path, "\x01Ole10Native"):
        yield packaged(native)
    if path and (package := _stream(ole, path, "Package")):
        yield Inner("package", package, len(package))


def packaged(native: bytes) -> Inner:
    """The file in an Ole10Native stream: its name and octets; as it is where it has no such head."""
    try:
        if struct.unpack_from("<H", native, 4)[0] == 2:
            name_end = native.index(b"\0", 6)
            path_end = native.index(b"\0", name_end + 1)
            # Flags, then the length and octets of a temporary path, then the length of the file.
            start = path_end + 1 + 4
            start += 4 + struct.unpack_from("<I", native, start)[0]
            size = struct.unpack_from("<I", native, start)[0]
            octets = native[start + 4 : start + 4 + size]
            return Inner(native[6:name_end].decode("cp932", "replace"), octets, len(octets))
    except (ValueError, struct.error):
        pass
    return Inner("object", native[4:], len(native) - 4)


def _properties(ole: OleFileIO) -> str:
    """Title, author, company ... on lines."""
    meta = ole.get_metadata()
    page = meta.codepage or 1252
    codec = {65001: "utf-8", 1200: "utf-16-le", -535: "utf-8", 932: "cp932"}.get(page, f"cp{page & 0xFFFF}")
    lines: list[str] = []
    for name in _PROPERTIES:
        value: object = getattr(meta, name, None)
        text = _decoded(value, codec) if isinstance(value, bytes) else str(value or "")
        if text.strip("\0 "):
            lines.append(text.strip("\0 "))
    return "\n".join(lines)


def _decoded(octets: bytes, codec: str) -> str:
    try:
        return octets.decode(codec, "replace")
    except LookupError:
        return octets.decode("cp1252", "replace")
