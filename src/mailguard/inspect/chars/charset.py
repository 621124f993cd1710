"""Octets to text: by the label where the label holds, by what the octets are where it does not, by both when unsure.

A label is a claim of the sender's program. It is often wrong (us-ascii over ISO-2022-JP, iso-8859-1 over UTF-8, none at
all over Shift_JIS), and clients show what they guess. So a reading may have a second text; whoever looks for something
looks in both. Total: every octet string under every label gives a text without NUL and surrogates. Nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailguard.inspect.chars import utf
from mailguard.inspect.chars.guess import (
    GUESSED,
    THREE_OCTETS,
    UTF8,
    Reading,
    better,
    by_lines,
    cut,
    forced,
    guess,
    is_doubtful,
    is_plausible,
    nearly,
    strict,
    under_western,
)
from mailguard.inspect.chars.jis import decode_iso2022jp, has_escapes, has_shifted_kana, restored
from mailguard.inspect.chars.labels import JIS, codec_of
from mailguard.inspect.chars.sight import few_marks, mirrored, tidy, visible

__all__ = ["Reading", "codec_of", "decode", "decode_each", "mirrored", "tidy", "visible"]

_WEAK = {"cp1252", "cp1254", "latin-1", "iso8859-15", "mac-roman"}  # nearly every octet is a character there
_WIDE = ("utf-16", "utf-32", "utf_16", "utf_32")
_SEVEN_BITS: dict[str, Callable[[bytes], str]] = {"utf-7": utf.utf7, "imap": utf.imap_utf7}
_ALPHABETIC = re.compile("[\x00-\u017f\u0400-\u045f]*")
_BAD = re.compile("[\\x00\\ud800-\\udfff]")
_ASCII_LINE = re.compile(rb"[0-9]{8}|[A-Za-z0-9]{14}")


def decode(octets: bytes, label: str = "") -> Reading:
    """Decode octets under a label ("" if none was given). Never raises."""
    reading = _read(octets, codec_of(label) if label else None)
    text = reading.text if reading.text.isascii() else few_marks(_BAD.sub("", reading.text))
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text is reading.text and not reading.second:
        return reading
    second = few_marks(_BAD.sub("", reading.second))
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


def _read(octets: bytes, codec: str | None) -> Reading:
    if not octets:
        return Reading("")
    if octets[0] in b"\xef\xff\xfe\0" and (marked := utf.by_mark(octets)) is not None:
        return Reading(marked)
    if b"\0" in octets and (codec is None or not codec.startswith(_WIDE)):
        # Readers in C stop at a zero, others skip it: skipping sees more.
        skipped = _read(octets.replace(b"\0", b""), codec)
        zeros = utf.by_zeros(octets)
        return skipped if zeros is None else Reading(zeros, skipped.text)
    if codec is not None and codec.startswith(_WIDE):
        return _wide(octets, codec)
    if b"\x1b" in octets and has_escapes(octets):
        return _escaped(octets, codec)
    return _ascii(octets, codec) if octets.isascii() else _labelled(octets, codec)


def _wide(octets: bytes, codec: str) -> Reading:
    """A label of UTF-16 or UTF-32; it lies over octets that are plain text."""
    text, second = utf.wide(octets, codec)
    plain = b"\0" not in octets and (octets.isascii() or strict(octets, "utf-8") is not None)
    if not plain:
        return Reading(text, second)
    as_utf8 = octets.decode("utf-8")
    return Reading(as_utf8, text) if utf.likeliest(text) < 0.9 else Reading(text, as_utf8)


def _escaped(octets: bytes, codec: str | None) -> Reading:
    """Escapes of ISO 2022 inside: read by them. Under another label a client may show the octets as they are."""
    text = decode_iso2022jp(octets)
    if codec == JIS:
        return Reading(text)
    if not is_doubtful(text, "cp932") and not _ASCII_LINE.search(octets):
        return Reading(text)
    if codec is None or octets.isascii():
        return Reading(text, octets.decode("ascii", "replace"))
    return Reading(text, forced(octets, codec))


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
    if b"$B" in octets:
        with_escapes = restored(octets)
        if with_escapes is not None:
            return Reading(decode_iso2022jp(with_escapes), text)
    if b"~{" in octets or b"+" in octets:
        return Reading(text, utf.unlabelled_7bit(octets) or "")
    return Reading(text)


def _labelled(octets: bytes, codec: str | None) -> Reading:
    if codec in (None, JIS, "ascii"):
        return guess(octets)
    assert codec is not None
    if codec in _SEVEN_BITS:
        return Reading(guess(octets).text, _SEVEN_BITS[codec](octets))
    if codec in _WEAK:
        return under_western(octets, octets.decode(codec, "replace"))
    text = strict(octets, codec)
    if text is None:
        return _label_fails(octets, codec)
    if codec == "utf-8":
        return Reading(text)
    as_utf8 = strict(octets, "utf-8")
    if as_utf8 is None:
        return Reading(text, better(octets, text, codec) if codec in GUESSED else "")
    if codec not in GUESSED or THREE_OCTETS.search(octets):
        return Reading(as_utf8, text)  # hardly ever by chance: octets of two labels that are valid UTF-8 are UTF-8
    return Reading(text, as_utf8 if _ALPHABETIC.fullmatch(as_utf8) else "")


def _label_fails(octets: bytes, codec: str) -> Reading:
    """A label that does not hold for every octet: a character cut or broken, lines of two charsets, or another one."""
    if codec != "utf-8" and (as_utf8 := strict(octets, "utf-8")) is not None:
        return Reading(as_utf8)
    whole = cut(octets, codec)
    if whole is not None and (codec == "utf-8" or not is_doubtful(whole, codec)):
        return Reading(whole)
    if codec == "utf-8" and (loose := utf.loose_utf8(octets)) is not None:
        return Reading(loose, octets.decode("utf-8", "replace"))
    if (mixed := by_lines(octets, UTF8 if codec == "utf-8" else THREE_OCTETS)) is not None:
        return Reading(mixed)
    broken = forced(octets, codec)
    if nearly(broken, 8 if codec == "utf-8" else 30):
        return Reading(broken)
    guessed = guess(octets)
    if is_plausible(broken, codec):
        return Reading(guessed.text, guessed.second or broken)
    return guessed
