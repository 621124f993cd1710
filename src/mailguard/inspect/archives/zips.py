"""Zip archives to their members, within limits. What cannot be unpacked is still listed.

A bomb is recognised by what its directory claims before anything is unpacked, and by what comes out afterwards.
Nothing is written to disk. Members come back as octets with the reason why there are none, where there are none.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from mailguard.inspect.archives.zipfiles import Listing, Member, Unpackable, list_members, unpack
from mailguard.inspect.content import BOMB, NEEDS_PASSWORD, Inner
from mailguard.inspect.limits import SMALL_MEMBER, Budget


def open_zip(octets: bytes, listing: Listing, budget: Budget, where: str) -> Iterator[Inner]:
    """The members of a listed zip archive, folders left out."""
    if is_bomb(octets, listing, budget):
        budget.find("bomb", where, "expands far beyond its size; not unpacked")
        for member in listing.members[: budget.limits.members]:
            yield Inner(member.name, None, member.size, member.encrypted, BOMB)
        return
    for member in listing.members:
        if member.is_folder:
            continue
        if not budget.take_member(where):
            return
        yield _member(octets, member, budget, where)


def is_bomb(octets: bytes, listing: Listing, budget: Budget) -> bool:
    """Whether the archive claims to expand beyond the limits, or packs members on top of each other."""
    limits = budget.limits
    if sum(member.size for member in listing.members) > limits.expanded_bytes:
        return True
    large = (member for member in listing.members if member.size > SMALL_MEMBER)
    if any(member.size > limits.ratio * max(1, member.packed) for member in large):
        return True
    # Overlapping members: one kernel of data counted many times.
    return sum(member.packed for member in listing.members) > 2 * len(octets) + SMALL_MEMBER


def list_zip(octets: bytes, budget: Budget) -> Listing:
    """The members of a zip archive. Raises Unpackable if nothing can be listed."""
    return list_members(octets, budget.limits.members)


def _member(octets: bytes, member: Member, budget: Budget, where: str) -> Inner:
    most = min(budget.left, max(SMALL_MEMBER, budget.limits.ratio * max(member.packed, 1)))
    if member.encrypted:
        return Inner(member.name, None, member.size, encrypted=True, why=NEEDS_PASSWORD)
    try:
        content = unpack(octets, member, most)
    except Unpackable as error:
        if str(error) == "larger than the limit":
            budget.find("bomb", where, "a member expands beyond what it claims; not unpacked")
        return Inner(member.name, None, member.size, why=str(error))
    budget.spend(len(content))
    if member.size and len(content) != member.size:
        budget.find("ambiguous_archive", where, "a member is not as long as it claims")
    elif member.crc and zlib.crc32(content) != member.crc:
        budget.find("unparseable_attachment", where, "a member is damaged: its checksum is wrong")
    return Inner(member.name, content, len(content))
