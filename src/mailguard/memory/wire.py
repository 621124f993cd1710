"""How a process that has no model asks the one that keeps it: lessons there, judgements back, on a Unix socket.

A frame is its length and the number of its question, two numbers of 32 bits, and then octets: a lesson as
`Lesson.to_bytes` writes it, or an answer, which is JSON. Many questions are under way at once, and answers come in any
order. Everything is read into values here, or refused as a whole; nothing in it is ever run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import socket
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast, get_args

from mailguard.insight.words import Judgement, Kind, Opinion
from mailguard.mail.compact import compact
from mailguard.mail.values import value
from mailguard.mail.verdict import NOTHING_ODD, Because

_HEAD = struct.Struct(">II")
#: Octets of a frame. A lesson of two hundred recipients, and an answer about them, are a third of it.
LARGEST = 2**19
#: Seconds within which an answer is of use: a mail does not wait longer for one.
PATIENCE = 1.0
#: What a socket's name may have (`sun_path` of unix(7)).
_NAME = 100
_PEER = struct.Struct("3i")
_KINDS = frozenset(get_args(Kind))


class WireError(ValueError):
    """Octets that no mailguard of this version writes."""


@value(frozen=True, slots=True)
class Answer:
    """judgement: None while there is no model; since: as `Insight.since`."""

    judgement: Judgement | None = None
    since: float = 0.0


class Frames:
    """What comes in on one line, cut as it may be."""

    def __init__(self) -> None:
        self._octets = bytearray()

    def feed(self, octets: bytes) -> list[tuple[int, bytes]]:
        """The frames that are whole now, each as its number and its octets. Raises WireError."""
        held = self._octets
        held += octets
        found, at = [], 0
        while len(held) - at >= _HEAD.size:
            length, number = _HEAD.unpack_from(held, at)
            if length > LARGEST:
                raise WireError("a frame that is too long")
            end = at + _HEAD.size + length
            if end > len(held):
                break
            found.append((number, bytes(held[at + _HEAD.size : end])))
            at = end
        del held[:at]
        return found


class Line(asyncio.Protocol):
    """What both ends of a connection have: what comes in, and the way out. transport: None once it has ended."""

    def __init__(self) -> None:
        self.frames = Frames()
        self.transport: asyncio.Transport | None = None
        self._saying: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are not subclasses

    def connection_lost(self, exc: Exception | None) -> None:
        self.end()

    def say(self, octets: bytes) -> None:
        """Send this, together with whatever else is said in this turn of the event loop: a call of the system for each
        frame, which wakes the other side each time, costs more than making it.
        """
        if not self._saying:
            asyncio.get_running_loop().call_soon(self.send)
        self._saying.append(octets)

    def send(self) -> None:
        """What was said so far, now."""
        said, self._saying = self._saying, []
        if said and self.transport is not None:
            self.transport.write(b"".join(said))

    def end(self) -> None:
        """Hang up."""
        if self.transport is not None:
            self.transport.abort()
            self.transport = None


def frame(number: int, octets: bytes) -> bytes:
    """Raises WireError where it would be too long."""
    if len(octets) > LARGEST:
        raise WireError("a frame that is too long")
    return _HEAD.pack(len(octets), number) + octets


def answer_octets(answer: Answer) -> bytes:
    """`read_answer` reads it again. Whom nothing is odd about is his risk alone: whoever asked knows the addresses."""
    said = answer.judgement
    parts: list[Any] = [answer.since]
    if said is not None:
        parts += [said.risk, said.alarm, [_said(one) for one in said.opinions]]
    return compact(parts).encode("utf-8", "surrogatepass")


def _said(one: Opinion) -> float | list[Any]:
    if one.kind or one.alternative or one.because != NOTHING_ODD:
        return [one.risk, one.because.ja, one.because.en, one.kind, one.alternative]
    return one.risk


def read_answer(octets: bytes, people: Sequence[str]) -> Answer:
    """An answer about these people (keys), the lesson's. Raises WireError."""
    try:
        since, *rest = json.loads(octets)
        if not rest:
            return Answer(None, _number(since))
        risk, alarm, opinions = rest
        if type(alarm) is not bool or not isinstance(opinions, list):
            raise TypeError("no judgement")
        said = tuple([_opinion(address, one) for address, one in zip(people, opinions, strict=True)])
        return Answer(Judgement(_number(risk), alarm, said), _number(since))
    except (ValueError, TypeError, RecursionError) as error:
        raise WireError(f"no answer: {type(error).__name__}") from None


def _opinion(address: str, said: object) -> Opinion:
    if not isinstance(said, list):
        return Opinion(address, _number(said), NOTHING_ODD)
    risk, ja, en, kind, alternative = said
    if kind not in _KINDS or not all(isinstance(one, str) for one in (ja, en, alternative)):
        raise TypeError("no opinion")
    return Opinion(address, _number(risk), Because(ja, en), kind, alternative)


def _number(said: object) -> float:
    if type(said) is not float or not math.isfinite(said):
        raise TypeError("no number")
    return said


@contextlib.contextmanager
def name_of(path: Path) -> Iterator[str]:
    """A socket's path in as few octets as the kernel takes, while the block lasts. Raises OSError."""
    if len(os.fsencode(path)) <= _NAME:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def is_ours(peer: Any) -> bool:
    """Whether whoever is at the other end runs as the user that we are, or as root."""
    _, user, _ = _PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return user in (0, os.geteuid())
