"""The text of a part of an Office document that is no sheet: WordprocessingML, DrawingML, comments, charts, settings.

What a reader sees is kept together: text boxes, tables inside tables and furigana do not cut the paragraph they stand
in, a number split into runs is one number, rows of a table are lines. Tracked changes give two readings, the text as
it is now and each changed paragraph as it was. Names, alternative texts, field codes come beside it. Local names
only, so that one walk reads every vocabulary (ECMA-376 part 1 sections 17, 20, 21; VML of part 4; MS-DOCX,
MS-ODRAWXML).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from mailguard.inspect.office.codes import read_code
from mailguard.inspect.office.elements import ENDS, STARTS
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.xml import Acts, attribute, local, parse

_Attributes = dict[str, str]
_SCHEMA = re.compile(r"^(?:https?://schemas\.|urn:|\{?[0-9A-Fa-f]{8}-)")
_DULL = re.compile("xml|xsi:")  # declarations of names, white space, schemas


def read_prose(pieces: Iterable[bytes], said: Said, root: str = "", unseen: frozenset[str] = frozenset()) -> None:
    """Read one part. root: its root element; unseen: ids of styles whose text is hidden. Raises UnsafeXml, after
    having kept what came before the error."""
    walk = Prose(said, root, unseen)
    try:
        parse(pieces, walk.start, walk.end, walk.data)
    finally:
        walk.finish()


def read_flat_prose(pieces: Iterable[bytes], said: Said) -> list[bytes]:
    """Read a document of Office in one XML file; returns the files that stand in it as base64. Raises UnsafeXml."""
    walk = _FlatProse(said)
    try:
        parse(pieces, walk.start, walk.end, walk.data)
    finally:
        walk.finish()
    return walk.files


def read_foreign(pieces: Iterable[bytes], said: Said) -> None:
    """Read XML of an unknown vocabulary (custom XML parts): all character data and all values. Raises UnsafeXml."""
    out: list[str] = []

    def start(_tag: str, attributes: _Attributes) -> None:
        said.aside(*(value for key, value in attributes.items() if not _DULL.match(key) and not _SCHEMA.match(value)))

    try:
        parse(pieces, start, lambda _tag: out.append("\n"), out.append)
    finally:
        said.say("\n".join(filter(None, map(str.strip, "".join(out).split("\n")))))


@dataclass(slots=True)
class _Flow:
    """Paragraphs that follow each other: the part itself, a text box, a table inside a table."""

    out: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)  # the paragraph as it was before the tracked changes
    ruby: list[str] = field(default_factory=list)
    changed: bool = False
    tables: int = 0
    is_table: bool = False  # ends with its table


class Prose:
    """One walk over one part. Elements that say nothing cost one look into a table."""

    def __init__(self, said: Said, root: str, unseen: frozenset[str] = frozenset()) -> None:
        self.said = said
        self.unseen = unseen
        self.pattern = root in ("sldMaster", "sldLayout", "notesMaster", "handoutMaster")
        self.flow = _Flow()
        self.flows: list[_Flow] = []
        self.boxes: list[str] = []
        self.chars: list[str] = []
        self.codes: list[list[str]] = []  # of fields that are open
        self.choices: list[tuple[int, int, str]] = []
        self.hidden: list[str] = []
        self.taking = self.reading = self.unseen_run = self.unseen_paragraph = self.unseen_shape = self.skipping = False
        self.properties = self.deleting = self.inserting = 0
        self._starts, self._ends = Acts(STARTS, local), Acts(ENDS, local)

    def start(self, tag: str, attributes: _Attributes) -> None:
        act = self._starts[tag]
        if act is not None:
            act(self, attributes)

    def end(self, tag: str) -> None:
        act = self._ends[tag]
        if act is not None:
            act(self)

    def data(self, text: str) -> None:
        if self.taking:
            self.chars.append(text)

    def finish(self) -> None:
        """Hand over what was read, also where the part broke off."""
        while self.flows:
            self.pop()
        self.paragraph()
        if any(self.hidden):
            self.said.hidden["text that is not shown"] = None
        self.said.say("".join(self.flow.out).rstrip("\n"))
        for box in self.boxes:
            self.said.say(box.rstrip("\n"))
        self.said.aside(*"".join(self.hidden).split("\n"))

    def say(self, text: str) -> None:
        """Put text where it belongs."""
        flow = self.flow
        if self.skipping:
            return
        if self.unseen_shape and text.strip():
            self.said.hidden["text in a shape that is not shown"] = None
        if self.reading:
            flow.ruby.append(text)
        elif self.unseen_run or self.unseen_paragraph:
            self.hidden.append(text)
        elif self.deleting:
            flow.before.append(text)
            flow.changed = True
        else:
            flow.out.append(text)
            if not self.inserting:
                flow.before.append(text)

    def paragraph(self) -> None:
        """End a paragraph; in a table it ends no line, since rows must stay rows."""
        flow = self.flow
        flow.out.append(" " if flow.tables else "\n")
        if flow.changed:
            self.said.aside("".join(flow.before))
            flow.changed = False
        if flow.ruby:
            self.said.aside("".join(flow.ruby))
            flow.ruby.clear()
        if self.hidden and self.hidden[-1] != "\n":
            self.hidden.append("\n")
        flow.before.clear()
        self.unseen_paragraph = self.unseen_run = False

    def push(self, is_table: bool = False) -> None:
        self.flows.append(self.flow)
        self.flow = _Flow(is_table=is_table)

    def pop(self) -> None:
        if self.flows:
            self.boxes.append("".join(self.flow.out))
            self.flow = self.flows.pop()

    def code(self, code: str) -> None:
        """Note a field code."""
        found = read_code(code)
        if found.dde:
            self.said.macros["a DDE field"] = None
        if found.shown:
            self.say(found.shown)
        self.said.aside(found.beside)


class _FlatProse(Prose):
    """A document with all its parts in one file (Word's XML of 2003, flat OPC)."""

    def __init__(self, said: Said) -> None:
        super().__init__(said, "")
        self.binary: list[str] | None = None
        self.files: list[bytes] = []

    def start(self, tag: str, attributes: _Attributes) -> None:
        name = local(tag)
        if name in ("binData", "binaryData"):
            self.binary = []
        elif name == "Relationship" and attribute(attributes, "TargetMode") == "External":
            self.said.aside(attribute(attributes, "Target"))
        super().start(tag, attributes)

    def end(self, tag: str) -> None:
        if self.binary is not None and local(tag) in ("binData", "binaryData"):
            with suppress(ValueError):
                self.files.append(binascii.a2b_base64("".join(self.binary)))
            self.binary = None
        super().end(tag)

    def data(self, text: str) -> None:
        if self.binary is not None:
            self.binary.append(text)
        else:
            super().data(text)
