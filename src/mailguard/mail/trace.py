"""The two fields that we put above a mail's own octets, and the check of the mark among them.

Nothing below them is touched. The mark says that a mail passed here; it is keyed, so it cannot be forged, and it opens
nothing: a marked mail is judged like any other. It only makes loops visible.
"""

from __future__ import annotations

import hashlib
import hmac
from email.utils import format_datetime

from mailguard.mail.message import Message, is_message_id

PROCESSED = "X-Mailguard-Processed"


def received_field(message: Message, host: str) -> bytes:
    """The Received field (RFC 5321 section 4.4), CRLF included.

    No "for" clause: with several recipients it would tell each one about the others, and so betray the Bcc
    (section 7.2).
    No login: it is nobody's business outside.
    """
    client = message.envelope.client
    helo = "".join(ch for ch in client.helo if ch.isascii() and (ch.isalnum() or ch in ".-:[]_"))[:255] or "unknown"
    ip = f"IPv6:{client.ip}" if ":" in client.ip else client.ip
    return (
        f"Received: from {helo} ([{ip}])\r\n"
        f"\tby {host} (mailguard) with {client.protocol} id {message.id};\r\n"
        f"\t{format_datetime(message.received_at)}\r\n"
    ).encode("ascii")


def processed_mark(key: bytes, message_id: str) -> str:
    """The value of X-Mailguard-Processed: our message id and 128 bits of HMAC-SHA-256 over it."""
    return f"{message_id}.{hmac.new(key, message_id.encode(), hashlib.sha256).hexdigest()[:32]}"


def processed_field(key: bytes, message_id: str) -> bytes:
    """The field, CRLF included."""
    return f"{PROCESSED}: {processed_mark(key, message_id)}\r\n".encode("ascii")


def is_own_mark(key: bytes, value: str) -> bool:
    """Whether the value was made with this key."""
    message_id = value.strip().partition(".")[0]
    return is_message_id(message_id) and hmac.compare_digest(
        value.strip().encode(), processed_mark(key, message_id).encode()
    )
