"""7z archives: their files one by one, folder after folder; with a password where the mail itself gives it.

Folders are unpacked in a stream, so that a solid archive is never held whole. An archive whose header is encrypted
tells no names, and is said to be encrypted. Source: 7zFormat.txt of the LZMA SDK.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.inspect.archives.entries import Entry, TooLarge, Unpackable, cannot, most_of, note_too_large, taken
from mailguard.inspect.archives.keyring import Keyring
from mailguard.inspect.archives.pull import Pull
from mailguard.inspect.archives.sevencoders import AES, chain_of, unpacked
from mailguard.inspect.archives.sevenheader import ENCODED, File, Folder, Header, Streams, read_encoded, read_header
from mailguard.inspect.archives.sevenkeys import key_of, properties_of
from mailguard.inspect.content import BOMB, BROKEN, NEEDS_PASSWORD, Content, FileIn, Inner
from mailguard.inspect.limits import Budget

_MOST_HEADER = 32 * 2**20
_DEEPEST = 4  # headers packed in headers
_ROUNDS_AN_OCTET = 16  # rounds of a key that take as long as one octet that is slow to read


def is_start(octets: bytes, at: int) -> bool:
    """Whether a 7z archive really starts here: the first header has its checksum."""
    start = octets[at + 12 : at + 32]
    return len(start) == 20 and zlib.crc32(start) == struct.unpack_from("<I", octets, at + 8)[0]


def read_7z(file: FileIn, budget: Budget) -> Content:
    """A 7z archive."""
    archive = _Archive(file.octets, budget, file.where, Keyring(budget, file.where))
    try:
        header = archive.header()
    except Unpackable as error:
        closed = archive.header_encrypted
        if str(error) != NEEDS_PASSWORD:
            budget.find("not_inspectable" if closed else "unparseable_attachment", file.where, f"7z: {error}")
        return Content(whole=False, encrypted=closed)
    content = Content(encrypted=archive.header_encrypted)
    content.inner = archive.members(header, content)
    return content


@dataclass(slots=True)
class _Archive:
    """One archive that is read."""

    octets: bytes
    budget: Budget
    where: str
    keyring: Keyring
    header_encrypted: bool = False
    keys: dict[tuple[str, int, bytes], bytes] = field(default_factory=dict)

    def header(self) -> Header:
        """The header, unpacked where it is packed. Raises Unpackable; NEEDS_PASSWORD if nobody knows the password."""
        if not is_start(self.octets, 0):
            raise Unpackable("cut off, or a broken start")
        offset, size, crc = struct.unpack_from("<QQI", self.octets, 12)
        octets = self.octets[32 + offset : 32 + offset + size]
        if not size:
            return Header()
        if len(octets) < size or zlib.crc32(octets) != crc:
            raise Unpackable("cut off: its header is not there")
        for _ in range(_DEEPEST):
            if octets[0] != ENCODED:
                return read_header(octets)
            octets = self._unpacked_header(read_encoded(octets))
        raise Unpackable("headers in headers")

    def _unpacked_header(self, streams: Streams) -> bytes:
        if not streams.folders or not 0 < streams.folders[0].size <= min(_MOST_HEADER, self.budget.left):
            raise Unpackable("a header of an odd size")
        folder = streams.folders[0]
        self.header_encrypted = self.header_encrypted or _is_encrypted(folder)
        source, head = self._source(folder, self._packed(streams, 0), folder.size, folder.crc)
        octets = head + source.rest()
        self.budget.spend(len(octets))
        if folder.crc is not None and zlib.crc32(octets) != folder.crc:
            raise Unpackable("a broken header")
        if not octets:
            raise Unpackable("an empty header")
        return octets

    def members(self, header: Header, content: Content) -> Iterator[Inner]:
        """All files, folder after folder."""
        with_data = [file for file in header.files if file.has_data]
        empty = [file for file in header.files if not file.has_data and not file.is_folder]
        yield from taken((Entry(file.name, 0, lambda _most: b"") for file in empty), content, self.budget, self.where)
        begins = number = 0
        for folder, sizes in zip(header.streams.folders, header.streams.files, strict=False):
            files = with_data[begins : begins + len(sizes)]
            packed = self._packed(header.streams, number)
            yield from self._folder(folder, packed, files, sizes, content)
            begins, number = begins + len(sizes), number + len(folder.packed)
        if begins != len(with_data):
            raise Unpackable("files without data")

    def _packed(self, streams: Streams, number: int) -> bytes:
        if number >= len(streams.packed):
            return b""
        offset, size = streams.packed[number]
        return self.octets[32 + offset : 32 + offset + size]

    def _folder(
        self, folder: Folder, packed: bytes, files: list[File], sizes: list[tuple[int, int | None]], content: Content
    ) -> Iterator[Inner]:
        encrypted = _is_encrypted(folder)
        why = ""
        if folder.size > most_of(len(packed), self.budget):
            note_too_large(folder.size, len(packed), self.budget, self.where)
            why = BOMB
        entries: Iterator[Entry]
        try:
            if why or not sizes:
                raise Unpackable(why)
            source, head = self._source(folder, packed, *sizes[0])
            entries = self._entries(source, head, files, sizes, encrypted)
        except Unpackable as error:
            why = BOMB if isinstance(error, TooLarge) else str(error)
            entries = (
                Entry(file.name, size, cannot(why), encrypted=encrypted)
                for file, (size, _) in zip(files, sizes, strict=False)
            )
        yield from taken(entries, content, self.budget, self.where)

    def _entries(
        self, source: Pull, head: bytes, files: list[File], sizes: list[tuple[int, int | None]], encrypted: bool
    ) -> Iterator[Entry]:
        """Files out of a stream: each must be taken before the next, as `taken` does. head: the first, read before."""

        def next_one(size: int, first: bool, most: int) -> bytes:
            if size > most:
                source.skip(0 if first else size)
                raise TooLarge("larger than the limit")
            octets = head if first else source.read(size)
            if len(octets) < size:
                raise Unpackable(source.broken or BROKEN)
            return octets

        for number, (file, (size, crc)) in enumerate(zip(files, sizes, strict=False)):
            first = number == 0
            yield Entry(
                file.name, size, lambda most, size=size, first=first: next_one(size, first, most),  # type: ignore[misc]
                encrypted=encrypted, crc=crc,
            )  # fmt: skip

    def _source(self, folder: Folder, packed: bytes, size: int, crc: int | None) -> tuple[Pull, bytes]:
        """What comes out of a folder and its first file, read to see whether a password is right."""
        chain_of(folder)
        if not _is_encrypted(folder):
            source = self._pull(folder, packed, "")
            return source, source.read(size)
        for password in self.keyring.tried():
            source = self._pull(folder, packed, password)
            try:
                head = source.read(size)
            except TooLarge:
                raise
            except Unpackable as error:
                if str(error) != BROKEN:
                    raise
                continue
            if len(head) == size and crc is not None and zlib.crc32(head) == crc:
                self.keyring.fits(password)
                return source, head
        raise Unpackable(NEEDS_PASSWORD)

    def _pull(self, folder: Folder, packed: bytes, password: str) -> Pull:
        def keys(properties: bytes) -> tuple[bytes, bytes]:
            power, salt, vector = properties_of(properties)
            known = (password, power, salt)
            if known not in self.keys:
                if not self.budget.take_slow((1 << min(power, 40)) // _ROUNDS_AN_OCTET, self.where):
                    raise Unpackable("encrypted with keys that take too long to make")
                self.keys[known] = key_of(password, power, salt)
            return self.keys[known], vector

        return Pull(unpacked(folder, packed, keys), folder.size)


def _is_encrypted(folder: Folder) -> bool:
    return any(coder.method == AES for coder in folder.coders)
