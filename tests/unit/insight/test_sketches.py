"""Bounded tables: the newest numbers of a key, counters, and what is found in them of a mail's words."""

from __future__ import annotations

import math
import random
from collections import defaultdict

from mailguard.insight.lesson import read
from mailguard.insight.memory import WORDS, Memory
from mailguard.insight.scene import Alike, _summed
from mailguard.insight.sketches import Counts, Recent, all_under, under
from mailguard.insight.words import Letter


def test_the_newest_numbers_of_a_key_stand_in_front_and_no_neighbour_is_touched() -> None:
    table = Recent(4, 3)
    for number in range(1, 6):
        table.put((5, 6), number)
    table.put((6, 6), 9)
    assert [table.get(key) for key in (4, 5, 6, 7)] == [(0, 0, 0), (5, 4, 3), (9, 9, 5), (0, 0, 0)]
    assert table.get(5 + 16) == (5, 4, 3)


def test_counters_stop_at_255() -> None:
    counts = Counts(4)
    counts.add([3] * 300 + [19, 4])
    assert list(counts.cells[:6]) == [0, 0, 0, 255, 1, 0]


def test_many_hashes_under_a_third_are_each_under_it() -> None:
    keys = [random.Random(1).randrange(1 << 32) for _ in range(50)]
    assert all_under(keys, 0xFFFFFFFF) == [under(key, 0xFFFFFFFF) for key in keys]


def test_what_is_found_of_keys_under_a_third_is_what_each_has() -> None:
    table, third = Recent(4, 3), 0xFEDCBA98
    keys = [random.Random(1).randrange(1 << 32) for _ in range(50)]
    for number, key in enumerate(keys[:30], 1):
        table.put((under(key, third),), number)
    assert table.find_under(keys, third) == [table.get(under(key, third)) for key in keys]


def test_who_got_the_mails_like_it_has_his_share_whoever_else_got_them() -> None:
    chance = random.Random(5)
    for to in ([(1, 2)], [(1,), (1, 2), (3, 1)], [(4, 4)]):
        for _ in range(20):
            mails = [(chance.random(), chance.choice(to)) for _ in range(chance.randrange(6))]
            alike, total, share, best = Alike(mails), 0.0, defaultdict[int, float](float), dict[int, float]()
            for similarity, people in mails:
                total += similarity * similarity
                for one in people:
                    share[one] += similarity * similarity
                    best[one] = max(similarity, best.get(one, 0.0))
            assert (alike.total, alike.share, alike.best) == (total, share, best)


def test_the_rarest_words_are_those_of_the_greatest_weight() -> None:
    chance, memory = random.Random(3), Memory()
    words = [f"word{number}" for number in range(150)]
    for number in range(40):
        said = " ".join(chance.sample(words, chance.randrange(1, 110)))
        memory.learn(read(Letter(1.7e9 + number, "a@x.example", ("b@y.example",), body=said)))
    for count in (0, 3, 90, 150):
        lesson = read(Letter(1.8e9, "a@x.example", ("b@y.example",), body=" ".join(words[:count])))
        weights = [
            (math.log((memory.mails + 1.0) / (memory.seen[word & 0x3FFFF] + 1.0)) + 0.05, word) for word in lesson.own
        ]
        rarest = sorted([one for one in weights if one[0] > 0.0], reverse=True)[:WORDS]
        known = [memory.seen[word & 0x3FFFF] for _, word in rarest]
        assert memory.rarest(lesson) == ([word for _, word in rarest], [weight**2 for weight, _ in rarest], known)


def test_the_weights_of_words_are_added_up_by_mail_in_their_order() -> None:
    chance = random.Random(5)
    for _ in range(300):
        words: list[tuple[float, int]] = []
        found: list[tuple[int, ...]] = []
        while len(found) < 12:
            mails = [chance.randrange(4) for _ in range(4)]
            if chance.random() < 0.5:
                mails = sorted({*mails}, reverse=True)
            mails = [one for one in mails if one]
            for _ in range(chance.choice((1, 1, 2, 4))):
                words.append((chance.random(), 7))
                found.append((*mails, *[0] * (4 - len(mails))))
        sums: dict[int, float] = defaultdict(float)
        for (weight, _), mail_of in zip(words, found, strict=True):
            for mail in mail_of:
                if mail:
                    sums[mail] += weight * weight
        assert list(_summed([one * one for one, _ in words], found).items()) == list(sums.items())
