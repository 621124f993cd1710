"""YAML with places: what is read, what is refused, and that all of it is said at once."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from mailguard.policy.marked_yaml import load_marked
from mailguard.policy.marks import Problem, Problems, problems_of


def said(text: str | bytes) -> list[str]:
    with pytest.raises(Problems) as caught:
        load_marked(text, "p.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_reads_plain_data_with_places() -> None:
    data, marks = load_marked("a: 1\nb:\n  - x\n  - {c: true, d: 1.5, e: null}\n", "p.yaml")
    assert data == {"a": 1, "b": ["x", {"c": True, "d": 1.5, "e": None}]}
    assert marks.at(("b", 1, "d")) == (4, 18)
    assert marks.at(("b", 1, "d"), key=True) == (4, 15)
    assert marks.at(("b", 1, "nowhere", 3)) == (4, 5)


@pytest.mark.parametrize(
    "word", ["yes", "no", "on", "off", "NO", "1:30", "0123", "0x1f", "1_000", "2024-01-01", "1e3", ".inf"]
)
def test_words_that_yaml_would_bend_stay_words(word: str) -> None:
    assert load_marked(f"a: {word}", "p")[0] == {"a": word}


@pytest.mark.parametrize(("word", "value"), [("10", 10), ("-3", -3), ("true", True), ("~", None), ("'10'", "10")])
def test_plain_values(word: str, value: object) -> None:
    assert load_marked(f"a: {word}", "p")[0] == {"a": value}


def test_keys_are_text() -> None:
    assert load_marked("1: a\ntrue: b\nnull: c", "p")[0] == {"1": "a", "true": "b", "null": "c"}


def test_all_problems_at_once_in_order() -> None:
    assert said("a: &x 1\na: 2\nb: *x\nc: !!python/object:os.system {}\n<<: {d: 1}\n") == [
        "p.yaml:2:1: key 'a' written twice (first in line 1)",
        "p.yaml:3:4: alias *x: aliases are not read; write the value out",
        "p.yaml:4:4: tag tag:yaml.org,2002:python/object:os.system: tags are not read; write the plain value",
        "p.yaml:5:1: merge key <<: not read; write the keys out",
    ]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "~", b"", b"\xef\xbb\xbf"])
def test_empty_is_an_error(text: str | bytes) -> None:
    assert said(text) == ["p.yaml:1:1: the file is empty"]


def test_syntax_error_has_its_place() -> None:
    assert said("a: [1, 2\nb: 3\n")[0].startswith("p.yaml:2:")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        # A sentence with a placeholder, as `because` has them, in a mapping on one line.
        ("because: {ja: 「{words}」です, en: It says {words}}\n", "1:16", "in quotes"),
        ("because:\n  ja: 注意: 社外です\n", "2:9", "a text that holds a colon and a blank in quotes"),
        ('because: {ja: "理由, en: x}\nb: 1\n', "1:15", "close the quote"),
        ("a:\n\tb: 1\n", "2:1", "indent with spaces, not tabs"),
        ("a:\n  b: 1\n\u3000\u3000c: 2\n  d: 3\n", "3:1", "full-width blanks"),
        ("a:\n  then： confirm\n  b: 1\n", "2:1", "： is full-width: write : if"),
        ("a:\n  c: 1\n  then： confirm\n  b: 1\n", "3:3", "： is full-width: write : if"),
        ("when: ｛a: ｛external: true｝\n", "1:9", "｛ is full-width: write { if"),
        ("when: {a: true、 b: true}\n", "1:18", "、 is full-width: write , if"),
        ("when: {count: >= 10}\n", "1:15", 'a comparison in quotes: ">= 10"'),
        ("when:\n  count: >= 10\n", "2:11", 'a comparison in quotes: ">= 10"'),
        ("when:\n  count: > 10\n", "2:12", 'a comparison in quotes: ">= 10"'),
        ('patterns: "\\d{4}"\n', "1:12", "write a pattern in single quotes"),
        ("when: {domain: *.example}\n", "1:17", "begins with * or & in quotes"),
        ("when: {address: @x.example}\n", "1:17", "begins with @ in quotes"),
        ("words: [%秘]\n", "1:9", "begins with % in quotes"),
        ("rules:\n  - id: r1\n   when: x\n", "3:4", "begin in the same column"),
        ("rules:\n- id: r1\n  when:\n      a: 1\n   then: x\n", "5:4", "begin in the same column"),
        ("a: 1\nthen confirm\nb: 2\n", "2:1", "a key needs a colon and a blank"),
        ("version:1\nrules:\n  - id: a\n", "1:1", "a key needs a blank behind its colon"),
        ("- id:a\n  then: confirm\n", "1:1", "a key needs a blank behind its colon"),
        ("when: {recipients:{external:true}}\n", "1:18", "a key needs a blank behind its colon"),
        ("words:\n  - ID:123\n  then: confirm\n", "3:3", "begin in the same column"),
    ],
)
def test_syntax_errors_that_people_make_say_where_and_what_to_do(text: str, place: str, words: str) -> None:
    (problem,) = said(text)
    assert problem.startswith(f"p.yaml:{place}: not YAML: ")
    assert words in problem


def test_second_document() -> None:
    assert said("a: 1\n---\nb: 2\n") == ["p.yaml:2:1: a second YAML document (---): one file is one document"]


def test_not_utf8_has_its_place() -> None:
    assert said("a: 1\nb: あ".encode() + b"\xff") == ["p.yaml:2:5: not UTF-8: save the file as UTF-8"]


def test_control_characters_have_their_place() -> None:
    assert said("a: 1\nb: \x00x\x1b") == [
        "p.yaml:2:4: control character U+0000",
        "p.yaml:2:6: control character U+001B",
    ]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 5000, "- " * 3000, "? " * 3000])
def test_depth_is_bounded(text: str) -> None:
    assert said(text)


def test_size_and_number_are_bounded() -> None:
    assert said("a" * (2 * 2**20 + 1)) == ["p.yaml:1:1: larger than 2 MB"]
    assert "reading stops here" in said("- a\n" * 200_002)[0]


@pytest.mark.parametrize("text", ["? [a]\n: b\n", "{[a]: b}", "{{a: b}: c}", "? *x\n: b"])
def test_keys_that_are_no_words(text: str) -> None:
    assert said(text)


def test_lone_surrogate_is_a_problem() -> None:
    assert said("a: \ud800") == ["p.yaml:1:4: control character U+D800"]


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    count: int = 0


class Root(BaseModel):
    model_config = ConfigDict(extra="forbid")
    leaves: tuple[Leaf, ...]
    named: dict[str, Leaf] = {}
    mode: Literal["monitor", "enforce"] = "enforce"
    version: Literal[1] = 1
    either: Leaf | str | None = None


def test_validation_errors_have_places_and_suggestions() -> None:
    data, marks = load_marked("leafs: []\nnamed: {a: {cuont: 1}}\neither:\n  count: x\n", "p.yaml")
    with pytest.raises(ValidationError) as caught:
        Root.model_validate(data)
    problems = sorted(problems_of(caught.value, marks, "p.yaml", Root))
    assert Problem("p.yaml", 1, 1, "unknown key 'leafs', did you mean 'leaves'?") in problems
    assert Problem("p.yaml", 2, 13, "unknown key 'cuont', did you mean 'count'?") in problems
    assert Problem("p.yaml", 1, 1, "key 'leaves' is missing") in problems
    assert any(p.line == 4 and p.column == 10 for p in problems)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "leaves:\n  count: 1\n",
            "leaves: write a list here: [one, other], or a line with a hyphen and a blank for each",
        ),
        ("leaves:\n  -\n", "leaves.0: nothing stands under it: indent what belongs to it"),
        ("leaves: [x]\n", "leaves.0: write keys and values here, such as key: value"),
        ("leaves: []\nnamed: x\n", "named: write keys and values here, such as key: value"),
        ("leaves: []\nmode: monitr\n", "mode: 'monitr' is not known here, did you mean 'monitor'?"),
        ("leaves: []\nmode: ｍｏｎｉｔｏｒ\n", "mode: 'ｍｏｎｉｔｏｒ' is not known here, did you mean 'monitor'?"),
        ("leaves: []\nversion: 2\n", "version: write 1, not 2"),
        ("leaves: []\nmode: 7\n", "mode: input should be 'monitor' or 'enforce'"),
    ],
)
def test_a_value_of_another_kind_says_what_to_write(text: str, message: str) -> None:
    data, marks = load_marked(text, "p.yaml")
    with pytest.raises(ValidationError) as caught:
        Root.model_validate(data)
    assert [problem.message for problem in problems_of(caught.value, marks, "p.yaml", Root)] == [message]
