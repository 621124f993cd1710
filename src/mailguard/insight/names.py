"""The words of a name, from an address and a display name: "Smith, John (Legal)", "YAMADA Taro", 山田 太郎, t-yamada@.

What people are called, to be compared with whom a text greets and with the names beside other addresses: folded, in
lower case, honorifics, titles and forms of companies left out. Where the order of two names is not seen from a comma,
from capitals or from a table of Japanese names, the given name is taken to be first. Pure, bounded; never raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from mailguard.insight.readings import (
    english,
    fold,
    given_sounds,
    is_kana,
    romanised,
    sound,
    split_name,
    surname_sounds,
    surnames,
)
from mailguard.mail.values import value

_LONGEST = 120
_MOST = 8
_HONORIFIC = re.compile(r"(?:様方|様|さま|さん|殿|氏|先生|君|くん|ちゃん|御中|宛)$")
_TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor sir jr sr ii iii iv phd md esq cpa mba san sama the via behalf of on and"  # noqa: SIM905
    " for inc ltd corp corporation llc llp gmbh ag plc kk k.k co company group limited team dept department 社長"
    " 副社長 会長 専務 常務 取締役 執行役員 本部長 部長 次長 課長 係長 主任 室長 所長 支店長 店長 工場長 局長"
    " リーダー マネージャー 主査 顧問 代表 担当 代表取締役 代表取締役社長 株式会社 有限会社 合同会社 (株) (有)"
    " (合)".split()
)
_OFFICE_HELD = re.compile(
    r"(?<=.)(?:代表取締役|取締役|執行役員|副社長|社長|会長|専務|常務|本部長|副部長|部長|次長|課長|係長|主任|室長|所長|支店長|店長|工場長|局長|リーダー|教授)$"
)
_FORM = re.compile(r"株式会社|有限会社|合同会社|合資会社|(?:一般|公益)?(?:社団|財団)法人|\((?:株|有|合|同|社|財)\)")
_OFFICE = re.compile(
    r".{1,12}(?:部|課|室|係|局|班|グループ|チーム|センター|本部|支店|支社|営業所|事業所|工場|事務局|窓口)"
)
_ASIDE = re.compile(r"[(\[<【〔「][^)\]>】〕」]{0,60}[)\]>】〕」]?")
_CUT = re.compile(r"/|@|\s[-–|:]\s|\s(?:via|c/o)\s")
_SPLIT = re.compile(r"[\s\u3000・,;_\"]+")
_EDGES = ".'’`\"“”*-"
_FIGURES = "0123456789"
_PART = re.compile(r"[._\-=\s]+")
_KANJI = re.compile(r"[\u3400-\u9fff\uf900-\ufaff々〆ヶ𠮷]")


@value(frozen=True, slots=True)
class NameWords:
    """first, last: given name (or its initial) and family name, "" where it is not known which is which; others: every
    other word: other ways to write the name, a company beside it. All folded (`readings.fold`).
    """

    first: str = ""
    last: str = ""
    others: tuple[str, ...] = ()

    @property
    def full(self) -> str:
        """Given and family name with a space between, "" unless both are known in full."""
        return f"{self.first} {self.last}" if len(self.first) > 1 and self.last else ""

    @property
    def said(self) -> tuple[str, str]:
        """Given and family name as they sound, so that 山田 太郎 <x@>, YAMADA Taro and taro.yamada@ are one; "" where
        they are not known. A name with several readings has its most usual one.
        """
        return _said(self.first), _said(self.last)

    def called(self) -> frozenset[str]:
        """Every word that may be said to this person: names, their readings, English short names. No initials."""
        words = {word for word in (self.first, self.last, *self.others) if len(word) > 1 or not word.isascii()}
        for word in tuple(words):
            words.update(romanised(word))
        for word in (self.first, *self.others):
            words.update(english().get(word, ()))
        return frozenset(words)

    def fits(self, word: str) -> float:
        """How well a folded word by which somebody is greeted fits this name: 1.0 it is one of its words; 0.5 it may be
        (an initial that agrees, a part of a longer name, a writing that cannot be compared); 0.0 it is another name.
        """
        called = self.called()
        if word in called or not called.isdisjoint(romanised(word)):
            return 1.0
        said = {word, *romanised(word)}
        latin = [one for one in said if one.isascii()]
        known = [one for one in called if one.isascii()]
        if not called or not (latin and known):
            return 0.5  # nothing that could be compared
        if any(_part(one, other) for one in latin for other in known):
            return 0.5
        if not self.last and not self.first:
            return 0.5  # info@, b1203@, jsmith@: nobody can say whose address it is
        initials = {self.first} if len(self.first) == 1 else set()
        return 0.5 if any(one[0] in initials for one in latin) else 0.0


def misfit(words: Iterable[str], names: Sequence[NameWords]) -> bool:
    """Whether somebody else is greeted: one of the words (`greeted`) is nobody's of these, and none surely somebody's.

    Never true where a recipient's name is not known: behind info@ may sit anybody.
    """
    best = [max((name.fits(word) for name in names), default=0.5) for word in words]
    return bool(best) and min(best) == 0.0 and max(best) < 1.0


def _said(word: str) -> str:
    return next(iter(romanised(word)), word)


def _part(one: str, other: str) -> bool:
    """Whether two Latin words begin alike for so long that one may be short for the other: fletch, fletcher."""
    shorter = min(len(one), len(other))
    return shorter >= 3 and one[: max(3, shorter - 1)] == other[: max(3, shorter - 1)]


NOBODY = NameWords()


@lru_cache(maxsize=4096)
def name_words(address: str, display_name: str = "") -> NameWords:
    """The words of a name. address: in lower case, "" if there is none; display_name: as a header shows it, decoded."""
    shown = _of_display(display_name) if display_name else NOBODY
    written = _of_local(address.rpartition("@")[0][:64]) if address else NOBODY
    if not shown.last and not shown.first:
        others = dict.fromkeys((*written.others, *shown.others))
        return NameWords(written.first, written.last, tuple(others)[:_MOST])
    more = dict.fromkeys(
        (*shown.others, written.last, *written.others, written.first if len(written.first) > 1 else "")
    )
    for known in ("", shown.first, shown.last):
        more.pop(known, None)
    return NameWords(shown.first, shown.last, tuple(more)[:_MOST])


def _of_display(text: str) -> NameWords:
    """A display name taken apart."""
    text = text[:_LONGEST]
    if not text.isascii():
        text = fold_width(text)
    company, text = _company(text)
    aside = _ASIDE.findall(text)
    text = _ASIDE.sub(" ", text)
    if cut := _CUT.search(text):
        text = text[: cut.start()]
    comma = "," in text and text.isascii()
    raw = [word.strip(_EDGES) for word in _SPLIT.split(text)]
    words = [one for word in raw[:12] if (one := bare(word)) and not _is_title(one)][:6]
    found = _in_order(words, comma)
    others = [*found.others, *company]
    if any(map(_KANJI.search, words)):  # 山田 太郎 (Yamada Taro): the reading is a name too
        read = [word for one in aside for word in _SPLIT.split(one[1:-1]) if word.isalpha() and not _is_title(word)]
        others += map(fold, read)
    return NameWords(found.first, found.last, tuple(dict.fromkeys(others)))


def fold_width(text: str) -> str:
    """NFKC alone: the case still tells SMITH John from John Smith."""
    return unicodedata.normalize("NFKC", text)[: 2 * _LONGEST]


def bare(word: str) -> str:
    """A word without the honorific and the office held that are written on behind it."""
    if word.isascii():
        return word
    word = _HONORIFIC.sub("", word)
    return word if _is_title(word) else _OFFICE_HELD.sub("", word)


def _company(text: str) -> tuple[list[str], str]:
    """The name beside a form of company, and the text without both: 株式会社B 山田, B(株) 山田."""
    form = None if text.isascii() else _FORM.search(text)
    if form is None:
        return [], text
    before, after = text[: form.start()], text[form.end() :]
    head = before.split()[-1:] if before and not before[-1].isspace() else []
    if head:
        return [fold(head[0])], before[: len(before) - len(head[0])] + " " + after
    words = after.split(maxsplit=1)
    return ([fold(words[0])], before + " " + "".join(words[1:])) if words else ([], before)


def _is_title(word: str) -> bool:
    return word.lower().strip(".") in _TITLES or (not word.isascii() and _OFFICE.fullmatch(word) is not None)


def _in_order(words: list[str], comma: bool) -> NameWords:
    """Given and family name of a few words."""
    japanese = [word for word in words if not word.isascii() and (_KANJI.search(word) or is_kana(word))]
    if japanese:
        return _japanese([fold(word) for word in japanese], [fold(word) for word in words if word not in japanese])
    folded = [fold(word) for word in words]
    if not folded:
        return NOBODY
    if len(folded) == 1:
        return _of_local(folded[0])
    first, last, rest = folded[0], folded[-1], folded[1:-1]
    if comma:
        first, last, rest = folded[1], folded[0], folded[2:]
    elif _shouted_first(words) or _family_first(first, last):
        first, last = last, first
    if len(last) == 1 and len(first) > 1 and not comma:  # "John S"
        return NameWords(first, "", tuple(rest))
    return NameWords(first, last, tuple(word for word in rest if len(word) > 1))


def _shouted_first(words: list[str]) -> bool:
    """YAMADA Taro: the name in capitals is the family's."""
    return words[0].isupper() and len(words[0]) > 1 and not words[-1].isupper()


