"""The text of a mail taken apart: what its author wrote, what he quotes, and the words of both as hashes.

Words of Latin letters and figures are words; Japanese and Chinese, which put no spaces between words, are pairs of
characters. Only so many characters and words are looked at, so that a long mail costs no more than a short one.
"""

from __future__ import annotations

import re
import unicodedata
from zlib import crc32

from mailguard.mail.values import value

#: Characters of own and of quoted text that are looked at, and different words that are kept of each.
OWN_CHARACTERS, QUOTED_CHARACTERS = 3_000, 4_000
OWN_WORDS, QUOTED_WORDS = 120, 80

_QUOTED = re.compile(
    r"^[ \t]{0,12}(?:>|-{3,}|_{5,}|\*{5,}"
    r"|(?:from|to|cc|subject|date|sent(?: by)?|差出人|宛先|送信者|送信日時|件名|日時|de|von)[ \t]?[:：]"
    r"|.{0,80}(?:\bwrote:|のメール:|:$(?<=[0-9>]:))"
    r"|.{0,60}\b(?:[01]?\d/[0-3]?\d/(?:\d\d)?\d\d)[ ,]+\d?\d:\d\d)",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = re.compile(r"[a-zà-ÿ0-9][a-zà-ÿ0-9'&]+|[\u3041-\u30ff\u3400-\u9fff々]+")
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
    found = _QUOTED.search(body)
    cut = found.start() if found else len(body)
    return body[: min(cut, OWN_CHARACTERS)], body[cut : cut + QUOTED_CHARACTERS]


def plain_subject(subject: str) -> tuple[str, bool, bool]:
    """A subject without its marks of reply and forward, in lower case; whether it has them."""
    reply = forward = False
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


def words(text: str, limit: int) -> tuple[int, ...]:
    """Hashes of the different words of a text (lower case), so many at most."""
    out: dict[str, None] = {}
    for word in _WORD.findall(text):
        if word[0] >= "\u3041":
            for place in range(len(word) - 1):
                out[word[place : place + 2]] = None
        elif len(word) > 2 or word.isdigit():
            out[word] = None
    kept = [word for word in out if word not in _STOP][:limit]
    return tuple([crc32(word.encode()) for word in kept])


def read_words(subject: str, own: str, quoted: str) -> Words:
    """The words of a mail. subject: plain."""
    if not own.isascii():
        own = unicodedata.normalize("NFKC", own)
    if not quoted.isascii():
        quoted = unicodedata.normalize("NFKC", quoted)
    mine = words(f"{subject} {own.lower()}", OWN_WORDS)
    theirs = words(quoted.lower(), QUOTED_WORDS) if quoted else ()
    return Words(mine, theirs, (len(own), len(quoted)))
