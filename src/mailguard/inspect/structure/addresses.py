"""Address lists of From, To, Cc ... as mail clients show them, decoded; generous where the door is strict.

These are for people and for rules about what is visible. Who receives is the envelope's business alone (mail.address).
A list is read in one pass with a small machine: 20,000 addresses, unclosed quotes or thousands of "(" cost what they
weigh.
"""

from __future__ import annotations

import functools
import re

from mailguard.inspect.chars.charset import decode
from mailguard.inspect.chars.words import decode_words, one_line
from mailguard.mail.facts import HeaderAddress

#: What a list turns on. An encoded word is one thing, whatever stands in it: some clients leave commas and brackets.
_SPECIAL = re.compile(r'=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s"<>]*\?=|[",;:<>()\\]')
_BRACKET = re.compile(r"[()]")
_OPENING = re.compile(r"[<\s]*")
_CLOSING = re.compile(r"[>,;<]")
#: A quoted string; one that is never closed ends with the text, so that each quote is looked at once.
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+\\?)(?:"|\Z)', re.DOTALL)
_LOCAL_ONLY = re.compile(r"[a-z0-9._+-]+")
_SIMPLE = re.compile(r"[^\s\"(),:;<>@\\\[\]=]+@[^\s\"(),:;<>@\\\[\]]+")
#: Lists up to so many octets are read once, by whomever they are asked for: most stand in mail after mail.
_REMEMBERED = 400
#: What two addresses of one entry share: a line (RFC 5322 section 2.1.1).
_LONGEST_NAME = 998
_REMARK = re.compile(r"\([^()]*\)")
_MAILTO = re.compile(r"^mailto:", re.IGNORECASE)
#: Spaces around it (RFC 5322 section 4.4).
_AT = re.compile(r"(?<=[^\s@]) {0,9}@ {0,9}(?=[^\s@])")
#: Between two bare addresses; "、" and the wide comma are no part of a domain.
_BETWEEN = re.compile(r"[\s、，；]+")
_ROUTE = re.compile(r"^(?:@[^,:@]*,?)+:")  # each part from @ to @: two ways to read one would double with each


class _Entry:
    """What was seen since the last separator."""

    __slots__ = ("angles", "before", "comments", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.comments: list[str] = []
        self.angles: list[str] = []
        self.before = ""  # a name without an address before the last comma: "Doe, Jane <jane@x.example>"

    def close(self, out: list[HeaderAddress]) -> None:
        phrase = "".join(self.words).strip()
        comment = " ".join(self.comments)
        whole = f"{self.before}, {phrase}" if self.before and self.angles else phrase
        name = _name(whole or comment) if self.angles else ""
        for angle in self.angles:
            bare = angle if '"' in angle else _REMARK.sub("", angle)  # RFC 5322 section 4.4 allows it anywhere
            address = _ROUTE.sub("", _MAILTO.sub("", bare.strip()).strip()).strip()
            if address:
                out.append(HeaderAddress(_shown(address), name))
                name = _again(name)
        if self.angles:
            self.before = ""
        elif phrase:
            self._bare(phrase, comment, out)
        self.words, self.comments, self.angles = [], [], []

    def _bare(self, phrase: str, comment: str, out: list[HeaderAddress]) -> None:
        """What stands without angle brackets: addresses, or half a name."""
        self.end(out)
        if "@" not in phrase and not _LOCAL_ONLY.fullmatch(phrase):
            self.before = phrase
            return
        if " " in phrase and "@" in phrase:
            phrase = _AT.sub("@", phrase)
        name = _name(comment)
        for word in [phrase] if '"' in phrase else _BETWEEN.split(phrase):
            if "@" in word or phrase == word:
                out.append(HeaderAddress(_shown(word), name))
                name = _again(name)

    def end(self, out: list[HeaderAddress]) -> None:
        """Give out one word that no address followed: somebody, as a list of the sender's own house names him."""
        before, self.before = self.before, ""
        if before and not any(ch in before for ch in ' "'):
            name = _name(before)
            # An address inside an encoded word is none (RFC 2047 section 5): it stays as written.
            out.append(HeaderAddress(before, name) if "@" in name else HeaderAddress(name))


def parse_addresses(raw: bytes) -> tuple[HeaderAddress, ...]:
    """The unfolded value of an address field to its addresses in order. Never raises."""
    return _remembered(raw) if len(raw) <= _REMEMBERED else _parse(raw)


@functools.lru_cache(maxsize=512)
def _remembered(raw: bytes) -> tuple[HeaderAddress, ...]:
    return _parse(raw)


def _parse(raw: bytes) -> tuple[HeaderAddress, ...]:
    text = raw.decode("ascii") if raw.isascii() and b"\x1b" not in raw else decode(raw).text
    text = text.replace("\r", "").replace("\n", "").replace("\t", " ").replace("\x00", "")
    stripped = text.strip()
    if _SIMPLE.fullmatch(stripped):
        return (HeaderAddress(stripped),)
    out: list[HeaderAddress] = []
    _read(text, out)
    return tuple(out)


def _read(text: str, out: list[HeaderAddress]) -> None:
    entry = _Entry()
    position, length = 0, len(text)
    closings: dict[int, int] | None = None
    last_quote, last_paren, last_angle = text.rfind('"'), text.rfind(")"), text.rfind(">")
    while position < length:
        match = _SPECIAL.search(text, position)
        if match is None:
            entry.words.append(text[position:])
            break
        start = match.start()
        if start > position:
            entry.words.append(text[position:start])
        mark = match.group()
        position = start + 1
        if mark == '"' and start < last_quote:
            position = _quoted(text, position, entry)
        elif mark == "(" and start < last_paren:
            closings = _closings(text) if closings is None else closings
            end = closings.get(start, start)  # never closed: an ordinary character
            entry.comments += [text[position:end]] * (end > start)
            position = end + 1
        elif mark == "<" and start < last_angle:
            position = _angle(text, position, entry)
        elif mark == "," or mark == ";":
            entry.close(out)
        elif mark == ":" and not entry.angles and not any("@" in word or "[" in word for word in entry.words[-20:]):
            entry.words, entry.comments, entry.before = [], [], ""  # the name of a group (RFC 5322 section 3.4)
        elif mark in ":\\" or len(mark) > 1:
            entry.words.append(mark)
            position = match.end()
    entry.close(out)
    entry.end(out)


def _angle(text: str, position: int, entry: _Entry) -> int:
    """Read an address in angle brackets, of which the closing one may be missing."""
    start = _OPENING.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing, too
    if text[start : start + 1] in ("@", '"'):  # a route (RFC 5322 section 4.4), a quoted local part: may hold commas
        end = text.find(">", start)
    else:
        closing = _CLOSING.search(text, start)
        end = closing.start() if closing else len(text)
    entry.angles.append(text[start:end])
    return end + 1 if text[end : end + 1] == ">" else end


def _quoted(text: str, position: int, entry: _Entry) -> int:
    """Read a quoted string whose opening mark stands before position; returns the position behind it."""
    start = position
    while (end := text.find('"', position)) >= 0:
        slashes = 0
        while end - 1 - slashes >= start and text[end - 1 - slashes] == "\\":
            slashes += 1
        if slashes % 2 == 0:
            entry.words.append(text[start - 1 : end + 1])
            return end + 1
        position = end + 1
    entry.words.append(text[start:])
    return len(text)


def _closings(text: str) -> dict[int, int]:
    """Where each comment ends, by where it begins, nested ones included (RFC 5322 section 3.2.2): each bracket is
    looked at once, however many are never closed.
    """
    found: dict[int, int] = {}
    opened: list[list[int]] = [[]]  # what ends at the next bracket of each depth: an escaped one begins, but counts not
    for match in _BRACKET.finditer(text):
        at = match.start()
        escaped = at > 0 and text[at - 1] == "\\"
        if match.group() == "(":
            if escaped:
                opened[-1].append(at)
            else:
                opened.append([at])
        elif not escaped:
            found.update(dict.fromkeys(opened.pop(), at))
            opened = opened or [[]]
    return found


def _shown(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if local.startswith('"') or not at:
        return one_line(decode_words(address))
    return f"{local.strip()}@{''.join(domain.split())}".replace(" ", "")


def _again(name: str) -> str:
    """What further addresses of one entry are called: like the first, but for a name that is longer than any. Thousands
    of them would each carry it on.
    """
    return name if len(name) <= _LONGEST_NAME else ""


def _name(phrase: str) -> str:
    if not phrase:
        return ""
    # Encoded words are read inside quotes too: half of the clients write them so.
    bare = _QUOTED.sub(lambda match: re.sub(r"\\(.)", r"\1", match[1]), phrase)
    return " ".join(one_line(decode_words(bare)).split())
