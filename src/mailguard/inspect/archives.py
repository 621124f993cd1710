"""Archives to their members, within limits: zip, tar, gzip, bzip2, xz. What cannot be unpacked is still listed.

A bomb is recognised by what its directory claims before anything is unpacked, and by what comes out afterwards.
Nothing is written to disk. Members come back as octets with the reason why there are none, where there are none.
"""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.inspect.limits import Budget
from mailguard.inspect.zipfiles import Listing, Member, Unpackable, list_members, unpack

_SMALL = 2**20


@dataclass(frozen=True, slots=True)
class Unpacked:
    """One member. octets: None if it could not be unpacked, `why` says why; size: then only claimed."""

    name: str
    octets: bytes | None
    size: int
    encrypted: bool = False
    why: str = ""


def open_zip(octets: bytes, listing: Listing, budget: Budget, where: str) -> Iterator[Unpacked]:
    """The members of a listed zip archive, folders left out."""
    if is_bomb(octets, listing, budget):
        budget.find("bomb", where, "expands far beyond its size; not unpacked")
        for member in listing.members[: budget.limits.members]:
            yield Unpacked(member.name, None, member.size, member.encrypted, "bomb")
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
    if any(member.size > _SMALL and member.size > limits.ratio * max(1, member.packed) for member in listing.members):
        return True
    # Overlapping members: one kernel of data counted many times.
    return sum(member.packed for member in listing.members) > 2 * len(octets) + _SMALL


def list_zip(octets: bytes, budget: Budget) -> Listing:
    """The members of a zip archive. Raises Unpackable if nothing can be listed."""
    return list_members(octets, budget.limits.members)


def expand(octets: bytes, short: str, budget: Budget, where: str) -> bytes | None:
    """A gzip, bzip2 or xz file expanded; None (with findings) if it is broken from the start or a bomb."""
    most = min(budget.left, max(_SMALL, budget.limits.ratio * len(octets)))
    out: list[bytes] = []
    total, rest = 0, octets
    try:
        while rest and total <= most:
            piece, rest = _stream(rest, short, most - total + 1)
            out.append(piece)
            total += len(piece)
    except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError):
        if not total:
            budget.find("unparseable_attachment", where, f"broken {short}")
            return None
        budget.find("unparseable_attachment", where, f"{short} with garbage at its end")
    if total > most:
        budget.find("bomb", where, "expands far beyond its size; not unpacked")
        return None
    budget.spend(total)
    return b"".join(out)


def open_tar(octets: bytes, budget: Budget, where: str) -> Iterator[Unpacked]:
    """The files in a tar archive; links and devices are only named."""
    try:
        with tarfile.open(fileobj=io.BytesIO(octets), mode="r:", errors="surrogateescape") as archive:
            for info in archive:
                if info.isdir():
                    continue
                if not budget.take_member(where):
                    return
                source = archive.extractfile(info) if info.isreg() and info.size <= budget.left else None
                content = source.read() if source else None
                if content is not None:
                    budget.spend(len(content))
                yield Unpacked(_tar_name(info.name), content, info.size, why="" if content is not None else "no file")
    except (tarfile.TarError, OSError, ValueError, EOFError):
        budget.find("unparseable_attachment", where, "broken tar")


def _member(octets: bytes, member: Member, budget: Budget, where: str) -> Unpacked:
    most = min(budget.left, max(_SMALL, budget.limits.ratio * max(member.packed, 1)))
    if member.encrypted:
        return Unpacked(member.name, None, member.size, encrypted=True, why="encrypted")
    try:
        content = unpack(octets, member, most)
    except Unpackable as error:
        if str(error) == "larger than the limit":
            budget.find("bomb", where, "a member expands beyond what it claims; not unpacked")
        return Unpacked(member.name, None, member.size, why=str(error))
    budget.spend(len(content))
    if member.size and len(content) != member.size:
        budget.find("ambiguous_archive", where, "a member is not as long as it claims")
    elif member.crc and zlib.crc32(content) != member.crc:
        budget.find("unparseable_attachment", where, "a member is damaged: its checksum is wrong")
    return Unpacked(member.name, content, len(content))


def _stream(octets: bytes, short: str, most: int) -> tuple[bytes, bytes]:
    """One compressed stream, at most `most` octets of it, and what follows it."""
    if short == "gz":
        gz = zlib.decompressobj(31)
        content = gz.decompress(octets, most)
        if not gz.eof and len(content) < most:
            content += gz.flush()
        return content, gz.unused_data if gz.eof else b""
    one = bz2.BZ2Decompressor() if short == "bz2" else lzma.LZMADecompressor(memlimit=128 * 2**20)
    content = one.decompress(octets, most)
    return content, one.unused_data if one.eof else b""


def _tar_name(name: str) -> str:
    raw = name.encode("utf-8", "surrogateescape")
    for codec in ("utf-8", "cp932"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")
