"""A mail that was not sent, as a draft to edit: what Outlook, Thunderbird and Apple Mail open for writing. Pure.

It is the sender's own mail again: without what the way here wrote above it, and with the Bcc that only the envelope
knew. It is never shown to anybody else: it names the Bcc.
"""

from __future__ import annotations

from mailguard.mail.address import key_of_written
from mailguard.store.records import MessageRecord
from mailguard.transform.edits import Unalterable
from mailguard.transform.fields import read_fields

#: What is true of one way only, or what a new sending writes anew.
_LEFT_OUT = frozenset({
    "received", "return-path", "delivered-to", "x-unsent", "bcc", "dkim-signature", "domainkey-signature",
    "arc-seal", "arc-message-signature", "arc-authentication-results", "authentication-results", "received-spf",
    "x-original-to", "x-mailguard-processed",
})  # fmt: skip


def draft_of(record: MessageRecord, octets: bytes) -> bytes:
    """The mail with X-Unsent, which makes Outlook open it for editing."""
    shown = {key_of_written(one.address) for one in (*record.facts.headers.to, *record.facts.headers.cc)}
    hidden = [str(one.address) for one in record.recipients if one.address.key not in shown and not one.added]
    bcc = "Bcc: " + ",\r\n ".join(hidden) + "\r\n" if hidden else ""
    return f"X-Unsent: 1\r\n{bcc}".encode() + _fit(octets)


def _fit(octets: bytes) -> bytes:
    """The mail without the fields of its way; where its header cannot be read, as it is."""
    try:
        fields, _, _ = read_fields(octets, 0, len(octets))
    except Unalterable:
        return octets
    out, at = [], 0
    for one in fields:
        if one.clean and one.name in _LEFT_OUT:
            out.append(octets[at : one.start])
            at = one.end
    return b"".join([*out, octets[at:]])
