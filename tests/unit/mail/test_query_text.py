"""The filter language: what each term says, what is wrong and what was meant, and no text that could break it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.query import Key, Term
from mailguard.mail.query_text import LONGEST, QueryError, QueryProblem, parse_query
from mailguard.mail.query_words import KEYS

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


def parsed(text: str) -> list[Term]:
    return list(parse_query(text, NOW, "Asia/Tokyo").terms)


def wrong(text: str) -> list[tuple[int, int, str, str]]:
    with pytest.raises(QueryError) as caught:
        parse_query(text, NOW, "Asia/Tokyo")
    return [(one.at, one.length, one.because.en, one.fixed) for one in caught.value.problems]


def problems(text: str) -> tuple[QueryProblem, ...]:
    """What is wrong with a text; () if it is a query."""
    try:
        parse_query(text, NOW, "Asia/Tokyo")
    except QueryError as error:
        return error.problems
    return ()


CASES: list[tuple[str, list[Term]]] = [
    ("", []),
    (" \t　", []),
    ("見積", [Term(Key.WORD, ("見積",))]),
    ("ＡＢＣ Report", [Term(Key.WORD, ("abc",)), Term(Key.WORD, ("report",))]),
    ('"two  Words"', [Term(Key.WORD, ("two words",))]),
    ("“全角の 引用”", [Term(Key.WORD, ("全角の 引用",))]),
    ("-draft", [Term(Key.WORD, ("draft",), negated=True)]),
    ("－下書き", [Term(Key.WORD, ("下書き",), negated=True)]),
    ("- 1,000", [Term(Key.WORD, ("-",)), Term(Key.WORD, ("1,000",))]),
    ("from:Ann@Corp.example", [Term(Key.FROM, ("ann@corp.example",))]),
    ("from:<ann@corp.example>", [Term(Key.FROM, ("ann@corp.example",))]),
    ("差出人：田中", [Term(Key.FROM, ("田中",))]),
    ("to:partner.example", [Term(Key.TO, ("@partner.example",))]),
    ("to:@Partner.example", [Term(Key.TO, ("@partner.example",))]),
    ("sender-domain:日本.example", [Term(Key.FROM, ("@xn--wgv71a.example",))]),
    ("-宛先:a@b.example,c.example", [Term(Key.TO, ("a@b.example", "@c.example"), negated=True)]),
    ("rule:look-alike", [Term(Key.RULE, ("look-alike",))]),
    ("状態:保留", [Term(Key.STATE, ("held",))]),
    ("state:open,sent", [Term(Key.STATE, ("held", "queued", "relayed"))]),
    ("has:attachment", [Term(Key.HAS, ("attachment",))]),
    ("添付:あり", [Term(Key.HAS, ("attachment",))]),
    ("larger:5MB", [Term(Key.LARGER, octets=5 * 2**20)]),
    ("smaller:1.5k", [Term(Key.SMALLER, octets=1536)]),
    ("older:3d", [Term(Key.OLDER, moment=NOW - timedelta(days=3))]),
    ("newer:2時間", [Term(Key.NEWER, moment=NOW - timedelta(hours=2))]),
    ("older:2026-11-20", [Term(Key.OLDER, moment=datetime(2026, 11, 19, 15, tzinfo=UTC))]),
    ('subject:"new price"', [Term(Key.SUBJECT, ("new price",))]),
    ("本文:契約", [Term(Key.TEXT, ("契約",))]),
    ("in:text 契約 -draft", [Term(Key.TEXT, ("契約",)), Term(Key.TEXT, ("draft",), negated=True)]),
    ("Re: https://x.example/a", [Term(Key.WORD, ("re:",)), Term(Key.WORD, ("https://x.example/a",))]),
    ("12:30", [Term(Key.WORD, ("12:30",))]),
    ("a\0b\ud800", [Term(Key.WORD, ("a",)), Term(Key.WORD, ("b",))]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "terms"), CASES, ids=[repr(text) for text, _ in CASES])
def test_what_a_text_says(text: str, terms: list[Term]) -> None:
    assert parsed(text) == terms


WRONG = [
    ("form:x", [(0, 6, '"form:" is not known; did you mean "from:"?', "from:x")]),
    ("a -recipent:x", [(2, 11, '"recipent:" is not known; did you mean "recipient:"?', "a -recipient:x")]),
    ("state:hold x", [(0, 10, '"hold" is no state; did you mean "held"?', "state:held x")]),
    ("has:atachment", [(0, 13, '"atachment" is no value of has:; did you mean "attachment"?', "has:attachment")]),
    ("xyzzy:1", [(0, 7, '"xyzzy:" is not known; to search for it as it stands, put it in quotation marks.', "")]),
    ("from: ann", [(0, 5, "from: needs a value, without a blank before it.", "")]),
    ('"open', [(0, 5, "A quotation mark is not closed.", "")]),
    ('""', [(0, 2, "There is nothing between the quotation marks.", "")]),
    ("from:a@@b", [(0, 9, '"a@@b" is no mail address.', "")]),
    ("larger:big", [(0, 10, "larger: takes a size such as 5MB or 300KB.", "")]),
    ("older:1d,2d", [(0, 11, "older: takes one value.", "")]),
    ("in:text", [(0, 7, "in: needs a word to look for.", "")]),
    ("-in:text a", [(0, 8, "in: cannot be turned around.", "")]),
]


@pytest.mark.parametrize(("text", "expected"), WRONG, ids=[text for text, _ in WRONG])
def test_what_is_wrong_is_said_with_its_place_and_what_was_meant(
    text: str, expected: list[tuple[int, int, str, str]]
) -> None:
    assert wrong(text) == expected


@pytest.mark.parametrize("age", ["99999d", "3", "3x", "2026-02-30", "0000-01-01", "yesterday"])
def test_a_time_that_is_none_is_refused(age: str) -> None:
    assert "takes an age such as" in wrong(f"older:{age}")[0][2]


def test_all_problems_are_said_at_once_and_in_both_languages() -> None:
    with pytest.raises(QueryError) as caught:
        parse_query("form:x state:hold", NOW, "Asia/Tokyo")
    assert [one.at for one in caught.value.problems] == [0, 7]
    assert "「from:」" in caught.value.problems[0].because.ja


def test_it_is_bounded() -> None:
    assert wrong("x" * (LONGEST + 1)) == [(LONGEST, 1, "A filter has at most 500 characters.", "")]
    assert wrong("a " * 31)[0][2] == "At most 30 terms."


def test_who_looks_into_texts_is_known() -> None:
    for text in ("text:x", "-本文:x", "in:body x"):
        assert parse_query(text, NOW, "Asia/Tokyo").reads_text
    assert not parse_query("x subject:y", NOW, "Asia/Tokyo").reads_text


@given(st.text(max_size=80))
def test_any_text_is_a_query_or_says_what_is_wrong(text: str) -> None:
    for one in problems(text):
        assert 0 <= one.at <= len(text)
        assert one.because.ja
        assert one.because.en


@given(
    st.lists(st.sampled_from([*KEYS, "in", "", "x"]), max_size=4),
    st.text(st.sampled_from(" :-,\"'ab@.1d　："), max_size=12),
)
def test_keys_and_marks_in_any_order(keys: list[str], rest: str) -> None:
    text = " ".join(f"{key}:{rest}" for key in keys)
    assert all(one.because.en for one in problems(text))


@given(st.sampled_from(sorted(KEYS)), st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12))
def test_a_suggestion_is_itself_a_query_that_goes_further(key: str, value: str) -> None:
    """Following what was meant ends: each suggestion mends a problem."""
    text = f"{key[:-1]}:{value}"
    for _ in range(4):
        found = problems(text)
        if not found or not found[0].fixed:
            return
        assert found[0].fixed != text
        text = found[0].fixed
