"""What is passed over, because a text is plain or was looked through before, says what looking would say."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.inspect.content import Piece
from mailguard.inspect.personal import fold as folding
from mailguard.inspect.personal import search
from mailguard.inspect.personal.fold import fold
from mailguard.inspect.personal.search import _holds_nothing

_SIGNS = (
    *"0129-/().E ー一二〇零九ｰ１９－‐−（）カｶﾞ㈱①❶⑨田様はが゙\u3000\u200b\u0661\ufffd\n\r",
    "+16",
    ".0",
    "〇九〇一二三四五六七八",
)
_TEXTS = st.lists(st.sampled_from(_SIGNS) | st.characters(), max_size=30).map("".join)
_SHORT = (
    "【見積書】2024年度 第3四半期 ご請求の件",
    "Re: hello",
    "03-1234-5678",
    "山田様 4111 1111 1111 1111",
    "",
    "12",
    "123456789018",
    "氏名: 山田 太郎 ann@corp.example",
    "東京都千代田区千代田1-1",
    "マイナンバー 123456789018",
    "生年月日 1980年1月2日",
)


def test_plain_signs_are_none_that_folding_changes() -> None:
    plain = "".join(sign for sign in map(chr, range(sys.maxunicode + 1)) if folding._PLAIN.fullmatch(sign))
    assert len(plain) > 20_000
    for changed in ("_EITHER", "_HYPHENS", "_NOTHING", "_JOINING", "_COMPATIBLE", "_SYMBOLS", "_CIRCLED", "_RARE"):
        assert not getattr(folding, changed).search(plain), changed
    assert not re.search("[\u0300-\u036f\u0488\u0489\u20d0-\u20f0\ufe0f\u2800]", plain)


def test_each_kanji_digit_and_each_long_vowel_is_seen() -> None:
    for value, digit in enumerate("〇一二三四五六七八九"):
        assert fold(f"は{digit * 9}") == f"は{str(value) * 9}"
    assert fold("零" * 9) == "0" * 9
    for sign in "ー一ｰ":
        assert fold(f"は03{sign}1234") == "は03-1234"


@settings(max_examples=200, deadline=None)
@given(_TEXTS)
def test_plain_texts_are_folded_as_any(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "_PLAIN", re.compile("(?!)"))
        patch.setattr(folding, "_has_kanji_digit", lambda _: True)
        wanted = fold(text)
    assert fold(text) == wanted


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(_SHORT), st.sampled_from(["", "quoted", "signature"])), max_size=4))
def test_what_holds_nothing_holds_nothing_in_any_mail(texts: list[tuple[str, str]]) -> None:
    pieces = [Piece("mail", text, role) for text, role in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[_holds_nothing.__module__], "_holds_nothing", lambda _: False)
        wanted = search(pieces, 100)
    assert search(pieces, 100) == wanted


def test_subjects_are_looked_through_once() -> None:
    assert _holds_nothing(_SHORT[0])
    assert not any(map(_holds_nothing, _SHORT[2:4] + _SHORT[6:9]))
