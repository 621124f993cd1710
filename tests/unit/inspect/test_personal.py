"""Personal data: check digits against published examples, written forms, and bait that must not count."""

from __future__ import annotations

import pytest

from mailguard.inspect.content import Piece
from mailguard.inspect.personal import search
from mailguard.inspect.personal.checks import is_card, is_corporate_number, is_iban, is_my_number, is_us_ssn, luhn
from mailguard.inspect.personal.marks import mask

#: Test numbers that the issuers publish.
CARDS = (
    "4012888888881881",
    "5105105105105100",
    "378282246310005",
    "3530111333300000",
    "6011111111111117",
    "30569309025904",
)


def pieces(*texts: str) -> list[Piece]:
    return [Piece("text", one) for one in texts]


def values(text: str, name: str) -> tuple[str, ...]:
    found = search(pieces(text), 1000).classes
    return found[name].values if name in found else ()


@pytest.mark.parametrize("digits", CARDS)
def test_cards(digits: str) -> None:
    assert is_card(digits)
    other = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    assert not luhn(other)
    assert values(f"カード番号: {digits}", "payment_card") == (digits,)


def test_check_digits() -> None:
    assert is_my_number("123456789018")
    assert not is_my_number("123456789017")
    assert is_corporate_number("7000012050002")  # the National Tax Agency's own
    assert not is_corporate_number("7000012050003")
    assert is_iban("DE89370400440532013000")
    assert not is_iban("DE88370400440532013000")
    assert is_us_ssn("219", "09", "9999")
    assert not is_us_ssn("666", "09", "9999")


@pytest.mark.parametrize(
    "text",
    [
        "4012-8888-8888-1881",
        "4012 8888 8888 1881",
        "４０１２８８８８８８８８１８８１",
        "４０１２ー８８８８ー８８８８ー１８８１",
        "4012‑8888‑8888‑1881",
        "4012\u00a08888\u00a08888\u00a01881",
        "4012 8888\n8888 1881",
        "番号4012888888881881です",
        "a,4012888888881881,b",
        "4 0 1 2 8 8 8 8 8 8 8 8 1 8 8 1",
    ],
)
def test_forms_of_a_card(text: str) -> None:
    assert values(text, "payment_card") == ("4012888888881881",)


@pytest.mark.parametrize(
    "text",
    [
        "注文番号 4012888888881881",
        "order 4012888888881881",
        "https://x.example/4012888888881881",
        "0000000000000000",
        "a4012888888881881",
        "4012888888881881abcdef",
        "40128888888818814012888888881881",
        "2026-11-23 10:00:00 2026-11-24 11:00:00",
        "03-1234-5678 03-1234-5679",
        "3.14159265358979323846",
    ],
)
def test_bait_for_cards(text: str) -> None:
    assert values(text, "payment_card") == ()


def test_my_numbers_need_a_word_or_company() -> None:
    assert values("個人番号 1234-5678-9018", "my_number") == ("123456789018",)
    assert values("番号 123456789018", "my_number") == ()
    assert values("氏名,個人番号\n" + "山田,111111111111\n" * 30 + "田中,123456789018\n", "my_number") == (
        "123456789018",
    )
    several = ["123456789018", "234567890121", "111111111118", "987654321093", "135791357918", "246824682461"]
    valid = [one for one in several if is_my_number(one)]
    if len(valid) >= 5:
        assert set(values("\n".join(valid), "my_number")) == set(valid)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("03-1234-5678", "0312345678"),
        ("(06) 1234-5678", "0612345678"),
        ("０９０－１２３４－５６７８", "09012345678"),
        ("090 1234 5678", "09012345678"),
        ("+81-90-1234-5678", "09012345678"),
        ("09012345678", "09012345678"),
        ("TEL:0312345678", "0312345678"),
        ("0120-123-456", "0120123456"),
    ],
)
def test_phones(text: str, digits: str) -> None:
    assert values(text, "phone") == (digits,)


@pytest.mark.parametrize(
    "text",
    [
        "0312345678",
        "2026-01-02",
        "1234-5678",
        "00-1234-5678",
        "192.168.100.200",
        "ISBN 0123456789",
        "申請番号 0120261125",
        "注文番号：090-1234-5678",
        "型番 0120-444-555",
        "0081-1234-5678",
        "0081312345678",
        "品番 0081-90-1234-5678",
        "ABC0081-90-1234-5678",
        "0081-2026-11-27",
    ],
)
def test_bait_for_phones(text: str) -> None:
    assert values(text, "phone") == ()


def test_mail_addresses_are_one_whatever_their_case() -> None:
    assert values("Ann@X.example, <ann@x.example>; no@where @x a@b", "email_address") == ("ann@x.example",)


def test_lesser_classes() -> None:
    text = "〒100-0001 東京都千代田区千代田1-1\n普通 1234567\n生年月日：1990年1月2日\n"
    text += "パスポート TK1234567\n運転免許証 123456789012\n"
    found = search(pieces(text), 10).classes
    assert found["postal_code"].values == ("1000001",)
    assert found["postal_address"].values == ("東京都千代田区千代田1-1",)
    assert found["bank_account"].values == ("1234567",)
    assert found["birth_date"].values == ("19900102",)
    assert found["passport"].values == ("TK1234567",)
    assert found["driving_licence"].values == ("123456789012",)


def test_persons_are_rows_counted_once() -> None:
    table = "氏名,電話\n山田太郎,03-1111-2222\n佐藤花子,03-1111-2222\n"
    assert search(pieces(table), 10).persons == 2
    assert search(pieces(table, table), 10).persons == 2
    assert search(pieces("a@x.example b@x.example c@x.example"), 10).persons == 3
    assert search(pieces("品名,単価\nりんご,100\nみかん,200\n"), 10).persons == 0
    assert search(pieces("こんにちは、山田です。\n明日の件、よろしく。\n"), 10).persons == 0


def test_masks_hide_the_middle() -> None:
    assert mask("payment_card", "4012888888881881") == "************1881"
    assert mask("email_address", "ann@x.example") == "a***@x.example"
    assert mask("phone", "09012345678") == "090******78"


def test_values_are_bounded_and_all_are_counted() -> None:
    count = search(pieces(" ".join(f"u{n}@x.example" for n in range(50))), 10).classes["email_address"]
    assert (len(count.values), count.distinct, len(count.masked)) == (10, 50, 5)
