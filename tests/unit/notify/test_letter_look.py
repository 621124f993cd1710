"""How letters are made: nothing is loaded, nothing is clipped, everything that matters is inline, lines fit."""

from __future__ import annotations

import re

import pytest
from tests.letters import KINDS, LINK, every_letter, hostile, letter, mail, part, report

from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition
from mailguard.notify.columns import columns, wrapped
from mailguard.notify.letters import ASKING, Kind
from mailguard.notify.readers import WITHOUT_MAIL

#: Gmail shows no more of a letter than this (102 KB).
CLIPPED = 102 * 1024
ABOUT_MAIL = sorted(set(KINDS) - {*WITHOUT_MAIL, "told", "reply"})


def disposition(kind: str) -> Disposition:
    return Disposition.APPROVE if kind in ASKING else Disposition.CONFIRM


@pytest.mark.parametrize("language", ["ja", "en"])
def test_nothing_is_loaded_and_links_lead_home(language: Language) -> None:
    for name, one in every_letter(language).items():
        html = part(one, "html")
        assert not re.search(r"<(?:img|link|script|iframe|object|form|svg|v:)|\bsrc=|url\(|@import", html), name
        assert set(re.findall(r'https?://[^"\s<]+', html)) <= set(re.findall(r'(?:href|xmlns)="([^"]+)"', html)), name
        for link in re.findall(r'href="([^"]+)"', html):
            assert link.startswith("https://mailguard.corp.example/"), name


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_letter_says_its_language_and_is_made_of_presentation_tables(language: Language) -> None:
    for name, one in every_letter(language).items():
        html = part(one, "html")
        assert f'<html lang="{language}"' in html, name
        assert f'<div role="main" lang="{language}">' in html, name
        assert re.findall(r"<table(?! role=\"presentation\")", html) == [], name
        assert '<meta name="color-scheme" content="light dark">' in html, name
        assert '<meta name="supported-color-schemes" content="light dark">' in html, name
        assert "flex" not in html, name
        assert "grid" not in html, name
        preview = re.search(r"mso-hide:all[^>]*>([^<]+)<", html)
        assert preview is not None, name
        assert len(preview[1].strip("\u034f\u200c\u00a0")) > 10, name


@pytest.mark.parametrize("kind", ABOUT_MAIL)
def test_a_mail_to_thousands_with_hostile_names_makes_a_small_letter(kind: Kind) -> None:
    made = letter(kind, record=hostile(disposition(kind)), original=None)
    assert len(part(made, "html").encode()) < CLIPPED
    assert len(part(made).encode()) < CLIPPED
    assert made["bcc"] is None
    assert not made.defects
    assert "<script" not in part(made, "html")
    assert "\u202e" not in part(made, "html") + part(made) + str(made["subject"])


def test_a_report_about_thousands_is_small_for_people() -> None:
    made = report("ja", 5000)
    assert len(part(made, "html").encode()) < CLIPPED
    assert "ほか4980名" in part(made, "html")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_lines_of_the_text_fit(language: Language) -> None:
    texts = {name: part(one) for name, one in every_letter(language).items()}
    some: tuple[Kind, ...] = ("held", "approval", "bounced")
    texts |= {f"hostile {kind}": part(letter(kind, record=hostile(disposition(kind)))) for kind in some}
    for name, text in texts.items():
        wide = [line for line in text.split("\n") if columns(line) > 78 and "https://" not in line]
        assert wide == [], name
        assert "\n\n\n" not in text, name


def test_the_difference_is_marked_by_a_sign_and_said() -> None:
    for language, words in (("ja", "「l」(小文字のエル)が「1」(数字のイチ)"), ("en", "“1” (the figure one)")):
        made = letter("held", language)  # type: ignore[arg-type]
        assert "examp[1]e.co.jp" in part(made)
        assert "examp[l]e.co.jp" in part(made)
        assert words in part(made).replace("\n    ", " ")
        html = part(made, "html")
        assert re.search(r'examp<strong class="differs" style="[^"]*underline;">1</strong>e\.co\.jp', html)
        assert words in html
        assert "sato@example.co.jp" in html, "the usual domain is nothing to look at in the list"


def buttons(kind: Kind, disposition: Disposition) -> dict[str, str]:
    html = part(letter(kind, record=mail(disposition, State.HELD)), "html")
    return {label: link for link, label in re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', html)}


def test_buttons_name_the_act_and_lead_to_the_page() -> None:
    assert buttons("held", Disposition.CONFIRM) == {
        "tanaka@examp1e.co.jp ではなく tanaka@example.co.jp へ送信": f"{LINK}?choice=correct",
        "1名を外して送信": f"{LINK}?choice=remove-flagged", "このまま送信": f"{LINK}?choice=release",
        "送信しない": f"{LINK}?choice=cancel",
    }  # fmt: skip
    assert buttons("held", Disposition.APPROVE) == {
        "tanaka@examp1e.co.jp ではなく tanaka@example.co.jp へ送信": f"{LINK}?choice=correct", "状況を見る": LINK,
        "送信しない": f"{LINK}?choice=cancel",
    }  # fmt: skip
    assert buttons("approval", Disposition.APPROVE) == {
        "内容を確認して承認・却下する": LINK, "承認して送信": f"{LINK}?choice=approve",
        "却下する": f"{LINK}?choice=reject",
    }  # fmt: skip
    went = buttons("sent", Disposition.CONFIRM)
    assert went["誤って送ってしまった"] == f"{went['状況を見る']}?choice=misdelivered"


def test_how_to_answer_is_said_only_where_an_answer_decides() -> None:
    asked, silent = letter("held"), letter("held", reply_to=None)
    assert asked["reply-to"] == "mailguard+7d2k9m4p6r8t3v5x1z0q2s4w6y@corp.example"
    assert "返信でも決められます" in part(asked)
    assert "返信しても操作はできません" not in part(asked)
    assert silent["reply-to"] is None
    assert "返信でも決められます" not in part(silent)
    assert "返信しても操作はできません" in part(silent).replace("\n", "")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("あ" * 6, ["ああああ", "ああ"]),
        ("ああああ。ああ", ["あああ", "あ。ああ"]),
        ("ああ「ああ」あ", ["ああ「あ", "あ」あ"]),
        ("one two three", ["one two", "three"]),
        ("あ one", ["あ one"]),
        ("see https://x.example/very/long now", ["see", "https://x.example/very/long", "now"]),
        ("x" * 30, ["x" * 20, "x" * 10]),
    ],
)
def test_wrapping(text: str, lines: list[str]) -> None:
    assert wrapped(text, width=8) == lines
