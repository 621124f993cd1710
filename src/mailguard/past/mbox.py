"""Mbox files (RFC 4155 and its many relatives) as a stream of mails.

Nothing in such a file says for certain where a mail ends, and writers forget to mark `From ` at the beginning of a line
of text. So a mail begins only where the line has a time and a year as mail programs write them, and what follows is a
field of a header; and not within a text whose length a Content-Length says, if the next mail begins where that ends:
the field is often of before the text was changed. Memory is bounded by one mail; a larger one is left out. It never
raises for what is in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO

from mailguard.mail.saying import Sentence
from mailguard.past.items import Item, Left, Octets

#: Octets of one mail, and of a piece of a line that is looked at.
MAIL_MOST, _LINE_MOST = 64 * 2**20, 2**20
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
#: `Thu Nov 26 10:00:00 2026`, with a zone before or behind the year; asctime of C, as everybody writes it.
_ASCTIME = re.compile(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\w{3}) {1,2}(\d{1,2}) (\d\d):(\d\d)(?::(\d\d))?"
                      rb"(?: [A-Z+-][\w+-]{0,9})? (\d{4})\b")  # fmt: skip
_TIME, _YEAR = re.compile(rb"\d{1,2}:\d\d"), re.compile(rb"\b(?:19|20)\d\d\b")
_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]{0,10}:")
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,9})\s*$", re.IGNORECASE)
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_BLANK = (b"\n", b"\r\n")


def too_large() -> Sentence:
    """What is said of a mail that is."""
    return Sentence("{n} MiB を超えています。", "more than {n} MiB", n=MAIL_MOST // 2**20)


def mails(source: BinaryIO) -> Iterator[Item]:
    """The mails of a file, in its order. Raises what reading the file raises."""
    for number, (at, octets) in enumerate(_pieces(source), start=1):
        where = f"mail {number}"
        if octets is None:
            yield Left(where, "large", too_large())
        else:
            yield Octets(where, octets, at)


@dataclass(slots=True)
class _Mail:
    """One that is being read. at: when it was put there; kept: its lines, while it is not too large.

    length: what its header says of its text, in octets; left: so much of that is still to come, None while that is not
    known or proved wrong; inner: where in `kept` another mail would begin, if it is wrong, and when that was put there.
    """

    at: float = 0.0
    size: int = 0
    kept: list[bytes] = field(default_factory=list)
    in_head: bool = True
    length: int | None = None
    left: int | None = None
    inner: list[tuple[int, float]] = field(default_factory=list)

    @property
    def octets(self) -> bytes | None:
        return _joined(self.kept) if self.size <= MAIL_MOST else None

    def add(self, line: bytes) -> None:
        """One more line of it."""
        self.size += len(line)
        if self.size <= MAIL_MOST:
            self.kept.append(line)
        else:
            self.kept.clear()
            self.inner.clear()
            self.in_head, self.left = False, None
        if self.in_head:
            self._head(line)
        elif self.left:
            self.left -= len(line)
        elif self.left == 0 and line not in _BLANK:
            self.left = -1  # behind its end comes more

    def _head(self, line: bytes) -> None:
        if line in _BLANK:
            # Nothing is swallowed that could not be given back: of a mail that is too large no line is kept.
            fits = self.length is not None and self.size + self.length <= MAIL_MOST - _LINE_MOST
            self.in_head, self.left = False, self.length if fits else None
        elif found := _LENGTH.match(line):
            self.length = int(found[1])

    def split(self) -> tuple[list[tuple[float, bytes]], _Mail]:
        """What was taken for text of one mail are several: those that are whole, and the last one, which goes on."""
        places = [0, *(place for place, _ in self.inner)]
        times = [self.at, *(at for _, at in self.inner)]
        whole = [
            (at, _joined(self.kept[begin : end - 1])) for at, begin, end in zip(times, places, places[1:], strict=False)
        ]
        last = _Mail(times[-1])
        for line in self.kept[places[-1] :]:
            last.add(line)
        last.left = None
        return whole, last


def _pieces(source: BinaryIO) -> Iterator[tuple[float, bytes | None]]:
    """When each mail was put there and its octets; None for one that is too large."""
    mail: _Mail | None = None
    for line, begins in _lines(source):
        if begins and not (mail is not None and mail.left):
            if mail is not None:
                yield mail.at, mail.octets
            mail = _Mail(_moment(line))
            continue
        if mail is None:
            if line in _BLANK:
                continue
            mail = _Mail()  # the file does not begin as it should: this is a mail all the same
        mail.add(line)
        if begins:
            mail.inner.append((len(mail.kept), _moment(line)))
        if mail.left is not None and mail.left < 0:
            whole, mail = mail.split()
            yield from whole
    if mail is not None and mail.left:
        whole, mail = mail.split()
        yield from whole
    if mail is not None:
        yield mail.at, mail.octets


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
