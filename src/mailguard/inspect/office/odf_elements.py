"""What each element of OpenDocument does to the walk over a part (`odf_text`): paragraphs, cells, fields, hidden
stretches.

Functions by element name, no state of their own. Source: OpenDocument 1.3 part 3 sections 5 (text), 6 (fields), 9
(tables).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from mailguard.inspect.office.formats import plain_number
from mailguard.inspect.office.vocabulary import words
from mailguard.inspect.office.xml import attribute

if TYPE_CHECKING:
    from mailguard.inspect.office.odf_text import OdfWalk

_Attributes = dict[str, str]
_MOST_SPACES = 100
_DEEPEST = 50
_MOST_COPIES = 16  # of one cell
_MOST_FILES = 200
_SCIENTIFIC = re.compile(r"^-?\d[.,]?\d*E[+-]?\d+$|^#+$", re.IGNORECASE)
_NUMBERS = frozenset({"float", "currency", "percentage"})
_ELSEWHERE = re.compile(r"(?:https?|mailto|ftp|file|smb|\\\\)", re.IGNORECASE)
_LITERAL = re.compile(r'"([^"]{2,})"')
#: Elements outside of paragraphs whose character data is text: titles of pictures, authors, properties.
TOLD = frozenset(
    words(
        """title desc creator initial-creator keyword subject description user-defined printed-by contributor coverage
    publisher rights source identifier"""
    )
)


def _paragraph(walk: OdfWalk, attributes: _Attributes) -> None:
    if walk.flow.in_paragraph:  # a paragraph inside a paragraph: of a note, a text box, a shape
        walk.push(ends_with_paragraph=True)
    walk.flow.in_paragraph = True
    _span(walk, attributes)


def _paragraph_end(walk: OdfWalk) -> None:
    _span_end(walk)
    walk.flow.in_paragraph = False
    if walk.ruby:
        walk.said.aside("".join(walk.ruby))
        walk.ruby.clear()
    if walk.hidden and walk.hidden[-1] != "\n":
        walk.hidden.append("\n")
    if walk.flow.ends_with_it:
        walk.pop()
    else:
        walk.flow.out.append(" " if walk.cells else "\n")


def _span(walk: OdfWalk, attributes: _Attributes) -> None:
    """A stretch with a style of its own: a paragraph, a span, a section."""
    unseen = walk.unseen.get(attribute(attributes, "style-name")) == "text" or attributes.get("text:display") == "none"
    walk.spans.append(unseen)
    walk.hiding += unseen


def _span_end(walk: OdfWalk) -> None:
    if walk.spans:
        walk.hiding -= walk.spans.pop()


def _spaces(walk: OdfWalk, attributes: _Attributes) -> None:
    count = attribute(attributes, "c")
    walk.say(" " * (min(_MOST_SPACES, int(count)) if count.isdigit() and len(count) < 10 else 1))


def _tab(walk: OdfWalk, _: _Attributes) -> None:
    walk.say(" " if walk.cells else "\t")


def _break(walk: OdfWalk, _: _Attributes) -> None:
    walk.say(" " if walk.cells else "\n")


def _tell(walk: OdfWalk, attributes: _Attributes) -> None:
    walk.told = []
    walk.said.aside(attribute(attributes, "name"))


def _tell_end(walk: OdfWalk) -> None:
    if walk.told is not None:
        walk.said.aside("".join(walk.told))
        walk.told = None


def _style(walk: OdfWalk, attributes: _Attributes) -> None:
    walk.style = attribute(attributes, "name")


def _text_properties(walk: OdfWalk, attributes: _Attributes) -> None:
    if attribute(attributes, "display") == "none":
        walk.unseen[walk.style] = "text"


def _table_properties(walk: OdfWalk, attributes: _Attributes) -> None:
    if attribute(attributes, "display") == "false":
        walk.unseen[walk.style] = "table"


def _page_properties(walk: OdfWalk, attributes: _Attributes) -> None:
    if attributes.get("presentation:visibility") == "hidden":
        walk.unseen[walk.style] = "page"


def _page(walk: OdfWalk, attributes: _Attributes) -> None:
    if walk.unseen.get(attribute(attributes, "style-name")) == "page":
        walk.said.hidden["a hidden slide"] = None


def _table(walk: OdfWalk, attributes: _Attributes) -> None:
    name = attribute(attributes, "name")
    walk.sheets.append(name)
    walk.said.aside(name)
    if walk.unseen.get(attribute(attributes, "style-name")) == "table":
        walk.said.hidden[f"hidden sheet {name}"] = None


def _table_end(walk: OdfWalk) -> None:
    if walk.sheets:
        walk.sheets.pop()
    walk.room()


def _row(walk: OdfWalk, attributes: _Attributes) -> None:
    walk.row_unseen = attribute(attributes, "visibility") in ("collapse", "filter")


def _row_end(walk: OdfWalk) -> None:
    out = walk.flow.out
    while out and out[-1] == "\t":
        out.pop()
    out.append("\n")
    if len(out) > 50_000 and not walk.flows:
        walk.room()


def _column(walk: OdfWalk, attributes: _Attributes) -> None:
    if attribute(attributes, "visibility") in ("collapse", "filter"):
        walk.said.hidden[f"hidden columns in sheet {walk.sheets[-1] if walk.sheets else ''}"] = None


def _cell(walk: OdfWalk, attributes: _Attributes) -> None:
    repeated = attribute(attributes, "number-columns-repeated")
    copies = min(_MOST_COPIES, int(repeated)) if repeated.isdigit() and len(repeated) < 8 else 1
    walk.cells.append((len(walk.flow.out), max(1, copies), _value(attributes)))
    if formula := attribute(attributes, "formula"):
        walk.said.aside(*_LITERAL.findall(formula))
        if "DDE(" in formula:
            walk.said.macros["a DDE formula"] = None


def _value(attributes: _Attributes) -> str:
    kind = attributes.get("office:value-type", attributes.get("table:value-type", ""))
    if kind in _NUMBERS:
        return plain_number(attribute(attributes, "value"))
    return attribute(attributes, "date-value").removesuffix("T00:00:00") or attribute(attributes, "string-value")


def _cell_end(walk: OdfWalk) -> None:
    """Set a cell's text in its row: as shown, and its value where that shows less than there is."""
    if not walk.cells:
        return
    if len(walk.cells) > _DEEPEST:  # tables inside one another for ever: left as they come
        walk.cells.pop()
        return
    (start, wanted, value), out = walk.cells.pop(), walk.flow.out
    shown = " ".join("".join(out[start:]).split("\n")).strip()  # also of a table in the cell
    del out[start:]
    text = _with_value(shown, value)
    if text and walk.row_unseen:
        walk.said.hidden[f"hidden rows in sheet {walk.sheets[-1] if walk.sheets else ''}"] = None
    copies = min(wanted, 1 + walk.copies)
    walk.copies -= copies - 1
    for _ in range(copies):
        if text:
            out.append(text)
        out.append(" " if walk.cells else "\t")


