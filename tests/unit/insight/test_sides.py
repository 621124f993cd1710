"""To which side of a sender's life a mail goes, learned by the words of each mail."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight.sides import PRIVATE, Sides, side_of
from mailguard.insight.text import hashed

CHAT, WORK = (
    [hashed(word) for word in ["love", "weekend", "mum", "tonight"]],
    [hashed(word) for word in ["meter", "deal"]],
)
SEEN = memoryview(bytes(4 << 18)).cast("I")
INSIDE, HOME = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


def taught(mails: int = 30) -> Sides:
    sides = Sides()
    for sender in range(mails):
        sides.learn(CHAT, sender, HOME, SEEN)
        sides.learn(WORK, sender, INSIDE, SEEN)
    return sides


def test_words_that_tell_nobody_apart_tell_a_chat_from_a_contract() -> None:
    sides, stranger = taught(), 99
    inside, private, _ = sides.said(CHAT[:2], stranger)
    assert private > math.log(0.9) > math.log(0.1) > inside
    assert sides.said(WORK, stranger)[0] > math.log(0.8)
    assert Sides().said(CHAT, stranger) == pytest.approx((math.log(1 / 3),) * 3)


def test_what_a_sender_inclines_to_without_a_word() -> None:
    sides = Sides()
    for _ in range(40):
        sides.learn((), 7, HOME, SEEN)
    assert sides.said((), 7)[1] > math.log(0.8)
    assert sides.said((), 8)[1] == pytest.approx(math.log(1 / 3))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), max_size=120), st.randoms(use_true_random=False))
def test_whatever_is_learned_it_is_probabilities(words: list[int], chance: random.Random) -> None:
    sides = taught(2)
    for _ in range(5):
        sides.learn(words, 1, chance.choice([INSIDE, HOME, (0.5, 0.25, 0.25)]), SEEN)
    for at in range(0, len(sides.cells), 4099):
        sides.cells[at] = chance.randrange(-(2**31), 2**31)  # a file that was changed
    assert sum(map(math.exp, sides.said(words, 1))) == pytest.approx(1.0)
    sides.learn(words, 1, HOME, SEEN)


def test_two_nodes_mean_and_one_alone_is_taken_over() -> None:
    one, other = taught(), taught()
    one.follow(other)
    assert one.cells.tobytes() == other.cells.tobytes()
    fresh = Sides()
    fresh.follow(one)
    assert fresh.said(CHAT, 3) == one.said(CHAT, 3)


def test_three_sides() -> None:
    assert [side_of(one, {"corp.example"}) for one in ("corp.example", "gmail.com", "acme.example")] == [0, 1, 2]
    assert "acme.example" not in PRIVATE
