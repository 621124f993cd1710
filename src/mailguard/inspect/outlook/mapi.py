"""MAPI properties, of which both TNEF and .msg are made: strings in a code page or in Unicode, numbers, octets.

Numbers of properties and types are those of MS-OXPROPS and MS-OXCDATA section 2.11.1. Values stay as octets until
somebody asks. Nothing here raises, however odd a value is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.inspect.chars.charset import decode, tidy

Octets = bytes | memoryview

# Types
SHORT, LONG, REAL4, REAL8, CURRENCY, APPTIME, ERROR, BOOLEAN, OBJECT, INTEGER8 = 2, 3, 4, 5, 6, 7, 10, 11, 13, 20
STRING8, UNICODE, SYSTIME, GUID, BINARY = 0x1E, 0x1F, 0x40, 0x48, 0x102
MULTIPLE = 0x1000

# Properties of a message
MESSAGE_CLASS, SUBJECT, HEADERS, BODY, RTF, HTML = 0x001A, 0x0037, 0x007D, 0x1000, 0x1009, 0x1013
MESSAGE_CODE_PAGE, INTERNET_CODE_PAGE = 0x3FFD, 0x3FDE
# Properties of a file
DISPLAY_NAME, DATA, SHORT_NAME, LONG_NAME, PATH, LONG_PATH = 0x3001, 0x3701, 0x3704, 0x3707, 0x3708, 0x370D
METHOD, TRANSPORT_NAME = 0x3705, 0x370C

_LABELS = {
    1200: "utf-16-le",
    20127: "us-ascii",
    50220: "iso-2022-jp",
    50221: "iso-2022-jp",
    50222: "iso-2022-jp",
    51932: "euc-jp",
    20932: "euc-jp",
    51949: "euc-kr",
    54936: "gb18030",
    65000: "utf-7",
    65001: "utf-8",
}
#: Directory names of Exchange ("/O=CORP/OU=.../CN=ANN"): an address for machines, beside which the real one stands.
_DIRECTORY_NAME = re.compile(r"^/o=", re.IGNORECASE)


def label_of(code_page: int | None) -> str:
    """The charset label of a Windows code page, "" if there is none."""
    if not code_page:
        return ""
    if 28591 <= code_page <= 28605:
        return f"iso-8859-{code_page - 28590}"
    return _LABELS.get(code_page, f"cp{code_page}")


@dataclass(slots=True)
class Properties:
    """The properties of one object: a message, a recipient, a file. label: charset of its strings in octets."""

    label: str = ""
    _values: dict[int, list[tuple[int, Octets]]] = field(default_factory=dict)

    def add(self, number: int, kind: int, value: Octets) -> None:
        """Keep one value; properties may have several."""
        self._values.setdefault(number, []).append((kind & ~MULTIPLE, value))

    def text(self, *numbers: int) -> str:
        """The first of these properties that says something."""
        return next((text for one in numbers for text in self._texts(one) if text), "")

    def number(self, number: int) -> int | None:
        """An integer property, None if there is none."""
        for kind, value in self._values.get(number, ()):
            if kind in (SHORT, LONG) and len(value) >= 2:
                return int.from_bytes(value[: 2 if kind == SHORT else 4], "little")
        return None

    def octets(self, number: int) -> Octets | None:
        """The octets of a property, None if there is none."""
        return next((value for _, value in self._values.get(number, ())), None)

    def type_of(self, number: int) -> int:
        """The type of a property, 0 if there is none."""
        return next((kind for kind, _ in self._values.get(number, ())), 0)

    def strings(self, *, but: frozenset[int]) -> Iterator[str]:
        """Every text in the other properties, in the order in which they came."""
        for number in self._values:
            if number not in but:
                yield from (text for text in self._texts(number) if text and not _DIRECTORY_NAME.match(text))

    def _texts(self, number: int) -> Iterator[str]:
        for kind, value in self._values.get(number, ()):
            if kind == UNICODE:
                yield _ended(bytes(value).decode("utf-16-le", "replace"))
            elif kind == STRING8:
                yield _ended(decode(bytes(value).rstrip(b"\0"), self.label).both)


def _ended(text: str) -> str:
    """A text without its closing NUL. One in the middle hides nothing: what is behind it is read too."""
    return tidy(text.rstrip("\0")).strip()
