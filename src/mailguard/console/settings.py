"""What the reception must be told. The config builds it; nothing here is read from a file or the environment."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from mailguard.mail.organization import Organization

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """url: the address that people open, no slash at the end, maybe with a path; every link starts with it.

    metrics_networks: who may read /metrics without a token. body_bytes: largest request body. text_chars: so much of a
    mail's text stands on its page. inline_bytes: larger mails are read only when somebody asks for the text.
    """

    url: str
    organization: Organization
    metrics_networks: tuple[Network, ...] = LOOPBACK
    body_bytes: int = 1 * 2**20
    form_fields: int = 8000
    text_chars: int = 40_000
    inline_bytes: int = 2 * 2**20
    page_length: int = 50
    session: timedelta = timedelta(hours=12)

    @property
    def root(self) -> str:
        """The path under which the console lives, "" at the top of its host."""
        return urlsplit(self.url).path.rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether people reach it over TLS: cookies are then bound to it."""
        return self.url.lower().startswith("https:")
