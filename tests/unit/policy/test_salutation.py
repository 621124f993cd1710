"""Whom a salutation can mean, and whose a display name is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.judging import mail, rule_of, said

from mailguard.mail.directory import Directory, Person
from mailguard.mail.facts import Addressee
from mailguard.policy.case import Known
from mailguard.policy.judge import judge
from mailguard.policy.names import name_key
from mailguard.policy.result import Truth
from mailguard.policy.salutation import Called, fits
from mailguard.policy.surnames import kana_sound, sound

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


@pytest.mark.parametrize(
    ("name", "display", "address", "truth"),
    [
        ("田中", "田中 太郎", "k1@x.example", YES),
        ("田中", "鈴木 花子", "k1@x.example", NO),
        ("田中", "", "tanaka@x.example", YES),
        ("田中", "", "ttanaka@x.example", YES),
        ("田中", "", "t.suzuki@x.example", NO),
        ("田中", "", "k1@x.example", UNKNOWN),
        ("田中", "営業部", "info@x.example", UNKNOWN),
        ("田中", "さくら印刷", "info@x.example", UNKNOWN),
        ("田中", "鈴木 花子", "info@x.example", NO),
        ("佐藤", "", "satoh-k@x.example", YES),
        ("大野", "Ohno, Ken", "k1@x.example", YES),
        ("渡邉", "渡辺 一郎", "k1@x.example", YES),
        ("やまだ", "山田 太郎", "k1@x.example", YES),
        ("やまだ", "鈴木 太郎", "k1@x.example", UNKNOWN),
        ("ショウジ", "", "shouji@x.example", YES),
        ("Tanaka", "田中太郎", "k1@x.example", YES),
        ("Tanaka", "鈴木太郎", "k1@x.example", NO),
        ("Smith", "John Smith", "k1@x.example", YES),
        ("Smith", "John Jones", "k1@x.example", NO),
        ("Bob", "Robert Jones", "bob@x.example", YES),
        ("榊原", "", "tanaka@x.example", UNKNOWN),  # a reading that nobody knows
    ],
)
def test_a_name_and_a_recipient(name: str, display: str, address: str, truth: Truth) -> None:
    local, _, domain = address.partition("@")
    assert fits(Addressee(name, title="様"), Called((display,) if display else (), local, domain)) is truth


@pytest.mark.parametrize(
    ("company", "display", "domain", "truth"),
    [
        ("Acme Inc.", "", "acme.co.jp", YES),
        ("株式会社トヨサキ", "", "toyosaki.co.jp", YES),
        ("株式会社B", "(株)B 田中", "x.example", YES),
        ("株式会社B", "株式会社C 田中", "x.example", NO),
        ("株式会社B", "田中", "x.example", UNKNOWN),
    ],
)
def test_a_company_and_a_recipient(company: str, display: str, domain: str, truth: Truth) -> None:
    called = Called((display,) if display else (), "k1", domain)
    assert fits(Addressee(company=company, title="御中"), called) is truth


def test_the_right_company_is_enough_where_the_name_cannot_be_compared() -> None:
    called = Called((), "k1", "acme.co.jp")
    assert fits(Addressee("榊原", "株式会社Acme"), called) is YES
    assert fits(Addressee("榊原", "株式会社トヨサキ"), called) is UNKNOWN


@pytest.mark.parametrize("spellings", [("satoh", "satou", "sato"), ("shouji", "syoji"), ("kambe", "kanbe")])
def test_one_sound_however_it_is_spelt(spellings: tuple[str, ...]) -> None:
    assert len(set(map(sound, spellings))) == 1


def test_kana_by_sound() -> None:
    assert [kana_sound(one) for one in ("さとう", "ホッタ", "じゅん", "ゐ")] == ["sato", "hotta", sound("jun"), ""]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("田中　太郎 様", "田中太郎"),
        ("Tanaka, Taro (B Corp)", "tanaka taro"),
        ("田中", ""),
        ("佐々木", ""),
        ("株式会社B 営業部", ""),
        ("Sales Team", ""),
        ("Bob", ""),
        ("bob@x.example", ""),
    ],
)
def test_names_that_single_somebody_out(name: str, key: str) -> None:
    assert name_key(name) == key


TANAKA, SUZUKI = "tanaka@partner.example", "suzuki@other.example"
NOBODY = "{message: {greeting: fits_nobody}}"
LEFT_OUT = "{recipients: {to: true, greeted: false}}"


@pytest.mark.parametrize(
    ("condition", "words", "word"),
    [
        (NOBODY, {"to": SUZUKI, "greeting": "田中"}, "confirm"),
        (NOBODY, {"to": TANAKA, "greeting": "田中"}, "deliver"),
        (NOBODY, {"to": SUZUKI, "cc": TANAKA, "greeting": "田中"}, "deliver"),
        (NOBODY, {"to": SUZUKI, "bcc": TANAKA, "greeting": "田中"}, "deliver"),
        (NOBODY, {"to": SUZUKI}, "deliver"),  # names nobody
        (NOBODY, {"to": "k1@x.example", "display": {"k1@x.example": "佐藤 健"}, "greeting": "田中"}, "confirm"),
        (NOBODY, {"to": SUZUKI, "names": {SUZUKI: "田中 一郎"}, "greeting": "田中"}, "deliver"),
        (NOBODY, {"to": "x@acme.co.jp", "greeting": {"company": "Acme株式会社"}}, "deliver"),
        (LEFT_OUT, {"to": [TANAKA, SUZUKI], "greeting": "田中"}, "confirm"),
        (LEFT_OUT, {"to": TANAKA, "cc": SUZUKI, "greeting": "田中"}, "deliver"),
        (LEFT_OUT, {"to": [TANAKA, SUZUKI], "greeting": ["田中", "鈴木"]}, "deliver"),
        (LEFT_OUT, {"to": [TANAKA, SUZUKI]}, "deliver"),
        ("{recipients: {greeted: true}}", {"to": TANAKA, "greeting": "田中"}, "confirm"),
        ("{recipients: {greeted: true}}", {"to": TANAKA}, "deliver"),
    ],
)
def test_greetings(condition: str, words: dict[str, Any], word: str) -> None:
    assert said(rule_of(condition), mail(**words)) == word


@pytest.mark.parametrize("condition", [NOBODY, LEFT_OUT])
def test_what_cannot_be_compared_is_not_decided(condition: str) -> None:
    strange: dict[str, Any] = {"to": "k1@x.example", "greeting": "田中"}
    assert said(rule_of(condition), mail(**strange)) == "confirm"
    assert said(rule_of(condition, more="    when_unknown: ignore"), mail(**strange)) == "deliver"
    assert said(rule_of(condition), mail(to="k1@x.example", encrypted=True)) == "confirm"


def test_a_greeting_to_everybody_leaves_nobody_out() -> None:
    case = mail({"greeting": (Addressee("田中", title="様"), Addressee(title="各位"))}, to=[TANAKA, SUZUKI])
    assert said(rule_of(LEFT_OUT), case) == "deliver"
    assert said(rule_of(NOBODY), replace(mail({"greeting": (Addressee(title="各位"),)}, to=SUZUKI))) == "deliver"


def test_the_sentence_names_both_sides() -> None:
    hit = judge(rule_of(NOBODY), mail(to=SUZUKI, greeting="田中")).hits[0]
    assert hit.because.ja == f"宛名は「田中様」ですが、宛先の「{SUZUKI}」に当てはまる人がいません"
    assert "addresses 田中様" in hit.because.en
    told = judge(rule_of(LEFT_OUT), mail(to=[TANAKA, SUZUKI], greeting="田中")).hits[0]
    assert f"{SUZUKI}（宛名は田中様）" in told.because.ja
    assert [str(one) for one in told.recipients] == [SUZUKI]


OTHER = "{recipients: {name_of_other: true}}"
EVE = "eve@elsewhere.example"


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ({"to": EVE, "display": {EVE: "田中太郎"}, "names": {TANAKA: "田中 太郎"}}, "confirm"),
        ({"to": TANAKA, "display": {TANAKA: "田中太郎"}, "names": {TANAKA: "田中 太郎"}}, "deliver"),
        ({"to": EVE, "display": {EVE: "田中太郎"}, "names": {TANAKA: "田中 太郎", EVE: "田中 太郎"}}, "deliver"),
        ({"to": EVE, "display": {EVE: "田中"}, "names": {TANAKA: "田中"}}, "deliver"),
        ({"to": EVE, "display": {EVE: "営業部"}, "names": {TANAKA: "営業部"}}, "deliver"),
        ({"to": EVE, "display": {EVE: TANAKA}, "known": "partner.example"}, "confirm"),
        ({"to": EVE, "display": {EVE: "ken@corp.example"}}, "confirm"),
        ({"to": EVE, "display": {EVE: TANAKA}}, "deliver"),
        ({"to": EVE, "display": {EVE: EVE}, "known": "elsewhere.example"}, "deliver"),
        ({"to": TANAKA, "bcc": EVE, "names": {TANAKA: "田中 太郎"}}, "deliver"),
    ],
)
def test_the_name_of_somebody_else(words: dict[str, Any], word: str) -> None:
    assert said(rule_of(OTHER), mail(**words)) == word


def test_the_directory_knows_names_too() -> None:
    policy = rule_of(OTHER)
    person = Directory({"ken@corp.example": Person("ken@corp.example", "高橋 健")})
    case = mail(to=EVE, display={EVE: "高橋健"})
    assert said(policy, case) == "deliver"
    hit = judge(replace(policy, directory=person), case).hits[0]
    assert hit.evidence == (f"高橋健 <{EVE}> ≠ ken@corp.example",)
    assert "under the name of somebody else" in hit.because.en


def test_names_that_nobody_was_asked_for_are_not_known() -> None:
    case = replace(mail(to=EVE, display={EVE: "田中太郎"}), known=Known())
    assert said(rule_of(OTHER), case) == "confirm"
    assert said(rule_of(OTHER), replace(mail(to=EVE), known=Known())) == "deliver"
    assert rule_of(OTHER).needs == {"names"}
    assert rule_of(NOBODY).needs == {"names", "greeted"}
