"""What is small enough for the event loop: about a millisecond of work. The rest is read and judged in a thread."""

from __future__ import annotations

from mailguard.insight.lesson import Lesson
from mailguard.insight.words import Letter

_CHARACTERS, _PEOPLE, _FILES = 10_000, 10, 20


def is_small(letter: Letter) -> bool:
    """Whether a letter is read and judged at once."""
    people = len(letter.to) + len(letter.cc) + len(letter.bcc)
    return len(letter.body) <= _CHARACTERS and people <= _PEOPLE and len(letter.files) <= _FILES


def is_soon_judged(lesson: Lesson) -> bool:
    """The same of a lesson, whose text is a few thousand characters at most."""
    return len(lesson.people) <= _PEOPLE
