"""Archives behind something else: programs that unpack themselves, and files with an archive hidden at their end.

Viewers show what is in front, unpackers the archive. A mark in the octets is no archive yet, since unpackers carry the
marks of what they unpack: each reader checks what follows before it is believed. The first archive that proves real
is opened. Source: APPNOTE 6.3.10 section 4.3.16 for the end of a zip archive.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from itertools import chain

from mailguard.inspect.archives import zips
from mailguard.inspect.archives.cabs import read_cab
from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.archives.marks import CAB, MARK_4, MARK_5, MARK_7Z, RAR
from mailguard.inspect.archives.rars import read_rar
from mailguard.inspect.archives.sevenzips import is_start, read_7z
from mailguard.inspect.archives.zipfiles import NO_DIRECTORY
from mailguard.inspect.archives.zipheaders import END, LOCAL
from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.limits import Budget
from mailguard.inspect.occurrences import place, stands

_MOST_MARKS = 32
_LONGEST_END = 22 + 65535  # of the end of a zip archive with its comment


def open_behind(file: FileIn, budget: Budget) -> Content | None:
    """The archive behind what a file begins with, never read whole since what is in front is not; None if none."""
    return _marked(file, budget, 1) or _zip(file, budget)


def with_behind(file: FileIn, content: Content, budget: Budget) -> Content:
    """The content of a picture or film with the archive behind it."""
    return _together(file, content, open_behind(file, budget), budget)


def with_appended(file: FileIn, content: Content, budget: Budget, start: int = 0) -> Content:
    """The content of a text or document with the zip archive that ends where the file ends, or the archive of another
    kind that begins behind `start`, if that is known.
    """
    hidden = _zip(file, budget) if _ends_as_zip(file.octets) else None
    if hidden is None and start > 0:
        hidden = _marked(file, budget, start)
    return _together(file, content, hidden, budget)


def _together(file: FileIn, content: Content, hidden: Content | None, budget: Budget) -> Content:
    if hidden is None:
        return content
    budget.find("ambiguous_archive", file.where, "an archive behind other data")
    hidden.text = "\n".join(text for text in (content.text, hidden.text) if text)
    hidden.short = hidden.short or content.short
    hidden.inner = chain(content.inner, hidden.inner)
    hidden.encrypted = hidden.encrypted or content.encrypted
    return hidden


def _marked(file: FileIn, budget: Budget, start: int) -> Content | None:
    """The archive of another kind than zip that begins behind `start`."""
    octets, none = file.octets, b""
    for mark, alike, reader, proves in (
        (MARK_7Z, MARK_7Z, read_7z, is_start),
        (MARK_5, RAR, read_rar, _always),
        (MARK_4, RAR, read_rar, _is_rar4),
        (CAB, CAB, read_cab, _is_cab),
    ):
        if alike == none or not stands(octets, alike, start):
            none = alike
            continue
        at = place(octets, mark, start)
        for _ in range(_MOST_MARKS):
            if at < 0:
                break
            if proves(octets, at):
                return _part(reader(replace(file, octets=octets[at:]), budget))
            at = place(octets, mark, at + 1)
    return None


def _ends_as_zip(octets: bytes) -> bool:
    """Whether a zip directory ends exactly where the file ends."""
    first = max(0, len(octets) - _LONGEST_END)
    at = octets.rfind(END, first)
    while at >= 0:
        comment = octets[at + 20 : at + 22]
        if len(comment) == 2 and at + 22 + int.from_bytes(comment, "little") == len(octets):
            return True
        at = octets.rfind(END, first, at)
    return False


def _zip(file: FileIn, budget: Budget) -> Content | None:
    if not stands(file.octets, END) or place(file.octets, LOCAL) < 0:
        return None
    try:
        listing = zips.list_zip(file.octets, budget)
    except Unpackable:
        return None
    if listing.odd == NO_DIRECTORY:  # marks without an archive
        return None
    zips.note_listing(listing, budget, file.where)
    return _part(zips.read_listing(file, listing, budget, "zip" if listing.split else ""))


def _part(content: Content) -> Content:
    content.whole = False
    return content


def _always(octets: bytes, at: int) -> bool:
    return True


def _is_rar4(octets: bytes, at: int) -> bool:
    """Whether an archive header follows (type 0x73)."""
    return octets[at + 9 : at + 10] == b"\x73"


def _is_cab(octets: bytes, at: int) -> bool:
    """Whether the size and the place of the first file may be true (MS-CAB section 2.1)."""
    if at + 36 > len(octets):
        return False
    size, _, first = struct.unpack_from("<III", octets, at + 8)
    return bool(36 <= first < size <= len(octets) - at)
