"""Texts of columns: whatever way they are made, they are the same octets."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from mailguard.mail.actor import Actor, Role
from mailguard.store import audit
from mailguard.store.rows import texts_to_text, to_text

#: Also lone surrogates and NUL, which broken mail decodes to.
TEXTS = st.text(st.characters(codec=None) | st.sampled_from('\0"\\\n\x7f\u2028\ud800\udfff'))


@given(st.lists(TEXTS))
@example(["\ud800"])
@example(["\0"])
def test_a_list_of_texts_is_written_as_any_value(texts: list[str]) -> None:
    assert texts_to_text(texts) == to_text(texts)


@given(TEXTS, st.lists(TEXTS), TEXTS, st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans()))
def test_a_line_of_the_history_is_hashed_as_its_columns(
    event: str, recipients: list[str], comment: str, detail: dict[str, object]
) -> None:
    now, actor = datetime(2026, 11, 26, 12, 30, 1, 5, UTC), Actor(comment, Role.SENDER, "smtp")
    values, text = audit.line(now, actor, event, "1", recipients, comment, detail)
    assert f"[7,{text}" == to_text((7, *values))
