"""The words of a text, and where quoted text begins: what is found fast is what the plain definition says."""

from __future__ import annotations

import re
import unicodedata
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight.text import _STOP, numbers, read_words, split

QUOTED = re.compile(
    r"^[ \t]{0,12}(?:>|-{3,}|_{5,}|\*{5,}"
    r"|(?:from|to|cc|subject|date|sent(?: by)?|差出人|宛先|送信者|送信日時|件名|日時|de|von)[ \t]?[:：]"
    r"|.{0,80}(?:\bwrote:|のメール:|:$(?<=[0-9>]:))"
    r"|.{0,60}\b(?:[01]?\d/[0-3]?\d/(?:\d\d)?\d\d)[ ,]+\d?\d:\d\d)",
    re.IGNORECASE | re.MULTILINE,
)
WORD = re.compile(r"[a-zà-ÿ0-9][a-zà-ÿ0-9'&]+|[\u3041-\u30ff\u3400-\u9fff々]+")
PIECES = st.sampled_from(
    (
        "> ", ">", "---", "____", "_____", "*****", "From:", "to :", "Cc：", "sent by:", "Date:", "差出人：",
        "On Monday x wrote:", "rewrote:", "さんのメール:", "12:", "a:", "01/02/2001 10:11", "1/2/01, 9:05",
        "13/45/99 99:99", "\n", "\n", "\n\n", "\r\n", "\x0b", "\u2028", " ", "\t", " " * 12, "two words", "'tis",
        "'", "&c", "R&D", "don't", "a", "7", "12", "é", "É", "々々", "山田", "東京都庁", "カナ", "the", "http://x.example/y:8",
    )
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=40).map("".join)


def plain_words(text: str) -> list[str]:
    out: dict[str, None] = {}
    for word in WORD.findall(text):
        if word[0] >= "\u3041":
            out.update({word[at : at + 2]: None for at in range(len(word) - 1)})
        elif len(word) > 2 or word.isdigit():
            out[word] = None
    return [word for word in out if word not in _STOP]


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_quoted_text_begins_at_the_first_line_that_shows_it(text: str) -> None:
    found = QUOTED.search(text)
    own, quoted = split(text)
    assert len(own) == (found.start() if found else len(text))
    assert own + quoted == text


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from(("", "offer", "見積書 offer")))
def test_words_are_those_of_the_definition_in_their_order(text: str, subject: str) -> None:
    text = unicodedata.normalize("NFKC", text)
    expected = [crc32(word.encode()) for word in plain_words(f"{subject} {text.lower()}")]
    assert list(read_words(subject, text, "").own) == expected
    assert list(read_words("", "", text).quoted) == [crc32(word.encode()) for word in plain_words(text.lower())][:80]


def test_only_so_many_words_are_kept() -> None:
    many = " ".join(f"word{number}" for number in range(300))
    kanji = "".join(chr(0x4E00 + number) for number in range(300))
    for text in (many, kanji, f"x {kanji}"):
        assert len(read_words("", text, text).own) == 120
        assert read_words("", text, text).quoted == read_words("", text, "").own[:80]


@pytest.mark.parametrize("many", [[-1], [1 << 32], [1.0], [True], ["1"], [None], [1, 2, "3"]])
def test_what_is_no_hash_is_refused(many: list[object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        numbers(many)
