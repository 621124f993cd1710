"""A signed webhook for programs of the company's own, after the Standard Webhooks specification (standardwebhooks.com).

The body is JSON. webhook-id is the same at each try, webhook-timestamp is the time of the try, and webhook-signature is
"v1," and the base64 of HMAC-SHA256 over `id.timestamp.body` with the shared secret. A receiver compares the signature,
refuses a timestamp more than five minutes away and an id that it has had: docs/channels.md shows it. Texts of mail go
out as they are, on one line: it is the receiver who knows where they will stand.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mailguard.courier.client import Courier
from mailguard.mail.saying import Sentence
from mailguard.notify.channels.channel import Outcome, outcome_of
from mailguard.notify.channels.saying import Saying
from mailguard.notify.channels.settings import ChannelSettings

#: Octets of a secret below which it could be guessed from one message.
SHORTEST_SECRET = 16


def key_of(secret: str) -> bytes:
    """The key: what follows "whsec_" is base64, anything else is taken as it is written. Raises ValueError."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError(Sentence("whsec_ の後がbase64ではありません。", "what follows whsec_ is no base64")) from None


def signature(key: bytes, number: str, timestamp: int, body: bytes) -> str:
    """The value of webhook-signature."""
    digest = hmac.new(key, f"{number}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def payload(saying: Saying, person: str) -> dict[str, Any]:
    """The body."""
    return {
        "type": f"mailguard.{saying.kind}",
        "timestamp": saying.at.isoformat(timespec="seconds") if saying.at else None,
        "data": {
            "message_id": saying.message_id,
            "person": person or None,
            "title": saying.title,
            "lead": saying.lead,
            "facts": [{"label": label, "value": value} for label, value in saying.facts],
            "sender": saying.sender or None,
            "recipients": [{"domain": domain, "count": count} for domain, count in saying.organisations],
            "subject": saying.subject,
            "ends_at": saying.ends_at.isoformat(timespec="seconds") if saying.ends_at else None,
            "ends_by": saying.ends_by or None,
            "act": saying.act,
            "url": saying.link,
            "language": saying.language,
        },
    }


class Webhook:
    """One receiver."""

    def __init__(self, settings: ChannelSettings, courier: Courier, now: Callable[[], datetime]) -> None:
        self._settings, self._courier, self._now = settings, courier, now
        self._key = key_of(settings.secret)

    async def say(self, saying: Saying, person: str, number: int) -> Outcome:
        """See Channel."""
        body = json.dumps(payload(saying, person), ensure_ascii=False).encode()
        name, timestamp = f"{self._settings.name}-{number}", int(self._now().timestamp())
        answer = await self._courier.post(
            self._settings.url,
            headers={
                "webhook-id": name,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": signature(self._key, name, timestamp, body),
            },
            body=body,
            content_type="application/json",
        )
        return outcome_of(answer, self._now())
