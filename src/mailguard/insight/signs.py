"""Plain signs that somebody else was meant, which the shipped tables cannot know: what they were made from is English
mail without files. Each is rare in right mail, can be told in one sentence, and weighs in log-odds what it was found to
be worth on mail of a Japanese company (`bench/japanese_mail.py`); the last, which no bench has, a little.

- A Japanese salutation (様, さん) that is nobody's of the recipients: it stands in one right mail in 700.
- A customer named in the subject or in a file's name, whose name never went to this recipient's house.
- A file that went out before, and only to others.
- A recipient whom this sender took back before, and did not write to since.
"""

from __future__ import annotations

from mailguard.insight.memory import Memory
from mailguard.insight.scene import Scene
from mailguard.mail.values import value

#: Log-odds of each sign.
GREETING, CUSTOMER, FILE, TAKEN_BACK = 4.0, 4.0, 1.5, 2.0


@value(frozen=True, slots=True)
class Signs:
    """What is seen of one recipient: greeting, customer, file, taken_back, as above."""

    greeting: bool = False
    customer: bool = False
    file: bool = False
    taken_back: bool = False

    @property
    def weight(self) -> float:
        """Log-odds, 0 where there is no sign."""
        known = GREETING * self.greeting + CUSTOMER * self.customer
        return known + FILE * self.file + TAKEN_BACK * self.taken_back


def signs(scene: Scene, at: int) -> Signs:
    """The signs of the recipient at this place."""
    lesson, memory = scene.lesson, scene.memory
    house = scene.people[at].rpartition("@")[2]
    taken_back = (scene.sender, scene.recipients[at]) in memory.refused
    if house in memory.own:
        return Signs(lesson.misfit, taken_back=taken_back)
    return Signs(
        lesson.misfit,
        bool(lesson.customers) and memory.trails.strange(lesson.customers, house),
        any(_only_others(memory, file, house) for file in lesson.files),
        taken_back,
    )


def _only_others(memory: Memory, file: int, house: str) -> bool:
    """Whether a file went out before, and never to this house."""
    mails = [number - memory.base for number in memory.trails.files.get(file)]
    domains, to = memory.people.domains, memory.to
    houses = {domains[one] for mail in mails if 0 < mail < len(to) for one in to[mail]}
    return bool(houses - memory.own) and house not in houses
