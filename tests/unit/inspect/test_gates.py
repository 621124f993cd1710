"""Gates and memories of the reader save time and change nothing: with and without them the same is found."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailguard.inspect.content import Piece
from mailguard.inspect.personal import columns, marks, numbers
from mailguard.inspect.personal.context import Context
from mailguard.inspect.personal.finds import Finds
from mailguard.inspect.personal.grid import Grid, Grids
from mailguard.inspect.personal.names import plain_name
from mailguard.inspect.personal.search import search
from mailguard.inspect.secrets import tokens
from mailguard.inspect.secrets.shapes import SHAPES
from mailguard.inspect.speech import quote_marks

_DIGITS = st.sampled_from(
    ["4111", "1111", "4111 1111 1111 1111", "123456789018", "03-1234-5678", "0", "\n", " ", "-", ",", "|", "\t", "> ",
     "・", "a", " - ", "\"&\"", "(", ")", "+81", "マイナンバー", "〒", "100-0001", "東京都", "SSN", "123-45-6789", "  "]
)  # fmt: skip
_CELLS = st.sampled_from(
    ["Taro Yamada", "YAMADA, Taro", "Taro Yamada Mr.", "山田 太郎", "a@x.example", "03-1234-5678", "09012345678",
     "〒100-0001", "100-0001", "東京都千代田区千代田", "who can", "", "12", "Ann", "Hanako Sato", "a-b", "0x"]
)  # fmt: skip
_SECRETS = st.sampled_from(
    ["AKIAIOSFODNN7ABCDEFG", "ghp_" + "a1B2" * 9, "eyJ" + "a" * 12 + ".eyJ" + "b" * 12 + "." + "c" * 12, "sl.", ".",
     "M" + "a1" * 12 + "." + "Ab_c-1" + "." + "x1" * 15, "SG.",
     "token=Zx81kQw92LmP0aTrQQ", "SK" + "0f" * 16, "://", "=", " ", "\n", "A", "K",
     "https://user:pa55w0rd@x.example/", "Bearer abcdefghij1234567890XYZ", "AIza" + "b1" * 17 + "c",
     "チャネルアクセストークン:" + "A1b2" * 26, "xoxb-" + "1a" * 8, "dapi" + "0a" * 16, "SECRET", "é",
     "hvs." + "a1" * 13]
)  # fmt: skip


def ungated(text: str) -> Finds:
    finds = Finds()
    numbers._Numbers(Context(text, Grids([]), lambda: True), finds).look()
    return finds


@settings(max_examples=400, deadline=None)
@given(st.lists(_DIGITS | st.text(max_size=4), max_size=24).map("".join))
@example("4111\n1111 1111 1111")
@example("マイナンバー 1|2|3|4|5|6|7|8|9|0|1|8")
def test_numbers_stand_close(text: str) -> None:
    finds = Finds()
    numbers.find_numbers(Context(text, Grids([]), lambda: True), finds)
    assert finds == ungated(text)


@settings(max_examples=400, deadline=None)
@given(st.lists(_CELLS | st.text(max_size=8), min_size=1, max_size=6))
@example(["Taro Yamada", "Hanako Sato", "Jiro Suzuki"])
@example(["山田 太郎", "佐藤 花子", "鈴木 一郎"])
def test_the_shape_of_a_column_is_that_of_most_cells(cells: list[str]) -> None:
    grid = Grid(",", 0, rows=[[cell] for cell in cells], offsets=[0] * len(cells))
    tests = (
        ("email", columns._EMAIL.fullmatch),
        ("phone", columns._is_phone),
        ("name", plain_name),
        ("postal", columns._POSTAL_CELL.fullmatch),
        ("address", columns._is_address),
    )
    expected = next((kind for kind, test in tests if columns._holds(grid, 0, test)), "")
    assert columns._shape_of(grid, 0) == expected


@settings(max_examples=400, deadline=None)
@given(
    st.lists(_CELLS | _DIGITS | st.sampled_from(["様", "区1-2", "カード: ", "b@y"]), max_size=8).map("".join),
    st.booleans(),
)
@example("東京都千代田区千代田1-1", True)
@example("4111 1111 1111 1111", False)
@example("ann@corp.example", False)
def test_a_stretch_is_masked_though_a_sign_for_it_stands_elsewhere(text: str, named: bool) -> None:
    finds = Finds()
    if named:
        finds.add("person_name", "Ann", 0, 3)
    opened = ",@0"  # what opens every gate and is masked by nothing
    assert marks._hidden(text, finds) + opened == marks._hidden(text + opened, finds)


@settings(max_examples=400, deadline=None)
@given(st.lists(_SECRETS | st.text(max_size=4), max_size=8).map("".join))
def test_no_gate_is_shut_before_a_secret(text: str) -> None:
    worth = tokens._worth(text)
    for shape in SHAPES:
        if shape.pattern.search(text) and any(gate in text for gate in shape.gates):
            assert shape in worth


@given(st.sampled_from(["-" * 5, "* ", "― "]), st.sampled_from(quote_marks._FORWARD.split("|")), st.booleans())
def test_whatever_says_forwarded_has_a_word_for_it(drawn: str, words: str, big: bool) -> None:
    for plain in (words, "début du message transféré", "転送されたメール", "Anfang der weitergeleiteten Nachricht"):
        line = f"{drawn}{plain.upper() if big else plain}{drawn}"
        assert quote_marks.speaks_of_forwarding(line) or not quote_marks.is_forward(line)


@given(
    st.lists(st.sampled_from(["wrote", "said", "書きました", "書", "写道", "작성", "썼습니다", " ", "a", "。"])).map(
        "".join
    )
)
@example("Bob wrote")
@example("書 said")
@example("田中さんは書いています")
def test_an_attribution_without_a_colon_has_one_of_few_words(line: str) -> None:
    spoken = any(verb in line for verb in quote_marks._VERBS) and quote_marks._VERB.search(line)
    assert quote_marks.has_verbs(line) or not spoken


@pytest.mark.parametrize("text", ["Ann\nTel. 03-1234-5678\nkey AKIAIOSFODNN7ABCDEFG", "Ann\nann@corp.example"])
def test_a_signature_that_is_known_is_told_again(text: str) -> None:
    pieces = [Piece("mail", text, "signature")]
    first = tokens.find_secrets(pieces)
    assert tokens.find_secrets(pieces) == first == tokens.find_secrets([Piece("mail", text)])


def test_what_a_signature_holds_is_told_by_the_mail_around_it() -> None:
    signature = Piece("mail", "Ann\n123456789018\nTel. 03-1234-5678", "signature")
    for _ in range(2):
        assert "my_number" in search([Piece("mail", "マイナンバーは下記です。"), signature], 10).classes
        assert "my_number" not in search([Piece("mail", "下記です。"), signature], 10).classes
