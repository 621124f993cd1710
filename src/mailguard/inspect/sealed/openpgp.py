"""OpenPGP messages (RFC 9580): whether they are encrypted, and what lies open in those that are only signed or packed.

`gpg --sign --armor` makes a "PGP MESSAGE" that looks encrypted, and anybody can read it. Packets are walked in a loop,
packed ones are expanded within limits, nothing is verified. Never raises.
"""

from __future__ import annotations

import binascii
import bz2
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.inspect.limits import SMALL_MEMBER, Budget

_PKESK, _SIGNATURE, _SKESK, _ONE_PASS, _SECRET, _PUBLIC, _SECRET_SUB, _PACKED = 1, 2, 3, 4, 5, 6, 7, 8
_SED, _MARKER, _LITERAL, _TRUST, _USER, _PUBLIC_SUB, _ATTRIBUTE, _SEIPD, _MDC, _AEAD, _PADDING = (
    9, 10, 11, 12, 13, 14, 17, 18, 19, 20, 21,
)  # fmt: skip
_SEALED = frozenset({_SED, _SEIPD, _AEAD})
#: First octets of the body of a packet: its version, or its algorithm (RFC 9580 section 5).
_FIRST = {_PKESK: (2, 3, 6), _SIGNATURE: (3, 4, 5, 6), _SKESK: (4, 5, 6), _ONE_PASS: (3, 6), _SECRET: (3, 4, 5, 6),
          _PUBLIC: (3, 4, 5, 6), _PACKED: (1, 2, 3), _LITERAL: (0x62, 0x74, 0x75, 0x6D), _SEIPD: (1, 2), _AEAD: (1,),
          _MARKER: (0x50,)}  # fmt: skip
_MOST_PACKETS = 10_000
_MOST_LAYERS = 8
_MARK = re.compile(r"(?m)^[> \t]*-----(BEGIN|END) PGP ([A-Z ]{3,30}?)(?:, PART [0-9/]{1,9})?-----[ \t]*$")
_LETTERS = re.compile(r"[^A-Za-z0-9+/]")


@dataclass(slots=True)
class Opened:
    """What packets say. sealed: encrypted; signature, secret: there is one, or a private key; users: of keys; files:
    name and content; whole: all of it could be read."""

    sealed: bool = False
    signature: bool = False
    secret: bool = False
    users: list[str] = field(default_factory=list)
    files: list[tuple[bytes, bytes]] = field(default_factory=list)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Packet:
    tag: int
    body: bytes
    whole: bool


def armoured(text: str) -> Iterator[tuple[str, bytes]]:
    """Kind ("MESSAGE", "PUBLIC KEY BLOCK" ...) and octets of each block in PGP's armour (section 6.2)."""
    begin: re.Match[str] | None = None
    for mark in _MARK.finditer(text):
        if begin is not None and mark[1] == "END":
            yield begin[2], _unarmoured(text[begin.end() : mark.start()])
        begin = mark if mark[1] == "BEGIN" else None


def _unarmoured(block: str) -> bytes:
    letters: list[str] = []
    for line in (one.lstrip("> \t").rstrip() for one in block.split("\n")):
        if not letters and (not line or ": " in line or line.endswith(":")):
            continue  # the head of the armour, and the line below it
        if line.startswith("=") and len(line) == 5:  # the checksum
            break
        letters.append(line)
    plain = _LETTERS.sub("", "".join(letters))
    plain = plain[:-1] if len(plain) % 4 == 1 else plain
    return binascii.a2b_base64(plain + "=" * (-len(plain) % 4))


def is_binary_pgp(octets: bytes) -> bool:
    """Whether octets are OpenPGP packets: each well formed, and the last one ending where the octets end."""
    known = False
    for number, packet in enumerate(_packets(octets)):
        first = _FIRST.get(packet.tag)
        if not packet.whole or (number == 0 and first is None):
            return False
        if first is not None and packet.body[:1] not in [bytes((one,)) for one in first]:
            return False
        if packet.tag in (_PKESK, _SKESK, _PUBLIC, _SECRET) and not _is_plausible(packet):
            return False
        known = known or packet.tag in (_PKESK, _SKESK, _PACKED, _ONE_PASS, _PUBLIC, _SECRET, _LITERAL, _SIGNATURE)
    return known and len(octets) >= 12


def may_be_packets(octets: bytes) -> bool:
    """Whether octets may begin with a packet that stands at the beginning, by its first octets: False says that
    `is_binary_pgp` is so, too.
    """
    head = octets[:7]
    if not head or not head[0] & 0x80:
        return False
    if head[0] & 0x40:
        tag, length = head[0] & 63, head[1:2]
        start = 2 if not length or length[0] < 192 or 224 <= length[0] < 255 else 3 if length[0] < 224 else 6
    else:
        tag, start = head[0] >> 2 & 15, (2, 3, 5, 1)[head[0] & 3]
    return head[start : start + 1] in [bytes((one,)) for one in _FIRST.get(tag, ())]


