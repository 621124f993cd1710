"""BER, of which S/MIME containers are made (X.690): elements, their children, octet strings in pieces.

Reads what is there, also of a file that is cut off. Bounded in depth; linear. Raises TooMany, and nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

_DEPTH = 24
#: Senders that stream write content in pieces of a kilobyte or more; nobody in pieces of an octet.
_MOST_CHILDREN = 300_000


class TooMany(Exception):
    """An element has more in it than is read."""


@dataclass(frozen=True, slots=True)
class Node:
    """An element: its tag, where its content starts and ends, where the next one begins; cut: it ends too early."""

    tag: int
    start: int
    end: int
    after: int
    cut: bool = False

    @property
    def constructed(self) -> bool:
        return bool(self.tag & 0x20)


def node(octets: bytes, position: int, limit: int, depth: int = 0) -> Node | None:
    """The element at a position (X.690 section 8.1), None if there is none."""
    if position + 2 > limit or octets[position] & 0x1F == 0x1F:
        return None
    tag, length = octets[position], octets[position + 1]
    start = position + 2
    if length == 0x80:
        return _indefinite(octets, tag, start, limit, depth)
    if length > 0x80:
        count = length & 0x7F
        if count > 6 or start + count > limit:
            return None
        length = int.from_bytes(octets[start : start + count], "big")
        start += count
    end = min(start + length, limit)
    return Node(tag, start, end, end, cut=start + length > limit)


def children(octets: bytes, parent: Node | None) -> Iterator[Node]:
    """The elements in an element, in order, found as they are asked for."""
    if parent is None or not parent.constructed:
        return
    position = parent.start
    for _ in range(_MOST_CHILDREN):
        child = node(octets, position, parent.end)
        if child is None or child.tag == 0:
            return
        yield child
        position = child.after
    raise TooMany


def first_children(octets: bytes, parent: Node | None, count: int) -> list[Node]:
    """At most so many of the elements in an element."""
    return list(itertools.islice(children(octets, parent), count))


def strings(octets: bytes, parent: Node, depth: int = 0) -> Iterator[bytes]:
    """The octet strings under an element, which may come in pieces (section 8.7.3)."""
    if not parent.constructed:
        yield octets[parent.start : parent.end]
    elif depth < _DEPTH:
        for child in children(octets, parent):
            if child.tag == 4 or child.constructed:
                yield from strings(octets, child, depth + 1)


def _indefinite(octets: bytes, tag: int, start: int, limit: int, depth: int) -> Node | None:
    """An element without a length: it ends with two zero octets of its own (section 8.1.3.6)."""
    position = start
    for _ in range(_MOST_CHILDREN):
        if octets[position : position + 2] == b"\0\0" and position + 2 <= limit:
            return Node(tag, start, position, position + 2)
        child = node(octets, position, limit, depth + 1) if depth < _DEPTH else None
        if child is None:
            return Node(tag, start, limit, limit, cut=True)
        position = child.after
    raise TooMany
