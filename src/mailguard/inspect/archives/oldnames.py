"""File names as old archivers wrote them: octets without a word about their charset.

UTF-8 proves itself; else the sender's Windows is taken for Japanese, his Unix for EUC, unless that makes no sense and
western letters do. Total: every sequence of octets gives a name.
"""

from __future__ import annotations

import re

# An accented letter of cp437 in the middle of a western word ("schön"): its octet between two small letters.
_ACCENTS = re.compile(rb"(?:[ -~]|(?<=[a-z])[\x80-\xa5\xe1](?=[a-z]))+")
#: Words in half-width kana, which the octets of short words in EUC may be too.
_KANA_WORDS = re.compile(rb"[\x00-\x7f\xa6-\xdf]*")
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_KANA_ONLY = re.compile("[ -~\u3040-\u30ff\uff01-\uff5e]*")


def old_name(raw: bytes, *, unix: bool = False) -> str:
    """The name that these octets most likely mean. unix: written by a program of that world."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    japanese = _decoded(raw, "cp932")
    if japanese is None or _is_western(raw, japanese):
        return _decoded(raw, "euc_jp") or raw.decode("cp437")
    if not unix and _KANA_WORDS.fullmatch(raw):
        return japanese
    letters = sum(not ch.isascii() for ch in japanese)
    if 2 * len(_HALF_KANA.findall(japanese)) >= letters:  # EUC read as Windows is mostly half-width kana
        return _decoded(raw, "euc_jp") or japanese
    return japanese


def _decoded(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return None


def _is_western(raw: bytes, japanese: str) -> bool:
    return _ACCENTS.fullmatch(raw) is not None and _KANA_ONLY.fullmatch(japanese) is None
