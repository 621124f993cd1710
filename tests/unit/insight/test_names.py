"""The words of names, from addresses and display names, in both languages' ways to write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight.names import misfit, name_words


@pytest.mark.parametrize(
    ("address", "shown", "first", "last"),
    [
        ("john.smith@a.example", "", "john", "smith"),
        ("john_q_smith@a.example", "", "john", "smith"),
        ("j.smith@a.example", "", "j", "smith"),
        ("smith.j@a.example", "", "j", "smith"),
        ("smith2@a.example", "", "", ""),
        ("bob@a.example", "", "bob", ""),
        ("johnsmith@a.example", "", "john", "smith"),
        ("taro.yamada@a.example", "", "taro", "yamada"),
        ("yamada_taro@a.example", "", "taro", "yamada"),
        ("yamada-taro@a.example", "", "taro", "yamada"),
        ("t-yamada@a.example", "", "t", "yamada"),
        ("yamada.t@a.example", "", "t", "yamada"),
        ("tyamada@a.example", "", "t", "yamada"),
        ("yamadat@a.example", "", "t", "yamada"),
        ("yamadataro@a.example", "", "taro", "yamada"),
        ("tarou.yamada+list@a.example", "", "tarou", "yamada"),
        ("satoh@a.example", "", "", "satoh"),
        ("", "John Smith", "john", "smith"),
        ("", "Smith, John", "john", "smith"),
        ("", "Smith, John (Legal)", "john", "smith"),
        ("", '"Smith, John Q."', "john", "smith"),
        ("", "Dr. John Smith Jr.", "john", "smith"),
        ("", "John Smith/HOU/ECT@ECT", "john", "smith"),
        ("", "John Smith - Corp Inc.", "john", "smith"),
        ("", "John Smith via Lists", "john", "smith"),
        ("", "'john.smith@a.example'", "john", "smith"),
        ("", "José GARCÍA", "jose", "garcia"),
        ("", "YAMADA Taro", "taro", "yamada"),
        ("", "Yamada Taro", "taro", "yamada"),
        ("", "Taro Yamada", "taro", "yamada"),
        ("", "Taro YAMADA", "taro", "yamada"),
        ("", "山田 太郎", "太郎", "山田"),
        ("", "山田\u3000太郎", "太郎", "山田"),
        ("", "山田太郎", "太郎", "山田"),
        ("", "山田太郎様", "太郎", "山田"),
        ("", "山田様", "", "山田"),
        ("", "山田部長", "", "山田"),
        ("", "営業部 山田 太郎", "太郎", "山田"),
        ("", "山田 太郎(営業部)", "太郎", "山田"),
        ("", "山田 太郎 / 総務部", "太郎", "山田"),
        ("", "【至急】山田 太郎", "太郎", "山田"),
        ("", "やまだ たろう", "たろう", "やまだ"),
        ("", "ﾔﾏﾀﾞ ﾀﾛｳ", "タロウ", "ヤマダ"),
        ("", "佐々木 健", "健", "佐々木"),
        ("", "ACME 山田", "", "山田"),
        ("", "株式会社B 山田", "", "山田"),
        ("", "㈱B 山田 太郎", "太郎", "山田"),
        ("yamada@a.example", "Taro", "taro", ""),
        ("", "", "", ""),
    ],
)
def test_given_and_family_name(address: str, shown: str, first: str, last: str) -> None:
    words = name_words(address, shown)
    assert (words.first, words.last) == (first, last)


@pytest.mark.parametrize(
    ("address", "shown", "called"),
    [
        ("robert.smith@a.example", "", {"bob", "robert", "smith"}),
        ("jsmith@a.example", "", {"jsmith", "smith"}),
        ("yamada@a.example", "", {"yamada"}),
        ("yamada@a.example", "山田 太郎", {"山田", "太郎", "yamada", "taro"}),
        ("", "渡邉", {"渡邉", "watanabe"}),
        ("", "長田", {"長田", "nagata", "osada"}),
        ("satoh@a.example", "", {"satoh", "sato"}),
        ("", "やまだ", {"やまだ", "yamada"}),
        ("", "株式会社みどり 山田", {"みどり", "山田", "yamada"}),
        ("", "山田 太郎 (Yamada Taro)", {"山田", "yamada", "taro"}),
        ("x@a.example", "", set()),
    ],
)
def test_what_people_are_called(address: str, shown: str, called: set[str]) -> None:
    assert called <= name_words(address, shown).called()


@pytest.mark.parametrize(
    ("word", "address", "shown", "fit"),
    [
        ("john", "john.smith@a.example", "", 1.0),
        ("bob", "robert.smith@a.example", "", 1.0),
        ("smith", "jsmith@a.example", "", 1.0),
        ("山田", "yamada@a.example", "", 1.0),
        ("yamada", "x1@a.example", "山田 太郎", 1.0),
        ("渡邊", "", "渡辺 健", 1.0),
        ("やまだ", "t.yamada@a.example", "", 1.0),
        ("佐藤", "k-satoh@a.example", "", 1.0),
        ("fletch", "fletcher.sturm@a.example", "", 0.5),
        ("greg", "gharless@a.example", "", 0.5),
        ("taro", "t.yamada@a.example", "", 0.5),
        ("薔薇", "yamada@a.example", "", 0.5),
        ("john", "", "", 0.5),
        ("佐藤", "info@a.example", "", 0.5),
        ("佐藤", "b1203@a.example", "", 0.5),
        ("佐藤", "info@a.example", "山田", 0.0),
        ("john", "mary.jones@a.example", "", 0.0),
        ("佐藤", "yamada@a.example", "山田 太郎", 0.0),
        ("佐藤", "yamada@a.example", "", 0.0),
        ("ken", "t.yamada@a.example", "", 0.0),
    ],
)
def test_how_well_a_greeting_fits(word: str, address: str, shown: str, fit: float) -> None:
    assert name_words(address, shown).fits(word) == fit


@pytest.mark.parametrize(
    ("words", "people", "other"),
    [
        (("佐藤", "sato"), [("yamada@a.example", "山田 太郎")], True),
        (("佐藤", "sato"), [("yamada@a.example", ""), ("k-sato@b.example", "")], False),
        (("みどり商事", "佐藤", "sato"), [("yamada@a.example", "")], True),
        (("みどり商事", "佐藤", "sato"), [("sato@a.example", "")], False),
        (("みどり商事",), [("yamada@a.example", "山田 太郎")], False),
        (("佐藤", "sato"), [("yamada@a.example", ""), ("info@b.example", "")], False),
        (("john",), [("mary.jones@a.example", "")], True),
        (("bob",), [("robert.jones@a.example", "")], False),
        ((), [("yamada@a.example", "")], False),
        (("佐藤",), [], False),
    ],
)
def test_somebody_else_is_greeted(words: tuple[str, ...], people: list[tuple[str, str]], other: bool) -> None:
    assert misfit(words, [name_words(*one) for one in people]) is other


def test_initials_and_offices_are_no_names() -> None:
    assert "j" not in name_words("j.smith@a.example", "").called()
    assert "営業部" not in name_words("", "山田(営業部)").called()
    assert "株式会社" not in name_words("", "株式会社みどり 山田").called()


def test_both_names_in_full() -> None:
    assert name_words("", "Smith, John").full == "john smith"
    assert name_words("", "山田太郎").full == "太郎 山田"
    assert name_words("j.smith@a.example", "").full == ""


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("taro.yamada@a.example", ""),
        ("x@a.example", "山田 太郎"),
        ("", "YAMADA Tarou"),
        ("", "やまだ たろう"),
        ("", "山田太郎様"),
    ],
)
def test_one_name_in_all_its_writings(address: str, shown: str) -> None:
    assert name_words(address, shown).said == ("taro", "yamada")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_taken(address: str, shown: str) -> None:
    words = name_words(address, shown)
    assert len(words.others) <= 8
    for word in words.called():
        assert word
        assert not any(ch.isspace() for ch in word)


@pytest.mark.parametrize("unit", ["a.", "(", "株式会社", "山田 ", "-", "no", "aha", "nya", ", ", "部", "<"])
def test_long_names_cost_no_more(unit: str) -> None:
    words = name_words(unit * 50_000 + "@a.example", unit * 50_000)
    assert sum(map(len, words.called())) < 4_000
