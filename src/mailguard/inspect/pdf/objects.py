"""The objects of a PDF by a scan of its octets: what stands outside of streams, and where each stream lies.

The cross-reference table is not believed: a scan finds what a table hides, what earlier revisions left behind, and what
is left of a file that was cut off. It also says what would not fit into memory, before a library is given the file.
Nothing is executed, nothing is unpacked beyond the limits, and nothing here raises on a broken file.
Source: ISO 32000-1 sections 7.3.8 (streams), 7.5.7 (object streams).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_BEGIN = re.compile(rb">>[ \t\r\n]{0,8}stream(?:\r\n|\n|\r)")
_LENGTH = re.compile(rb"/Length\s+(\d{1,10})(?!\s+\d+\s+R)")
_NUMBER = re.compile(rb"(\d{1,10})\s{1,4}\d{1,5}\s{1,4}\Z")
_FIRST = re.compile(rb"/First\s+(\d{1,8})\b")
_FLATE = re.compile(rb"/Fl(?:ateDecode)?\b")
_OTHER_FILTER = re.compile(rb"/(?:ASCIIHexDecode|ASCII85Decode|LZWDecode|RunLengthDecode|Crypt|AHx|A85|LZW|RL)\b")
_IMAGE = re.compile(rb"/Subtype\s*/Image\b")
_ESCAPED_NAME = re.compile(rb"/[^\s/<>\[\]()]*#[^\s/<>\[\]()]*")
_HEAD = 4096  # a stream's dictionary is looked for so far back
_SLICE = 65536
#: What pdfium could not lay out in the memory of a worker (it takes about 1 kB for each piece of text): octets of a
#: stream, and pieces and letters of text in one.
LARGEST_STREAM = 48 * 2**20
_MOST_PIECES, _MOST_LETTERS = 150_000, 1_500_000
_SHOWN = re.compile(rb"\((?:[^()\\]|\\.)*+\)|<[0-9A-Fa-f]*+>", re.DOTALL)
_MOST_STREAMS = 100_000
_SPREAD = 32 * 2**20  # unpacked object streams, all together


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream. number: of its object, 0 if unknown; head: its dictionary; start, end: of its data; size, begins:
    how much it unpacks to, and the first octets of that.
    """

    number: int
    head: bytes
    start: int
    end: int
    size: int
    begins: bytes

    @property
    def is_xml(self) -> bool:
        return self.begins.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


@dataclass(frozen=True, slots=True)
class Objects:
    """plain: all that stands outside of streams, object streams unpacked, escaped names in their usual spelling;
    unpacked: the objects that stood in object streams; bomb: why it must not be handed to a library, or "".
    """

    octets: bytes
    plain: bytes
    unpacked: bytes
    streams: tuple[Stream, ...]
    bomb: str

    def data(self, stream: Stream, most: int) -> bytes | None:
        """What a stream holds, at most `most` octets; None if its encoding is not known here."""
        if _OTHER_FILTER.search(stream.head):
            return None
        return b"".join(_chunks(self.octets, stream.head, stream.start, stream.end, most))


def scan(octets: bytes, most: int) -> Objects:
    """The objects of a file that may unpack to `most` octets."""
    plain: list[bytes] = []
    unpacked: list[bytes] = []
    streams: list[Stream] = []
    position, total, spread, bomb = 0, 0, 0, ""
    while (match := _BEGIN.search(octets, position)) and len(streams) < _MOST_STREAMS:
        before = octets[position : match.start() + 2]
        plain.append(before)
        found = _stream(octets, before[-_HEAD:], match.end())
        streams.append(found)
        total += found.size
        if found.size > LARGEST_STREAM or total > most:
            bomb = "a stream that unpacks to more than a reader can hold"
            break
        if b"/ObjStm" in found.head and spread < _SPREAD:
            unpacked.append(
                _spread_out(b"".join(_inflated(_slices(octets, found.start, found.end), _SPREAD - spread)), found.head)
            )
            spread += found.size
        position = found.end
    plain.append(octets[position:] if not bomb else b"")
    spare = b"\n".join(unpacked)
    return Objects(octets, _usual_names(b"\n".join((*plain, spare))), spare, tuple(streams), bomb)


