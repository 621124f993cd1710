"""What goes over the pipes between parent and worker comes out as it went in, long texts included."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.inspect import wire

_LONG = "極秘" * 40_000
_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def crossed(obj: dict[str, Any]) -> Any:
    """Through the pipe as the parent reads it: a frame, a count, so many frames."""
    octets = b"".join(wire.answer_of(obj))
    frames: list[bytes] = []
    position = 0
    while position < len(octets):
        if len(frames) == 1:
            position += wire.HEAD  # the count
        length = wire.length_of(octets[position : position + wire.HEAD])
        frames.append(octets[position + wire.HEAD : position + wire.HEAD + length])
        position += wire.HEAD + length
    return wire.said_in(frames[0], [frame for frame in frames[1:] if frame])


def test_long_texts_travel_apart_and_come_back_in_place() -> None:
    obj = {"text": _LONG, "files": [{"text": "short"}, {"text": _LONG + "!"}], "n": 1}
    pieces = wire.answer_of(obj)
    assert len(pieces[0]) < 200
    assert len(pieces) == 4
    assert crossed(obj) == obj


@given(st.dictionaries(_TEXTS, st.one_of(_TEXTS, st.integers(), st.lists(_TEXTS), st.none())))
def test_any_object_comes_back(obj: dict[str, Any]) -> None:
    assert crossed({"in": obj, "long": _LONG}) == {"in": obj, "long": _LONG}


def test_what_is_no_character_does_not_stop_the_answer() -> None:
    assert crossed({"a": "\ud800", "b": "\ud800" + _LONG}) == {"a": "?", "b": "?" + _LONG}


def test_an_answer_that_points_nowhere_is_itself() -> None:
    assert wire.said_in(b'{"a": {"long text": 7}}', [b"x"]) == {"a": {"long text": 7}}
    with pytest.raises(ValueError):
        wire.said_in(b"nope", [])


def test_what_a_forger_writes_fills_nothing() -> None:
    assert wire.said_in(b'{"a": {"long text": 0}, "b": {"long text": 0}}', [b"x\0y"]) == {"a": "xy", "b": ""}
    assert wire.said_in(rb'{"a\ud800": ["\u0000b", "\ud83d\ude00"]}', []) == {"a?": ["b", "\U0001f600"]}
    with pytest.raises(ValueError):
        wire.said_in(b"[" + b"[]," * 3_000_000 + b"[]]", [])
