"""What to do about the mistakes that people make in YAML: the words of the scanner and of pydantic say what failed, not
what was meant. Pure; it looks at the line that is wrong, and where it is not sure it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mailguard.policy.suggest import did_you_mean

#: What a Japanese keyboard gives in place of the signs of YAML.
_WIDE = {"：": ":", "｛": "{", "｝": "}", "［": "[", "］": "]", "＂": '"', "－": "-", "＃": "#"}
#: Also within brackets only: everywhere else it is the comma of a sentence.
_WIDE_COMMAS = {"、": ",", "，": ","}
_COMPARED = re.compile(r":\s+[<>]=?\s*\d")
#: `then:confirm`, but no time of day and no address of a page.
_STUCK = re.compile(r"\s*(?:-\s+)?[A-Za-z_][\w-]*:(?=[^/\s])(?:(?!:\s).)+")
_LIST_TYPES = frozenset({"tuple_type", "list_type"})
_MAPPING_TYPES = frozenset({"model_type", "model_attributes_type", "dict_type"})


def remedy(said: str, line: str, column: int) -> str:
    """What to do, after a semicolon; "" if nothing is known. line: the one that is wrong; column: where, from 1."""
    at, indent = line[column - 1 : column], line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        return "; indent with spaces, not tabs"
    if "\u3000" in indent:
        return "; the line begins with full-width blanks: indent with half-width ones"
    if is_stuck(said, line) or "unexpected ':'" in said:
        return "; a key needs a blank behind its colon"
    if "escape character" in said:
        return "; in double quotes a backslash needs another one before it: write a pattern in single quotes"
    if at in ("<", ">", "=") or _COMPARED.search(line):
        return '; write a comparison in quotes: ">= 10"'
    if "alias" in said or "anchor" in said:
        return "; write a text that begins with * or & in quotes"
    if "cannot start any token" in said:
        return f"; write a text that begins with {at} in quotes" if at.strip() else ""
    return _wide(said, line) or _structure(said)


def is_wide(line: str) -> bool:
    """Whether a line begins with full-width blanks, or has its colon in full width only: no key, then, for YAML."""
    indent = line[: len(line) - len(line.lstrip())]
    return "\u3000" in indent or ("：" in line and ":" not in line and not line.lstrip().startswith(("#", "-")))


def is_stuck(said: str, line: str) -> bool:
    """Whether the scanner took a key whose value stands right behind its colon for a text that goes on."""
    return bool(_STUCK.fullmatch(line)) and ("mapping values" in said or "simple key" in said)


def _wide(said: str, line: str) -> str:
    signs = {**_WIDE, **_WIDE_COMMAS} if "a flow " in said else _WIDE
    found = next((sign for sign in line if sign in signs), "")
    return f"; {found} is full-width: write {signs[found]} if it is not part of a text" if found else ""


def _structure(said: str) -> str:
    if "a flow " in said:
        return "; close the bracket or the quote, and write a text that holds { } [ ] , or : in quotes"
    if "quoted scalar" in said:
        return "; close the quote that begins here"
    if "mapping values" in said:
        return "; write a text that holds a colon and a blank in quotes, or indent the line like those beside it"
    if "block mapping" in said or "block collection" in said:
        return "; lines that belong together begin in the same column"
    if "simple key" in said:
        return "; a key needs a colon and a blank behind it"
    return ""


def plain(kind: str, message: str, written: object, context: Mapping[str, Any]) -> str:
    """A message of pydantic in words for people. written: the value, of which at most one word is repeated."""
    if kind in _MAPPING_TYPES:
        if written is None:
            return "nothing stands under it: indent what belongs to it"
        return "write keys and values here, such as key: value"
    if kind in _LIST_TYPES:
        return "write a list here: [one, other], or a line with a hyphen and a blank for each"
    choices = re.findall(r"'([^']+)'", str(context.get("expected", ""))) if kind == "literal_error" else []
    if choices and isinstance(written, str):
        return f"{written[:40]!r} is not known here{did_you_mean(written, choices)}"
    if kind == "literal_error" and not choices and isinstance(written, int | str) and not isinstance(written, bool):
        return f"write {context.get('expected')}, not {written!r:.40}"
    if kind == "literal_error" and written is False and "True" in str(context.get("expected", "")):
        return "write true; what must not hold stands under not:"
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return message[:1].lower() + message[1:]
