"""What the memory knows of one mail before it is judged: mails like it, its thread, whom it answers and whom it greets.

Made once for a mail and asked for each of its recipients and for whoever may have been meant. Reads only.
"""

from __future__ import annotations

import math

from mailguard.insight.lesson import Lesson
from mailguard.insight.memory import Contacts, Memory
from mailguard.insight.sketches import under

#: Mails like this one that are looked at, of this sender and of everybody.
_ALIKE_OWN, _ALIKE_ALL = 12, 16
#: Everybody's mail is looked for by so many words: the rest is too usual.
_RAREST = 24
#: Words of the mail that are compared with those of a person's mail.
_PROFILED = 24
#: A mail with less than this part of the words' weight is not alike.
_LEAST = 0.03
#: A thread is at rest after so long.
_THREAD = 45 * 86_400.0
NOBODY = Contacts()


class Alike:
    """Mails with similar words. total: of their similarities, squared; share: of that, by person; best: the highest
    similarity (cosine) of a mail with that person.
    """

    __slots__ = ("best", "share", "total")

    def __init__(self, found: list[tuple[float, tuple[int, ...]]]) -> None:
        total = 0.0
        share: dict[int, float] = {}
        best: dict[int, float] = {}
        whole = _one_circle(found)
        if whole:
            for similarity, _ in found:
                total += similarity * similarity
            share, best = dict.fromkeys(whole, total), dict.fromkeys(whole, max(found)[0])
            found = []
        for similarity, people in found:
            square = similarity * similarity
            total += square
            for one in people:
                if one in share:
                    share[one] += square
                    if similarity > best[one]:
                        best[one] = similarity
                else:
                    share[one], best[one] = square, similarity
        self.total, self.share, self.best = total, share, best

    def of(self, one: int) -> float:
        """The person's share, 0 to 1."""
        return self.share.get(one, 0.0) / self.total if self.total else 0.0


