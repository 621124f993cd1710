"""One spelling for one number: the folding of a text before anything is looked for in it.

NFKC makes full-width digits, letters and spaces plain; digits of every script, in circles, struck out or written as
kanji are digits, dates in kanji too; every kind of hyphen becomes "-"; an address that is spelt out for people has its
"@"; what spreadsheets make of long numbers (4.111111111111111E+15, 4111111111111111.0) is written out again. Pure,
linear, never raises. Positions in what comes back are positions in the folded text, which is what people are shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

#: Everything that looks like a hyphen; and what does so only between digits, since in words it is the long vowel.
_HYPHENS = re.compile("[\u2010-\u2015\u2212\u2043\u2500\u2501\ufe63\ufe58\uff0d]")
_VOWELS = re.compile("[\u30fc\uff70\u4e00](?<=[0-9)].)(?=[(0-9])")
#: Telephone numbers as they stood in print: 03・1234・5678.
_DOTTED = re.compile("0(?<![0-9・].)([0-9]{1,4})・([0-9]{1,4})・([0-9]{3,4})(?![0-9・])")
_DOT = re.compile("・(?<=[0-9]・)[0-9]")
#: Signs without width: a number that holds them looks whole to whoever reads it.
_NOTHING = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
#: Where the signs are that NFKC changes; those that join with the one before them need the whole text.
_CHANGED = (
    "[\u00a0-\u00bf\u0132-\u017f\u01c4-\u01f3\u02b0-\u02ff\u1d00-\u1dbf\u2000-\u2fff\u3000\u309f\u30ff\u3130-\u33ff"
    "\uf900-\uffef\U0001d400-\U0001d7ff\U0001f100-\U0001f2ff\U0001fbf0-\U0001fbf9\U0002f800-\U0002fa1f]"
)
_COMPATIBLE = re.compile(f"{_CHANGED}{_CHANGED}*+")  # a pattern that begins with one sign is found fast
#: Digits of other scripts; in black circles and the like, which NFKC leaves alone.
_SCRIPTS = re.compile("[\u0660-\u1c59\ua620-\uabf9\U000104a0-\U0001e959](?<=\\d)")
_CIRCLED = re.compile("[\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792]")
#: Letters of symbol fonts, as Office writes them into texts.
_SYMBOLS = re.compile("[\uf030-\uf039]")
#: Strokes, rings and keys around a digit; a blank of Braille.
_AROUND = re.compile("(?<=[0-9])[\u0300-\u036f\u0488\u0489\u20d0-\u20f0\ufe0f]+")
#: What any of these and of the ones above has: most texts have none.
_RARE = re.compile(
    "[\u0300-\u036f\u0488\u0489\u0660-\u1c59\u20d0-\u20f0\u24ff\u2776-\u2792\u2800\ua620-\uabf9\uf030-\uf039\ufe0f"
    "\U000104a0-\U0001e959]"
)
#: Digits written as kanji, one after another as in vertical writing: a telephone number at least.
_KANJI = re.compile("[〇零一二三四五六七八九](?:[-ー・ ]?[〇零一二三四五六七八九]){8,}")
_KANJI_DIGITS = str.maketrans("〇零一二三四五六七八九ー", "00123456789-")
#: Dates written so, as in certificates: 昭和五十六年三月四日, 一九八一年十二月三十一日.
_KANJI_DATE = re.compile(
    "(?P<year>[〇零元一二三四五六七八九十百千]{1,8}) ?年 ?(?P<month>[一二三四五六七八九十]{1,2}) ?月"
    " ?(?P<day>[一二三四五六七八九十]{1,3}) ?日"
)
#: An address that is written so that programs shall not find it: taro(at)example.co.jp, taro [at] example [dot] com.
_SPELT = re.compile(
    r"(?<=[A-Za-z0-9]) ?[(\[{<【〔](?:at|@|アット(?:マーク)?|あっと(?:まーく)?)[)\]}>】〕] ?"
    r"(?P<domain>[a-z0-9-]+(?:(?:\.| ?[(\[] ?(?:dot|ドット) ?[)\]] ?)[a-z0-9-]+){0,6}"
    r"(?:\.| ?[(\[] ?(?:dot|ドット) ?[)\]] ?)[a-z]{2,24})(?![a-z0-9-])",
    re.IGNORECASE,
)
_SPELT_DOT = re.compile(r" ?[(\[] ?(?:dot|ドット) ?[)\]] ?", re.IGNORECASE)
_SPELT_SIGN = re.compile(r"[)\]}>】〕](?<=[tT@トクとく].)")
#: Letters and signs of most Japanese text, of which the patterns above have none, nor the next two.
_PLAIN = re.compile("[\t-~\u3001-\u3098\u309b-\u309e\u30a0-\u30fe\u3400-\u9fff\ufffd]*+")
_JOINING = re.compile("[\u0300-\u036f\u0591-\u2000\u3099\u309a]")
#: The lines of tables that are drawn in plain text, corners included.
_BOX = re.compile("[\u2502\u2503\u250c-\u254b\u2551]")
_EITHER = re.compile(_HYPHENS.pattern[:-1] + _NOTHING.pattern[1:-1] + _BOX.pattern[1:-1] + _JOINING.pattern[1:])
_FLOAT = re.compile(r"(?<![0-9.])([0-9]{7,19})\.0{1,4}(?![0-9.])")
_SCIENTIFIC = re.compile(r"(?<![0-9A-Za-z.])([1-9])\.([0-9]{8,18})[Ee]\+?(1[0-8])(?![0-9A-Za-z.])")


#: A long text is folded in slices that end with a line: whoever changes letters needs many times their memory.
_SLICE = 2**19


def fold(text: str) -> str:
    """A text in which the same number always looks the same."""
    return _folded(text) if len(text) <= _SLICE else "".join(map(_folded, _slices(text)))


def has_digits(text: str) -> bool:
    """Whether a folded text has a digit: a look for one sign takes next to nothing, a pattern much."""
    return (
        "0" in text or "1" in text or "2" in text or "3" in text or "4" in text or "5" in text or "6" in text
        or "7" in text or "8" in text or "9" in text
    )  # fmt: skip


def lower(text: str) -> str:
    """A text in lower case, of the same length."""
    if text.isascii():
        return text.lower()
    pieces = [text[at : at + _SLICE].replace("\u0130", "I").lower() for at in range(0, len(text), _SLICE)]
    small = "".join(pieces)
    return small if len(small) == len(text) else text


def _slices(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start + _SLICE) + 1 or len(text)
        yield text[start:end]
        start = end


def _folded(text: str) -> str:
    if not text.isascii():
        is_plain = _PLAIN.fullmatch(text) is not None
        if not is_plain:
            text = _compatible(text)
        if _has_kanji_digit(text):
            if "年" in text:
                text = _KANJI_DATE.sub(_date, text)
            text = _KANJI.sub(lambda match: match.group().translate(_KANJI_DIGITS), text)
        if "\u30fb" in text and _DOT.search(text):
            text = _DOTTED.sub(r"0\1-\2-\3", text)
        if "\u30fc" in text or "\u4e00" in text:
            text = _VOWELS.sub("-", text)
        if not is_plain and _RARE.search(text):
            text = _SYMBOLS.sub(lambda match: chr(ord(match.group()) - 0xF000), text)
            text = _AROUND.sub("", _CIRCLED.sub(_digit, _SCRIPTS.sub(_digit, text))).replace("\u2800", " ")
    # Single signs are looked for at a hundredth of what the pattern takes, and most texts have few of them.
    if (")" in text or "]" in text or "}" in text or ">" in text or "】" in text or "〕" in text) and (
        _SPELT_SIGN.search(text)
    ):
        text = _SPELT.sub(_address, text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "0" in text and ".0" in text:
        text = _FLOAT.sub(r"\1", text)
    if "1" in text and ("E+1" in text or "e+1" in text or "E1" in text):
        text = _SCIENTIFIC.sub(_written_out, text)
    return text


def _compatible(text: str) -> str:
    """In NFKC, with one kind of hyphen and without signs that have no width."""
    whole = False
    if _EITHER.search(text):  # one look for both, since most texts have neither
        text = _BOX.sub("|", _HYPHENS.sub("-", _NOTHING.sub("", text)))
        whole = _JOINING.search(text) is not None
    return unicodedata.normalize("NFKC", text) if whole else _COMPATIBLE.sub(_plain, text)


def _has_kanji_digit(text: str) -> bool:
    return (
        "一" in text or "二" in text or "三" in text or "四" in text or "五" in text or "六" in text or "七" in text
        or "八" in text or "九" in text or "〇" in text or "零" in text
    )  # fmt: skip


def _plain(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match.group())


def _digit(match: re.Match[str]) -> str:
    return str(unicodedata.digit(match.group()))


def _date(match: re.Match[str]) -> str:
    year, month, day = (_kanji_number(match[name]) for name in ("year", "month", "day"))
    return f"{year}年{month}月{day}日"


def _kanji_number(written: str) -> str:
    """五十六 and 五六 as 56, 千九百八十一 as 1981; 元, and what is no number, as it is."""
    total, rest = 0, written
    for sign, worth in (("千", 1000), ("百", 100), ("十", 10)):
        before, found, after = rest.partition(sign)
        if found:
            if len(before) > 1:
                return written
            total, rest = total + worth * int(before.translate(_KANJI_DIGITS) or 1), after
    digits = rest.translate(_KANJI_DIGITS)
    if not total:
        return digits
    return str(total + int(digits or 0)) if len(digits) < 2 else written


def _address(match: re.Match[str]) -> str:
    return "@" + _SPELT_DOT.sub(".", match["domain"])


def _written_out(match: re.Match[str]) -> str:
    """4.111111111111111E+15 as 4111111111111111; what has lost more than one digit stays as it is."""
    fraction, power = match.group(2), int(match.group(3))
    if not power - 1 <= len(fraction) <= power:
        return match.group()
    return match.group(1) + fraction.ljust(power, "0")
