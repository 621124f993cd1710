"""RTF to text: what its program shows kept together, notes, headers, comments, properties beside it, and the files
inside.

Octets are decoded in the code page of their font, since a document may have several. Text that is not shown, that was
deleted with changes tracked, or that stands in a table inside a table has a place of its own. Groups that nobody
reads are skipped. Source: Rich Text Format specification 1.9.1. Linear, no recursion; never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.codes import read_code
from mailguard.inspect.office.objects import embedded_in
from mailguard.inspect.rtf.state import ACTS, Group
from mailguard.inspect.rtf.words import BREAKS, DESTINATIONS, PROPERTIES, SIGNS, SKIPPED, codec_of_page

_TOKEN = re.compile(
    rb"((?:\\'[0-9A-Fa-f]{2}[\r\n]*)+)|\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\([^a-zA-Z'])|([{}])|([^\\{}]+)|\\"
)
_NOT_HEX = re.compile(r"[^0-9A-Fa-f]")
_DEPTH = 2000
_MOST_OBJECTS = 200
_FETCHED = re.compile(r"\s*(?:https?|ftp|\\\\)", re.IGNORECASE)


def read_rtf(file: FileIn, budget: Budget) -> Content:
    """Read an RTF file."""
    reader = _read(file.octets)
    if reader.hidden:
        budget.find("hidden_text", file.where, "text that is not shown")
    for detail in reader.macros:
        budget.find("macro", file.where, detail)
    content = Content(text=reader.text())
    if reader.objects:
        content.inner = _inner(reader.objects, budget, file.where)
    return content


def rtf_text(octets: bytes) -> str:
    """The text of an RTF document."""
    return _read(octets).text()


def _read(octets: bytes) -> RtfReader:
    reader = RtfReader(octets)
    position, length = 0, len(octets)
    match_at = _TOKEN.match
    while position < length:
        match = match_at(octets, position)
        if match is None:  # no octet is left unmatched by the pattern
            break
        position = match.end() + reader.take(match)
    reader.finish()
    return reader


def _inner(objects: list[str], budget: Budget, where: str) -> Iterator[Inner]:
    for number, digits in enumerate(objects, 1):
        if not budget.take_member(where):
            return
        bare = _NOT_HEX.sub("", digits)
        yield from embedded_in(bytes.fromhex(bare[: len(bare) // 2 * 2]), f"object {number}")


class RtfReader:
    """One pass: `pending` octets wait for their neighbours, since a character may be two escapes."""

    def __init__(self, octets: bytes) -> None:
        page = re.search(rb"\\ansicpg(\d{1,5})", octets[:4096])
        self.octets = octets
        self.page = codec_of_page(int(page.group(1))) if page else "cp1252"
        self.fonts: dict[int, str] = {}
        self.default_font = -1
        self.main: list[str] = []
        self.boxes: list[list[str]] = []
        self.nested: list[str] = []
        self.before: list[str] = []
        self.beside: dict[str, None] = {}
        self.hidden: list[str] = []
        self.macros: dict[str, None] = {}
        self.objects: list[str] = []
        self.changed = False
        self.property = ""
        self.group = Group(flow=self.main)
        self.groups: list[Group] = []
        self.deeper = 0  # groups beyond the depth that is kept
        self.optional = False
        self.pending = bytearray()
        self.to_skip = 0

    def take(self, match: re.Match[bytes]) -> int:
        """Take one token; returns the number of octets behind it that are raw data."""
        hexed, word, number, symbol, brace, plain = match.groups()
        if plain is not None:
            self._octets(plain.replace(b"\r", b"").replace(b"\n", b"") if b"\n" in plain or b"\r" in plain else plain)
        elif hexed is not None:
            self._octets(bytes.fromhex(hexed.translate(None, b"\\'\r\n").decode("ascii")))
        elif word is not None:
            if word == b"bin" and number:
                return self._binary(match.end(), max(0, int(number)))
            self._word(word.decode("ascii"), int(number) if number else None)
        elif brace is not None:
            self._open() if brace == b"{" else self._close()
        elif symbol is not None:
            self._symbol(symbol)
        return 0

    def text(self) -> str:
        """Everything that was read."""
        parts = ["".join(part).strip("\n") for part in (self.main, *self.boxes, self.hidden)]
        whole = "\n".join((*(part for part in parts if part.strip()), *self.beside))
        # Characters beyond the first plane come as two halves.
        return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def finish(self) -> None:
        """Close what the file left open."""
        while self.groups:
            self._close()
        self._flush()
        self._paragraph()
        self._nested_ends()

    def _binary(self, start: int, size: int) -> int:
        if self.group.kind == "object":
            self.group.flow.append(self.octets[start : start + size].hex())
        return size

    def _open(self) -> None:
        self._flush()
        self.to_skip = 0
        if len(self.groups) >= _DEPTH:
            self.deeper += 1
            return
        self.groups.append(self.group)
        self.group = replace(self.group)

    def _close(self) -> None:
        self._flush()
        self.to_skip = 0
        self.optional = False
        if self.deeper:
            self.deeper -= 1
        elif self.groups:
            closed, self.group = self.group, self.groups.pop()
            if closed.flow is not self.group.flow:
                self._ended(closed, "".join(closed.flow))

    def _ended(self, group: Group, text: str) -> None:
        """A destination ends: what becomes of its text."""
        if group.kind == "code":
            code = read_code(text)
            if code.dde:
                self.macros["a DDE field"] = None
            if code.shown:
                self._say(code.shown)
            self._aside(code.beside)
        elif group.kind == "object" and len(self.objects) < _MOST_OBJECTS:
            self.objects.append(text)
        elif group.kind == "property":
            self.property = text
        elif group.kind == "value" and self.property in PROPERTIES:
            self._aside(text)
        elif group.kind == "template":
            self._aside(text)
            if _FETCHED.match(text):
                self.macros["a template that is fetched from elsewhere"] = None
        elif group.kind == "told":
            self._aside(text)
        elif group.kind == "authors":
            for one in text.split(";"):
                self._aside(one.removeprefix("Unknown"))

    def _octets(self, octets: bytes) -> None:
        if self.to_skip:
            cut = min(self.to_skip, len(octets))
            self.to_skip -= cut
            octets = octets[cut:]
        if self.group.kind != "skip":
            self.pending += octets

    def _word(self, word: str, number: int | None) -> None:
        optional, self.optional = self.optional, False
        if word == "ud" and self.groups:  # the Unicode form of what \\upr says in a code page
            self.group.kind = ""
        if self.group.kind in ("skip", "fonts") and word not in ("f", "fcharset", "cpg"):
            return
        if word == "u" and number is not None:
            self._say(chr(number % 65536))
            self.to_skip = self.group.stand_ins
        elif word in DESTINATIONS:
            self._destination(DESTINATIONS[word])
        elif word in SKIPPED or (optional and word not in BREAKS):
            self._destination("skip")
        elif word in BREAKS:
            self._break(word)
        elif word in SIGNS:
            self._say(SIGNS[word])
        elif act := ACTS.get(word):
            self._flush()
            act(self, self.group, number)

    def _destination(self, kind: str) -> None:
        self._flush()
        if self.group.kind in ("skip", "object"):
            return
        self.group.kind = kind
        if kind in ("box", "told", "code", "object", "property", "value", "template", "authors"):
            self.group.flow = []
            if kind == "box":
                self.group.kind = ""
                self.group.in_table, self.group.nesting = False, 0
                self.boxes.append(self.group.flow)

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.optional = True
        elif symbol in b"{}\\":
            self._octets(symbol)
        elif symbol == b"~":
            self._say(" ")
        elif symbol == b"_":
            self._say("-")
        elif symbol in b"\r\n":
            self._break("par")

    def _break(self, word: str) -> None:
        self._flush()
        group = self.group
        if group.kind:
            return
        sign = BREAKS[word]
        if group.nesting > 1 or word in ("nestcell", "nestrow"):
            is_row = word == "nestrow"
            _replace_last(self.nested, "\t" if is_row else "", "\n" if is_row else sign if sign == "\t" else " ")
        elif sign == "\t" and word == "cell":
            self._nested_ends()
            _replace_last(group.flow, " ", "\t")
        elif word == "row":
            _replace_last(group.flow, "\t", "\n")
        else:
            group.flow.append(" " if group.in_table else sign)
        if sign == "\n":
            self._paragraph()

    def _paragraph(self) -> None:
        """The text as it was before tracked changes, one paragraph after the other."""
        if self.changed:
            self._aside("".join(self.before))
            self.changed = False
        self.before.clear()
        if self.hidden and self.hidden[-1] != "\n":
            self.hidden.append("\n")

    def _nested_ends(self) -> None:
        if self.nested:
            self.boxes.append(self.nested)
            self.nested = []

    def _say(self, text: str) -> None:
        self._flush()
        self._put(text)

    def _put(self, text: str) -> None:
        group = self.group
        if group.kind in ("skip", "fonts"):
            return
        if group.kind:
            group.flow.append(text)
        elif group.unseen:
            self.hidden.append(text)
        elif group.deleted:
            self.before.append(text)
            self.changed = True
        else:
            (self.nested if group.nesting > 1 else group.flow).append(text)
            if not group.inserted:
                self.before.append(text)

    def _aside(self, text: str) -> None:
        if text.strip():
            self.beside[text.strip()] = None

    def _flush(self) -> None:
        if self.pending:
            octets = bytes(self.pending)
            self.pending.clear()
            self._put(octets.decode("ascii") if octets.isascii() else self._decoded(octets))

    def _decoded(self, octets: bytes) -> str:
        """Octets in the code page of their font; where they are none of it, of the document or of another font."""
        group = self.group
        font = group.wide_font if group.wide and group.wide_font >= 0 else group.font
        font = font if font >= 0 else self.default_font
        likely = [codec for codec in (self.fonts.get(font, ""), self.page, *self.fonts.values()) if codec]
        for codec in dict.fromkeys(likely):
            try:
                return octets.decode(codec)
            except UnicodeDecodeError:
                continue
        return octets.decode(likely[0], "replace")


def _replace_last(out: list[str], old: str, new: str) -> None:
    if out and out[-1] == old:
        out[-1] = new
    else:
        out.append(new)
