"""Zip archives listed from the octets: directories and local headers, since unpackers differ in which one they believe.

Own reader, because the standard one shows a single view: the last directory. Here every directory in the file is
read, members that only their local headers name come too, and where two headers of one member contradict each other,
both are listed. Sizes in headers are claims. Never raises but for what is no archive; says what was wrong with it.
"""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.archives.oldnames import old_name
from mailguard.inspect.archives.zipheaders import (
    CENTRAL,
    DEFLATED,
    DESCRIPTOR,
    END,
    LOCAL,
    STORED,
    STRONG,
    Member,
    directory,
    local,
)

_MOST_DIRECTORIES = 8
_MOST_ENDS = 4096
_MASKED = 0x2000  # local headers hide what the encrypted directory says (APPNOTE 4.4.4, bit 13)
#: What `Listing.odd` says of an archive whose end is missing.
NO_DIRECTORY = "no directory"


@dataclass(frozen=True, slots=True)
class Listing:
    """Every member that some unpacker would show; odd: why unpackers differ, "" if they would not.

    comment: the comments of the archive and of its members; split: one of several volumes; closed: the directory
    itself is encrypted; overlaps: members lie on each other; behind: data after the archive's end.
    """

    members: tuple[Member, ...]
    odd: str = ""
    comment: str = ""
    split: bool = False
    closed: bool = False
    overlaps: bool = False
    behind: bool = False


def list_members(octets: bytes, most: int) -> Listing:
    """List a zip archive; at most `most` + 1 members. Raises Unpackable if nothing in it can be listed."""
    directories, ends = _directories(octets, most)
    merged: dict[tuple[str, int], Member] = {}
    for found in directories:
        for member in found:
            merged.setdefault((member.name, member.offset), member)
    several = len({frozenset((one.name, one.offset) for one in found) for found in directories}) > 1
    odd = "several directories" if several else ""
    if _add_second_readings(octets, merged):
        odd = odd or "two headers of a member contradict each other"
    if _add_unlisted(octets, merged, most):
        odd = odd or ("members that the directory does not name" if directories else NO_DIRECTORY)
    names = Counter(_plain(one.name) for one in merged.values() if not one.is_folder)
    if max(names.values(), default=0) > 1:
        odd = odd or "several members of one name"
    if not merged and not directories:
        raise Unpackable("neither directory nor members")
    members = tuple(merged.values())[: most + 1]
    closed = b"PK\x06\x08" in octets[-2 * 2**20 :] and any(one.flags & (_MASKED | STRONG) for one in members)
    split = any(_is_split(octets, end) for end in ends) or octets[:4] == b"PK\x07\x08"
    comments = [_comment(octets, end) for end in ends] + [one.comment for one in members]
    return Listing(
        members, odd, "\n".join(one for one in comments if one.strip()), split, closed, _overlap(octets, members),
        bool(ends) and _is_more_behind(octets, ends[0]),
    )  # fmt: skip


def _directories(octets: bytes, most: int) -> tuple[list[list[Member]], list[int]]:
    """The directories, last first, and their ends. One inside a member's data belongs to a zip inside the zip."""
    found: list[list[Member]] = []
    ends: list[int] = []
    inside: list[tuple[int, int]] = []
    position = octets.rfind(END)
    for _ in range(_MOST_ENDS):
        if position < 0 or len(found) == _MOST_DIRECTORIES:
            break
        at = bisect(inside, (position, len(octets))) - 1
        if at < 0 or position >= inside[at][1]:
            members = directory(octets, position, most)
            if members is not None:
                found.append(members)
                ends.append(position)
                inside = sorted(inside + [(one.offset, _end_of(octets, one)) for one in members])
            elif not ends and _is_split(octets, position):
                ends.append(position)
        position = octets.rfind(END, 0, position)
    return found, ends


