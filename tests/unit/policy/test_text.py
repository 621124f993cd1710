"""Folding, words and patterns: what a reader takes for the same is the same, and no pattern can stall the judge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.saying import in_language
from mailguard.mail.verdict import Because
from mailguard.policy import fold as folding
from mailguard.policy.fold import fold, normal, normal_pattern, spaced, unwrapped
from mailguard.policy.patterns import Words, compile_globs, compile_pattern, matches
from mailguard.policy.result import quoted


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("ＩＮＴＥＲＮＡＬ", "internal"),
        ("ｼｬｶﾞｲﾋ", "シャガイヒ"),
        ("㈱日本", "(株)日本"),
        ("①②", "12"),
        ("Straße", "STRASSE"),
        ("社\u200b外\u00ad秘", "社外秘"),
        ("１０〜２０", "10～20"),
        ("ー—―", "ー--"),
        ("ﾊﾟｽﾜｰﾄﾞ", "パスワード"),
        ("Ⅲ", "iii"),
        ("社\U000e0100外\U000e0041秘", "社外秘"),
        ("社\u206a外\ufff9秘\u180f", "社外秘"),
        ("社\x08外\x9f秘", "社外秘"),
        ("conf\x01iden\x7ftial", "confidential"),
        ("葛\U000e0101城", "葛城"),
    ],
)
def test_what_looks_the_same_folds_to_the_same(left: str, right: str) -> None:
    assert fold(left) == fold(right)


@pytest.mark.parametrize("text", ["社外\r\n秘", "社外\n> 秘", "社外 \n\u3000秘".replace("\u3000", ""), "社外\n\t秘"])
def test_a_word_wrapped_by_hand_is_whole(text: str) -> None:
    assert "社外秘" in unwrapped(text)


@given(st.text(st.sampled_from("aＡ1か\u3099ｶﾞ社外秘\n\r \t>|\u200b①ß"), max_size=300))
def test_a_text_in_pieces_folds_as_a_whole(text: str) -> None:
    whole = [change(text) for change in (fold, normal, unwrapped)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "_PIECE", 7)
        pieces = list(folding._pieces(text))
        assert "".join(pieces) == text
        # Without a seam in reach a text is cut where it is: such a one is no text.
        if all(len(piece) < 14 for piece in pieces[:-1]):
            assert [change(text) for change in (fold, normal, unwrapped)] == whole


@pytest.mark.parametrize(
    "text",
    ["strictly\nconfidential", "strictly\r\n confidential", "> strictly\n> confidential", "strictly \t confidential"],
)
def test_a_phrase_wrapped_between_its_words_is_whole(text: str) -> None:
    assert [times for _, times in Words(["Strictly  confidential"]).found(spaced(fold(text)))] == [1]


def test_paragraphs_are_no_phrase() -> None:
    assert spaced("strictly\n\nconfidential\r\n\r\nx") == "strictly\n\nconfidential\n\nx"


def test_white_space_that_parts_words_is_kept() -> None:
    assert fold("a\tb\nc\x0bd\x0ce\rf\x85g\x1ch") == "a\tb\nc\x0bd\x0ce\rf\x85g\x1ch"


def test_latin_lines_stay_apart() -> None:
    assert unwrapped("no\nthing あ\nb") == "no\nthing あ\nb"


@pytest.mark.parametrize(
    ("word", "text", "times"),
    [
        ("NDA", "see the agenda", 0),
        ("NDA", "nda締結済み nda", 2),
        ("nda", "xnda", 0),
        ("社外秘", "本社外秘書", 1),
        ("社外秘", "社　外　秘 原価表、社外秘", 2),
        ("極秘", "【極 秘】", 1),
        ("*秘密", "秘 密", 1),
        ("社内限り", "社 内 限 り", 0),
        ("マル秘", "㊙資料", 1),
        ("㊙", "マル秘", 1),
        ("v2", "v2.1 v25 v2", 2),
        ("secret*", "secrets secretly", 2),
        ("*word", "password", 1),
        ("invoice", "invoice_1.pdf", 1),
        ("契約", "契約契約契約", 3),
        ("a", "", 0),
    ],
)
def test_words(word: str, text: str, times: int) -> None:
    assert sum(number for _, number in Words([word]).found(fold(text))) == times


def test_words_are_told_as_written() -> None:
    assert list(Words(["ＮＤＡ"]).found("nda")) == [("ＮＤＡ", 1)]


def test_words_that_are_quoted_stand_in_the_marks_of_each_language() -> None:
    assert quoted(["社外秘", "draft"]) == Because("「社外秘」、「draft」", "“社外秘”, “draft”")
    assert quoted("abcd") == Because("「a」、「b」、「c」 ほか1件", "“a”, “b”, “c” and 1 more")


def test_words_of_nothing_find_nothing() -> None:
    assert list(Words(["*", " ", ""]).found("anything")) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\d{4}-\d{4}", "tel 0123-4567"),
        (r"第[一二三]号", "第二号"),
        (r"（株）", "(株)"),
        (r"^re:", "a\nRE: b"),
        (r"[ａ-ｃ]x", "BX"),
        (r"㈱", "(株)"),
    ],
)
def test_patterns_meet_folded_text(pattern: str, text: str) -> None:
    assert list(matches(compile_pattern(pattern), text.encode()))


def test_what_folds_into_a_metacharacter_is_a_letter() -> None:
    assert normal_pattern("（株）＋") == r"\(株\)\+"


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?=x)y", "look-around"),
        ("(?<!x)y", "look-around"),
        (r"(a)\1", "back-references"),
        (r"(?P<n>a)(?P=n)", "back-references"),
        ("[a", "missing ]"),
        ("a*", "empty text"),
        ("", "empty text"),
        ("x" * 3000, "longer than"),
        ("a{1000}{1000}", "pattern"),
        ("(?>a)", "atomic"),
        ("\ud800", "pattern"),
    ],
)
def test_patterns_that_cannot_be(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "japanese"),
    [
        ("(a", "( が閉じていません: (a"),
        ("[a", "[ が閉じていません: [a"),
        ("a)", ") が余分です: a)"),
        ("*a", "繰り返す対象がありません: *"),
        ("a**", "繰り返しの記号が続いています: **"),
        ("a{2000}", "繰り返しの回数は1000までで、小さい方から書きます: {2000}"),
        ("a\\q", "使えないエスケープです: \\q"),
        ("a\\", "末尾の「\\」の後に何もありません"),
        ("[z-a]", "文字クラスの範囲が正しくありません: z-a"),
        ("(?q)", "(? の後の書き方が正しくありません: (?q"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_said_in_japanese_too(pattern: str, japanese: str) -> None:
    with pytest.raises(ValueError, match=r"^not a pattern: ") as caught:
        compile_pattern(pattern)
    assert in_language(caught.value, "ja") == f"正規表現として正しくありません。{japanese}"


def test_a_pattern_built_to_explode_does_not() -> None:
    # Exponential on a backtracking engine: this test would not end.
    assert not list(matches(compile_pattern("(a+)+$x"), b"a" * 100_000))


def test_empty_matches_keep_none_from_being_found() -> None:
    text = b"a b " * 2000 + b"nda " * 3
    assert list(matches(compile_pattern(r"\b(nda)?"), text)) == ["nda"] * 3


def test_matches_are_bounded() -> None:
    assert len(list(matches(compile_pattern("a"), b"a" * 5000))) == 1000


@pytest.mark.parametrize(
    ("glob", "text", "hit"),
    [
        ("*.pdf", "見積.pdf", True),
        ("*.pdf", "a.pdf.exe", False),
        ("a?c", "abc", True),
        ("a.c", "abc", False),
        ("*", "", True),
    ],
)
def test_globs(glob: str, text: str, hit: bool) -> None:
    assert (compile_globs([glob]).fullmatch(text.encode()) is not None) is hit
