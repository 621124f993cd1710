"""How people come into the console, as it stands in mailguard.yaml: the ways, the company's sign-on, sessions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from mailguard.config.words import Seconds, Section

Way = Literal["link", "oidc", "password", "upstream", "ldap", "file"]
_PASSWORDS = {"password", "upstream", "ldap", "file"}


def is_safe(url: str) -> bool:
    """Whether what is sent to this address cannot be read on the way: TLS, or this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _sensible(ways: tuple[Way, ...]) -> tuple[Way, ...]:
    if not ways:
        raise ValueError("write at least one way to log in, such as link")
    passwords = [way for way in ways if way in _PASSWORDS]
    if len(passwords) > 1:
        raise ValueError(f"{' and '.join(passwords)}: passwords can be checked in one place only")
    return tuple(dict.fromkeys(ways))


Logins = Annotated[tuple[Way, ...], BeforeValidator(_one_or_more), AfterValidator(_sensible)]


class LabelSection(Section):
    """What the company calls its sign-on."""

    ja: Annotated[str, Field(max_length=40)] = ""
    en: Annotated[str, Field(max_length=40)] = ""


class OidcSection(Section):
    """The company's OpenID provider."""

    issuer: str
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: SecretStr | None = None
    scopes: tuple[str, ...] = ("openid", "email")
    label: LabelSection = LabelSection()
    email_claim: Annotated[str, Field(min_length=1)] = "email"
    require_verified_email: bool = True
    allow_private: bool = False
    ca_file: Path | None = None
    proxy: str = ""

    @model_validator(mode="after")
    def _together(self) -> OidcSection:
        if not re.fullmatch(r"https?://[^/\s?#@]+(/[^\s?#]*)?", self.issuer) or not is_safe(self.issuer):
            raise ValueError("issuer is an https address, such as https://login.corp.example/realms/corp")
        if "openid" not in self.scopes or any(
            not re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", one) for one in self.scopes
        ):
            raise ValueError("scopes must hold openid, and no blanks")  # Core section 3.1.2.1, RFC 6749 section 3.3
        if self.email_claim != "email" and self.require_verified_email:
            raise ValueError(
                f"a provider vouches for the claim email only: with email_claim: {self.email_claim},"
                " set require_verified_email: false if nobody can choose that claim for themselves"
            )
        if self.proxy and not re.fullmatch(r"https?://[^/\s?#]+/?", self.proxy):
            raise ValueError("proxy is written as http://host:port")
        return self


class SessionSection(Section):
    """When somebody must log in anew: after so long without doing anything, and in any case."""

    idle: Annotated[Seconds, Field(ge=300)] = 4 * 3600
    lasts: Annotated[Seconds, Field(ge=300, le=30 * 86400)] = 12 * 3600
