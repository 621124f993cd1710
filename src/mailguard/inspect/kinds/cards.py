"""Visiting cards (.vcf) and calendars (.ics): their lines as a person reads them, and the files inside them.

Both are "content lines" (RFC 6350 section 3.2, RFC 5545 section 3.1; vCard 2.1 and vCalendar 1.0 before them): unfolded
as octets, since a fold may cut a character, then decoded by the line's own encoding and charset. Each line stays a line
with its name and parameters in front; the escapes in its value are undone. Linear; never raises.
"""

from __future__ import annotations

import binascii
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.inspect.chars.charset import decode, tidy
from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.kinds.filetype import PICTURES, detect
from mailguard.inspect.limits import Budget
from mailguard.inspect.page.html import data_uri, html_text
from mailguard.inspect.structure.transfer import from_base64

_HEAD = re.compile(rb"""([A-Za-z0-9_.-]{1,60})((?:;(?:[^":;\r\n]|"[^"\r\n]*"){0,2000}){0,50}):""")
_PARAMETER = re.compile(r""";([A-Za-z0-9-]{1,60})(?:=((?:"[^"]*"|[^";])*))?""")
_QUOTED_PRINTABLE = re.compile(rb"(?i)[;=]QUOTED-PRINTABLE(?:[;:]|$)")
_ESCAPE = re.compile(r"\\([nN,;:\\\\])")
_CIRCUMFLEX = re.compile(r"\^([n'^])")  # RFC 6868
_KEYS = frozenset({"KEY", "SOUND"})
_KEY_MOST = 64 * 1024
#: Parts of an address in the order of vCard (RFC 6350 section 6.3.1), put as they are written in Japan.
_ADDRESS_ORDER = (5, 4, 3, 2, 1, 0)


@dataclass(frozen=True, slots=True)
class _Line:
    """name: upper case, without its group; head: as shown; octets: of a binary value."""

    name: str
    head: str
    value: str
    parameters: dict[str, str]
    octets: bytes | None = None


def read_cards(file: FileIn, budget: Budget) -> Content:
    """A file of cards or of dates: its text, and the files in it."""
    text, files = card_text(file.octets, file.charset)
    return Content(text=text, inner=files)


def card_text(octets: bytes, charset: str) -> tuple[str, tuple[Inner, ...]]:
    """The lines of cards or calendars as text, and the files that are written in them."""
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        octets = decode(octets).text.encode("utf-8", "replace")
    shown: list[str] = []
    files: list[Inner] = []
    for line in _lines(octets, charset):
        if line.octets is not None:
            files.extend(_file(line))
            shown.append(line.head)
            continue
        # An agent is a card of its own (vCard 3.0, RFC 2426 section 3.5.4).
        colon = ":\n" if line.name == "AGENT" and "\n" in line.value else ":" if line.head else ""
        shown.append(f"{line.head}{colon}{line.value}")
        shown.extend(_further(line))
    return "\n".join(shown), tuple(files)


def _lines(octets: bytes, charset: str) -> Iterator[_Line]:
    raws = list(_unfolded(octets))
    # Decoded together: a guess at the charset needs more than a line to go by.
    reading = decode(b"\n".join(raws), charset)
    texts = tidy(reading.text).split("\n")
    if len(texts) != len(raws):
        texts = [tidy(decode(raw, charset).text).replace("\n", " ") for raw in raws]
    for raw, text in zip(raws, texts, strict=True):
        yield _line(raw, text)
    if reading.second:
        yield _Line("", "", tidy(reading.second), {})


def _unfolded(octets: bytes) -> Iterator[bytes]:
    """The lines put together again: after a fold, after a soft break of quoted-printable (vCard 2.1, 2.1.3)."""
    pieces: list[bytes] = []
    for line in octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if pieces and pieces[-1].endswith(b"=") and _is_quoted_printable(pieces):
            pieces[-1] = pieces[-1][:-1]
            pieces.append(line)
        elif pieces and line[:1] in (b" ", b"\t"):
            pieces.append(line[1:])
        else:
            if pieces:
                yield b"".join(pieces)
            pieces = [line]
    yield b"".join(pieces)