def open_packets(octets: bytes, budget: Budget, where: str) -> Opened:
    """Read a message or a key. What is no OpenPGP at all is not whole."""
    opened = Opened()
    layers = [octets]
    for _ in range(_MOST_LAYERS):
        if not layers:
            break
        for packet in _packets(layers.pop()):
            opened.whole = opened.whole and packet.whole
            _take(packet, opened, layers, budget, where)
    anything = opened.sealed or opened.signature or opened.secret or bool(opened.files or opened.users)
    opened.whole = opened.whole and not layers and anything
    return opened


def _take(packet: _Packet, opened: Opened, layers: list[bytes], budget: Budget, where: str) -> None:
    if packet.tag in _SEALED:
        opened.sealed = True
    elif packet.tag == _SIGNATURE:
        opened.signature = True
    elif packet.tag in (_SECRET, _SECRET_SUB):
        opened.secret = True
    elif packet.tag == _USER:
        opened.users.append(packet.body[:1000].decode("utf-8", "replace"))
    elif packet.tag == _PACKED:
        layer = _expanded(packet.body, budget, where)
        if layer is None:
            opened.whole = False
        else:
            layers.append(layer)
    elif packet.tag == _LITERAL and len(packet.body) >= 6:
        name = packet.body[2 : 2 + packet.body[1]]
        opened.files.append((name, packet.body[2 + len(name) + 4 :]))


def _expanded(body: bytes, budget: Budget, where: str) -> bytes | None:
    """A packed packet (section 5.6), None with a finding if it is broken or a bomb."""
    most = min(budget.left, max(SMALL_MEMBER, budget.limits.ratio * len(body)))
    try:
        if body[:1] in (b"\1", b"\2"):
            content = zlib.decompressobj(-15 if body[0] == 1 else 15).decompress(body[1:], most + 1)
        elif body[:1] == b"\3":
            content = bz2.BZ2Decompressor().decompress(body[1:], most + 1)
        else:
            content = body[1:]
    except (zlib.error, OSError, ValueError, EOFError):
        return None
    if len(content) > most:
        budget.find("bomb", where, "expands far beyond its size; not unpacked")
        return None
    budget.spend(len(content))
    return content


def _is_plausible(packet: _Packet) -> bool:
    """Whether the fields of a key or of a wrapped session key are ones that exist (sections 5.1, 5.3, 5.5)."""
    body = packet.body
    if packet.tag == _PKESK and body[0] < 6:
        return len(body) >= 12 and body[9] in (1, 2, 3, 16, 18, 25, 26)
    if packet.tag == _SKESK:
        return len(body) >= 4 and 1 <= body[1 if body[0] < 6 else 2] <= 13
    if packet.tag in (_PUBLIC, _SECRET) and body[0] >= 4:
        return len(body) >= 8 and body[5] in (1, 2, 3, 16, 17, 18, 19, 22, 25, 26, 27, 28)
    return len(body) >= 8


def _packets(octets: bytes) -> Iterator[_Packet]:
    """The packets in order (section 4.2); the last one not whole where the octets end too early or are none."""
    position = 0
    for _ in range(_MOST_PACKETS):
        if position >= len(octets):
            return
        head = octets[position]
        if not head & 0x80:
            yield _Packet(0, b"", whole=False)
            return
        if head & 0x40:
            packet, position = _new(octets, position)
        else:
            packet, position = _old(octets, position)
        yield packet
        if not packet.whole:
            return
    yield _Packet(0, b"", whole=False)


def _old(octets: bytes, position: int) -> tuple[_Packet, int]:
    tag, kind = octets[position] >> 2 & 15, octets[position] & 3
    if kind == 3:  # of no stated length: to the end
        return _Packet(tag, octets[position + 1 :], whole=True), len(octets)
    start = position + 1 + (1, 2, 4)[kind]
    length = int.from_bytes(octets[position + 1 : start], "big")
    body = octets[start : start + length]
    return _Packet(tag, body, whole=len(body) == length), start + length


def _new(octets: bytes, position: int) -> tuple[_Packet, int]:
    tag = octets[position] & 63
    pieces: list[bytes] = []
    position += 1
    while position < len(octets):
        first = octets[position]
        if first < 192:
            length, start = first, position + 1
        elif first < 224:
            length, start = (
                ((first - 192) << 8) + int.from_bytes(octets[position + 1 : position + 2]) + 192,
                position + 2,
            )
        elif first == 255:
            length, start = int.from_bytes(octets[position + 1 : position + 5], "big"), position + 5
        else:  # one piece of several (section 4.2.1.4)
            length, start = 1 << (first & 31), position + 1
        piece = octets[start : start + length]
        pieces.append(piece)
        position = start + length
        if len(piece) < length or not 224 <= first < 255:
            return _Packet(tag, b"".join(pieces), whole=len(piece) == length), position
    return _Packet(tag, b"".join(pieces), whole=False), position
