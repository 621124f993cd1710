"""Cabinet files: their files, stored or in MSZIP; LZX and Quantum are listed and not undone.

A folder of a cabinet is one stream of blocks, each of which refers to the 32 KB before it; it is read in order and
never held whole. Source: MS-CAB "Cabinet File Format" sections 2.1-2.6, MS-MCI "MSZIP" section 2.2.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from mailguard.inspect.archives.entries import OTHER_VOLUME, Entry, Unpackable, cannot, most_of, taken
from mailguard.inspect.archives.oldnames import old_name
from mailguard.inspect.archives.pull import Pull
from mailguard.inspect.content import BROKEN, Content, FileIn
from mailguard.inspect.limits import Budget

_STORED, _MSZIP = 0, 1
_NAMES = {2: "Quantum", 3: "LZX"}
_PREVIOUS, _NEXT, _RESERVE = 1, 2, 4
_HISTORY = 32768


@dataclass(frozen=True, slots=True)
class _Folder:
    """A stream of blocks: where it begins, how many, how they are packed. reserve: octets in each block header."""

    begins: int
    blocks: int
    method: int
    reserve: int


@dataclass(frozen=True, slots=True)
class _Claim:
    """A file: its place in the stream of its folder."""

    folder: int
    begins: int
    size: int
    name: str


def read_cab(file: FileIn, budget: Budget) -> Content:
    """A cabinet."""
    try:
        folders, claims, split = _listed(file.octets, budget.limits.members + 1)
    except (struct.error, Unpackable, IndexError, ValueError):  # ValueError: names of other volumes without an end
        budget.find("unparseable_attachment", file.where, "cab: a broken header")
        return Content(whole=False)
    if split:
        budget.find("not_inspectable", file.where, "one of several volumes")
    if len(file.octets) < struct.unpack_from("<I", file.octets, 8)[0]:
        budget.find("unparseable_attachment", file.where, "cab: cut off")
    content = Content(whole=not split)
    content.inner = taken(_entries(file.octets, folders, claims, budget), content, budget, file.where)
    return content


def _listed(octets: bytes, most: int) -> tuple[list[_Folder], list[_Claim], bool]:
    first, _, _, _, folder_count, file_count, flags, _, _ = struct.unpack_from("<IIBBHHHHH", octets, 16)
    at, of_folder, of_data = 36, 0, 0
    if flags & _RESERVE:
        of_header, of_folder, of_data = struct.unpack_from("<HBB", octets, at)
        at += 4 + of_header
    for _ in range(2 * bool(flags & _PREVIOUS) + 2 * bool(flags & _NEXT)):
        at = octets.index(b"\0", at, at + 300) + 1
    folders = []
    for _ in range(folder_count):
        begins, blocks, method = struct.unpack_from("<IHH", octets, at)
        folders.append(_Folder(begins, blocks, method & 15, of_data))
        at += 8 + of_folder
    claims = []
    for _ in range(min(file_count, most)):
        size, begins, folder, _, _, _ = struct.unpack_from("<IIHHHH", octets, first)
        ends = octets.find(b"\0", first + 16, first + 16 + 1000)
        if ends < 0:
            raise Unpackable(BROKEN)
        raw = octets[first + 16 : ends]
        claims.append(_Claim(folder, begins, size, old_name(raw)))
        first = ends + 1
    return folders, claims, bool(flags & (_PREVIOUS | _NEXT))


def _entries(octets: bytes, folders: list[_Folder], claims: list[_Claim], budget: Budget) -> Iterator[Entry]:
    """Files in the order in which their folders give them: each must be taken before the next."""
    opened: int | None = None
    stream = _Stream(Pull(iter(()), 0))
    for claim in sorted(claims, key=lambda one: (one.folder, one.begins)):
        if claim.folder >= len(folders):
            yield Entry(claim.name, claim.size, cannot(OTHER_VOLUME if claim.folder >= 0xFFFD else BROKEN))
            continue
        folder = folders[claim.folder]
        if folder.method not in (_STORED, _MSZIP):
            yield Entry(claim.name, claim.size, cannot(f"compressed with {_NAMES.get(folder.method, 'something')}"))
            continue
        if opened != claim.folder:
            opened = claim.folder
            stream = _Stream(Pull(_blocks(octets, folder), most_of(len(octets), budget)))
        yield Entry(claim.name, claim.size, partial(stream.take, claim))


@dataclass(slots=True)
class _Stream:
    """A folder that is read in order."""

    source: Pull
    at: int = 0

    def take(self, claim: _Claim, most: int) -> bytes:
        if claim.begins < self.at:
            raise Unpackable("lies on another file")
        self.source.skip(claim.begins - self.at)
        octets = self.source.read(min(claim.size, most + 1))
        self.at = claim.begins + len(octets)
        if len(octets) < min(claim.size, most + 1):
            raise Unpackable(self.source.broken or BROKEN)
        return octets


def _blocks(octets: bytes, folder: _Folder) -> Iterator[bytes]:
    at, history = folder.begins, b""
    for _ in range(folder.blocks):
        header = octets[at : at + 8]
        if len(header) < 8:
            raise Unpackable(BROKEN)
        _, packed, size = struct.unpack("<IHH", header)
        at += 8 + folder.reserve
        data = octets[at : at + packed]
        at += packed
        if folder.method == _STORED:
            yield data
            continue
        history = _unzipped(data, history)
        if len(history) != size:
            raise Unpackable(BROKEN)
        yield history


def _unzipped(data: bytes, history: bytes) -> bytes:
    if data[:2] != b"CK":
        raise Unpackable(BROKEN)
    decoder = zlib.decompressobj(-15, zdict=history) if history else zlib.decompressobj(-15)
    try:
        return decoder.decompress(data[2:], _HISTORY)
    except zlib.error as error:
        raise Unpackable(BROKEN) from error
