"""Whom the salutation addresses: the names, companies and titles in the first lines of a mail, to be compared with its
recipients.

Reads the writer's own text only (its caller takes quotations away) and of it the first lines, line by line, up to where
the letter itself begins; how a line is read is `salutations`. Prose about people is no salutation: an honorific counts
only where a unit ends with it. Knows no names; never raises.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from mailguard.inspect.speech.japanese_salutation import block_line, units
from mailguard.inspect.speech.western_salutation import foreign, western
from mailguard.mail.facts import Addressee

_LINES = 10
_MOST = 20
#: Lines of so many characters are remembered: most mails begin alike.
_SHORT = 80
_BLANK = " \t\u3000\xa0\r*_#"
_PREFIX = re.compile(
    r"[(\[【<「]?\s*(?P<copy>bcc|cc)(?:\s*[:;]\s*|\s+|(?=@|[^\x00-\x7f]))(?=[^\s:])"
    r"|[(\[【]?(?:to|宛先|宛て?|送信先|写)\s*[\])】:]\s*|[>→]{1,2}\s*"
    r"|(?:dear|hi|hello)\s+(?=[^\x00-\x7f])|[(\[【「](?!(?:株|有|合|同|社|財|医|学|福|独|資|名)\))\s*",
    re.IGNORECASE,
)
#: What may be said before or beside a salutation without the letter having begun.
_COURTESY = re.compile(
    r"(?:いつも|平素|毎度|大変|日頃|いつもいつも)?.{0,12}(?:お世話|御世話|お疲れ|おつかれ|ご無沙汰|拝啓|拝復|前略|謹啓)"
    r"|(?:おはよう|こんにちは|こんばんは|初めまして|はじめまして|失礼(?:いた|致|し)|突然の|夜分|恐れ入り|恐縮)"
    r"|.{1,30}(?:です|と申します|でございます)[。.!]?$|good (?:morning|afternoon|evening)|greetings|(?:hi|hello)\W?$",
    re.IGNORECASE,
)
_BANNER = re.compile(r"[※\[【(*★■◆●☆<=─━-]|件名|注意|caution|external|re:|fw:", re.IGNORECASE)
_SPOKEN_TO = re.compile(
    r"(?:お世話に?なって(?:おり|い)?ます|お疲れ様です|おはようございます|こんにちは|こんばんは)[、,。 !！\u3000]+"
)


def addressed(text: str) -> tuple[Addressee, ...]:
    """Whom the first lines address, in order, each once, at most 20. text: the writer's own, NFC or not."""
    found: list[Addressee] = []
    company = ""
    for number, raw in enumerate(_first_lines(text)):
        line = _remembered if len(raw) <= _SHORT else _line
        some, carried, goes_on = line(raw, number == 0, company, bool(found))
        if some and some[0].company and found and found[-1] == Addressee(company=some[0].company, title="御中"):
            found.pop()  # "株式会社B 御中" above "田中様": one addressee
        found.extend(some)
        company = carried
        if not goes_on or len(found) >= _MOST:
            break
    return tuple(dict.fromkeys(found))[:_MOST]


def _first_lines(text: str) -> list[str]:
    """The first lines that say something, in NFKC."""
    lines: list[str] = []
    for raw in text[: _LINES * 2000].split("\n"):
        line = raw.strip(_BLANK)
        if not line:
            continue
        if not line.isascii():
            line = unicodedata.normalize("NFKC", line)
        lines.append(line)
        if len(lines) == _LINES:
            break
    return lines


def _line(line: str, first: bool, company: str, begun: bool) -> tuple[list[Addressee], str, bool]:
    """Whom a line addresses, the company that stands above the next line, and whether salutations may follow."""
    if line.isascii():
        some = western(line, first=first)
        return some, "", _may_go_on(line, bool(some), begun)
    prefix = _PREFIX.match(line)
    copied = prefix is not None and prefix.group("copy") is not None
    line = line[prefix.end() :] if prefix else line
    if not line:  # "宛先：" and nothing behind it
        return [], "", True
    if some := foreign(line):
        return some, "", True
    spoken = _SPOKEN_TO.match(line)
    rest = line[spoken.end() :] if spoken else line
    people, last_company, prose = units(rest, "" if copied else company)
    if people:
        return people, last_company, not prose or _COURTESY.match(prose) is not None
    if above := block_line(line):
        return [], above if above != "-" else company, True
    return [], "", _may_go_on(line, False, begun)


_remembered = lru_cache(maxsize=1024)(_line)


def _may_go_on(line: str, found: bool, begun: bool) -> bool:
    """Whether a line that is no salutation leaves room for one below it."""
    if found:
        return True
    if _COURTESY.match(line):
        return True
    if line.endswith((":", "。", ".", "?", "ます", "です")) or len(line) > 40:
        return _BANNER.match(line) is not None and not begun
    return not begun