def _add_second_readings(octets: bytes, merged: dict[tuple[str, int], Member]) -> bool:
    """List members as their local headers have them, too, where that differs in a way that counts."""
    differs = False
    for member in list(merged.values()):
        found = local(octets, member.offset)
        if found is None or found[0].flags & _MASKED:
            continue
        other = found[0]
        same_data = (other.method, other.encrypted) == (member.method, member.encrypted)
        same_size = other.flags & DESCRIPTOR or other.packed in (member.packed, 0xFFFFFFFF)
        if _plain(other.name) == _plain(member.name) and same_data and same_size:
            continue
        differs = True
        if other.flags & DESCRIPTOR and not other.packed:
            other = replace(other, packed=member.packed, size=member.size, crc=member.crc)
        name = other.name if _plain(other.name) != _plain(member.name) or other.is_folder else f"{other.name} (2)"
        merged.setdefault((name, other.offset), replace(other, name=name, second=True))
    return differs


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _add_unlisted(octets: bytes, merged: dict[tuple[str, int], Member], most: int) -> bool:
    """List members that only local headers name; True if there are any."""
    known = {member.offset: _end_of(octets, member) for member in merged.values()}
    starts = sorted(known)
    added = False
    for member in _locals(octets, known, most):
        # A header inside another member's data belongs to a zip inside the zip, which is opened in its turn.
        before = starts[max(0, bisect(starts, member.offset) - 1)] if starts else 0
        if member.offset not in known and not before < member.offset < known.get(before, 0):
            merged[(member.name, member.offset)] = member
            added = True
    return added


def _locals(octets: bytes, known: dict[int, int], most: int) -> Iterator[Member]:
    """Members by their local headers, skipping over data whose length is known."""
    position = octets.find(LOCAL)
    descriptors = _Descriptors(octets)
    for _ in range(most + 1):
        if position < 0:
            return
        found = local(octets, position)
        if found is None:
            position = octets.find(LOCAL, position + 4)
            continue
        member, begins = found
        if member.flags & DESCRIPTOR and not member.packed and position not in known:
            packed, size, crc = descriptors.after(begins)
            if not packed and (member.encrypted or member.method != DEFLATED):  # cut off: all up to the next header
                packed = _next_header(octets, begins) - begins
                size = packed if member.method == STORED and not member.encrypted else 0
            member = replace(member, packed=packed, size=size, crc=crc)
        yield member
        position = octets.find(LOCAL, max(begins + member.packed, known.get(position, 0)))


def _next_header(octets: bytes, begins: int) -> int:
    ends = octets.find(LOCAL, begins)
    ends = len(octets) if ends < 0 else ends
    for mark in (CENTRAL, b"PK\x07\x08"):
        at = octets.find(mark, begins, ends)
        ends = ends if at < 0 else at
    return ends


class _Descriptors:
    """The records behind data whose length their header does not tell (APPNOTE 4.3.9). Looked for once, in order."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = -1

    def after(self, begins: int) -> tuple[int, int, int]:
        """Packed size, size and CRC of the data at `begins`; zeros if no record fits."""
        octets, mark = self._octets, b"PK\x07\x08"
        if self._at < begins:
            self._at = octets.find(mark, begins) if self._at != len(octets) else self._at
        at = self._at
        for _ in range(16):
            if not 0 <= at <= len(octets) - 16:
                break
            crc, packed, size = struct.unpack_from("<III", octets, at + 4)
            if packed == at - begins:
                return packed, size, crc
            at = octets.find(mark, at + 4, at + 2**16)
        if self._at < 0:
            self._at = len(octets)
        return 0, 0, 0


def _overlap(octets: bytes, members: tuple[Member, ...]) -> bool:
    """Whether two members use the same data: one kernel of data counted many times."""
    reach = 0
    for member in sorted((one for one in members if not one.second), key=lambda one: one.offset):
        if member.offset < reach:
            return True
        reach = max(reach, _end_of(octets, member))
    return False


def _end_of(octets: bytes, member: Member) -> int:
    """Where the data of a member end; where it begins, if it has no local header."""
    found = local(octets, member.offset)
    return found[1] + member.packed if found else member.offset


def _is_split(octets: bytes, end: int) -> bool:
    disk, first = struct.unpack_from("<HH", octets, end + 4) if end + 22 <= len(octets) else (0, 0)
    return bool(0 < disk < 0xFFFF or 0 < first < 0xFFFF)


def _comment(octets: bytes, end: int) -> str:
    length = struct.unpack_from("<H", octets, end + 20)[0]
    return old_name(octets[end + 22 : end + 22 + length])


def _is_more_behind(octets: bytes, end: int) -> bool:
    length = struct.unpack_from("<H", octets, end + 20)[0]
    return bool(octets[end + 22 + length :].strip(b"\0\r\n\t \x1a"))
