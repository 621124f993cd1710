"""What a line looks like as JSON: plain values, one line, errors without their words."""

from __future__ import annotations

import json

from mailguard.log.words import as_json


def test_values_are_plain_and_keep_their_kinds() -> None:
    event = {
        "size": 2,
        "part": 0.5,
        "good": True,
        "none": None,
        "rules": ["a\nb"],
        "helo": "x\x1b",
        "ja": "保留",
        "odd": {1},
    }
    line = as_json(None, "info", {**event, "event": "tried"})
    assert "\n" not in line
    assert "保留" in line
    told = {**event, "rules": ["a\\nb"], "helo": "x\\x1b", "odd": [1]}
    assert json.loads(line) == {**told, "event": "tried"}


def test_an_error_is_told_without_its_words() -> None:
    try:
        raise ValueError("secret@corp.example")
    except ValueError as error:
        line = as_json(None, "error", {"event": "fault", "exc_info": error})
    told = json.loads(line)
    assert told["exception"][0]["exc_type"] == "ValueError"
    assert told["exception"][0]["frames"]
    assert "secret" not in line
    assert "exc_info" not in told
