"""What each element does to the walk over a part (`prose`): where its text goes, what it ends, what its attributes
tell.

Functions by element name, no state of their own. Source: ECMA-376 part 1 sections 17, 19 and 20, part 3 section 9
(markup compatibility), part 4 (VML).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mailguard.inspect.office.formats import plain_number
from mailguard.inspect.office.vocabulary import BOXES, MARGINS, NAME_DEFAULT, PLACEHOLDERS, TEXTS, TOLD
from mailguard.inspect.office.xml import attribute, is_on

if TYPE_CHECKING:
    from mailguard.inspect.office.prose import Prose

_Attributes = dict[str, str]
_MARGIN_CODE = re.compile(r'&(?:"[^"]*"|\d{1,3}|K(?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|[A-Za-z+-]|&)')
_MARGIN_SIGNS = {"&&": "&", "&L": "\n", "&C": "\n", "&R": "\n"}
_DEEPEST = 20
_MOST_COMPARED = 200_000  # characters of alternatives
_SMALLEST = frozenset({"1", "2"})  # half points (17.3.2.38): nobody reads one point


def _take(walk: Prose, _: _Attributes) -> None:
    walk.taking = True


def _text(walk: Prose) -> None:
    walk.taking = False
    text = "".join(walk.chars)
    walk.chars.clear()
    if text:
        walk.say(text)


def _line_of_text(walk: Prose) -> None:
    """The end of an element whose text is a line of its own, if it had any (`w:text` only names a kind of control)."""
    if walk.chars and any(piece.strip() for piece in walk.chars):
        walk.chars.append("\n")
        _text(walk)
    walk.chars.clear()
    walk.taking = False


def _value(walk: Prose) -> None:
    """A value that a chart or a link keeps of somebody's sheet."""
    walk.chars[:] = [plain_number("".join(walk.chars))]
    _line_of_text(walk)


def _margin(walk: Prose) -> None:
    """A header or footer of a sheet without its codes (ECMA-376 part 1 section 18.3.1.46)."""
    text = _MARGIN_CODE.sub(lambda match: _MARGIN_SIGNS.get(match.group(), ""), "".join(walk.chars))
    walk.chars[:] = [text.strip("\n")]
    _line_of_text(walk)


def _code_text(walk: Prose) -> None:
    walk.taking = False
    text = "".join(walk.chars)
    walk.chars.clear()
    if walk.codes:
        walk.codes[-1].append(text)
    else:
        walk.code(text)


def _field_mark(walk: Prose, attributes: _Attributes) -> None:
    kind = attribute(attributes, "fldCharType")
    if kind == "begin":
        walk.codes.append([])
    elif walk.codes:
        code = walk.codes.pop()
        walk.code("".join(code))
        if kind == "separate":
            walk.codes.append([])


def _simple_field(walk: Prose, attributes: _Attributes) -> None:
    walk.code(attribute(attributes, "instr"))


def _run_end(walk: Prose) -> None:
    walk.unseen_run = False


def _vanish(walk: Prose, attributes: _Attributes) -> None:
    if not walk.properties:
        walk.unseen_run = is_on(attribute(attributes, "val"))


def _size(walk: Prose, attributes: _Attributes) -> None:
    if not walk.properties and attribute(attributes, "val") in _SMALLEST:
        walk.unseen_run = True


def _run_style(walk: Prose, attributes: _Attributes) -> None:
    if walk.unseen and not walk.properties and attribute(attributes, "val") in walk.unseen:
        walk.unseen_run = True


def _paragraph_style(walk: Prose, attributes: _Attributes) -> None:
    if walk.unseen and attribute(attributes, "val") in walk.unseen:
        walk.unseen_paragraph = True


def _properties(walk: Prose, _: _Attributes) -> None:
    walk.properties += 1


def _properties_end(walk: Prose) -> None:
    walk.properties -= 1


def _delete(walk: Prose, attributes: _Attributes) -> None:
    walk.deleting += 1
    walk.said.aside(attribute(attributes, "author"))


