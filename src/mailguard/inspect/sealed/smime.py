"""S/MIME containers: whether they are encrypted, and the content of those that are only signed or packed.

An opaque signed mail (RFC 8551 section 3.5.2) looks like a blob, but its content lies open inside; who takes "p7m" for
encrypted looks away from a readable mail. DER, BER, PEM and bare base64 are read; containers directly inside one
another are followed. Bounded; never raises. Nothing is verified here.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from mailguard.inspect.content import BOMB, Content, FileIn, Inner
from mailguard.inspect.limits import SMALL_MEMBER, Budget
from mailguard.inspect.sealed.ber import Node, TooMany, children, first_children, node, strings
from mailguard.inspect.structure.fields import has_mime_lines, split_entity
from mailguard.inspect.structure.transfer import from_base64

_PKCS7 = bytes.fromhex("2a864886f70d0107")
_SMIME_TYPES = bytes.fromhex("2a864886f70d01091001")
_SIGNED, _DIGESTED, _PACKED = _PKCS7 + b"\x02", _PKCS7 + b"\x05", _SMIME_TYPES + b"\x09"
#: enveloped, signed and enveloped, encrypted; authenticated and enveloped (RFC 5083)
_ENCRYPTED = frozenset({_PKCS7 + b"\x03", _PKCS7 + b"\x04", _PKCS7 + b"\x06", _SMIME_TYPES + b"\x17"})
_TYPES = _ENCRYPTED | {_SIGNED, _DIGESTED, _PACKED}
_PEM = re.compile(rb"-----BEGIN (?:CMS|PKCS7|PKCS #7 SIGNED DATA)-----[ \t]*\r?\n(.*?)-----END ", re.DOTALL)
_BASE64 = re.compile(rb"\s*MI[A-Za-z0-9+/=\r\n \t]{40,}\Z")
_LAYERS = 8
_MOST = 200 * 2**20
_RATIO = 200


@dataclass(frozen=True, slots=True)
class Container:
    """kind: signed, packed, encrypted or unknown; content: what lies open in it, b"" if nothing (certificates).

    fault: why the content is not whole, "" if it is; `content.BOMB` where it expands too far.
    """

    kind: str
    content: bytes = b""
    fault: str = ""


def is_container(octets: bytes) -> bool:
    """Whether octets are a container of a kind that is known here."""
    plain = _plain(octets)
    if plain[:1] != b"0":
        return False
    try:
        inner = first_children(plain, node(plain, 0, len(plain)), 1)
    except TooMany:
        return True
    return bool(inner) and inner[0].tag == 6 and plain[inner[0].start : inner[0].end] in _TYPES


def open_container(octets: bytes, most: int = _MOST) -> Container:
    """Read a PKCS #7 / CMS container (RFC 5652 sections 3, 5, 6; RFC 3274). most: octets that it may expand to."""
    try:
        return _open(_plain(octets), most)
    except TooMany:
        return Container("unknown", fault="more pieces than are read")


def _open(octets: bytes, most: int) -> Container:
    parts = first_children(octets, node(octets, 0, len(octets)), 2)
    if len(parts) < 2 or parts[0].tag != 6:
        return Container("unknown")
    kind = octets[parts[0].start : parts[0].end]
    body = next(children(octets, parts[1]), None)
    found = Container("unknown")
    for _ in range(_LAYERS):
        if kind in _ENCRYPTED:
            return Container("encrypted")
        if kind not in _TYPES or body is None:
            return found
        inner, found = _encapsulated(octets, kind, body, most)
        if inner not in _TYPES or not found.content:
            return found
        # A container directly in another (RFC 5652 section 5.2): its content is no mail but the inner structure.
        kind, octets = inner, found.content
        body = node(octets, 0, len(octets))
    return Container(found.kind, fault="containers nested too deeply")


def read_container(file: FileIn, budget: Budget) -> Content:
    """A container that came as a file: a bare signature says nothing, what is only signed is a mail or a file."""
    container = open_container(file.octets, budget.left)
    note_fault(container, budget, file.where)
    if container.kind in ("unknown", "encrypted"):
        return Content(short="p7m", encrypted=container.kind == "encrypted", whole=False)
    whole = not container.fault
    if not container.content:
        return Content(short="p7s", whole=whole)
    if is_entity(container.content):
        return Content(short="p7m", message=container.content, whole=whole)
    name = file.name[:-4] if file.name.lower().endswith((".p7m", ".p7s", ".p7z")) else ""
    return Content(
        short="p7m", inner=(Inner(name or "content", container.content, len(container.content)),), whole=whole
    )


def note_fault(container: Container, budget: Budget, where: str) -> None:
    """Count what was unpacked, and say what is wrong with it."""
    if container.kind == "packed":
        budget.spend(len(container.content))
    if container.fault:
        budget.find("bomb" if container.fault == BOMB else "unparseable_attachment", where, container.fault)


def is_entity(content: bytes) -> bool:
    """Whether signed content is a part of a mail, and not just any file (`openssl` signs what it is given)."""
    return has_mime_lines(split_entity(content, 100_000)[0])


def _encapsulated(octets: bytes, kind: bytes, body: Node, most: int) -> tuple[bytes, Container]:
    """The type of the content inside and the content (EncapsulatedContentInfo), for signed, digested, packed data."""
    fault = "cut off" if body.cut else ""
    for part in first_children(octets, body, 4):
        fields = first_children(octets, part, 2) if part.tag == 0x30 else []
        if len(fields) < 2 or fields[0].tag != 6 or fields[1].tag != 0xA0:
            continue
        inner = octets[fields[0].start : fields[0].end]
        content = b"".join(strings(octets, fields[1])) or octets[fields[1].start : fields[1].end]
        if fields[1].cut:
            fault = "cut off"
        if kind != _PACKED:
            return inner, Container("signed", content, fault)
        return inner, _unpacked(content, most, fault)
    return b"", Container("packed" if kind == _PACKED else "signed", fault=fault)


def _unpacked(packed: bytes, most: int, fault: str) -> Container:
    """CompressedData (RFC 3274): always zlib."""
    most = min(most, max(SMALL_MEMBER, _RATIO * len(packed)))
    try:
        inflate = zlib.decompressobj()
        content = inflate.decompress(packed, most + 1)
    except zlib.error:
        return Container("packed", fault="broken zlib data")
    if len(content) > most:
        return Container("packed", fault=BOMB)
    return Container("packed", content, fault or ("" if inflate.eof else "cut off"))


def _plain(octets: bytes) -> bytes:
    """The binary form of a container that is text: PEM, or base64 alone."""
    if octets[:1] == b"0":
        return octets
    if b"-----BEGIN " in octets[:4096] and (match := _PEM.search(octets)):
        return from_base64(match[1]).octets
    return from_base64(octets).octets if _BASE64.match(octets) else octets
