"""One look at a text for the words of all detectors at once, in place of a look by each.

RE2 goes over a text once, however many words there are, in time that is linear whatever the text is. It is loaded with
the first text, since only the server's own process looks this way (`letters`); a worker's detectors ask for themselves.
Where RE2 cannot finish it says that it found nothing: so a mark behind the text must be found as well, else every gate
is open. The detectors take the Turkish "İ" and "ı" for an i, as `re` does in any case; RE2 does not, so it is given i.
Before, it is asked whether any of the words is there at all, which is so of few letters: RE2 gives the interpreter's
lock away each time, and to have it back costs ten times the look. pydantic's patterns, as quick and as linear, keep it.
Tests hold each gate against the detector behind it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from pydantic_core import SchemaValidator, core_schema

from mailguard.inspect import gates
from mailguard.inspect.kinds.plain import MORE_THAN_TEXT
from mailguard.inspect.personal.papers import PAPER_WORDS
from mailguard.inspect.personal.places import IN_LATIN
from mailguard.inspect.secrets.passwords import KEY_WORDS
from mailguard.inspect.secrets.shapes import ASSIGNED_WORDS, SHAPES
from mailguard.inspect.speech.closing import SMALL_GATES
from mailguard.inspect.speech.quote_marks import SAYS

#: Behind every text: no text has NUL.
_MARK = "\0"
#: In place of a shape's gate that stands in many a text: what no secret of that shape is without.
_TIGHTER = {
    ".": r"\.[A-Za-z0-9_-]{6}\.",
    "AC": "AC[0-9a-f]{4}",
    "SK": "SK[0-9a-f]{4}",
    "://": r"""://[^\s/:@"'<>?#]*:""",
    "asic": "(?i:authorization)",
    "ASIC": "(?i:authorization)",
}
#: Single signs stand in any text: what is assigned has a gate of its own.
_SHAPES = [gate for shape in SHAPES if shape.name != "assigned_secret" for gate in shape.gates]
_PATTERNS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (gates.SECRET, tuple(dict.fromkeys(_TIGHTER.get(gate) or re.escape(gate) for gate in _SHAPES))),
    (gates.ASSIGNED, tuple(f"(?i:{word})" for word in ASSIGNED_WORDS)),
    (gates.PASSWORD, tuple(f"(?i:{word})" for word in KEY_WORDS)),
    (gates.SMALL_PRINT, tuple(f"(?i:{word})" for word in SMALL_GATES)),
    (gates.WROTE, SAYS),
    (gates.ARMOUR, tuple(map(re.escape, MORE_THAN_TEXT))),
    (gates.SPACES, ("  ",)),
    (gates.PLACE, IN_LATIN),
    (gates.CARD, ("VCARD", "vcard")),
    (gates.PAPER, tuple(f"(?i:{re.escape(word)})" for word in PAPER_WORDS)),
    (gates.IBAN, ("[A-Z]{2}[0-9]{2}",)),
)


def gates_of(text: str) -> int:
    """The gates that are open for a text without NUL, and for every part of it."""
    text = text.replace("\u0130", "I").replace("\u0131", "i")
    is_text, has_any = _any_word()
    if (text.isascii() or is_text(text)) and not has_any(text):  # nearly all
        return 0
    words, doors = _words()
    found = words.Match(text + _MARK)
    if 0 not in found:
        return gates.ALL
    opened = 0
    for number in found:
        opened |= doors[number]
    return opened


@functools.cache
def _any_word() -> tuple[Callable[[object], bool], Callable[[object], bool]]:
    """Whether something is a text that has octets in UTF-8, and whether one of the words is in it besides."""
    some = "|".join(f"(?:{word})" for _, words in _PATTERNS for word in words)
    # A blank is to this one any that Unicode has, to RE2 one of ASCII.
    return _matches(""), _matches(some.replace(r"\s", r"\t\n\f\r "))


def _matches(pattern: str) -> Callable[[object], bool]:
    asked = core_schema.str_schema(strict=True, pattern=pattern, regex_engine="rust-regex")
    return SchemaValidator(asked).isinstance_python


@functools.cache
def _words() -> tuple[Any, list[int]]:
    """All words in one automaton, and the gate of each; the mark is the first."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    words = re2.Set.SearchSet(options)
    doors: list[int] = []
    for gate, pattern in ((0, r"\x00"), *((gate, word) for gate, some in _PATTERNS for word in some)):
        words.Add(pattern)
        doors.append(gate)
    words.Compile()
    return words, doors
