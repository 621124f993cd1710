"""Who takes part in what a mail quotes, as keys: whose mail is answered, and everybody in the quoted headers.

A person in a quoted header is an address, or a given and a family name in either order; both are hashed to 32 bits, and
a known address has the same two keys (`address_key_of`, `pair_key`). Reads some thousand characters, never raises.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any

from mailguard.insight.text import hashed, numbers
from mailguard.mail.values import value

_ADDRESS = re.compile(r"[a-z0-9._%+'=-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_HEAD = re.compile(
    r"^[ \t>]*(from|to|cc|de|von|an|差出人|送信者|宛先|cc)[ \t]?[:：][ \t]*"
    r"((?:[^\n]|\n(?![ \t>]*[^\s:：]{1,30}[:：])(?![ \t]*\n)){0,1200})",
    re.IGNORECASE | re.MULTILINE,
)
_DATED = re.compile(
    r"(?:^|\n)[ \t>]{0,8}(?:from:)?[ \t]{0,8}([^\n]{2,90}?)"
    r"(?:[ \t]{1,8}on[ \t]{1,8}|[ \t]{0,40}\n[ \t>]{0,40}|[ \t]{2,40})"
    r"(?:sent by: [^\n]{0,80}\n[ \t>]{0,40})?(?:[01]?\d/[0-3]?\d/(?:\d\d)?\d\d)[ ,]{1,8}\d?\d:\d\d",
    re.IGNORECASE,
)
#: What _DATED ends with.
_MOMENT = re.compile(r"/\d{2,4}[ ,]{1,8}\d?\d:\d\d")
_WROTE = re.compile(
    r"^[ \t>]{0,8}(?:on .{0,60}?,? )?(.{2,90}?)(?: on .{0,60})?(?: wrote:|@\w{1,40} on |のメール|さんは書きました)",
    re.MULTILINE | re.IGNORECASE,
)
#: 2026年8月2日(日) 23:16 山田太郎 <yamada@a.example>:
_JAPANESE = re.compile(
    r"^[ \t>]{0,8}\d{4}[年/-].{0,30}?\d?\d:\d\d(?::\d\d)?[ 、,\t]{0,8}([^\n:：]{1,80}?)[ \t]{0,8}[:：][ \t]{0,8}$",
    re.MULTILINE,
)
_PATH = re.compile(r"/[\w&/@ .-]{0,60}|@[\w@.& -]{1,60}|\[mailto:[^\]]{0,200}\]|\([^)]{0,80}\)")
_NAME = re.compile(r"[a-zà-ÿ][a-zà-ÿ'-]+|[\u3041-\u30ff\u3400-\u9fff々]+")
_SUFFIX = frozenset({"jr", "sr", "ii", "iii", "iv"})
_FROM = frozenset({"from", "de", "von", "差出人", "送信者"})
#: People of one header, and keys of one mail.
_PEOPLE, _KEYS = 40, 64


@value(frozen=True, slots=True)
class Quoting:
    """asker: keys of whose mail is answered; people: keys of everybody there; words: hashes of their names' words;
    forwarded: "forwarded by" stands on top.
    """

    asker: tuple[int, ...] = ()
    people: tuple[int, ...] = ()
    words: tuple[int, ...] = ()
    forwarded: bool = field(default=False)

    def to_json(self) -> list[Any]:
        """Four JSON values."""
        return [self.asker, self.people, self.words, int(self.forwarded)]

    @classmethod
    def from_json(cls, parts: list[Any]) -> Quoting:
        """Raises ValueError or TypeError for what `to_json` did not write."""
        asker, people, words, forwarded = parts
        return cls(numbers(asker), numbers(people), numbers(words), bool(forwarded))


NOTHING_QUOTED = Quoting()


def pair_key(one: int, two: int) -> int:
    """The key of a given and a family name (hashes), the same in either order."""
    return ((one ^ two) * 0x9E3779B1 + 1) & 0xFFFFFFFF


def read_quoting(own: str, quoted: str) -> Quoting:
    """What `quoted` says of its people. own: the text before it, whose end may be the line with the name."""
    if not quoted:
        return NOTHING_QUOTED
    found = _Found()
    forwarded = "forwarded by" in quoted[:200].lower()
    for number, head in enumerate(_HEAD.finditer(quoted)):
        keys = found.take(head[2].lower())
        if not number and head[1].lower() in _FROM:
            found.asker = keys[:2]
        if number >= 2 or len(found.people) > _KEYS:
            break
    zone = quoted[60:500] if forwarded else own[-100:] + quoted[:400]
    if not found.asker and (line := _line_before(zone, quoted[:300])):
        found.asker = found.take(line[1].lower())[:2]
    return Quoting(tuple(found.asker), tuple(found.people)[:_KEYS], tuple(found.words)[:_KEYS], forwarded)


def _line_before(zone: str, head: str) -> re.Match[str] | None:
    """The line over a quotation that names its author: in `head`, or with a date in `zone`. A pattern that begins with
    anything is tried only where the text holds what it ends with.
    """
    if found := _JAPANESE.search(head):
        return found
    if _MOMENT.search(zone) and (found := _DATED.search(zone)):
        return found
    said = head.lower()
    if " wrote:" in said or "のメール" in said or "さんは書きました" in said or ("@" in said and " on " in said):
        return _WROTE.search(head)
    return None


class _Found:
    """What was found so far, in order, each once."""

    def __init__(self) -> None:
        self.asker: list[int] = []
        self.people: dict[int, None] = {}
        self.words: dict[int, None] = {}

    def take(self, text: str) -> list[int]:
        """The keys of the people in a header's text (lower case), which are kept too."""
        keys: list[int] = []
        for entry in _entries(text):
            address = _ADDRESS.search(entry)
            if address:
                keys.append(hashed(address[0]))
            name = entry[: address.start()] if address else _PATH.sub(" ", entry)
            words = [word for word in _NAME.findall(name) if len(word) > 1 and word not in _SUFFIX][:4]
            if len(words) > 1:
                keys.append(pair_key(hashed(words[0]), hashed(words[-1])))
            self.words.update(dict.fromkeys([hashed(word) for word in words]))
        self.people.update(dict.fromkeys(keys))
        return keys


def _entries(text: str) -> list[str]:
    """One person each: Outlook parts them by semicolons, and others by commas, which also stand within a name."""
    if ";" in text:
        return text.split(";")[:_PEOPLE]
    if "、" in text:
        return text.split("、")[:_PEOPLE]
    if text.count(",") != 1 or "@" in text or "/" in text:
        return text.split(",")[:_PEOPLE]
    return [text]
