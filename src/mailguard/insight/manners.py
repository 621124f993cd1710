"""How usual a mail is for its sender, beside its words: whether it looks as his mails to this recipient do, whether its
people are a circle of his, whether the recipient stands near those he wrote to lately or about such things, and whether
the text spells him.

Numbers for the tables, of recipients only: `EACH` for each, `WHOLE` for the mail. -1 where a question makes no sense.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence, Set
from functools import lru_cache

from mailguard.insight.habits import kind_of, looks
from mailguard.insight.scene import NOBODY, Scene
from mailguard.insight.sides import PRIVATE, side_of
from mailguard.insight.sketches import MIX_ONE, MIX_TWO
from mailguard.insight.text import hashed

EACH = (
    "pace", "portion", "lag", "circle", "circle_new", "circle_topic", "set_alike", "spelled", "named_anywhere",
    "greeted_otherwise", "side_own", "side_all", "style", "style_greeting", "style_length", "style_form", "style_hour",
    "style_number", "style_kind", "set_without", "set_over", "writers_known", "writers_back", "side_said", "side_over",
    "side_inside", "side_private",
)  # fmt: skip
WHOLE = ("same_people", "answers_here")
#: People of the sender's newest mails that a recipient is compared with, of each mail; people of mails like this one.
_CIRCLE, _OF_EACH, _TOPIC = 15, 8, 8
#: How many mails' worth the sender's general habit counts beside that towards one recipient.
_PRIOR = 2.0
_DAY = 86_400.0
_NEVER = 20.0
_NO_STYLE: Sequence[float] = (0.0,) * 7
#: What is the same for each stranger.
STRANGER = {
    "same_people": 0.0, "pace": 0.0, "portion": 0.0, "lag": _NEVER, "set_alike": 0.0, "named_anywhere": 0.0,
    "greeted_otherwise": 0.0, **dict.fromkeys([name for name in EACH if name.startswith("style")], 0.0),
    "set_without": 0.0, "set_over": 0.0, "writers_known": -1.0, "writers_back": -1.0,
}  # fmt: skip
_WORD = re.compile(r"[a-z0-9][a-z0-9'&]+")
_log, _log1p = math.log, math.log1p


class Manners:
    """Made once for a mail."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        memory, lesson = scene.memory, scene.lesson
        self._find_circle()
        topic = sorted([(share, one) for one, share in scene.own.share.items()], reverse=True)[:_TOPIC]
        keys = memory.people.keys
        self.topic = [(keys[one], share) for share, one in topic if one != scene.sender]
        self.topic_total = sum([share for _, share in self.topic])
        self.text: Set[int] = scene.own_words
        if lesson.quoted or lesson.quoting.words:
            self.text = {*lesson.own, *lesson.quoted, *lesson.quoting.words}
        self.own_sides, self.all_sides = self._sides(scene.own.share), self._sides(scene.all.share)
        if not scene.among.isdisjoint(scene.contacts.people):
            self._find_usual()
        self.said = memory.sides.said(lesson.own, scene.key)

    def _find_usual(self) -> None:
        """How the sender's mails look, to be compared with those to somebody whom he wrote to."""
        scene = self.scene
        so = looks(scene.lesson)
        self.asked = scene.memory.habits.asked(so, scene.key)
        row, mails = scene.contacts.style, scene.contacts.style[-1] + 3.0
        self.usual = [(row[at] + 0.5) / mails for at in so]
        self.kinds = [(often + 0.5) / mails for often in row[kind_of(0) : kind_of(3)]]

    def _find_circle(self) -> None:
        """Who was written to lately, and for each recipient how much the people of a mail to him are those of this."""
        scene, memory = self.scene, self.scene.memory
        base, senders, to = memory.base, memory.sender, memory.to
        numbers = memory.habits.lately.get(scene.key) if scene.sender >= 0 else ()
        sender = scene.sender
        mails = [to[at] for number in numbers if (at := number - base) > 0 and senders[at] == sender]
        counted: dict[int, int] = {}
        self.alike: dict[int, float] = {}
        self.without: dict[int, tuple[float, float]] = {}
        among, count, alike = scene.among, len(scene.people), self.alike
        for people in dict.fromkeys(mails):  # most people write to the same ones again
            times = mails.count(people)
            for one in people[:_OF_EACH]:
                counted[one] = counted.get(one, 0) + times
            here = among.intersection(people)
            if here:
                part = len(here) / (count + len(people) - len(here))
                for one in here:
                    alike[one] = max(part, alike.get(one, 0.0))
                if count > 1:
                    self._find_without(here, people)
        keys = memory.people.keys
        self.circle = [keys[one] for one in sorted(counted, key=counted.__getitem__, reverse=True)[:_CIRCLE]]

    def _find_without(self, here: Set[int], people: Sequence[int]) -> None:
        """A mail that went to others of these recipients and not to him: how much its people are those beside him, and
        how much they are all of these with the one whom it had instead of him.
        """
        count, more, without = len(self.scene.people), len(people) - len(here), self.without
        beside = len(here) / (count - 1 + more)
        instead = (len(here) + 1) / (count + 1) if more == 1 else 0.0
        for one in self.scene.among.difference(people):
            best, best_instead = without.get(one, (0.0, 0.0))
            without[one] = max(best, beside), max(best_instead, instead)

    def _sides(self, share: dict[int, float]) -> tuple[float, float, float]:
        """Which part of mails like this one goes inside, to private mailboxes and to other companies."""
        domains, own = self.scene.memory.people.domains, self.scene.memory.own
        inside = private = outside = 0.0
        for one, part in share.items():
            domain = domains[one]
            if domain in own:
                inside += part
            elif domain in PRIVATE:
                private += part
            else:
                outside += part
        total = sum((inside, private, outside))
        return (inside / total, private / total, outside / total) if total else (-1.0, -1.0, -1.0)

    def whole(self) -> list[float]:
        """The numbers of WHOLE."""
        return [self._same_people(), self._answers_here()]

    def _same_people(self) -> float:
        scene = self.scene
        if scene.sender < 0 or -1 in scene.recipients:
            return 0.0
        keys = scene.memory.people.keys
        return _log1p(scene.memory.habits.times([keys[one] for one in scene.recipients], scene.key))

    def _answers_here(self) -> float:
        """For an answer to somebody else's mail how surely anybody here took part in it: 0 to 1."""
        scene = self.scene
        lesson, quoted = scene.lesson, scene.quoted_words
        if not (lesson.reply and scene.asker) or lesson.forward or lesson.quoting.forwarded or scene.asks_himself:
            return -1.0
        people = scene.memory.people
        best = 0.0
        for one, address in zip(scene.recipients, scene.people, strict=True):
            if one in scene.taking_part or hashed(address) in scene.quoted:
                return 1.0
            if best < 0.5:
                named = one >= 0 and people.last[one] in quoted
                best = 0.5 if named or not quoted.isdisjoint(spelled(address)) else best
        return best

    def each(self, at: int) -> list[float]:
        """The numbers of EACH for the recipient at this place."""
        scene, memory = self.scene, self.scene.memory
        one, address = scene.recipients[at], scene.people[at]
        place = scene.contacts.people.get(one)
        pace = portion = otherwise = 0.0
        lag, style = _NEVER, _NO_STYLE
        if place is not None:
            count, now, last = memory.count[place], scene.lesson.at, memory.last[place]
            pace = max(0.0, now - last) / _DAY * (count / (max(0.0, now - memory.since[place]) / _DAY + 1.0))
            portion = count / max(1, scene.contacts.mails)
            lag = _log1p(max(0.0, now - last) / 60) - _log1p(max(0.0, now - scene.contacts.at) / 60)
            if scene.greeted and memory.greeting[place] not in scene.greeted:
                otherwise = float(memory.greeted[place])
            style = self._style(scene.kinds[at], memory.people.keys[one])
        domain = address.rpartition("@")[2]
        side, said = side_of(domain, memory.own), self.said
        circle, topic = self._stands_near(one)
        words, text, people = spelled(address), self.text, memory.people
        without, instead = self.without.get(one, (0.0, 0.0))
        named = (people.last[one] in text) + (people.first[one] in text) if one >= 0 else 0
        return [
            pace, portion, lag, circle, circle if place is None else -1.0, topic, self.alike.get(one, 0.0),
            len([1 for word in words if word in text]) / len(words) if words else -1.0, float(named), otherwise,
            self.own_sides[side], self.all_sides[side], *style, without, instead - self.alike.get(one, 0.0),
            *self._writers(one), said[side], said[side] - max(said), said[0], said[1],
        ]  # fmt: skip

    def _writers(self, one: int) -> tuple[float, float]:
        """Of the others who wrote to him lately the part whom the sender writes to, and that which writes to the
        sender; -1 where there is nobody.
        """
        scene, memory = self.scene, self.scene.memory
        if one < 0:
            return -1.0, -1.0
        base, senders, to, count = memory.base, memory.sender, memory.to, len(memory.sender)
        found = {
            senders[at]
            for number in memory.habits.received.get(memory.people.keys[one])
            if 0 < (at := number - base) < count and one in to[at]
        }
        found.discard(scene.sender)
        if not found:
            return -1.0, -1.0
        known, sender, all_senders = scene.contacts.people, scene.sender, memory.senders
        back = len([1 for other in found if sender in all_senders.get(other, NOBODY).people])
        return len([1 for other in found if other in known]) / len(found), back / len(found)

    def _stands_near(self, one: int) -> tuple[float, float]:
        """With which part he was ever seen together: of whom the sender wrote to lately, of whom such mails went to."""
        if one < 0:
            return 0.0 if self.circle else -1.0, 0.0 if self.topic else -1.0
        key = self.scene.memory.people.keys[one]
        cells, mask = self.scene.memory.together_all.cells, self.scene.memory.together_all.mask
        greater, less = key * MIX_TWO, key * MIX_ONE
        near = topic = -1.0
        if self.circle:
            beside = 0
            for other in self.circle:  # sketches.pair, without the call
                both = (less + other * MIX_TWO if key < other else other * MIX_ONE + greater) & 0xFFFFFFFF
                if cells[(both ^ (both >> 15)) & mask] and other != key:
                    beside += 1
            near = beside / len(self.circle)
        if self.topic:
            share = 0.0
            for other, part in self.topic:
                both = (less + other * MIX_TWO if key < other else other * MIX_ONE + greater) & 0xFFFFFFFF
                if cells[(both ^ (both >> 15)) & mask] or other == key:
                    share += part
            topic = share / self.topic_total
        return near, topic

    def _style(self, kind: int, key: int) -> Sequence[float]:
        """Log-likelihood ratios: whether mails to him look so, against all of the sender's."""
        counts, mails = self.scene.memory.habits.styled(self.asked, kind, key)
        if not mails:
            return _NO_STYLE
        total = mails + _PRIOR
        greeting, length, form, hour, weekend, number, kinds = [
            _log((count / often + _PRIOR) / total)
            for count, often in zip(counts, (*self.usual, self.kinds[kind]), strict=True)
        ]
        style = greeting + length + form + hour + weekend + number + kinds
        return style, greeting, length, form, hour, number, kinds


@lru_cache(maxsize=4096)
def spelled(address: str) -> tuple[int, ...]:
    """Hashes of the words that the name before the @ consists of, as a text would have them."""
    return tuple([hashed(word) for word in _WORD.findall(address.partition("@")[0]) if len(word) > 2 or word.isdigit()])
