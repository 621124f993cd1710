"""The text of a PDF's pages, as pdfium finds it: order, fonts and encodings are the library's work.

pdfium reads hostile files in our place, in the worker that may be killed: a fault in it costs one mail its facts. What
it cannot turn into characters is counted, never taken for an empty page. No page is drawn, no action is run.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

_SAMPLE = 60  # characters of each page that are asked whether they have a meaning
_STAMP = 40  # letters that a scanner or a fax machine puts over its picture of a page
_MOST_OF_IT = 0.6  # of the width and of the height of a page
_DRAWN = 40  # paths on a page without text: below, it is a line or a frame
_OBJECTS_LOOKED_AT = 400
_WIDE = 0.6  # of the height of a line, from one word to the next: more than a space
_GAP = re.compile(r"(?<=[^0-9\s]) (?=\S)|(?<=[0-9]) (?=[^0-9\s])|(?<=[0-9-]{5}) (?=[0-9])|(?<=[0-9]) (?=[0-9-]{5})")
#: pdfium's mark for a hyphen at the end of a line; it leaves out the line's end.
_HYPHEN = re.compile("[ \t]{0,3}\ufffe(?:\r?\n)?")
_NEXT_TO_DIGIT = re.compile(r"(?<=[0-9])\ufffe(?:\r?\n)?(?=[0-9])")
#: A number that goes on in the next line.
_CUT_NUMBER = re.compile(r"(?<=[0-9０-９][-‐‑–－])[ \t]*\n(?=[0-9０-９])")
#: Vertical writing comes out one character to a line.
_COLUMN = re.compile(r"(?:^|(?<=\n))(?:[^\x00-\x7f][ \t]?[^\x00-\x7f]?\n){3,}[^\x00-\x7f](?=\n|\Z)")


@dataclass(frozen=True, slots=True)
class Page:
    """One page. unread: it shows something, but no text that could be read; missing: it could not be loaded."""

    text: str = ""
    unread: bool = False
    missing: bool = False


def pages_of(document: Any, most: int) -> Iterator[Page]:
    """The first `most` pages of an open document of pdfium, one by one."""
    from pypdfium2 import PdfiumError

    for number in range(min(len(document), most)):
        try:
            yield _page(document, number)
        except PdfiumError:
            yield Page(missing=True)


def mended(text: str) -> str:
    """The text of a page with line ends as LF, words and numbers cut by them joined, vertical writing in lines."""
    if "\ufffe" in text:
        text = _HYPHEN.sub("", _NEXT_TO_DIGIT.sub("-", text))
    text = _CUT_NUMBER.sub("", text.replace("\r\n", "\n"))
    return text if text.isascii() else _COLUMN.sub(lambda column: re.sub(r"[\n \t]", "", column[0]), text)


def _page(document: Any, number: int) -> Page:
    from pypdfium2 import raw

    with closing(document[number]) as page:
        flat = _has_appearance(page) and raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) == raw.FLATTEN_SUCCESS
        if not flat:
            return _read(page)
    with closing(document[number]) as page:  # what notes, stamps and fields show is now part of it
        return _read(page)


def _read(page: Any) -> Page:
    with closing(page.get_textpage()) as textpage:
        text = mended(_in_columns(textpage, textpage.get_text_range()))
        letters = len("".join(text.split()))
        if letters:
            return Page(text, _means_nothing(textpage) or (letters < _STAMP and _is_picture(page)))
    return Page(unread=_shows_something(page))


def _in_columns(textpage: Any, text: str) -> str:
    """The text with a tab where pdfium made a space of a wide gap: so rows of a table stay rows with cells.

    Between a few digits it stays a space: numbers on forms stand one digit, or four, to a box.
    """
    from pypdfium2 import raw

    if not text or max(text) > "\uffff":  # positions are UTF-16
        return text
    pieces, last = [], 0
    for gap in _GAP.finditer(text):
        index = raw.FPDFText_GetCharIndexFromTextIndex(textpage, gap.start())
        if raw.FPDFText_IsGenerated(textpage, index) == 1 and _is_wide(textpage, index):
            pieces += [text[last : gap.start()], "\t"]
            last = gap.end()
    return "".join((*pieces, text[last:])) if pieces else text


def _is_wide(textpage: Any, index: int) -> bool:
    """Whether the gap at a character is wider than a space of its line."""
    try:
        _, bottom, left, top = textpage.get_charbox(index - 1, loose=True)
        right = textpage.get_charbox(index + 1, loose=True)[0]
    except Exception:  # no box: nothing to measure
        return False
    return bool(right - left > _WIDE * (top - bottom) > 0)


def _has_appearance(page: Any) -> bool:
    """Whether something is pinned to a page that shows a text of its own (ISO 32000-1 section 12.5.5)."""
    from pypdfium2 import raw

    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _OBJECTS_LOOKED_AT)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            if raw.FPDFAnnot_HasKey(annotation, b"AP"):
                return True
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return False


def _means_nothing(textpage: Any) -> bool:
    """Whether most characters are numbers of glyphs, which only the font's drawings would tell."""
    from pypdfium2 import raw

    count = textpage.count_chars()
    asked = range(0, count, max(1, count // _SAMPLE))
    without = [index for index in asked if raw.FPDFText_HasUnicodeMapError(textpage, index) == 1]
    return 2 * len(without) > len(asked)


def _shows_something(page: Any) -> bool:
    """Whether a page without text shows a picture, or so many paths that they may be letters."""
    from pypdfium2 import raw

    kinds = [raw.FPDFPageObj_GetType(drawn) for drawn in _drawn(page)]
    paths = kinds.count(raw.FPDF_PAGEOBJ_PATH)
    return bool(paths >= _DRAWN or raw.FPDF_PAGEOBJ_IMAGE in kinds or raw.FPDF_PAGEOBJ_FORM in kinds)


def _is_picture(page: Any) -> bool:
    """Whether one picture takes most of a page."""
    from pypdfium2 import raw

    width, height = page.get_size()
    for drawn in _drawn(page):
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        if raw.FPDFPageObj_GetType(drawn) == raw.FPDF_PAGEOBJ_IMAGE and raw.FPDFPageObj_GetBounds(
            drawn, left, bottom, right, top
        ):
            across, along = right.value - left.value, top.value - bottom.value
            if across > _MOST_OF_IT * width and along > _MOST_OF_IT * height:
                return True
    return False


def _drawn(page: Any) -> list[Any]:
    """The first objects of a page."""
    from pypdfium2 import raw

    count = min(raw.FPDFPage_CountObjects(page), _OBJECTS_LOOKED_AT)
    return [raw.FPDFPage_GetObject(page, index) for index in range(count)]
