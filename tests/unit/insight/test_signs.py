"""Plain signs that somebody else was meant: a salutation, a customer's name, a file."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

from mailguard.insight.lesson import Lesson, read
from mailguard.insight.model import Insight
from mailguard.insight.rows import rows
from mailguard.insight.signs import Signs
from mailguard.insight.words import File, Letter

SATO, SUZUKI, OFFICE = "sato@midori-shoji.co.jp", "k.suzuki@hokuto-denki.co.jp", "info@koyo-logi.co.jp"
MIDORI, HOKUTO = "【みどり商事様】お見積り", "【北斗電機様】図面"


def letter(to: str, subject: str, body: str, day: int, *files: str) -> Letter:
    made = tuple(File(hashlib.sha256(name.encode()).hexdigest(), name) for name in files)
    return Letter(1.7e9 + day * 86_400, "t-yamada@aoba.co.jp", (to,), subject=subject, body=body, files=made)


def taught() -> Insight:
    model = Insight(own=["aoba.co.jp"])
    for day in range(8):
        model.learn(read(letter(SATO, MIDORI, f"みどり商事 佐藤様\n\nポンプの見積{day}です。", day, "見積書.pdf")))
        model.learn(read(letter(SUZUKI, HOKUTO, f"鈴木様\n\n基板の図面{day}です。", day, "図面.pdf")))
    return model


def test_right_mail_has_no_sign() -> None:
    model = taught()
    assert not read(letter(OFFICE, "ご案内", "光洋物流 佐藤様", 9)).misfit  # anybody may sit there
    for lesson in (read(letter(SATO, MIDORI, "佐藤様", 9, "見積書.pdf")), read(letter(SUZUKI, HOKUTO, "鈴木様", 9))):
        assert rows(model.memory, [lesson])[0].signs[0] == Signs()


def test_a_salutation_to_somebody_else() -> None:
    model = taught()
    right = read(letter(SUZUKI, "図面", "鈴木様\n\n基板の図面です。", 9))
    wrong = read(letter(SUZUKI, "図面", "佐藤様\n\n基板の図面です。", 9))
    assert (right.misfit, wrong.misfit) == (False, True)
    assert model.score(wrong).risk > model.score(right).risk
    worst = model.score(wrong).worst
    assert worst is not None
    assert (worst.kind, worst.alternative) == ("greeting", SATO)


def test_an_english_greeting_is_no_such_sign() -> None:
    assert not read(letter("mary.jones@corp.example", "hello", "Hi Chobs,\n\nhere it is", 9)).misfit


def test_a_customer_whose_name_never_went_there() -> None:
    model = taught()
    wrong = model.score(read(letter(SUZUKI, MIDORI, "鈴木様\n\n基板の図面です。", 9)))
    assert wrong.risk > model.score(read(letter(SUZUKI, "図面", "鈴木様\n\n基板の図面です。", 9))).risk
    assert wrong.worst is not None
    assert wrong.worst.kind == "file"
    assert "hokuto-denki.co.jp" in wrong.worst.because.ja
    assert "hokuto-denki.co.jp" in wrong.worst.because.en


def test_a_customer_in_the_name_of_a_file() -> None:
    model = taught()
    lesson = read(letter(SUZUKI, "図面", "鈴木様", 9, "見積_みどり商事様_3.pdf"))
    assert model.score(lesson).risk > model.score(read(letter(SUZUKI, "図面", "鈴木様", 9, "見積_3.pdf"))).risk


def test_a_customer_who_is_hardly_known_says_nothing() -> None:
    model = taught()
    named = read(letter(SUZUKI, "【あさひ樹脂様】図面", "鈴木様", 9))
    plain = read(letter(SUZUKI, "あさひ樹脂 図面", "鈴木様", 9))
    assert (len(named.customers), plain.customers) == (1, ())
    assert rows(model.memory, [named])[0].signs[0] == Signs()


def test_a_file_that_went_to_others_only() -> None:
    model = taught()
    seen = model.score(read(letter(SUZUKI, "図面", "鈴木様", 9, "見積書.pdf"))).risk
    fresh = model.score(read(letter(SUZUKI, "図面", "鈴木様", 9, "新図面.pdf"))).risk
    assert seen > fresh
    inside = read(letter("m-sato@aoba.co.jp", MIDORI, "佐藤さん", 9, "見積書.pdf"))
    assert rows(model.memory, [inside])[0].signs[0] == Signs()


def test_signs_are_kept() -> None:
    model, kept = taught(), io.BytesIO()
    model.save(kept)
    kept.seek(0)
    wrong = read(letter(SUZUKI, MIDORI, "佐藤様", 9, "見積書.pdf"))
    assert Insight.load(kept).score(wrong) == model.score(wrong)
    assert Lesson.from_bytes(wrong.to_bytes()) == wrong
    other = Insight(own=["aoba.co.jp"])
    other.merge(model)
    worst = other.score(wrong).worst
    assert worst is not None
    assert rows(other.memory, [wrong])[0].signs[0] == Signs(greeting=True, customer=True, file=True)


def addressed(model: Insight, to: str, day: int = 9) -> Signs:
    return rows(model.memory, [read(letter(to, "配送", "倉庫からの配送日程です。", day))])[0].signs[0]


def test_a_slip_before_the_at_on_the_first_day() -> None:
    model = Insight(own=["aoba.co.jp"])
    people = ["taro.yamada@gamma.co.jp", "r1@gamma.co.jp", SATO, SUZUKI]
    for day, to in enumerate(people * 2):
        model.learn(read(letter(to, "配送", f"{day}番の倉庫からの配送日程です。", day)))
    judged = model.score(read(letter("taro.yamda@gamma.co.jp", "配送", "倉庫からの配送日程です。", 9)))
    assert (judged.alarm, judged.worst and judged.worst.alternative) == (True, "taro.yamada@gamma.co.jp")
    for right in ("taro.yamada@gamma.co.jp", "r2@gamma.co.jp", "jiro.yamada@gamma.co.jp", "taro.yamda@delta.co.jp"):
        assert not addressed(model, right).mistyped
    model.learn(read(replace(letter("taro.yamda@gamma.co.jp", "配送", "", 9), sender="m-ito@aoba.co.jp")))
    assert not addressed(model, "taro.yamda@gamma.co.jp", 10).mistyped  # there is such a mailbox
