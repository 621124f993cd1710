"""Lists of MAPI properties as TNEF writes them (MS-OXTNEF section 2.1.3.4): type, number, maybe a name, values.

Every length is checked against what is left. A list that ends too early, or has a type that nobody knows, raises
Broken: what was read before it stays in the caller's hands.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from mailguard.inspect.outlook import mapi
from mailguard.inspect.outlook.mapi import Properties

_FIXED = {
    mapi.SHORT: 4, mapi.LONG: 4, mapi.REAL4: 4, mapi.ERROR: 4, mapi.BOOLEAN: 4, mapi.REAL8: 8, mapi.CURRENCY: 8,
    mapi.APPTIME: 8, mapi.INTEGER8: 8, mapi.SYSTIME: 8, mapi.GUID: 16,
}  # fmt: skip
_VARIABLE = frozenset({mapi.STRING8, mapi.UNICODE, mapi.BINARY, mapi.OBJECT})


class Broken(Exception):
    """A list that does not hold what it says, or too much."""


@dataclass(slots=True)
class Allowance:
    """How many more values may be kept: an empty value weighs four octets in the file, and fifty times that here."""

    left: int = 200_000

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Broken("more properties than are read")


def property_list(octets: memoryview, into: Properties, allowance: Allowance) -> None:
    """Add the properties of a list to those of an object."""
    _Cursor(octets, allowance).properties(into)


def property_rows(octets: memoryview, rows: list[Properties], label: str, allowance: Allowance) -> None:
    """Add the rows of a table of recipients (section 2.1.3.3.14), as many as are there."""
    cursor = _Cursor(octets, allowance)
    for _ in range(cursor.number()):
        allowance.take()
        rows.append(Properties(label))
        cursor.properties(rows[-1])


class _Cursor:
    """A place in the octets that only moves on."""

    def __init__(self, octets: memoryview, allowance: Allowance) -> None:
        self.octets = octets
        self.allowance = allowance
        self.position = 0

    def number(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def take(self, count: int) -> memoryview:
        piece = self.octets[self.position : self.position + count]
        if len(piece) < count:
            raise Broken("a list of properties ends too early")
        self.position += count
        return piece

    def properties(self, into: Properties) -> None:
        for _ in range(self.number()):
            kind, number = struct.unpack("<HH", self.take(4))
            if number >= 0x8000:
                self._name()
            plain = kind & ~mapi.MULTIPLE
            if plain not in _VARIABLE and plain not in _FIXED:
                raise Broken("a property of a type that nobody knows")
            count = self.number() if kind & mapi.MULTIPLE or plain in _VARIABLE else 1
            for _ in range(count):
                self.allowance.take()
                into.add(number, kind, self._value(plain))

    def _value(self, kind: int) -> memoryview:
        if kind not in _VARIABLE:
            return self.take(_FIXED[kind])
        length = self.number()
        value = self.octets[self.position : self.position + length]
        self.position += (length + 3) & ~3  # padded to four; the last one may lack its padding
        if len(value) < length:
            raise Broken("the value of a property is cut off")
        return value

    def _name(self) -> None:
        """A named property: its set, and a number or a text in that (section 2.1.3.4, PropMapName)."""
        self.take(16)
        if self.number():
            self.take((self.number() + 3) & ~3)
        else:
            self.take(4)
