"""What charset octets are in that say nothing true about it: UTF-8 if they can be, else by what looks like a text.

Each candidate must take all octets (but a character cut at their end); `likely` says how much its text looks like one.
Where two are close both are given: whoever looks for something looks in both. Never raises; judges by the first octets
only, so that a large part costs no more than its decoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mailguard.inspect.chars import utf
from mailguard.inspect.chars.jis import decode_cp932, decode_euc, decode_iso2022jp
from mailguard.inspect.chars.labels import EUC, JIS
from mailguard.inspect.chars.likely import has_kana, has_kanji, score, western_score

_ASIAN = (("cp932", 1.0), (EUC, 0.98), ("gb18030", 0.9), ("big5hkscs", 0.88), ("cp949", 0.92))
_ALPHABETS = (("koi8_r", 0.8), ("cp1251", 0.8), ("cp874", 0.8))
GUESSED = dict(_ASIAN + _ALPHABETS)
#: Scores of a text under its own label: surely right from here on, hardly right below.
_SURE, _DOUBTFUL = 0.87, 0.5
#: What another charset must score at least where the label holds.
_LIKELY = 0.49
#: A best guess below this may be wrong.
_UNSURE = 0.7
#: A runner-up this close to the best guess is read too, and a guess below the floor is hardly one.
_CLOSE = 0.75
_FLOOR = 0.35
#: Sequences of UTF-8; those of two octets are half-width kana as well.
UTF8 = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")
THREE_OCTETS = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}")
#: Octets that are looked at to guess a charset.
_SAMPLE = 2**18
_BEGINNING = 2**12
#: Octets of at least as many characters as are looked at to see whether a text is broken.
_SHOWN = 2**17
#: A text of more lines is not read line by line.
_MOST_LINES = 100_000


@dataclass(frozen=True, slots=True)
class Reading:
    """text: what a client shows; second: what another might show instead, "" if there is no doubt."""

    text: str
    second: str = ""

    @property
    def both(self) -> str:
        """Both readings, one below the other."""
        return f"{self.text}\n{self.second}" if self.second else self.text


def by_lines(octets: bytes, sure: re.Pattern[bytes]) -> str | None:
    """Lines of two charsets: a mail in UTF-8 with a quoted one in Shift_JIS. None if this is nothing of the kind.

    sure: what a line must hold to be UTF-8 not by chance.
    """
    if not 0 < octets.count(b"\n") < _MOST_LINES:
        return None
    lines = octets.split(b"\n")
    texts = [strict(line, "utf-8") for line in lines]
    if not any(text is not None and sure.search(line) for text, line in zip(texts, lines, strict=True)):
        return None
    others = guess(b"\n".join(line for line, text in zip(lines, texts, strict=True) if text is None)).text
    following = iter(others.split("\n"))
    return "\n".join(next(following, "") if text is None else text for text in texts)


def guess(octets: bytes) -> Reading:
    """No label, or one that does not hold: UTF-8 if it is; otherwise the most plausible, and close runners-up."""
    as_utf8 = strict(octets, "utf-8")
    if as_utf8 is not None:
        return Reading(as_utf8)
    if (mixed := by_lines(octets, THREE_OCTETS)) is not None:
        return Reading(mixed)
    as_broken = octets.decode("utf-8", "replace")
    if nearly(as_broken, 8):
        return Reading(as_broken)
    ranked = _ranked(octets)
    best, codec = ranked[0]
    text = forced(octets, codec)
    if best < _FLOOR:  # nothing takes it all: what is broken is still shown in part
        if is_plausible(decode_cp932(octets[:_SHOWN]), "cp932"):
            return Reading(decode_cp932(octets), text)
        return Reading(text, as_broken if nearly(as_broken, 3) else "")
    close = [one for rank, one in ranked[1:] if rank >= _CLOSE * best][:2]
    if best < _UNSURE:  # rare kanji alone look like nothing, and are written all the same
        close += [one for rank, one in ranked[1:] if one == "cp932" and rank >= 0.2 and one not in close]
    texts = [forced(octets, one) for one in close] + [utf.loose_utf8(octets) or ""]
    rest = [one for one in dict.fromkeys(texts) if one and one != text]
    return Reading(text, "\n".join(rest))


def _ranked(octets: bytes) -> list[tuple[float, str]]:
    """How likely each charset is that takes the octets, all but a character cut at their end; the likeliest first."""
    sample = octets[:_SAMPLE]
    out = [(western_score(sample.decode("cp1252", "replace")), "cp1252")]
    for codec, trust in (*_ASIAN, *_ALPHABETS):
        text = strict(sample, codec)
        if text is None and (text := cut(sample, codec)) is not None and len(octets) <= _SAMPLE:
            trust *= 0.95
        if text is not None:
            out.append((score(text, codec) * trust, codec))
    return sorted(out, key=lambda one: -one[0])


_OWN: dict[str, Callable[[bytes], str]] = {JIS: decode_iso2022jp, EUC: decode_euc, "cp932": decode_cp932}


def cut(octets: bytes, codec: str) -> str | None:
    """The text of octets that end inside a character, None if more than that is broken."""
    for lost in (1, 2, 3) if codec == "utf-8" else (1,):
        if lost >= len(octets) or octets[-lost] <= 0x7F:
            return None
        if (text := strict(octets[:-lost], codec)) is not None:
            return text + "\ufffd"
    return None


def strict(octets: bytes, codec: str) -> str | None:
    if codec in _OWN:
        # What is broken is read character by character: so a beginning that is broken is enough.
        for size in (_BEGINNING, _SAMPLE):
            if len(octets) > size and "\ufffd" in _OWN[codec](octets[:size])[:-4]:
                return None
        text = _OWN[codec](octets)
        return None if "\ufffd" in text else text
    try:
        return octets.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def forced(octets: bytes, codec: str) -> str:
    if codec in _OWN:
        return _OWN[codec](octets)
    try:
        return octets.decode(codec, "replace")
    except (UnicodeError, LookupError, ValueError):
        return octets.decode("latin-1")


def better(octets: bytes, text: str, codec: str) -> str:
    """What octets are more likely than the text by their label, though that holds for each of them; "" if nothing."""
    points = score(text, codec)
    if points >= _SURE and not _is_foreign(text, codec):
        return ""
    best, other = next((one for one in _ranked(octets) if one[1] != "cp1252"), (0.0, codec))
    least = _LIKELY if other in dict(_ASIAN) else _UNSURE
    sure = other != codec and best >= least and best > 1.15 * points
    return forced(octets, other) if sure else ""


def is_doubtful(text: str, codec: str) -> bool:
    """Whether a text is hardly one in its charset: rare characters only, or kana where no Japanese is written."""
    return score(text, codec) < _DOUBTFUL or _is_foreign(text, codec)


def _is_foreign(text: str, codec: str) -> bool:
    """Whether kana stand in a charset in which no Japanese is written."""
    return codec not in ("cp932", EUC) and has_kana(text)


def is_plausible(text: str, codec: str) -> bool:
    """Whether a broken text is still read as such by those who believe the label."""
    return nearly(text, 4) and score(text, codec) >= 0.2


def nearly(text: str, share: int) -> bool:
    """Whether only one in so many characters is broken.

    UTF-8 is hardly ever valid by chance, so it may have more broken ones than others.
    """
    sample = text[:20_000]
    return sample.count("\ufffd") * share <= sum(ch > "\x7f" for ch in sample)


def under_western(octets: bytes, text: str) -> Reading:
    """A one-byte label: its text, unless the octets are plainly something else; then that first."""
    as_utf8 = strict(octets, "utf-8")
    if as_utf8 is not None:
        return Reading(as_utf8, text)
    best, codec = _ranked(octets)[0]
    if codec == "cp1252" or (best < _LIKELY and not has_kanji(forced(octets, codec))):
        return Reading(text)
    guessed = guess(octets)
    return Reading(guessed.text, "\n".join(one for one in (guessed.second, text) if one))
