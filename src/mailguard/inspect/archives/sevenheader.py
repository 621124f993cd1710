"""The headers of a 7z archive: which files it has, in which folders their data lie packed, by which coders.

Every count is checked against the octets that are there before anything is made of it, so a header of a hundred octets
never asks for a million files. Source: 7zFormat.txt and Methods.txt of the LZMA SDK (public domain). Raises
Unpackable on whatever is not so.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from mailguard.inspect.archives.entries import Unpackable

_END, _HEADER, _PROPERTIES, _ADDITIONAL, _MAIN, _FILES, _PACK, _UNPACK, _SUB = range(9)
_SIZE, _CRC, _FOLDER, _CODER_SIZES, _COUNTS, _EMPTY_STREAM, _EMPTY_FILE, _, _NAMES = range(9, 18)
_COMMENT, ENCODED, _DUMMY = 0x16, 0x17, 0x19
_MOST_CODERS = 16


class _Cursor:
    """Octets read in order."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.at = 0

    @property
    def left(self) -> int:
        return len(self.octets) - self.at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise Unpackable("a header that is cut off")
        self.at += size
        return self.octets[self.at - size : self.at]

    def octet(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """A number whose first octet says how many follow (7zFormat.txt, REAL_UINT64 and UINT64)."""
        first = self.octet()
        value = 0
        for shift in range(8):
            if not first & (0x80 >> shift):
                return value | ((first & ((0x80 >> shift) - 1)) << (8 * shift))
            value |= self.octet() << (8 * shift)
        return value

    def count(self, octets_each: float = 1) -> int:
        """A number of things that each take so many of the octets that are left."""
        number = self.number()
        if number * octets_each > self.left:
            raise Unpackable("a header that counts more than there is")
        return number

    def bits(self, count: int) -> list[bool]:
        octets = self.take(-(-count // 8))
        return [bool(octets[n // 8] & (0x80 >> n % 8)) for n in range(count)]

    def digests(self, count: int) -> list[int | None]:
        defined = [True] * count if self.octet() else self.bits(count)
        return [struct.unpack("<I", self.take(4))[0] if one else None for one in defined]


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of unpacking."""

    method: bytes
    properties: bytes
    inputs: int
    outputs: int


@dataclass(slots=True)
class Folder:
    """Data packed together. binds: (input, output) of joined coders; packed: inputs that lie in the archive."""

    coders: list[Coder]
    binds: list[tuple[int, int]]
    packed: list[int]
    sizes: list[int] = field(default_factory=list)
    crc: int | None = None

    @property
    def size(self) -> int:
        """Octets that come out in the end: of the output that is no other coder's input."""
        bound = {output for _, output in self.binds}
        return next((size for n, size in enumerate(self.sizes) if n not in bound), 0)


@dataclass(slots=True)
class Streams:
    """Packed streams (offset, size) and what comes out of them: for each folder the files in it (size, CRC)."""

    packed: list[tuple[int, int]] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)
    files: list[list[tuple[int, int | None]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class File:
    """A file by its name. has_data: it lies in a folder; otherwise it is empty, or a folder of the file system."""

    name: str
    has_data: bool
    is_folder: bool


@dataclass(slots=True)
class Header:
    """The whole of it."""

    streams: Streams = field(default_factory=Streams)
    files: list[File] = field(default_factory=list)


def read_header(octets: bytes) -> Header:
    """A plain header."""
    cursor = _Cursor(octets)
    header = Header()
    if cursor.octet() != _HEADER:
        raise Unpackable("no header")
    while (kind := cursor.octet()) != _END:
        if kind == _PROPERTIES:
            _skip_properties(cursor)
        elif kind in (_ADDITIONAL, _MAIN):
            streams = _streams(cursor)
            header.streams = streams if kind == _MAIN else header.streams
        elif kind == _FILES:
            header.files = _files(cursor)
        else:
            raise Unpackable("an unknown header")
    return header


def read_encoded(octets: bytes) -> Streams:
    """Where the header lies that an encoded header points to."""
    cursor = _Cursor(octets)
    cursor.take(1)
    return _streams(cursor)


def _skip_properties(cursor: _Cursor) -> None:
    while cursor.octet() != _END:
        cursor.take(cursor.number())


def _streams(cursor: _Cursor) -> Streams:
    streams = Streams()
    while (kind := cursor.octet()) != _END:
        if kind == _PACK:
            streams.packed = _packed(cursor)
        elif kind == _UNPACK:
            streams.folders = _folders(cursor)
        elif kind == _SUB:
            streams.files = _substreams(cursor, streams.folders)
        else:
            raise Unpackable("an unknown header")
    if not streams.files:
        streams.files = [[(folder.size, folder.crc)] for folder in streams.folders]
    return streams


def _packed(cursor: _Cursor) -> list[tuple[int, int]]:
    offset, count = cursor.number(), cursor.count()
    found: list[tuple[int, int]] = []
    while (kind := cursor.octet()) != _END:
        if kind == _SIZE:
            for size in [cursor.number() for _ in range(count)]:
                found.append((offset, size))
                offset += size
        elif kind == _CRC:
            cursor.digests(count)
        else:
            raise Unpackable("an unknown header")
    return found


def _folders(cursor: _Cursor) -> list[Folder]:
    folders: list[Folder] = []
    while (kind := cursor.octet()) != _END:
        if kind == _FOLDER:
            count = cursor.count()
            if cursor.octet():
                raise Unpackable("a header that lies elsewhere")
            folders = [_folder(cursor) for _ in range(count)]
        elif kind == _CODER_SIZES:
            for folder in folders:
                folder.sizes = [cursor.number() for coder in folder.coders for _ in range(coder.outputs)]
        elif kind == _CRC:
            for folder, crc in zip(folders, cursor.digests(len(folders)), strict=True):
                folder.crc = crc
        else:
            raise Unpackable("an unknown header")
    return folders


def _folder(cursor: _Cursor) -> Folder:
    coders = [_coder(cursor) for _ in range(_few(cursor.number()))]
    inputs, outputs = sum(one.inputs for one in coders), sum(one.outputs for one in coders)
    binds = [(cursor.number(), cursor.number()) for _ in range(max(0, outputs - 1))]
    bound = {one for one, _ in binds}
    free = [n for n in range(inputs) if n not in bound]
    packed = free if len(free) == 1 else [cursor.number() for _ in range(max(0, inputs - len(binds)))]
    return Folder(coders, binds, packed)


def _coder(cursor: _Cursor) -> Coder:
    flags = cursor.octet()
    method = cursor.take(flags & 15)
    inputs, outputs = (_few(cursor.number()), _few(cursor.number())) if flags & 0x10 else (1, 1)
    properties = cursor.take(cursor.number()) if flags & 0x20 else b""
    return Coder(method, properties, inputs, outputs)


def _few(number: int) -> int:
    if number > _MOST_CODERS:
        raise Unpackable("too many coders")
    return number


def _substreams(cursor: _Cursor, folders: list[Folder]) -> list[list[tuple[int, int | None]]]:
    counts = [1] * len(folders)
    kind = cursor.octet()
    if kind == _COUNTS:
        counts = [cursor.number() for _ in folders]
        if sum(counts) > cursor.left + len(folders):
            raise Unpackable("a header that counts more than there is")
        kind = cursor.octet()
    sizes: list[list[int]] = []
    for folder, count in zip(folders, counts, strict=True):
        some = [cursor.number() for _ in range(count - 1)] if kind == _SIZE else []
        sizes.append([*some, folder.size - sum(some)][:count] if count else [])
    if kind == _SIZE:
        kind = cursor.octet()
    alone = [folder.crc is not None and len(some) == 1 for folder, some in zip(folders, sizes, strict=True)]
    unknown = sum(len(some) for some, known in zip(sizes, alone, strict=True) if not known)
    digests: list[int | None] = [None] * unknown
    while kind != _END:
        if kind == _CRC:
            digests = cursor.digests(unknown)
        else:
            cursor.take(cursor.number())
        kind = cursor.octet()
    rest = iter(digests)
    return [
        [(size, folder.crc if known else next(rest)) for size in some]
        for folder, some, known in zip(folders, sizes, alone, strict=True)
    ]


def _files(cursor: _Cursor) -> list[File]:
    count = cursor.count(2)  # each name ends with two octets of zero
    names: list[str] = []
    empty, is_file = [False] * count, [False] * count
    while (kind := cursor.number()) != _END:
        part = _Cursor(cursor.take(cursor.number()))
        if kind == _NAMES and not part.octet():
            names = part.octets[1:].decode("utf-16-le", "replace").split("\0")
        elif kind == _EMPTY_STREAM:
            empty = part.bits(count)
        elif kind == _EMPTY_FILE:
            marks = iter(part.bits(sum(empty)))
            is_file = [next(marks) if one else False for one in empty]
    names += [""] * (count - len(names))
    return [
        File(name or "content", not without, without and not file)
        for name, without, file in zip(names, empty, is_file, strict=False)
    ]
