"""ROOM: the model of who writes to whom as a process has it that asks another one: it reads letters and keeps nothing.

Many mails ask at once on one line, and none waits longer than a second: without an answer no risk is known, as without
a model. A process that has stopped answering is not waited for again before it has said something, so that a mail or
two wait for one that stands still, and not all. It trusts the process that has the model for what it says, and reads
that like anything from outside.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from mailguard import events
from mailguard.insight.lesson import read
from mailguard.insight.words import Judgement, Letter
from mailguard.inspect.overtime import bounded
from mailguard.mail.values import value
from mailguard.memory import wire
from mailguard.memory.settings import MemorySettings
from mailguard.memory.sizes import is_small
from mailguard.memory.wire import Answer, WireError
from mailguard.store.lessons import LARGEST

#: Questions under way, and octets that may wait to be sent.
_MOST, _UNSENT = 512, 2 * 2**20
#: Seconds between two looks at whether a question has waited too long; after which a silent line is given up; between
#: two lines in the log.
_LOOKS, _SILENT, _SAYS = 0.05, 10.0, 10.0


@value(frozen=True, slots=True)
class _Question:
    """people: keys of the lesson; end: until when it waits, by the monotonic clock."""

    people: tuple[str, ...]
    end: float
    answer: asyncio.Future[Answer | None]


class Asking:
    """The model of another process. All methods belong to one event loop."""

    def __init__(self, settings: MemorySettings, *, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._since = 0.0
        self._line: _Line | None = None
        #: Mails that got no answer and are not in the log yet, and when the log last heard of some.
        self._missed, self._told = 0, -_SAYS

    @property
    def learning(self) -> bool:
        """Whether the model only watches yet, as far as it has said."""
        return bool(self._settings.silent_for) and self._settings.learning(self._since, self._now())

    @property
    def is_there(self) -> bool:
        """Whether there is somebody to be asked now."""
        return self._line is not None and self._line.transport is not None

    @property
    def had(self) -> bool:
        """Whether there is, or was a moment ago."""
        return self._line is not None

    async def judged(self, letter: Letter, *, abreast: bool = False) -> tuple[bytes, Judgement | None]:
        """See `Memory.judged`; None also without an answer."""
        lesson = bounded(read, letter) if is_small(letter) else await asyncio.to_thread(read, letter)
        octets, answer = lesson.to_bytes(), None
        if self._line is not None:
            asked = self._line.ask(octets, lesson.people)
            answer = None if asked is None else await asked
            if answer is None:
                self._miss()
            else:
                self._since = answer.since
        return octets if len(octets) <= LARGEST else b"", None if answer is None else answer.judgement

    def _miss(self) -> None:
        """One line for all mails of some seconds: there may be many."""
        self._missed += 1
        now = time.monotonic()
        if now - self._told >= _SAYS:
            events.insight_unanswered(self._missed)
            self._missed, self._told = 0, now

    async def connect(self) -> bool:
        """Whether somebody is there to be asked."""
        with contextlib.suppress(OSError):
            self._line = await _connected(self._settings.asked_at)
            events.insight_asking()
        return self._line is not None

    async def gone(self) -> None:
        """Wait until nobody is there any more."""
        if self._line is not None:
            try:
                await self._line.lost.wait()
                events.insight_away()
            finally:
                self._line.end()
                self._line = None


async def _connected(path: Path) -> _Line:
    """Raises OSError where nobody listens, or somebody else does."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        with wire.name_of(path) as name:
            sock.connect(name)  # never waits on a Unix socket: where its line is full, it fails
        if not wire.is_ours(sock):
            raise PermissionError(f"{path}: another user's")
        _, line = await asyncio.get_running_loop().create_unix_connection(_Line, sock=sock)
    except BaseException:
        sock.close()
        raise
    return line


class _Line(wire.Line):
    """One connection to the process that keeps the model."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._questions: dict[int, _Question] = {}
        self._number = 0
        self._looking: asyncio.TimerHandle | None = None
        #: Since when nothing is heard, though something is asked; None: it answers.
        self._silent: float | None = None
        self.lost = asyncio.Event()

    def ask(self, octets: bytes, people: tuple[str, ...]) -> asyncio.Future[Answer | None] | None:
        """The answer, None if none comes in time; None at once where it makes no sense to ask."""
        transport = self.transport
        if transport is None or self._silent is not None or len(self._questions) >= _MOST or len(octets) > wire.LARGEST:
            return None
        if transport.get_write_buffer_size() > _UNSENT:
            return None
        self._number = (self._number + 1) & 0xFFFFFFFF
        question = _Question(people, time.monotonic() + wire.PATIENCE, self._loop.create_future())
        self._questions[self._number] = question
        self.say(wire.frame(self._number, octets))
        if self._looking is None:
            self._looking = self._loop.call_later(_LOOKS, self._look)
        return question.answer

    def data_received(self, data: bytes) -> None:
        self._silent = None
        try:
            for number, octets in self.frames.feed(data):
                question = self._questions.get(number)
                if question is None:
                    continue  # it came too late
                answer = wire.read_answer(octets, question.people)
                del self._questions[number]
                if not question.answer.done():
                    question.answer.set_result(answer)
        except WireError as error:
            events.fault("insight", error)
            self.end()

    def _look(self) -> None:
        """Whoever has waited long enough goes on without; the oldest come first."""
        self._looking, now = None, time.monotonic()
        while self._questions:
            number, question = next(iter(self._questions.items()))
            if question.end > now:
                break
            del self._questions[number]
            if not question.answer.done():
                question.answer.set_result(None)
            self._silent = self._silent or now
        if self._silent is not None and now - self._silent > _SILENT:
            self.end()
        elif self._questions or self._silent is not None:
            self._looking = self._loop.call_later(_LOOKS, self._look)

    def end(self) -> None:
        """Nothing is asked here any more, and nobody waits."""
        super().end()
        if self._looking is not None:
            self._looking.cancel()
        for question in self._questions.values():
            if not question.answer.done():
                question.answer.set_result(None)
        self._questions.clear()
        self.lost.set()
