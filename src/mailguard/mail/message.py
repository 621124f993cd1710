"""What a message is to us: an id, an envelope and a body at rest that is never changed.

The body is a `Body`: either small octets in memory or a file. Its digest is taken once, at the door, and checked again
before relaying: what leaves is what was judged.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import IO

from mailguard.mail.envelope import Envelope
from mailguard.mail.sealing import Unsealed, chance
from mailguard.mail.values import value

#: Crockford's base 32, lower case: sorts like its number, and no i l o u to be misread on the telephone.
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 18
_PAIRS = tuple(one + two for one in _DIGITS for two in _DIGITS)
#: A digest of more at once gives the interpreter's lock away, which costs a busy loop more than so few pieces.
_PIECE, _FEW = 2047, 16 * 1024


def new_message_id(now: datetime) -> str:
    """A message id: 9 digits of milliseconds since 1970 (sorts by time), 9 digits of randomness; lower-case base 32.

    It names a message to people and in URLs; it is not a secret and opens nothing.
    """
    pairs, came, by = _PAIRS, int(now.timestamp() * 1000), int.from_bytes(chance(6)) >> 3
    drawn = f"{pairs[by >> 35]}{pairs[by >> 25 & 1023]}{pairs[by >> 15 & 1023]}{pairs[by >> 5 & 1023]}"
    return f"{_begun(came >> 10)}{pairs[came & 1023]}{drawn}{_DIGITS[by & 31]}"


@lru_cache(maxsize=4)
def _begun(moments: int) -> str:
    """The first 7 digits of an id: they change once a second. moments: of 1,024 milliseconds."""
    return "".join([_DIGITS[(moments >> shift) & 31] for shift in range(30, -1, -5)])


def is_message_id(text: str) -> bool:
    """Whether the text has the form of a message id (not whether there is such a message)."""
    return len(text) == ID_LENGTH and all(ch in _DIGITS for ch in text)


def moment_of(message_id: str) -> datetime:
    """When an id was made, to the millisecond. Raises ValueError for what is no id, OverflowError for no time."""
    milliseconds = 0
    for ch in message_id[:9]:
        milliseconds = milliseconds << 5 | _DIGITS.index(ch)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


@value(frozen=True, slots=True)
class Sheet:
    """Octets in memory that is used again for others once nobody has `view` or a part of it: keep that, not copies of
    what it points to. descriptor: reads the same from its beginning on, in this process and in those it is handed to;
    it lasts as long as the view.
    """

    view: memoryview = field(repr=False, compare=False)
    descriptor: int

    def cut(self, size: int) -> Sheet:
        """The first octets of it, which nobody changes any more."""
        return Sheet(self.view[:size].toreadonly(), self.descriptor)


@value(frozen=True, slots=True)
class Body:
    """The octets of a message as they came (dot-unstuffed, CRLF lines), in memory or in a file, with size and SHA-256.

    Exactly one of `octets`, `sheet` and `path` is set; with a key, the file is sealed (mail.sealing). It belongs to
    whoever made the Body until `store` adopts it. plain: what was digested is ASCII in lines, as this process saw at
    the door; where it is in memory it still is; undotted: so that no line of it begins with a dot. room: what counts
    its octets in memory until nobody has them any more.
    """

    size: int
    sha256: str
    octets: bytes | None = field(default=None, repr=False)
    sheet: Sheet | None = field(default=None, repr=False, compare=False)  # what it holds has this digest
    path: Path | None = None
    key: bytes | None = field(default=None, repr=False)
    plain: bool = field(default=False, compare=False)
    undotted: bool = field(default=False, compare=False)
    room: object = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, octets: bytes, *, plain: bool = False) -> Body:
        """A body in memory."""
        if not _PIECE < len(octets) <= _FEW:
            return cls(size=len(octets), sha256=hashlib.sha256(octets).hexdigest(), octets=octets, plain=plain)
        digest = hashlib.sha256()
        for begin in range(0, len(octets), _PIECE):
            digest.update(octets[begin : begin + _PIECE])
        return cls(size=len(octets), sha256=digest.hexdigest(), octets=octets, plain=plain)

    @property
    def in_memory(self) -> bytes | memoryview | None:
        """All octets where no file has them. Whoever keeps a view of a sheet keeps the sheet from others."""
        return self.octets if self.sheet is None else self.sheet.view

    def read(self) -> bytes:
        """All octets. Blocks on a file: call it in a thread, and only where the whole is needed.

        Raises OSError if the file is gone.
        """
        if self.octets is not None:
            return self.octets
        if self.sheet is not None:
            return bytes(self.sheet.view)
        with self.open() as file:
            return file.read()

    def open(self) -> IO[bytes]:
        """All octets as a file. Blocks on one. Raises OSError if it is gone, or was sealed with another key."""
        if self.octets is not None:
            return io.BytesIO(self.octets)
        if self.sheet is not None:
            return io.BytesIO(self.sheet.view)
        assert self.path is not None
        file = self.path.open("rb")
        if self.key is None:
            return file
        return io.BufferedReader(Unsealed(file, self.key))


@value(frozen=True, slots=True)
class Message:
    """A message as it stands at the table: accepted from the wire, not yet judged, not yet ours."""

    id: str
    envelope: Envelope
    body: Body
    received_at: datetime  # UTC
