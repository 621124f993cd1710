"""What is usual for a sender beside whom he writes to: his newest mails, the circles of people he writes to, and how
his mails look: by length, hour, greeting, kind, to everybody and to each.

Flat tables under hashes, and a row of counters for each sender; nothing of a text. Bounded, pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailguard.insight.lesson import Lesson
from mailguard.insight.sketches import Counts, Recent, all_under, under

#: Mails to so many recipients or fewer say how one looks that goes to each of them; and no more than so many of them.
_STYLED, _TAUGHT = 8, 250
#: Recipients of one mail under whom it is found again.
_RECEIVED = 60
_GREETING, _LENGTH, _FORM, _HOUR, _WEEKEND, _NUMBER, _KIND = 0, 2, 16, 24, 32, 34, 39
#: Looks there are, and the place that counts all mails.
LOOKS = 43
_ALL = 42
_HOURS = 3 * 3600


def looks(lesson: Lesson) -> tuple[int, ...]:
    """How a mail looks, as places in a row of counters; a recipient's kind (To, Cc, Bcc) is one more, `kind_of`."""
    count, form = len(lesson.people), lesson.reply + 2 * lesson.forward + 4 * bool(lesson.lengths[1])
    seconds = int(lesson.at)
    return (
        _GREETING + bool(lesson.greeted), _LENGTH + min(13, lesson.lengths[0].bit_length()), _FORM + form,
        _HOUR + seconds % 86_400 // _HOURS, _WEEKEND + (seconds // 86_400 + 3) % 7 // 5,
        _NUMBER + (count - 1 if count < 3 else 2 if count == 3 else 3 if count < 6 else 4),
    )  # fmt: skip


def kind_of(kind: int) -> int:
    """The place of a kind of recipient: 0 To, 1 Cc, 2 Bcc."""
    return _KIND + kind


def whole(keys: Sequence[int]) -> int:
    """A hash of a set of people."""
    return sum([(key * 0x9E3779B1 & 0xFFFFFFFF) ^ (key >> 7) for key in keys]) & 0xFFFFFFFF


class Habits:
    """lately: the newest mails of a sender; circles: how often he wrote to just these people; styles: how often a mail
    to somebody looked so; received: the newest mails to somebody.
    """

    __slots__ = ("circles", "lately", "received", "styles")

    def __init__(self) -> None:
        self.lately = Recent(14, 12)
        self.circles = Counts(18)
        self.received = Recent(16, 8)
        self.styles = Counts(23)

    def learn(self, lesson: Lesson, sender: int, known: Sequence[tuple[int, int]], row: list[int], number: int) -> None:
        """sender: his key; known: key and kind of each recipient; row: the sender's counters; number: the mail's."""
        self.lately.put((sender,), number)
        self.received.put([key for key, _ in known[:_RECEIVED]], number)
        self.circles.add((under(whole([key for key, _ in known]), sender),))
        so = looks(lesson)
        for at in (*so, *{kind_of(kind) for _, kind in known}, _ALL):
            row[at] += 1
        mine, cells, mask = all_under((*so, _ALL), sender), self.styles.cells, self.styles.mask
        for key, kind in known[:_STYLED]:
            if cells[under(mine[-1], key) & mask] < _TAUGHT:
                self.styles.add(all_under((*mine, under(kind_of(kind), sender)), key))

    def asked(self, so: Sequence[int], sender: int) -> list[int]:
        """What `styled` is asked by, for mails of this sender (key) that look so."""
        return all_under((*so, *range(_KIND, _ALL), _ALL), sender)

    def styled(self, asked: Sequence[int], kind: int, one: int) -> tuple[list[int], int]:
        """How often mails to this person (key) looked so, the kind of recipient last, and how many there were."""
        cells, mask = self.styles.cells, self.styles.mask
        counts = [cells[place & mask] for place in all_under((*asked[:-4], asked[kind - 4], asked[-1]), one)]
        return counts[:-1], counts[-1]

    def times(self, people: Sequence[int], sender: int) -> int:
        """How often this sender wrote to just these people (keys)."""
        return self.circles.cells[under(whole(people), sender) & self.circles.mask]
