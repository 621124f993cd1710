"""Makers of Outlook's containers for the tests, by the specifications: compound files and .msg, TNEF; and OpenPGP.

Written beside the readers and from other sections of the same papers, so that they do not share their mistakes. Nothing
of the product is used.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable

Tree = dict[str, "bytes | Tree"]

_END, _FREE, _TABLE, _LIST = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFC
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096

#: MS-OXRTFCP section 3.1: an example of packed RTF, and one whose window is used again and again.
HELLO_RTF = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c0900206277 05b06c647d0a800fa0".replace(
        " ", ""
    )
)
WXYZ_RTF = bytes.fromhex("1a0000001c0000004c5a4675e2d44b514100042057585 95a0d6e7d010eb0".replace(" ", ""))


def plain_rtf(rtf: bytes) -> bytes:
    """RTF as a PidTagRtfCompressed that is not packed."""
    return struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf


def literal_rtf(rtf: bytes) -> bytes:
    """RTF as a PidTagRtfCompressed in which every octet stands for itself."""
    packed = b"".join(b"\0" + rtf[start : start + 8] for start in range(0, len(rtf), 8))
    return (
        struct.pack("<IIII", len(packed) + 12, len(rtf), 0x75465A4C, zlib.crc32(packed, 0xFFFFFFFF) ^ 0xFFFFFFFF)
        + packed
    )


# Compound files (MS-CFB)


class _Writer:
    def __init__(self) -> None:
        self.sectors: list[bytes] = []
        self.fat: list[int] = []
        self.mini = b""
        self.minifat: list[int] = []
        self.entries: list[bytearray] = []

    def chain(self, octets: bytes) -> int:
        """Store octets in sectors; the first of them."""
        if not octets:
            return _END
        first = len(self.sectors)
        count = -(-len(octets) // _SECTOR)
        for number in range(count):
            self.sectors.append(octets[number * _SECTOR : (number + 1) * _SECTOR].ljust(_SECTOR, b"\0"))
            self.fat.append(first + number + 1 if number + 1 < count else _END)
        return first

    def stream(self, octets: bytes) -> int:
        if len(octets) >= _CUTOFF:
            return self.chain(octets)
        if not octets:
            return _END
        first = len(self.minifat)
        count = -(-len(octets) // _MINI)
        self.mini += octets.ljust(count * _MINI, b"\0")
        self.minifat.extend([first + n + 1 for n in range(count - 1)] + [_END])
        return first

    def entry(self, name: str, kind: int, start: int, size: int) -> int:
        raw = name.encode("utf-16-le") + b"\0\0"
        entry = bytearray(raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, _FREE, _FREE, _FREE))
        entry += bytes(36) + struct.pack("<IQ", start, size)
        self.entries.append(entry)
        return len(self.entries) - 1

    def storage(self, tree: Tree) -> int:
        """Write what is in a storage; the root of its tree of siblings."""
        numbers = []
        for name in sorted(tree, key=lambda one: (len(one), one.upper())):  # section 2.6.4
            value = tree[name]
            if isinstance(value, bytes):
                numbers.append(self.entry(name, 2, self.stream(value), len(value)))
            else:
                number = self.entry(name, 1, 0, 0)
                struct.pack_into("<I", self.entries[number], 76, self.storage(value))
                numbers.append(number)
        return self.siblings(numbers)

    def siblings(self, numbers: list[int]) -> int:
        if not numbers:
            return _FREE
        middle = len(numbers) // 2
        left, right = self.siblings(numbers[:middle]), self.siblings(numbers[middle + 1 :])
        struct.pack_into("<II", self.entries[numbers[middle]], 68, left, right)
        return numbers[middle]


def compound_file(tree: Tree) -> bytes:
    """A compound file of version 3 with these storages and streams."""
    writer = _Writer()
    root = writer.entry("Root Entry", 5, _END, 0)
    struct.pack_into("<I", writer.entries[root], 76, writer.storage(tree))
    struct.pack_into("<IQ", writer.entries[root], 116, writer.chain(writer.mini), len(writer.mini))
    minifat = writer.chain(b"".join(struct.pack("<I", one) for one in writer.minifat))
    directory = writer.chain(b"".join(bytes(one) for one in writer.entries))
    tables, lists = 1, 0
    while tables * 128 < len(writer.fat) + tables + lists:
        tables += 1
        lists = -(-max(0, tables - 109) // 127)  # sectors that list the further sectors of the table (section 2.5)
    places = list(range(len(writer.sectors), len(writer.sectors) + tables))
    fat = writer.fat + [_TABLE] * tables + [_LIST] * lists
    fat += [_FREE] * (tables * 128 - len(fat))
    first_list = len(writer.sectors) + tables
    further = b""
    for number in range(lists):
        some = places[109 + 127 * number : 109 + 127 * (number + 1)]
        following = first_list + number + 1 if number + 1 < lists else _END
        further += struct.pack("<128I", *some, *[_FREE] * (127 - len(some)), following)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIII", 0, tables, directory, 0, _CUTOFF, minifat)
    header += struct.pack("<III", -(-len(writer.minifat) // 128), first_list if lists else _END, lists)
    header += struct.pack("<109I", *places[:109], *[_FREE] * (109 - tables))
    return header + b"".join(writer.sectors) + struct.pack(f"<{len(fat)}I", *fat) + further


# .msg (MS-OXMSG)


def properties(values: dict[int, object], *, header: int = 8, code_page: int = 0, unicode: bool = True) -> Tree:
    """The streams of properties: str, bytes, int or a list of str by number. code_page: of strings in octets."""
    tree: Tree = {}
    fixed = bytes(header)
    if code_page:
        values = {0x3FFD: code_page, **values}
    for number, value in values.items():
        if isinstance(value, str):
            kind = "001F" if unicode else "001E"
            raw = value.encode("utf-16-le" if unicode else f"cp{code_page}")
            tree[f"__substg1.0_{number:04X}{kind}"] = raw
            fixed += struct.pack("<HHIII", int(kind, 16), number, 6, len(raw) + 2, 0)
        elif isinstance(value, bytes):
            tree[f"__substg1.0_{number:04X}0102"] = value
            fixed += struct.pack("<HHIII", 0x102, number, 6, len(value), 0)
        elif isinstance(value, int):
            fixed += struct.pack("<HHIII", 3, number, 6, value, 0)
        elif isinstance(value, list):
            tree[f"__substg1.0_{number:04X}101F"] = b"".join(struct.pack("<I", 2 * len(one) + 2) for one in value)
            for place, one in enumerate(value):
                tree[f"__substg1.0_{number:04X}101F-{place:08X}"] = one.encode("utf-16-le")
    tree["__properties_version1.0"] = fixed
    return tree


def message(
    values: dict[int, object],
    recipients: Iterable[Tree] = (),
    files: Iterable[Tree] = (),
    *,
    header: int = 32,
    code_page: int = 0,
    unicode: bool = True,
) -> Tree:
    """The storages of a message. header: 24 inside of another message."""
    if unicode:
        values = {0x340D: 0x00040000, **values}  # PidTagStoreSupportMask: strings are in Unicode
    tree = properties(values, header=header, code_page=code_page, unicode=unicode)
    tree["__nameid_version1.0"] = {
        "__substg1.0_00020102": b"",
        "__substg1.0_00030102": b"",
        "__substg1.0_00040102": b"",
    }
    tree |= {f"__recip_version1.0_#{number:08X}": one for number, one in enumerate(recipients)}
    tree |= {f"__attach_version1.0_#{number:08X}": one for number, one in enumerate(files)}
    return tree


def inner_message(tree: Tree, name: str) -> Tree:
    """A message as a file of another one."""
    return properties({0x3001: name, 0x3705: 5}) | {"__substg1.0_3701000D": tree}


def msg_file(octets: bytes, name: str, short: str = "") -> Tree:
    """A file of a message."""
    return properties({0x3701: octets, 0x3707: name, 0x3704: short or name[:8], 0x3705: 1})


# TNEF (MS-OXTNEF)


def attribute(level: int, number: int, value: bytes, checksum: int | None = None) -> bytes:
    """One attribute; its checksum right unless one is given."""
    total = sum(value) & 0xFFFF if checksum is None else checksum
    return struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", total)


def tnef(*attributes: bytes, code_page: int = 932) -> bytes:
    """A TNEF stream."""
    start = attribute(1, 0x00089006, b"\0\0\1\0") + attribute(1, 0x00069007, struct.pack("<II", code_page, 0))
    return struct.pack("<IH", 0x223E9F78, 1) + start + b"".join(attributes)


Value = int | str | bytes | list[str] | list[bytes]


def mapi_list(values: list[tuple[int, int, Value]]) -> bytes:
    """A list of MAPI properties: type, number, value (or values, for types of many)."""
    out = struct.pack("<I", len(values))
    for kind, number, value in values:
        out += struct.pack("<HH", kind, number)
        if number >= 0x8000:
            out += bytes(16) + struct.pack("<II", 1, 8) + "abc\0".encode("utf-16-le")
        if isinstance(value, int):
            out += struct.pack("<I", value)
            continue
        many: list[str | bytes] = [*value] if isinstance(value, list) else [value]
        out += struct.pack("<I", len(many))
        for one in many:
            raw = (one + "\0").encode("utf-16-le") if isinstance(one, str) else one
            out += struct.pack("<I", len(raw)) + raw + bytes(-len(raw) % 4)
    return out


def message_properties(*values: tuple[int, int, Value]) -> bytes:
    """The properties of the message of a TNEF stream."""
    return attribute(1, 0x00069003, mapi_list(list(values)))


def tnef_file(data: bytes | None, title: bytes = b"", *values: tuple[int, int, Value]) -> bytes:
    """The attributes of a file. data: None where it lies among the properties."""
    out = attribute(2, 0x00069002, bytes(14))
    if title:
        out += attribute(2, 0x00018010, title + b"\0")
    if data is not None:
        out += attribute(2, 0x0006800F, data)
    return out + (attribute(2, 0x00069005, mapi_list(list(values))) if values else b"")


# OpenPGP (RFC 9580)


def packet(tag: int, body: bytes) -> bytes:
    """A packet in the new format."""
    return bytes((0xC0 | tag, 0xFF)) + struct.pack(">I", len(body)) + body


def literal(octets: bytes, name: bytes = b"", kind: bytes = b"b") -> bytes:
    return packet(11, kind + bytes((len(name),)) + name + bytes(4) + octets)


SEALED = packet(1, b"\3" + bytes(8) + b"\1" + b"\4\0" + bytes(range(128))) + packet(18, b"\1" + bytes(range(200)))
SIGNED_PACKED = packet(
    8,
    b"\2"
    + zlib.compress(packet(4, b"\3" + bytes(12)) + literal(b"open KINGFISHER", b"plan.txt") + packet(2, b"\4" * 20)),
)


def armour(kind: str, octets: bytes) -> bytes:
    """PGP's armour without a checksum, which is optional (section 6.1)."""
    body = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    return (
        f"-----BEGIN PGP {kind}-----\r\nVersion: 1\r\n\r\n".encode() + body + f"-----END PGP {kind}-----\r\n".encode()
    )
