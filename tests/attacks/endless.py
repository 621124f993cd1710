"""mailguard with faults that are not known: a text that says so takes its reader, the model's or a rule as good as for
ever, in the server's own process. Run as a program; its reading workers are as they are shipped.
"""

from __future__ import annotations

import re
from typing import Any

import mailguard.inspect.reader as reading
import mailguard.memory.room as room
from mailguard.__main__ import main
from mailguard.insight import lesson
from mailguard.insight.words import Letter
from mailguard.mail.facts import Facts
from mailguard.policy.result import Result, Truth
from mailguard.policy.rule import Rule
from mailguard.policy.view import View

_said, _read, _look = reading._said, lesson.read, Rule.look


def _for_ever() -> None:
    re.compile("(a|aa)+$").match("a" * 90 + "b")


def said(letter: Any, budget: Any) -> Facts:
    if "endless-reading" in letter.text:
        _for_ever()
    return _said(letter, budget)


def read(letter: Letter) -> lesson.Lesson:
    if "endless-lesson" in letter.body:
        _for_ever()
    return _read(letter)


def look(self: Rule, view: View) -> tuple[Truth, Result]:
    if self.id == "endless-rule" and "endless-rule" in view.facts.text:
        _for_ever()
    return _look(self, view)


if __name__ == "__main__":
    reading._said = said
    vars(room)["read"] = read
    Rule.look = look  # type: ignore[method-assign]
    main()
