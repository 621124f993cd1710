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
from mailguard.insight.scene import Scene
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
 _WITH_COUNT, _WITH_SENDER, _PROFILE, RECEIVED, _RECEIVED_DAYS, _WRITERS, SENT, _SENT_DAYS, INSIDE,
 HIMSELF, _USUAL_NAME) = range(len(PERSON))  # fmt: skip
#: So many of them are weighed by `fits`, and no more are asked of somebody who is no recipient.
WEIGHED = _WITH_SENDER + 1
_NEVER = 8.0
_DAY = 86_400.0
_log1p, _log = math.log1p, math.log
#: What is said of a stranger's habit, WRITTEN to _ANSWERS_DAYS; and all of PERSON that is the same for each stranger.
_UNKNOWN = (0.0, _NEVER, 0.0, -1.0, 0.0, _NEVER)
STRANGER = {
    **dict(zip(PERSON, _UNKNOWN, strict=False)), "alike_own": 0.0, "alike_all": 0.0, "best_own": 0.0, "best_all": 0.0,
    "with_sender": 0.0, "profile": 0.0, "received": 0.0, "received_days": _NEVER, "writers": 0.0, "sent": 0.0,
    "sent_days": _NEVER,
}  # fmt: skip


def fits(numbers: Sequence[float]) -> float:
    """One number for how well a person fits, to compare people of one mail: how much each of the first numbers says
    for him, by hand. What may be -1 counts for nothing there.
    """
    (written, days, share, _, answers, answers_days, own, everybody, best_own, best_all, thread, asker, quoted, words,
     last, first, greeted, with_own, with_all, _, with_sender) = numbers[:WEIGHED]  # fmt: skip
    total = (
        (0.0 if written else -1.0) + written * 0.25 + days * -0.25 + share + answers * 0.1 + answers_days * -0.1
        + own * 3.0 + everybody * 1.5 + best_own + best_all * 0.5
    )  # fmt: skip
    if thread != -1.0:
        total += thread * 1.5
    if asker != -1.0:
        total += asker * 3.0
    if quoted != -1.0:
        total += quoted * 1.5
    if words != -1.0:
        total += words * 0.7
    total += last * 0.5
    total += first * 0.3
    if greeted != -1.0:
        total += greeted * 2.5
    if with_own != -1.0:
        total += with_own
        total += with_all * 0.5
    return total + with_sender * 0.2


def _days(then: float, now: float) -> float:
    return _log1p((now - then) / _DAY) if now > then else 0.0


def person(scene: Scene, one: int, address: str, name: tuple[int, int], others: Sequence[int]) -> list[float]:
    """The numbers of PERSON. one: the person's number, -1 for a stranger; name: as `name_of` says; others: the mail's
    other recipients.
    """
    first, last = name
    if one < 0:
        alone = 0.0 if others else -1.0
        return [
            *_UNKNOWN, 0.0, 0.0, 0.0, 0.0, _thread(scene, one),
            *_named(scene, one, address, first, last, hashed(address)), alone, alone, alone, 0.0, 0.0,
            *_known(scene, one, address, first, last),
        ]  # fmt: skip
    return [
        *weighed(scene, one, address, others), profile(scene, one), *_known(scene, one, address, first, last),
    ]  # fmt: skip


def weighed(scene: Scene, one: int, address: str, others: Sequence[int]) -> tuple[float, ...]:
    """The first numbers of `person`, as far as `fits` weighs them, of somebody who is known: all that is asked of a
    rival.
    """
    people = scene.memory.people
    first, last, key = people.first[one], people.last[one], people.keys[one]
    return (
        *_habit(scene, one), *_words(scene, one), _thread(scene, one),
        *_named(scene, one, address, first, last, key), *_company(scene, one, others),
    )  # fmt: skip


def _thread(scene: Scene, one: int) -> float:
    return scene.thread.get(one, 0) / scene.thread_mails if scene.thread_mails else -1.0


