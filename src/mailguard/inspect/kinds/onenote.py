"""OneNote sections: the files in them, which a reader may start by a double click. Their notes are not read.

Source: MS-ONESTORE section 2.6.13 (FileDataStoreObject).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mailguard.inspect.content import BOMB, BROKEN, Content, FileIn, Inner
from mailguard.inspect.limits import Budget

#: {BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC}, as it stands in a file; length and reserved octets follow.
_FILE = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
_AFTER = 36


def read_onenote(file: FileIn, budget: Budget) -> Content:
    """A section with the files in it; never whole, since its notes are not read."""
    return Content(inner=_files(file, budget) if _FILE in file.octets else (), whole=False)


def _files(file: FileIn, budget: Budget) -> Iterator[Inner]:
    octets = file.octets
    place, number = octets.find(_FILE), 0
    while place >= 0 and place + _AFTER <= len(octets) and budget.take_member(file.where):
        number += 1
        size = struct.unpack_from("<Q", octets, place + 16)[0]
        content = octets[place + _AFTER : place + _AFTER + min(size, len(octets))]
        name = f"file {number}"  # names stand somewhere else, in the notes
        if len(content) < size:
            yield Inner(name, None, size, why=BROKEN)
        elif len(content) > budget.left:
            yield Inner(name, None, size, why=BOMB)
        else:
            budget.spend(len(content))
            yield Inner(name, content, size)
        place = octets.find(_FILE, place + _AFTER + (size if len(content) == size else 0))
