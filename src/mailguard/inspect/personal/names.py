"""Whether a short text is a Japanese name, by lists of surnames and given names: 山田 太郎, ヤマダタロウ, Taro YAMADA.

Names are looked up only where names stand: in columns, labels, address blocks and lists. A 田中さん in prose is no data
about anybody. The lists are read once, when first asked.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

TITLE = re.compile(r" ?(?:様|さま|殿|さん|氏|先生|君|ちゃん|Mr\.?|Ms\.?|Mrs\.?)$")
_TITLE_ENDS = "様ま殿ん氏生君.rs"
_KANJI = re.compile(r"[一-龠々〆ヶヵﾞ髙﨑濵德]{1,5}(?: ?[一-龠々〆ヶヵぁ-んァ-ヺー髙﨑]{1,5})")
_KANA = re.compile(r"[ァ-ヺー]{2,7}[ ・]?[ァ-ヺー]{2,7}")
_HIRAGANA = re.compile(r"[ぁ-んー]{2,7} [ぁ-んー]{2,7}")
_LATIN = re.compile(r"[A-Z][A-Za-z]{1,15},? [A-Z][A-Za-z]{1,15}")
_OLD = str.maketrans("髙﨑濵德", "高崎浜徳")
_LONGEST_SURNAME = 5
#: Texts of so many characters are remembered: words come again and again.
_SHORT = 40

#: Hepburn's spelling, vowels in the order a i u e o.
_ROWS = {
    "アイウエオ": "a i u e o", "カキクケコ": "ka ki ku ke ko", "サシスセソ": "sa shi su se so",
    "タチツテト": "ta chi tsu te to", "ナニヌネノ": "na ni nu ne no", "ハヒフヘホ": "ha hi fu he ho",
    "マミムメモ": "ma mi mu me mo", "ヤユヨ": "ya yu yo", "ラリルレロ": "ra ri ru re ro", "ワヲン": "wa o n",
    "ガギグゲゴ": "ga gi gu ge go", "ザジズゼゾ": "za ji zu ze zo", "ダヂヅデド": "da ji zu de do",
    "バビブベボ": "ba bi bu be bo", "パピプペポ": "pa pi pu pe po",
}  # fmt: skip
_SYLLABLES = {sign: latin for signs, row in _ROWS.items() for sign, latin in zip(signs, row.split(), strict=True)}


def plain_name(text: str) -> str:
    """A full name without spaces and title, or "" if the text is none."""
    return _remembered(text) if len(text) <= _SHORT else _read(text)


def _read(text: str) -> str:
    bare = text.strip()
    if bare[-1:] in _TITLE_ENDS:
        bare = TITLE.sub("", bare)
    if not 2 <= len(bare) <= 32:
        return ""
    if bare.isascii():
        known = _LATIN.fullmatch(bare) and _is_read_name(bare.replace(",", "").lower(), _romaji())
        return bare.replace(",", "") if known else ""
    if _KANJI.fullmatch(bare):
        return bare.replace(" ", "") if _is_kanji_name(bare.translate(_OLD)) else ""
    if _KANA.fullmatch(bare) or _HIRAGANA.fullmatch(bare):
        kana = "".join(chr(ord(ch) + 96) if "ぁ" <= ch <= "ん" else ch for ch in bare)
        return bare.replace(" ", "") if _is_read_name(kana, readings()) else ""
    return ""


_remembered = lru_cache(maxsize=4096)(_read)


def _is_kanji_name(name: str) -> bool:
    family, _, own = name.partition(" ")
    if own:
        return family in surnames() and (own in given() or _looks_given(own))
    # Two signs without a space between them are too often a word: 任務, 張力.
    for length in range(min(_LONGEST_SURNAME, len(name) - 1), 0, -1) if len(name) > 2 else ():
        family, own = name[:length], name[length:]
        if family in surnames() and (own in given() or (length > 1 and len(own) > 1 and _looks_given(own))):
            return True
    return False


def _looks_given(own: str) -> bool:
    """Whether a name is made of the signs that given names are made of."""
    return len(own) <= 3 and all(sign in _given_signs() for sign in own)


def _is_read_name(name: str, known: frozenset[str]) -> bool:
    for mark in (" ", "・"):
        if mark in name:
            return all(_short(part) in known for part in name.split(mark))
    return name[0] >= "ァ" and any(name[:at] in known and name[at:] in known for at in range(2, len(name) - 1))


def _short(part: str) -> str:
    """Long vowels as people write them: Satou, Satoh and Sato are one."""
    return re.sub("o[uo]|oh(?![aeiouy])", "o", part) if part.isascii() else part


@cache
def surnames() -> frozenset[str]:
    return frozenset(_words("surnames.txt"))


@cache
def given() -> frozenset[str]:
    return frozenset(_words("given.txt"))


@cache
def readings() -> frozenset[str]:
    return frozenset(_words("readings.txt"))


@cache
def _given_signs() -> frozenset[str]:
    # A sign of one name alone is too rare to make names of.
    signs = "".join(name for name in given())
    return frozenset(sign for sign in set(signs) if signs.count(sign) > 1)


@cache
def _romaji() -> frozenset[str]:
    return frozenset(_short(_latin(word)) for word in readings())


def _latin(word: str) -> str:
    """サトウ as satou (Hepburn), small signs joined: ショウ as shou."""
    out = ""
    double = False
    for sign in word:
        if sign in "ャュョ":
            vowel = {"ャ": "a", "ュ": "u", "ョ": "o"}[sign]
            out = out[:-1] + (vowel if out[-3:-1] in ("sh", "ch") or out[-2:-1] == "j" else f"y{vowel}")
        elif sign == "ッ":
            double = True
        else:
            syllable = _SYLLABLES.get(sign, "")
            out += syllable[:1] + syllable if double else syllable
            double = False
    return out


def _words(name: str) -> list[str]:
    return (files(__package__) / "data" / name).read_text("utf-8").split()
