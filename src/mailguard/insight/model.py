"""The model of who writes to whom: judges a mail before it goes, and learns from it once it is gone.

It knows only what it was taught, asks nobody and keeps no clock; what it is told is one `Lesson` for each mail. Judging
never teaches. About a recipient whose warning its sender overruled often enough it is silent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO

from mailguard.insight import keeping, merging
from mailguard.insight.keeping import InsightError
from mailguard.insight.lesson import Lesson, address_key
from mailguard.insight.memory import Memory
from mailguard.insight.reasons import NOTHING, reason
from mailguard.insight.rows import Rows, rows
from mailguard.insight.trees import FARTHEST, Tables, shipped
from mailguard.insight.words import Judgement, Opinion

__all__ = ["Insight", "InsightError"]

#: One alarm in so many mails: the default budget.
BUDGET = 0.001
#: A warning about a recipient that its sender overruled so often is not given again, if nothing else is said.
OVERRULED = 3
#: So many mails must have been learned before anything but a look-alike raises an alarm: until then all is new.
_SETTLED = 200
#: From this risk on a reason is looked for; below, nothing is odd enough to speak of.
_SPOKEN = 0.2


class Insight:
    """budget: share of right mails that may raise an alarm, 0 to 1; own: domains of the organisation; overruled: so
    often a warning about a recipient must have been, to be given no more, 0: it always is.
    """

    def __init__(self, budget: float = BUDGET, own: Iterable[str] = (), overruled: int = OVERRULED) -> None:
        self.memory = Memory()
        self.memory.own.update(one.lower() for one in own)
        self.budget = budget
        self.overruled = overruled
        self.learned = 0
        self.since = 0.0
        self._thresholds: dict[float, float] = {}

    @property
    def tables(self) -> Tables:
        """What the numbers are judged by."""
        return shipped()

    def score(self, lesson: Lesson) -> Judgement:
        """How likely each recipient is a mistake. Changes nothing, whatever the mail is."""
        return self.scored((lesson,))[0]

    def scored(self, lessons: Sequence[Lesson]) -> list[Judgement]:
        """The same of each of them, for less: code and tables are fetched from far memory once."""
        tables = self.tables
        asked = rows(self.memory, [lesson for lesson in lessons if lesson.people], tables.glance)
        left = [one for mail in asked for one in mail.numbers]
        odds = iter(tables.judge.all(left) if left else ())
        made = iter(
            [self._judgement(mail, mail.quiet or [next(odds) + seen.weight for seen in mail.signs]) for mail in asked]
        )
        return [next(made) if lesson.people else Judgement() for lesson in lessons]

    def _judgement(self, rows: Rows, odds: Sequence[float]) -> Judgement:
        """odds: of each recipient that is judged."""
        people = rows.scene.lesson.people
        opinions = [self._opinion(rows, at, one) for at, one in enumerate(odds)]
        alarm, threshold = False, self._threshold()
        if max(odds) >= threshold:
            alarm = any(one >= threshold and self._may_alarm(rows, at, opinions[at]) for at, one in enumerate(odds))
        if len(people) > 1:
            said = {one.address: one for one in opinions}
            opinions = [said.get(address) or Opinion(address, 0.0, NOTHING) for address in people]
        return Judgement(max([one.risk for one in opinions]), alarm, tuple(opinions))

    def _threshold(self) -> float:
        """The log-odds from which on an alarm is within the budget."""
        found = self._thresholds.get(self.budget)
        if found is None:
            found = self._thresholds[self.budget] = self.tables.threshold(self.budget)
        return found

    def _opinion(self, rows: Rows, at: int, odds: float) -> Opinion:
        address = rows.addresses[at]
        risk = _risk(odds)
        if self._silent(rows.scene.sender, rows.scene.recipients[at]):
            risk = min(risk, _SPOKEN / 2)
        if risk < _SPOKEN:
            return Opinion(address, risk, NOTHING)
        found = reason(rows, at)
        return Opinion(address, risk, found.because, found.kind, found.alternative)

    def _may_alarm(self, rows: Rows, at: int, opinion: Opinion) -> bool:
        """Not about what was overruled; and while everything is new, only about what looks like somebody known."""
        if self._silent(rows.scene.sender, rows.scene.recipients[at]):
            return False
        return self.memory.mails > _SETTLED or opinion.kind == "lookalike"

    def _silent(self, sender: int, recipient: int) -> bool:
        return 0 < self.overruled <= self.memory.trusted.get((sender, recipient), 0)

    def learn(self, lesson: Lesson) -> None:
        """A mail that was really delivered, to the people of the lesson."""
        if not lesson.people:
            return
        self.memory.learn(lesson)
        self.learned += 1
        self.since = min(self.since or lesson.at, lesson.at)

    def trust(self, lesson: Lesson, recipients: Iterable[str]) -> None:
        """The sender was asked about these recipients, and said that they are right."""
        self.memory.trust(lesson, [address_key(one) for one in recipients])

    def refuse(self, lesson: Lesson, wrong: Iterable[str], meant: Mapping[str, str] = {}) -> None:
        """These recipients were a mistake; meant: whom the sender wrote to instead, by the wrong one."""
        self.memory.refuse(
            lesson,
            [address_key(one) for one in wrong],
            {address_key(one): address_key(other) for one, other in meant.items()},
        )

    def forget(self, address: str) -> bool:
        """Nothing is known of this person any more, as sender or recipient; False if nothing was."""
        return self.memory.forget(address_key(address))

    def save(self, stream: BinaryIO) -> None:
        """Write everything that was learned; `load` reads it again."""
        keeping.save(self.memory, {"learned": self.learned, "since": self.since}, stream)

    @classmethod
    def load(
        cls, stream: BinaryIO, budget: float = BUDGET, own: Iterable[str] = (), overruled: int = OVERRULED
    ) -> Insight:
        """What `save` wrote. Raises InsightError for anything else, or what a newer version wrote."""
        out = cls(budget, own, overruled)
        said = keeping.load(out.memory, stream)
        try:
            out.learned, out.since = int(said["learned"]), float(said["since"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InsightError(f"the file is broken: {type(error).__name__}: {error}") from None
        return out

    def merge(self, other: Insight) -> None:
        """Take in what another node learned from other mails."""
        merging.merge(self.memory, other.memory)
        self.learned += other.learned
        known = [one for one in (self.since, other.since) if one]
        self.since = min(known, default=0.0)


def _risk(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-FARTHEST, min(FARTHEST, odds))))
