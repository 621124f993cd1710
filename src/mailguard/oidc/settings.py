"""How the company's sign-on is reached and what is asked of it. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """One OpenID provider. issuer: exactly as its discovery document says it, no slash added or taken away.

    email_claim: which claim is the mail address. require_verified_email: the provider must vouch for it.
    allow_private: hosts that only the discovery document names may have private addresses; the issuer's own may anyway.
    ca_file: whose certificates are trusted, None: the system's. proxy: way out to the Internet, "" for none.
    label_ja, label_en: on the button. seconds, octets: for one answer of the provider.
    """

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ("openid", "email")
    email_claim: str = "email"
    require_verified_email: bool = True
    allow_private: bool = False
    ca_file: Path | None = None
    proxy: str = ""
    label_ja: str = ""
    label_en: str = ""
    seconds: float = 10.0
    octets: int = 1 * 2**20
