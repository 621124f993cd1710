"""Where look-alike domains differ: marked, and said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.notify.marked import Stretch, compared, joined, marked, pair_in, pairs_in
from mailguard.policy.lookalike import Likeness, known_domains, likeness


def shown(stretches: tuple[Stretch, ...]) -> str:
    return "".join(f"[{one.text}]" if one.differs else one.text for one in stretches)


@pytest.mark.parametrize(
    ("evidence", "written", "known", "ja", "en"),
    [
        ("examp1e.co.jp ≠ example.co.jp (1 / l)", "examp[1]e.co.jp", "examp[l]e.co.jp",
         "「l」(小文字のエル)が「1」(数字のイチ)になっています",
         "“1” (the figure one) stands in the place of “l” (the letter L)"),
        ("example.com ≠ example.co.jp (.com / .co.jp)", "example[.com]", "example[.co.jp]",
         "「.co.jp」が「.com」になっています", "“.com” stands in the place of “.co.jp”"),
        ("acme-jp.com ≠ acme.co.jp (+ -jp)", "acme[-jp.com]", "acme[.co.jp]",
         "「.co.jp」が「-jp.com」になっています", "“-jp.com” stands in the place of “.co.jp”"),
        ("acme-jp.co.jp ≠ acme.co.jp (+ -jp)", "acme[-jp].co.jp", "acme.co.jp",
         "「-jp」が余分にあります", "“-jp” is extra"),
        ("exmple.co.jp ≠ example.co.jp (- a)", "exmple.co.jp", "ex[a]mple.co.jp",
         "「a」が抜けています", "“a” is missing"),
        ("modem.co.jp ≠ modern.co.jp (m / rn)", "mode[m].co.jp", "mode[rn].co.jp",
         "「rn」が「m」になっています", "“m” stands in the place of “rn”"),
        ("exmaple.co.jp ≠ example.co.jp (ma / am)", "ex[ma]ple.co.jp", "ex[am]ple.co.jp",
         "「am」が「ma」になっています", "“ma” stands in the place of “am”"),
        ("partnerexample.com ≠ partner-example.com ('.' / '-')", "partnerexample.com", "partner[-]example.com",
         "「-」(ハイフン)が抜けています", "“-” (hyphen) is missing"),
        ("corp.example.attacker.test ≠ corp.example (… .attacker.test)", "corp.example[.attacker.test]",
         "corp.example", "「.attacker.test」が余分にあります", "“.attacker.test” is extra"),
        ("exаmple.co.jp [xn--exmple-4nf.co.jp] ≠ example.co.jp (а U+0430 / a)", "ex[а]mple.co.jp", "ex[a]mple.co.jp",
         "「a」が「а」(キリル文字 U+0430)になっています",
         "“а” (Cyrillic letter U+0430) stands in the place of “a”"),
    ],
)  # fmt: skip
def test_the_difference_is_marked_and_said(evidence: str, written: str, known: str, ja: str, en: str) -> None:
    pair = pair_in(evidence)
    assert pair is not None
    assert (shown(pair.written), shown(pair.known)) == (written, known)
    assert (pair.words.ja, pair.words.en) == (ja, en)


@pytest.mark.parametrize("evidence", ["", "bob@x.example", "persons: 3", "高橋健 <eve@x.example> ≠ ken@corp.example"])
def test_other_evidence_speaks_of_no_pair(evidence: str) -> None:
    assert pair_in(evidence) is None


def test_domains_are_marked_in_a_sentence_and_in_an_address() -> None:
    pairs = pairs_in(["examp1e.co.jp ≠ example.co.jp (1 / l)"])
    assert shown(marked("宛先「Examp1e.co.jp」は「example.co.jp」に似ています", pairs)) == (
        "宛先「Examp[1]e.co.jp」は「examp[l]e.co.jp」に似ています"
    )
    assert shown(marked("sato@example.co.jp", pairs, known=False)) == "sato@example.co.jp"
    assert shown(marked("tanaka@mail.examp1e.co.jp (外)", pairs)) == "tanaka@mail.examp[1]e.co.jp (外)"


@pytest.mark.parametrize("text", ["my-examp1e.co.jp", "examp1e.co.jp.example", "xexamp1e.co.jp", "example.co.jpx", ""])
def test_a_part_of_another_name_is_not_marked(text: str) -> None:
    pairs = pairs_in(["examp1e.co.jp ≠ example.co.jp (1 / l)"])
    assert shown(marked(text, pairs)) == text


def test_what_the_judge_says_is_understood() -> None:
    known = known_domains(("example.co.jp",))
    found = likeness("examp1e.co.jp", known)
    assert isinstance(found, Likeness)
    pair = pair_in(str(found))
    assert pair is not None
    assert pair.texts == ("examp1e.co.jp", "example.co.jp")


_DOMAINS = st.from_regex(r"[a-z0-9-]{1,12}(\.[a-z0-9-]{1,8}){0,3}", fullmatch=True)


@given(_DOMAINS, _DOMAINS)
def test_nothing_is_lost_and_a_difference_is_marked(written: str, known: str) -> None:
    pair = compared(written, known)
    assert (joined(pair.written), joined(pair.known)) == (written, known)
    differs = any(one.differs for one in (*pair.written, *pair.known))
    assert differs == (written != known)


@given(st.text(max_size=80), _DOMAINS, _DOMAINS)
def test_marking_changes_no_text(text: str, written: str, known: str) -> None:
    assert joined(marked(f"{text}{written} {known}", (compared(written, known),))) == f"{text}{written} {known}"
