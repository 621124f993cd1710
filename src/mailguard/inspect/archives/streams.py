"""Single files compressed: gzip, bzip2, xz, LZMA, Zstandard; in one stream or several, expanded piece by piece.

A tar archive inside is read as it comes out, so that it is never held whole. Within limits; what is broken at its end
gives what came before, with a finding. Nothing is written to disk. Source: RFC 1952 (gzip), RFC 8878 (Zstandard).
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Protocol

from mailguard.inspect.archives.entries import TooLarge, Unpackable, most_of, note_too_large
from mailguard.inspect.archives.marks import is_tar
from mailguard.inspect.archives.oldnames import old_name
from mailguard.inspect.archives.pull import CUT_OFF, Pull
from mailguard.inspect.archives.tars import open_tar
from mailguard.inspect.content import BROKEN, Content, FileIn, Inner
from mailguard.inspect.limits import Budget

if TYPE_CHECKING:
    import zstandard

_PIECE = 2**20
_FED = 2**16
_MOST_STREAMS = 10_000
_MEMORY = 128 * 2**20
#: Extensions that say only how a file is compressed, and those that say that there is a tar archive in it.
_PLAIN = frozenset({"gz", "bz2", "xz", "zst", "lzma", "gzip", "z"})
_TARRED = frozenset({"tgz", "tbz", "tbz2", "txz", "tzst", "tlz", "taz"})


def read_compressed(file: FileIn, budget: Budget, short: str) -> Content:
    """A compressed file: the one file in it, or the files of the tar archive in it."""
    source = Pull(_pieces(file.octets, short), most_of(len(file.octets), budget))
    content = Content()
    try:
        head = source.peek(1024)
    except TooLarge:
        note_too_large(most_of(len(file.octets), budget) + 1, len(file.octets), budget, file.where)
        return Content(whole=False)
    except Unpackable as error:
        budget.find("unparseable_attachment", file.where, f"{short}: {error}")
        return Content(whole=False)
    if is_tar(head):
        content.inner = open_tar(source, budget, file.where, content, packed=len(file.octets))
    else:
        content.inner = _single(file, source, content, budget, short)
    return content


def _single(file: FileIn, source: Pull, content: Content, budget: Budget, short: str) -> Iterator[Inner]:
    if not budget.take_member(file.where):
        content.whole = False
        return
    name = _gzip_name(file.octets) if short == "gz" else ""
    name = name or _inner_name(file.name)
    try:
        octets = source.read(budget.left_for_one + 1)
        if len(octets) > budget.left_for_one:
            raise TooLarge("larger than the limit")
    except TooLarge:
        size = min(budget.left_for_one, most_of(len(file.octets), budget)) + 1
        note_too_large(size, len(file.octets), budget, file.where)
        content.whole = False
        return
    if source.broken:
        budget.find("unparseable_attachment", file.where, f"{short}: {source.broken}")
        content.whole = content.whole and source.broken == GARBAGE
    budget.spend(len(octets))
    yield Inner(name, octets, len(octets))


def _inner_name(name: str) -> str:
    """The name of the file in a compressed one, by the name of the latter."""
    stem, _, last = name.rpartition(".")
    if last.lower() in _TARRED and stem:
        return f"{stem}.tar"
    return (stem if last.lower() in _PLAIN else name) or "content"


def _gzip_name(octets: bytes) -> str:
    """The original name in a gzip header (RFC 1952 section 2.3.1), "" if there is none."""
    if len(octets) < 12 or not octets[3] & 8:
        return ""
    begins = 12 + int.from_bytes(octets[10:12], "little") if octets[3] & 4 else 10
    ends = octets.find(b"\0", begins, begins + 1000)
    return old_name(octets[begins:ends]) if ends > begins else ""


#: What stands behind the last stream is no further one.
GARBAGE = "garbage at its end"


class _Decoder(Protocol):
    """What the decoders have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


def _pieces(octets: bytes, short: str) -> Iterator[bytes]:
    """All streams of a compressed file, in pieces. Raises Unpackable where it is broken."""
    at = 0
    for number in range(_MOST_STREAMS):
        if octets.count(b"\0", at) == len(octets) - at if octets[at : at + 1] == b"\0" else at >= len(octets):
            return
        decoder, expand = _decoder(short)
        try:
            while not decoder.eof and at < len(octets):
                fed = octets[at : at + _FED]
                at += len(fed)
                yield from expand(fed)
        except Exception as error:  # zlib.error, OSError, LZMAError, ZstdError: all say the same
            raise Unpackable(GARBAGE if number else BROKEN) from error
        if not decoder.eof:
            raise Unpackable(CUT_OFF)
        at -= len(decoder.unused_data)
    raise Unpackable("too many streams")


def _decoder(short: str) -> tuple[_Decoder, Callable[[bytes], Iterator[bytes]]]:
    """A fresh decoder, and what expands octets with it piece by piece."""
    if short == "gz":
        gz = zlib.decompressobj(31)
        return gz, partial(_inflated, gz)
    if short == "zst":
        import zstandard

        zst = _Zstandard(zstandard.ZstdDecompressor(max_window_size=_MEMORY).decompressobj())
        return zst, zst.pieces
    one = bz2.BZ2Decompressor() if short == "bz2" else lzma.LZMADecompressor(memlimit=_MEMORY)
    return one, partial(_expanded, one)


def _inflated(gz: zlib._Decompress, octets: bytes) -> Iterator[bytes]:
    while True:
        piece = gz.decompress(octets, _PIECE)
        octets = gz.unconsumed_tail
        yield piece
        if gz.eof or (not octets and len(piece) < _PIECE):
            return


def _expanded(one: bz2.BZ2Decompressor | lzma.LZMADecompressor, octets: bytes) -> Iterator[bytes]:
    yield one.decompress(octets, _PIECE)
    while not one.eof and not one.needs_input:
        yield one.decompress(b"", _PIECE)


class _Zstandard:
    """A decoder that gives all it can at once is fed in sips: a block of 4 octets may say 128 KB of one letter."""

    _SIP = 512

    def __init__(self, inner: zstandard.ZstdDecompressionObj) -> None:
        self._inner = inner
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    def pieces(self, octets: bytes) -> Iterator[bytes]:
        for at in range(0, len(octets), self._SIP):
            if self._inner.eof:
                self.unused_data += octets[at:]
                return
            yield self._inner.decompress(octets[at : at + self._SIP])
            self.unused_data = self._inner.unused_data
