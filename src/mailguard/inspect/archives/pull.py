"""Octets that come out of a decoder, taken in order and never held whole: at most so many, whatever the archive says.

A source that breaks in its middle ends there, and `broken` says why; one that breaks before its first octet raises.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from mailguard.inspect.archives.entries import TooLarge, Unpackable

_STEP = 2**20
#: Why a source ended before its end.
CUT_OFF = "cut off"


class Pull:
    """A source of octets. `most`: more than that raises TooLarge."""

    def __init__(self, pieces: Iterator[bytes], most: int) -> None:
        self.broken = ""
        self._pieces = pieces
        self._left = most
        self._piece = b""
        self._at = 0
        self._started = False

    def read(self, size: int) -> bytes:
        """So many octets; fewer only at the end. Raises TooLarge, and Unpackable if nothing came at all."""
        out = io.BytesIO()  # gives its octets away without a copy
        while size > 0 and (self._at < len(self._piece) or self._next()):
            part = self._piece[self._at : self._at + size]
            self._at += len(part)
            size -= len(part)
            out.write(part)
        return out.getvalue()

    def peek(self, size: int) -> bytes:
        """What comes next, without taking it."""
        if len(self._piece) - self._at < size:
            head = self.read(size)
            self._piece = head + self._piece[self._at :]
            self._at = 0
        return self._piece[self._at : self._at + size]

    def skip(self, size: int) -> None:
        """Leave out so many octets."""
        while size > 0 and (part := len(self.read(min(size, _STEP)))):
            size -= part

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.read(2**63)

    def _next(self) -> bool:
        """Fetch a piece; False at the end."""
        if self.broken:
            return False
        try:
            self._piece, self._at = next(self._pieces), 0
        except StopIteration:
            return False
        except TooLarge:
            raise
        except Unpackable as error:
            if not self._started:
                raise
            self.broken = str(error)
            return False
        self._left -= len(self._piece)
        if self._left < 0:
            raise TooLarge("larger than the limit")
        self._started = self._started or bool(self._piece)
        return True