class Scene:
    """sender: his number, -1 if he never wrote; contacts: what is known of him. people, kinds: the lesson's, in the
    order of the alphabet, so that nothing depends on theirs; recipients: their numbers, -1 for strangers.
    """

    def __init__(self, memory: Memory, lesson: Lesson) -> None:
        people = memory.people
        self.memory, self.lesson = memory, lesson
        self.sender = people.numbers.get(lesson.sender, -1)
        self.contacts = memory.senders.get(self.sender, NOBODY)
        self.key = people.keys[self.sender] if self.sender >= 0 else 0
        self.people, self.kinds = lesson.people, lesson.kinds
        if len(self.people) > 1:
            self.people, self.kinds = zip(*sorted(zip(self.people, self.kinds, strict=True)), strict=True)
        self.recipients = [people.numbers.get(key, -1) for key in self.people]
        self.among = {one for one in self.recipients if one >= 0}
        words, squares, often = memory.rarest(lesson)
        self.own_words = frozenset(lesson.own)
        self.asker = frozenset(lesson.quoting.asker)
        self.quoted = frozenset(lesson.quoting.people)
        self.quoted_words = frozenset(lesson.quoting.words)
        self.greeted = frozenset(lesson.greeted)
        self.profiled = [(word * 31, seen) for word, seen in zip(words[:_PROFILED], often, strict=False)]
        self._find_alike(words, squares)
        self._find_thread()
        self._find_named()

    def _find_alike(self, words: list[int], squares: list[float]) -> None:
        """squares: of the words' weights."""
        memory = self.memory
        norm = math.sqrt(sum(squares)) + 1e-3
        own: dict[int, float] = {}
        if self.sender >= 0:
            own = _summed(squares, memory.own_words.find_under(words, self.key))
        everybody = _summed(squares, memory.all_words.find(words[:_RAREST]))
        self.own = Alike(self._nearest(own, norm, _ALIKE_OWN, with_sender=False))
        self.all = Alike(self._nearest(everybody, norm, _ALIKE_ALL, with_sender=True))

    def _nearest(
        self, sums: dict[int, float], norm: float, most: int, *, with_sender: bool
    ) -> list[tuple[float, tuple[int, ...]]]:
        memory = self.memory
        base, senders, norms, to = memory.base, memory.sender, memory.norm, memory.to
        least, sender = _LEAST * norm * norm, self.sender
        found = [
            (total / (norm * norms[at]), at)
            for number, total in sums.items()
            if total > least and (at := number - base) > 0 and (with_sender or senders[at] == sender)
        ]
        if len(found) > most:
            found.sort(reverse=True)
            del found[most:]
        if with_sender:
            return [(similarity, (*to[at], senders[at])) for similarity, at in found]
        return [(similarity, to[at]) for similarity, at in found]

    def _find_thread(self) -> None:
        """Earlier mails of the same subject, or that this one refers to, in which the sender took part."""
        memory, lesson = self.memory, self.lesson
        self.thread: dict[int, int] = {}
        self.thread_mails = 0
        seen: set[int] = set()
        for key in (lesson.subject, *lesson.references):
            if not key:
                continue
            for number in memory.threads.get(key):
                at = number - memory.base
                if at <= 0 or at in seen or (key == lesson.subject and memory.subject[at] != key):
                    continue
                if lesson.at - memory.moment[at] > _THREAD:
                    continue
                took_part = (*memory.to[at], memory.sender[at])
                if self.sender in took_part:
                    seen.add(at)
                    self.thread_mails += 1
                    for one in took_part:
                        self.thread[one] = self.thread.get(one, 0) + 1

    def _find_named(self) -> None:
        """Whose mail is answered, who is in the quoted headers, and whom this greeting was written to before."""
        named, quoting = self.memory.people.named, self.lesson.quoting
        askers = [one for key in quoting.asker for one in named(key)]
        self.asks_himself = self.sender in askers
        self.asking = frozenset(askers)
        self.askers = [one for one in dict.fromkeys(askers) if one != self.sender][:6]
        taking_part: list[int] = []
        for key in quoting.people[:32]:
            taking_part += named(key)
        self.taking_part = frozenset(taking_part)
        self.quoted_people = [one for one in dict.fromkeys(taking_part) if one != self.sender][:40]
        greetings: tuple[int, ...] = ()
        if self.lesson.greeted and self.sender >= 0:
            greetings = self.memory.greetings.get(under(self.key, self.lesson.greeted[0]))
        self.greeted_before = [one - 1 for one in greetings if one]


def _one_circle(found: list[tuple[float, tuple[int, ...]]]) -> tuple[int, ...]:
    """To whom all of these mails went, each once; nobody where they went to different people."""
    if not found or found[0][1] != found[-1][1]:
        return ()
    people = found[0][1]
    alone = [one for _, one in found].count(people) == len(found)
    return people if alone and len({*people}) == len(people) else ()


def _summed(squares: list[float], found: list[tuple[int, ...]]) -> dict[int, float]:
    """By mail the sum of its words' weights, in their order. squares: the weights; found: the mails with each word."""
    sums: dict[int, float] = {}
    at, count = 0, len(found)
    while at < count:
        mails, first = found[at], at
        at += 1
        while at < count and found[at] == mails:
            at += 1
        if not mails[-1]:
            mails = mails[: mails.index(0)]
        if at - first > 1 and len(set(mails)) == len(mails):
            _add(sums, mails, squares[first:at])
            continue
        for square in squares[first:at]:
            for mail in mails:
                if mail in sums:
                    sums[mail] += square
                else:
                    sums[mail] = square
    return sums


def _add(sums: dict[int, float], mails: tuple[int, ...], squares: list[float]) -> None:
    """All squares to each of these mails, which are different ones. Mails that are made after one pattern have their
    words together and are at the same sum, which is then made once.
    """
    if sums.keys().isdisjoint(mails):
        after = 0.0
        for square in squares:
            after += square
        sums.update(dict.fromkeys(mails, after))
        return
    before = after = -1.0
    for mail in mails:
        total = sums.get(mail, 0.0)
        if total != before:
            before = after = total
            for square in squares:
                after += square
        sums[mail] = after
