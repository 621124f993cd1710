"""Who takes part in what a mail quotes: addresses and names in quoted headers and in the lines that introduce a quote.

"From:", "Cc:", 差出人:, 宛先:, "On ... John Smith <j@x> wrote:", 2026年11月2日(月) 10:00 山田太郎 <...>:, Lotus Notes'
"Forwarded by". Words to compare with names and addresses, no more; reads 4,000 characters and forty people. Pure;
linear in what it reads; never raises.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailguard.insight.names import name_words

_READ, _MOST, _LINE = 4000, 40, 1200
_KEYS = frozenset(
    "from to cc bcc reply-to von an de para 差出人 送信者 宛先 送信先 写 写し 同報 発信者 受信者".split()  # noqa: SIM905
) | {"sent by"}
_MARKS = " \t>*|\r"
_DATE = re.compile(r"\d?\d/\d?\d/\d{2,4},?(?: |$)")
_FORWARDED = re.compile(r"Forwarded by (.{2,80}?) on \d")
#: Lotus Notes' first line of a quoted mail: "John Smith@ENRON 11/02/2000 10:00 AM".
_LOTUS = re.compile(
    r"[ \t>]*([A-Z\"][\w.'\", -]{2,40}?)(?:[@/][\w/@. -]{1,40}?)?[ \t]+(?:on )?\d?\d/\d?\d/\d{2,4},? \d?\d:\d\d"
)
_LOTUS_NAME = re.compile(r"[ \t>]*([A-Z\"][\w.'\", -]{2,40})(?:[@/][\w/@. -]{1,40})?[ \t\r]*")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_SPLIT = re.compile(r"[;；、]|,(?=[^,]*[@/])|(?<=[>\]]),")
_TIME = re.compile(r"\d:\d\d")
_ON = re.compile(r"(?:\bOn |\b(?:AM|PM)\b|\d{1,2}:\d\d(?::\d\d)?|[、,]|\d{4})")
_INTRODUCES = re.compile(r"(?:\bwrote|のメール|さんは書きました)?:$")
_TRASH = re.compile(r"<[^>\n]{0,200}>?|\[mailto:[^\]\n]{0,200}\]?|\([^)\n]{0,80}\)|[\"'<>]|\bmailto:\S{0,100}")
#: What stands behind a name: columns of space, a date.
_BEHIND = re.compile(r"[ \t]{3,}|[ \t]\d?\d/\d")
_LETTER = re.compile(r"[^\W\d_]")


def quoted_people(text: str) -> tuple[str, ...]:
    """Addresses (lower case) and names of people in quoted headers, in order, each once; at most forty. A name is given
    and family name as they sound (`NameWords.said`) with a space between, "john smith", "taro yamada", or the one that
    there is. text: what the mail quotes.
    """
    text = text[:_READ]
    if not text.isascii():
        text = text.replace("：", ":")
    if ":" not in text:
        return ()
    found: dict[str, None] = {}
    lines = text.split("\n")
    for at, line in enumerate(lines):
        colon = line.find(":", 0, 40)
        if colon < 0:
            if "/" in line:
                _dated(lines, at, found)
            continue
        if line[:colon].strip(_MARKS).lower() in _KEYS:
            _people(_unfolded(lines, at, colon + 1), found)
        elif line.rstrip().endswith(":") and ("wrote:" in line or _TIME.search(line, 0, 200)):
            before = lines[at - 1] if at and line.lstrip(_MARKS).startswith("<") else ""
            _introduced(before + line, found)
        elif "/" in line:
            _dated(lines, at, found)
        if len(found) >= _MOST:
            break
    return tuple(found)[:_MOST]


def _dated(lines: list[str], at: int, found: dict[str, None]) -> None:
    """A line with a date: whose mail it is stands before it, or on the line above."""
    line = lines[at][:200]
    if forwarded := _FORWARDED.search(line):
        _name(forwarded[1], found)
    elif date := _DATE.search(line):
        if date.start() > 3:
            if address := _ADDRESS.search(line, 0, date.start()):
                found.setdefault(address[0].lower())
                _name(line[: address.start()], found)
            elif lotus := _LOTUS.match(line):
                _name(lotus[1], found)
        else:
            _above(lines, at, found)


def _above(lines: list[str], at: int, found: dict[str, None]) -> None:
    """The name on the line above a date, or above "Sent by:"."""
    for line in lines[max(0, at - 2) : at][::-1]:
        if address := _ADDRESS.search(line[:200]):
            found.setdefault(address[0].lower())
            _name(line[: address.start()], found)
            return
        if name := _LOTUS_NAME.fullmatch(line[:100]):
            _name(name[1], found)
            return


def _unfolded(lines: list[str], at: int, start: int) -> str:
    """A header's value with the lines on which it goes on: those behind a comma, and within a list any but a header."""
    value = lines[at][start : start + _LINE].strip(_MARKS)
    for more in lines[at + 1 : at + 20]:
        if len(value) > _LINE or not value:
            break
        if not value.endswith((",", ";")) and (("," not in value and ";" not in value) or ":" in more[:40]):
            break
        if not (more := more[:_LINE].strip(_MARKS)):
            break
        value = f"{value} {more}"
    return value[:_LINE]


def _people(value: str, found: dict[str, None]) -> None:
    """The addresses and names in a list of people."""
    for piece in _SPLIT.split(value)[:_MOST]:
        address = _ADDRESS.search(piece)
        if address and "/" not in address[0]:
            found.setdefault(address[0].lower().removeprefix("mailto:"))
            piece = piece[: address.start()]
        _name(piece, found)


def _introduced(line: str, found: dict[str, None]) -> None:
    """Who wrote what a line introduces: the name stands before the address, behind the date."""
    line = line[:_LINE]
    address = _ADDRESS.search(line)
    if address:
        found.setdefault(address[0].lower())
        line = line[: address.start()]
    line = _INTRODUCES.sub("", line.strip(_MARKS + "<[("))
    _name(_ON.split(line)[-1], found)


def _name(text: str, found: dict[str, None]) -> None:
    name = _full(text[:160])
    if name:
        found.setdefault(name)


@lru_cache(maxsize=4096)
def _full(text: str) -> str:
    """The full name that a piece of a header names, "" if it names nobody."""
    text = _BEHIND.split(_TRASH.sub(" ", text).strip(" ,;:<>\t\r"), maxsplit=1)[0]
    if not text or len(text) > 80 or not _LETTER.search(text):
        return ""
    first, last = name_words("", text).said
    name = f"{first} {last}" if len(first) > 1 and last else last or first
    return name if len(name) > 1 else ""
