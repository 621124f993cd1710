"""The servers that take the mail of a domain, as DNS names them. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """A server and its preference: the lower is tried first (RFC 5321 section 5.1)."""

    preference: int
    host: str


@dataclass(frozen=True, slots=True)
class Exchanges:
    """What DNS says of a domain. exists: False for a name that is not there; null: it takes no mail (RFC 7505)."""

    hosts: tuple[Exchange, ...] = ()
    exists: bool = True
    null: bool = False
