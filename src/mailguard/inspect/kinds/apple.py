"""AppleSingle and AppleDouble (RFC 1740 appendix A): the data fork and the real name; the resource fork is no content.

A Mac sends a file as AppleDouble in two parts, of which this one has no data fork as a rule. In AppleSingle the file
itself is inside. Bounded; every offset is checked.
"""

from __future__ import annotations

import struct

from mailguard.inspect.chars.charset import decode
from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.limits import Budget

_DATA_FORK, _REAL_NAME, _COMMENT = 1, 3, 4
_HEADER = 26
_MOST_ENTRIES = 100


def read_apple(file: FileIn, budget: Budget) -> Content:
    """The file inside, if there is one, and its comment."""
    if len(file.octets) < _HEADER:
        return _broken(file, budget)
    count = struct.unpack_from(">H", file.octets, 24)[0]
    entries: dict[int, bytes] = {}
    for number in range(min(count, _MOST_ENTRIES)):
        place = _HEADER + 12 * number
        if place + 12 > len(file.octets):
            return _broken(file, budget)
        kind, offset, length = struct.unpack_from(">III", file.octets, place)
        if offset + length > len(file.octets):
            return _broken(file, budget)
        if kind in (_DATA_FORK, _REAL_NAME, _COMMENT):
            entries[kind] = file.octets[offset : offset + length]
    name = decode(entries.get(_REAL_NAME, b"")[:255]).text or file.name or "data"
    data = entries.get(_DATA_FORK, b"")
    text = decode(entries.get(_COMMENT, b"")).text
    return Content(text=text, inner=(Inner(name, data, len(data)),) if data else ())


def _broken(file: FileIn, budget: Budget) -> Content:
    budget.find("unparseable_attachment", file.where, "a broken AppleSingle or AppleDouble file")
    return Content(whole=False)
