"""Mailboxes that may be taken for one another: every kind of slip, and what is another person and no slip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.policy.near import NEIGHBOURS, are_same_person, same_person, slips

LOCALS = st.from_regex(r"[a-z0-9]{1,12}([._-][a-z0-9]{1,12}){0,2}", fullmatch=True)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("tanaak", "tanaka"),  # two letters changed places
        ("tamaka", "tanaka"),  # the key beside it
        ("tanakaa", "tanaka"),  # a key hit twice
        ("tanmaka", "tanaka"),  # a key hit with its neighbour
        ("tanka", "tanaka"),  # a letter is missing
        ("j0hnson", "johnson"),  # a figure that reads as a letter
        ("exarnple", "example"),  # two letters that read as one
        ("taro_tanaka", "taro.tanaka"),  # another mark
        ("tarotanaka", "taro.tanaka"),  # no mark
        ("taro.tanaka", "tarotanaka"),
        ("t.tamaka", "t.tanaka"),  # in the second word
        ("saot", "sato"),
        ("suzuko", "suzuki"),  # the ending of a family name
    ],
)
def test_a_slip_is_found(written: str, meant: str) -> None:
    assert meant in slips(written)


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("sato", "saito"),  # two surnames
        ("nakano", "nagano"),
        ("yuki.tanaka", "yuko.tanaka"),  # two given names
        ("sato1", "sato2"),  # a series
        ("client01", "client10"),
        ("ann", "amn"),  # too short to tell
        ("tanaka", "tanabe"),  # two slips
        ("suzuki", "hayashi"),
        ("tanaka", "tanaka"),
        ("田中太郎", "田中次郎"),
    ],
)
def test_another_person_is_no_slip(written: str, other: str) -> None:
    assert other not in slips(written)
    assert written not in slips(other)


@given(LOCALS)
def test_nobody_is_his_own_slip_and_the_answer_is_bounded(local: str) -> None:
    found = slips(local)
    assert local not in found
    assert len(found) < 3000
    assert all(one and abs(len(one) - len(local)) <= 2 for one in found)


def test_keys_are_neighbours_of_each_other() -> None:
    assert NEIGHBOURS["g"] >= {"f", "h", "t", "b", "v"}
    assert all(one in NEIGHBOURS[other] for one, others in NEIGHBOURS.items() for other in others)


@pytest.mark.parametrize(
    ("one", "other", "private", "same"),
    [
        ("tanaka", "tanaka", False, True),
        ("taro.tanaka", "tanaka.taro", False, True),
        ("taro.tanaka", "tanaka_taro", False, True),
        ("tarotanaka", "taro.tanaka", False, True),
        ("tanaka.taro0412", "taro.tanaka", True, True),
        ("tanaka.taro0412", "taro.tanaka", False, False),
        ("tarotanaka88", "taro.tanaka", True, True),
        ("info", "info", False, False),
        ("sales", "sales", True, False),
        ("ann", "ann", False, False),
        ("tanaka", "suzuki", True, False),
        ("taro", "taro.tanaka", True, False),
    ],
)
def test_one_person_at_two_houses(one: str, other: str, private: bool, same: bool) -> None:
    assert are_same_person(one, other, private=private) is same
    assert are_same_person(other, one, private=private) is same


@given(LOCALS)
def test_whoever_has_other_forms_has_his_own_too(local: str) -> None:
    forms = same_person(local)
    assert not forms or local in forms
    assert len(forms) <= 9
