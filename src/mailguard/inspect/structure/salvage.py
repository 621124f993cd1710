"""A second look at octets whose structure is not to be trusted, or that people wrote by hand: whatever in them decodes
to something is brought to light.

Run on the whole of a mail that was found ambiguous, and on plain texts, where a file may have been pasted. It believes
no header at all: line ends are made the same, and every stretch that looks like base64 or quoted-printable is decoded.
Better to see too much of such a mail than to let one reading pass unseen.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from mailguard.inspect.chars.charset import decode
from mailguard.inspect.structure.transfer import from_base64, looks_quoted_printable

#: A line of base64, with the end of the line before it: so a search leaps from line to line.
_LINE = re.compile(rb"\n[ \t]*[A-Za-z0-9+/=]{4,}[ \t]*(?=\n)")
#: The same of a text in which every CR has its LF, the first line for itself.
_FIRST_LINE = re.compile(rb"\A[ \t]*[A-Za-z0-9+/=]{4,}[ \t]*(?=[\r\n]|\Z)")
_EACH_LINE = re.compile(rb"\n[ \t]*[A-Za-z0-9+/=]{4,}[ \t]*(?=[\r\n]|\Z)")
SHORTEST = 16
#: How much base64 in a plain text is no word and no key but something pasted.
PASTED = 64
#: A line of so few different signs is a rule that people draw, not part of a file: the first line of any has more.
_DRAWN = 3
_SURE = 400
_SAMPLE = 10_000
_MOST = 2**20
_CONTROL_OCTETS = bytes(set(range(32)) - set(b"\t\r\n\x1b"))
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\ufffd]")


def salvage(octets: bytes, shortest: int = SHORTEST) -> Iterator[tuple[bytes, bool]]:
    """Every content that some reading of the octets could give, and whether it may be a file of its own.

    shortest: how long a stretch of base64 must be, in octets, to be looked at.
    """
    plain = _plain(octets)
    for stretch in _stretches(plain, shortest):
        decoded = from_base64(stretch)
        yield from ((content, True) for content in (decoded.octets, *decoded.others) if content)
    if looks_quoted_printable(plain):
        yield binascii.a2b_qp(plain[1:]), False


def holds_nothing(octets: bytes) -> bool:
    """Whether octets without NUL are a text into which nothing was pasted (`PASTED`), by one look at them; if not,
    `salvage` says more.
    """
    if b"=" in octets and looks_quoted_printable(octets):
        return False
    if b"\r" in octets and b"\r" in octets.replace(b"\r\n", b""):
        return False
    lines = [*_FIRST_LINE.findall(octets), *_EACH_LINE.findall(octets)]
    return sum(map(len, lines)) < PASTED - 1 or not any(_stretches(_plain(octets), PASTED))


def _plain(octets: bytes) -> bytes:
    """Octets with one kind of line end, also in front of the first line and behind the last."""
    return b"\n%b\n" % octets.replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _stretches(plain: bytes, shortest: int) -> Iterator[bytes]:
    """What is long enough to be looked at without the lines in it that are drawn."""
    for start, end in _runs(plain):
        if end - start >= shortest:
            stretch = plain[start:end]
            if sum([len(line) + 1 for line in stretch.split() if len(set(line)) > _DRAWN]) >= shortest:
                yield stretch


def _runs(plain: bytes) -> Iterator[tuple[int, int]]:
    """Where lines follow each other that could be base64."""
    start = end = 0
    for match in _LINE.finditer(plain):
        if match.start() > end:
            yield start, end
            start = match.start()
        end = match.end()
    yield start, end


def readable(octets: bytes, doubt: bool = True) -> str:
    """The text of octets if they are one, "" otherwise. doubt: whether a short text in an old charset counts, which
    the octets of a checksum may look like."""
    if b"\0" in octets[:1000] and octets[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return ""
    if not doubt and len(octets) < _SURE and not _is_certain(octets):
        return ""
    sample = decode(octets[:_SAMPLE]).text
    if len(_CONTROLS.findall(sample)) * 20 >= len(sample):
        return ""
    return decode(octets[:_MOST]).text if len(octets) > _SAMPLE else sample


def _is_certain(octets: bytes) -> bool:
    """Whether octets follow the rules of a charset throughout, which a checksum does not."""
    if len(octets.translate(None, _CONTROL_OCTETS)) < len(octets):
        return False
    return any(_follows(octets, charset) for charset in ("utf-8", "cp932", "euc_jp"))


def _follows(octets: bytes, charset: str) -> bool:
    try:
        octets.decode(charset)
    except UnicodeDecodeError:
        return False
    return True
