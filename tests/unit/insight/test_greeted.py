"""Whom the first lines address: golden lines in both languages, and what is no salutation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight.greeted import greeted
from mailguard.insight.readings import romanised


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hi John,\nhow are you", ("john",)),
        ("Hi John how are you", ()),
        ("hi kim", ("kim",)),
        ("John:\n\nPlease", ("john",)),
        ("John,\n\nPlease", ("john",)),
        ("John, can you send it?", ("john",)),
        ("John Smith,\n", ("john", "smith")),
        ("Jeff\n\nplease", ("jeff",)),
        ("Dear Mr. Smith,", ("smith",)),
        ("Dear Mr. and Mrs. Smith,", ("smith",)),
        ("Dear Dr. Jane Smith:", ("jane", "smith")),
        ("Good morning Ann,", ("ann",)),
        ("Hello Bob and Mary,", ("bob", "mary")),
        ("Sally/Mark - here is the file", ("sally", "mark")),
        ("Yamada-san,", ("yamada",)),
        ("Tanaka san\nthe file", ("tanaka",)),
        ("Dear Yamada-sama", ("yamada",)),
        ("山田様\n\nいつもお世話になっております", ("山田",)),
        ("山田 様", ("山田",)),
        ("山田太郎様", ("山田", "太郎")),
        ("山田 太郎様", ("山田", "太郎")),
        ("山田\u3000太郎\u3000様", ("山田", "太郎")),
        ("山田様、佐藤様", ("山田", "佐藤")),
        ("山田さん、\nお疲れ様です", ("山田",)),
        ("山田さん、お疲れ様です。", ("山田",)),
        ("株式会社B 山田様", ("b", "山田")),
        ("株式会社B\n営業部 山田様", ("b", "山田")),
        ("B株式会社\n営業部 部長\n山田 太郎 様", ("b", "山田", "太郎")),
        ("㈱みどり商事 御中", ("みどり商事",)),
        ("みどり商事株式会社 御中", ("みどり商事",)),
        ("みどり銀行 佐藤様", ("みどり銀行", "佐藤")),
        ("営業部 佐藤課長様", ("佐藤",)),
        ("田中部長\n\n先日の件", ("田中",)),
        ("お世話になっております、鈴木さん", ("鈴木",)),
        ("お疲れ様です。\n田中です。", ()),
        ("お世話になっております。\n山田様\n", ("山田",)),
        ("山田様\n佐藤様\n\n資料を送ります", ("山田", "佐藤")),
        ("宛先: 鈴木様", ("鈴木",)),
        ("ヤマダ様", ("ヤマダ",)),
        ("代表取締役社長 山田 太郎 様", ("山田", "太郎")),
        ("山田 太郎 代表取締役社長 様", ("山田", "太郎")),
        ("代表取締役 兼 営業部長 山田様", ("山田",)),
        ("株式会社B代表 山田様", ("b", "山田")),
        ("担当者 山田様", ("山田",)),
        ("弁護士山田先生", ("山田",)),
        ("山田代表取締役", ("山田",)),
        ("Dear Sales Director Smith,", ("smith",)),
        ("やまださん", ("やまだ",)),
        ("John様", ("john",)),
        ("\n\n  山田様", ("山田",)),
    ],
)
def test_salutations(text: str, words: tuple[str, ...]) -> None:
    said = greeted(text)
    assert said[: len(words)] == words
    assert set(said[len(words) :]) <= {one for word in words for one in romanised(word)}


def test_readings_stand_behind_the_words() -> None:
    assert greeted("山田太郎様、長田さん") == ("山田", "太郎", "長田", "yamada", "taro", "nagata", "osada")
    assert greeted("Dear Satoh-san") == ("satoh", "sato")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "各位",
        "関係者各位",
        "お客様各位",
        "皆様",
        "営業部各位",
        "Dear all,",
        "Hi team,",
        "Dear Sir or Madam,",
        "Hi,",
        "Hello there,",
        "To whom it may concern",
        "Attached is the file",
        "Please call John",
        "I think that John, who is here",
        "Thanks,\nJohn",
        "However, John is right",
        "様々なご意見を頂きました",
        "山田様より連絡がありました。",
        "お疲れ様です",
        "ご担当者様",
        "代表取締役様",
        "代表取締役社長 様",
        "営業部長様",
        "部長さん",
        "東京支店長様",
        "専務取締役様",
        "監査役様",
        "Dear President,",
        "Dear HR Manager,",
        "FYI\nJohn",
        "Monday, 3 pm",
        "株式会社みどりの見積書を送ります。",
        "同様の件です。",
        "資料を送付します。ご確認ください。\n山田様",
    ],
)
def test_nobody_is_addressed(text: str) -> None:
    assert greeted(text) == ()


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=600))
def test_any_text_is_taken(text: str) -> None:
    words = greeted(text)
    assert len(words) <= 40
    assert greeted(text[:400]) == words
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    "unit", ["John, ", "山田様、", "Dear ", "Mr. ", "株式会社", "(株) ", "A", "a ", "様", "、", "\n", "Aa/"]
)
def test_long_texts_cost_no_more(unit: str) -> None:
    assert len(greeted(unit * 200_000)) <= 40


def test_a_line_that_was_read_before_says_what_it_says_below_another() -> None:
    """What is remembered of a line goes with the company above it, and with whether somebody was greeted."""
    for _ in range(2):
        assert "みどり商事" not in greeted("田中様\nお世話になっております。")
        assert {"みどり商事", "田中"} <= {*greeted("みどり商事\n田中様\nお世話になっております。")}
        assert {"北斗電機", "田中"} <= {*greeted("北斗電機\n田中様\nお世話になっております。")}
        assert "佐藤" in greeted("田中様\n佐藤様")