def _with_value(shown: str, value: str) -> str:
    if not shown or _SCIENTIFIC.match(shown):
        return value or shown
    if not value or value in shown or re.sub(r"\D", "", value) in re.sub(r"\D", "", shown):
        return shown
    # A date of birth in the Japanese calendar, a number that is rounded for the eye.
    is_more = len(value) >= 8 and (value[4:5] == "-" or value.isdigit())
    return f"{shown} {value}" if is_more else shown


def _annotation(walk: OdfWalk, attributes: _Attributes) -> None:
    """A comment or a list of changes; in a cell it is no part of what the cell shows."""
    walk.push()


def _annotation_end(walk: OdfWalk) -> None:
    walk.pop()


def _mark(walk: OdfWalk, _: _Attributes) -> None:
    """The sign of a note: it stands between digits that belong together, and says nothing."""
    walk.push()


def _mark_end(walk: OdfWalk) -> None:
    walk.pop()
    del walk.boxes[-1:]


def _reading(walk: OdfWalk, _: _Attributes) -> None:
    walk.reading = True


def _reading_end(walk: OdfWalk) -> None:
    walk.reading = False


def _link(walk: OdfWalk, attributes: _Attributes) -> None:
    target = attribute(attributes, "href")
    if _ELSEWHERE.match(target):
        walk.said.aside(target.removeprefix("mailto:"))


def _stored(walk: OdfWalk, attributes: _Attributes) -> None:
    """Fields and controls that keep a text in their attributes, some of them without showing it."""
    if attribute(attributes, "is-hidden") == "true":
        walk.said.hidden["text that is not shown"] = None
    names = ("string-value", "string-value-if-true", "string-value-if-false", "value", "current-value", "label")
    walk.said.aside(*(attribute(attributes, name) for name in names))


def _binary(walk: OdfWalk, _: _Attributes) -> None:
    walk.binary = []


def _binary_end(walk: OdfWalk) -> None:
    if walk.binary and len(walk.files) < _MOST_FILES:
        with suppress(ValueError):
            walk.files.append(binascii.a2b_base64("".join(walk.binary)))
    walk.binary = None


def _module(walk: OdfWalk, _: _Attributes) -> None:
    walk.said.macros["a Basic module"] = None


def _validation(walk: OdfWalk, attributes: _Attributes) -> None:
    walk.said.aside(attribute(attributes, "title"), attribute(attributes, "condition"))


#: What the start of an element does, by local name.
STARTS: dict[str, Callable[[OdfWalk, _Attributes], None]] = {
    **dict.fromkeys(("p", "h"), _paragraph),
    **dict.fromkeys(TOLD, _tell),
    **dict.fromkeys(("a", "image", "object", "object-ole", "table-source", "dde-source"), _link),
    **dict.fromkeys(("table-cell", "covered-table-cell"), _cell),
    **dict.fromkeys(
        ("hidden-text", "hidden-paragraph", "conditional-text", "variable-set", "user-field-decl", "variable-decl",
         "textarea", "button", "checkbox", "listbox", "option", "combobox", "item", "fixed-text", "property",
         "change-track-table-cell"), _stored,
    ),
    "span": _span,
    "section": _span,
    "tracked-changes": _annotation,
    "binary-data": _binary,
    "module": _module,
    "s": _spaces,
    "tab": _tab,
    "line-break": _break,
    "style": _style,
    "text-properties": _text_properties,
    "table-properties": _table_properties,
    "drawing-page-properties": _page_properties,
    "page": _page,
    "table": _table,
    "table-row": _row,
    "table-column": _column,
    "annotation": _annotation,
    "ruby-text": _reading,
    "note-citation": _mark,
    "content-validation": _validation,
}  # fmt: skip
#: What its end does.
ENDS: dict[str, Callable[[OdfWalk], None]] = {
    **dict.fromkeys(("p", "h"), _paragraph_end),
    **dict.fromkeys(TOLD, _tell_end),
    **dict.fromkeys(("table-cell", "covered-table-cell"), _cell_end),
    **dict.fromkeys(("span", "section"), _span_end),
    "table": _table_end,
    "table-row": _row_end,
    "annotation": _annotation_end,
    "tracked-changes": _annotation_end,
    "binary-data": _binary_end,
    "ruby-text": _reading_end,
    "note-citation": _mark_end,
}
