"""Octets to text: by the label where the label holds, by what the octets are where it does not, by both when unsure.

A label is a claim of the sender's program. It is often wrong (us-ascii over ISO-2022-JP, iso-8859-1 over UTF-8, none at
all over Shift_JIS), and clients show what they guess. So a reading may have a second text; whoever looks for something
looks in both. Total: every octet string under every label gives a text. Nothing here raises.
"""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from mailguard.inspect.jis import decode_euc, decode_iso2022jp, has_escapes

_JIS = frozenset(
    [
        "iso-2022-jp",
        "iso-2022-jp-1",
        "iso-2022-jp-2",
        "iso-2022-jp-3",
        "iso-2022-jp-2004",
        "iso-2022-jp-ext",
        "iso-2022-jp-ms",
        "csiso2022jp",
        "csiso2022jp2",
        "iso2022jp",
        "cp50220",
        "cp50221",
        "cp50222",
        "jis",
        "jis7",
        "jis8",
        "x-jis",
    ]
)
_EUC = frozenset(
    [
        "euc-jp",
        "eucjp",
        "x-euc-jp",
        "eucjp-ms",
        "eucjp-win",
        "cp51932",
        "ujis",
        "x-euc",
        "cseucpkdfmtjapanese",
        "euc-jisx0213",
    ]
)
#: Labels whose usual decoder is not Python's codec of that name (Encoding Standard, "Names and labels").
_ALIASES = {
    label: codec
    for codec, labels in {
        "cp932": "shift_jis shift-jis shiftjis sjis x-sjis ms_kanji csshiftjis windows-31j cswindows31j ms932 cp932"
        " windows-932 x-mac-japanese",
        "gb18030": "gb2312 gbk x-gbk gb_2312-80 cp936 gb18030 euc-cn chinese iso-ir-58 windows-936",
        "big5hkscs": "big5 big5-hkscs x-x-big5 cn-big5 csbig5 cp950 windows-950",
        "cp949": "euc-kr ks_c_5601-1987 ks_c_5601 ksc5601 korean windows-949 cseuckr",
        "cp1252": "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 us-ascii ascii ansi_x3.4-1968 x-unknown",
        "cp1254": "iso-8859-9 latin5",
        "cp874": "iso-8859-11 windows-874 tis-620",
        "iso8859-8": "iso-8859-8-i",
        "iso8859-6": "iso-8859-6-i",
        "utf-8": "utf-8 utf8 x-utf-8 unicode-1-1-utf-8 cp65001 utf8mb4",
        "utf-7": "utf-7 unicode-1-1-utf-7 x-unicode-2-0-utf-7 cp65000",
        "utf-16": "unicode",
        "hz": "hz-gb-2312",
        "mac-roman": "macintosh x-mac-roman",
    }.items()
    for label in labels.split()
}
_WEAK = {"cp1252", "cp1254", "latin-1"}  # every octet is a character there: success proves nothing
_EAST_ASIAN = {"cp932", "euc", "gb18030", "big5hkscs", "cp949"}
_NOT_TEXT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "palmos", "mbcs", "oem"}
_NOT_SHOWN = re.compile(r"[\x00\u200b\ufeff\u2060\u00ad\u180e\ud800-\udfff]")
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_HIGH_OCTET = re.compile(rb"[\x80-\xff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_ODD = re.compile(
    "[\\x00-\\x08\\x0e-\\x1f\\x80-\\x9f\\ue000-\\uf8ff\\uff61-\\uff9f\ufffd\\u0370-\\u03ff\\u0400-\\u045f]"
)


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
    name = label.strip().strip("\"'").lower().replace(" ", "")
    if octets.isascii():
        return Reading(_ascii(octets, name))
    if octets[:3] == b"\xef\xbb\xbf" or octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        marked = _by_mark(octets)
        if marked is not None:
            return Reading(marked)
    return _labelled(octets, name)


