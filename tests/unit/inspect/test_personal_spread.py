"""Numbers beside other numbers and words, in cells, lines and boxes, between signs that seldom divide a number."""

from __future__ import annotations

import pytest

from mailguard.inspect.content import Piece
from mailguard.inspect.personal import search

CARD, CARD_2, MY_NUMBER = "4111111111111111", "5555555555554444", "234567890121"


def found(*pieces: Piece) -> set[str]:
    classes = search(pieces, 100).classes
    return {value for name in ("payment_card", "my_number") if name in classes for value in classes[name].values}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        # another number right before it, or the end of a word
        ("KESTREL-7731 4111-1111-1111-1111", {CARD}),
        ("KESTREL-7731 4111 1111 1111 1111", {CARD}),
        ("090-1234-5678 4111 1111 1111 1111", {CARD}),
        ("¥4111 4111-1111-1111-1111", {CARD}),
        ("顧客ID 10001 4111 1111 1111 1111", {CARD}),
        ("přísně tajné 4111 1111 1111 1111", {CARD}),
        ("Paid on Jan 12, 2026: 4111 1111 1111 1111", {CARD}),
        # marks around it
        ("*4111111111111111*", {CARD}),
        ("次頁\f4111111111111111\f", {CARD}),
        ("№4111111111111111", {CARD}),
        (";4111111111111111=29121010000012345678?", {CARD}),
        ("%B4111111111111111^YAMADA/TARO^2912101?", {CARD}),
        # separators
        ("4111 1111-1111 1111", {CARD}),
        ("カード 4111-1111 1111-1111", {CARD}),
        ("3782 8224 6310 005", {"378282246310005"}),
        ("3056 9309 0259 04", {"30569309025904"}),
        ("4111/1111/1111/1111", {CARD}),
        ("4111・1111・1111・1111", {CARD}),
        ("4111_1111_1111_1111", {CARD}),
        ("マイナンバー 2345/6789/0121", {MY_NUMBER}),
        ("٤١١١ ١١١١ ١١١١ ١١١١", {CARD}),
        ("४१११ ११११ ११११ ११११", {CARD}),
        # cells, lines and boxes, behind a word
        ("カード番号\t4111\t1111\t1111\t1111", {CARD}),
        ("カード番号\n4111\n1111\n1111\n1111", {CARD}),
        ("カード番号,4111,1111,1111,1111", {CARD}),
        ("個人番号\t" + "\t".join(MY_NUMBER), {MY_NUMBER}),
        ("個人番号 | " + " | ".join(MY_NUMBER), {MY_NUMBER}),
        ("個人番号 " + " ".join(MY_NUMBER), {MY_NUMBER}),
        ("個人番号\n2345\n6789\n0121", {MY_NUMBER}),
        ("マイ ナンバー 234567890121", {MY_NUMBER}),
    ],
)
def test_found(text: str, numbers: set[str]) -> None:
    assert found(Piece("text", text)) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "41111111.11111111",
        "4111,1111,1111,1111",
        "4111\t1111\t1111\t1111",
        "4111\n1111\n1111\n1111",
        "4111/1111/1111/1111/2222",
        "2222/4111/1111/1111/1111",
        "https://shop.example/4111/1111/1111/1111",
        "2001:4111:1111:1111:1111:0:0:1",
        "4111:1111:1111:1111",
        "Tel 4111-1111 1111-1111",
        "注文番号 4111 1111 1111 1111",
        "7731 4111 1111 1111 1111",
        "JAN 4111 1111 1111 1111",
        "a=4111111111111111=b",
        "B4111111111111111^x",
        "4111111111111111.csv",
        "\t".join(MY_NUMBER),
        "合計\t" + "\t".join(MY_NUMBER),
        "2345/6789/0121",
        "品番 4111/1111/1111/1111",
    ],
)
def test_not_found(text: str) -> None:
    assert found(Piece("text", text)) == set()


def test_a_word_in_the_subject_or_the_name_of_the_file_speaks_for_a_number_without_one() -> None:
    alone = Piece("text", f"番号は {MY_NUMBER} です")
    assert found(alone) == set()
    assert found(Piece("subject", "マイナンバーの提出"), alone) == {MY_NUMBER}
    assert found(Piece("2 マイナンバー.txt", f"山田太郎 {MY_NUMBER}", "file")) == {MY_NUMBER}
    assert found(Piece("subject", "マイナンバーの提出"), Piece("text", f"> {MY_NUMBER}", "quoted")) == {MY_NUMBER}


@pytest.mark.parametrize(
    "text",
    [
        f"伝票番号 {MY_NUMBER}",
        f"管理コード,数\n{MY_NUMBER},1\n",
        f"{MY_NUMBER}\n" + "\n".join(f"{number}" for number in range(400000000001, 400000000009)),
    ],
)
def test_nothing_speaks_for_a_number_that_is_named_or_one_of_many(text: str) -> None:
    assert found(Piece("subject", "マイナンバー制度のご案内"), Piece("text", text, "file")) == set()


def test_the_word_in_quoted_text_speaks_for_nothing_else() -> None:
    assert found(Piece("text", "> マイナンバー", "quoted"), Piece("text", f"番号 {MY_NUMBER}")) == set()


def test_names_of_files_hold_numbers_but_no_ways_to_reach_people() -> None:
    assert found(Piece("2", "4111-1111-1111-1111.txt", "name")) == {CARD}
    assert found(Piece("2", "個人番号234567890121.pdf", "name")) == {MY_NUMBER}
    assert found(Piece("2", "4111111111111111.jpg", "name")) == set()
    phone = search([Piece("2", "山田_090-1234-5678.pdf", "name")], 10)
    assert (phone.classes, phone.persons) == ({}, 0)
