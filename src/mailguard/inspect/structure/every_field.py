"""Every header field of a mail, decoded, for rules that ask for one by its name; and how important the mail says it is.

A field is kept once for each plausible reading of its value. Bounded: what is long and written by servers comes last,
so that a flood of it pushes no field out that a person or his program wrote; that something was left out is said.
"""

from __future__ import annotations

import functools
import re

from mailguard.inspect.chars.charset import visible
from mailguard.inspect.chars.words import read_field
from mailguard.inspect.structure.fields import Block, Field, unfold
from mailguard.mail.facts import Importance

MOST_CHARS = 64 * 1024
LONGEST_VALUE = 4000
#: Values of so many octets are remembered.
_REMEMBERED = 400
#: What servers write, and keys: kept last.
BULKY = ("received", "dkim-signature", "arc-", "authentication-results", "autocrypt", "x-ms-exchange-", "domainkey-")
#: What a value is made of that is no more than it looks: UTF-7, HZ and escapes have other signs. Beside them there are
#: encoded words, and white space to trim.
_PLAIN = re.compile(rb"[ -*,-}]*+")
#: RFC 2156 sections 5.3.4 and 5.3.6; X-Priority is what programs write besides (1 to 5).
SAYS = frozenset({"importance", "x-priority", "x-msmail-priority", "priority"})
_IMPORTANCE: dict[str, Importance] = {
    "high": "high", "urgent": "high", "1": "high", "2": "high",
    "normal": "normal", "3": "normal",
    "low": "low", "non-urgent": "low", "4": "low", "5": "low",
}  # fmt: skip


def every_field(block: Block) -> tuple[tuple[tuple[str, str], ...], bool]:
    """Name (lower case) and value of the fields, and whether some were left out."""
    kept: list[tuple[str, str]] = []
    left = MOST_CHARS
    for name, raw in _bulky_last(block.fields):
        for text in readings(unfold(raw)):
            size = len(name) + len(text)
            if len(text) > LONGEST_VALUE or size > left:
                return tuple(kept), True
            left -= size
            kept.append((name, text))
    return tuple(kept), False


def _bulky_last(fields: tuple[Field, ...]) -> list[Field]:
    first: list[Field] = []
    last: list[Field] = []
    for one in fields:
        (last if one.name.startswith(BULKY) else first).append(one)
    return first + last


def importance(block: Block) -> Importance:
    """What the mail says of its importance; "" if it says nothing that is known. The highest of several."""
    if SAYS.isdisjoint(block.by_name):
        return ""
    said = [_importance(block, name) for name in SAYS]
    return next((one for one in ("high", "normal", "low") if one in said), "")


def _importance(block: Block, name: str) -> Importance:
    words = block.first(name).decode("latin-1").lower().split()
    return _IMPORTANCE.get(words[0], "") if words else ""


def readings(value: bytes) -> tuple[str, ...]:
    """An unfolded value in its one or two readings."""
    if _PLAIN.fullmatch(value) and b"=?" not in value and value.strip(b" ") == value:
        return (value.decode("ascii"),)
    return _remembered(value) if len(value) <= _REMEMBERED else _readings(value)


def _readings(value: bytes) -> tuple[str, ...]:
    reading = read_field(value)
    shown = visible(reading.text)
    return (shown, visible(reading.second)) if reading.second else (shown,)


#: A sender's name in another script is in each of his mails.
_remembered = functools.lru_cache(maxsize=512)(_readings)
