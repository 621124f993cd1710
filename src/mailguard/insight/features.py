"""How well a person fits a mail, in numbers: habit, company, words, thread, names. And the numbers that a recipient has
in this mail: who would fit better, who looks like him, what is odd about all of them.

The order of the numbers is that of NAMES; the tables of `tables` were made for it. -1 stands where a question makes no
sense (no thread, no greeting), `_NEVER` for "never" among days.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mailguard.insight.memory import decay
from mailguard.insight.names import name_words
from mailguard.insight.people import called, name_hashes
from mailguard.insight.quoting import pair_key
from mailguard.insight.scene import NOBODY, Scene
from mailguard.insight.sketches import MIX, MIX_ONE, MIX_TWO, pair
from mailguard.insight.text import hashed

#: What is asked of a person, whether he is a recipient or might have been meant.
PERSON = (
    "written", "days", "share", "since", "answers", "answers_days", "alike_own", "alike_all", "best_own", "best_all",
    "thread", "asker", "quoted", "quoted_words", "named_last", "named_first", "greeted", "with_own", "with_all",
    "with_count", "with_sender", "profile", "received", "received_days", "writers", "sent", "sent_days", "inside",
    "himself", "usual_name",
)  # fmt: skip
(WRITTEN, DAYS, _SHARE, _SINCE, _ANSWERS, _ANSWERS_DAYS, ALIKE_OWN, ALIKE_ALL, _BEST_OWN, _BEST_ALL,
 THREAD, ASKER, QUOTED, _QUOTED_WORDS, _NAMED_LAST, _NAMED_FIRST, GREETED, WITH_OWN, WITH_ALL,
 _WITH_COUNT, _WITH_SENDER, PROFILE, RECEIVED, _RECEIVED_DAYS, _WRITERS, SENT, _SENT_DAYS, INSIDE,
 HIMSELF, _USUAL_NAME) = range(len(PERSON))  # fmt: skip
_NEVER = 8.0
_DAY = 86_400.0
_log1p, _log = math.log1p, math.log
#: How much each number says for a person, by hand: only to rank who may have been meant.
_FOR = (
    0.25, -0.25, 1.0, 0.0, 0.1, -0.1, 3.0, 1.5, 1.0, 0.5, 1.5, 3.0, 1.5, 0.7, 0.5, 0.3, 2.5, 1.0, 0.5,
    0.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
)  # fmt: skip
_WEIGHED = tuple([(at, weight) for at, weight in enumerate(_FOR) if weight])


def fits(numbers: Sequence[float]) -> float:
    """One number for how well a person fits, to compare people of one mail."""
    total = 0.0 if numbers[WRITTEN] else -1.0
    for at, weight in _WEIGHED:
        number = numbers[at]
        if number != -1.0:
            total += number * weight
    return total


def _days(then: float, now: float) -> float:
    return _log1p((now - then) / _DAY) if now > then else 0.0


def person(scene: Scene, one: int, address: str, others: Sequence[int], *, rival: bool = False) -> list[float]:
    """The numbers of PERSON. one: the person's number, -1 for a stranger; others: the mail's other recipients; rival:
    only what `fits` weighs is wanted, the rest stays 0.
    """
    out = [0.0] * len(PERSON)
    people = scene.memory.people
    if one >= 0:
        first, last, key = people.first[one], people.last[one], people.keys[one]
        _habit(scene, one, out)
        _words(scene, one, out)
        _company(scene, one, others, out)
    else:
        first, last = stranger_name(scene, address)
        key = hashed(address)
        out[DAYS] = out[_ANSWERS_DAYS] = out[_RECEIVED_DAYS] = out[_SENT_DAYS] = _NEVER
        out[_SINCE] = -1.0
        if not others:
            out[WITH_OWN] = out[WITH_ALL] = out[_WITH_COUNT] = -1.0
    if scene.thread_mails:
        out[THREAD] = scene.thread.get(one, 0) / scene.thread_mails
    else:
        out[THREAD] = -1.0
    _named(scene, one, address, (first, last, key), out)
    if not rival:
        _known(scene, one, address, (first, last), out)
    return out


def stranger_name(scene: Scene, address: str) -> tuple[int, int]:
    """Given and family name (hashed) of somebody who was never seen, as far as the mail shows them."""
    return name_hashes(name_words(address, scene.lesson.names.get(address, "")))


def _habit(scene: Scene, one: int, out: list[float]) -> None:
    """How often and how lately the sender wrote to him, and he to the sender."""
    memory, now, contacts = scene.memory, scene.lesson.at, scene.contacts
    place = contacts.people.get(one)
    if place is not None:
        last = memory.last[place]
        out[WRITTEN] = _log1p(memory.count[place])
        out[DAYS] = _days(last, now)
        out[_SHARE] = memory.weight[place] * decay(last, now) / (contacts.weight * decay(contacts.at, now) + 1.0)
        out[_SINCE] = _days(memory.since[place], now)
    else:
        out[DAYS], out[_SINCE] = _NEVER, -1.0
    back = memory.senders.get(one, NOBODY).people.get(scene.sender)
    if back is not None:
        out[_ANSWERS] = _log1p(memory.count[back])
        out[_ANSWERS_DAYS] = _days(memory.last[back], now)
    else:
        out[_ANSWERS_DAYS] = _NEVER


def _known(scene: Scene, one: int, address: str, name: tuple[int, int], out: list[float]) -> None:
    """How much anybody has to do with him, and how usual his name is."""
    people, now = scene.memory.people, scene.lesson.at
    first, last = name
    out[INSIDE] = 1.0 if address.rpartition("@")[2] in scene.memory.own else 0.0
    if one >= 0:
        received, sent = people.received[one], people.sent[one]
        out[RECEIVED] = _log1p(received)
        out[_RECEIVED_DAYS] = _days(people.received_at[one], now) if received else _NEVER
        out[_WRITERS] = _log1p(people.writers[one])
        out[SENT] = _log1p(sent)
        out[_SENT_DAYS] = _days(people.sent_at[one], now) if sent else _NEVER
    if scene.sender >= 0:
        family = people.last[scene.sender]
        out[HIMSELF] = 1.0 if family and family == last else 0.0
    out[_USUAL_NAME] = _log1p(len(people.by_first.get(first, ()))) if first else -1.0


def _words(scene: Scene, one: int, out: list[float]) -> None:
    """Whether mails like this one went to him."""
    out[ALIKE_OWN] = scene.own.of(one)
    out[ALIKE_ALL] = scene.all.of(one)
    out[_BEST_OWN] = scene.own.best.get(one, 0.0)
    out[_BEST_ALL] = scene.all.best.get(one, 0.0)


def profile(scene: Scene, one: int) -> float:
    """Whether the mail's words are his: the mean log-likelihood ratio to how usual they are in all mail."""
    memory, people = scene.memory, scene.memory.people
    volume = people.received[one] + people.sent[one]
    if not volume or not scene.profiled:
        return 0.0
    cells, mask, mixed = memory.profile.cells, memory.profile.mask, people.keys[one] * MIX
    rate, total = volume / memory.mails, 0.0
    for word, seen in scene.profiled:
        place = (word + mixed) & 0xFFFFFFFF  # sketches.under, without the call
        count = cells[(place ^ (place >> 13)) & mask]
        if count:
            total += _log((count + 0.3) / (seen * rate + 0.3))
    return total / len(scene.profiled)


