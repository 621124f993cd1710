"""A header block to its fields, each with its place in the octets; and the parameters of those that have some.

Nothing is repaired: a name that is not well formed is read as its letters say, and marked, so that whoever hides an
address finds it there too. Linear, and bounded: a header beyond the limits is `Unalterable`. RFC 5322 section 2.2.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from mailguard.transform.charsets import codec_of, decoded
from mailguard.transform.edits import Unalterable
from mailguard.transform.words import read_words, unfolded

_MOST_OCTETS, _MOST_FIELDS, _MOST_PARAMS = 2**21, 10_000, 200
_BLANK = re.compile(rb"\n\r?\n")
_FIELD = re.compile(rb"[^\n]*(?:\n|\Z)(?:[ \t][^\n]*(?:\n|\Z))*")
_NAME = re.compile(rb"[!-9;-~]+")
_NO_NAME = re.compile(rb"\([^()]*\)?|[^!-9;-~]+")
_MEDIA = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_PARAM = re.compile(rb';\s*(?:([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"]*))?(?:\s*\([^()]*\))?\s*', re.DOTALL)
_PIECE = re.compile(r"(.+?)\*(\d{1,3})?(\*)?")


@dataclass(frozen=True, slots=True)
class Field:
    """name: lower case, "" for a line that is no field; the octets [start:end] with line end, [value:end] its value.

    clean: the name is well formed; if it is not, some readers do not take the field.
    """

    name: str
    start: int
    value: int
    end: int
    clean: bool = True

    def raw(self, octets: bytes) -> bytes:
        """The value, folded as it came."""
        return octets[self.value : self.end]

    def stop(self, octets: bytes) -> int:
        """Where the value ends, before white space and line end."""
        return self.value + len(octets[self.value : self.end].rstrip(b" \t\r\n"))


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter: its value unquoted, and the place of what is written for it within the field's value."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Kind:
    """Content-Type or Content-Disposition: value in lower case, parameters; odd: it can be read in two ways."""

    value: str = ""
    params: dict[str, Param] = field(default_factory=dict)
    odd: bool = False

    def get(self, name: str) -> str:
        found = self.params.get(name)
        return found.value if found else ""


def read_fields(octets: bytes, start: int, end: int) -> tuple[tuple[Field, ...], int, int]:
    """The fields of the block at `start`, where the block ends, and where the body begins."""
    if octets[start : min(start + 1, end)] == b"\n" or octets[start : min(start + 2, end)] == b"\r\n":
        return (), start, octets.index(b"\n", start) + 1
    blank = _BLANK.search(octets, start, min(end, start + _MOST_OCTETS))
    if blank is None and end - start > _MOST_OCTETS:
        raise Unalterable("ヘッダーが大きすぎるため変更できません", "the header is too large to be altered")
    stop, body = (blank.start() + 1, blank.end()) if blank else (end, end)
    fields: list[Field] = []
    for match in _FIELD.finditer(octets, start, stop):
        if match.start() == match.end():
            break
        fields.append(_field(octets, match.start(), match.end()))
        if len(fields) > _MOST_FIELDS:
            raise Unalterable(
                "ヘッダーの項目が多すぎるため変更できません", "the header has too many fields to be altered"
            )
    return tuple(fields), stop, body


def _field(octets: bytes, start: int, end: int) -> Field:
    colon = octets.find(b":", start, end)
    line = octets.find(b"\n", start, end)
    if colon < 0 or (0 <= line < colon) or octets.startswith((b"From ", b">From "), start):
        return Field("", start, start, end, octets.startswith((b"From ", b">From "), start))
    raw = octets[start:colon]
    if _NAME.fullmatch(raw):
        return Field(raw.decode("ascii").lower(), start, colon + 1, end)
    return Field(_NO_NAME.sub(b"", raw[:1000]).decode("ascii").lower(), start, colon + 1, end, clean=False)


def parse_kind(raw: bytes) -> Kind:
    """A structure field's value to its parts. What is not understood makes it odd."""
    head = raw.partition(b";")[0]
    value = re.sub(rb"\([^()]*\)", b"", head).strip().decode("latin-1").lower()
    params: dict[str, Param] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    at, odd = len(head), False
    for match in itertools.islice(_PARAM.finditer(raw, at), _MOST_PARAMS):
        if match.start() != at:
            break
        at = match.end()
        if match.group(1) is None:
            continue
        name = match.group(1).decode("latin-1").lower()
        one = Param(_unquoted(match.group(2)), match.start(2), match.start(2) + len(match.group(2).rstrip()))
        if "*" in name and (split := _PIECE.fullmatch(name)):
            pieces.setdefault(split[1], []).append((int(split[2] or 0), bool(split[3] or not split[2]), one.value))
            continue
        odd = odd or name in params
        params.setdefault(name, one)
    for name, some in pieces.items():  # RFC 2231; it wins over the plain form
        odd = odd or name in ("boundary", "charset")
        params[name] = Param(_joined(some), -1, -1)
    return Kind(value, params, odd or at < len(raw))


def parse_media(raw: bytes) -> Kind:
    """A Content-Type; its value "" where there is no media type in it."""
    kind = parse_kind(raw)
    return kind if _MEDIA.fullmatch(kind.value) else Kind("", kind.params, True)


def _unquoted(raw: bytes) -> str:
    bare = unfolded(raw)
    if bare[:1] == b'"':
        bare = re.sub(rb"\\(.)", rb"\1", bare[1:-1], flags=re.DOTALL)
    return read_words(bare) if b"=?" in bare or not bare.isascii() else bare.decode("ascii")


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    """RFC 2231 sections 3 and 4: continuations in order, percent-encoded in the charset that the first one names."""
    ordered = sorted(pieces)
    label, octets = "", b""
    for number, (_, extended, value) in enumerate(ordered):
        if number == 0 and extended and value.count("'") >= 2:
            label, _, value = value.split("'", 2)
        octets += unquote_to_bytes(value) if extended else value.encode("utf-8", "replace")
    text = decoded(octets, codec_of(label or "utf-8"))
    return octets.decode("utf-8", "replace") if text is None else text
