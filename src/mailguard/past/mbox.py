"""Mbox files (RFC 4155 and its many relatives) as a stream of mails.

Nothing in such a file says for certain where a mail ends, and writers forget to mark `From ` at the beginning of a line
of text. So a mail begins only where the line has a time and a year as mail programs write them, and what follows is a
field of a header. Memory is bounded by one mail; a larger one is left out. It never raises for what is in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from mailguard.past.items import Item, Left, Octets

#: Octets of one mail, and of a piece of a line that is looked at.
MAIL_MOST, _LINE_MOST = 64 * 2**20, 2**20
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
#: `Thu Nov 26 10:00:00 2026`, with a zone before or behind the year; asctime of C, as everybody writes it.
_ASCTIME = re.compile(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\w{3}) {1,2}(\d{1,2}) (\d\d):(\d\d)(?::(\d\d))?"
                      rb"(?: [A-Z+-][\w+-]{0,9})? (\d{4})\b")  # fmt: skip
_TIME, _YEAR = re.compile(rb"\d{1,2}:\d\d"), re.compile(rb"\b(?:19|20)\d\d\b")
_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]{0,10}:")
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_BLANK = (b"\n", b"\r\n")


def mails(source: BinaryIO) -> Iterator[Item]:
    """The mails of a file, in its order. Raises what reading the file raises."""
    for number, (at, octets) in enumerate(_pieces(source), start=1):
        where = f"mail {number}"
        if octets is None:
            yield Left(where, "large", f"more than {MAIL_MOST // 2**20} MiB")
        else:
            yield Octets(where, octets, at)


def _pieces(source: BinaryIO) -> Iterator[tuple[float, bytes | None]]:
    """When each mail was put there and its octets; None for one that is too large."""
    at, size, open_ = 0.0, 0, False
    kept: list[bytes] = []
    for line, begins in _lines(source):
        if begins:
            if open_:
                yield at, _joined(kept) if size <= MAIL_MOST else None
            at, size, open_ = _moment(line), 0, True
            kept.clear()
            continue
        if not open_ and line not in _BLANK:  # the file does not begin as it should: this is a mail all the same
            open_ = True
        size += len(line)
        if size <= MAIL_MOST:
            kept.append(line)
        else:
            kept.clear()
    if open_:
        yield at, _joined(kept) if size <= MAIL_MOST else None


def _lines(source: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Each line, and whether a mail begins with it. Whether one does shows only in the next line."""
    after_blank = at_start = True
    line = source.readline(_LINE_MOST)
    while line:
        following = source.readline(_LINE_MOST)
        begins = at_start and line.startswith(b"From ") and _separates(line, after_blank) and _is_head(following)
        yield line, begins
        after_blank, at_start = line in _BLANK, line.endswith(b"\n")
        line = following


def _separates(line: bytes, after_blank: bool) -> bool:
    """Whether a line says that a mail begins: without a blank line before it, only in the strictest form."""
    line = line[:500]
    if _ASCTIME.search(line):
        return True
    return after_blank and _TIME.search(line) is not None and _YEAR.search(line) is not None


def _is_head(line: bytes) -> bool:
    return not line or line.startswith(b">From ") or _FIELD.match(line) is not None


def _joined(lines: list[bytes]) -> bytes:
    octets = b"".join(lines)
    return _ESCAPED.sub(rb"\1", octets) if b"\n>" in octets and b">From " in octets else octets


def _moment(line: bytes) -> float:
    """The time in a `From ` line (UTC, RFC 4155), 0 if it is not understood."""
    found = _ASCTIME.search(line[:500])
    if found is None or found[1] not in _MONTHS:
        return 0.0
    month = _MONTHS.index(found[1]) + 1
    try:
        return datetime(
            int(found[6]), month, int(found[2]), int(found[3]), int(found[4]), int(found[5] or 0), tzinfo=UTC
        ).timestamp()
    except ValueError:
        return 0.0
