"""A sentence in both languages stays one on every way that a text takes to a person."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from mailguard.mail.saying import Sentence, in_both, in_language, listed, reason_of

BLUE = Sentence("青です", "it is blue")


def both(text: object) -> tuple[str, str]:
    return in_language(text, "ja"), in_language(text, "en")


def test_it_is_its_english() -> None:
    assert BLUE == "it is blue"
    assert f"{BLUE}" == "it is blue"
    assert json.dumps([BLUE]) == '["it is blue"]'
    assert hash(BLUE) == hash("it is blue")
    assert type(in_language(BLUE, "en")) is str


def test_what_has_one_language_stays_as_it_is() -> None:
    assert both("10.0.0.0/8") == ("10.0.0.0/8", "10.0.0.0/8")


@pytest.mark.parametrize(
    "kept",
    [
        str(ValueError(BLUE)),
        str(BLUE),
        copy.deepcopy(BLUE),
        pickle.loads(pickle.dumps(BLUE)),
        "" + BLUE,
        BLUE + "",
        Sentence("{it}", "{it}", it=BLUE),
        Sentence("{it}", "{it}", it=ValueError(BLUE)),
    ],
)
def test_it_survives(kept: str) -> None:
    assert both(kept) == ("青です", "it is blue")


def test_it_stands_behind_a_place_and_before_a_hint() -> None:
    hint = Sentence("(「b」ですか)", ", did you mean 'b'?")
    assert both("a.yaml:1:2: " + BLUE + hint) == (
        "a.yaml:1:2: 青です(「b」ですか)",
        "a.yaml:1:2: it is blue, did you mean 'b'?",
    )


def test_fields_may_stand_in_another_order_and_be_numbers() -> None:
    said = Sentence("{of}件中{n:,}件は「{name}」です", "{n:,} of {of} are {name!r}", n=1000, of=2000, name="x")
    assert both(said) == ("2000件中1,000件は「x」です", "1,000 of 2000 are 'x'")
    with pytest.raises(KeyError):
        Sentence("{a}", "{b}", a=1)


def test_quotes_are_those_of_the_language() -> None:
    assert both(Sentence("{name!r}です", "it is {name!r}", name="x")) == ("「x」です", "it is 'x'")
    assert both(Sentence("{name!r}です", "it is {name!r}", name="a\x1b'")) == ("「a\\x1b'」です", 'it is "a\\x1b\'"')
    assert both(Sentence("{n!r}件です", "{n!r} mails", n=3)) == ("3件です", "3 mails")


def test_a_prefix_is_taken_off_in_both() -> None:
    assert both(("x: " + BLUE).removeprefix("x: ")) == ("青です", "it is blue")


def test_without_fields_braces_are_braces() -> None:
    assert both(Sentence("{}と書きます", "write {}")) == ("{}と書きます", "write {}")


def test_lists_and_cuts_keep_both() -> None:
    assert both(listed(["10.0.0.0/8", BLUE])) == ("10.0.0.0/8、青です", "10.0.0.0/8, it is blue")
    assert both(listed([])) == ("", "")
    assert both(in_both(BLUE, lambda text: text[:2])) == ("青で", "it")
    assert in_both("plain", str.upper) == "PLAIN"


def test_what_the_system_says() -> None:
    with pytest.raises(OSError, match="No such file") as caught:
        open("/nowhere/at/all")  # noqa: PTH123, SIM115
    assert both(reason_of(caught.value)) == ("ファイルまたはフォルダーがありません。", "No such file or directory")
    assert both(reason_of(TimeoutError())) == ("TimeoutError", "TimeoutError")