def _stream(octets: bytes, before: bytes, start: int) -> Stream:
    begin = before.rfind(b"obj")
    number = _NUMBER.search(before[max(0, begin - 24) : max(0, begin)])
    head = before[max(0, begin) :]
    end = _end(octets, head, start)
    begins, size = (b"", end - start) if _IMAGE.search(head) else _measured(octets, head, start, end)
    return Stream(int(number.group(1)) if number else 0, head, start, end, size, begins)


def _spread_out(content: bytes, head: bytes) -> bytes:
    """The objects of an object stream as they would stand in the file itself."""
    first = int(found.group(1)) if (found := _FIRST.search(head)) else 0
    words = [int(word) for word in content[:first].split() if word.isdigit() and len(word) < 11]
    places = sorted(zip((first + offset for offset in words[1::2]), words[::2], strict=False))
    if not places:
        return content
    ends = [*(start for start, _ in places[1:]), len(content)]
    return b"\n".join(
        b"%d 0 obj\n%b\nendobj" % (number, content[start:end])
        for (start, number), end in zip(places, ends, strict=True)
    )


def _end(octets: bytes, head: bytes, start: int) -> int:
    """Where a stream's data end: as it says where that is true, else at the word."""
    said = _LENGTH.search(head)
    if said:
        end = start + int(said.group(1))
        if octets[end : end + 12].lstrip(b"\r\n ").startswith(b"endstream"):
            return end
    found = octets.find(b"endstream", start)
    return found if found >= 0 else len(octets)


def _measured(octets: bytes, head: bytes, start: int, end: int) -> tuple[bytes, int]:
    """The first octets of a stream and its size unpacked; one more than the largest where it is a bomb."""
    size, begins, pieces, letters = 0, b"", 0, 0
    for chunk in _chunks(octets, head, start, end, LARGEST_STREAM + 1):
        if size and (b"Tj" in chunk or b"TJ" in chunk):  # a page of more than a megabyte
            pieces += chunk.count(b"Tj") + chunk.count(b"TJ")
            letters += sum(map(len, _SHOWN.findall(chunk)))
        begins = begins or chunk[:200]
        size += len(chunk)
        if size > LARGEST_STREAM or pieces > _MOST_PIECES or letters > _MOST_LETTERS:
            return begins, LARGEST_STREAM + 1
    return begins, size


def _chunks(octets: bytes, head: bytes, start: int, end: int, most: int) -> Iterator[bytes]:
    """At most `most` octets (and a slice more) of what a stream holds, in pieces of a megabyte."""
    flates = len(_FLATE.findall(head))
    if not flates:
        for position in range(start, min(end, start + most), _SLICE * 16):
            yield octets[position : min(end, position + _SLICE * 16, start + most)]
    elif flates == 1:
        yield from _inflated(_slices(octets, start, end), most)
    else:
        yield from _inflated(_inflated(_slices(octets, start, end), most), most)


def _inflated(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """What a Flate stream unpacks to, in pieces, as far as it can be unpacked and is wanted."""
    inflater = zlib.decompressobj()
    for packed in chunks:
        while packed and not inflater.eof:
            try:
                chunk = inflater.decompress(packed, min(_SLICE * 16, most))
            except zlib.error:
                return
            packed = inflater.unconsumed_tail
            most -= len(chunk)
            yield chunk
            if most <= 0:
                return
        if inflater.eof:
            return


def _slices(octets: bytes, start: int, end: int) -> Iterator[bytes]:
    return (octets[at : min(end, at + _SLICE)] for at in range(start, end, _SLICE))


def _usual_names(plain: bytes) -> bytes:
    """Names without escapes: /J#61vaScript is /JavaScript (ISO 32000-1 section 7.3.5)."""
    if b"#" not in plain:
        return plain
    return _ESCAPED_NAME.sub(
        lambda name: re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes.fromhex(code[1].decode()), name[0]), plain
    )
