"""The envelope: who sends, to whom, through which door (RFC 5321 section 2.3.1). It alone decides who receives."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import field

from mailguard.mail.address import Address, ReversePath
from mailguard.mail.reports import SAID_NOTHING, CopyReports, MailReports
from mailguard.mail.values import value


def is_among(domain: str, domains: Collection[str]) -> bool:
    """Whether a domain is one of these: `*.corp.example` stands for all below it."""
    return any(domain == one or (one.startswith("*.") and domain.endswith(one[1:])) for one in domains)


@value(frozen=True, slots=True)
class Client:
    """The peer at the front door, as far as it was checked.

    ip: textual address; helo: what it called itself (unchecked); login: the authenticated name, None if none;
    trusted: came from a trusted network; tls: protocol version such as "TLSv1.3", None in the clear;
    protocol: the RFC 3848 / 6531 keyword for the Received field (ESMTP, ESMTPSA, UTF8SMTPS ...);
    listener: our own address; origin: the address of the client's own client, as a server in front said it for the
    record (never to be trusted), "" if none did; own_domains: whose mail a trusted client may hand over, empty: any.
    """

    ip: str
    helo: str
    login: str | None = None
    trusted: bool = False
    tls: str | None = None
    protocol: str = "ESMTP"
    listener: str = ""
    origin: str = ""
    own_domains: frozenset[str] = frozenset()

    @property
    def recorded_ip(self) -> str:
        """Where the mail came from, for the record."""
        return self.origin or self.ip

    @property
    def counted_as(self) -> str:
        """Whose turn it is where clients take turns: an IPv6 client may have all of its /64."""
        return str(ipaddress.ip_network((self.ip, 64), strict=False)) if ":" in self.ip else self.ip


@value(frozen=True, slots=True)
class Envelope:
    """Reverse-path, recipients in the order given (each once), and the parameters that the upstream must be told.

    copy_reports: by the recipient's key, of those for whom something was asked (RFC 3461).
    """

    sender: ReversePath
    recipients: tuple[Address, ...]
    client: Client
    body_8bit: bool = False  # BODY=8BITMIME (RFC 6152)
    smtputf8: bool = False  # RFC 6531
    reports: MailReports = SAID_NOTHING
    copy_reports: Mapping[str, CopyReports] = field(default_factory=dict)
