"""The reading worker: a process of its own that reads one mail after the other and answers with Facts as JSON.

Started as `python -I -m mailguard.inspect.worker` by `workers`; first frame in: limits; then questions. It writes
nothing but answers, opens nothing but the file it is told to read, and ends when its input ends. It may die at any
time: that costs one mail its facts.
"""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import sys
from pathlib import Path
from typing import IO, BinaryIO

from mailguard.inspect import isolation, wire
from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Facts, unreadable
from mailguard.mail.facts_json import facts_to_json
from mailguard.mail.message import Body

#: Seconds without a question, after which a worker is idle.
_QUIET = 1.0


def main() -> None:
    """Read questions from standard input until it ends."""
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    head = _frame(source)
    if head is None:
        return
    settings = json.loads(head)
    folder, hatch = settings.pop("folder", ""), settings.pop("hatch", -1)
    limits = wire.limits_from_json(settings)
    isolation.wall_in(limits.memory_bytes, folder)
    gc.freeze()
    _answer(answers, [wire.frame(wire.READY), wire.NO_TEXTS])
    while (question := _question(source)) is not None:
        isolation.allow_cpu(limits.cpu_seconds)
        facts = _read(json.loads(question), source, hatch, limits)
        _answer(answers, wire.answer_of(facts_to_json(facts, unmasked=True)))


def _question(source: BinaryIO) -> bytes | None:
    """The next question. A worker that waits for it keeps nothing of the mails before."""
    if not select.select([source], [], [], _QUIET)[0]:
        isolation.give_back()
    return _frame(source)


def _read(question: dict[str, object], source: BinaryIO, hatch: int, limits: ReadingLimits) -> Facts:
    path, size = question.get("path"), question.get("size")
    try:
        if isinstance(path, str):
            with Body(0, "", path=Path(path), key=_key(question)).open() as file:
                octets = _all_of(file, size if isinstance(size, int) else 0, limits.mail_bytes + 1)
        elif question.get("sheet") is True:
            octets = _handed_in(hatch, size if isinstance(size, int) else 0)
        else:
            octets = source.read(size if isinstance(size, int) else 0)
        return read_mail(octets, limits)
    except MemoryError:
        return unreadable("more memory than allowed")  # the parent replaces us: memory is crumbled now
    except OSError as error:
        return unreadable(f"the stored mail cannot be opened: {type(error).__name__}")


def _handed_in(hatch: int, size: int) -> bytes:
    """The octets behind the descriptor that was handed in: a copy, since what is there is used for others later. Raises
    OSError.
    """
    with socket.socket(fileno=os.dup(hatch)) as inside:
        _, (descriptor,), _, _ = socket.recv_fds(inside, 1, 1)
    try:
        octets = os.pread(descriptor, size, 0)
    finally:
        os.close(descriptor)
    if len(octets) != size:
        raise OSError("less than was told")
    return octets


def _all_of(file: IO[bytes], size: int, most: int) -> bytes:
    """All that is in a file, up to `most`. size: what should be in it; room is made for no more."""
    octets = file.read(min(size + 1, most))
    return octets if len(octets) <= size else octets + file.read(most - len(octets))


def _key(question: dict[str, object]) -> bytes | None:
    key = question.get("key")
    return bytes.fromhex(key) if isinstance(key, str) else None


def _frame(source: BinaryIO) -> bytes | None:
    head = source.read(wire.HEAD)
    if len(head) < wire.HEAD:
        return None
    return source.read(wire.length_of(head))


def _answer(answers: BinaryIO, pieces: list[bytes]) -> None:
    answers.writelines(pieces)
    answers.flush()


if __name__ == "__main__":
    main()