def _delete_end(walk: Prose) -> None:
    walk.deleting -= 1


def _insert(walk: Prose, attributes: _Attributes) -> None:
    walk.inserting += 1
    walk.said.aside(attribute(attributes, "author"))


def _insert_end(walk: Prose) -> None:
    walk.inserting -= 1


def _box(walk: Prose, _: _Attributes) -> None:
    walk.push()


def _table(walk: Prose, _: _Attributes) -> None:
    if walk.flow.tables:
        walk.push(is_table=True)
    walk.flow.tables += 1


def _table_end(walk: Prose) -> None:
    walk.flow.tables -= 1
    if walk.flow.is_table:
        walk.pop()


def _cell_end(walk: Prose) -> None:
    _replace_last(walk.flow.out, " ", "\t")


def _row_end(walk: Prose) -> None:
    _replace_last(walk.flow.out, "\t", "\n")


def _replace_last(out: list[str], old: str, new: str) -> None:
    if out and out[-1] == old:
        out[-1] = new
    else:
        out.append(new)


def _alternatives(walk: Prose, _: _Attributes) -> None:
    walk.choices.append((len(walk.flow.out), len(walk.boxes), ""))


def _is_compared(walk: Prose) -> bool:
    """Whether alternatives are still compared: not where they lie inside one another for ever."""
    return 0 < len(walk.choices) <= _DEEPEST


def _choice_end(walk: Prose) -> None:
    """Remember what was said since the alternatives began, to compare it with the fallback."""
    if _is_compared(walk):
        out, boxes, said = walk.choices.pop()
        if len(said) > _MOST_COMPARED:
            out, boxes = len(walk.flow.out), len(walk.boxes)
        walk.choices.append((len(walk.flow.out), len(walk.boxes),
                             said + "".join(walk.flow.out[out:]) + "".join(walk.boxes[boxes:])))  # fmt: skip


def _fallback_end(walk: Prose) -> None:
    """What older programs show instead: kept, out of the paragraph, where it says something else."""
    if not _is_compared(walk):
        return
    out, boxes, said = walk.choices[-1]
    walk.choices[-1] = out, boxes, ""  # there is only one fallback
    texts = ["".join(walk.flow.out[out:]), *walk.boxes[boxes:]]
    del walk.flow.out[out:], walk.boxes[boxes:]
    walk.boxes.extend(text for text in texts if text.strip() and text.strip() not in said)


def _alternatives_end(walk: Prose) -> None:
    if walk.choices:
        walk.choices.pop()


def _reading(walk: Prose, _: _Attributes) -> None:
    walk.reading = True


def _reading_end(walk: Prose) -> None:
    walk.reading = False


def _paragraph_end(walk: Prose) -> None:
    walk.paragraph()


def _break(walk: Prose, attributes: _Attributes) -> None:
    walk.say(" " if walk.flow.tables else "\n")


def _break_end(walk: Prose) -> None:
    walk.flow.out.append("\n")


def _tab(walk: Prose, attributes: _Attributes) -> None:
    if not walk.properties:  # w:tabs in paragraph properties has elements of the same name
        walk.say(" " if walk.flow.tables else "\t")


def _hyphen(walk: Prose, _: _Attributes) -> None:
    walk.say("-")


def _symbol(walk: Prose, attributes: _Attributes) -> None:
    code = attribute(attributes, "char")
    if re.fullmatch(r"[0-9A-Fa-f]{1,5}", code):
        number = int(code, 16)
        walk.say(chr(number - 0xF000 if 0xF020 <= number <= 0xF0FF else number))  # 17.3.3.30


def _shape(walk: Prose, attributes: _Attributes) -> None:
    for key in TOLD["cNvPr"]:
        value = attribute(attributes, key)
        if value and not NAME_DEFAULT.match(value):
            walk.said.aside(value)
    walk.unseen_shape = attribute(attributes, "hidden") in ("1", "true")


