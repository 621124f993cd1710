"""What parent and reading worker say to each other over pipes: frames of JSON, and octets behind them.

A frame is four octets of length, big-endian, and so many octets. The parent trusts nothing in an answer but its
length, and that only up to a limit: a worker that read a hostile mail may say anything.
"""

from __future__ import annotations

import struct
from dataclasses import asdict, dataclass
from typing import Any

from mailguard.inspect.limits import ReadingLimits

#: No answer is longer: the texts of a mail at their limits, as JSON.
LONGEST_ANSWER = 128 * 2**20
_LENGTH = struct.Struct(">I")
HEAD = _LENGTH.size


@dataclass(frozen=True, slots=True)
class Question:
    """Read this mail: `size` octets that follow, or the file at `path`."""

    path: str | None
    size: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def frame(payload: bytes) -> bytes:
    """A payload with its length in front."""
    return _LENGTH.pack(len(payload)) + payload


def length_of(head: bytes) -> int:
    """The length that a frame's head announces."""
    return int(_LENGTH.unpack(head)[0])


def limits_to_json(limits: ReadingLimits) -> dict[str, Any]:
    """Limits for the first frame."""
    return asdict(limits)


def limits_from_json(obj: dict[str, Any]) -> ReadingLimits:
    """Limits out of the first frame."""
    return ReadingLimits(**obj)
