"""What was learned: who wrote to whom and how often, who stands together, in which threads, with which words.

Each sender's contacts are kept with a weight that halves in sixty days. Mails are kept as their people and their
moment, and are found again by their rarest words, their subject and their Message-ID. Everything is bounded: contacts
of a sender, mails, and tables of fixed size for words and for who stands together. Words are hashes. It learns, and
answers nothing itself.
"""

from __future__ import annotations

import math
from array import array
from bisect import insort
from typing import Any

from mailguard.insight.habits import LOOKS, Habits
from mailguard.insight.lesson import Lesson
from mailguard.insight.people import People
from mailguard.insight.sides import SIDES, Sides, side_of
from mailguard.insight.sketches import MIX, Counts, Recent, all_under, blank, pair, under
from mailguard.insight.trails import Trails

#: A contact's weight halves in so many seconds without mail.
HALF = 60 * 86_400.0
#: Mails that are kept, contacts of one sender, people of one mail that are kept and that are counted together.
MAILS, CONTACTS, TOGETHER, PAIRED = 200_000, 20_000, 60, 30
#: Addresses that are known, and pairs of sender and recipient; whoever comes when there are so many is not learned.
PEOPLE, PAIRS = 250_000, 1_500_000
#: The rarest words of a mail that it is found by.
WORDS = 36
_QUOTED = 40
_DF_BITS, _PROFILE_BITS, _OWN_BITS, _ALL_BITS = 18, 23, 23, 22


class Contacts:
    """One sender: people by number, each with its place in the columns of `Memory`."""

    __slots__ = ("at", "domains", "mails", "mixed", "new", "ordered", "overruled", "people", "style", "weight")

    def __init__(self) -> None:
        self.mails = 0
        self.people: dict[int, int] = {}
        self.ordered: list[str] = []  # their addresses, in this order
        self.domains: dict[str, int] = {}
        self.weight = 0.0
        self.at = 0.0
        self.new = 0.1  # share of mails with somebody new, of late
        self.mixed = 0.1  # share of mails to people inside and outside together
        self.overruled = 0.0
        self.style = [0] * LOOKS  # `habits.looks`