def own_profile(scene: Scene, one: int) -> float:
    """Whether the mail's words are those of the sender's mail to him, as `profile`."""
    memory = scene.memory
    place = scene.contacts.people.get(one)
    if place is None or not scene.profiled:
        return 0.0
    cells, mask, mixed = memory.own_profile.cells, memory.own_profile.mask, memory.people.keys[one] * MIX
    rate, total, sender = memory.count[place] / memory.mails, 0.0, scene.key * MIX
    for word, seen in scene.profiled:
        key = (word + mixed) & 0xFFFFFFFF  # sketches.under, twice
        key = ((key ^ (key >> 13)) * 31 + sender) & 0xFFFFFFFF
        total += _log((cells[(key ^ (key >> 13)) & mask] + 0.3) / (seen * rate + 0.3))
    return total / len(scene.profiled)


def _company(scene: Scene, one: int, others: Sequence[int], out: list[float]) -> None:
    """Whether he was together with the others before, and with the sender."""
    memory, keys = scene.memory, scene.memory.people.keys
    key = keys[one]
    own, own_mask = memory.together.cells, memory.together.mask
    everybody, mask = memory.together_all.cells, memory.together_all.mask
    if scene.sender >= 0:
        out[_WITH_SENDER] = _log1p(everybody[pair(key, scene.key) & mask])
    if not others:
        out[WITH_OWN] = out[WITH_ALL] = out[_WITH_COUNT] = -1.0
        return
    mine = anybody = 0
    counted, mixed = 0.0, scene.key * MIX
    for other in others:
        if other < 0:
            continue
        two = keys[other]
        both = (key * MIX_ONE + two * MIX_TWO if key < two else two * MIX_ONE + key * MIX_TWO) & 0xFFFFFFFF
        both ^= both >> 15  # sketches.pair and under, without the calls
        place = (both * 31 + mixed) & 0xFFFFFFFF
        count = own[(place ^ (place >> 13)) & own_mask]
        if count:
            mine += 1
            counted += _log1p(count)
        if everybody[both & mask]:
            anybody += 1
    out[WITH_OWN] = mine / len(others)
    out[WITH_ALL] = anybody / len(others)
    out[_WITH_COUNT] = counted / len(others)


def _named(scene: Scene, one: int, address: str, name: tuple[int, int, int], out: list[float]) -> None:
    """Whether greeting, text and quoted headers speak of him."""
    first, last, key = name
    both = pair_key(first, last) if first and last else 0
    if scene.asker:
        out[ASKER] = float(one in scene.asking or key in scene.asker or (both in scene.asker))
    else:
        out[ASKER] = -1.0
    if scene.quoted:
        out[QUOTED] = float(one in scene.taking_part or key in scene.quoted or both in scene.quoted)
    else:
        out[QUOTED] = -1.0
    if scene.quoted_words:
        out[_QUOTED_WORDS] = float((last in scene.quoted_words) + (first in scene.quoted_words))
    else:
        out[_QUOTED_WORDS] = -1.0
    out[_NAMED_LAST] = 1.0 if last and last in scene.own_words else 0.0
    out[_NAMED_FIRST] = 1.0 if first and first in scene.own_words else 0.0
    out[GREETED] = _greeting(scene, one, address) if scene.greeted else -1.0


def _greeting(scene: Scene, one: int, address: str) -> float:
    """2: as this sender greets him; 1.5: by his name; 1: as somebody greeted him; 0.5: by a name that begins like his
    address; 0: it greets others.
    """
    memory = scene.memory
    place = scene.contacts.people.get(one)
    if place is not None and memory.greeting[place] in scene.greeted:
        return 2.0
    shown = memory.people.shown.get(one, "") if one >= 0 else scene.lesson.names.get(address, "")
    if called(address, shown) & scene.greeted:
        return 1.5
    if one >= 0 and any(memory.greets(one, word) for word in scene.greeted):
        return 1.0
    return 0.5 if address[:1] in scene.lesson.initials else 0.0
