"""What the readers of archives share: a member that is not unpacked yet, and how one after another is taken out.

A reader lists its `Entry`s from headers, which are claims; the limits are kept here, in one place, while the members
are unpacked one by one. Nothing is written to disk. What cannot be unpacked is still listed, with the reason.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mailguard.inspect.content import BOMB, NEEDS_PASSWORD, Content, Inner
from mailguard.inspect.limits import SMALL_MEMBER, Budget

#: Why a member of a split archive was not read.
OTHER_VOLUME = "goes on in another volume"


class Unpackable(ValueError):
    """A member cannot be unpacked; the message says why."""


class TooLarge(Unpackable):
    """More comes out than may."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A member as its headers claim it.

    size: octets unpacked; packed: octets in the archive, 0 where several share them; unpack: gives at most so many
    octets, or raises Unpackable; crc: CRC-32 of the content, None if there is none.
    """

    name: str
    size: int
    unpack: Callable[[int], bytes]
    packed: int = 0
    encrypted: bool = False
    crc: int | None = None


def cannot(why: str) -> Callable[[int], bytes]:
    """The `unpack` of a member that cannot be unpacked."""

    def unpack(_most: int) -> bytes:
        raise Unpackable(why)

    return unpack


def taken(entries: Iterable[Entry], content: Content, budget: Budget, where: str) -> Iterator[Inner]:
    """Unpack members within the limits. `content.whole` becomes False where some were left out."""
    for entry in entries:
        if not budget.take_member(where):
            content.whole = False
            return
        yield _unpacked(entry, budget, where)


def most_of(packed: int, budget: Budget) -> int:
    """How many octets may come out of so many packed ones."""
    return min(budget.left, max(SMALL_MEMBER, budget.limits.ratio * packed))


def note_too_large(size: int, packed: int, budget: Budget, where: str) -> None:
    """Find why a file or stream of at least so many octets was not unpacked: a bomb, or more than may be."""
    limits = budget.limits
    if packed and size > max(SMALL_MEMBER, limits.ratio * packed):
        budget.find("bomb", where, "expands far beyond its size; not unpacked")
    elif size > budget.left:
        budget.find("limit_reached", where, f"more than {limits.expanded_bytes} octets come out of archives")
    else:
        budget.find("limit_reached", where, f"a file of more than {limits.member_bytes} octets; it was not read")


def _unpacked(entry: Entry, budget: Budget, where: str) -> Inner:
    most = budget.left_for_one
    if entry.packed:
        most = min(most, most_of(entry.packed, budget))
    try:
        octets = entry.unpack(most)
        if len(octets) > most:
            raise TooLarge("larger than the limit")
    except TooLarge:
        note_too_large(max(entry.size, most + 1), entry.packed, budget, where)
        return Inner(entry.name, None, entry.size, entry.encrypted, BOMB)
    except Unpackable as error:
        why = str(error)
        if entry.encrypted and why != NEEDS_PASSWORD:
            budget.find("not_inspectable", f"{where}/{entry.name}", why)
        return Inner(entry.name, None, entry.size, entry.encrypted, why)
    budget.spend(len(octets))
    if entry.crc is not None and zlib.crc32(octets) != entry.crc:
        budget.find("unparseable_attachment", where, "a member is damaged: its checksum is wrong")
    return Inner(entry.name, octets, len(octets), entry.encrypted)


def joined(lines: Iterable[str]) -> str:
    """Comments as one text, each once."""
    return "\n".join(dict.fromkeys(line.strip() for line in lines if line.strip()))
