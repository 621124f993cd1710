"""The wide names of RAR 4: an old name, a zero, then the way to the real one in two-bit steps.

Source: the technical note of RAR 4 names the flag (0x200); the steps are as its archives have them: an octet, an octet
with the common high one, two octets, or a stretch of the old name.
"""

from __future__ import annotations

from mailguard.inspect.archives.oldnames import old_name


def wide_name(raw: bytes) -> str:
    """The name. Without a zero it is plain UTF-8. What is broken gives the old name."""
    old, zero, coded = raw.partition(b"\0")
    if not zero or not coded:
        return old_name(old)
    try:
        return _unfolded(old, coded)
    except IndexError:
        return old_name(old)


def _unfolded(old: bytes, coded: bytes) -> str:
    high = coded[0] << 8
    out: list[int] = []
    at, flags, bits = 1, 0, 0
    while at < len(coded):
        if not bits:
            flags, bits, at = coded[at], 8, at + 1
            if at == len(coded):
                break
        bits -= 2
        step = flags >> bits & 3
        if step == 3:
            length = coded[at]
            at += 1
            plus = None
            if length & 0x80:
                plus, at = coded[at], at + 1
            for _ in range((length & 0x7F) + 2):
                octet = old[len(out)]
                out.append(octet if plus is None else (octet + plus & 0xFF) | high)
        else:
            out.append(coded[at] | (high if step == 1 else coded[at + 1] << 8 if step == 2 else 0))
            at += 2 if step == 2 else 1
    return b"".join(one.to_bytes(2, "little") for one in out).decode("utf-16-le", "replace")
