"""Knowing a mail again that is handed in once more: by what people would call the same, not by its octets.

A mail client writes a new Date and Message-ID and may fold its lines anew, so those do not count; sender, recipients,
subject, text and files do. What could not be read whole counts by its octets. Nothing of the mail can be read back out
of the digest, which is keyed. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from mailguard.mail.facts import Facts
from mailguard.mail.message import Message

#: Findings after which the text or the files may be more than was read.
_PARTLY_READ = frozenset({"unreadable", "limit_reached", "too_many_parts", "nested_too_deep", "partial"})


def digest_of(key: bytes, message: Message, facts: Facts) -> bytes:
    """What tells this mail from others: 32 octets of HMAC-SHA-256."""
    envelope, client = message.envelope, message.envelope.client
    whole = not any(finding.code in _PARTLY_READ for finding in facts.findings)
    said = [
        None if envelope.sender.mailbox is None else envelope.sender.mailbox.key,
        client.login or "",
        sorted(address.key for address in envelope.recipients),
        facts.headers.subject,
        " ".join(facts.text.split()),
        sorted((file.filename, file.sha256) for file in facts.attachments),
        "" if whole else message.body.sha256,
    ]
    return keyed(key, json.dumps(said))


def keyed(key: bytes, text: str) -> bytes:
    """A text's keyed hash. Lone surrogates, which broken mail decodes to, are escaped by JSON before."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