def name_of(scene: Scene, one: int, address: str) -> tuple[int, int]:
    """Given and family name (hashed): of somebody who was never seen, as far as the mail shows them."""
    if one >= 0:
        people = scene.memory.people
        return people.first[one], people.last[one]
    return name_hashes(name_words(address, scene.lesson.names.get(address, "")))


def _habit(scene: Scene, one: int) -> tuple[float, float, float, float, float, float]:
    """How often and how lately the sender wrote to him, and he to the sender."""
    memory, now, contacts = scene.memory, scene.lesson.at, scene.contacts
    written, days, share, since, answers, answers_days = _UNKNOWN
    place = contacts.people.get(one)
    if place is not None:
        last = memory.last[place]
        written, days = _log1p(memory.count[place]), _days(last, now)
        share = memory.weight[place] * decay(last, now) / (contacts.weight * decay(contacts.at, now) + 1.0)
        since = _days(memory.since[place], now)
    sender = memory.senders.get(one)
    if sender is not None:
        back = sender.people.get(scene.sender)
        if back is not None:
            answers, answers_days = _log1p(memory.count[back]), _days(memory.last[back], now)
    return written, days, share, since, answers, answers_days


def _known(scene: Scene, one: int, address: str, first: int, last: int) -> list[float]:
    """How much anybody has to do with him, and how usual his name is."""
    people, now = scene.memory.people, scene.lesson.at
    inside = 1.0 if address.rpartition("@")[2] in scene.memory.own else 0.0
    himself, usual = 0.0, -1.0
    if scene.sender >= 0:
        family = people.last[scene.sender]
        himself = 1.0 if family and family == last else 0.0
    if first:
        usual = _log1p(len(people.by_first.get(first, ())))
    if one < 0:
        return [0.0, _NEVER, 0.0, 0.0, _NEVER, inside, himself, usual]
    received, sent = people.received[one], people.sent[one]
    return [
        _log1p(received), _days(people.received_at[one], now) if received else _NEVER, _log1p(people.writers[one]),
        _log1p(sent), _days(people.sent_at[one], now) if sent else _NEVER, inside, himself, usual,
    ]  # fmt: skip


def _words(scene: Scene, one: int) -> tuple[float, float, float, float]:
    """Whether mails like this one went to him."""
    own, everybody = scene.own, scene.all
    mine = own.share.get(one, 0.0) / own.total if own.total else 0.0
    others = everybody.share.get(one, 0.0) / everybody.total if everybody.total else 0.0
    return mine, others, own.best.get(one, 0.0), everybody.best.get(one, 0.0)


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


def _company(scene: Scene, one: int, others: Sequence[int]) -> tuple[float, float, float, float]:
    """Whether he was together with the others before, and with the sender."""
    memory, keys = scene.memory, scene.memory.people.keys
    key = keys[one]
    everybody, mask = memory.together_all.cells, memory.together_all.mask
    with_sender = _log1p(everybody[pair(key, scene.key) & mask]) if scene.sender >= 0 else 0.0
    if not others:
        return -1.0, -1.0, -1.0, with_sender
    own, own_mask = memory.together.cells, memory.together.mask
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
    return mine / len(others), anybody / len(others), counted / len(others), with_sender


def _named(
    scene: Scene, one: int, address: str, first: int, last: int, key: int
) -> tuple[float, float, float, float, float, float]:
    """Whether greeting, text and quoted headers speak of him."""
    asker = quoted = words = -1.0
    if scene.asker or scene.quoted:
        both = pair_key(first, last) if first and last else 0
        if scene.asker:
            asker = float(one in scene.asking or key in scene.asker or both in scene.asker)
        if scene.quoted:
            quoted = float(one in scene.taking_part or key in scene.quoted or both in scene.quoted)
    if scene.quoted_words:
        words = float((last in scene.quoted_words) + (first in scene.quoted_words))
    own = scene.own_words
    return (
        asker, quoted, words, 1.0 if last and last in own else 0.0, 1.0 if first and first in own else 0.0,
        _greeting(scene, one, address) if scene.greeted else -1.0,
    )  # fmt: skip


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
