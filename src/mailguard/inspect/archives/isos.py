"""Images of ISO 9660 discs: their files by the names that Windows (Joliet) or others (Rock Ridge, plain) would show.

Both trees are walked, since the viewers differ in which they show; what only one has is said. Walks are counted and
remember where they have been, so that a folder in itself ends. UDF is recognised and not read. Source: ECMA-119
sections 8 and 9, Joliet specification, Rock Ridge (RRIP 1.12 section 4.1.4).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from mailguard.inspect.archives.entries import Entry, TooLarge, Unpackable, taken
from mailguard.inspect.archives.oldnames import old_name
from mailguard.inspect.content import BROKEN, Content, FileIn
from mailguard.inspect.limits import Budget

_SECTOR = 2048
_FIRST, _LAST = 16, 64
_FOLDER, _GOES_ON = 2, 0x80
_MOST_STEPS = 100_000
_DEEPEST = 64
_JOLIET = (b"%/@", b"%/C", b"%/E")


@dataclass(slots=True)
class _Claim:
    """A file and the stretches (octet, size) in which it lies."""

    name: str
    stretches: list[tuple[int, int]]

    @property
    def size(self) -> int:
        return sum(size for _, size in self.stretches)


def read_iso(file: FileIn, budget: Budget) -> Content:
    """A disc image."""
    octets = file.octets
    if len(octets) < (_FIRST + 1) * _SECTOR:
        budget.find("unparseable_attachment", file.where, "iso: cut off")
        return Content(whole=False)
    roots, udf = _roots(octets)
    if udf or not roots:
        budget.find("not_inspectable", file.where, "a disc in UDF")
    walks = [_Walk(octets, joliet, budget.limits.members + 1) for _, joliet in roots]
    trees = [list(walk.files(root)) for walk, (root, _) in zip(walks, roots, strict=True)]
    if any(walk.steps > _MOST_STEPS for walk in walks):
        budget.find("limit_reached", file.where, "too many folders in the image; the rest was not read")
    claims = trees[0] if trees else []
    known = {tuple(one.stretches) for one in claims}
    further = [one for tree in trees[1:] for one in tree if one.size and tuple(one.stretches) not in known]
    if further:
        budget.find("ambiguous_archive", file.where, "files that only some programs show")
    whole = bool(roots) and not udf and all(walk.steps <= _MOST_STEPS for walk in walks)
    if roots and len(octets) < struct.unpack_from("<I", octets, _FIRST * _SECTOR + 80)[0] * _SECTOR:
        budget.find("unparseable_attachment", file.where, "iso: cut off")
        whole = False
    content = Content(whole=whole)
    entries = (Entry(one.name, one.size, partial(_read, octets, one)) for one in claims + further)
    content.inner = taken(entries, content, budget, file.where)
    return content


def _read(octets: bytes, claim: _Claim, most: int) -> bytes:
    if claim.size > most:
        raise TooLarge("larger than the limit")
    parts = [octets[begins : begins + size] for begins, size in claim.stretches]
    if sum(map(len, parts)) < claim.size:
        raise Unpackable(BROKEN)
    return b"".join(parts)


def _roots(octets: bytes) -> tuple[list[tuple[bytes, bool]], bool]:
    """The root records with whether they are Joliet's, Joliet first; and whether the disc has UDF."""
    found: list[tuple[bytes, bool]] = []
    udf = False
    for sector in range(_FIRST, _LAST):
        block = octets[sector * _SECTOR : (sector + 1) * _SECTOR]
        mark = block[1:6]
        if mark == b"CD001" and block[0] in (1, 2):
            joliet = block[0] == 2 and block[88:91] in _JOLIET
            if block[0] == 1 or joliet:
                found.append((block[156:190], joliet))
        elif mark in (b"BEA01", b"NSR02", b"NSR03"):
            udf = True
        elif mark not in (b"CD001", b"TEA01", b"BOOT2"):
            break
    return sorted(found, key=lambda root: not root[1]), udf


@dataclass(slots=True)
class _Walk:
    """One walk through a tree. steps: records and sectors looked at so far."""

    octets: bytes
    joliet: bool
    most: int
    steps: int = 0

    def files(self, root: bytes) -> Iterator[_Claim]:
        todo = [("", *_place(root), 0)]
        been: set[int] = set()
        number = 0
        while todo:
            path, begins, size, depth = todo.pop()
            if begins in been or depth > _DEEPEST:
                continue
            been.add(begins)
            before: _Claim | None = None
            for record in self._records(begins, size):
                name = path + self._name(record)
                if record[25] & _FOLDER:
                    todo.append((f"{name}/", *_place(record), depth + 1))
                    continue
                claim = before or _Claim(name, [])
                claim.stretches.append(_place(record))
                before = claim if record[25] & _GOES_ON else None
                if before is None:
                    number += 1
                    yield claim
                if number > self.most:
                    return

    def _records(self, begins: int, size: int) -> Iterator[bytes]:
        """The records of a folder, but for itself and its parent."""
        at, ends = begins, min(begins + size, len(self.octets))
        while at < ends and self.steps <= _MOST_STEPS:
            self.steps += 1
            length = self.octets[at]
            if length < 34 or at + length > len(self.octets):  # the rest of the sector is empty
                at += _SECTOR - (at - begins) % _SECTOR
                continue
            record = self.octets[at : at + length]
            at += length
            if record[33:34] not in (b"\0", b"\1") or record[32] != 1:
                yield record

    def _name(self, record: bytes) -> str:
        raw = record[33 : 33 + record[32]]
        if self.joliet:
            name = raw.decode("utf-16-be", "replace")
        else:
            name = old_name(_rock_ridge(record[33 + record[32] + (record[32] + 1) % 2 :]) or raw)
        return name.partition(";")[0].rstrip(".") if self.joliet or name.endswith(";1") else name


def _place(record: bytes) -> tuple[int, int]:
    """Where the data of a record begin, and how many octets they are."""
    extent, size = struct.unpack_from("<I4xI", record.ljust(34, b"\0"), 2)
    return extent * _SECTOR, size


def _rock_ridge(fields: bytes) -> bytes:
    """The name in the NM fields of a record, b"" if there is none."""
    out, at = b"", 0
    while at + 5 <= len(fields) and fields[at + 2] >= 4:
        if fields[at : at + 2] == b"NM":
            out += fields[at + 5 : at + fields[at + 2]]
        at += fields[at + 2]
    return out
