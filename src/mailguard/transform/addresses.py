"""An address list to its entries, each with its place, so that those that stay keep their octets.

Generous in reading, strict in trusting: an entry whose address is not plainly one has none, and whoever hides hides it
too. Group names are dropped by whoever writes a list anew: they name people as well. Linear. RFC 5322 section 3.4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.transform.words import read_words, unfolded

#: What a list turns on; encoded words and the two-byte stretches of raw ISO-2022-JP are one thing, whatever is in them.
_SPECIAL = re.compile(rb'=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s"<>]*\?=|\x1b\$[@B][^\x1b\r\n]*\x1b\([BJ]|[",;:<>()\\]')
_COMMENT = re.compile(rb"[()\\]")
_REMARK = re.compile(r"\([^()]*\)")
_ROUTE = re.compile(r"@[^,:<>]+(?:,@[^,:<>]+)*:")
#: What may be an address in any text: as people would read one, and with all that a local part may hold. A stretch
#: without @ is looked at once, not from each of its signs.
_LOOSE = re.compile(r"(?<![^\s<>,;:\"()\[\]\\])[^\s<>,;:\"()\[\]\\]+@[^\s<>,;:\"()\\]+")
_NARROW = re.compile(r"[A-Za-z0-9._+\-]+(?:@[A-Za-z0-9.\-]+)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One mailbox of a list: its octets without white space around them, and its address if that is plain."""

    octets: bytes
    address: Address | None

    @property
    def text(self) -> str:
        return read_words(self.octets)


@dataclass(frozen=True, slots=True)
class Entries:
    """sound: every quote, comment and angle bracket is closed, so every reader finds the same entries.

    in_group: the list ends inside a group that is not closed.
    """

    all: tuple[Entry, ...]
    sound: bool
    in_group: bool = False


def read_entries(raw: bytes) -> Entries:
    """The value of an address field, folded as it came, to its entries."""
    out: list[Entry] = []
    start = at = 0
    sound, in_group = True, False
    angle = False
    while match := _SPECIAL.search(raw, at):
        mark, at = match.group(), match.end()
        if mark == b'"' or mark == b"(":
            at = _quoted(raw, at) if mark == b'"' else _comment(raw, at)
            if not at:
                sound, at = False, len(raw)
        elif mark in (b"<", b">"):
            sound = sound and angle == (mark == b">")
            angle = mark == b"<"
        elif angle:
            continue  # commas and colons of a route
        elif mark in (b",", b";"):
            _take(out, raw[start : match.start()])
            start, in_group = at, in_group and mark == b","
        elif mark == b":":
            sound = sound and not in_group
            start, in_group = at, True
    _take(out, raw[start:])
    return Entries(tuple(out), sound and not angle, in_group)


def _take(out: list[Entry], raw: bytes) -> None:
    octets = raw.strip(b" \t\r\n")
    if octets:
        out.append(Entry(octets, _address(octets)))


def _address(octets: bytes) -> Address | None:
    flat = unfolded(octets)
    try:
        text = flat.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "<" in text and text.endswith(">"):
        text = text.rpartition("<")[2][:-1]
    elif '"' not in text:
        text = _REMARK.sub("", text)
    elif "<" in text or ">" in text:
        return None
    bare = text.strip()
    route = _ROUTE.match(bare)
    try:
        return parse_address(bare[route.end() :] if route else bare)
    except AddressError:
        return None


def keys_in(text: str) -> set[str]:
    """Every address that a text names, as keys."""
    found: set[str] = set()
    for one in {*_LOOSE.findall(text), *_NARROW.findall(text)} if "@" in text else ():
        if "@" not in one:
            continue
        bare = one.strip(".'`*_=!?")
        try:
            found.add(parse_address(bare).key)
        except AddressError:
            found.add(bare.lower())
    return found


def names_any(text: str, keys: set[str] | frozenset[str]) -> bool:
    """Whether a text names one of these addresses."""
    if not keys or not keys_in(text).isdisjoint(keys):
        return bool(keys)
    lowered = text.lower()
    return any(key in lowered for key in keys if '"' in key or " " in key)


def _quoted(raw: bytes, at: int) -> int:
    """Behind the quote that closes a string; 0 if none does."""
    while (end := raw.find(b'"', at)) >= 0:
        slashes = len(raw[at:end]) - len(raw[at:end].rstrip(b"\\"))
        if slashes % 2 == 0:
            return end + 1
        at = end + 1
    return 0


def _comment(raw: bytes, at: int) -> int:
    """Behind the bracket that closes a comment, inner ones counted; 0 if none does."""
    depth, escaped = 1, -1
    for match in _COMMENT.finditer(raw, at):
        if match.start() == escaped:
            continue
        if match.group() == b"\\":
            escaped = match.end()
            continue
        depth += 1 if match.group() == b"(" else -1
        if depth == 0:
            return match.end()
    return 0


def joined(name: bytes, entries: list[bytes], eol: bytes) -> bytes:
    """A whole address field, folded between entries (RFC 5322 section 2.1.1)."""
    out, line = bytearray(name + b":"), len(name) + 1
    for number, one in enumerate(entries):
        size = len(one) + 2
        if number and line + size > 76:
            out += b"," + eol + b" " + one
            line = size
        else:
            out += (b", " if number else b" ") + one
            line += size
    return bytes(out + eol)
