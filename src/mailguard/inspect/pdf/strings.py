"""What a PDF says beside its pages: strings in its objects, the files that it embeds, what it would do.

Titles, bookmarks, notes, values of forms, links: whatever object they stand in, listed or not, since all of them leave
the company. Works on `Objects`, so on broken files too. Source: ISO 32000-1 sections 7.9.2 (text strings), 12.5
(annotations), 12.6 (actions), 12.7 (forms), 7.11.4 (embedded files).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.inspect.chars.charset import decode
from mailguard.inspect.page.html import xml_text
from mailguard.inspect.pdf.objects import Objects
from mailguard.inspect.pictures.xmp import xmp_packets, xmp_texts

_LITERAL = rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*+\))*+\))*+\)"
_STRING = rb"(" + _LITERAL + rb"|<[0-9A-Fa-f\s]*+>)"
_KEYS = (
    rb"Title|Author|Subject|Keywords|Company|Comments|Category|Contents|RC|Subj|V|DV|RV|TU|URI|Desc|Alt|UF|F|Reason"
    rb"|Location|ContactInfo"
)
_SAID = re.compile(rb"/(" + _KEYS + rb")\s{0,9}\[?\s{0,9}" + _STRING, re.DOTALL)
_ALONE = re.compile(rb"\bobj\s*" + _STRING + rb"\s*endobj\b", re.DOTALL)
_EMBEDDED = re.compile(rb"/EF\s*<<([^<>]{0,400})>>")
_REFERENCE = re.compile(rb"/U?F\s+(\d{1,10})\s+\d{1,5}\s+R")
_NAME = re.compile(rb"/U?F\s*" + _STRING, re.DOTALL)
_AROUND = 1500  # a file's name stands so near to the reference to its data
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
_LAUNCH = re.compile(rb"/S\s*/Launch\b")
_SCRIPT = re.compile(rb"/S\s*/JavaScript\b")
#: Formats and sums that form designers attach to fields: calls of what every viewer has built in.
_BUILT_IN = re.compile(rb"/JS\s*\(\s*AF[A-Z][A-Za-z]{2,20}_?[A-Za-z]{0,20}\s*\\?\(")
_XFA_MOST = 4 * 2**20


def beside_pages(objects: Objects) -> Iterator[str]:
    """The strings of the objects that are meant for people, then what XMP and XFA forms say."""
    for match in _SAID.finditer(objects.plain):
        key, octets = match.group(1), raw_string(match.group(2))
        if key == b"Contents" and octets[:1] == b"0":  # a signature: DER
            continue
        yield xml_text(text_string(octets)) if key in (b"RC", b"RV") else text_string(octets)
    for match in _ALONE.finditer(objects.plain):
        yield text_string(raw_string(match.group(1)))
    for packet in xmp_packets(objects.octets):
        yield from xmp_texts(packet)
    if b"/XFA" in objects.plain:
        yield from _forms(objects)


def does_script(objects: Objects) -> bool:
    """Whether it would run JavaScript of its own."""
    return len(_SCRIPT.findall(objects.plain)) > len(_BUILT_IN.findall(objects.plain))


def does_launch(objects: Objects) -> bool:
    """Whether it would start a program."""
    return bool(_LAUNCH.search(objects.plain))


def embedded_names(objects: Objects) -> Iterator[tuple[str, int]]:
    """The name of each embedded file, and the number of the object with its data."""
    seen: set[int] = set()
    for match in _EMBEDDED.finditer(objects.plain):
        reference = _REFERENCE.search(match.group(1))
        if reference is None or int(reference.group(1)) in seen:
            continue
        seen.add(int(reference.group(1)))
        yield _name_near(objects.plain, match.start(), match.end()), int(reference.group(1))


def raw_string(token: bytes) -> bytes:
    """The octets of a string as it is written: (literal) or <hexadecimal>."""
    if token[:1] == b"<":
        digits = re.sub(rb"\s", b"", token[1:-1])
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    return _ESCAPE.sub(_unescaped, token[1:-1]) if b"\\" in token else token[1:-1]


def text_string(octets: bytes) -> str:
    """A text string: UTF-16 or UTF-8 by its mark; else what the producer's machine wrote."""
    if octets[:2] == b"\xfe\xff":
        return octets[2:].decode("utf-16-be", "replace")
    if octets[:2] == b"\xff\xfe":
        return octets[2:].decode("utf-16-le", "replace")
    return octets.decode("ascii") if octets.isascii() else decode(octets, "").both


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match.group(1)
    if code.isdigit() and code < b"8":
        return bytes((int(code, 8) & 0xFF,))
    return _ESCAPES.get(code, code)


def _name_near(plain: bytes, start: int, end: int) -> str:
    """The name that stands nearest to a reference, in the same object."""
    begin = max(plain.rfind(b"endobj", max(0, start - _AROUND), start), start - _AROUND, 0)
    stop = plain.find(b"endobj", end, end + _AROUND)
    after = plain[end : stop if stop >= 0 else end + _AROUND]
    before = plain[begin:start]
    names = [(match.start(), match) for match in _NAME.finditer(after)]
    names += [(len(before) - match.end(), match) for match in _NAME.finditer(before)]
    if not names:
        return ""
    nearest = min(names, key=lambda pair: pair[0])[1]
    return text_string(raw_string(nearest.group(1)))


def _forms(objects: Objects) -> Iterator[str]:
    """The texts of XFA packets, whose values no object names (XFA 3.3 part 1 chapter 1)."""
    left = _XFA_MOST
    for stream in objects.streams:
        if stream.is_xml and left > 0 and b"/Metadata" not in stream.head and b"/EmbeddedFile" not in stream.head:
            packet = objects.data(stream, left) or b""
            left -= len(packet)
            yield xml_text(packet.decode("utf-8", "replace"))
