"""From the settings to the ways in: who checks passwords, and how the company's sign-on is reached. Raises Problems."""

from __future__ import annotations

from typing import Literal

from mailguard.config.load import Config
from mailguard.config.rooms import directory, upstream
from mailguard.ldap.settings import LdapSettings
from mailguard.oidc.settings import OidcSettings
from mailguard.policy.marks import Problems
from mailguard.relay.login import UpstreamLogin

#: Who checks passwords: the upstream, the directory server, or (True) the file of logins.
Checker = UpstreamLogin | LdapSettings | Literal[True]


def sign_on(config: Config) -> OidcSettings | None:
    """The company's OpenID provider, None if there is none."""
    section = config.settings.console.oidc
    if section is None:
        return None
    return OidcSettings(
        issuer=section.issuer,
        client_id=section.client_id,
        client_secret=section.client_secret.get_secret_value() if section.client_secret else "",
        scopes=section.scopes,
        email_claim=section.email_claim,
        require_verified_email=section.require_verified_email,
        allow_private=section.allow_private,
        ca_file=config.path(section.ca_file) if section.ca_file else None,
        proxy=section.proxy,
        label_ja=section.label.ja,
        label_en=section.label.en,
    )


def passwords(config: Config) -> Checker | None:
    """Who checks passwords, None if nobody does. Raises Problems."""
    ways = config.settings.console.login
    way = next((one for one in ways if one not in ("link", "oidc")), None)
    where = ("console", "login")
    if way is None:
        return None
    if way == "password":
        if config.settings.auth is None:
            raise Problems([config.problem(where, "password: checked as auth: says, but there is no section auth:")])
        way = config.settings.auth.method
    if way == "upstream":
        try:
            return UpstreamLogin(upstream(config))
        except ValueError as error:
            raise Problems([config.problem(where, f"upstream: {error}")]) from None
    if way == "ldap":
        server = directory(config)
        if server is None:
            raise Problems([config.problem(where, "ldap: there is no section directory:")])
        if server.tls == "none":
            raise Problems([config.problem(where, "ldap: a password is not sent with directory tls: none")])
        return server
    if config.settings.auth is None or config.settings.auth.method != "file":
        raise Problems([config.problem(where, "file: there is no auth: {method: file, file: users.yaml}")])
    return True


def ways(config: Config) -> None:
    """Whether all ways in can work together. Raises Problems."""
    sign_on(config)
    passwords(config)
