"""What people see of what was found: the line around a value, and what may be shown in its place.

Values are masked by default on the console, so what stands around one is masked as well: whatever else was found, and
every longer row of digits. Built for a bounded number of places.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailguard.inspect.personal.finds import ALL_SHOWN, EACH_SHOWN, Finds, Spot
from mailguard.inspect.personal.fold import has_digits
from mailguard.inspect.personal.names import TITLE, plain_name
from mailguard.mail.facts import Match

_CONTEXT = 40
_DIGITS = re.compile(r"[0-9](?:[ ()./-]{0,2}[0-9]){3,}")
_EMAIL = re.compile(r"[^\s@<>,;:\"'()\[\]、。::]{1,64}@(?=[A-Za-z0-9])")
_BLOCK = re.compile(r"(?<=[都道府県市区町村郡])[^\s,、。都道府県市区町村郡0-9]{0,20}[0-9][0-9-]{0,12}")
_TOKENS = re.compile(r"[^\t,;|\"::()<>\[\]{}、。・/]+")
#: What a name in Latin letters has, however it goes on.
_TWO_WORDS = re.compile("[A-Z][A-Za-z]{1,15} [A-Z]")
_CUT_AHEAD = re.compile(r"^[0-9A-Za-z@._%+-]{1,20}(?![0-9A-Za-z@._%+-])")
_CUT_BEHIND = re.compile(r"[0-9A-Za-z@._%+-]{1,20}$")


def mask(name: str, value: str) -> str:
    """A value with its middle hidden: enough to know it again, too little to use it."""
    if name == "email_address":
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}***@{domain}"
    if name == "phone":
        return f"{value[:3]}{'*' * (len(value) - 5)}{value[-2:]}"
    if name in ("postal_address", "person_name"):
        return f"{value[:3] if name == 'postal_address' else value[:1]}***"
    if name == "birth_date":
        return f"{value[:4]}****"
    keep = 4 if name in ("payment_card", "iban") else 2
    return f"{'*' * max(0, len(value) - keep)}{value[-keep:]}"


class Shown:
    """The matches of one mail, so many of each class and in all."""

    def __init__(self) -> None:
        self.matches: list[Match] = []
        self._seen: set[tuple[str, str, str]] = set()
        self._each: dict[str, int] = {}

    def add(self, where: str, text: str, finds: Finds, counted: Iterable[str]) -> None:
        """Add the places of one text, of the classes that count in it."""
        classes = set(counted)
        for spot in finds.spots:
            key = (spot.what, spot.value, where)
            if spot.what not in classes or key in self._seen or self._each.get(spot.what, 0) >= EACH_SHOWN:
                continue
            if len(self.matches) >= ALL_SHOWN:
                return
            self._seen.add(key)
            self._each[spot.what] = self._each.get(spot.what, 0) + 1
            self.matches.append(_match(where, text, spot, finds))


def _match(where: str, text: str, spot: Spot, finds: Finds) -> Match:
    start, end = spot.start, spot.end
    line = max(text.rfind("\n", 0, start) + 1, 0)
    first = max(line, start - _CONTEXT)
    stop = text.find("\n", end, end + _CONTEXT)
    last = stop if stop >= 0 else min(len(text), end + _CONTEXT)
    before, after = text[first:start], text[end:last]
    if first > line and _is_word(text[first - 1]):  # half a token is masked by no pattern
        before = _CUT_AHEAD.sub("", before)
    if last < len(text) and stop < 0 and _is_word(text[last]):
        after = _CUT_BEHIND.sub("", after)
    return Match(
        spot.what,
        where,
        _hidden(before, finds)[-_CONTEXT:],
        text[start:end],
        _hidden(after, finds)[:_CONTEXT],
        mask(spot.what, spot.value),
    )


def _is_word(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign in "@._%+-")


def _hidden(text: str, finds: Finds) -> str:
    """A stretch of text with all values in it masked. Most patterns need a sign that most stretches lack."""
    if not text:
        return ""
    names = finds.values.get("person_name", {})

    def is_name(token: str) -> bool:
        return TITLE.sub("", token).replace(" ", "") in names or plain_name(token) != ""

    def name(match: re.Match[str]) -> str:
        words, shown, at = match.group().split(" "), [], 0
        while at < len(words):
            taken = next((width for width in (2, 1) if words[at] and is_name(" ".join(words[at : at + width]))), 0)
            shown.append(f"{words[at][0]}***" if taken else words[at])
            at += taken or 1
        return " ".join(shown)

    if has_digits(text) and not text.isascii():
        text = _BLOCK.sub("***", text)
    if "@" in text:
        text = _EMAIL.sub("***@", text)
    if has_digits(text):
        text = _DIGITS.sub(lambda match: "*" * len(match.group()), text)
    return _TOKENS.sub(name, text) if names or not text.isascii() or _TWO_WORDS.search(text) else text
