"""From upstream: and upstreams: to the back doors: each with its name, its servers in order, and whose mail it takes.

Names are those of policies; "" is the one under upstream:. Files that a setting names are looked at, nothing is
connected to. Secrets are never repeated in a problem.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailguard.config.load import Config, Where, no_such_file
from mailguard.config.rooms import hostname
from mailguard.config.upstream_section import NamedUpstreamSection, UpstreamSection
from mailguard.courier.client import fault_of
from mailguard.events import DEFAULT
from mailguard.mail.saying import Sentence
from mailguard.policy.marks import Problem, Problems
from mailguard.relay.settings import OauthSettings, UpstreamSettings, parse_url

#: Connections at a time, where nothing is said: to one server, and to those of the whole world.
_USUAL, _MANY = 10, 50


@dataclass(frozen=True, slots=True)
class Way:
    """One next server with those that stand in for it. senders: domains whose mail goes this way."""

    name: str
    settings: UpstreamSettings
    fallback: tuple[UpstreamSettings, ...] = ()
    senders: tuple[str, ...] = ()
    rate: int | None = None

    def shared(self, number: int, among: int) -> Way | None:
        """What process `number` (0: the first one) of so many may have of it, so that the sum is what is set; None:
        nothing. What is counted by the minute is counted in one place, by the first.
        """
        part = 0 if self.rate is not None else self.settings.connections // among
        mine = part if number else self.settings.connections - part * (among - 1)
        if mine == 0:
            return None
        of_all = (replace(one, connections=mine) for one in (self.settings, *self.fallback))
        first, *others = of_all
        return replace(self, settings=first, fallback=tuple(others))


def upstream(config: Config) -> UpstreamSettings:
    """The server of all mail that goes no other way. Raises Problems."""
    return _way(config, "", config.settings.upstream, ("upstream",)).settings


def upstreams(config: Config) -> dict[str, Way]:
    """All ways by their names. Raises Problems."""
    found: dict[str, Way] = {}
    problems: list[Problem] = []
    takes: dict[str, str] = {}
    written: list[tuple[str, UpstreamSection, Where]] = [("", config.settings.upstream, ("upstream",))]
    written += [(name, section, ("upstreams", name)) for name, section in config.settings.upstreams.items()]
    for name, section, where in written:
        try:
            found[name] = way = _way(config, name, section, where)
        except Problems as error:
            problems += error.problems
            continue
        for number, domain in enumerate(way.senders):
            if (other := takes.setdefault(domain, name)) != name:
                said = Sentence(
                    "{domain} はすでに {other} を通ります。1人の送信者のメールが通る経路は1つです。",
                    "{domain} goes by {other} already: a sender's mail has one way",
                    domain=domain,
                    other=other,
                )
                problems.append(config.problem((*where, "senders", number), said))
    if problems:
        raise Problems(problems)
    return found


def _way(config: Config, name: str, section: UpstreamSection, where: Where) -> Way:
    problems = list(_wrong_files(config, section, where))
    if name == DEFAULT:
        said = Sentence(
            "{name} は upstream: の中継先の名前です。ここには別の名前を付けてください。",
            "{name} is what the one under upstream: is called; name this one otherwise",
            name=DEFAULT,
        )
        problems.append(config.problem(where, said))
    made: list[UpstreamSettings] = []
    for number, url in enumerate((section.url, *section.fallback)):
        place = (*where, "fallback", number - 1) if number else where
        try:
            made.append(_settings(config, section, url, stands_in=number > 0))
        except ValueError as error:
            why = str(error).removeprefix("upstream: ").removeprefix("upstream url: ")
            problems.append(config.problem(place, why))
    oauth = _oauth(section)
    if oauth is not None and (why := fault_of(oauth.token_url, private=oauth.is_here)):
        problems.append(config.problem((*where, "oauth", "token_url"), why))
    if problems:
        raise Problems(problems)
    senders = section.senders if isinstance(section, NamedUpstreamSection) else ()
    return Way(name, made[0], tuple(made[1:]), senders, section.rate)


def _settings(config: Config, section: UpstreamSection, url: str, *, stands_in: bool) -> UpstreamSettings:
    """Raises ValueError."""
    parsed = parse_url(url)
    plain = parsed.scheme in ("smtp", "smtps")
    if stands_in and not plain:
        raise ValueError(
            Sentence(
                "代替サーバーは smtp://host:port または smtps://host:port と書いてください。",
                "a server that stands in is smtp://host:port or smtps://host:port",
            )
        )
    if not plain and section.fallback:
        raise ValueError(
            Sentence("fallback は smtp:// と smtps:// でだけ使えます。", "fallback belongs to smtp:// and smtps://")
        )
    if plain and (ours := _own_listener(config, parsed.host, parsed.port)):
        raise ValueError(
            Sentence(
                "{url} は mailguard 自身です(listeners: {ours})。メールを渡す先のサーバーを書いてください。",
                "{url} is mailguard itself (listeners: {ours}): name the server that mail goes on to",
                url=url,
                ours=ours,
            )
        )
    return UpstreamSettings(
        scheme=parsed.scheme,
        host=parsed.host,
        port=parsed.port,
        path=config.path(parsed.path) if parsed.path else None,
        tls=section.tls or parsed.default_tls,
        # A name to verify is that of one server: those that stand in are verified by their own.
        tls_name=None if stands_in else section.tls_name,
        username=section.username,
        password=section.password.get_secret_value() if section.password else None,
        oauth=_oauth(section),
        ca_file=config.path(section.ca_file) if section.ca_file else None,
        certificate=config.path(section.certificate) if section.certificate else None,
        key=config.path(section.key) if section.key else None,
        hostname=hostname(config),
        connections=section.connections or (_MANY if parsed.scheme == "mx" else _USUAL),
        messages_per_connection=section.messages_per_connection,
    )


def _own_listener(config: Config, host: str, port: int) -> str:
    """The listener of ours that answers there; "" if none does, or only the resolvers know."""
    asked = _addresses(host)
    for section in config.settings.listeners:
        at, _, listens = section.address.rpartition(":")
        if int(listens) == port and any(_hears(own, one) for own in _addresses(at.strip("[]")) for one in asked):
            return section.address
    return ""


def _addresses(host: str) -> tuple[str, ...]:
    return ("127.0.0.1", "::1") if host == "localhost" else (host,)


def _hears(own: str, asked: str) -> bool:
    """Whether a port at `own` hears who connects to `asked`. Of all addresses of a machine, loopback is known here."""
    try:
        mine, theirs = ipaddress.ip_address(own), ipaddress.ip_address(asked)
    except ValueError:
        return own == asked
    return mine == theirs or (mine.is_unspecified and theirs.is_loopback and mine.version == theirs.version)


def _oauth(section: UpstreamSection) -> OauthSettings | None:
    if section.oauth is None:
        return None
    secret = section.oauth.client_secret.get_secret_value()
    return OauthSettings(section.oauth.token_url, section.oauth.client_id, secret, section.oauth.scope)


def _wrong_files(config: Config, section: UpstreamSection, where: Where) -> Iterator[Problem]:
    missing = False
    for key in ("ca_file", "certificate", "key"):
        path = getattr(section, key)
        if path is not None and not config.path(path).is_file():
            missing = True
            yield config.problem((*where, key), no_such_file(path))
    if (section.certificate is None) != (section.key is None):
        yield config.problem(
            where,
            Sentence("certificate と key は両方を書いてください。", "certificate and key go together"),
        )
    elif section.certificate is not None and section.key is not None and not missing:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(
                config.path(section.certificate), config.path(section.key), password=lambda: ""
            )
        except (OSError, ValueError):
            said = Sentence(
                "{certificate} と {key} が、証明書(PEM)とその鍵(暗号化なし)の組ではありません。",
                "{certificate} and {key} are no certificate (PEM) with its key, unencrypted",
                certificate=section.certificate,
                key=section.key,
            )
            yield config.problem((*where, "certificate"), said)
