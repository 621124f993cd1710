"""HTML that Outlook keeps inside RTF (MS-OXRTFEX), taken out again: tags from \\*\\htmltag, text outside of \\htmlrtf.

Linear, no recursion; never raises. What is no such RTF gives "".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    rb"\\'([0-9A-Fa-f]{2})|\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\([^a-zA-Z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\"
)
_FONT = re.compile(rb"\{\\f([0-9]{1,5})(?=\\)[^{};]{0,200}?\\fcharset([0-9]{1,3})")
_CHARSETS = {b"0": "cp1252", b"128": "cp932", b"129": "cp949", b"134": "gb18030", b"136": "big5hkscs", b"161": "cp1253",
             b"162": "cp1254", b"177": "cp1255", b"178": "cp1256", b"186": "cp1257", b"204": "cp1251", b"222": "cp874",
             b"238": "cp1250"}  # fmt: skip
_UNSEEN = frozenset(b"fonttbl colortbl stylesheet info pntext pict generator listtable".split())
_SIGNS = {b"par": "\r\n", b"line": "\r\n", b"tab": "\t", b"lquote": "\u2018", b"rquote": "\u2019", b"bullet": "\u2022",
          b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"endash": "\u2013", b"emdash": "\u2014"}  # fmt: skip
_DEPTH = 2000


@dataclass(frozen=True, slots=True)
class _Group:
    """tag: inside \\htmltag; unseen: inside another destination; rtf: between \\htmlrtf and \\htmlrtf0."""

    tag: bool = False
    unseen: bool = False
    rtf: bool = False
    skip: int = 1  # stand-ins after \u
    codec: str = "cp1252"


def encapsulated_html(rtf: bytes) -> str:
    """The HTML in an RTF document that says it was made from HTML (section 2.1.3.1), otherwise ""."""
    if b"\\fromhtml" not in rtf[:1000]:
        return ""
    reader = _Reader(rtf)
    for match in _TOKEN.finditer(rtf):
        reader.take(match)
    reader.flush()
    return "".join(reader.out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Reader:
    """One pass. Octets wait in `pending` for their neighbours: a character may be two of them."""

    def __init__(self, rtf: bytes) -> None:
        page = re.search(rb"\\ansicpg([0-9]{2,5})", rtf[:1000])
        self.group = _Group(codec=f"cp{page.group(1).decode()}" if page else "cp1252")
        self.default = self.group.codec
        self.fonts = {number: _CHARSETS[charset] for number, charset in _FONT.findall(rtf[:65536])
                      if charset in _CHARSETS}  # fmt: skip
        self.outer: list[_Group] = []
        self.out: list[str] = []
        self.pending = bytearray()
        self.to_skip = 0
        self.starred = False

    def take(self, match: re.Match[bytes]) -> None:
        hexed, word, number, symbol, brace, plain = match.groups()
        starred, self.starred = self.starred, symbol == b"*"
        if brace:
            self._brace(brace)
        elif hexed:
            self._octets(bytes.fromhex(hexed.decode()))
        elif word:
            self._word(word, number, starred)
        elif symbol and symbol in b"{}\\":
            self._octets(symbol)
        elif symbol == b"~":
            self._say("\xa0")
        elif plain:
            self._octets(plain)

    def flush(self) -> None:
        if self.pending:
            try:
                self.out.append(self.pending.decode(self.group.codec, "replace"))
            except LookupError:
                self.out.append(self.pending.decode("cp1252", "replace"))
            self.pending.clear()

    def _brace(self, brace: bytes) -> None:
        self.to_skip = 0
        if brace == b"{" and len(self.outer) < _DEPTH:
            self.outer.append(self.group)
        elif brace == b"}" and self.outer:
            self.flush()
            self.group = self.outer.pop()

    def _word(self, word: bytes, number: bytes | None, starred: bool) -> None:
        if word == b"htmltag" and starred:
            self.flush()
            self.group = replace(self.group, tag=True)
        elif starred or word in _UNSEEN:
            self.group = replace(self.group, unseen=True)
        elif word == b"htmlrtf":
            self.group = replace(self.group, rtf=number != b"0")
        elif word == b"uc":
            self.group = replace(self.group, skip=max(0, min(8, int(number or b"1"))))
        elif word == b"u" and number:
            self._say(chr(int(number) % 65536))
            self.to_skip = self.group.skip
        elif word in (b"f", b"plain"):
            self.flush()
            self.group = replace(self.group, codec=self.fonts.get(number or b"", self.default))
        elif word in _SIGNS:
            self._say(_SIGNS[word])

    def _octets(self, octets: bytes) -> None:
        if self.to_skip:
            cut = min(self.to_skip, len(octets))
            self.to_skip -= cut
            octets = octets[cut:]
        if self._shown():
            self.pending += octets

    def _say(self, text: str) -> None:
        if self._shown():
            self.flush()
            self.out.append(text)

    def _shown(self) -> bool:
        return self.group.tag or not (self.group.unseen or self.group.rtf)
