"""The text of OpenDocument files (odt, ods, odp, also in one flat XML file): content, headers, notes, changes,
properties.

Only what stands in paragraphs, titles and properties is text; the rest is layout. Notes, comments, text boxes do not
cut the paragraph they stand in. Cells that repeat are written at most a few times. Hidden sheets, rows, slides,
sections and spans are read and said. Source: OpenDocument 1.3 part 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from mailguard.inspect.office.odf_elements import ENDS, STARTS, TOLD
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.xml import Acts, local, parse

_Attributes = dict[str, str]
_MOST_COPIES_OF_ALL = 20_000


@dataclass(slots=True)
class Flow:
    """Paragraphs that belong together: the body, or a note, a comment, a text box inside a paragraph."""

    out: list[str] = field(default_factory=list)
    in_paragraph: bool = False
    ends_with_it: bool = False  # made by a paragraph inside a paragraph


def read_odf(pieces: Iterable[bytes], said: Said) -> list[bytes]:
    """Read one XML part of an OpenDocument file, or a flat file; returns the files that stand in it as base64.

    Raises UnsafeXml, after having kept what came before the error.
    """
    walk = OdfWalk(said)
    try:
        parse(pieces, walk.start, walk.end, walk.data)
    finally:
        walk.finish()
    return walk.files


class OdfWalk:
    """One walk over one part."""

    def __init__(self, said: Said) -> None:
        self.said = said
        self.flow = Flow()
        self.flows: list[Flow] = []
        self.boxes: list[str] = []
        self.told: list[str] | None = None
        self.ruby: list[str] = []
        self.reading = False
        self.unseen: dict[str, str] = {}  # styles that hide, and what
        self.style = ""
        self.spans: list[bool] = []  # of open spans and sections: whether they are hidden
        self.hiding = 0
        self.hidden: list[str] = []
        self.cells: list[tuple[int, int, str]] = []  # open ones: where their text begins, copies, value
        self.sheets: list[str] = []
        self.row_unseen = False
        self.copies = _MOST_COPIES_OF_ALL
        self.binary: list[str] | None = None
        self.files: list[bytes] = []
        self._starts, self._ends = Acts(STARTS, _known), Acts(ENDS, _known)

    def start(self, tag: str, attributes: _Attributes) -> None:
        act = self._starts[tag]
        if act is not None:
            act(self, attributes)

    def end(self, tag: str) -> None:
        act = self._ends[tag]
        if act is not None:
            act(self)

    def data(self, text: str) -> None:
        if self.binary is not None:
            self.binary.append(text)
        elif self.told is not None:
            self.told.append(text)
        elif self.flow.in_paragraph:
            # White space is one space, as in HTML; more of it is in text:s (part 3 section 6.1.2).
            self.say(re.sub(r"\s+", " ", text) if "\n" in text or "  " in text or "\t" in text else text)

    def say(self, text: str) -> None:
        if self.reading:
            self.ruby.append(text)
        elif self.hiding:
            self.hidden.append(text)
        else:
            self.flow.out.append(text)

    def push(self, ends_with_paragraph: bool = False) -> None:
        """Begin a flow of its own."""
        self.flows.append(self.flow)
        self.flow = Flow(ends_with_it=ends_with_paragraph)

    def pop(self) -> None:
        """End it: its text stands beside."""
        if self.flows:
            self.boxes.append("".join(self.flow.out))
            self.flow = self.flows.pop()

    def room(self) -> None:
        """Hand over what was read so far, so that the room is looked at before it is too late."""
        if not self.flows and not self.cells and not self.flow.in_paragraph:
            self.said.say("".join(self.flow.out).strip("\n"))
            self.flow.out.clear()

    def finish(self) -> None:
        while self.flows:
            self.pop()
        if any(one.strip() for one in self.hidden):
            self.said.hidden["text that is not shown"] = None
        self.said.say("".join(self.flow.out).strip("\n"))
        for box in self.boxes:
            self.said.say(box.strip("\n"))
        self.said.aside(*"".join(self.hidden).split("\n"))


def _known(tag: str) -> str:
    """The name under which an element is known. text:title and its like are fields in a line, not titles."""
    name = local(tag)
    return "" if name in TOLD and tag.startswith("text:") else name
