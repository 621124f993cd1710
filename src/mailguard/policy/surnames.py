"""Japanese surnames and their readings, and kana in Latin letters: enough to compare 田中様 with tanaka@. Pure; one
data file, read once.

Where a reading is not known nothing is guessed: the comparison cannot be made, and whoever asks says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources

_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ", "h": "ハヒフヘホ",
    "m": "マミムメモ", "r": "ラリルレロ", "g": "ガギグゲゴ", "z": "ザジズゼゾ", "d": "ダヂヅデド", "b": "バビブベボ",
    "p": "パピプペポ",
}  # fmt: skip
_KANA = {kana: head + vowel for head, row in _ROWS.items() for kana, vowel in zip(row, "aiueo", strict=True)}
_KANA |= {"ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ワ": "wa", "ヲ": "o", "ン": "n", "ヴ": "bu", "ー": ""}
_SMALL = {"ャ": "ya", "ュ": "yu", "ョ": "yo"}
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
#: Spellings of one sound (Kunrei, Hepburn, long vowels) made one. The order matters.
_SOUNDS = (
    ("shi", "si"), ("sh", "sy"), ("chi", "ti"), ("ch", "ty"), ("tsu", "tu"), ("fu", "hu"), ("ji", "zi"), ("jy", "zy"),
    ("j", "zy"), ("di", "zi"), ("du", "zu"), ("mb", "nb"), ("mp", "np"), ("mm", "nm"),
    ("ou", "o"), ("oo", "o"), ("uu", "u"),
)  # fmt: skip
_LONG_O = re.compile(r"oh(?![aiueoy])")


def sound(latin: str) -> str:
    """Latin letters by their Japanese sound: satoh, satou and sato are one. Meant for comparing only."""
    text = _LONG_O.sub("o", latin.lower())
    for written, one in _SOUNDS:
        text = text.replace(written, one)
    return text


def _readings() -> dict[str, tuple[str, ...]]:
    text = (resources.files("mailguard.policy") / "data" / "surnames.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {name: tuple(readings) for name, *readings in rows}


#: Readings of the surnames in the list, as people write them in addresses (Hepburn).
WRITTEN = _readings()
#: The same as `sound` gives them.
SURNAMES = {name: frozenset(map(sound, readings)) for name, readings in WRITTEN.items()}
#: All of these readings.
SOUNDS = frozenset(one for readings in SURNAMES.values() for one in readings)


def is_kana(text: str) -> bool:
    """Whether it is written in kana only."""
    return bool(text) and all("\u3041" <= ch <= "\u30ff" for ch in text)


def kana_sound(kana: str) -> str:
    """Kana (either kind) as `sound` gives it; "" if a sign is not known."""
    out: list[str] = []
    doubled = False
    for ch in kana.translate(_TO_KATAKANA):
        if ch == "ッ":
            doubled = True
            continue
        if ch in _SMALL and out and out[-1].endswith("i"):
            out[-1] = out[-1][:-1] + _SMALL[ch]
            continue
        if ch not in _KANA:
            return ""
        syllable = _KANA[ch]
        out.append(syllable[:1] + syllable if doubled else syllable)
        doubled = False
    return sound("".join(out))


def surname_in(words: Sequence[str]) -> str:
    """The surname among the words of a name (policy.names.name_parts), as it stands there; "" if none is known."""
    for word in words:
        if word.isascii():
            if word.isalpha() and sound(word) in SOUNDS:
                return word
            continue
        lengths = (length for length in (len(word), 3, 2, 1) if word[:length] in SURNAMES)
        return word[: next(lengths, 0)]  # 田中太郎 without a blank: the longest surname
    return ""


def sounds_of(name: str) -> frozenset[str]:
    """How a surname may sound; empty if that is not known. name: one word, folded."""
    if name.isascii():
        return frozenset({sound(name)}) if name.isalpha() else frozenset()
    if is_kana(name):
        return frozenset({kana_sound(name)} - {""})
    return SURNAMES.get(name, frozenset())
