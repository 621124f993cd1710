"""Whether two transactions carry the same mail: by what people see of it, not by its octets.

A cloud that hands one mail over in several transactions writes its own trace fields into each part, and may fold lines
or choose boundaries anew; so those do not count. Whom the header names, who wrote it, subject, text, HTML and files
do. What could not be read whole counts by its octets. Pure.
"""

from __future__ import annotations

import hashlib

from mailguard.mail.facts import Facts

#: Findings after which the text or the files may be more than was read.
_PARTLY_READ = frozenset(
    {"unreadable", "limit_reached", "too_many_parts", "nested_too_deep", "partial", "ambiguous_mime", "external_body"}
)

#: To digest more at once gives the interpreter's lock away, which costs more than it saves where there is little.
_BLOCK, _LONG = 2000, 16_000


def content_digest(facts: Facts, sha256: str) -> bytes:
    """What tells this mail from others: 32 octets of SHA-256. facts: with their texts; sha256: of all its octets.

    Bcc is left out: a part may name its own hidden recipient, and the envelope is compared elsewhere.
    """
    said = _said(facts, sha256)
    octets = f"{[*map(len, said)]}{''.join(said)}".encode("utf-8", "surrogatepass")
    if len(octets) > _LONG:
        return hashlib.sha256(octets).digest()
    digest = hashlib.sha256()
    for at in range(0, len(octets), _BLOCK):
        digest.update(octets[at : at + _BLOCK])
    return digest.digest()


def _said(facts: Facts, sha256: str) -> list[str]:
    headers, said = facts.headers, list[str]()
    for people in (headers.sender, headers.reply_to, headers.to, headers.cc):
        said.append(str(len(people)))
        for one in people:
            said += (one.address, one.name)
    said += ("no subject" if headers.subject is None else f"subject {headers.subject}", facts.text, facts.html)
    said += (facts.calendar, f"{facts.signed} {facts.encrypted} {facts.shown}", str(len(facts.attachments)))
    for file in facts.attachments:
        said += (file.filename, file.declared_type, file.sha256)
    doubtful = facts.findings and any(finding.code in _PARTLY_READ for finding in facts.findings)
    said.append(sha256 if doubtful else "")
    return said
