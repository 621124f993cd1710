"""The process that keeps the model is asked by the others on its ledger: lessons in, judgements out, on a Unix socket.

The questions of all lines stand in one queue, from which a little is answered in each turn of the event loop. What has
waited too long is answered without a look at the model: whoever asked has gone on. Only processes of the same user come
in, and what they say is read like anything from outside: octets that are no lesson end their line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from mailguard import events
from mailguard.insight.lesson import Lesson, LessonError
from mailguard.insight.words import Judgement
from mailguard.mail.values import value
from mailguard.memory import wire
from mailguard.memory.moment import TOGETHER
from mailguard.memory.sizes import is_soon_judged
from mailguard.memory.wire import Answer, WireError

if TYPE_CHECKING:
    from mailguard.memory.room import Memory

#: Seconds of one turn of the event loop.
_TURN = 0.002
#: Processes that may ask; questions of one that may wait; questions to which a thread or a new model is needed.
_LINES, _WAITING, _ASIDE = 64, 1024, 16
#: Octets of answers that one may leave unread.
_UNREAD = 4 * 2**20


@value(frozen=True, slots=True)
class _Question:
    line: _Line
    number: int
    octets: bytes = field(repr=False)
    came: float


class Answering:
    """Who answers. All methods belong to the event loop of the memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._loop = asyncio.get_running_loop()
        self._lines: set[_Line] = set()
        self._questions: deque[_Question] = deque()
        self._working = False
        self._aside: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self, path: Path) -> AsyncIterator[None]:
        """It can be asked at this path while the block lasts, where it takes the place of whatever was there. Raises
        OSError.
        """
        with _listening(path) as sock:
            server = await self._loop.create_unix_server(lambda: _Line(self), sock=sock)
            try:
                yield
            finally:
                server.close()
                for line in list(self._lines):
                    line.end()
                for task in self._aside:
                    task.cancel()

    def came(self, line: _Line) -> bool:
        """Whether there is room for one more."""
        if len(self._lines) >= _LINES:
            return False
        self._lines.add(line)
        return True

    def left(self, line: _Line) -> None:
        self._lines.discard(line)

    def asked(self, line: _Line, number: int, octets: bytes) -> None:
        """One more question; `work` answers it."""
        self._questions.append(_Question(line, number, octets, time.monotonic()))

    def work(self) -> None:
        """Answer what was asked, at once: a mail of another process waits for it, and each turn of the event loop that
        goes by is as long as the work of all mail here.
        """
        if not self._working:
            self._work()

    def _work(self) -> None:
        """Answer for a moment, then let mail have its turn."""
        end = time.monotonic() + _TURN
        while self._questions and time.monotonic() < end:
            self._answer_some()
        for line in self._lines:
            line.send()
        self._working = bool(self._questions)
        if self._working:
            self._loop.call_soon(self._work)

    def _answer_some(self) -> None:
        """The oldest questions, judged together."""
        questions, lessons, people = list[_Question](), list[Lesson](), 0
        while self._questions and people < TOGETHER:
            question = self._questions.popleft()
            lesson = self._lesson(question)
            if lesson is not None:
                questions.append(question)
                lessons.append(lesson)
                people += max(1, len(lesson.people))
        for question, found in zip(questions, self._memory.opinions(lessons), strict=True):
            if isinstance(found, Exception):
                self._fault(question, found)
            else:
                self._reply(question, found)

    def _lesson(self, question: _Question) -> Lesson | None:
        """What is to be judged at once; None: it is not, and has its answer, or will have it."""
        memory = self._memory
        if question.line.ended or time.monotonic() - question.came > wire.PATIENCE:
            self._reply(question)
            return None
        try:
            lesson = memory.read(question.octets)
        except LessonError as error:
            events.fault("insight", error)
            question.line.end()
            return None
        except Exception as error:
            self._fault(question, error)
            return None
        if memory.is_made and is_soon_judged(lesson):
            return lesson
        if len(self._aside) < _ASIDE:
            task = self._loop.create_task(self._answer_aside(question, lesson), name="asked")
            self._aside.add(task)
            task.add_done_callback(self._aside.discard)
        else:
            self._reply(question)
        return None

    async def _answer_aside(self, question: _Question, lesson: Lesson) -> None:
        judgement = None
        try:
            judgement = await self._memory.opinion_aside(lesson)
        except Exception as error:
            events.fault("insight", error)
        self._reply(question, judgement)

    def _fault(self, question: _Question, error: Exception) -> None:
        """No risk is known then, as where a mail's own process has the model."""
        events.fault("insight", error)
        self._reply(question)

    def _reply(self, question: _Question, judgement: Judgement | None = None) -> None:
        question.line.answer(question.number, Answer(judgement, self._memory.since))


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock, wire.name_of(path) as name:
        sock.setblocking(False)
        os.fchmod(sock.fileno(), 0o600)  # which the file has from its beginning
        path.unlink(missing_ok=True)
        sock.bind(name)
        try:
            yield sock
        finally:
            path.unlink(missing_ok=True)


class _Line(wire.Line):
    """One process that asks."""

    def __init__(self, answering: Answering) -> None:
        super().__init__()
        self._answering = answering
        self._waiting = 0

    @property
    def ended(self) -> bool:
        return self.transport is None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not wire.is_ours(transport.get_extra_info("socket")) or not self._answering.came(self):
            self.end()

    def data_received(self, data: bytes) -> None:
        try:
            for number, octets in self.frames.feed(data):
                self._waiting += 1
                if self._waiting > _WAITING:
                    raise WireError("too many questions")
                self._answering.asked(self, number, octets)
            self._answering.work()
        except WireError as error:
            events.fault("insight", error)
            self.end()

    def answer(self, number: int, answer: Answer) -> None:
        """Nothing, if nobody is there any more."""
        self._waiting -= 1
        if self.transport is None:
            return
        if self.transport.get_write_buffer_size() > _UNREAD:
            self.end()
            return
        try:
            octets = wire.frame(number, wire.answer_octets(answer))
        except Exception as error:  # too long, or nothing that can be said: no risk is known then, of this one alone
            if not isinstance(error, WireError):
                events.fault("insight", error)
            octets = wire.frame(number, wire.answer_octets(Answer(None, answer.since)))
        self.say(octets)

    def end(self) -> None:
        """Hang up; there is room for another one."""
        super().end()
        self._answering.left(self)
