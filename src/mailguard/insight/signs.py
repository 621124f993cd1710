"""Plain signs that somebody else was meant, which the shipped tables cannot know: what they were made from is English
mail without files. Each is rare in right mail, can be told in one sentence, and weighs in log-odds what it was found to
be worth on mail of a Japanese company (`bench/japanese_mail.py`); the last, which no bench has, a little.

- A Japanese salutation (様, さん) that is nobody's of the recipients: it stands in one right mail in 700.
- A customer named in the subject or in a file's name, whose name never went to this recipient's house.
- A file that went out before, and only to others.
- A recipient whom this sender took back before, and did not write to since.
- An address that nobody here ever wrote to, a slip of every day away from one that this sender did write to, at the
  same domain. Of public mail 0.06 % has one, and most of those are slips that really went out; the tables know them,
  but ask for more history than a first day has.
"""

from __future__ import annotations

from mailguard.insight.memory import Memory
from mailguard.insight.near import SLIP
from mailguard.insight.rivals import Mistakable
from mailguard.insight.scene import Scene
from mailguard.mail.values import value

#: Log-odds of each sign.
GREETING, CUSTOMER, FILE, TAKEN_BACK, MISTYPED = 4.0, 4.0, 1.5, 2.0, 2.0
#: What a slip may cost at most (`slips`): nagano is no slip for nakano, nor r2 for r1. So often was the other one used.
_EVERY_DAY, _USED = 0.25, 2.0


@value(frozen=True, slots=True)
class Signs:
    """What is seen of one recipient: greeting, customer, file, taken_back, mistyped, as above."""

    greeting: bool = False
    customer: bool = False
    file: bool = False
    taken_back: bool = False
    mistyped: bool = False

    @property
    def weight(self) -> float:
        """Log-odds, 0 where there is no sign."""
        known = GREETING * self.greeting + CUSTOMER * self.customer
        return known + FILE * self.file + TAKEN_BACK * self.taken_back + MISTYPED * self.mistyped


def signs(scene: Scene, at: int, near: Mistakable) -> Signs:
    """The signs of the recipient at this place. near: who is easily taken for him."""
    lesson, memory = scene.lesson, scene.memory
    house = scene.people[at].rpartition("@")[2]
    taken_back = (scene.sender, scene.recipients[at]) in memory.refused
    if house in memory.own:
        return Signs(lesson.misfit, taken_back=taken_back, mistyped=_mistyped(scene, at, near))
    return Signs(
        lesson.misfit,
        bool(lesson.customers) and memory.trails.strange(lesson.customers, house),
        any(_only_others(memory, file, house) for file in lesson.files),
        taken_back,
        _mistyped(scene, at, near),
    )


def _mistyped(scene: Scene, at: int, near: Mistakable) -> bool:
    looks, one, people = near.looks, scene.recipients[at], scene.memory.people
    if looks is None or looks.kind != SLIP or looks.cost > _EVERY_DAY or near.looks_count < _USED:
        return False
    if one >= 0 and (people.received[one] or people.sent[one]):
        return False
    return near.looks_number not in scene.among


def _only_others(memory: Memory, file: int, house: str) -> bool:
    """Whether a file went out before, and never to this house."""
    mails = [number - memory.base for number in memory.trails.files.get(file)]
    domains, to = memory.people.domains, memory.to
    houses = {domains[one] for mail in mails if 0 < mail < len(to) for one in to[mail]}
    return bool(houses - memory.own) and house not in houses
