"""Where two look-alike domains differ, as stretches of text: for letters and pages, which mark them alike.

The judge's evidence names both domains ("examp1e.co.jp ≠ example.co.jp (1 / l)"); here each is cut into what is the
same and what is not, and the difference is said in words, because a colour tells nothing to many and an eye that
overlooked a letter once will do so again. Pure; whatever is no such evidence gives None or stays one stretch. The texts
come from strangers' mail: they are values, never markup, and short.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mailguard.notify.phrases import Both, on_one_line

_MOST = 255  # a domain is not longer (RFC 5321 section 4.5.3.1.2)
#: policy.lookalike.Likeness as text; an IDN stands in both forms.
_EVIDENCE = re.compile(r"(?P<written>[^\s≠]+)(?: \[(?P<ascii>[^\s\]]+)\])? ≠ (?P<known>[^\s≠]+) \(.{1,300}\)")
#: What may not stand right before or after a domain that is found in a sentence.
_INSIDE = re.compile(r"[A-Za-z0-9_-]|\.[A-Za-z0-9]")

_NAMES = {
    "0": Both("数字のゼロ", "the figure zero"),
    "1": Both("数字のイチ", "the figure one"),
    "5": Both("数字のゴ", "the figure five"),
    "l": Both("小文字のエル", "the letter L"),
    "i": Both("英字のアイ", "the letter I"),
    "o": Both("英字のオー", "the letter O"),
    "s": Both("英字のエス", "the letter S"),
    "-": Both("ハイフン", "hyphen"),
    ".": Both("ドット", "dot"),
    "_": Both("下線", "underscore"),
}
_SCRIPTS = {
    "CYRILLIC": Both("キリル文字", "Cyrillic letter"),
    "GREEK": Both("ギリシャ文字", "Greek letter"),
    "ARMENIAN": Both("アルメニア文字", "Armenian letter"),
    "HEBREW": Both("ヘブライ文字", "Hebrew letter"),
}
_REPLACED = Both("{known}が{written}になっています", "{written} stands in the place of {known}")
_ADDED = Both("{written}が余分にあります", "{written} is extra")
_MISSING = Both("{known}が抜けています", "{known} is missing")


class Stretch(NamedTuple):
    """A piece of text; differs: it is what the other one does not have."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A domain as written and the known one that it resembles, both in stretches; words: the difference, said."""

    written: tuple[Stretch, ...]
    known: tuple[Stretch, ...]
    words: Both
    also: str = ""  # the written one in A-labels, where it is an IDN

    @property
    def texts(self) -> tuple[str, str]:
        """Both as plain text."""
        return joined(self.written), joined(self.known)


def joined(stretches: Sequence[Stretch]) -> str:
    """The text again."""
    return "".join(one.text for one in stretches)


def pair_in(evidence: str) -> Pair | None:
    """The pair that a line of evidence speaks of; None if it speaks of none."""
    found = _EVIDENCE.fullmatch(on_one_line(evidence, 1200))
    if found is None or max(len(found["written"]), len(found["known"])) > _MOST:
        return None
    pair = compared(found["written"], found["known"])
    return Pair(pair.written, pair.known, pair.words, found["ascii"] or "")


def pairs_in(evidence: Sequence[str]) -> tuple[Pair, ...]:
    """Every pair among some lines of evidence."""
    return tuple(pair for pair in map(pair_in, evidence) if pair is not None)


def compared(written: str, known: str) -> Pair:
    """Two domains and where they differ: in letters where only the name does, else in whole labels."""
    start, one, other = _apart(written, known)
    end_one, end_other = start + len(one), start + len(other)
    return Pair(
        _cut(written, start, end_one), _cut(known, start, end_other), Both(_say(one, other, 0), _say(one, other, 1))
    )


def marked(text: str, pairs: Sequence[Pair], *, known: bool = True) -> tuple[Stretch, ...]:
    """A sentence or an address with the domains of these pairs marked wherever they stand in it as a whole.

    known: the ones that they resemble too; in a list of recipients those are nothing to look at.
    """
    if not pairs:  # most letters speak of no look-alike
        return (Stretch(text, False),) if text else ()
    return _joined_alike(_marked(text, pairs, known))


