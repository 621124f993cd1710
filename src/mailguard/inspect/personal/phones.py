"""Telephone numbers out of rows of digits: Japanese ones by their shapes, those of other countries by their plus sign.

Where the shape alone is weak (ten digits without hyphens) a word nearby or the head of a column is needed. Takes the
groups that `numbers` has split; looks at nothing else.
"""

from __future__ import annotations

import re

from mailguard.inspect.personal.context import Context
from mailguard.inspect.personal.finds import Finds

PHONE_WORD = re.compile(
    r"電話|でんわ|TEL|Phone|携帯|ケータイ|スマホ|FAX|ファックス|ファクス|モバイル|mobile|cell|連絡先|直通|"
    r"代表|内線|☎|☏|📞|📱|℡",
    re.IGNORECASE,
)
#: Right before a number: what it is instead. Customers are often known by their telephone number, orders are not.
_NUMBERED = re.compile(
    r"(?:注文|受注|発注|伝票|管理|受付|予約|請求|見積|整理|商品|契約|申請|案件|文書|取引|製造|品|図面|型)書?"
    r"(?:番号?|no\.?|id|コード)[ ::#は]{0,3}$",
    re.IGNORECASE,
)
_MOBILE = re.compile(r"0[5-9]0[1-9][0-9]{7}")
_FREE = re.compile(r"0120[0-9]{6}|0800[0-9]{7}|0570[0-9]{6}|0990[0-9]{6}")
_LOCAL_SHAPES = frozenset({(2, 4, 4), (3, 3, 4), (4, 2, 4), (5, 1, 4)})
_OTHER_SHAPES = frozenset({(3, 4, 4), (4, 3, 3), (4, 3, 4)})
#: Of three groups that are a telephone number as a rule.
PHONE_SHAPES = _LOCAL_SHAPES | _OTHER_SHAPES
#: Dialled from abroad or over an exchange, Japan's code spelt out: 0081-90-1234-5678, 010-81-3-1234-5678.
_DIALLED = re.compile(
    r"(?:00|010[ -]?)81[ ).-]{0,2}(?:\(0\)[ -]?|0)?"
    r"(?P<number>[1-9][0-9]{0,4}[ ().-]{1,2}[0-9]{1,4}[ ().-]{1,2}[0-9]{3,4}|[1-9][0-9]{8,9})(?![0-9])"
)
_MARKS = frozenset({"-", " ", ".", ") ", ")", "(", ")-", " (", "-(", " - "})


class Phones:
    """Adds the telephone numbers of one text, digits only: Japanese ones with their leading 0."""

    def __init__(self, context: Context, finds: Finds) -> None:
        self.context = context
        self.finds = finds

    def whole(self, digits: str, start: int, end: int) -> None:
        """Ten or eleven digits without separators."""
        if digits[0] != "0":
            return
        sure = _MOBILE.fullmatch(digits) or _FREE.fullmatch(digits)
        if sure or (len(digits) == 10 and digits[1] != "0" and self._is_said(start)):
            self._add(digits, start, end)

    def grouped(self, groups: list[str], shape: tuple[int, ...], marks: list[str], starts: list[int]) -> None:
        """Three groups of a longer row, or two: 03-1234-5678, (03)1234-5678, 03-12345678."""
        index, last = 0, len(groups) - 1
        while index < last:
            if groups[index][0] == "0" and shape[index] <= 5:
                if shape[index + 1] == 8 and shape[index] in (2, 3):
                    index += self._take(index, index + 2, groups, marks, starts, sure=False)
                elif shape[index : index + 3] in _LOCAL_SHAPES:
                    sure = marks[index].strip(" ") != "" and marks[index + 1].strip(" ") != ""
                    index += self._take(index, index + 3, groups, marks, starts, sure=sure)
                elif shape[index : index + 3] in _OTHER_SHAPES:
                    index += self._take(index, index + 3, groups, marks, starts, sure=False)
            index += 1

    def is_whole(self, groups: list[str], marks: list[str], start: int) -> bool:
        """Take three hyphenated groups that are a number, the commonest way to write one."""
        digits = "".join(groups)
        if marks != ["-", "-"] or digits[0] != "0" or digits[1] == "0" or len(set(digits)) < 2:
            return False
        if len(digits) != 10 and not (_MOBILE.fullmatch(digits) or _FREE.fullmatch(digits)):
            return False
        if tuple(map(len, groups)) in _OTHER_SHAPES and len(digits) == 10 and not _FREE.fullmatch(digits):
            return False
        self._add(digits, start, start + len(digits) + 2)
        return True

    def international(self, run: str, start: int) -> None:
        """A number after a plus sign (ITU-T E.164): at most fifteen digits, the country's code first."""
        ahead = self.context.text[start - 2 : start - 1]
        if ahead.isalnum() or run[0] == "0":
            return
        run = run.replace("(0)", "", 1)
        digits, bare = re.sub("[^0-9]", "", run), run.isdigit()
        if digits.startswith("81"):
            rest = digits[2:].removeprefix("0")
            rest = rest[: 10 if rest[:1] in "56789" and rest[1:2] == "0" else 9]
            if len(rest) >= 9 and rest[0] != "0":
                self._add(f"0{rest}", start - 1, start + len(run))
        elif (10 if bare else 9) <= len(digits) <= 15:
            self._add(digits, start - 1, start + len(run))

    def dialled(self, start: int, end: int) -> None:
        """A number with Japan's code and no plus sign, as it is dialled."""
        match = _DIALLED.match(self.context.text, start, end)
        if match is None:
            return
        digits = "0" + re.sub("[^0-9]", "", match["number"])
        bare = match["number"].isdigit() and not self._is_said(start)
        if _MOBILE.fullmatch(digits) or (len(digits) == 10 and not bare):
            self._add(digits, start, match.end())

    def _take(
        self, first: int, last: int, groups: list[str], marks: list[str], starts: list[int], *, sure: bool
    ) -> int:
        """Take groups as a number, if they are one; how many groups to go on."""
        digits = "".join(groups[first:last])
        between = marks[first : last - 1]
        if digits[1] == "0" or len(set(digits)) < 2 or not _MARKS.issuperset(between):
            return 0
        if not stands_apart(marks, first, last):
            return 0
        start, end = starts[first], starts[last - 1] + len(groups[last - 1])
        known = _MOBILE.fullmatch(digits) or _FREE.fullmatch(digits)
        if known or (len(digits) == 10 and (sure or self._is_said(start))):
            self._add(digits, start, end)
            return last - first - 1
        return 0

    def _add(self, digits: str, start: int, end: int) -> None:
        text = self.context.text
        if text[start] != "+" and self.context.is_glued(start, end, PHONE_WORD):
            return
        if not text.isascii() and _NUMBERED.search(self.context.before(start, 12)):
            return
        if self.context.grids.has_other and self.context.grids.is_other(text, start):
            return
        self.finds.add("phone", digits, start, end)

    def _is_said(self, start: int) -> bool:
        return PHONE_WORD.search(self.context.cell_before(start, 16)) is not None


def is_loose(mark: str) -> bool:
    """Whether a separator is more than a hyphen or a dot."""
    return mark.strip("-.") != ""


def stands_apart(marks: list[str], first: int, last: int) -> bool:
    """Whether groups are not joined to what stands before and after them."""
    return (not first or is_loose(marks[first - 1])) and (last > len(marks) or is_loose(marks[last - 1]))
