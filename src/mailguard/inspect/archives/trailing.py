"""An archive behind a document: viewers show the document in front, unpackers the archive.

Looked for where nobody puts one by mistake: a zip directory that ends with the file, an archive's mark behind the end
of the file in front. Source: APPNOTE 6.3.10 section 4.3.16.
"""

from __future__ import annotations

import struct
from itertools import chain

from mailguard.inspect.archives import zips
from mailguard.inspect.archives.zipfiles import Unpackable
from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.limits import Budget

_END = b"PK\x05\x06"
_LONGEST_COMMENT = 65535
_FRONT = 16  # no file in front is shorter
_MARKS = ((b"Rar!\x1a\x07", "rar"), (b"7z\xbc\xaf\x27\x1c", "7z"))


def with_archive(file: FileIn, content: Content, start: int, budget: Budget) -> Content:
    """The content of a file with what an unpacker would show of it, if an archive begins behind `start`."""
    if ends_as_zip(file.octets):
        try:
            listing = zips.list_zip(file.octets, budget)
        except Unpackable:
            return content
        content.inner = chain(content.inner, zips.open_zip(file.octets, listing, budget, file.where))
    else:
        places = ((file.octets.find(mark, max(start, _FRONT)), short) for mark, short in _MARKS)
        found, short = min(((place, short) for place, short in places if place >= 0), default=(-1, ""))
        if found < 0:
            return content
        archive = file.octets[found:]
        content.inner = chain(content.inner, (Inner(f"archive.{short}", archive, len(archive)),))
    budget.find("ambiguous_archive", file.where, "an archive behind a document")
    return content


def ends_as_zip(octets: bytes) -> bool:
    """Whether a zip directory ends exactly where the file ends."""
    first = max(0, len(octets) - 22 - _LONGEST_COMMENT)
    place = octets.rfind(_END, first)
    while place >= 0:
        comment = octets[place + 20 : place + 22]
        if len(comment) == 2 and place + 22 + struct.unpack("<H", comment)[0] == len(octets):
            return True
        place = octets.rfind(_END, first, place)
    return False