def _marked(text: str, pairs: Sequence[Pair], known: bool) -> Iterator[Stretch]:
    sides = [side for pair in pairs for side in ((pair.known, pair.written) if known else (pair.written,))]
    wanted = {joined(side).lower(): side for side in sides}
    wanted |= {pair.also.lower(): (Stretch(pair.also, True),) for pair in pairs if pair.also}
    if not wanted:
        yield Stretch(text, False)
        return
    longest_first = sorted(wanted, key=len, reverse=True)
    at = 0
    for found in re.finditer("|".join(map(re.escape, longest_first)), text, re.IGNORECASE):
        before, after = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 2]
        side = wanted.get(found[0].lower())
        if side is None or re.match(r"[A-Za-z0-9_-]", before) or _INSIDE.match(after):
            continue
        yield Stretch(text[at : found.start()], False)
        place = found.start()
        for stretch in side:  # as it stands in the text, which may have capitals
            yield Stretch(text[place : place + len(stretch.text)], stretch.differs)
            place += len(stretch.text)
        at = found.end()
    yield Stretch(text[at:], False)


def _joined_alike(stretches: Iterator[Stretch]) -> tuple[Stretch, ...]:
    made: list[Stretch] = []
    for one in stretches:
        if made and made[-1].differs == one.differs:
            made[-1] = Stretch(made[-1].text + one.text, one.differs)
        elif one.text:
            made.append(one)
    return tuple(made)


def _apart(written: str, known: str) -> tuple[int, str, str]:
    """Where they part, and the stretch of each that the other has not."""
    mine, theirs = written.split("."), known.split(".")
    head = _shared(mine, theirs)
    tail = _shared(mine[head:][::-1], theirs[head:][::-1])
    one, other = ".".join(mine[head : len(mine) - tail]), ".".join(theirs[head : len(theirs) - tail])
    start = len(".".join(mine[:head]))
    if one and other and not (head and not tail):
        first = _shared(one, other)
        last = _shared(one[first:][::-1], other[first:][::-1]) if tail else 0
        if first > 2 or (first + last) * 2 >= min(len(one), len(other)):
            # The names differ by some letters: only these are marked.
            start += first + (1 if head else 0)
            return start, one[first : len(one) - last], other[first : len(other) - last]
    if head:  # with the dot that leads to it: ".com" and ".co.jp"
        return start, f".{one}" if one else "", f".{other}" if other else ""
    ending = "." if tail else ""
    return 0, f"{one}{ending}" if one and not other else one, f"{other}{ending}" if other and not one else other


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many of them are the same from the beginning."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _cut(text: str, start: int, end: int) -> tuple[Stretch, ...]:
    pieces = (Stretch(text[:start], False), Stretch(text[start:end], True), Stretch(text[end:], False))
    return tuple(piece for piece in pieces if piece.text)


def _say(written: str, known: str, language: int) -> str:
    sentence = _REPLACED if written and known else _ADDED if written else _MISSING
    return sentence[language].format(written=_quoted(written, language), known=_quoted(known, language))


def _quoted(text: str, language: int) -> str:
    marks = ("「」", "“”")[language]
    name = _name(text)
    opening, closing = ("(", ")") if language == 0 else (" (", ")")
    return f"{marks[0]}{text}{marks[1]}" + (f"{opening}{name[language]}{closing}" if name else "")


def _name(text: str) -> Both | None:
    """What a single sign is called, if it is one that is taken for another."""
    if len(text) != 1:
        return None
    if text.isascii():
        return _NAMES.get(text.lower())
    script = _SCRIPTS.get(unicodedata.name(text, "").partition(" ")[0], Both("別の文字", "another letter"))
    return Both(f"{script.ja} U+{ord(text):04X}", f"{script.en} U+{ord(text):04X}")
