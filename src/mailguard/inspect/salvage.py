"""A second look at a mail whose structure readers see differently: whatever in it decodes to something is brought to
light.

Run only on mail that was found ambiguous. It believes no header at all: line ends are made the same, and every
stretch that looks like base64 or quoted-printable is decoded. Better to see too much of such a mail than to let one
reading pass unseen.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from mailguard.inspect.charset import decode
from mailguard.inspect.transfer import from_base64, looks_quoted_printable

_RUN = re.compile(rb"(?:^[ \t]*[A-Za-z0-9+/=]{4,}[ \t]*\n)+", re.MULTILINE)
_SHORTEST = 16
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\ufffd]")


def salvage(octets: bytes) -> Iterator[tuple[bytes, bool]]:
    """Every content that some reading of the octets could give, and whether it may be a file of its own."""
    plain = octets.replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n") + b"\n"
    for match in _RUN.finditer(plain):
        run = match.group()
        if len(run) >= _SHORTEST:
            content = from_base64(run).octets
            if content:
                yield content, True
    if looks_quoted_printable(plain):
        yield binascii.a2b_qp(plain), False


def readable(octets: bytes) -> str:
    """The text of octets if they are one, "" otherwise."""
    if b"\0" in octets[:1000] and octets[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return ""
    text = decode(octets).text
    odd = len(_CONTROLS.findall(text[:5000]))
    return text if odd * 20 < len(text[:5000]) else ""
