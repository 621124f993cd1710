"""Lessons of one moment are judged together: the first of them whose turn comes judges for all, some people at a time.

Code and tables of the model then come from far memory once for all of them. What goes wrong with one is its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from mailguard.insight.lesson import Lesson
from mailguard.insight.words import Judgement

#: Recipients of mails that are judged together: some milliseconds at most.
TOGETHER = 12


class _Waiting:
    __slots__ = ("done", "found", "lesson")

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.done = False
        self.found: Judgement | Exception | None = None


class Moment:
    """Of one event loop. judge: what is thought of each lesson, or what went wrong with it."""

    def __init__(self, judge: Callable[[Sequence[Lesson]], Sequence[Judgement | Exception | None]]) -> None:
        self._judge = judge
        self._waiting: deque[_Waiting] = deque()

    async def judged(self, lesson: Lesson) -> Judgement | None:
        """What is thought of a lesson, once the others of this moment had a turn to come. Raises what went wrong."""
        mine = _Waiting(lesson)
        self._waiting.append(mine)
        await asyncio.sleep(0)
        while not mine.done:
            self._judge_some()
        if isinstance(mine.found, Exception):
            raise mine.found
        return mine.found

    def together(self, lessons: Iterable[Lesson]) -> list[Judgement | Exception | None]:
        """What is thought of each of these at once, or what went wrong; whatever else waits is judged with them."""
        mine = [_Waiting(lesson) for lesson in lessons]
        self._waiting += mine
        while mine and not mine[-1].done:
            self._judge_some()
        return [one.found for one in mine]

    def _judge_some(self) -> None:
        """The oldest first."""
        waiting, people = self._waiting, 0
        some: list[_Waiting] = []
        while waiting and people < TOGETHER:
            some.append(waiting.popleft())
            people += max(1, len(some[-1].lesson.people))
        for one, found in zip(some, self._judge([one.lesson for one in some]), strict=True):
            one.found, one.done = found, True
