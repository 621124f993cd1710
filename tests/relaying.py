"""What tests of the back door share: a mail to send, an upstream with short patience."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from mailguard.mail.address import ReversePath, parse_address
from mailguard.mail.message import Body
from mailguard.relay.settings import Deadlines, UpstreamSettings
from mailguard.relay.smtp import SmtpUpstream
from mailguard.relay.upstream import Outgoing

PREFIX = b"Received: from pc ([192.0.2.1])\r\n\tby mg.corp.example; today\r\nX-Mailguard-Processed: mark\r\n"
MAIL = b"From: ann@corp.example\r\nSubject: hello\r\n\r\n.dots\r\n..more\r\n.\r\nend\r\n"
ANN, BOB, CY, DAN = (parse_address(f"{who}@upstream.example") for who in ("ann", "bob", "cy", "dan"))

#: For a server that answers: on a busy machine nobody is given up for being slow.
PATIENT = Deadlines(
    connect=20, greeting=20, hello=20, starttls=20, mail=20, recipient=20, data=20, block=20, final=20, reset=20,
    quit=20, transaction=60,
)  # fmt: skip
#: For one that never does.
SHORT = Deadlines(
    connect=2, greeting=0.3, hello=0.3, starttls=0.3, mail=0.3, recipient=0.3, data=0.3, block=0.3, final=0.3,
    reset=0.3, quit=0.2, transaction=5,
)  # fmt: skip


class Line(asyncio.Transport):
    """A transport that only listens."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.closed = False
        self.unsent = 0

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True


def outgoing(octets: bytes | Body = MAIL, **changes: Any) -> Outgoing:
    """A mail from Ann to Bob and Cy."""
    body = octets if isinstance(octets, Body) else Body.of(octets)
    mail = Outgoing("01j00000000000000a", ReversePath(ANN), (BOB, CY), PREFIX, body)
    return dataclasses.replace(mail, **changes)


def settings_for(port: int, **changes: Any) -> UpstreamSettings:
    """An upstream on this machine, in the clear unless told otherwise."""
    values: dict[str, Any] = {
        "scheme": "smtp", "host": "127.0.0.1", "port": port, "tls": "none", "hostname": "mg.corp.example",
        "deadlines": PATIENT, "backoff_seconds": 0.05, "backoff_limit_seconds": 0.2,
    }  # fmt: skip
    return UpstreamSettings(**{**values, **changes})


async def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something is the case. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for is in other code
            await asyncio.sleep(0.005)


@asynccontextmanager
async def upstream_to(port: int, **changes: Any) -> AsyncIterator[SmtpUpstream]:
    """An upstream that is closed at the end."""
    upstream = SmtpUpstream(settings_for(port, **changes))
    try:
        yield upstream
    finally:
        await upstream.close()