def _shape_end(walk: Prose) -> None:
    walk.unseen_shape = walk.skipping = False


def _placeholder(walk: Prose, attributes: _Attributes) -> None:
    """On a master, a placeholder holds an instruction to who fills it in; other shapes are shown on every slide."""
    walk.skipping = walk.pattern and attribute(attributes, "type") in PLACEHOLDERS


def _slide(walk: Prose, attributes: _Attributes) -> None:
    if not is_on(attribute(attributes, "show") or "1"):
        walk.said.hidden["a hidden slide"] = None


def _dde_link(walk: Prose, attributes: _Attributes) -> None:
    walk.said.macros["a DDE link"] = None
    walk.said.aside(*attributes.values())


def _told(name: str) -> Callable[[Prose, _Attributes], None]:
    keys = TOLD[name]

    def act(walk: Prose, attributes: _Attributes) -> None:
        walk.said.aside(*(attribute(attributes, key) for key in keys))

    return act


def _told_and_taken(name: str) -> Callable[[Prose, _Attributes], None]:
    tell = _told(name)

    def act(walk: Prose, attributes: _Attributes) -> None:
        tell(walk, attributes)
        _take(walk, attributes)

    return act


#: What the start of an element does, by local name; all others say nothing.
STARTS: dict[str, Callable[[Prose, _Attributes], None]] = {
    **{name: _told(name) for name in TOLD},
    **dict.fromkeys((*TEXTS, *MARGINS), _take),
    **{name: _told_and_taken(name) for name in TOLD.keys() & TEXTS},
    **dict.fromkeys(("instrText", "delInstrText"), _take),
    **dict.fromkeys(("pPr", "rPrChange", "pPrChange", "tblPrChange"), _properties),
    **dict.fromkeys(("del", "moveFrom"), _delete),
    **dict.fromkeys(("ins", "moveTo"), _insert),
    **dict.fromkeys(("docPr", "cNvPr"), _shape),
    **dict.fromkeys(("br", "cr"), _break),
    **dict.fromkeys(("tab", "ptab"), _tab),
    **dict.fromkeys(BOXES, _box),
    **dict.fromkeys(("rt", "rPh"), _reading),
    "fldChar": _field_mark,
    "fldSimple": _simple_field,
    "vanish": _vanish,
    "sz": _size,
    "rStyle": _run_style,
    "pStyle": _paragraph_style,
    "tbl": _table,
    "AlternateContent": _alternatives,
    "noBreakHyphen": _hyphen,
    "sym": _symbol,
    "ph": _placeholder,
    "sld": _slide,
    "ddeLink": _dde_link,
}
#: What the end of an element does.
ENDS: dict[str, Callable[[Prose], None]] = {
    **dict.fromkeys(TEXTS, _line_of_text),
    **dict.fromkeys(("t", "delText", "Data"), _text),
    **dict.fromkeys(("instrText", "delInstrText"), _code_text),
    **dict.fromkeys(MARGINS, _margin),
    "v": _value,
    **dict.fromkeys(("pPr", "rPrChange", "pPrChange", "tblPrChange"), _properties_end),
    **dict.fromkeys(("del", "moveFrom"), _delete_end),
    **dict.fromkeys(("ins", "moveTo"), _insert_end),
    **dict.fromkeys(("sp", "pic", "graphicFrame", "cxnSp"), _shape_end),
    **dict.fromkeys(("si", "comment", "pt", "property", "row"), _break_end),
    **dict.fromkeys(BOXES, lambda walk: walk.pop()),
    **dict.fromkeys(("rt", "rPh"), _reading_end),
    "r": _run_end,
    "p": _paragraph_end,
    "tbl": _table_end,
    **dict.fromkeys(("tc", "Cell"), _cell_end),
    **dict.fromkeys(("tr", "Row"), _row_end),
    "Choice": _choice_end,
    "Fallback": _fallback_end,
    "AlternateContent": _alternatives_end,
}
