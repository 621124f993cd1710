"""Letters put into a frame are, character for character, what the templates print."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.mail.organization import Language
from mailguard.notify import letter_sheet
from mailguard.notify.letter_choices import Choice
from mailguard.notify.letter_rows import Line, Reason, Row
from mailguard.notify.letter_sheet import Content, printed, render
from mailguard.notify.letter_texts import TAGS

PIECES = [
    "請求書をお送りします。", "bob@hold.example", "Held for the bench", "<img src=x onerror=alert(1)>", "\"'&amp;",
    "a" * 90,
    "https://mg.corp.example/t/abcdefghijklmnopqrstuvwxyz0123456789?choice=release&x=1 ", " ", "\u3000", "{{ say(1) }}",
    "{% raw %}", "\U000f0000\U000f0001\U00100000", "\ue000", "\u202e", "=?utf-8?B?eA==?=", "\\g<0>", "482913", "%s{0}",
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(["", "482913", "これは件名", "Please look at it."]),
    st.lists(st.sampled_from(PIECES), max_size=4).map("".join),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40),
)
FILLED = TEXTS.filter(lambda text: bool(text.strip()))
LINES = st.builds(Line, TEXTS, st.booleans(), st.booleans())
ROWS = st.builds(Row, FILLED.map(str.strip), st.lists(LINES, min_size=1, max_size=3).map(tuple), TEXTS.map(str.strip))
CONTENTS = st.builds(
    Content,
    kind=st.sampled_from(sorted(TAGS)),
    subject=TEXTS,
    headline=TEXTS,
    reasons=st.lists(st.builds(Reason, TEXTS, st.lists(TEXTS, max_size=2).map(tuple)), max_size=2),
    lead=st.lists(TEXTS, max_size=2),
    rows=st.lists(ROWS, max_size=2),
    otherwise=TEXTS,
    rows_below=st.lists(ROWS, max_size=1),
    choices=st.lists(st.builds(Choice, TEXTS, TEXTS, st.sampled_from(["main", "plain", "stop"])), max_size=3),
    link=TEXTS,
    code=TEXTS,
    code_use=TEXTS,
    how_to_reply=st.lists(TEXTS, max_size=2),
    closing=st.lists(TEXTS, max_size=1),
    foot=TEXTS,
)


@settings(max_examples=150, deadline=None)
@given(content=CONTENTS, language=st.sampled_from(get_args(Language)))
def test_a_framed_letter_is_what_the_templates_print(content: Content, language: Language) -> None:
    assert render(content, language) == printed(content, language)


def test_letters_of_one_shape_share_their_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would compare one way with itself."""
    contents = [
        Content(
            "held", f"件名 {name}", "理由", rows=[Row.of("件名", name)], code=code, link=f"https://x.example/{name}"
        )
        for name, code in (("bob", "482913"), ("<b>&", "001122"))
    ]
    render(contents[0], "ja")
    monkeypatch.setattr(letter_sheet, "_printed", None)  # nothing is printed any more
    text, html = render(contents[1], "ja")
    assert "001 122" in html
    assert "件名 &lt;b&gt;&amp;" in html
    assert "bob" not in text + html


@pytest.mark.parametrize("evidence", ["examp1e.co.jp ≠ example.co.jp (1 / l)", "a ≠ b"])
def test_domains_that_resemble_each_other_are_marked_by_the_templates(
    evidence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = Content("held", "x", "examp1e.co.jp", reasons=[Reason("x", (evidence,))])
    monkeypatch.setattr(letter_sheet, "_frame", None)
    assert render(content, "en") == printed(content, "en")
