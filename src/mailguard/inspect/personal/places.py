"""Postal addresses: Japanese ones with or without their prefecture, and those in Latin letters.

An address is a municipality that exists (data/municipalities.txt, after Japan Post) or any place after a prefecture,
with a block number behind it: 横浜市西区みなとみらい2-3-1, 札幌市中央区北一条西二丁目. Anchored at the sign for a city,
ward or village, so that other text costs nothing; never raises.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from mailguard.inspect.personal.finds import Finds

_KANJI = "〇一二三四五六七八九"
_BLOCK = (
    r"(?:[0-9]{1,4}|[〇一二三四五六七八九十百]{1,5})丁目(?:[0-9〇一二三四五六七八九十百]{1,5}(?:番地?の?|-|"
    r"号|$)(?:[0-9〇一二三四五六七八九十百]{1,5}号?)?(?:-[0-9]{1,4})*)?"
    r"|(?:[0-9]{1,5}|[〇一二三四五六七八九十百]{1,7})番地?(?:[の-]?[0-9一二三四五六七八九十]{1,4}号?)?"
    r"|[0-9]{1,5}(?:[-の][0-9]{1,5}){1,4}"
    r"|[0-9]{1,5}(?=[ \t]*(?:$|[\n\t,\"]))"
)
_TAIL = re.compile(
    rf" ?([^\s,、。:;!?()「」\"|"
    rf"0-9]{{0,24}}?(?:[0-9]{{1,2}}条[東西南北]?)?) ?({_BLOCK})"
    r"(?![0-9/年月日時分人件円%社名個本台回歳倍軒世戸校か]|-[0-9])",
    re.MULTILINE,
)
_SIGN = re.compile(r"[市区町村郡](?= ?[^\s,、。0-9]{0,24} ?[0-9〇一二三四五六七八九十])")
#: Telephone numbers and dates are no blocks.
_NO_BLOCK = re.compile(r"0|(?:19|20)[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}$")
_JOINTS = re.compile(r"丁目(?=[0-9])|番地?の?(?=[0-9])|の(?=[0-9])")
_NUMERAL = re.compile(r"[〇一二三四五六七八九十百]{1,7}(?=丁目|番|号)|(?<=番地)[〇一二三四五六七八九十]{1,4}")
_LATIN = re.compile(
    r"(?<![0-9-])[0-9]{1,4}(?:-[0-9]{1,4}){1,2},? (?:[A-Z][A-Za-z'-]{1,20},? ){1,3}?"
    r"[A-Z][A-Za-z]{1,20}(?:-(?:ku|shi|gun|machi|cho|mura)|,? (?:Tokyo|Osaka|Kyoto|Japan))\b"
)
#: What an address in Latin letters alone has.
IN_LATIN = ("-ku", "Japan")
_PREFECTURE = re.compile("東京都|北海道|[京大][都阪]府|県")
_LONGEST = 12


@cache
def prefectures() -> frozenset[str]:
    return frozenset(line.split(" ", 1)[0] for line in _lines())


@cache
def municipalities() -> frozenset[str]:
    """Every municipality, with and without its county, and the cities of which wards are listed."""
    names: set[str] = set()
    for line in _lines():
        for name in line.split(" ")[1:]:
            names.add(name)
            names.update(name[at + 1 :] for at in range(1, len(name) - 2) if name[at] == "郡")
            names.update(name[: at + 1] for at in range(1, len(name) - 1) if name[at] == "市" and name[-1] == "区")
    return frozenset(names)


def find_places(text: str, finds: Finds) -> None:
    """Add the postal addresses of a folded text."""
    done = 0
    for match in _SIGN.finditer(text):
        sign = match.end()
        if sign <= done or (start := _start(text, sign)) < 0:
            continue
        tail = _TAIL.match(text, sign)
        if tail is None or _NO_BLOCK.match(tail.group(2)):
            continue
        done = tail.end()
        finds.add("postal_address", text[start : tail.start(2)].replace(" ", "") + _plain(tail.group(2)), start, done)
    if " " in text and ("-ku" in text or "-shi" in text or "Japan" in text or "Tokyo" in text or "Osaka" in text):
        for match in _LATIN.finditer(text):
            finds.add("postal_address", match.group(), match.start(), match.end())


def has_place(text: str) -> bool:
    """Whether a short text names a Japanese place of an address."""
    return any(_start(text, match.end()) >= 0 for match in re.finditer("[市区町村郡]", text))


def starts_with_place(text: str, position: int) -> bool:
    """Whether a prefecture or a municipality follows within three signs, as after a postal code."""
    ahead = text[position : position + 20].lstrip(' \t,"\n')
    if ahead[:3] in prefectures() or ahead[:4] in prefectures():
        return True
    return any(ahead[:length] in municipalities() for length in range(2, 10))


def _lines() -> list[str]:
    return (files(__package__) / "data" / "municipalities.txt").read_text("utf-8").splitlines()


@cache
def _lengths() -> dict[str, tuple[int, ...]]:
    """How long the municipalities are that end with two signs, longest first."""
    found: dict[str, set[int]] = {}
    for name in municipalities():
        found.setdefault(name[-2:], set()).add(len(name))
    return {end: tuple(sorted(lengths, reverse=True)) for end, lengths in found.items()}


def _start(text: str, sign: int) -> int:
    """Where an address begins whose municipality ends at `sign`; -1 if none does."""
    known = municipalities()
    for length in _lengths().get(text[max(0, sign - 2) : sign], ()):
        begin = sign - length
        if begin >= 0 and text[begin:sign] in known:
            before = text[max(0, begin - 5) : begin].rstrip(" ")
            for prefecture in (before[-4:], before[-3:]):
                if prefecture in prefectures():
                    return text.rindex(prefecture, 0, begin)
            return begin
    # A municipality that nobody knows, after a prefecture.
    stretch = text[max(0, sign - _LONGEST - 4) : sign]
    for at in range(len(stretch) - 3) if _PREFECTURE.search(stretch) else ():
        if not {stretch[at : at + 3], stretch[at : at + 4]}.isdisjoint(prefectures()):
            return sign - len(stretch) + at
    return -1


def _plain(block: str) -> str:
    """一丁目二番三号 as 1-2-3: one address, however it is written."""
    return _JOINTS.sub("-", _NUMERAL.sub(_arabic, block)).rstrip("号番地")


def _arabic(match: re.Match[str]) -> str:
    """二十三 and 二三 as 23."""
    shown = match.group()
    if "十" not in shown and "百" not in shown:
        return "".join(str(_KANJI.index(sign)) for sign in shown)
    total = digit = 0
    for sign in shown:
        if sign in "十百":
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = _KANJI.index(sign)
    return str(total + digit)