def _japanese(words: list[str], others: list[str]) -> NameWords:
    """山田 太郎, 山田太郎, 山田: the family name is first."""
    if len(words) > 2 and words[0] not in surnames() and words[1] in surnames():
        others, words = [words[0], *others], words[1:]  # a company without its form
    if len(words) == 1:
        pair = split_name(words[0])
        return NameWords(pair[1], pair[0], tuple(others)) if pair else NameWords("", words[0], tuple(others))
    return NameWords(words[1], words[0], (*others, *words[2:]))


def _family_first(one: str, two: str) -> bool:
    """Whether two Latin words are a Japanese family and given name in this order."""
    one, two = sound(one), sound(two)
    families, given = surname_sounds(), given_sounds()
    if one not in families:
        return False
    if len(two) == 1:
        return True
    return (two in given and one not in given) or (two not in families and (two in given or one not in given))


def _of_local(local: str) -> NameWords:
    """A local part taken apart."""
    local = fold(local.partition("+")[0] or local)
    parts = [one for part in _PART.split(local)[:6] if (one := part.strip(_FIGURES + "'"))]
    if not parts:
        return NOBODY
    if len(parts) == 1:
        return _of_word(parts[0])
    first, last = parts[0], parts[-1]
    if (len(last) == 1 and len(first) > 1) or _family_first(first, last):
        first, last = last, first
    return NameWords(first, last, tuple(part for part in parts[1:-1] if len(part) > 1))


def _of_word(word: str) -> NameWords:
    """One word: yamada, tyamada, yamadat, taroyamada; or an English name with an initial before or behind it."""
    said, families = sound(word), surname_sounds()
    if said in families:
        return NameWords("", word)
    if word in english() or said in given_sounds():
        return NameWords(word)
    if len(word) > 4:
        if sound(word[1:]) in families:
            return NameWords(word[0], word[1:], (word,))
        if sound(word[:-1]) in families:
            return NameWords(word[-1], word[:-1], (word,))
        for cut in range(3, min(len(word) - 2, 12)):
            one, two = word[:cut], word[cut:]
            if sound(one) in families and sound(two) in given_sounds():
                return NameWords(two, one, (word,))
            if sound(two) in families and sound(one) in given_sounds():
                return NameWords(one, two, (word,))
            if one in english() and two.isalpha() and len(two) > 2:
                return NameWords(one, two, (word,))
        return NameWords("", "", (word, word[1:], word[:-1]))
    return NameWords("", "", (word,))
