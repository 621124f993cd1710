"""RTF to text: plain characters, octet escapes in the code page, Unicode escapes; unseen destinations left out.

Source: Rich Text Format specification 1.9.1. Linear, no recursion; never raises.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    rb"\\'([0-9A-Fa-f]{2})|\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\([^a-zA-Z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\"
)
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet listtable listoverridetable rsidtbl generator pict objdata themedata latentstyles"
    b" colorschememapping datastore xmlnstbl filetbl fldinst bkmkstart bkmkend".split()
)
_BREAKS = {b"par": "\n", b"line": "\n", b"row": "\n", b"cell": "\t", b"tab": "\t", b"sect": "\n", b"page": "\n"}
_SIGNS = {
    b"emdash": "—",
    b"endash": "-",
    b"bullet": "•",
    b"lquote": "'",
    b"rquote": "'",
    b"ldblquote": '"',
    b"rdblquote": '"',
}
_CODE_PAGES = {
    b"128": "cp932",
    b"129": "cp949",
    b"134": "gb18030",
    b"136": "big5hkscs",
    b"204": "cp1251",
    b"238": "cp1250",
}
_DEPTH = 2000


def rtf_text(octets: bytes) -> str:
    """The text of an RTF document."""
    reader = _Reader(octets)
    for match in _TOKEN.finditer(octets):
        reader.take(match)
    reader.flush()
    # Characters beyond the first plane come as two halves.
    return "".join(reader.out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Reader:
    """One pass: `pending` octets wait for their neighbours, since a character may be two escapes."""

    def __init__(self, octets: bytes) -> None:
        page = re.search(rb"\\ansicpg(\d{2,5})", octets[:4096])
        charset = re.search(rb"\\fcharset(128|129|134|136|204|238)\b", octets[:65536])
        self.codec = f"cp{page.group(1).decode()}" if page else "cp1252"
        if charset and self.codec in ("cp1252", "cp0"):
            self.codec = _CODE_PAGES[charset.group(1)]
        self.out: list[str] = []
        self.pending = bytearray()
        self.groups: list[tuple[bool, int]] = []
        self.skipping = False
        self.unicode_skip = 1
        self.to_skip = 0

    def take(self, match: re.Match[bytes]) -> None:
        hexed, word, number, symbol, brace, plain = match.groups()
        if brace:
            self._brace(brace)
        elif hexed:
            self._octets(bytes.fromhex(hexed.decode()))
        elif word:
            self._word(word, number)
        elif symbol:
            self._symbol(symbol)
        elif plain:
            self._octets(plain)

    def flush(self) -> None:
        if self.pending:
            try:
                self.out.append(self.pending.decode(self.codec, "replace"))
            except LookupError:
                self.out.append(self.pending.decode("cp1252", "replace"))
            self.pending.clear()

    def _brace(self, brace: bytes) -> None:
        self.to_skip = 0
        if brace == b"{" and len(self.groups) < _DEPTH:
            self.groups.append((self.skipping, self.unicode_skip))
        elif brace == b"}" and self.groups:
            self.skipping, self.unicode_skip = self.groups.pop()

    def _octets(self, octets: bytes) -> None:
        if self.to_skip:  # the stand-ins after \u for readers without Unicode
            cut = min(self.to_skip, len(octets))
            self.to_skip -= cut
            octets = octets[cut:]
        if not self.skipping:
            self.pending += octets

    def _word(self, word: bytes, number: bytes | None) -> None:
        if word in _SKIPPED:
            self.skipping = True
        elif word == b"uc":
            self.unicode_skip = max(0, min(8, int(number or b"1")))
        elif word == b"u" and number:
            self._say(chr(int(number) % 65536))
            self.to_skip = self.unicode_skip
        elif word in _BREAKS:
            self._say(_BREAKS[word])
        elif word in _SIGNS:
            self._say(_SIGNS[word])

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.skipping = True
        elif symbol in b"{}\\":
            self._octets(symbol)
        elif symbol == b"~":
            self._say(" ")
        elif symbol in b"\r\n":
            self._say("\n")

    def _say(self, text: str) -> None:
        if not self.skipping:
            self.flush()
            self.out.append(text)
