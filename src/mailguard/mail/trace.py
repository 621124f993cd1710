"""The two fields that we put above a mail's own octets, and the check of the mark among them; a third one's name where
the first line needs it.

Nothing below them is touched. The mark says that a mail passed here; it is keyed, so it cannot be forged, and it opens
nothing: a marked mail is judged like any other. It only makes loops visible.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from mailguard.mail.message import Body, Message, is_message_id

PROCESSED = "X-Mailguard-Processed"
#: The line that readers of a header pass over, and not an old form of the field (RFC 5322 section 4.5.2): `From : ann`.
_HEAD = 16
_MAILBOX_LINE = re.compile(rb">?From (?![ \t]*:)")


def received_field(message: Message, host: str) -> bytes:
    """The Received field (RFC 5321 section 4.4), CRLF included.

    No "for" clause: with several recipients it would tell each one about the others, and so betray the Bcc
    (section 7.2).
    No login: it is nobody's business outside.
    """
    client, came = message.envelope.client, message.received_at
    above = _from_by(client.helo, client.ip, host, client.protocol)
    return f"{above}{message.id};\r\n\t{_date(came.replace(microsecond=0), str(came.tzinfo))}\r\n".encode("ascii")


@lru_cache(maxsize=256)
def _from_by(helo: str, ip: str, host: str, protocol: str) -> str:
    """All of the field that every mail of a connection has alike."""
    name = "".join(ch for ch in helo if ch.isascii() and (ch.isalnum() or ch in ".-:[]_"))[:255] or "unknown"
    literal = f"IPv6:{ip}" if ":" in ip else ip
    return f"Received: from {name} ([{literal}])\r\n\tby {host} (mailguard) with {protocol} id "


@lru_cache(maxsize=16)
def _date(second: datetime, _zone: str) -> str:
    """Written once a second. zone: two moments are equal whatever their zones, and are not written alike."""
    return format_datetime(second)


def processed_mark(key: bytes, message_id: str) -> str:
    """The value of X-Mailguard-Processed: our message id and 128 bits of HMAC-SHA-256 over it."""
    made = _keyed(key).copy()  # hmac.digest looks its digest up anew, and gives the interpreter's lock away meanwhile
    made.update(message_id.encode())
    return f"{message_id}.{made.digest()[:16].hex()}"


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")


def processed_field(key: bytes, message_id: str) -> bytes:
    """The field, CRLF included."""
    return f"{PROCESSED}: {processed_mark(key, message_id)}\r\n".encode("ascii")


def mailbox_line(body: Body) -> bytes:
    """`X-Mailbox-Line: ` for a mail out of a mailbox file whose client left the line above it (`From ann Fri Nov ...`),
    else nothing. Below our fields it would be none, and to the next server the end of the header: subject and people
    would be text. So it is a field, as Postfix makes it, and not an octet of the mail is touched. Blocks on a file.
    """
    if (octets := body.in_memory) is not None:
        head = bytes(octets[:_HEAD])
    else:
        with body.open() as file:
            head = file.read(_HEAD)
    return b"X-Mailbox-Line: " if _MAILBOX_LINE.match(head) else b""


def is_own_mark(key: bytes, value: str) -> bool:
    """Whether the value was made with this key."""
    message_id = value.strip().partition(".")[0]
    return is_message_id(message_id) and hmac.compare_digest(
        value.strip().encode(), processed_mark(key, message_id).encode()
    )
