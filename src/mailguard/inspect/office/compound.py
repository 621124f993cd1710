"""The directory of a compound file (old Office, Outlook's .msg, encrypted Office): which streams are in it, not what
they say.

Enough to tell an encrypted document from an old one and to see macros. Source: MS-CFB sections 2.2-2.6. Chains are
followed with a count, so that a loop in the file ends. Never raises: what is broken lists as far as it goes.
"""

from __future__ import annotations

import struct

from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.kinds.filetype import CFB
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.binary import read_binary
from mailguard.inspect.outlook.msg import read_msg

_FREE = 0xFFFFFFFA  # this number and above are no sectors
_MOST_SECTORS = 4096
_MOST_ENTRIES = 4096
_OUTLOOK = ("__substg1.0_", "__properties_version", "__nameid_version", "__recip_version", "__attach_version")
#: Windows Installer writes the names of its tables in its own base 64, this character in front.
_MSI_TABLE = "\u4840"
#: Streams that only one program writes: Ichitaro, Hangul, Visio, Publisher.
_BY_STREAM = {"JSRV_SegmentInformation": "jtd", "BodyText": "hwp", "VisioDocument": "vsd", "Quill": "mspub"}


def read_compound(file: FileIn, budget: Budget) -> Content:
    """A compound file: an old Office document, Outlook's .msg, or Office behind a password."""
    names = stream_names(file.octets)
    kind = kind_of(names)
    if has_macros(names):
        budget.find("macro", file.where, "a VBA project")
    if not names:
        budget.find("unparseable_attachment", file.where, "broken compound file")
    if kind in ("doc", "xls", "ppt"):
        return read_binary(file, budget, kind)
    if kind == "msg":
        return read_msg(file, budget)
    if kind == "encrypted":
        from mailguard.inspect.office.locked import read_locked  # which needs whoever reads documents

        return read_locked(file, budget)
    return Content(short=kind, whole=False)


def stream_names(octets: bytes) -> frozenset[str]:
    """The names of all storages and streams in a compound file; empty where it cannot be read."""
    if len(octets) < 512 or not octets.startswith(CFB):
        return frozenset()
    shift = struct.unpack_from("<H", octets, 30)[0]
    if shift not in (9, 12):
        return frozenset()
    size = 1 << shift
    table = _sector_table(octets, size)
    names: set[str] = set()
    sector = struct.unpack_from("<I", octets, 48)[0]
    seen: set[int] = set()
    while sector < _FREE and sector not in seen and len(seen) < _MOST_SECTORS and len(names) < _MOST_ENTRIES:
        seen.add(sector)
        start = (sector + 1) * size
        for entry in range(start, min(start + size, len(octets) - 127), 128):
            length = struct.unpack_from("<H", octets, entry + 64)[0]
            if 2 < length <= 64 and octets[entry + 66]:
                names.add(octets[entry : entry + length - 2].decode("utf-16-le", "replace"))
        sector = table.get(sector, _FREE)
    return frozenset(names)


def kind_of(names: frozenset[str]) -> str:
    """Short type of the document with these streams; "encrypted" for Office with a password; "" if unknown."""
    if "EncryptedPackage" in names:
        return "encrypted"
    if "WordDocument" in names:
        return "doc"
    if names & {"Workbook", "Book"}:
        return "xls"
    if "PowerPoint Document" in names:
        return "ppt"
    if any(name.startswith(_OUTLOOK) for name in names):
        return "msg"
    if any(name.startswith(_MSI_TABLE) for name in names):
        return "msi"
    return next((kind for stream, kind in _BY_STREAM.items() if stream in names), "")


def has_macros(names: frozenset[str]) -> bool:
    """Whether there is a VBA project."""
    return bool(names & {"_VBA_PROJECT", "VBA", "Macros", "_VBA_PROJECT_CUR"})


def _sector_table(octets: bytes, size: int) -> dict[int, int]:
    """The file allocation table: which sector follows which."""
    table: dict[int, int] = {}
    per_sector = size // 4
    for index, sector in enumerate(_listed(octets, size)):
        start = (sector + 1) * size
        if start + size > len(octets):
            break
        values = struct.unpack_from(f"<{per_sector}I", octets, start)
        table.update({index * per_sector + n: value for n, value in enumerate(values) if value < _FREE})
    return table


def _listed(octets: bytes, size: int) -> list[int]:
    """The sectors in which the table is: the first 109 in the header, those of files above 7 MB in a chain (2.5)."""
    listed = list(struct.unpack_from("<109I", octets, 76))
    per_sector = size // 4
    sector, seen = struct.unpack_from("<I", octets, 68)[0], set[int]()
    while sector < _FREE and sector not in seen and (sector + 2) * size <= len(octets):
        seen.add(sector)
        *more, sector = struct.unpack_from(f"<{per_sector}I", octets, (sector + 1) * size)
        listed.extend(more)
    return [one for one in listed if one < _FREE]
