"""The delimiter lines of a multipart, and what lies between them (RFC 2046 section 5.1.1), without a copy of it.

Only lines count: a boundary in the middle of one is text. Where some reader may see a line that others do not, that is
said (`is_almost`), not decided. Pure; linear.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from mailguard.inspect.occurrences import Stretch, occurrences

#: Octets that some readers pass over around a delimiter, and how often a boundary is looked at for that.
_PASSED_OVER = bytes(one for one in range(256) if (one < 0x20 or one > 0x7E) and one not in b"\t\n\r")
_TAILS = frozenset(bytes([one]) for one in _PASSED_OVER)
_MOST_NEEDLES = 10_000


def split_parts(body: Stretch, boundary: bytes, most: int = 10**6) -> tuple[bytes, list[Stretch], bytes]:
    """Preamble, parts and epilogue of a multipart body (RFC 2046 section 5.1.1); it need not be closed.

    most: how many delimiter lines count; all behind them is one part.
    """
    marks = list(itertools.islice(_delimiters(body, boundary), most))
    if not marks:
        return body.octets, [], b""
    parts: list[Stretch] = []
    epilogue: list[bytes] = []
    for (_, end, closing), following in zip(marks, [*(mark[0] for mark in marks[1:]), body.end], strict=True):
        # What follows a closing delimiter is the epilogue, unless further parts follow: then readers disagree.
        piece = Stretch(body.whole, end, following)
        if closing:
            epilogue.append(piece.octets)
        else:
            parts.append(piece)
    return body.whole[body.start : marks[0][0]], parts, b"".join(epilogue)


def _delimiters(body: Stretch, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
    """Start (the line end before it belongs to it), end and whether it closes, of each delimiter line."""
    whole, first, last = body
    needle = b"--" + boundary
    for position in occurrences(whole, needle, first, last):
        after = position + len(needle)
        if position == first or whole[position - 1] in b"\r\n":
            line_end = whole.find(b"\n", after, last)
            tail = whole[after : line_end if line_end >= 0 else last]
            closing = tail.startswith(b"--")
            if not tail[2 * closing :].strip(b" \t\r"):
                pair = position - 2 >= first and whole.startswith(b"\r\n", position - 2)
                yield (
                    position - 2 if pair else max(first, position - 1),
                    line_end + 1 if line_end >= 0 else last,
                    closing,
                )


def occurs(body: Stretch, boundary: str) -> bool:
    """Whether a line of the body is a delimiter with this boundary."""
    try:
        return next(_delimiters(body, boundary.encode("latin-1")), None) is not None
    except UnicodeEncodeError:
        return False


def occurs_seldom(body: Stretch, boundary: str, most: int) -> bool:
    """Whether a boundary stands at most so often in the body, as a delimiter or amid a line."""
    whole, first, last = body
    found = occurrences(whole, b"--" + boundary.encode("latin-1"), first, last)
    return len(list(itertools.islice(found, most + 1))) <= most


def is_almost(body: Stretch, boundary: str) -> bool:
    """Whether a line is a delimiter only for those who pass over control characters and the like (or too many are)."""
    whole, first, last = body
    needle = b"--" + boundary.encode("latin-1")
    for number, position in enumerate(occurrences(whole, needle, first, last)):
        if number >= _MOST_NEEDLES:
            return True
        after = position + len(needle)
        lead = re.split(rb"[\r\n]", whole[max(first, position - 8) : position])[-1]
        tail = whole[after : min(after + 1, last)]
        if lead.translate(None, _PASSED_OVER + b"\t ") == b"" and (lead or tail in _TAILS):
            return True
    return False