def _is_quoted_printable(pieces: list[bytes]) -> bool:
    head, colon, _ = b"".join(piece[:2000] for piece in pieces[:4]).partition(b":")
    return _QUOTED_PRINTABLE.search(head + colon) is not None


def _line(raw: bytes, text: str) -> _Line:
    match = _HEAD.match(raw)
    if match is None:
        return _Line("", "", text, {})
    head, _, value = _partition(text)
    full_name, _, _ = head.partition(";")
    name = full_name.rpartition(".")[2].upper()
    parameters = {key.upper(): _unquoted(given) for key, given in _PARAMETER.findall(head[len(full_name) :])}
    encoding = parameters.get("ENCODING", "").upper()
    label = parameters.get("CHARSET", "")
    shown = full_name + "".join(
        f";{key}={given}" if given else f";{key}"
        for key, given in parameters.items()
        if key not in ("ENCODING", "CHARSET", "QUOTED-PRINTABLE", "BASE64")
    )
    if encoding in ("B", "BASE64") or "BASE64" in parameters:
        return _Line(name, shown, "", parameters, from_base64(raw[match.end() :]).octets)
    if found := data_uri(value) if value[:5].lower() == "data:" else None:
        return _Line(name, shown, "", parameters, found[1])
    if encoding == "QUOTED-PRINTABLE" or "QUOTED-PRINTABLE" in parameters:
        value = tidy(decode(binascii.a2b_qp(raw[match.end() :]), label).both)
    elif label:
        value = tidy(decode(raw[match.end() :], label).both)
    value = _unescaped(value)
    if parameters.get("FMTTYPE", "").lower() == "text/html" or name == "X-ALT-DESC":
        value = _page(value)
    return _Line(name, shown, value, parameters)


def _partition(text: str) -> tuple[str, str, str]:
    """Head and value of a line: the first colon that does not stand in quotes."""
    position, quoted = 0, False
    for position, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == ":" and not quoted:
            return text[:position], ":", text[position + 1 :]
    return text.partition(":")


def _further(line: _Line) -> Iterator[str]:
    """What else a line says: HTML in a parameter, an address in the order in which it is read."""
    for value in line.parameters.values():
        found = data_uri(value) if value[:5].lower() == "data:" else None
        if found:
            yield _page(decode(found[1]).text)
    if line.name == "ADR" and not line.value.isascii():
        parts = [part.strip() for part in line.value.split(";")]
        ordered = [parts[place] for place in _ADDRESS_ORDER if place < len(parts) and parts[place]]
        yield " ".join(ordered[:1]) + " " + "".join(ordered[1:])


def _file(line: _Line) -> Iterator[Inner]:
    """The file of a binary value. Cards have pictures and keys; whatever else comes in their place is a file."""
    octets = line.octets or b""
    kind = detect(octets).short
    if not octets or (line.name not in ("ATTACH",) and kind in PICTURES):
        return
    if line.name in _KEYS and len(octets) <= _KEY_MOST and kind == "":
        return
    names = (line.parameters.get(key, "") for key in ("X-FILENAME", "FILENAME", "X-APPLE-FILENAME", "X-LABEL"))
    name = next((one for one in names if one), "") or f"{line.name.lower()}.{kind or 'bin'}"
    yield Inner(name, octets, len(octets))


def _page(source: str) -> str:
    page = html_text(source)
    return "\n".join(text for text in (page.shown, page.hidden, page.aside) if text)


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value) if "\\" in value else value


def _unquoted(value: str) -> str:
    value = value.replace('"', "")
    if "^" in value:
        value = _CIRCUMFLEX.sub(lambda match: {"n": "\n", "'": '"', "^": "^"}[match[1]], value)
    return html.unescape(value) if "&" in value else value
