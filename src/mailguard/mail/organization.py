"""The company: which domains are its own, what it is called, and in which language it is addressed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from mailguard.mail.address import Address, ascii_domain

Language = Literal["ja", "en"]


@dataclass(frozen=True, slots=True)
class Organization:
    """domains: own domains in A-labels, lower case; `*.corp.example` also means subdomains. timezone: IANA name.

    upstreams: names of its next servers besides the usual one; None: not known here.
    """

    domains: tuple[str, ...] = ()
    name: str = ""
    language: Language = "ja"
    timezone: str = "Asia/Tokyo"
    upstreams: tuple[str, ...] | None = None

    def is_internal(self, address: Address) -> bool:
        """Whether the address is of this company. A subdomain is not, unless it is listed or a `*.` entry covers it."""
        return _is_among(self.domains, address.ascii_domain)

    def is_own_domain(self, domain: str) -> bool:
        """The same for a bare domain (any case, A- or U-labels)."""
        return _is_among(self.domains, ascii_domain(domain))


@lru_cache(maxsize=4096)  # asked three times and more of each mail, mostly of the same few
def _is_among(domains: tuple[str, ...], wanted: str) -> bool:
    return any(
        wanted == own or (own.startswith("*.") and (wanted.endswith(own[1:]) or wanted == own[2:])) for own in domains
    )
