"""Counting voices: one seat an approver, one voice a person, whoever stands in for whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.voices import voices

PEOPLE = st.sampled_from(["a", "b", "c", "d", "e"])


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ([], 0),
        (["a"], 1),
        (["a", "a"], 1),
        (["d"], 1),  # in a's place, or in b's
        (["d", "d"], 1),  # one person with two hats
        (["a", "d"], 2),  # then in b's
        (["a", "b", "d"], 2),  # nobody is left to stand in for
        (["d", "e"], 2),  # e can only speak for a, so d speaks for b
        (["e", "a"], 1),
        (["somebody"], 0),
    ],
)
def test_voices(said: list[str], count: int) -> None:
    assert voices(("a", "b"), {"a": ("d", "e"), "b": ("d",)}, said) == count


@given(
    st.lists(PEOPLE, unique=True).map(tuple),
    st.dictionaries(PEOPLE, st.lists(PEOPLE, unique=True)),
    st.lists(PEOPLE),
    PEOPLE,
)
def test_laws(approvers: tuple[str, ...], delegates: dict[str, list[str]], said: list[str], more: str) -> None:
    count = voices(approvers, delegates, said)
    assert count == voices(approvers[::-1], delegates, said[::-1])
    assert count <= len(set(said))
    assert count <= voices(approvers, delegates, [*said, more]) <= count + 1
    assert count <= len(approvers)
