"""Pictures, sound and film: looked at by people, so only what is written beside the picture is read.

Descriptions, comments and keywords leave the company with the picture and are its text; that a place is in it is a
finding, the place is told to nobody. The picture itself is never decoded. Metadata are looked for by their marks, in
whatever container: what stands where no viewer looks leaves the company as well, so any stretch of plain text that may
hold a number, an address or Japanese is read too. Nothing here raises.
Source: Exif 2.32 (JPEG), PNG 3rd edition section 11.3, IPTC-IIM 4.2, RIFF and ISO base media by their marks alone.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from itertools import islice

from mailguard.inspect.chars.charset import decode
from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.limits import Budget
from mailguard.inspect.pictures.exif import HEADERS, Exif, read_exif
from mailguard.inspect.pictures.xmp import is_located, xmp_packets, xmp_texts

_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_EXIF, _MOST_MARKS, _MOST_SEGMENTS = 20, 200, 200
_LONGEST = 2**20
#: Where films keep the place they were taken (QuickTime user data, ISO 6709).
_FILM_MARK = re.compile(rb"\xa9xyz|location\.ISO6709")
_FILM_PLACE = re.compile(rb"[+-]\d{2}\.\d{1,9}[+-]\d{3}\.\d")
_FILM_NEAR = 400
#: Headline, keywords, caption and the like (IPTC-IIM record 2).
_IPTC = re.compile(rb"\x1c\x02[\x05\x19\x28\x50\x55\x5a\x5c\x65\x69\x6e\x73\x74\x76\x78\x7a]")
#: A stretch of octets as texts have them; what in it tells more than the name of a program.
_WRITTEN = re.compile(rb"(?<![\t\n\r -~\x80-\xff])[\t\n\r -~\x80-\xff]{16,}+")
_TELLING = re.compile(rb"[0-9](?:[^A-Za-z0-9:]{0,3}[0-9]){9}|[A-Za-z0-9]@[A-Za-z0-9]|[\xe3-\xe9][\x80-\xbf]{2}")
_LETTERS = re.compile(rb"[A-Za-z0-9 ,\n]|[\xe3-\xe9][\x80-\xbf]{2}")


def read_picture(file: FileIn, budget: Budget) -> Content:
    """What is written in a picture; the finding that a place is."""
    texts = note_place(file, budget)
    if file.octets.startswith(_PNG):
        texts += _png_texts(file.octets, budget, file.where)
    elif file.octets.startswith(b"\xff\xd8"):
        texts += _jpeg_texts(file.octets)
    texts += _written(file, budget)
    return Content(text="\n".join(dict.fromkeys(text for text in texts if text.strip())))


def _written(file: FileIn, budget: Budget) -> Iterator[str]:
    """Plain texts anywhere in the octets: behind the picture, in chunks of no known kind, in tags of films."""
    left = _LONGEST
    first, *others = file.octets.split(b"<x:xmpmeta")
    for piece in (first, *(other.partition(b"</x:xmpmeta")[2] for other in others)):  # packets are read by themselves
        for match in _WRITTEN.finditer(piece):
            # In this order: a picture is noise, and most stretches of noise tell nothing.
            if not _TELLING.search(match.group()) or not _is_prose(match.group()[:4096]):
                continue
            if left <= 0:
                budget.find("limit_reached", file.where, "more text beside a picture than is read")
                return
            yield match.group()[:left].decode("utf-8", "replace")
            left -= len(match.group())


def _is_prose(sample: bytes) -> bool:
    return len(b"".join(_LETTERS.findall(sample))) >= 0.7 * len(sample)


def note_place(file: FileIn, budget: Budget) -> list[str]:
    """The finding that a file tells where a picture in it was taken; gives the texts that stand beside the place."""
    octets = file.octets
    exifs = list(_every_exif(octets))
    packets = list(xmp_packets(octets))
    marks = (mark.end() for mark in islice(_FILM_MARK.finditer(octets), _MOST_MARKS))
    film = any(_FILM_PLACE.search(octets, mark, mark + _FILM_NEAR) for mark in marks)
    if film or any(exif.located for exif in exifs) or any(is_located(packet) for packet in packets):
        budget.find("gps_position", file.where, "latitude and longitude are in it")
    return [text for exif in exifs for text in exif.texts] + [text for one in packets for text in xmp_texts(one)]


def _every_exif(octets: bytes) -> Iterator[Exif]:
    if octets[:4] in HEADERS:
        yield read_exif(octets, 0)
    for place in islice(_marked(octets), _MOST_EXIF):
        yield read_exif(octets, place)


def _marked(octets: bytes) -> Iterator[int]:
    """Where a TIFF header follows a mark of EXIF."""
    for header in HEADERS:
        place = octets.find(header, 1)
        for _ in range(_MOST_MARKS):
            if place < 0:
                break
            before = octets[max(0, place - 8) : place]
            # JPEG and HEIC, PNG, then WebP and JPEG XL with four octets of length or offset between
            if before.endswith((b"Exif\0\0", b"eXIf")) or before[:4] in (b"EXIF", b"Exif"):
                yield place
            place = octets.find(header, place + 4)


def _png_texts(octets: bytes, budget: Budget, where: str) -> Iterator[str]:
    """The text chunks of a PNG, as long as they are not too many to be a description."""
    place, left = len(_PNG), _LONGEST
    while place + 8 <= len(octets):
        length, kind = struct.unpack_from(">I4s", octets, place)
        if kind == b"IEND":
            return
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            if left <= 0:
                budget.find("limit_reached", where, "more text beside a picture than is read")
                return
            text = _png_text(kind, octets[place + 8 : place + 8 + min(length, left)])
            left -= len(text) + 1
            yield text
        place += 12 + length


def _png_text(kind: bytes, chunk: bytes) -> str:
    keyword, _, rest = chunk.partition(b"\0")
    if keyword == b"XML:com.adobe.xmp":
        return ""
    packed = kind == b"zTXt"
    if kind == b"zTXt":
        rest = rest[1:]
    elif kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    if packed:
        try:
            rest = zlib.decompressobj().decompress(rest, _LONGEST)
        except zlib.error:
            return ""
    return decode(rest, "").both


def _jpeg_texts(octets: bytes) -> Iterator[str]:
    """Comments and IPTC texts of a JPEG, from the segments before its picture."""
    place = 2
    for _ in range(_MOST_SEGMENTS):
        if octets[place : place + 1] != b"\xff" or place + 4 > len(octets) or octets[place + 1] == 0xDA:
            return
        kind, length = struct.unpack_from(">xBH", octets, place)
        segment = octets[place + 4 : place + 2 + length]
        if kind == 0xFE:
            yield decode(segment.rstrip(b"\0"), "").both
        elif kind == 0xED and segment.startswith(b"Photoshop 3.0\0"):
            yield from _iptc_texts(segment)
        place += 2 + length


def _iptc_texts(segment: bytes) -> Iterator[str]:
    place = 0
    while found := _IPTC.search(segment, place):
        start = found.end() + 2
        place = start + int.from_bytes(segment[found.end() : start], "big")
        yield decode(segment[start:place], "").both
