"""XML as Office documents hold it: parsed in pieces by expat, without entities, in any encoding.

Document type declarations are refused whole: neither OOXML (ECMA-376 part 2 section 9.1.4) nor today's OpenDocument may
have one, and entities are bombs or hide a text from whoever searches for it. Names are compared without their prefix,
so that the Strict and the Transitional vocabulary of OOXML are one. Nothing is kept here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import TypeVar
from xml.parsers import expat

from mailguard.inspect.chars.charset import decode

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Data = Callable[[str], None]
T = TypeVar("T")

_PROLOG = re.compile(
    r"(?:\s|<\?[^>]{0,2000}\?>|<!--.{0,2000}?-->|<!DOCTYPE[^>\[]{0,500}(?:\[[^\]]{0,2000}\])?\s*>)*", re.DOTALL
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{2,40})["']""")
#: What expat decodes by itself.
_NATIVE = frozenset([b"utf-8", b"utf8", b"utf-16", b"us-ascii", b"ascii", b"iso-8859-1"])


class Acts(dict[str, T | None]):
    """What an element does in a walk, by its tag: looked up by name once for each tag of a document."""

    def __init__(self, table: Mapping[str, T], name: Callable[[str], str]) -> None:
        """name: of a tag, as the table has it."""
        super().__init__()
        self._table, self._name = table, name

    def __missing__(self, tag: str) -> T | None:
        act = self[tag] = self._table.get(self._name(tag))
        return act


class UnsafeXml(ValueError):
    """The XML declares entities or does not parse; what was read before that stays read."""


def parse(pieces: Iterable[bytes], start: Start, end: End, data: Data) -> None:
    """Feed the pieces of one document to the three functions. Raises UnsafeXml."""
    pieces = iter(pieces)
    first = next(pieces, b"")
    declared = _DECLARED.match(first[:400])
    if declared and declared.group(1).lower() not in _NATIVE:
        label = declared.group(1).decode("ascii")
        first, pieces = decode(b"".join((first, *pieces)), label).text.encode("utf-8", "replace"), iter(())
        parser = expat.ParserCreate("utf-8")
    else:
        parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    parser.StartDoctypeDeclHandler = _refuse
    for piece in chain((first,), pieces):
        _feed(parser, piece, last=False)
    _feed(parser, b"", last=True)


def root_of(head: bytes) -> str:
    """The local name of the root element in the first octets of a file, "" if they are no XML."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head.decode("utf-16", "replace")
    elif head[:2] in (b"<\0", b"\0<"):
        text = head.decode("utf-16-le" if head[0] else "utf-16-be", "replace")
    else:
        text = head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    if not text.lstrip().startswith("<"):
        return ""
    prolog = _PROLOG.match(text)
    root = _ROOT.match(text, prolog.end() if prolog else 0)
    return root.group(1) if root else ""


def local(tag: str) -> str:
    """A name without its prefix."""
    return tag.rpartition(":")[2]


def attribute(attributes: dict[str, str], name: str) -> str:
    """The value of an attribute whatever its prefix, "" if there is none."""
    if name in attributes:
        return attributes[name]
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")


def is_on(value: str) -> bool:
    """Whether a switch is on (ST_OnOff): where the attribute is left out, it is."""
    return value.lower() not in ("0", "false", "off")


def _feed(parser: expat.XMLParserType, piece: bytes, *, last: bool) -> None:
    try:
        parser.Parse(piece, last)
    except UnsafeXml:
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an encoding that nobody knows
        raise UnsafeXml("does not parse") from error


def _refuse(*_: object) -> None:
    raise UnsafeXml("declares entities or a document type")
