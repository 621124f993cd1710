"""Octets to text: by the label where the label holds, by what the octets are where it does not, by both when unsure.

A label is a claim of the sender's program. It is often wrong (us-ascii over ISO-2022-JP, iso-8859-1 over UTF-8, none at
all over Shift_JIS), and clients show what they guess. So a reading may have a second text; whoever looks for something
looks in both. Total: every octet string under every label gives a text without NUL and surrogates. Nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mailguard.inspect import utf
from mailguard.inspect.jis import decode_cp932, decode_euc, decode_iso2022jp, has_escapes, has_shifted_kana, restored
from mailguard.inspect.labels import EUC, JIS, codec_of
from mailguard.inspect.likely import has_kana, score, western_score

__all__ = ["Reading", "codec_of", "decode", "decode_each", "mirrored", "tidy", "visible"]

_WEAK = {"cp1252", "cp1254", "latin-1", "iso8859-15", "mac-roman"}  # nearly every octet is a character there
_WIDE = ("utf-16", "utf-32", "utf_16", "utf_32")
_SEVEN_BITS: dict[str, Callable[[bytes], str]] = {"utf-7": utf.utf7, "imap": utf.imap_utf7}
_ASIAN = (("cp932", 1.0), (EUC, 0.98), ("gb18030", 0.9), ("big5hkscs", 0.88), ("cp949", 0.92))
_ALPHABETS = (("koi8_r", 0.8), ("cp1251", 0.8), ("cp874", 0.8))
_GUESSED = dict(_ASIAN + _ALPHABETS)
#: Scores of a text under its own label: surely right from here on, hardly right below.
_SURE, _DOUBTFUL = 0.87, 0.5
#: A runner-up this close to the best guess is read too, and a guess below the floor is hardly one.
_CLOSE = 0.75
_FLOOR = 0.35
#: Default_Ignorable (UAX 44): zero-width and directional marks, fillers, variation selectors, tags.
_NOT_SHOWN = re.compile(
    "[\\x00\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\\ud800-\\udfff\U000e0000-\U000e0fff]"
)
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OVERRIDDEN = re.compile("\u202e([^\u202a-\u202e\u2066-\u2069\n]*)\u202c?")
_BAD = re.compile("[\\x00\\ud800-\\udfff]")
_ASCII_LINE = re.compile(rb"[0-9]{8}|[A-Za-z0-9]{14}")
#: Sequences of UTF-8; those of two octets are half-width kana as well.
_UTF8 = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")
_THREE_OCTETS = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}")
#: Octets that are looked at to guess a charset.
_SAMPLE = 2**18


@dataclass(frozen=True, slots=True)
class Reading:
    """text: what a client shows; second: what another might show instead, "" if there is no doubt."""

    text: str
    second: str = ""

    @property
    def both(self) -> str:
        """Both readings, one below the other."""
        return f"{self.text}\n{self.second}" if self.second else self.text


def decode(octets: bytes, label: str = "") -> Reading:
    """Decode octets under a label ("" if none was given). Never raises."""
    if not octets:
        return Reading("")
    reading = _read(octets, codec_of(label) if label else None)
    text = reading.text if reading.text.isascii() else _BAD.sub("", reading.text)
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text is reading.text and not reading.second:
        return reading
    second = _BAD.sub("", reading.second)
    return Reading(text, second if second != text else "")


def decode_each(octets: bytes, labels: list[str]) -> list[str]:
    """The texts of octets under several labels, each once, the first label's first. Never raises."""
    first = decode(octets, labels[0])
    texts = [first.text, first.second]
    for label in labels[1:]:
        further = decode(octets, label)
        if further.second != first.text:  # else the first label is known to be the better one
            texts += [further.text]
    return [text for text in dict.fromkeys(texts) if text]


