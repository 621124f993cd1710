"""Lessons of mail of this moment, by their octets: what the feed brings back moments later need not be read once more.

Bounded, the oldest go; whatever is not here is read from its octets, to the same effect.
"""

from __future__ import annotations

from mailguard.insight.lesson import Lesson


class Fresh:
    """At most so many of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lessons: dict[bytes, Lesson] = {}

    def keep(self, octets: bytes, lesson: Lesson) -> None:
        """What `Lesson.to_bytes` made of it."""
        self._lessons[octets] = lesson
        if len(self._lessons) > self._most:
            del self._lessons[next(iter(self._lessons))]

    def take(self, octets: bytes) -> Lesson:
        """The lesson, which is kept no longer. Raises LessonError."""
        return self._lessons.pop(octets, None) or Lesson.from_bytes(octets)
