"""What people are at work, told from their names."""

from __future__ import annotations

import pytest

from mailguard.mail.posts import english_post, named, told_apart


@pytest.mark.parametrize(
    ("word", "name", "post"),
    [
        ("代表取締役", "", "代表取締役"),
        ("上席執行役員", "", "上席執行役員"),
        ("取締役営業部長", "", "取締役営業部長"),
        ("代表取締役兼社長", "", "代表取締役兼社長"),
        ("代表取締役CEO", "", "代表取締役CEO"),
        ("保護者", "", "保護者"),
        ("関係部長", "", "関係部長"),
        ("田中代表取締役", "田中", "代表取締役"),
        ("部長田中", "田中", "部長"),
        ("秘書の田中", "田中", "秘書"),
        ("東京支店長", "", "東京支店長"),
        ("田中支店長", "田中", "支店長"),
        ("名古屋中税務署長", "", "名古屋中税務署長"),
        ("愛知県知事", "", "愛知県知事"),
        ("田中署長", "田中", "署長"),
        ("町内会長", "", "町内会長"),
        ("会計係", "", "会計係"),
        ("係員", "", "係員"),
        ("看護師長", "", "看護師長"),
        ("中警察署長", "", "中警察署長"),
        ("田中係長", "田中", "係長"),
        ("ケアマネージャー", "", "ケアマネージャー"),
        ("田中太郎", "田中太郎", ""),
        ("副島部長", "副島", "部長"),
        ("兼田部長", "兼田", "部長"),
        ("織田信長", "織田信長", ""),
        ("服部", "服部", ""),
        ("営業部", "営業部", ""),
        ("Coogan", "Coogan", ""),
        ("", "", ""),
    ],
)
def test_one_word(word: str, name: str, post: str) -> None:
    assert told_apart(word) == (name, post)


@pytest.mark.parametrize(
    ("words", "name", "post"),
    [
        ("代表 田中 太郎", "田中 太郎", "代表"),
        ("田中 太郎 部長", "田中 太郎", "部長"),
        ("部長 代理 田中", "田中", "代理"),
        ("田中 太郎", "田中 太郎", ""),
    ],
)
def test_words(words: str, name: str, post: str) -> None:
    assert named(words) == (name, post)


@pytest.mark.parametrize(
    ("words", "name", "post"),
    [
        ("General Manager", "", "General Manager"),
        ("Sales Director Tanaka", "Tanaka", "Sales Director"),
        ("Taro Tanaka", "Taro Tanaka", ""),
    ],
)
def test_english(words: str, name: str, post: str) -> None:
    assert english_post(words) == (name, post)


@pytest.mark.parametrize("unit", ["代表", "副", "田中", "部長兼", "・", "者"])
def test_long_words_are_read(unit: str) -> None:
    word = unit * 100
    name, post = told_apart(word)
    assert word in (name + post, post + name)
