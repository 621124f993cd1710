"""One row of numbers for each recipient of a mail, in the order of NAMES: what the tables judge.

Beside the numbers of the person (`features`) they say how the recipient stands among the others, who would fit better,
and what is odd about the mail as a whole. The order of recipients does not matter to them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from mailguard.insight import features as f
from mailguard.insight import manners
from mailguard.insight.lesson import Lesson
from mailguard.insight.memory import Memory
from mailguard.insight.rivals import NONE, NOT_MISTAKABLE, Mistakable, Rivals, likeness
from mailguard.insight.scene import Scene
from mailguard.insight.signs import Signs, signs

if TYPE_CHECKING:
    from mailguard.insight.trees import Glance

MAIL = (
    "recipients", "sender_mails", "sender_new", "sender_mixed", "sender_contacts", "new_here", "outside",
    "reply", "forward", "length", "quoted_length", "greeting", "greeting_known", "greeting_fits",
    "greeting_name", "greeting_rival", "asked", "asker_known", "asks_himself", "asker_here", "forwarded",
    "quoted_known", "quoted_here", "quoted_missing", "thread_mails", "thread_here", "thread_missing",
    "own_total", "all_total", "own_outside", "own_here", "all_outside", "best_alike", "rival", "fit_mean",
    "fit_least", "without_subject", "with_mean", "with_all_mean", "answers_others",
    "greets_others",
)  # fmt: skip
EACH = (
    "kind", "only_outside", "others_inside", "greeting_others", "domain_own", "domain_all", "domain_here",
    "fit", "rank", "others_fit", "over_begins", "beginning", "over_named", "family", "family_count", "given",
    "given_weight", "look_cost", "look_kind", "looking", "look_count", "over_look", "look_here", "over_rival",
    "over_asker", "others_with", "others_thread", "own_profile", "own_profile_over",
    "strange",
)  # fmt: skip
NAMES = (*f.PERSON, *MAIL, *manners.WHOLE, *EACH, *manners.EACH)
#: What is known beforehand of a recipient who was never seen: his row has these numbers.
STRANGER = {**f.STRANGER, **manners.STRANGER, "own_profile": 0.0}
#: A first glance is at so many of them, at what is known of recipients and mail before anybody is thought of who fits
#: better. What wants to know him is 0 there.
GLANCED = len(f.PERSON) + len(MAIL)
WANT_RIVALS = ("greeting_rival", "rival", "greets_others")
_GREETING_RIVAL, _RIVAL, _GREETS_OTHERS = map(MAIL.index, WANT_RIVALS)
#: So many recipients are judged one by one, and so many others are asked about for each.
JUDGED, ASKED = 40, 12
_log1p = math.log1p


class Rows:
    """Of one mail, made by `rows`. scene, rivals: as they were made. addresses: the recipients that are judged, in the
    order of the alphabet; persons, fit, mistakable, signs, numbers: one for each of them. quiet: their log-odds where a
    first glance was enough, and then there are no rivals, and nothing that is asked behind them; None where it was not.
    """

    rivals: Rivals

    def __init__(self, memory: Memory, lesson: Lesson) -> None:
        self.scene = scene = Scene(memory, lesson)
        self.addresses = scene.people[:JUDGED]
        self._judged = scene.recipients[: len(self.addresses)]
        self.persons: list[list[float]] = []
        self.fit: list[float] = []
        self.mistakable: list[Mistakable] = []
        self.signs: list[Signs] = []
        self.numbers: list[list[float]] = []
        self.quiet: list[float] | None = None

    def _find_people(self) -> None:
        scene, numbers = self.scene, self._judged
        names = self._names = [f.name_of(scene, *one) for one in zip(numbers, self.addresses, strict=True)]
        self.persons = [
            f.person(scene, one, address, name, (numbers[:at] + numbers[at + 1 :])[:ASKED])
            for at, (one, address, name) in enumerate(zip(numbers, self.addresses, names, strict=True))
        ]
        self.fit = [f.fits(one) for one in self.persons]
        self._of_mail = self._mail()

    def glance(self) -> list[list[float]]:
        """The numbers of a first glance for each recipient; none where it cannot be enough: a recipient whom the sender
        never wrote to may look like somebody, and a plain sign weighs whatever the tables say.
        """
        for at, one in enumerate(self.persons):
            if not one[f.WRITTEN] or signs(self.scene, at, NOT_MISTAKABLE).weight:
                return []
        return [[*one, *self._of_mail] for one in self.persons]

    def _find_rivals(self) -> None:
        numbers = self._judged
        weakest = min(range(len(numbers)), key=self.fit.__getitem__, default=0)
        self.rivals = Rivals(self.scene, (numbers[:weakest] + numbers[weakest + 1 :])[:6])
        found: dict[int, Mistakable] = {}
        for at in sorted(range(len(numbers)), key=self.fit.__getitem__):  # rivals are limited: whom it fits least first
            found[at] = self._mistakable(at)
        self.mistakable = [found[at] for at in range(len(numbers))]
        self.best = max(self.rivals.fit.values(), default=NONE)

    def _find_profiles(self) -> None:
        scene, fit = self.scene, self.rivals.fit
        self.profiles = [f.own_profile(scene, one) for one in self._judged]
        likely, known = sorted(fit, key=fit.__getitem__, reverse=True)[:8], scene.contacts.people
        self.rival_profile = max([f.own_profile(scene, one) for one in likely if one in known], default=NONE)
        self.signs = [signs(scene, at, near) for at, near in enumerate(self.mistakable)]

    def _find_manners(self) -> None:
        self.manners = manners.Manners(self.scene)

    def _add_up(self) -> None:
        beside, usual = _Beside(self), self.manners
        mail = [*self._of_mail, *usual.whole()]
        mail[_RIVAL], mail[_GREETS_OTHERS] = self.best, self._greets_others()
        if self.scene.lesson.greeted:
            mail[_GREETING_RIVAL] = max((one[f.GREETED] for one in self.rivals.numbers.values()), default=0.0)
        self.numbers = [[*one, *mail, *self._each(at, beside), *usual.each(at)] for at, one in enumerate(self.persons)]

    #: One after the other, and a glance between the first and the rest.
    FIRST, REST = (_find_people,), (_find_rivals, _find_profiles, _find_manners, _add_up)

    def _mistakable(self, at: int) -> Mistakable:
        if not self.scene.contacts.mails and not len(self.scene.memory.people):
            return NOT_MISTAKABLE
        return self.rivals.mistakable(self._judged[at], self.addresses[at], self._names[at])

    def _mail(self) -> list[float]:
        """The numbers of MAIL, 0 for those that want to know the rivals."""
        scene, lesson, persons, fit = self.scene, self.scene.lesson, self.persons, self.fit
        contacts, count, own, everybody = scene.contacts, len(scene.people), scene.own, scene.all
        known = contacts.people
        return [
            float(count), _log1p(contacts.mails), contacts.new, contacts.mixed, _log1p(len(known)),
            float(len([one for one in scene.recipients if one not in known])),
            count - sum([one[f.INSIDE] for one in persons]), float(lesson.reply), float(lesson.forward),
            _log1p(lesson.lengths[0]), _log1p(lesson.lengths[1]), *self._greeting(), *self._asker(), *self._thread(),
            own.total, everybody.total, self._outside(own.share) / (own.total or 1.0),
            max([own.of(one) for one in scene.among], default=0.0),
            self._outside(everybody.share) / (everybody.total or 1.0), max(own.best.values(), default=0.0),
            0.0, sum(fit) / max(1, len(fit)), min(fit, default=0.0), float(not lesson.subject),
            _mean([one[f.WITH_OWN] for one in persons]), _mean([one[f.WITH_ALL] for one in persons]),
            self._answers_others(), 0.0,
        ]  # fmt: skip

    def _outside(self, share: dict[int, float]) -> float:
        """The greatest share of somebody whom this mail does not go to."""
        others = share.copy()
        for one in (*self.scene.among, self.scene.sender):
            others.pop(one, None)
        return max(others.values(), default=0.0)

    def _greeting(self) -> list[float]:
        greeted = self.scene.lesson.greeted
        if not greeted:
            return [0.0, -1.0, -1.0, -1.0, 0.0]
        memory, people = self.scene.memory, self.scene.memory.people
        said, fitting = memory.greeting_words.get(greeted[0], (0, 0))
        return [
            float(len(greeted)), _log1p(said), (fitting + 0.2) / (said + 2.0),
            _log1p(len(people.by_first.get(greeted[0], ())) + len(people.by_last.get(greeted[0], ()))), 0.0,
        ]  # fmt: skip

    def _asker(self) -> list[float]:
        scene, persons = self.scene, self.persons
        quoting = scene.lesson.quoting
        here = max((one[f.ASKER] for one in persons), default=0.0) if quoting.asker else -1.0
        if not quoting.people:
            return [float(len(quoting.asker)), 0.0, 0.0, here, float(quoting.forwarded), 0.0, -1.0, -1.0]
        missing = sum(one not in scene.among for one in scene.quoted_people)
        return [
            float(len(quoting.asker)), float(len(scene.askers)), float(scene.asks_himself), here,
            float(quoting.forwarded), float(len(scene.quoted_people)),
            _mean([max(0.0, one[f.QUOTED]) for one in persons]),
            missing / len(scene.quoted_people) if scene.quoted_people else -1.0,
        ]  # fmt: skip

    def _answers_others(self) -> float:
        """1: it answers somebody known, and neither he nor anybody of that mail is a recipient; 0.5: somebody is."""
        scene = self.scene
        lesson = scene.lesson
        if not lesson.reply or lesson.forward or lesson.quoting.forwarded or scene.asks_himself or not scene.askers:
            return 0.0
        if any(one[f.ASKER] == 1.0 for one in self.persons):
            return 0.0
        return 0.5 if any(one[f.QUOTED] == 1.0 for one in self.persons) else 1.0

    def _greets_others(self) -> float:
        """1: it greets somebody, by a word that names people, who is no recipient; 2: and who is known."""
        greeted = self.scene.lesson.greeted
        if not greeted or any(one[f.GREETED] > 0.0 for one in self.persons):
            return 0.0
        said, fitting = self.scene.memory.greeting_words.get(greeted[0], (0, 0))
        if (fitting + 0.2) / (said + 2.0) < 0.4:
            return 0.0
        return 2.0 if any(one[f.GREETED] >= 1.5 for one in self.rivals.numbers.values()) else 1.0

    def _strange(self, at: int) -> float:
        """How well known and how near an address is that one which nobody ever used looks like."""
        looks, numbers = self.mistakable[at].looks, self.persons[at]
        if looks is None or numbers[f.RECEIVED] or numbers[f.SENT]:
            return 0.0
        return (1.0 - looks.cost) * (0.2 + _log1p(self.mistakable[at].looks_count))

    def _thread(self) -> list[float]:
        scene = self.scene
        if not scene.thread_mails:
            return [0.0, -1.0, -1.0]
        here = sum(one in scene.thread for one in scene.among) / max(1, len(scene.recipients))
        missing = max(
            (times for one, times in scene.thread.items() if one not in scene.among and one != scene.sender), default=0
        )
        return [float(scene.thread_mails), here, missing / scene.thread_mails]

    def _each(self, at: int, all_of_them: _Beside) -> list[float]:
        scene = self.scene
        one, numbers, near, profile = self.fit[at], self.persons[at], self.mistakable[at], self.profiles[at]
        others = self.fit[:at] + self.fit[at + 1 :]
        beside, domain = len(others), all_of_them.domains[at]
        outside = 1.0 - numbers[f.INSIDE]
        others_outside = all_of_them.outside - outside
        looks = near.looks
        return [
            float(scene.kinds[at]), float(outside and not others_outside), float(not others_outside),
            _most(all_of_them.greeted, at), _log1p(scene.contacts.domains.get(domain, 0)),
            _log1p(scene.memory.people.mail_of_domain.get(domain, 0)),
            (all_of_them.domains.count(domain) - 1) / beside if beside else -1.0, one,
            float(len([other for other in others if other < one])), sum(others) / beside if beside else NONE,
            _over(near.begins, one), float(near.beginning), _over(near.named, one), float(near.family),
            _log1p(near.family_count), float(near.given), _log1p(near.given_weight),
            1.0 if looks is None else looks.cost, likeness(looks), float(near.looking), _log1p(near.looks_count),
            _over(near.looks_fit, one), float(near.looks_number in scene.among), _over(self.best, one),
            _over(all_of_them.asker, one), _mean(all_of_them.together[:at] + all_of_them.together[at + 1 :]),
            _most(all_of_them.thread, at), profile, self.rival_profile - profile if self.rival_profile > NONE else NONE,
            self._strange(at),
        ]  # fmt: skip


def rows(memory: Memory, lessons: Iterable[Lesson], glance: Glance | None = None) -> list[Rows]:
    """The rows of each mail, but for those that a first glance is enough for. A step is taken for all of them before
    the next one, whose code is then fetched once.
    """
    found = [Rows(memory, lesson) for lesson in lessons]
    _take(Rows.FIRST, found)
    left = found
    if glance is not None:
        _look(found, glance)
        left = [one for one in found if one.quiet is None]
    _take(Rows.REST, left)
    return found


def _take(steps: Iterable[Callable[[Rows], None]], mails: Sequence[Rows]) -> None:
    for step in steps:
        for one in mails:
            step(one)


def _look(mails: Iterable[Rows], glance: Glance) -> None:
    """Find out who is quiet: a mail is when all its recipients are."""
    seen = [(one, numbers) for one in mails if (numbers := one.glance())]
    odds = iter(glance([row for _, numbers in seen for row in numbers]))
    for one, numbers in seen:
        said = [next(odds) for _ in numbers]
        if max(said) < glance.below:
            one.quiet = said


class _Beside:
    """What is asked of all recipients when one is set beside the others; lists have one entry for each."""

    __slots__ = ("asker", "domains", "greeted", "outside", "thread", "together")

    def __init__(self, rows: Rows) -> None:
        persons, fit = rows.persons, rows.rivals.fit
        self.domains = [address.rpartition("@")[2] for address in rows.addresses]
        self.outside = sum([1.0 - one[f.INSIDE] for one in persons])
        self.greeted = [one[f.GREETED] for one in persons]
        self.thread = [one[f.THREAD] for one in persons]
        self.together = [one[f.WITH_OWN] for one in persons]
        self.asker = max([fit.get(one, NONE) for one in rows.scene.askers], default=NONE)


def _most(numbers: list[float], at: int) -> float:
    """The greatest but for one; -1 if there is no other."""
    return max(numbers[:at] + numbers[at + 1 :], default=-1.0)


def _over(rival: float, one: float) -> float:
    """By how much a rival fits better; NONE without one."""
    return rival - one if rival > NONE else NONE


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else -1.0