def tidy(text: str) -> str:
    """Without NUL and characters that nobody sees, with line ends as LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() and "\x00" not in text else _NOT_SHOWN.sub("", text)


def visible(text: str) -> str:
    """A text for reading: tidy, and without marks of direction, which split a word for a program but not for an eye."""
    text = tidy(text)
    return text if text.isascii() else _DIRECTION.sub("", text)


def mirrored(text: str) -> str:
    """What a screen shows of a text with overrides of direction (UAX 9): their stretches backwards; "" if it has none."""
    return _OVERRIDDEN.sub(lambda match: match[1][::-1], text) if "\u202e" in text else ""


def _read(octets: bytes, codec: str | None) -> Reading:
    if octets[0] in b"\xef\xff\xfe\0" and (marked := utf.by_mark(octets)) is not None:
        return Reading(marked)
    if b"\0" in octets:
        if codec is None or not codec.startswith(_WIDE):
            zeros = utf.by_zeros(octets)
            if zeros is not None:
                return Reading(zeros, _read(octets.replace(b"\0", b""), codec).text)
        if codec is None or not codec.startswith(_WIDE):
            octets = octets.replace(b"\0", b"")  # readers in C stop there or skip it: skipping sees more
    if codec is not None and codec.startswith(_WIDE):
        return _wide(octets, codec)
    if b"\x1b" in octets and has_escapes(octets):
        return _escaped(octets, codec)
    return _ascii(octets, codec) if octets.isascii() else _labelled(octets, codec)


def _wide(octets: bytes, codec: str) -> Reading:
    """A label of UTF-16 or UTF-32; it lies over octets that are plain text."""
    text, second = utf.wide(octets, codec)
    plain = b"\0" not in octets and (octets.isascii() or _strict(octets, "utf-8") is not None)
    if not plain:
        return Reading(text, second)
    as_utf8 = octets.decode("utf-8")
    return Reading(as_utf8, text) if utf.likeliest(text) < 0.9 else Reading(text, as_utf8)


def _escaped(octets: bytes, codec: str | None) -> Reading:
    """Escapes of ISO 2022 inside: read by them. Under another label a client may show the octets as they are."""
    text = decode_iso2022jp(octets)
    if codec == JIS:
        return Reading(text)
    if score(text, "cp932") >= _DOUBTFUL and not _ASCII_LINE.search(octets):
        return Reading(text)
    if codec is None or octets.isascii():
        return Reading(text, octets.decode("ascii", "replace"))
    return Reading(text, _forced(octets, codec))


def _ascii(octets: bytes, codec: str | None) -> Reading:
    if codec in _SEVEN_BITS:
        return Reading(_SEVEN_BITS[codec or ""](octets))
    if codec == JIS:
        text = decode_iso2022jp(octets)
    elif codec == "hz":
        text = octets.decode("hz", "replace")
    else:
        text = octets.decode("ascii")
    if b"\x0e" in octets and codec != JIS and has_shifted_kana(octets):
        return Reading(decode_iso2022jp(octets), text)
    if b"$B" in octets or b"$@" in octets:
        with_escapes = restored(octets)
        if with_escapes is not None:
            return Reading(decode_iso2022jp(with_escapes), text)
    if b"~{" in octets or b"+" in octets:
        return Reading(text, utf.unlabelled_7bit(octets) or "")
    return Reading(text)


def _labelled(octets: bytes, codec: str | None) -> Reading:
    if codec in (None, JIS, "ascii"):
        return _guess(octets)
    assert codec is not None
    if codec in _SEVEN_BITS:
        return Reading(_guess(octets).text, _SEVEN_BITS[codec](octets))
    if codec in _WEAK:
        return _doubt_weak(octets, octets.decode(codec, "replace"))
    text = _strict(octets, codec)
    if text is None:
        return _label_fails(octets, codec)
    if codec != "utf-8":
        as_utf8 = _strict(octets, "utf-8")
        if as_utf8 is not None:  # hardly ever by chance: octets of two labels that are valid UTF-8 are UTF-8
            return Reading(as_utf8, text)
        if codec in _GUESSED and (second := _better(octets, text, codec)):
            return Reading(text, second)
    return Reading(text)


def _label_fails(octets: bytes, codec: str) -> Reading:
    """A label that does not hold for every octet: a character cut or broken, lines of two charsets, or another one."""
    if codec != "utf-8" and (as_utf8 := _strict(octets, "utf-8")) is not None:
        return Reading(as_utf8)
    cut = _cut(octets, codec)
    if cut is not None and (codec == "utf-8" or not _is_doubtful(cut, codec)):
        return Reading(cut)
    if codec == "utf-8" and (loose := utf.loose_utf8(octets)) is not None:
        return Reading(loose, octets.decode("utf-8", "replace"))
    if (mixed := _by_lines(octets, _UTF8 if codec == "utf-8" else _THREE_OCTETS)) is not None:
        return Reading(mixed)
    forced = _forced(octets, codec)
    if _nearly(forced, 8 if codec == "utf-8" else 30):
        return Reading(forced)
    guessed = _guess(octets)
    if _is_plausible(forced, codec):
        return Reading(guessed.text, guessed.second or forced)
    return guessed


def _better(octets: bytes, text: str, codec: str) -> str:
    """What octets are more likely than the text by their label, though that holds for each of them; "" if nothing."""
    points = score(text, codec)
    if points >= _SURE and not _is_doubtful(text, codec):
        return ""
    best, other = _ranked(octets)[0]
    return _forced(octets, other) if other != codec and best > 1.15 * points or points < _DOUBTFUL else ""


def _is_doubtful(text: str, codec: str) -> bool:
    """Whether a text is hardly one in its charset: rare characters only, or kana where no Japanese is written."""
    return score(text, codec) < _DOUBTFUL or (codec not in ("cp932", EUC) and has_kana(text))


def _is_plausible(text: str, codec: str) -> bool:
    """Whether a broken text is still read as such by those who believe the label."""
    return _nearly(text, 4) and score(text, codec) >= 0.3


def _nearly(text: str, share: int) -> bool:
    """Whether only one in so many characters is broken.

    UTF-8 is hardly ever valid by chance, so it may have more broken ones than others.
    """
    bad = text.count("\ufffd")
    return bad * share <= sum(ch > "\x7f" for ch in text[:20_000])


def _doubt_weak(octets: bytes, text: str) -> Reading:
    """A one-byte label: its text, unless the octets are plainly something else; then that first."""
    as_utf8 = _strict(octets, "utf-8")
    if as_utf8 is not None:
        return Reading(as_utf8, text)
    if _ranked(octets)[0][1] == "cp1252":
        return Reading(text)
    guessed = _guess(octets)
    return Reading(guessed.text, "\n".join(one for one in (guessed.second, text) if one))


def _by_lines(octets: bytes, sure: re.Pattern[bytes]) -> str | None:
    """Lines of two charsets: a mail in UTF-8 with a quoted one in Shift_JIS. None if this is nothing of the kind.

    sure: what a line must hold to be UTF-8 not by chance.
    """
    if b"\n" not in octets:
        return None
    lines = octets.split(b"\n")
    texts = [_strict(line, "utf-8") for line in lines]
    if not any(text is not None and sure.search(line) for text, line in zip(texts, lines, strict=True)):
        return None
    others = _guess(b"\n".join(line for line, text in zip(lines, texts, strict=True) if text is None)).text
    following = iter(others.split("\n"))
    return "\n".join(next(following, "") if text is None else text for text in texts)


def _guess(octets: bytes) -> Reading:
    """No label, or one that does not hold: UTF-8 if it is; otherwise the most plausible, and close runners-up."""
    as_utf8 = _strict(octets, "utf-8")
    if as_utf8 is not None:
        return Reading(as_utf8)
    forced = octets.decode("utf-8", "replace")
    if _nearly(forced, 8):
        return Reading(forced)
    if (mixed := _by_lines(octets, _THREE_OCTETS)) is not None:
        return Reading(mixed)
    ranked = _ranked(octets)
    best, codec = ranked[0]
    text = _forced(octets, codec)
    if best < _FLOOR:  # nothing takes it all: what is broken is still shown in part
        broken = decode_cp932(octets)
        return Reading(broken, text) if _is_plausible(broken, "cp932") else Reading(text, forced)
    close = [_forced(octets, one) for rank, one in ranked[1:] if rank >= _CLOSE * best]
    rest = [one for one in dict.fromkeys([*close[:2], utf.loose_utf8(octets) or text]) if one != text]
    return Reading(text, "\n".join(rest))


def _ranked(octets: bytes) -> list[tuple[float, str]]:
    """How likely each charset is that takes the octets, all but a character cut at their end; the likeliest first."""
    sample = octets[:_SAMPLE]
    out = [(western_score(sample), "cp1252")]
    for codec, trust in (*_ASIAN, *_ALPHABETS):
        text = _strict(sample, codec)
        if text is None and (text := _cut(sample, codec)) is not None and len(octets) <= _SAMPLE:
            trust *= 0.95
        if text is not None:
            out.append((score(text, codec) * trust, codec))
    return sorted(out, key=lambda one: -one[0])


_OWN: dict[str, Callable[[bytes], str]] = {JIS: decode_iso2022jp, EUC: decode_euc, "cp932": decode_cp932}


def _cut(octets: bytes, codec: str) -> str | None:
    """The text of octets that end inside a character, None if more than that is broken."""
    for lost in (1, 2, 3) if codec == "utf-8" else (1,):
        if lost >= len(octets) or octets[-lost] <= 0x7F:
            return None
        if (text := _strict(octets[:-lost], codec)) is not None:
            return text + "\ufffd"
    return None


def _strict(octets: bytes, codec: str) -> str | None:
    if codec in _OWN:
        text = _OWN[codec](octets)
        return None if "\ufffd" in text else text
    try:
        return octets.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _forced(octets: bytes, codec: str) -> str:
    if codec in _OWN:
        return _OWN[codec](octets)
    try:
        return octets.decode(codec, "replace")
    except (UnicodeError, LookupError, ValueError):
        return octets.decode("latin-1")
