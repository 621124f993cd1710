"""How names sound: 山田, やまだ, ヤマダ and yamada are one, and so are Satoh and Sato, Bob and Robert.

Two tables of the most usual Japanese surnames and given names with their readings, and one of English short names,
are read once when first asked. A name that is not in them is compared as it is written. Pure; never raises.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib import resources

_LONGEST = 40
_KANA = (
    "アa イi ウu エe オo カka キki クku ケke コko サsa シshi スsu セse ソso タta チchi ツtsu テte トto ナna ニni"
    " ヌnu ネne ノno ハha ヒhi フfu ヘhe ホho マma ミmi ムmu メme モmo ヤya ユyu ヨyo ラra リri ルru レre ロro"
    " ワwa ヲo ンn ヴvu ガga ギgi グgu ゲge ゴgo ザza ジji ズzu ゼze ゾzo ダda ヂji ヅzu デde ドdo バba ビbi ブbu"
    " ベbe ボbo パpa ピpi プpu ペpe ポpo"
)
_SMALL = {"ャ": "ya", "ュ": "yu", "ョ": "yo", "ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o"}
_ROMAJI = re.compile(
    r"(?:(?:[kgsztdnhbpmyrwjf]|[kgnhbpmrzdts]y|sh|ch|ts|tch|cch|kk|pp|ss|ssh|tt)?[aiueo](?:h(?![aiueoy]))?"
    r"|n'|n(?![aiueoy'])|m(?=[bpm]))+"
)
_LONG = re.compile(r"o[uoh](?![aiueoy])|o[uo](?=y)|uu|(?<=o)h$")
_KUNREI = (
    ("sya", "sha"), ("syu", "shu"), ("syo", "sho"), ("tya", "cha"), ("tyu", "chu"), ("tyo", "cho"), ("zya", "ja"),
    ("zyu", "ju"), ("zyo", "jo"), ("jya", "ja"), ("jyu", "ju"), ("jyo", "jo"), ("si", "shi"), ("zi", "ji"),
    ("di", "ji"), ("du", "zu"), ("tch", "cch"), ("mb", "nb"), ("mp", "np"), ("mm", "nm"), ("n'", "n"),
)  # fmt: skip
_TI = re.compile(r"ti")
_TU = re.compile(r"t(?:u)|(?<![sc])hu")


def fold(text: str) -> str:
    """NFKC, in lower case, without accents: the form in which names are compared."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).lower()
    if any("\u00c0" <= ch <= "\u024f" for ch in text):
        text = "".join(ch for ch in unicodedata.normalize("NFD", text) if not "\u0300" <= ch <= "\u036f")
        text = unicodedata.normalize("NFC", text)
    return text


@lru_cache(maxsize=4096)
def sound(word: str) -> str:
    """One way to write a Japanese word in Latin letters: Satoh, Satou and Sato are sato; other words as they are."""
    if not word or len(word) > _LONGEST or not _ROMAJI.fullmatch(word):
        return word
    for written, said in _KUNREI:
        word = word.replace(written, said)
    word = _TI.sub("chi", word)
    word = _TU.sub(lambda found: "tsu" if found[0] == "tu" else "fu", word)
    return _LONG.sub(lambda found: found[0][:1] if found[0] != "h" else "", word)


def is_kana(word: str) -> bool:
    """Whether a word is nothing but hiragana or katakana."""
    return bool(word) and all("\u3041" <= ch <= "\u30ff" for ch in word)


@cache
def _kana() -> dict[str, str]:
    return {one[0]: one[1:] for one in _KANA.split()}


@lru_cache(maxsize=1024)
def kana_sound(word: str) -> str:
    """Kana in Latin letters, long vowels short: やまだ, ヤマダ → yamada."""
    table, said, double = _kana(), "", False
    for raw in word[:_LONGEST]:
        ch = chr(ord(raw) + 0x60) if "\u3041" <= raw <= "\u3096" else raw
        if ch == "ッ":
            double = True
        elif ch in _SMALL:
            said = _small(said, _SMALL[ch])
        elif ch in table:
            syllable = table[ch]
            said += syllable[0] + syllable if double else syllable
            double = False
    return sound(said)


def _small(said: str, vowel: str) -> str:
    """A small kana behind a syllable: ki + ya is kya, shi + ya is sha."""
    if said.endswith(("shi", "chi", "ji")):
        return said[:-1] + vowel[-1]
    return said[:-1] + vowel if said.endswith(("i", "u", "e", "o")) else said + vowel


def _read(name: str) -> list[list[str]]:
    text = (resources.files("mailguard.insight") / "data" / name).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def _table(name: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for reading, *written in _read(name):
        said = sound(reading)
        for word in written:
            known = found.setdefault(fold(word), [])
            if said not in known:
                known.append(said)
    return {word: tuple(said) for word, said in found.items()}


@cache
def surnames() -> dict[str, tuple[str, ...]]:
    """Readings, as `sound` gives them, by surname as written."""
    return _table("surnames.txt")


@cache
def given_names() -> dict[str, tuple[str, ...]]:
    """Readings, as `sound` gives them, by given name as written."""
    return _table("given_names.txt")


@cache
def surname_sounds() -> frozenset[str]:
    """The sounds of all surnames in the table."""
    return frozenset(sound(one[0]) for one in _read("surnames.txt"))


@cache
def given_sounds() -> frozenset[str]:
    """The sounds of all Japanese given names in the table."""
    return frozenset(sound(one[0]) for one in _read("given_names.txt"))


@cache
def english() -> dict[str, frozenset[str]]:
    """English given names in all their forms, each with the forms that may mean the same person."""
    found: dict[str, set[str]] = {}
    for name, *short in _read("english.txt"):
        found.setdefault(name, set()).update(short)
        for one in short:
            found.setdefault(one, set()).add(name)
    return {name: frozenset(others) for name, others in found.items()}


@lru_cache(maxsize=4096)
def romanised(word: str) -> tuple[str, ...]:
    """How a folded name may be written in Latin letters: 山田 → yamada; 長田 → nagata, osada; satoh → sato. Empty where
    nobody knows, or where that is how it is written.
    """
    if word.isascii():
        said = sound(word)
        return (said,) if said != word and word not in english() else ()
    if is_kana(word):
        said = kana_sound(word)
        return (said,) if said else ()
    return surnames().get(word) or given_names().get(word) or ()


def split_name(word: str) -> tuple[str, str] | None:
    """A Japanese full name written in one, 山田太郎, as family and given name; None where nobody can tell."""
    if not 3 <= len(word) <= 8:
        return None
    table, given = surnames(), given_names()
    cuts = [cut for cut in range(min(3, len(word) - 1), 0, -1) if word[:cut] in table]
    for cut in cuts:
        if word[cut:] in given:
            return word[:cut], word[cut:]
    for cut in cuts:
        if cut > 1 and len(word) - cut <= 3:
            return word[:cut], word[cut:]
    return None
