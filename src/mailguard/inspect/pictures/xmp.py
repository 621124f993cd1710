"""XMP: what editors write into pictures and documents as a small XML packet. By patterns: it is seldom well-formed.

Only what people write (title, description, keywords, names), not dates and identifiers. Source: ISO 16684-1 section 8.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_MOST, _LONGEST = 20, 2**20
_SPACES = rb"(?:dc|photoshop|pdf|xmpRights|Iptc4xmpCore|lr|Xtn|acdsee):(?!format\b|Producer\b|DateCreated\b)\w{1,40}"
_VALUES = re.compile(
    rb"<rdf:li\b[^<>]{0,200}>([^<]*)<|<" + _SPACES + rb"(?:\s[^<>]{0,200})?>([^<]+)<|\b" + _SPACES
    + rb"\s*=\s*\"([^\"<]*)\"|\b" + _SPACES + rb"\s*=\s*'([^'<]*)'"
)  # fmt: skip


def xmp_packets(octets: bytes) -> Iterator[bytes]:
    """The XMP packets in any file."""
    start = octets.find(b"<x:xmpmeta")
    for _ in range(_MOST):
        if start < 0:
            return
        end = octets.find(b"</x:xmpmeta", start)
        yield octets[start : min(end if end >= 0 else len(octets), start + _LONGEST)]
        start = octets.find(b"<x:xmpmeta", start + 1)


def xmp_texts(packet: bytes) -> list[str]:
    """What people wrote in a packet."""
    found = (next((group for group in match.groups() if group), b"") for match in _VALUES.finditer(packet))
    return [text for one in found if (text := html.unescape(one.decode("utf-8", "replace")).strip())]


def is_located(packet: bytes) -> bool:
    """Whether a packet tells latitude and longitude."""
    return b"exif:GPSLatitude" in packet and b"exif:GPSLongitude" in packet
