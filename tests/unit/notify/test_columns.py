"""Paragraphs that fit on one line are not broken piece by piece, and look the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailguard.notify.columns import broken, wrapped

_TEXT = st.text(
    st.one_of(st.sampled_from("ab 、。「」\t\n\u3000保留é\u0301👩\u200dhttps://x"), st.characters()), max_size=90
)


@given(_TEXT, st.sampled_from(["", "  - ", "    ・", "・"]), st.integers(1, 90))
def test_quick_and_plain_breaking_are_one(text: str, first: str, width: int) -> None:
    later = " " * len(first)
    assert wrapped(text, first=first, later=later, width=width) == broken(text, first, later, width)