class Memory:
    """All of it. Numbers of mails begin with 1; columns are as long as what they describe."""

    def __init__(self) -> None:
        self.people = People()
        self.own: set[str] = set()
        self.senders: dict[int, Contacts] = {}
        # one entry for each sender and recipient
        self.count = array("f")
        self.weight = array("f")
        self.last = array("d")
        self.since = array("d")
        self.greeting = array("I")
        self.greeted = array("H")
        # one entry for each mail, from number `base` on
        self.base = 0
        self.sender = array("I", [0])
        self.moment = array("d", [0.0])
        self.norm = array("f", [1.0])
        self.subject = array("I", [0])
        self.to: list[tuple[int, ...]] = [()]
        # words and who stands together
        self.mails = 1
        self.seen = blank(4 << _DF_BITS).cast("I")
        self.own_words = Recent(20, 6)
        self.all_words = Recent(18, 16)
        self.threads = Recent(17, 6)
        self.greetings = Recent(16, 4)
        self.together = Counts(_OWN_BITS)
        self.together_all = Counts(_ALL_BITS)
        self.profile = Counts(_PROFILE_BITS)
        self.own_profile = Counts(_PROFILE_BITS)
        self.greeted_as = Counts(20)
        self.trails = Trails()
        self.habits = Habits()
        self.sides = Sides()
        self.greeting_words: dict[int, list[int]] = {}
        self.refused: dict[tuple[int, int], tuple[float, int]] = {}
        self.trusted: dict[tuple[int, int], int] = {}

    def learn(self, lesson: Lesson) -> None:
        """A mail that was really delivered."""
        people, at = self.people, lesson.at
        sender = self._number(lesson.sender, lesson)
        if sender is None:
            return
        self.own.add(people.domains[sender])
        known = [(self._number(key, lesson), kind) for key, kind in zip(lesson.people, lesson.kinds, strict=True)]
        to = [one for one, _ in known if one is not None]
        addressed = [one for one, kind in known if one is not None and not kind]
        contacts = self.senders.get(sender)
        if contacts is None:
            contacts = self.senders[sender] = Contacts()
        people.sent[sender] += 1
        people.sent_at[sender] = at
        self._count_contacts(contacts, to, at)
        if self.refused:
            for one in to:
                self.refused.pop((sender, one), None)
        if lesson.greeted:
            self._learn_greeting(sender, contacts, lesson, addressed)
        self._learn_together(sender, to)
        keys, number = people.keys, self.base + len(self.sender)
        both = [(keys[one], kind) for one, kind in known if one is not None]
        self.habits.learn(lesson, keys[sender], both, contacts.style, number)
        self._learn_sides(keys[sender], to, lesson)
        self._keep_mail(sender, to, lesson)

    def _number(self, key: str, lesson: Lesson) -> int | None:
        """The number of an address, a new one where there is room."""
        people = self.people
        if key not in people.numbers and len(people) >= PEOPLE:
            return None
        return people.number(key, lesson.names.get(key, ""))

    def _count_contacts(self, contacts: Contacts, to: list[int], at: float) -> None:
        people = self.people
        contacts.weight = contacts.weight * decay(contacts.at, at) + 1.0
        contacts.at = at
        contacts.mails += 1
        known, new, inside = contacts.people, 0, 0
        for one in to:
            place = known.get(one)
            if place is None:
                if len(known) >= CONTACTS or len(self.count) >= PAIRS:
                    continue
                new += 1
                place = known[one] = len(self.count)
                self.new_place(at)
                insort(contacts.ordered, people.addresses[one])
                people.writers[one] += 1
            self.weight[place] = self.weight[place] * decay(self.last[place], at) + 1.0
            self.count[place] += 1.0
            self.last[place] = at
            people.received[one] += 1
            people.received_at[one] = at
            domain = people.domains[one]
            inside += domain in self.own
            contacts.domains[domain] = contacts.domains.get(domain, 0) + 1
            people.mail_of_domain[domain] = people.mail_of_domain.get(domain, 0) + 1
        contacts.new = 0.97 * contacts.new + (0.03 if new else 0.0)
        contacts.mixed = 0.97 * contacts.mixed + (0.03 if 0 < inside < len(to) else 0.0)

    def new_place(self, at: float) -> None:
        """One more entry in the columns of contacts."""
        self.count.append(0.0)
        self.weight.append(0.0)
        self.last.append(at)
        self.since.append(at)
        self.greeting.append(0)
        self.greeted.append(0)

    def _learn_greeting(self, sender: int, contacts: Contacts, lesson: Lesson, addressed: list[int]) -> None:
        """Who is addressed by which word, by this sender and by anybody; and which words address people at all."""
        people, word = self.people, lesson.greeted[0]
        if not addressed or len(addressed) > 3:
            return
        fitting = any(word in (people.first[one], people.last[one]) or self.greets(one, word) for one in addressed)
        seen = self.greeting_words.get(word)
        if seen is None:
            if len(self.greeting_words) > 50_000:
                self.greeting_words.clear()
            seen = self.greeting_words[word] = [0, 0]
        seen[0] += 1
        seen[1] += fitting
        if len(addressed) > 2:
            return
        for one in addressed:
            self.greetings.put((under(people.keys[sender], word),), one + 1)
            self.greeted_as.add((under(people.keys[one], word),))
            place = contacts.people.get(one)
            if place is None:
                continue
            if self.greeting[place] == word:
                self.greeted[place] = min(60_000, self.greeted[place] + 1)
            elif self.greeted[place] <= 1:
                self.greeting[place], self.greeted[place] = word, 1
            else:
                self.greeted[place] -= 1

    def greets(self, one: int, word: int) -> int:
        """How often anybody addressed this person by this word (hash)."""
        return self.greeted_as.cells[under(self.people.keys[one], word) & self.greeted_as.mask]

    def _learn_together(self, sender: int, to: list[int]) -> None:
        keys = self.people.keys
        hashes = [keys[one] for one in to[:PAIRED]]
        own = keys[sender]
        self.together_all.add([pair(own, key) for key in hashes])
        if not 1 < len(to) <= PAIRED:
            return
        pairs = [pair(one, other) for at, one in enumerate(hashes) for other in hashes[:at]]
        self.together_all.add(pairs)
        self.together.add(all_under(pairs, own))

    def _learn_sides(self, sender: int, to: list[int], lesson: Lesson) -> None:
        """sender: his key."""
        if not to:
            return
        shares, domains, part = [0.0] * SIDES, self.people.domains, 1.0 / len(to[:PAIRED])
        for one in to[:PAIRED]:
            shares[side_of(domains[one], self.own)] += part
        self.sides.learn(lesson.own, sender, shares, self.seen)

    def _keep_mail(self, sender: int, to: list[int], lesson: Lesson) -> None:
        seen, number = self.seen, self.base + len(self.sender)
        for word in lesson.own:
            seen[word & 0x3FFFF] += 1
        self.mails += 1
        words, squares, _ = self.rarest(lesson)
        whole = 0.0
        for square in squares:
            whole += square
        keys = self.people.keys
        key = keys[sender]
        self.own_words.put(all_under(words, key), number)
        self.all_words.put(words, number)
        for one in (key, *[keys[one] for one in to[:4]]):
            self._count_words(words, one, key)
        self.trails.learn(lesson, {self.people.domains[one] for one in to} - self.own, number)
        self.sender.append(sender)
        self.to.append(tuple(to[:TOGETHER]))
        self.moment.append(lesson.at)
        self.norm.append(math.sqrt(whole) + 1e-3)
        self.subject.append(lesson.subject)
        self.threads.put([thread for thread in (lesson.subject, lesson.message_id) if thread], number)
        if len(self.sender) > MAILS:
            self._drop_oldest(MAILS // 4)

    def _count_words(self, words: list[int], one: int, sender: int) -> None:
        """That these words went between a person and anybody, and between him and this sender (keys)."""
        cells, mask = self.profile.cells, self.profile.mask
        own_cells, own_mask = self.own_profile.cells, self.own_profile.mask
        one, sender = one * MIX, sender * MIX
        for word in words:
            key = (word * 31 + one) & 0xFFFFFFFF  # sketches.under and Counts.add, twice, without the calls
            key ^= key >> 13
            place = key & mask
            count = cells[place]
            if count < 255:
                cells[place] = count + 1
            key = (key * 31 + sender) & 0xFFFFFFFF
            place = (key ^ (key >> 13)) & own_mask
            count = own_cells[place]
            if count < 255:
                own_cells[place] = count + 1

    def _drop_oldest(self, mails: int) -> None:
        self.base += mails
        for column in (self.sender, self.moment, self.norm, self.subject, self.to):
            del column[:mails]

    def trust(self, lesson: Lesson, recipients: list[str]) -> None:
        """The sender was asked about these recipients (keys), and said that they are right."""
        sender = self._number(lesson.sender, lesson)
        for key in recipients:
            recipient = self._number(key, lesson)
            if sender is None or recipient is None:
                continue
            pair_of = (sender, recipient)
            self.trusted[pair_of] = self.trusted.get(pair_of, 0) + 1
            self.refused.pop(pair_of, None)
        _bound(self.trusted)

    def refuse(self, lesson: Lesson, wrong: list[str], meant: dict[str, str]) -> None:
        """These recipients (keys) of the sender were a mistake; meant: whom he meant instead, by the wrong one."""
        sender = self._number(lesson.sender, lesson)
        for key in wrong:
            recipient, other = self._number(key, lesson), self._number(meant[key], lesson) if meant.get(key) else None
            if sender is None or recipient is None:
                continue
            pair_of = (sender, recipient)
            self.refused[pair_of] = (lesson.at, -1 if other is None else other)
            self.trusted.pop(pair_of, None)
        _bound(self.refused)

    def forget(self, address: str) -> bool:
        """Nothing is known of this address (key) any more; False if nothing was. Counters under hashes of it that no
        name leads to stay, until they are pushed out.
        """
        number = self.people.forget(address)
        if number is None:
            return False
        self.senders.pop(number, None)
        for contacts in self.senders.values():
            if contacts.people.pop(number, None) is not None:
                contacts.ordered.remove(address)
        self.to[:] = [tuple([one for one in to if one != number]) if number in to else to for to in self.to]
        for table in (self.refused, self.trusted):
            for pair_of in [one for one in table if number in one]:
                del table[pair_of]
        nobody = self.people.nobody() if number in self.sender else number
        for at, sender in enumerate(self.sender):
            if sender == number:
                self.sender[at] = nobody
        return True

    def rarest(self, lesson: Lesson) -> tuple[list[int], list[float], list[int]]:
        """The rarest words of a mail, the rarest first; their weights (inverse document frequency) squared; and in how
        many mails each was.
        """
        seen, mails, log = self.seen, self.mails + 1.0, math.log
        found = {*lesson.files, *lesson.file_words, *lesson.own, *lesson.quoted[:_QUOTED]}
        # The less often seen, the greater the weight; of words seen alike the greater hash comes first. One whole
        # number says both, and is sorted sooner than pairs.
        order = sorted([seen[word & 0x3FFFF] << 32 | (word ^ 0xFFFFFFFF) for word in found])
        words, squares, often = list[int](), list[float](), list[int]()
        square, before = 0.0, -1
        for one in order[:WORDS]:
            times = one >> 32
            if times != before:
                weight, before = log(mails / (times + 1.0)) + 0.05, times
                if weight <= 0.0:
                    break
                square = weight * weight
            words.append((one & 0xFFFFFFFF) ^ 0xFFFFFFFF)
            squares.append(square)
            often.append(times)
        return words, squares, often


def decay(before: float, now: float) -> float:
    """What is left of a weight."""
    return 1.0 if now <= before else 2.0 ** ((before - now) / HALF)


def _bound(table: dict[tuple[int, int], Any]) -> None:
    """The oldest go where there are too many."""
    while len(table) > 100_000:
        del table[next(iter(table))]
