"""The shape of upstream: and upstreams: in mailguard.yaml: the next servers, how they are reached, and whose mail goes
where.

It trusts nothing that is written there and opens nothing that it names. What only shows when settings meet (a password
without TLS, two upstreams for one domain) is found in `upstreams`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr

from mailguard.config.words import Domain, Section, Whole
from mailguard.policy.schema.then import ROUTE

#: The name of an upstream: in policies, in logs and figures, and in the ledger.
Name = Annotated[str, Field(pattern=ROUTE)]


def _as_required(value: object) -> object:
    """The words that a listener has for it are taken, too."""
    return {"starttls": "required", "off": "none"}.get(value, value) if isinstance(value, str) else value


class OauthSection(Section):
    """Where a token for SASL comes from: OAuth 2 client credentials (RFC 6749 section 4.4)."""

    token_url: str
    client_id: str
    client_secret: SecretStr
    scope: str = ""


class UpstreamSection(Section):
    """The next server."""

    url: str
    tls: Annotated[Literal["none", "opportunistic", "required", "insecure"] | None, BeforeValidator(_as_required)] = (
        None
    )
    tls_name: str | None = None
    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    username: str | None = None
    password: SecretStr | None = None
    oauth: OauthSection | None = None
    fallback: tuple[str, ...] = Field(default=(), max_length=10)
    connections: Whole | None = Field(default=None, ge=1, le=500)
    messages_per_connection: Whole = Field(default=100, ge=1, le=10_000)
    rate: Whole | None = Field(default=None, ge=1, le=1_000_000)


class NamedUpstreamSection(UpstreamSection):
    """A further one. senders: the domains whose mail goes this way."""

    senders: tuple[Domain, ...] = ()
