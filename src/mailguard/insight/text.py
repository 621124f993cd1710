"""The text of a mail taken apart: what its author wrote, what he quotes, and the words of both as hashes.

Words of Latin letters and figures are words; Japanese and Chinese, which put no spaces between words, are pairs of
characters. Only so many characters and words are looked at, so that a long mail costs no more than a short one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice
from operator import add
from typing import Any
from zlib import crc32

from mailguard.mail.values import value

#: Characters of own and of quoted text that are looked at, and different words that are kept of each.
OWN_CHARACTERS, QUOTED_CHARACTERS = 3_000, 4_000
OWN_WORDS, QUOTED_WORDS = 120, 80

#: What a line with which quoted text begins holds. Which lines hold one is found first, by the fast search for a text.
_BAR = re.compile(r"[ \t]{0,12}(?:>|-{3,}|_{5,}|\*{5,})")
_BARS = (">", "---", "_____", "*****")
_HEADER = re.compile(
    r"[ \t]{0,12}(?:from|to|cc|subject|date|sent(?: by)?|差出人|宛先|送信者|送信日時|件名|日時|de|von)[ \t]?[:：]",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"[ \t]{0,12}+(?:.{0,80}(?:\bwrote:|のメール:|:$(?<=[0-9>]:))"
    r"|.{0,60}\b(?:[01]?\d/[0-3]?\d/(?:\d\d)?\d\d)[ ,]+\d?\d:\d\d)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-zà-ÿ0-9][a-zà-ÿ0-9'&]+|[\u3041-\u30ff\u3400-\u9fff々]+")
#: Octets of ASCII: letters in lower case, and a blank for whatever is in no word. Octets are exchanged sooner than
#: characters.
_ASCII = bytes([one if one in b"0123456789abcdefghijklmnopqrstuvwxyz'&" else 32 for one in bytes(range(256)).lower()])
_REPLY = re.compile(r"\s*(re|fw|fwd|aw|wg|sv|vs|antw|tr|rv|返信|転送)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]\s*", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_SOFT = re.compile(r"=([0-9A-F]{2})|=\r?\n")
#: Words that say nothing of a subject.
_STOP = frozenset(
    "the and for you that this with have are was will your from not but can all our has would they what about been"  # noqa: SIM905
    " which there their when out its any please thanks thank them than could who one were had may let get just some"
    " know also him her his she how did too then into only re fw fwd if to of in is it on we be me my as at or by an so"
    " do no up us am he i".split()
)


@value(frozen=True, slots=True)
class Words:
    """own, quoted: hashes (32 bits) of different words in the order in which they come. length: characters of own and
    of quoted text.
    """

    own: tuple[int, ...]
    quoted: tuple[int, ...]
    length: tuple[int, int]


def _undone(soft: re.Match[str]) -> str:
    return chr(int(soft[1], 16)) if soft[1] else ""


def split(body: str) -> tuple[str, str]:
    """Own and quoted text of a body, each cut to what is looked at."""
    body = body[: OWN_CHARACTERS + QUOTED_CHARACTERS]
    if "=\n" in body or "=09" in body:  # quoted-printable that somebody before us did not undo
        body = _SOFT.sub(_undone, body)
    cut = _begins(body)
    return body[: min(cut, OWN_CHARACTERS)], body[cut : cut + QUOTED_CHARACTERS]


def _begins(body: str) -> int:
    """Where quoted text begins: the start of the first line that shows it; the length of a text without."""
    cut = len(body)
    for mark in _BARS:
        cut = _first(body, mark, cut, _BAR)
    for mark in (":", "："):
        cut = _first(body, mark, cut, _HEADER, _SAID)
    return cut


def _first(body: str, mark: str, cut: int, *patterns: re.Pattern[str]) -> int:
    """The start of the first line before `cut` that holds the mark and that a pattern fits, else `cut`."""
    at = body.find(mark, 0, cut)
    while at >= 0:
        start = body.rfind("\n", 0, at) + 1
        end = body.find("\n", at)
        line = body[start : end if end >= 0 else len(body)]
        for pattern in patterns:
            if pattern.match(line):
                return start
        at = body.find(mark, end, cut) if 0 <= end < cut else -1
    return cut


def plain_subject(subject: str) -> tuple[str, bool, bool]:
    """A subject without its marks of reply and forward, in lower case; whether it has them."""
    reply = forward = False
    if not subject:
        return "", reply, forward
    text = unicodedata.normalize("NFKC", subject[:400]).lower().strip()
    place = 0
    while found := _REPLY.match(text, place):
        mark = found[1]
        if mark in {"fw", "fwd", "wg", "tr", "転送"}:
            forward = True
        else:
            reply = True
        place = found.end()
    return _SPACE.sub(" ", text[place:]).strip(), reply, forward


def hashed(word: str) -> int:
    """32 bits of a word."""
    return crc32(word.encode("utf-8", "surrogatepass"))


def numbers(many: Iterable[Any]) -> tuple[int, ...]:
    """Hashes as they were read from JSON. Raises ValueError or TypeError for what is no number of 32 bits."""
    found = tuple(many)
    if found and ({*map(type, found)} != {int} or min(found) < 0 or max(found) >> 32):
        raise ValueError("a hash is no number of 32 bits")
    return found


def words(texts: Iterable[str], limit: int) -> tuple[int, ...]:
    """Hashes of the different words of texts (in lower case where they are not ASCII), so many at most."""
    out: dict[str, None] = {}
    for text in texts:
        if text.isascii():
            if text:
                _ascii(text, limit, out)
            continue
        # Each different word is looked at once, and only until there are enough.
        for word in dict.fromkeys(_WORD.findall(text)):
            if word[0] >= "\u3041":
                out.update(dict.fromkeys(map(add, word, word[1:])))
            elif (len(word) > 2 or word.isdigit()) and word not in _STOP:
                out[word] = None
            if len(out) >= limit:
                break
    return tuple(map(crc32, map(str.encode, islice(out, limit))))


def _ascii(text: str, limit: int, out: dict[str, None]) -> None:
    """Add the different words of a text, as _WORD finds them, until there are enough."""
    rest, most = text.encode().translate(_ASCII).decode(), 2 * limit
    edged = " '" in rest or " &" in rest or rest[:1] in "'&"
    while rest and len(out) < limit:
        found = rest.split(None, most)
        rest = found.pop() if len(found) > most else ""
        if edged:
            found = [word.lstrip("'&") for word in found]
        for word in dict.fromkeys(found):
            if len(word) > 2:
                if word not in _STOP:
                    out[word] = None
            elif len(word) == 2 and word.isdigit():
                out[word] = None


def read_words(subject: str, own: str, quoted: str) -> Words:
    """The words of a mail. subject: plain."""
    own, mine = _folded(own)
    quoted, theirs = _folded(quoted)
    found = words((theirs,), QUOTED_WORDS) if quoted else ()
    return Words(words((subject, mine), OWN_WORDS), found, (len(own), len(quoted)))


def _folded(text: str) -> tuple[str, str]:
    """A text as it is measured, and as its words are looked for."""
    if text.isascii():
        return text, text
    text = unicodedata.normalize("NFKC", text)
    return text, text.lower()
