"""The text of Office documents (docx, xlsx, pptx, odt, ods, odp): every XML part walked, not only the main one.

Headers, footers, notes, comments, tracked deletions, text boxes, hidden sheets, custom properties and alternative
texts are where leaks hide, so all parts are read. Runs are joined before anything is searched; rows of a table become
lines with tabs. Entity declarations are refused (no bombs, no outside files). The caller unpacks within limits and
gives the parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

#: Elements whose character data is text, by local name, in the OOXML vocabularies.
_TEXT = frozenset(
    [
        "t",
        "delText",
        "instrText",
        "text",
        "v",
        "f",
        "lpwstr",
        "lpstr",
        "bstr",
        "i4",
        "oddHeader",
        "oddFooter",
        "evenHeader",
        "evenFooter",
        "firstHeader",
        "firstFooter",
        "title",
        "subject",
        "creator",
        "description",
        "keywords",
        "lastModifiedBy",
        "category",
        "contentStatus",
        "Company",
        "Manager",
        "Template",
        "formula1",
    ]
)
_BREAKS = {
    **dict.fromkeys(("p", "tr", "br", "cr", "si", "comment", "pt", "property", "h", "table-row", "list-item"), "\n"),
    **dict.fromkeys(("tc", "tab", "table-cell"), "\t"),
    "line-break": "\n",
}
_MARGINS = frozenset(["oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"])
_TOLD = ("descr", "title", "name", "tooltip", "alt", "address")
_NAMED = frozenset({"docPr", "cNvPr", "sheet", "hyperlink", "definedName"})
#: Parts that the program writes and nobody reads.
_DULL = re.compile(
    r"(?:^|/)(?:theme\d*|styles|stylesWithEffects|fontTable|webSettings|settings|numbering|calcChain|tableStyles|presProps"
    r"|viewProps|printerSettings\d*|\[Content_Types\]|manifest)\.(?:xml|bin)$|/_rels/|^_rels/|slideLayouts/"
)
#: Names that the program gives to shapes: not text of anybody's.
_NAME_DEFAULT = re.compile(
    r"^(?:(?:Picture|Image|Shape|Rectangle|TextBox|Text Box|Title|Subtitle|Chart|Group|Object|Content Placeholder|図"
    r"|グラフ|テキスト ボックス|タイトル|コンテンツ プレースホルダー|正方形/長方形)\s*\d*)$"
)


class UnsafeXml(ValueError):
    """The XML declares entities or does not parse."""


def office_kind(names: frozenset[str]) -> str:
    """Short type of the document with these members, "" if it is none."""
    for prefix, short in (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx")):
        if any(name.startswith(prefix) for name in names) and "[Content_Types].xml" in names:
            return short
    return ""


def is_text_part(name: str) -> bool:
    """Whether a member may hold text that somebody wrote."""
    return name.endswith((".xml", ".vml")) and _DULL.search(name) is None


def reading_order(name: str) -> tuple[int, str]:
    """A key that puts the main part first and sheets and slides in their order."""
    first = name.endswith(("word/document.xml", "content.xml", "xl/workbook.xml"))
    numbered = re.sub(r"\d+", lambda match: match.group().zfill(6), name)
    return (0 if first else 2 if name.startswith("docProps") or "Master" in name else 1), numbered


def document_text(part: bytes, name: str) -> str:
    """The text of one part of a docx, pptx or OpenDocument file. Raises UnsafeXml."""
    everything = name.endswith(("content.xml", "meta.xml", "docProps/core.xml")) or name == "styles.xml"
    walker = _Walker(everything)
    _parse(part, walker.start, walker.end, walker.data)
    return walker.text()


def shared_strings(part: bytes) -> tuple[list[str], str]:
    """The strings of a workbook, by number, and the furigana beside them. Raises UnsafeXml."""
    strings: list[str] = []
    furigana: list[str] = []
    pieces: list[str] = []
    state = {"take": False, "ruby": False}

    def start(tag: str, _attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if local == "si":
            pieces.clear()
        elif local == "rPh":
            state["ruby"] = True
        state["take"] = local == "t"

    def end(tag: str) -> None:
        local = tag.rpartition(":")[2]
        state["take"] = False
        if local == "si":
            strings.append("".join(pieces))
        elif local == "rPh":
            state["ruby"] = False

    def data(text: str) -> None:
        if state["take"]:
            (furigana if state["ruby"] else pieces).append(text)

    _parse(part, start, end, data)
    # Readings above the characters: part of no cell, but somebody's name all the same.
    return strings, "\n".join(furigana)


def sheet_text(part: bytes, strings: list[str]) -> str:
    """The rows of a sheet as lines, cells told apart by tabs, numbers as a person would read them. Raises UnsafeXml."""
    walker = _Sheet(strings)
    _parse(part, walker.start, walker.end, walker.data)
    return "\n".join(walker.rows)


def plain_number(value: str) -> str:
    """A number as Excel shows it: 4.111111111111111E15 is 4111111111111111."""
    if "E" in value or "e" in value or value.endswith(".0"):
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        if abs(number) < 10**19 and number == number.to_integral_value():
            return str(int(number))
    return value


class _Walker:
    def __init__(self, everything: bool) -> None:
        self.everything = everything
        self.out: list[str] = []
        self.ruby: list[str] = []
        self.taking = everything
        self.in_ruby = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        self.taking = self.everything or local in _TEXT
        if local in ("rt", "rPh"):
            self.in_ruby = True
        if attributes and local in _NAMED:
            for key in _TOLD:
                value = attributes.get(key, "")
                if value and not _NAME_DEFAULT.match(value):
                    self.ruby.append(f"{value}\n")
        if local == "s" and self.everything:
            self.out.append(" ")

    def end(self, tag: str) -> None:
        local = tag.rpartition(":")[2]
        self.taking = self.everything
        if local in ("rt", "rPh"):
            self.in_ruby = False
            self.ruby.append("\n")
        elif local in _BREAKS:
            self.out.append(_BREAKS[local])

    def data(self, text: str) -> None:
        if self.taking:
            (self.ruby if self.in_ruby else self.out).append(text)

    def text(self) -> str:
        # A paragraph's end just before its cell's end is no line of its own: rows must stay rows.
        body = re.sub(r"\n+\t", "\t", "".join(self.out))
        return body + ("\n" + "".join(self.ruby) if self.ruby else "")


class _Sheet:
    def __init__(self, strings: list[str]) -> None:
        self.strings = strings
        self.rows: list[str] = []
        self.cells: list[str] = []
        self.kind = ""
        self.value: list[str] = []
        self.taking = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if local == "c":
            self.kind = attributes.get("t", "n")
            self.value = []
        self.taking = local in ("v", "t") or local in _MARGINS

    def end(self, tag: str) -> None:
        local = tag.rpartition(":")[2]
        self.taking = False
        if local == "c":
            self.cells.append(self._shown("".join(self.value)))
            self.value = []
        elif local == "row":
            self.rows.append("\t".join(self.cells))
            self.cells = []
        elif self.value and local in _MARGINS:
            self.rows.append("".join(self.value))
            self.value = []

    def data(self, text: str) -> None:
        if self.taking:
            self.value.append(text)

    def _shown(self, value: str) -> str:
        if self.kind == "s":
            return self.strings[int(value)] if value.isdigit() and int(value) < len(self.strings) else ""
        return plain_number(value) if self.kind == "n" else value


def _parse(
    part: bytes, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], data: Callable[[str], None]
) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data

    def refuse(*_: object) -> None:
        raise UnsafeXml("declares entities")

    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise UnsafeXml("does not parse") from error
    except ValueError as error:
        raise UnsafeXml(str(error)) from error
