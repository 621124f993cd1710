"""The JSON border: what is understood comes out as it went in, and whatever is not is an error in one line of text."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight.words import File
from mailguard.past.lines import LINE_MOST, Line, LineError, lines_of, read_line, read_message

M = {
    "id": "1", "date": 1795392000, "from": "ann@corp.example", "from_name": "安藤", "to": ["Bob@Partner.example"],
    "cc": [], "bcc": ["carol@other.example"], "subject": "見積", "body": "本文", "direction": "out",
}  # fmt: skip


def line(op: object = "learn", **changed: Any) -> bytes:
    return json.dumps({"op": op, "message": M | changed}).encode()


def test_a_line_of_the_contract() -> None:
    said = read_line(json.dumps({"op": "score", "id": "x1", "message": M}).encode() + b"\n")
    letter = said.letter
    assert (said.op, said.id, said.inbound, said.key) == ("score", "x1", False, "1")
    assert (letter.at, letter.sender, letter.sender_name) == (1795392000.0, "ann@corp.example", "安藤")
    assert (letter.to, letter.cc, letter.bcc) == (("Bob@Partner.example",), (), ("carol@other.example",))
    assert (letter.subject, letter.body) == ("見積", "本文")


@pytest.mark.parametrize(
    ("date", "at"),
    [
        (0, 0.0),
        (1795392000.5, 1795392000.5),
        ("2026-11-23T10:00:00+09:00", 1795395600.0),
        ("2026-11-23T01:00:00Z", 1795395600.0),
        ("2026-11-23 01:00:00", 1795395600.0),
        (-86400, -86400.0),
    ],
)
def test_dates(date: object, at: float) -> None:
    assert read_line(line(date=date)).letter.at == at


def test_what_may_be_left_out() -> None:
    few = {"date": 1, "from": "ann@corp.example", "to": ["b@x.example"], "subject": None, "unknown": [1]}
    said = read_message(json.dumps(few).encode())
    assert (said.letter.cc, said.letter.bcc, said.letter.subject, said.letter.body, said.inbound) == (
        (),
        (),
        "",
        "",
        False,
    )
    assert read_message(json.dumps({"op": "learn", "message": few | {"direction": "in"}}).encode()).inbound


def test_what_live_mail_has_besides() -> None:
    more = {
        "message_id": "<1@x>", "in_reply_to": "<0@x>", "references": ["<0@x>"], "names": {"b@x.example": "田中"},
        "files": [{"sha256": "A" * 64, "name": "見積.pdf"}],
    }  # fmt: skip
    letter = read_line(line(**more)).letter
    assert (letter.message_id, letter.in_reply_to, letter.references) == ("<1@x>", "<0@x>", ("<0@x>",))
    assert letter.names == {"b@x.example": "田中"}
    assert letter.files == (File("a" * 64, "見積.pdf"),)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{", "no JSON: expecting property name enclosed in double quotes at character 2; write one object a line"),
        (b"[]", "the line is a list; write an object with op and message"),
        (b"\xff{}", "octet 1 is no UTF-8; write JSON in UTF-8"),
        (b"[" * 100_000, "JSON too deep; write one flat object a line"),
        (b'{"op": ' + b"9" * 5000 + b"}", "no JSON: a number is too long; write one object a line"),
        (b" " * (LINE_MOST + 1), "longer than 8 MiB; leave the mail out, or cut its body"),
        (line("teach"), "op is 'teach'; write \"learn\" or \"score\""),
        (b'{"op": "learn"}', "message is missing; write an object"),
        (line(date=None), "message.date is missing; write unix seconds, or 2026-11-26T10:00:00+09:00"),
        (line(date=True), "message.date is True; write unix seconds, or 2026-11-26T10:00:00+09:00"),
        (line(date=float("nan")), "message.date is nan; write unix seconds, or 2026-11-26T10:00:00+09:00"),
        (line(date="yesterday"), "message.date is 'yesterday'; write unix seconds, or 2026-11-26T10:00:00+09:00"),
        (line(date=10**300), f"message.date is 1{'0' * 39}; write unix seconds, or 2026-11-26T10:00:00+09:00"),
        (line(to="b@x.example"), "message.to is 'b@x.example'; write a list of addresses"),
        (line(to={}), "message.to is an object; write a list of addresses"),
        (line(cc=["Bob <b@x.example>"]),
         "message.cc is 'Bob <b@x.example>'; write local@domain, with no name beside it"),
        (line(bcc=[7]), "message.bcc is 7; write local@domain, with no name beside it"),
        (line(to=["b@x.example\nBcc: c@x.example"]),
         "message.to is 'b@x.example\\nBcc: c@x.example'; write local@domain, with no name beside it"),
        (line(to=["b@x.example"] * 10_001), "message has more than 10,000 recipients; leave it out"),
        (line(subject=["a"]), "message.subject is a list; write a text"),
        (line(direction="sideways"), 'message.direction is \'sideways\'; write "in" or "out"'),
        (line(files=[{"sha256": "1"}]),
         "message.files is an object; write objects with sha256 (64 figures in hex) and name"),
        (b'{"op": "learn", "message": {"date": 1}}', 'message.from is missing; write "from": "ann@corp.example"'),
        (b'{"op": "score", "message": {"date": 1, "from": "a@b"}}',
         "id is ''; write a text or a number, which the answer repeats"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_to_write(raw: bytes, said: str) -> None:
    with pytest.raises(LineError) as error:
        read_line(raw)
    assert str(error.value) == said


def test_half_a_character_is_no_text() -> None:
    letter = read_line(
        b'{"op":"learn","message":{"date":1,"from":"a@b","to":["\\ud83d\\ude00@x"],"body":"a\\ud800b"}}'
    ).letter
    assert letter.body == "a\ufffdb"
    assert letter.to == ("😀@x",)


def test_the_mark_of_windows_programs_at_the_beginning_is_none_of_the_first_line() -> None:
    source = io.BytesIO(b"\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n")
    assert list(lines_of(source)) == [(1, b"{}\n"), (2, b"\xef\xbb\xbf{}\n")]


def test_a_long_line_is_passed_over_and_the_next_one_read() -> None:
    source = io.BytesIO(b"one\n\n" + b"x" * (2 * LINE_MOST + 5) + b"\n  \nlast")
    found = list(lines_of(source))
    assert [(number, len(text) if len(text) > 9 else text) for number, text in found] == [
        (1, b"one\n"), (3, LINE_MOST + 1), (5, b"last"),
    ]  # fmt: skip


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*M, "x"]), inner, max_size=6),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.sampled_from(["learn", "score", "x"]), json_values, st.dictionaries(st.sampled_from([*M, "files"]), json_values)
)
def test_whatever_is_written_is_read_or_refused(op: str, identity: object, changed: dict[str, object]) -> None:
    raw = json.dumps({"op": op, "id": identity, "message": {**M, **changed}}).encode()
    said = refused_or(read_line, raw)
    if said is not None:
        letter = said.letter
        texts = [letter.sender, *letter.to, *letter.cc, *letter.bcc, letter.subject, letter.body, letter.sender_name]
        "".join(texts).encode("utf-8")
        assert isinstance(letter.at, float)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(raw: bytes) -> None:
    refused_or(read_line, raw)
    refused_or(read_message, raw)


def refused_or(reader: Callable[[bytes], Line], raw: bytes) -> Line | None:
    """What was read; None if it was refused, in one line that a terminal can show."""
    said = ""
    try:
        return reader(raw)
    except LineError as error:
        said = str(error)
    assert said
    assert said.isascii()
    assert said.isprintable()
    return None
