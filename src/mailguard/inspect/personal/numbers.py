"""Rows of digits in folded text, each looked at once: cards, My Numbers, corporate numbers, phones, postal codes, SSNs.

Bait is everywhere: order numbers, tracking numbers, timestamps, digits in URLs and hashes. A number counts where its
check digit, its issuer or its shape, and what stands around it, all speak for it. One pass; a row without end costs no
more than its length.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re

from mailguard.inspect.personal import checks
from mailguard.inspect.personal.context import CARD_WORD, MY_NUMBER_WORD, Context
from mailguard.inspect.personal.finds import Finds
from mailguard.inspect.personal.phones import PHONE_SHAPES, Phones, is_loose, stands_apart
from mailguard.inspect.personal.places import starts_with_place
from mailguard.inspect.personal.spread import find_spread

#: Seven digits and more with short separators. Nothing is asked of what follows: so a failed try never starts over.
_RUN = re.compile(r"[0-9](?=(?:[ ().-]{0,3}[0-9]){6})[0-9]*(?:[ ().-]{1,3}[0-9]+){0,2000}")
#: What of a run that was cut off there is looked at again with what follows.
_OVERLAP = 60
#: What any number has that is looked for here, in one run, over a line end or in cells: digits that stand close.
_CLOSE = re.compile("[0-9](?:[^0-9]{0,6}[0-9]){6}")
_SPLIT = re.compile(r"([ ().-]+)")
_CARD_SHAPES = (
    *((4, 6, 5), (4, 6, 4), (4, 4, 4, 3), (4, 4, 4, 2)),
    *((4, 4, 4, 4, 3), (4, 4, 4, 4, 2), (8, 8), (6, 10), (6, 13)),
)
#: Dates, the commonest numbers of all, are nothing else.
_DATES = frozenset({(4, 2, 2), (4, 2, 2, 2), (4, 1, 2), (4, 2, 1)})
_CARD_SEPARATORS = frozenset({"-", " ", ".", " - ", "  "})
_LINES = re.compile(
    r"([0-9](?<![0-9-].)[0-9]{3}(?:([ -])[0-9]{4}){0,2})([ -]?)\n[> \t]{0,4}([0-9]{4}(?:[ -][0-9]{4}){0,2})(?![0-9-])"
)
_CORPORATE_WORD = re.compile(r"法人番号|登録番号|インボイス|事業者番号|corporate\s?number", re.IGNORECASE)
_POSTAL_WORD = re.compile(r"郵便|〒|zip|postal|postcode|post code", re.IGNORECASE)
_SSN_WORD = re.compile(r"SSN|social\s?security", re.IGNORECASE)
#: So many My Numbers without any word, nearly all 12-digit numbers of the text being ones, are a list of them.
_SEVERAL = 5
#: So far before cells and boxes stands what they hold.
_LABEL = 60


def find_numbers(context: Context, finds: Finds) -> None:
    """Add all numbers in a text."""
    if sum(map(context.text.count, "0123456789")) >= 7 and _CLOSE.search(context.text):
        _Numbers(context, finds).look()


class _Numbers:
    def __init__(self, context: Context, finds: Finds) -> None:
        self.context = context
        self.text = context.text
        self.finds = finds
        self.phones = Phones(context, finds)
        self.twelves = 0
        self.my_numbers: list[tuple[str, int, int]] = []

    def look(self) -> None:
        text, position = self.text, 0
        while match := _RUN.search(text, position):
            start, position = match.span()
            run = match.group()
            if start and text[start - 1] in "+(" and text[max(0, start - 2) : start].strip("(")[-1:] == "+":
                self.phones.international(run, start)
            elif run.startswith(("0081", "010")):
                self.phones.dialled(start, position)
            if run.isdigit():
                self._whole(run, start)
            else:
                parts = _SPLIT.split(run)
                self._groups(parts, start)
                if len(parts) > 4000:
                    position -= len("".join(parts[-9:])[-_OVERLAP:]) if len(parts[-1]) < _OVERLAP else 0
        self._over_lines()
        self._spread()
        if self.my_numbers:
            self._close_my_numbers()

    @functools.cached_property
    def speaks_of_ssn(self) -> bool:
        return _SSN_WORD.search(self.text) is not None

    def _whole(self, digits: str, start: int) -> None:
        """A number without separators."""
        length = len(digits)
        end = start + length
        if length == 12:
            self._my_number(digits, start, end)
        elif 13 <= length <= 19:
            if checks.card_grade(digits[:4], length):
                self._card(digits, start, end, grouped=False)
            if length == 13:
                self._corporate(digits, start, end)
        elif length in (10, 11):
            self.phones.whole(digits, start, end)
        elif length == 9 and self.speaks_of_ssn:
            self._ssn([digits[:3], digits[3:5], digits[5:]], " ", start, end)
        elif length == 7 and self.text[max(0, start - 2) : start].strip()[-1:] == "〒":
            self.finds.add("postal_code", digits, start, end)

    def _groups(self, parts: list[str], start: int) -> None:
        """Numbers in groups. Those that belong together are told by the separators around them."""
        starts = list(itertools.accumulate(map(len, parts[:-1]), initial=start))[::2]
        groups, marks = parts[::2], parts[1::2]
        shape = tuple(map(len, groups))
        if shape in _DATES or (shape in PHONE_SHAPES and self.phones.is_whole(groups, marks, start)):
            return
        self.phones.grouped(groups, shape, marks, starts)
        if sum(shape) > 11:
            self._long_groups(groups, shape, marks, starts)
        self._short_groups(groups, shape, marks, starts)

    def _long_groups(self, groups: list[str], shape: tuple[int, ...], marks: list[str], starts: list[int]) -> None:
        count = len(groups)
        index = 0
        while index < count:
            if shape[index] >= 10 and stands_apart(marks, index, index + 1):
                self._whole(groups[index], starts[index])
            taken = self._card_at(index, groups, shape, marks, starts) if shape[index] in (4, 6, 8) else 0
            if not taken and _is_three_fours(shape, index) and _one_mark(marks, index, index + 3):
                self._my_number("".join(groups[index : index + 3]), starts[index], starts[index + 2] + 4)
            if shape[index : index + 4] == (1, 4, 4, 4) and marks[index] == "-" and _one_mark(marks, index, index + 4):
                digits = "".join(groups[index : index + 4])
                self._corporate(digits, starts[index], starts[index + 3] + 4)
            index += taken or 1
        total = sum(shape)
        if 13 <= total <= 19 and count > 1 and shape != (4, 4, 4, 4):
            end = starts[-1] + shape[-1]
            spelt = count == total and len(set(marks)) == 1  # 4 1 1 1 ...: every digit for itself
            if spelt or self.context.is_said(starts[0], CARD_WORD):
                self._card("".join(groups), starts[0], end, grouped=spelt)

    def _card_at(
        self, index: int, groups: list[str], shape: tuple[int, ...], marks: list[str], starts: list[int]
    ) -> int:
        """Take a card that begins at a group; how many groups it has, 0 if there is none."""
        for wanted in _CARD_SHAPES:
            end = index + len(wanted)
            if len(wanted) == 2 and marks[index : index + 1] == ["."]:
                continue  # a decimal number
            if shape[index:end] == wanted and _one_mark(marks, index, end) and stands_apart(marks, index, end):
                digits = "".join(groups[index:end])
                if self._card(digits, starts[index], starts[end - 1] + wanted[-1], grouped=len(wanted) > 2):
                    return len(wanted)
        if shape[index : index + 4] != (4, 4, 4, 4) or _continues(shape, marks, index):
            return 0
        last = index + 4
        while last < len(groups) and shape[last] == 4 and marks[last - 1] == marks[index]:
            last += 1
        return self._chain(index, last, groups, marks, starts)

    def _chain(self, first: int, last: int, groups: list[str], marks: list[str], starts: list[int]) -> int:
        """Groups of four, one after another: one card, several, or figures in columns."""
        start = first
        if not first and last % 4 == 1 and self._is_tail(starts[0]):
            first = 1  # the end of a name: KESTREL-7731 4111 1111 1111 1111
        if not (_one_mark(marks, first, last) or self._mixed(marks, starts)) or not stands_apart(marks, first, last):
            return 0
        cards = [(at, "".join(groups[at : at + 4])) for at in range(first, last - 3, 4)]
        if (last - first) % 4 or not all(checks.is_card(digits) for _, digits in cards):
            if not self.context.is_said(starts[first], CARD_WORD):
                return 0
            cards = [(at, "".join(groups[at : at + 4])) for at in range(first, last - 3)]
        found = [self._card(digits, starts[at], starts[at + 3] + 4, grouped=True) for at, digits in cards]
        return last - start if any(found) else 0

    def _mixed(self, marks: list[str], starts: list[int]) -> bool:
        """Whether four groups that stand alone may be a card though their separators differ.

        "6234-5678 6234-5679" are rather two telephone numbers, as some countries have them.
        """
        if len(marks) != 3 or not _CARD_SEPARATORS.issuperset(marks):
            return False
        return not is_loose(marks[1]) or self.context.is_said(starts[0], CARD_WORD)

    def _is_tail(self, start: int) -> bool:
        """Whether digits end a word that begins with letters."""
        before = self.text[max(0, start - 2) : start]
        return before.isascii() and (before[-1:].isalpha() or (before[-1:] in ("-", "_") and before[:1].isalnum()))

    def _short_groups(self, groups: list[str], shape: tuple[int, ...], marks: list[str], starts: list[int]) -> None:
        for index in range(len(groups) - 1):
            if (
                shape[index : index + 2] == (3, 4)
                and marks[index].strip(" ") == "-"
                and stands_apart(marks, index, index + 2)
            ):
                self._postal(groups[index] + groups[index + 1], starts[index], starts[index + 1] + 4)
            elif shape[index : index + 3] == (3, 2, 4) and _one_mark(marks, index, index + 3):
                self._ssn(groups[index : index + 3], marks[index], starts[index], starts[index + 2] + 4)

    def _card(self, digits: str, start: int, end: int, *, grouped: bool) -> bool:
        if not checks.is_card(digits) or self.context.is_glued(start, end, CARD_WORD, grouped=grouped):
            return False
        if self.context.is_other(start, CARD_WORD, grouped=grouped) or self.text[end : end + 2].lstrip()[:1] == "円":
            return False
        sure = grouped or checks.card_grade(digits[:4], len(digits)) > 1
        if not sure and not self.context.is_said(start, CARD_WORD):
            return False
        self.finds.add("payment_card", digits, start, end)
        return True

    def _over_lines(self) -> None:
        """Cards that a line break cuts between two of their groups."""
        for match in _LINES.finditer(self.text):
            digits = re.sub("[^0-9]", "", match.group())
            if len(digits) == 16 and checks.is_card(digits):
                self._card(digits, match.start(), match.end(), grouped=True)

    def _spread(self) -> None:
        """Numbers in cells and boxes, or between signs that seldom divide a number."""
        for digits, start, end, needs_word in find_spread(self.text):
            word = MY_NUMBER_WORD if len(digits) == 12 else CARD_WORD
            if needs_word and not word.search(self.text, max(0, start - _LABEL), start):
                continue
            if len(digits) == 12 and needs_word and checks.is_my_number(digits):
                self.finds.add("my_number", digits, start, end)  # spoken of, whatever the head of its first column
            elif len(digits) == 12:
                self._my_number(digits, start, end)
            else:
                self._card(digits, start, end, grouped=True)

    def _my_number(self, digits: str, start: int, end: int) -> None:
        self.twelves += 1
        if checks.is_my_number(digits) and not self.context.is_glued(start, end, MY_NUMBER_WORD):
            self.my_numbers.append((digits, start, end))

    def _close_my_numbers(self) -> None:
        """Count those with a word for it near them or at the head of their column, or all, where there are several."""
        found = [one for one in self.my_numbers if not self.context.is_other(one[1], MY_NUMBER_WORD)]
        most = len(found) >= 0.8 * self.twelves
        several = most and len({one[0] for one in found}) >= _SEVERAL
        words = [] if several else [match.start() for match in MY_NUMBER_WORD.finditer(self.text)]
        hinted = most and not several and bool(found) and self.context.speaks_of_my_numbers()
        for digits, start, end in found:
            if several or (hinted and not self._head(start)) or (words and self._spoken(start, words)):
                self.finds.add("my_number", digits, start, end)

    def _head(self, position: int) -> str:
        """The head of the column in which a place is, "" if there is none."""
        column = self.context.grids.at(self.text, position)
        return column[0] if column is not None else ""

    def _spoken(self, position: int, words: list[int]) -> bool:
        """Whether My Numbers are spoken of near a number, in its row or at the head of its column."""
        before = bisect.bisect(words, position)
        column = self.context.grids.at(self.text, position)
        if column is not None and column[0]:
            return MY_NUMBER_WORD.search(f"{column[0]} {column[1]}") is not None
        if before and words[before - 1] >= position - 120:
            return True
        return before < len(words) and words[before] <= position + 60

    def _corporate(self, digits: str, start: int, end: int) -> None:
        if not checks.is_corporate_number(digits):
            return
        near = self.text[max(0, start - 3) : start].rstrip(" -")
        marked = near[-1:] == "T" and not near[-2:-1].isalnum()
        if marked or self.context.is_said(start, _CORPORATE_WORD):
            self.finds.add("corporate_number", digits, start, end)

    def _postal(self, digits: str, start: int, end: int) -> None:
        text = self.text
        if text[start - 1 : start].isalnum() and text[start - 1].isascii():
            return
        if _POSTAL_WORD.search(text, max(0, start - 14), start) or starts_with_place(text, end):
            self.finds.add("postal_code", digits, start, end)

    def _ssn(self, groups: list[str], mark: str, start: int, end: int) -> None:
        if not checks.is_us_ssn(*groups) or mark not in "- " or self.context.is_glued(start, end, _SSN_WORD):
            return
        # A hyphenated one in a text that speaks of them; a spaced one only where the word is near.
        if self.context.is_said(start, _SSN_WORD) or (mark == "-" and self.speaks_of_ssn):
            self.finds.add("us_ssn", "".join(groups), start, end)


def _is_three_fours(shape: tuple[int, ...], index: int) -> bool:
    """Whether three groups of four begin here: not four of them, which are a card."""
    around = (*shape[index + 3 : index + 4], *shape[max(0, index - 1) : index])
    return shape[index : index + 3] == (4, 4, 4) and 4 not in around


def _continues(shape: tuple[int, ...], marks: list[str], index: int) -> bool:
    """Whether the group before is one more of a row of fours, and not the end of another number (a phone's)."""
    if not index or shape[index - 1] != 4 or marks[index - 1] != marks[index]:
        return False
    return index < 2 or marks[index - 2] == marks[index] or is_loose(marks[index - 2])


def _one_mark(marks: list[str], first: int, last: int) -> bool:
    """Whether groups are joined by one separator throughout."""
    return marks[first] in _CARD_SEPARATORS and marks[first : last - 1].count(marks[first]) == last - 1 - first