def tidy(text: str) -> str:
    """Without NUL and characters that nobody sees, with line ends as LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() and "\x00" not in text else _NOT_SHOWN.sub("", text)


def codec_of(label: str) -> str | None:
    """The codec for a label, None if there is no such character set."""
    name = label.strip().strip("\"'").lower()
    if name in _JIS:
        return "jis"
    if name in _EUC:
        return "euc"
    if name in _ALIASES:
        return _ALIASES[name]
    try:
        found = codecs.lookup(name.replace("windows-", "cp"))
    except (LookupError, ValueError, TypeError):
        return None
    # Python's registry also has codecs that are no character sets (rot13, zlib, idna).
    return (
        found.name
        if getattr(found, "_is_text_encoding", True) and found.name.replace("-", "_") not in _NOT_TEXT
        else None
    )


def _ascii(octets: bytes, name: str) -> str:
    if b"\x1b" in octets and has_escapes(octets):
        return decode_iso2022jp(octets)
    codec = codec_of(name) if name and name not in ("us-ascii", "utf-8", "iso-8859-1") else None
    if codec in ("utf-7", "hz") or (codec or "").startswith(("utf-16", "utf-32")):
        return octets.decode(codec or "ascii", "replace")
    if codec == "jis":
        return decode_iso2022jp(octets)
    return octets.decode("ascii")


def _by_mark(octets: bytes) -> str | None:
    codec = "utf-8-sig" if octets[0] == 0xEF else "utf-32" if octets[:4] == b"\xff\xfe\0\0" else "utf-16"
    try:
        return octets.decode(codec)
    except UnicodeDecodeError:
        return None if codec == "utf-8-sig" else octets.decode(codec, "replace")


def _labelled(octets: bytes, name: str) -> Reading:
    if b"\x1b" in octets and has_escapes(octets):
        return Reading(decode_iso2022jp(octets))
    codec = codec_of(name) if name else None
    if codec is None or codec == "jis":
        return _guess(octets)
    if codec in _WEAK:
        return _doubt_weak(octets, octets.decode(codec, "replace"))
    text = _strict(octets, codec)
    if text is None:  # the label does not hold
        forced = _forced(octets, codec)
        if _nearly(forced, 8 if codec == "utf-8" else 50):
            return Reading(forced)
        guessed = _guess(octets)
        return Reading(guessed.text, forced) if guessed.text != forced else guessed
    if codec not in ("utf-8", "utf-16", "utf-32"):
        as_utf8 = _strict(octets, "utf-8")
        if as_utf8 is not None:  # hardly ever by chance: octets of two labels that are valid UTF-8 are UTF-8
            return Reading(as_utf8, text)
        if codec in _EAST_ASIAN and _is_doubtful(text, codec):
            return Reading(text, _guess(octets).text)
    return Reading(text)


def _is_doubtful(text: str, codec: str) -> bool:
    """Whether a text is hardly one in its charset: rare characters only, or kana where no Japanese is written."""
    return _score(text, codec) < 0.5 or (codec not in ("cp932", "euc") and _KANA.search(text) is not None)


def _nearly(text: str, share: int) -> bool:
    """Whether only one in so many characters is broken: a text cut in the middle of a character, one bad octet.

    UTF-8 is hardly ever valid by chance, so it may have more broken ones than others.
    """
    bad = text.count("\ufffd")
    return bad * share <= sum(ch > "\x7f" for ch in text[:20_000])


def _doubt_weak(octets: bytes, text: str) -> Reading:
    """A one-byte label: its text, unless the octets are plainly something else; then both."""
    as_utf8 = _strict(octets, "utf-8")
    if as_utf8 is not None:
        return Reading(as_utf8, text)
    guessed = _guess(octets)
    return Reading(text, guessed.text) if guessed.text != text else Reading(text)


def _guess(octets: bytes) -> Reading:
    """No label, or one that does not hold: UTF-8 if it is; otherwise the most plausible, and a close runner-up."""
    as_utf8 = _strict(octets, "utf-8")
    if as_utf8 is not None:
        return Reading(as_utf8)
    forced = octets.decode("utf-8", "replace")
    if _nearly(forced, 8):
        return Reading(forced)
    western = octets.decode("cp1252", "replace")
    candidates = [(_western_score(octets), western)]
    for codec, trust in (("cp932", 1.0), ("euc", 1.0), ("gb18030", 0.9), ("big5hkscs", 0.85), ("cp949", 0.85)):
        text = _strict(octets, codec)
        if text is not None:
            candidates.append((_score(text, codec) * trust, text))
    candidates.sort(key=lambda one: -one[0])
    best_score, best = candidates[0]
    if len(candidates) == 1 or best_score < 0.3:  # nothing takes it all: what is broken is still shown in part
        broken = octets.decode("cp932", "replace")
        return Reading(best, broken if _KANA.search(broken) else octets.decode("utf-8", "replace"))
    return Reading(best, candidates[1][1] if candidates[1][0] > 0.7 * best_score else "")


def _score(text: str, codec: str) -> float:
    """How much a text looks like one: the share of everyday characters; kana are the best sign, controls the worst."""
    foreign = [ch for ch in text[:4000] if ch > "\x7f"]
    if not foreign:
        return 1.0
    everyday = _everyday(codec)
    joined = "".join(foreign)
    common = sum(ch in everyday for ch in foreign) / len(foreign)
    kana = min(0.3, len(_KANA.findall(joined)) / len(foreign))
    return max(0.0, common + kana - 1.5 * len(_ODD.findall(joined)) / len(foreign))


def _western_score(octets: bytes) -> float:
    """Letters outside ASCII stand alone or in twos between others in European text, in long runs in East Asian text."""
    sample = octets[:4000]
    high = len(_HIGH_OCTET.findall(sample))
    alone = sum(len(run) for run in _HIGH_RUN.findall(sample) if len(run) <= 2)
    return 0.9 * alone / high if high else 1.0


@functools.cache
def _everyday(codec: str) -> frozenset[str]:
    """The first-level characters of a character set: the standards themselves list the frequent ones first."""
    first, last, source = {
        "gb18030": (0xB0, 0xD7, "gb2312"),
        "big5hkscs": (0xA4, 0xC6, "big5"),
        "cp949": (0xB0, 0xC8, "euc_kr"),
    }.get(codec, (0xB0, 0xCF, "euc_jp"))
    rows = [(row, row) for row in range(first, last + 1)] + [(0xA1, 0xA1), (0xA3, 0xA5)]
    octets = b"".join(
        bytes((row, cell)) for low, high in rows for row in range(low, high + 1) for cell in range(0xA1, 0xFF)
    )
    return frozenset(octets.decode(source, "ignore"))


_OWN: dict[str, Callable[[bytes], str]] = {"jis": decode_iso2022jp, "euc": decode_euc}


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
