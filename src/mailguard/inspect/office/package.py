"""An Office Open XML document in its zip package: which parts are read, in which order, and what they say together.

Every part is looked at: what it is, its root element says, whatever it is called. Sheets and slides come in the order
of their document. What is embedded, and every part that is no part of Office, comes back as a file to be opened like
any other. A part that cannot be read costs itself only. Source: ECMA-376 part 2.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.archives.zipfiles import Listing
from mailguard.inspect.archives.zipheaders import Member
from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.biff12 import (
    binary_root,
    read_binary_book,
    read_binary_sheet,
    read_binary_strings,
    read_binary_styles,
    read_binary_texts,
)
from mailguard.inspect.office.closing import close, note_unread
from mailguard.inspect.office.labels import joined, labels_in_metadata, labels_in_properties
from mailguard.inspect.office.pivots import read_columns, read_records
from mailguard.inspect.office.prose import read_foreign, read_prose
from mailguard.inspect.office.relations import Relation, Types, part_of, read_relations, read_types
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.sheets import read_sheet
from mailguard.inspect.office.stored import Stored
from mailguard.inspect.office.styles import unseen_styles
from mailguard.inspect.office.vocabulary import DULL, KNOWN
from mailguard.inspect.office.workbook import Workbook, read_strings, read_styles, read_workbook
from mailguard.inspect.office.xml import UnsafeXml, local, parse, root_of
from mailguard.inspect.page.html import html_text

TYPES = "[content_types].xml"
#: Parts that others refer to come first, what nobody looks at last.
_RANKS = {"workbook": 0, "presentation": 0, "sst": 1, "styleSheet": 1, "styles": 1, "document": 2, "worksheet": 3,
          "sld": 3, "pivotCacheDefinition": 4, "pivotCacheRecords": 5, "sldLayout": 8, "sldMaster": 8,
          "notesMaster": 8, "handoutMaster": 8, "Properties": 9, "coreProperties": 9,
          "workbook.bin": 0, "strings.bin": 1, "styles.bin": 1, "sheet.bin": 3}  # fmt: skip
_MAINS = frozenset({"document", "workbook", "workbook.bin", "presentation"})
_SHEETS = frozenset({"worksheet", "macrosheet", "dialogsheet", "sheet.bin"})
_FOLDERS = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))


@dataclass(slots=True)
class _Package:
    """What is known of a package while it is read."""

    file: FileIn
    budget: Budget
    said: Said
    content: Content
    types: Types = field(default_factory=Types)
    relations: dict[str, list[Relation]] = field(default_factory=dict)
    parts: list[tuple[Stored, str]] = field(default_factory=list)  # with their root elements
    others: list[Stored] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)  # of sheets and slides, by part
    book: Workbook = field(default_factory=Workbook)
    names: dict[str, tuple[str, bool]] = field(default_factory=dict)  # of sheets, and whether they are hidden
    unseen: frozenset[str] = frozenset()
    columns: list[list[str]] = field(default_factory=list)  # of the pivot cache that was defined last


_STYLES = ("styles", "styleSheet")
#: What no part has in it that only programs write and read: a long number, an address.
_TELLING = re.compile(rb"(?<![0-9A-Fa-f])[0-9](?:[ .-]?[0-9]){11,18}(?![0-9A-Fa-f-])|[A-Za-z0-9]@[A-Za-z0-9]")


def package_kind(octets: bytes, members: tuple[Member, ...], budget: Budget) -> str:
    """Short type of the OOXML document with these members, by its content types or its folders; "" if it is none."""
    listed = next((member for member in members if member.name.lstrip("/").lower() == TYPES), None)
    if listed is None:
        return ""
    try:
        kind = read_types(Stored(octets, listed, budget).content()).kind()
    except Unpackable:
        kind = ""
    names = [member.name.lstrip("/\\").lower().replace("\\", "/") for member in members]
    return kind or next((short for start, short in _FOLDERS if any(name.startswith(start) for name in names)), "")


def read_package(file: FileIn, listing: Listing, budget: Budget, short: str) -> Content:
    """A docx, xlsx or pptx file."""
    package = _Package(file, budget, Said(budget.limits.personal_chars), Content(short=short))
    for member in listing.members:
        if not member.is_folder:
            _sort_in(Stored(file.octets, member, budget), package)
    if not any(root in _MAINS for _, root in package.parts):
        package.content.whole = False
        budget.find("unparseable_attachment", file.where, "without its main part")
    for relations in package.relations.values():
        _note_targets(relations, package.said, budget, file.where)
    for part, root in sorted(package.parts, key=lambda pair: (_RANKS.get(pair[1], 6), _numbered(pair[0].name))):
        if _RANKS.get(root, 6) < 3:
            _read(part, root, package)
    later = [pair for pair in package.parts if _RANKS.get(pair[1], 6) >= 3]
    for part, root in sorted(later, key=lambda pair: _order(pair, package)):
        _read(part, root, package)
    package.said.aside(*package.book.unused())
    return close(package.said, package.content, package.others, package.types, budget, file)


def _sort_in(part: Stored, package: _Package) -> None:
    """Look what a part is."""
    name = part.name.lower()
    try:
        if name == TYPES:
            package.types = read_types(part.content())
        elif name.endswith(".rels"):
            package.relations[part_of(name)] = read_relations(part.content(), part_of(name))
        elif root := root_of(part.head()) or binary_root(name, part.head()):
            package.parts.append((part, root))
        else:
            package.others.append(part)
    except Unpackable as error:
        note_unread(part, error, package.content, package.budget, package.file.where)


def _note_targets(relations: list[Relation], said: Said, budget: Budget, where: str) -> None:
    for relation in relations:
        if relation.outside:
            said.aside(relation.target.removeprefix("mailto:"))
            if relation.is_fetched:
                budget.find("external_body", where, f"{relation.kind} is fetched from elsewhere")
        elif relation.kind == "vbaProject":
            said.macros["a VBA project"] = None


def _order(pair: tuple[Stored, str], package: _Package) -> tuple[int, int, str]:
    part, root = pair
    return _RANKS.get(root, 6), package.places.get(part.name.lower(), 2**20), _numbered(part.name)


def _numbered(name: str) -> str:
    """A name that sorts by its numbers."""
    return re.sub(r"\d{1,6}", lambda match: match.group().zfill(6), name.lower())


def _read(part: Stored, root: str, package: _Package) -> None:
    try:
        if root in DULL or root in _STYLES:
            if _TELLING.search(part.content()):
                _foreign(part, root, package)
            if root in DULL:
                return
        _READERS.get(root, _prose if root in KNOWN else _foreign)(part, root, package)
        if part.odd:
            package.budget.find("unparseable_attachment", f"{package.file.where}/{part.name}", part.odd)
    except UnsafeXml as error:
        if root == "xml":  # VML, which programs write like HTML
            package.said.say(html_text(part.content().decode("utf-8", "replace")).shown)
            return
        note_unread(part, error, package.content, package.budget, package.file.where)
    except (Unpackable, struct.error, IndexError) as error:
        note_unread(part, error, package.content, package.budget, package.file.where)


def _prose(part: Stored, root: str, package: _Package) -> None:
    read_prose(part.pieces(), package.said, root, package.unseen)


def _foreign(part: Stored, root: str, package: _Package) -> None:
    if root == "ocx":
        package.said.macros["an ActiveX control"] = None
    read_foreign(part.pieces(), package.said)


def _copy(part: Stored, root: str, package: _Package) -> None:
    """A drawing of a diagram, VML, a master of slides: mostly a copy of what another part said."""
    copied = Said(package.said.room)
    read_prose(part.pieces(), copied, root)
    package.said.repeat(copied.text)
    package.said.aside(*copied.beside)


def _sheet(part: Stored, root: str, package: _Package) -> None:
    said = package.said
    name, hidden = package.names.get(part.name.lower(), (part.name.rpartition("/")[2], False))
    if root == "macrosheet" or "macrosheet" in package.types.of(part.name):
        said.macros["an Excel 4 macro sheet"] = None
    before = len(said.text)
    if root == "sheet.bin":
        read_binary_sheet(part.pieces(), package.book, said, name)
    else:
        read_sheet(part.pieces, package.book, said, name)
    if hidden and len(said.text) > before:
        said.hidden[f"hidden sheet {name}"] = None


def _workbook(part: Stored, root: str, package: _Package) -> None:
    if root == "workbook.bin":
        read_binary_book(part.pieces(), package.book, package.said)
    else:
        read_workbook(part.pieces(), package.book)
        _prose(part, root, package)
    targets = _targets(part, package)
    for number, sheet in enumerate(package.book.sheets):
        target = targets.get(sheet.relation, f"xl/worksheets/sheet{number + 1}.xml")
        package.places[target] = number
        package.names[target] = (sheet.name, sheet.hidden)


def _presentation(part: Stored, root: str, package: _Package) -> None:
    targets = _targets(part, package)

    def start(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "sldId":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            package.places[targets.get(relation, "")] = len(package.places)

    parse(part.pieces(), start, lambda _tag: None, lambda _text: None)
    _prose(part, root, package)


def _targets(part: Stored, package: _Package) -> dict[str, str]:
    return {relation.identity: relation.target for relation in package.relations.get(part.name.lower(), ())}


def _styles(part: Stored, root: str, package: _Package) -> None:
    package.unseen |= unseen_styles(part.pieces())


def _properties(part: Stored, root: str, package: _Package) -> None:
    package.content.labels = joined((*package.content.labels, *labels_in_properties(part.pieces())))
    _prose(part, root, package)


def _labels(part: Stored, root: str, package: _Package) -> None:
    package.content.labels = joined((*package.content.labels, *labels_in_metadata(part.pieces())))
    _foreign(part, root, package)


def _columns(part: Stored, root: str, package: _Package) -> None:
    package.columns = read_columns(part.pieces(), package.said)


_READERS: dict[str, Callable[[Stored, str, _Package], None]] = {
    **dict.fromkeys(_SHEETS, _sheet),
    **dict.fromkeys(("drawing", "xml", "sldLayout", "sldMaster", "notesMaster", "handoutMaster"), _copy),
    **dict.fromkeys(("workbook", "workbook.bin"), _workbook),
    "presentation": _presentation,
    "sst": lambda part, _root, package: read_strings(part.pieces, package.book, package.said),
    "strings.bin": lambda part, _root, package: read_binary_strings(part.pieces(), package.book, package.said),
    "styles.bin": lambda part, _root, package: read_binary_styles(part.pieces(), package.book),
    "texts.bin": lambda part, _root, package: read_binary_texts(part.pieces(), package.said),
    "styleSheet": lambda part, _root, package: read_styles(part.pieces(), package.book),
    "styles": _styles,
    "Properties": _properties,
    "labelList": _labels,
    "pivotCacheDefinition": _columns,
    "pivotCacheRecords": lambda part, _root, package: read_records(part.pieces(), package.columns, package.said),
}
