"""Whether an altered mail still carries a DKIM signature that verifies: it does if no signed field and no octet of the
body changed. Said, not repaired: signing anew is the upstream's work. RFC 6376 sections 3.5 and 5.4.
"""

from __future__ import annotations

import re

from mailguard.transform.walk import Mail

_SIGNATURES = ("dkim-signature", "arc-message-signature")
_SIGNED = re.compile(rb"(?:^|;)\s*h\s*=([^;]*)")


def breaks_dkim(before: Mail, after: Mail) -> bool:
    """Whether a signature that could verify before no longer can. No signature: False."""
    signatures = [one.raw(before.octets) for one in before.root.fields if one.name in _SIGNATURES]
    if not signatures:
        return False
    if before.octets[before.root.body :] != after.octets[after.root.body :]:
        return True
    changed = _changed(before, after)
    return any(not changed.isdisjoint(_names(raw)) for raw in signatures)


def _names(raw: bytes) -> set[str]:
    found = _SIGNED.search(raw)
    return {one.strip().decode("latin-1").lower() for one in found.group(1).split(b":")} if found else set()


def _changed(before: Mail, after: Mail) -> set[str]:
    """Names of fields whose values are not the same, in the same order, as before."""
    old, new = _values(before), _values(after)
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


def _values(mail: Mail) -> dict[str, list[bytes]]:
    out: dict[str, list[bytes]] = {}
    for one in mail.root.fields:
        out.setdefault(one.name, []).append(one.raw(mail.octets))
    return out
