"""Windows shortcuts: what they start, with which words, as text. They are followed by nobody here.

Source: MS-SHLLINK sections 2.1 (header), 2.3 (LinkInfo), 2.4 (StringData), 2.5.4 (environment variables).
"""

from __future__ import annotations

import struct

from mailguard.inspect.chars.charset import decode
from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.limits import Budget

_HEADER = 76
_HAS_IDS, _HAS_INFO, _UNICODE = 1, 2, 0x80
_STRINGS = 0x04, 0x08, 0x10, 0x20, 0x40  # name, relative path, working folder, arguments, icon: in this order
_ENVIRONMENT = struct.pack("<II", 0x314, 0xA0000001)


def read_shortcut(file: FileIn, budget: Budget) -> Content:
    """The target of a shortcut and the strings beside it, as far as it goes."""
    texts: list[str] = []
    whole = True
    try:
        _read(file.octets, texts)
    except struct.error:
        whole = False
        budget.find("unparseable_attachment", file.where, "a shortcut that is cut off")
    return Content(text="\n".join(text for text in texts if text.strip()), whole=whole)


def _read(octets: bytes, texts: list[str]) -> None:
    flags = struct.unpack_from("<I", octets, 20)[0]
    place = _HEADER
    if flags & _HAS_IDS:
        place += 2 + struct.unpack_from("<H", octets, place)[0]
    if flags & _HAS_INFO:
        size, _, _, _, base, _, suffix = struct.unpack_from("<7I", octets, place)
        info = octets[place : place + size]
        texts.append(_until_nul(info, base) + _until_nul(info, suffix))
        place += size
    for flag in _STRINGS:
        if flags & flag:
            count = struct.unpack_from("<H", octets, place)[0] * (2 if flags & _UNICODE else 1)
            raw = octets[place + 2 : place + 2 + count]
            texts.append(raw.decode("utf-16-le", "replace") if flags & _UNICODE else decode(raw, "").both)
            place += 2 + count
    found = octets.find(_ENVIRONMENT, place)
    if found >= 0:
        texts.append(octets[found + 268 : found + 788].decode("utf-16-le", "replace").partition("\0")[0])


def _until_nul(octets: bytes, start: int) -> str:
    return decode(octets[start:].partition(b"\0")[0], "").both if 0 < start < len(octets) else ""
