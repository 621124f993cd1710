"""From the settings to the ways in: who checks passwords at either door, and how the company's sign-on is reached.

Raises Problems.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from mailguard.config.load import Config, Where
from mailguard.config.rooms import directory, hostname
from mailguard.config.upstreams import upstream, upstreams
from mailguard.ldap.settings import LdapSettings
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.saying import Sentence
from mailguard.oidc.settings import OidcSettings
from mailguard.policy.marks import Problems
from mailguard.relay.login import UpstreamLogin
from mailguard.relay.settings import UpstreamSettings, is_loopback, parse_url
from mailguard.smtpd.auth import UserFile
from mailguard.smtpd.senders import Senders

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
            said = Sentence(
                "password: auth: の設定に従って確かめますが、セクション auth: がありません。",
                "password: checked as auth: says, but there is no section auth:",
            )
            raise Problems([config.problem(where, said)])
        way = config.settings.auth.method
    if way == "upstream":
        return _upstream(config, where, config.settings.auth.upstream if config.settings.auth else None)
    if way == "ldap":
        return _directory(config, where)
    if config.settings.auth is None or config.settings.auth.method != "file":
        said = Sentence(
            "file: auth: {method: file, file: users.yaml} がありません。",
            "file: there is no auth: {method: file, file: users.yaml}",
        )
        raise Problems([config.problem(where, said)])
    return True


def at_the_door(config: Config) -> Checker | None:
    """Who checks the logins of mail clients, None if nobody does. Raises Problems."""
    section = config.settings.auth
    if section is None:
        return None
    if section.method == "upstream":
        return _upstream(config, ("auth",), section.upstream)
    return _directory(config, ("auth",)) if section.method == "ldap" else True


def senders(config: Config, directory: Callable[[], Directory] = lambda: NOBODY) -> Senders:
    """What logins may send as, read. Raises Problems."""
    section = config.settings.auth
    made = Senders(config.path(section.send_as) if section and section.send_as else None, directory)
    made.load()
    return made


def user_file(config: Config) -> UserFile | None:
    """The file of logins, read; None if they are kept elsewhere. Raises Problems."""
    section = config.settings.auth
    if section is None or section.method != "file":
        return None
    users = UserFile(config.path(section.file))
    users.load()
    return users


def ways(config: Config) -> None:
    """Whether all ways in can work together. Raises Problems."""
    sign_on(config)
    passwords(config)
    at_the_door(config)


def _upstream(config: Config, where: Where, named: str | None) -> UpstreamLogin:
    try:
        return UpstreamLogin(upstream(config) if named is None else _named(config, named))
    except ValueError as error:
        raise Problems([config.problem(where, "upstream: " + str(error))]) from None


def _named(config: Config, named: str) -> UpstreamSettings:
    """The server of a URL, or of a name under upstreams:. Raises ValueError, Problems."""
    if named in config.settings.upstreams:
        return upstreams(config)[named].settings
    if "://" not in named:
        raise ValueError(
            Sentence(
                "{name} という名前は upstreams: の下にありません。smtps://host:port や smtp://host:port とも書けます。",
                "{name} is no name under upstreams:; or write smtps://host:port, smtp://host:port",
                name=named,
            )
        )
    url = parse_url(named)
    return UpstreamSettings(
        scheme=url.scheme,
        host=url.host,
        port=url.port,
        path=url.path,
        tls="none" if is_loopback(url.host) and url.scheme == "smtp" else "required",
        hostname=hostname(config),
    )


def _directory(config: Config, where: Where) -> LdapSettings:
    server = directory(config)
    if server is None:
        said = Sentence("ldap: セクション directory: がありません。", "ldap: there is no section directory:")
        raise Problems([config.problem(where, said)])
    if server.tls == "none":
        said = Sentence(
            "ldap: directory の tls: none ではパスワードを送りません。tls: required としてください。",
            "ldap: a password is not sent with directory tls: none",
        )
        raise Problems([config.problem(where, said)])
    return server
