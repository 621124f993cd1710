"""Zip archives to their members, within limits. What cannot be unpacked is still listed.

A bomb is recognised by what its directory claims before anything is unpacked, and by what comes out afterwards.
Members behind a password are opened where the mail itself gives it. Nothing is written to disk.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.inspect.archives import zipcrypt
from mailguard.inspect.archives.entries import OTHER_VOLUME, TooLarge, Unpackable, most_of, note_too_large
from mailguard.inspect.archives.keyring import Keyring, spellings
from mailguard.inspect.archives.zipdata import expanded, packed_data, unpack
from mailguard.inspect.archives.zipfiles import NO_DIRECTORY, Listing, list_members
from mailguard.inspect.archives.zipheaders import AES, STRONG, Member
from mailguard.inspect.content import BOMB, BROKEN, NEEDS_PASSWORD, Content, FileIn, Inner
from mailguard.inspect.limits import SMALL_MEMBER, Budget

_AES_TRY = 1200  # octets that are as slow to read as a key is to make


def list_zip(octets: bytes, budget: Budget) -> Listing:
    """The members of a zip archive. Raises Unpackable if nothing can be listed."""
    return list_members(octets, budget.limits.members)


def note_listing(listing: Listing, budget: Budget, where: str) -> None:
    """Find what is odd about an archive as a whole."""
    if listing.odd:
        budget.find("ambiguous_archive", where, listing.odd)
    if listing.odd == NO_DIRECTORY:
        budget.find("unparseable_attachment", where, "zip without its directory: cut off")
    if listing.overlaps:
        budget.find("ambiguous_archive", where, "members that overlap")
    if listing.behind:
        budget.find("ambiguous_archive", where, "data behind the end of the archive")
    if listing.split:
        budget.find("not_inspectable", where, "one of several volumes")
    if listing.closed:
        budget.find("not_inspectable", where, "the directory itself is encrypted")


def read_listing(file: FileIn, listing: Listing, budget: Budget, short: str = "") -> Content:
    """A listed zip archive as a file: its comments, and its members one by one."""
    whole = not (listing.split or listing.odd == NO_DIRECTORY)
    content = Content(short=short, text=listing.comment, whole=whole, encrypted=listing.closed)
    content.inner = _opened(file.octets, listing, budget, file.where, content)
    return content


def is_bomb(octets: bytes, listing: Listing, budget: Budget) -> bool:
    """Whether the archive claims to expand beyond the limits, or packs members on top of each other."""
    limits = budget.limits
    claimed = sum(member.size for member in listing.members if not member.second)
    if claimed > limits.expanded_bytes or (listing.overlaps and claimed > SMALL_MEMBER):
        return True
    large = (member for member in listing.members if member.size > SMALL_MEMBER)
    return any(member.size > limits.ratio * max(1, member.packed) for member in large)


def _opened(octets: bytes, listing: Listing, budget: Budget, where: str, content: Content) -> Iterator[Inner]:
    bomb = is_bomb(octets, listing, budget)
    if bomb or listing.overlaps:
        budget.find("bomb", where, "expands far beyond its size" + ("; not unpacked" if bomb else ": members overlap"))
    archive = _Archive(octets, budget, where, Keyring(budget, where), listing.split)
    for member in listing.members:
        if member.is_folder:
            continue
        if not budget.take_member(where):
            content.whole = False
            return
        yield Inner(member.name, None, member.size, member.encrypted, BOMB) if bomb else archive.member(member)


@dataclass(slots=True)
class _Archive:
    """One archive whose members are taken out."""

    octets: bytes
    budget: Budget
    where: str
    keyring: Keyring
    split: bool

    def member(self, member: Member) -> Inner:
        most = min(self.budget.left_for_one, most_of(max(member.packed, 1), self.budget))
        try:
            content = self._opened(member, most) if member.encrypted else unpack(self.octets, member, most)
        except TooLarge:
            note_too_large(max(member.size, most + 1), max(member.packed, 1), self.budget, self.where)
            return Inner(member.name, None, member.size, member.encrypted, BOMB)
        except Unpackable as error:
            why = OTHER_VOLUME if self.split and str(error) in (BROKEN, "no local header") else str(error)
            if member.encrypted and why != NEEDS_PASSWORD:
                self.budget.find("not_inspectable", f"{self.where}/{member.name}", why)
            return Inner(member.name, None, member.size, member.encrypted, why)
        self.budget.spend(len(content))
        self._compare(member, content)
        return Inner(member.name, content, len(content), member.encrypted)

    def _compare(self, member: Member, content: bytes) -> None:
        if member.size and len(content) != member.size:
            self.budget.find("ambiguous_archive", self.where, "a member is not as long as it claims")
        elif member.crc and zlib.crc32(content) != member.crc:
            self.budget.find("unparseable_attachment", self.where, "a member is damaged: its checksum is wrong")

    def _opened(self, member: Member, most: int) -> bytes:
        """The content of an encrypted member, by a password from the mail. Raises Unpackable."""
        if member.flags & STRONG:
            raise Unpackable("strong encryption")
        packed = packed_data(self.octets, member)
        for password in self.keyring.tried():
            for spelled in spellings(password):
                content = self._try(packed, member, spelled, most)
                if content is not None:
                    if content:  # nothing has no checksum: one wrong password in 256 opens an empty member
                        self.keyring.fits(password)
                    return content
        raise Unpackable(NEEDS_PASSWORD)

    def _try(self, packed: memoryview, member: Member, password: bytes, most: int) -> bytes | None:
        """The content if the password is right, else None. Raises Unpackable if it is right and does not help."""
        if member.method == AES:
            if not self.budget.take_slow(_AES_TRY, self.where):
                raise Unpackable("encrypted with keys that take too long to make")
            data = zipcrypt.aes_decrypted(packed, member, password)
            return None if data is None else expanded(memoryview(data), zipcrypt.aes_method(member), most)
        if not zipcrypt.opens(packed, member, password):
            return None
        if not self.budget.take_slow(len(packed), self.where):
            raise Unpackable("encrypted in a way that takes too long to undo")
        try:
            plain = memoryview(zipcrypt.decrypted(packed, password))[zipcrypt.HEADER :]
            content = expanded(plain, member.method, most)
        except Unpackable as error:
            if str(error) == BROKEN:  # the check octet fits one wrong password in 256
                return None
            raise
        return content if zlib.crc32(content) == member.crc else None
