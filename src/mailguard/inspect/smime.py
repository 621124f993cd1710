"""S/MIME containers: whether they are encrypted, and the content of those that are only signed.

An opaque signed mail (RFC 8551 section 3.5.2) looks like a blob, but its content lies open inside; who takes "p7m" for
encrypted looks away from a readable mail. A small BER walker; bounded; never raises. Nothing is verified here.
"""

from __future__ import annotations

from dataclasses import dataclass

_SIGNED = bytes.fromhex("2a864886f70d010702")
_ENVELOPED = (
    bytes.fromhex("2a864886f70d010703"),
    bytes.fromhex("2a864886f70d010910010" + "0"),
    bytes.fromhex("2a864886f70d0109100117"),
)
_DEPTH = 24


@dataclass(frozen=True, slots=True)
class Container:
    """kind: signed, encrypted or unknown; content: what a signed one holds, b"" if nothing (certificates)."""

    kind: str
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class _Node:
    tag: int
    start: int
    end: int
    after: int


def open_container(octets: bytes) -> Container:
    """Read a PKCS #7 / CMS container (RFC 5652 sections 3, 5, 6)."""
    top = _node(octets, 0, len(octets), 0)
    inner = _children(octets, top)
    if len(inner) < 2 or inner[0].tag != 6:
        return Container("unknown")
    oid = octets[inner[0].start : inner[0].end]
    if oid in _ENVELOPED:
        return Container("encrypted")
    if oid != _SIGNED:
        return Container("unknown")
    for body in _children(octets, inner[1]):
        for part in _children(octets, body):
            fields = _children(octets, part) if part.tag == 0x30 else []
            if len(fields) >= 2 and fields[0].tag == 6 and fields[1].tag == 0xA0:
                return Container("signed", b"".join(_strings(octets, fields[1], 0)))
    return Container("signed")


def _strings(octets: bytes, node: _Node, depth: int) -> list[bytes]:
    """The octet strings under a node, which may come in pieces."""
    out: list[bytes] = []
    for child in _children(octets, node) if depth < _DEPTH else []:
        if child.tag == 4:
            out.append(octets[child.start : child.end])
        elif child.tag & 0x20:
            out.extend(_strings(octets, child, depth + 1))
    return out


def _children(octets: bytes, node: _Node | None) -> list[_Node]:
    out: list[_Node] = []
    if node is None or not node.tag & 0x20:
        return out
    position = node.start
    while position < node.end and len(out) < 10_000:
        child = _node(octets, position, node.end, 0)
        if child is None or child.tag == 0:
            break
        out.append(child)
        position = child.after
    return out


def _node(octets: bytes, position: int, limit: int, depth: int) -> _Node | None:
    """Tag, content and end of the element at a position (X.690 section 8.1), None if there is none."""
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
    return _Node(tag, start, end, end)


def _indefinite(octets: bytes, tag: int, start: int, limit: int, depth: int) -> _Node | None:
    """An element without a length: it ends with two zero octets of its own."""
    position = start
    while depth < _DEPTH and position + 2 <= limit:
        if octets[position : position + 2] == b"\0\0":
            return _Node(tag, start, position, position + 2)
        child = _node(octets, position, limit, depth + 1)
        if child is None or child.after <= position:
            break
        position = child.after
    return _Node(tag, start, limit, limit)
