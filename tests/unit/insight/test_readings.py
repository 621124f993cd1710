"""How names sound, and that the tables say what they should."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight import readings


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("山田", ("yamada",)), ("太郎", ("taro",)), ("佐々木", ("sasaki",)), ("長田", ("nagata", "osada")),
        ("やまだ", ("yamada",)), ("ヤマダ", ("yamada",)), ("しょうじ", ("shoji",)), ("じゅんいちろう", ("junichiro",)),
        ("ほった", ("hotta",)), ("おおの", ("ono",)), ("ジョージ", ("joji",)),
        ("satoh", ("sato",)), ("satou", ("sato",)), ("ohta", ("ota",)), ("kouhei", ("kohei",)), ("syouji", ("shoji",)),
        ("simizu", ("shimizu",)), ("huzii", ("fujii",)), ("jun'ichi", ("junichi",)),
        ("honma", ()), ("homma", ("honma",)),
        ("yamada", ()), ("smith", ()), ("𠮷田", ("yoshida",)),
        ("漢字", ()), ("", ()),
    ],
)  # fmt: skip
def test_readings(word: str, said: tuple[str, ...]) -> None:
    assert readings.romanised(word) == said


@pytest.mark.parametrize(
    ("word", "pair"),
    [
        ("山田太郎", ("山田", "太郎")), ("佐々木健", ("佐々木", "健")), ("林健太", ("林", "健太")),
        ("長谷川恵", ("長谷川", "恵")),
        ("山田", None), ("弊社一同", None), ("東海林太郎", ("東海林", "太郎")), ("田中麻里亜", ("田中", "麻里亜")),
    ],
)  # fmt: skip
def test_full_names_written_in_one(word: str, pair: tuple[str, str] | None) -> None:
    assert readings.split_name(word) == pair


@pytest.mark.parametrize("table", [readings.surnames, readings.given_names])
def test_each_reading_is_one_word_of_latin_letters(table: object) -> None:
    names = table()  # type: ignore[operator]
    assert len(names) > 900
    for word, said in names.items():
        assert not word.isascii(), word
        assert said
        for one in said:
            assert re.fullmatch("[a-z]{1,16}", one), (word, one)
            assert readings.sound(one) == one, (word, one)


def test_short_names_go_both_ways() -> None:
    assert "robert" in readings.english()["bob"]
    assert "bob" in readings.english()["robert"]


@pytest.mark.parametrize("unit", ["n", "nya", "aha", "oh", "ou", "uu", "kk", "n'", "m", "ッ", "ャ"])
def test_long_words_cost_no_more(unit: str) -> None:
    for length in (13, 20, 40, 100_000):
        readings.sound(unit * length + "x")
        readings.romanised(unit * length)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_word_is_taken(word: str) -> None:
    assert readings.sound(readings.sound(word)) == readings.sound(word) or not word.isascii() or len(word) > 40
    readings.romanised(readings.fold(word))
