"""How people come into the console, as it stands in mailguard.yaml: the ways, the company's sign-on, sessions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from mailguard.config.words import Seconds, Section
from mailguard.mail.saying import Sentence

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
        raise ValueError(
            Sentence(
                "ログイン方法を link など1つ以上書いてください。", "write at least one way to log in, such as link"
            )
        )
    passwords = [way for way in ways if way in _PASSWORDS]
    if len(passwords) > 1:
        raise ValueError(
            Sentence(
                "{ways}: パスワードを確かめる先は1つだけです。",
                "{ways}: passwords can be checked in one place only",
                ways=Sentence("、".join(passwords), " and ".join(passwords)),
            )
        )
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
            raise ValueError(
                Sentence(
                    "issuer には https://login.corp.example/realms/corp のような https のアドレスを書いてください。",
                    "issuer is an https address, such as https://login.corp.example/realms/corp",
                )
            )
        if "openid" not in self.scopes or any(
            not re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", one) for one in self.scopes
        ):
            # Core section 3.1.2.1, RFC 6749 section 3.3
            raise ValueError(
                Sentence("scopes には openid が必要です。空白は使えません。", "scopes must hold openid, and no blanks")
            )
        if self.email_claim != "email" and self.require_verified_email:
            raise ValueError(
                Sentence(
                    "提供元が本人のものと保証するのはクレーム email だけです。email_claim: {claim} を使うなら、"
                    "その値を本人が自由に選べないことを確かめて require_verified_email: false としてください。",
                    "a provider vouches for the claim email only: with email_claim: {claim},"
                    " set require_verified_email: false if nobody can choose that claim for themselves",
                    claim=self.email_claim,
                )
            )
        if self.proxy and not re.fullmatch(r"https?://[^/\s?#]+/?", self.proxy):
            raise ValueError(
                Sentence("proxy は http://host:port の形で書いてください。", "proxy is written as http://host:port")
            )
        return self


class SessionSection(Section):
    """When somebody must log in anew: after so long without doing anything, and in any case."""

    idle: Annotated[Seconds, Field(ge=300)] = 4 * 3600
    lasts: Annotated[Seconds, Field(ge=300, le=30 * 86400)] = 12 * 3600
