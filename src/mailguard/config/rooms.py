"""From the administrator's settings to each room's own: the one place that knows both sides.

What only shows when two settings meet (a listener without its certificate on disk, a password without TLS) is found
here, and becomes a Problem like any other.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from mailguard.access import AccessSettings
from mailguard.antivirus import ClamdSettings
from mailguard.config.load import Config
from mailguard.inspect.limits import ReadingLimits
from mailguard.ldap.settings import KINDS, LdapSettings, Tls
from mailguard.mail.address import Address, parse_address
from mailguard.mail.organization import Organization
from mailguard.mail.saying import Sentence
from mailguard.mail.subaddress import LONGEST, SubAddress
from mailguard.memory.settings import MemorySettings
from mailguard.policy.loader import EMPTY_FOLDER, NO_FILES, NOTHING_THERE
from mailguard.policy.marks import Problem, Problems
from mailguard.pressure import PressureLimits
from mailguard.resolver import ResolverSettings
from mailguard.smtpd.settings import DoorLimits
from mailguard.store.snapshots import snapshot_path
from mailguard.store.wish import Silence


def organization(config: Config) -> Organization:
    """The company."""
    section = config.settings.organization
    return Organization(
        section.domains, section.name, section.language, section.timezone, tuple(config.settings.upstreams)
    )


def hostname(config: Config) -> str:
    """What we call ourselves in SMTP: the setting, else this machine's full name if it is one, else its address."""
    name = config.settings.hostname or socket.getfqdn()
    try:
        parse_address(f"x@{name}")
    except ValueError:
        return "[127.0.0.1]"
    return name if "." in name else "[127.0.0.1]"


def reply_address(config: Config) -> SubAddress | None:
    """Where answers to letters go; None if none are taken. Raises Problems."""
    section = config.settings.notify
    if section.reply_address == "off":
        return None
    base = parse_address(section.reply_address or section.sender)
    if len(base.local.encode()) > LONGEST:
        why = Sentence(
            "{base} は長すぎて「+合言葉」を付けられません。"
            "短い reply_address を書くか、reply_address: off としてください。",
            "{base} leaves no room for +secret: name a shorter reply_address, or reply_address: off",
            base=base,
        )
        raise Problems([config.problem(("notify",), why)])
    return SubAddress(base)


def policies(config: Config) -> list[Path]:
    """The files and folders of rules."""
    return [config.path(path) for path in config.settings.policies]


def policy_problems(config: Config, problems: Iterable[Problem]) -> list[Problem]:
    """What is wrong with policies; a path that leads nowhere at the place where the settings name it."""
    named = {str(config.path(path)): number for number, path in enumerate(config.settings.policies)}

    def placed(one: Problem) -> Problem:
        if one.message == NO_FILES:
            return config.problem(("policies",), NO_FILES)
        if one.file in named and one.message in (NOTHING_THERE, EMPTY_FOLDER):
            return config.problem(("policies", named[one.file]), f"{one.file}: " + one.message)
        return one

    return [placed(one) for one in problems]


def postmaster(config: Config) -> Address | None:
    """Whom mail to `<Postmaster>` without a domain reaches: who looks after this server, else the company's own."""
    settings = config.settings
    domain = next((one for one in settings.organization.domains if not one.startswith("*.")), "")
    found = next(iter(settings.console.administrators), f"postmaster@{domain}" if domain else "")
    return parse_address(found) if found else None


def door_limits(config: Config) -> DoorLimits:
    """The front door's numbers."""
    limits = config.settings.limits
    return DoorLimits(
        message_bytes=limits.message_size,
        recipients=limits.recipients,
        connections=limits.connections,
        connections_per_address=limits.connections_per_address,
        messages=limits.messages,
        idle_seconds=limits.idle,
        session_seconds=limits.session,
        sealed=config.settings.store.encryption_key_file is not None,
    )


def pressure_limits(config: Config) -> PressureLimits:
    """When the door says "later"."""
    limits = config.settings.limits
    return PressureLimits(limits.disk_free, limits.memory, limits.memory_free, limits.queued)


def reading_limits(config: Config) -> ReadingLimits:
    """What one mail may cost to read."""
    limits = config.settings.limits
    return ReadingLimits(
        seconds=float(limits.reading_time),
        cpu_seconds=limits.reading_cpu,
        memory_bytes=limits.reading_memory,
        depth=limits.reading_depth,
        parts=limits.reading_parts,
        header_bytes=limits.reading_header,
        members=limits.reading_members,
        expanded_bytes=limits.reading_expanded,
        ratio=limits.reading_ratio,
        mail_bytes=max(limits.message_size, 128 * 2**20),
    )


def resolver(config: Config) -> ResolverSettings:
    """Whom DNS is asked of."""
    section = config.settings.dns
    servers = (server.rpartition(":") for server in section.servers)
    return ResolverSettings(tuple((host.strip("[]"), int(port)) for host, _, port in servers), float(section.timeout))


def memory(config: Config) -> MemorySettings | None:
    """The model of who writes to whom, beside the ledger; None if it is switched off."""
    section = config.settings.insight
    if not section.enabled:
        return None
    ledger = config.path(config.settings.store.url.removeprefix("sqlite:"))
    return MemorySettings(
        snapshot_path(ledger),
        tuple(dict.fromkeys(domain.removeprefix("*.") for domain in config.settings.organization.domains)),
        section.alarm_budget,
        timedelta(seconds=section.silent_for),
        timedelta(seconds=section.snapshot_every),
        section.overridden,
    )


def silence(config: Config) -> Silence:
    """When a warning that its sender overrides becomes silent, and for how long."""
    section = config.settings.insight
    return Silence(section.overridden, timedelta(seconds=section.overridden_for))


def access_settings(config: Config) -> AccessSettings:
    """Who may come in, and for how long."""
    console = config.settings.console
    return AccessSettings(
        organization(config),
        frozenset(console.administrators),
        frozenset(console.auditors),
        frozenset(console.officers),
        # The way in that `make run` prints should last as long as the trying.
        login_lasts=timedelta(days=1 if config.tryout else 0, minutes=15),
        session_lasts=timedelta(seconds=console.session.lasts),
        session_idle=timedelta(seconds=console.session.idle),
        second_factor=console.second_factor,
    )


def scanner(config: Config) -> ClamdSettings | None:
    """The virus scanner, None if there is none. Raises Problems."""
    section = config.settings.virus
    if section is None:
        return None
    if section.clamd.startswith("unix:"):
        return ClamdSettings(path=str(config.path(Path(section.clamd[5:]))), seconds=float(section.time))
    try:
        url = urlsplit(section.clamd)
        if url.scheme == "tcp" and url.hostname and url.port:
            return ClamdSettings(host=url.hostname, port=url.port, seconds=float(section.time))
    except ValueError:  # a port that is no number
        pass
    raise Problems(
        [
            config.problem(
                ("virus", "clamd"),
                Sentence(
                    "{clamd}: unix:/run/clamav/clamd.ctl または tcp://host:3310 のように書いてください。",
                    "{clamd}: write unix:/run/clamav/clamd.ctl or tcp://host:3310",
                    clamd=section.clamd,
                ),
            )
        ]
    )


def directory(config: Config) -> LdapSettings | None:
    """The directory server, None if there is none. Raises Problems."""
    section = config.settings.directory
    if section is None:
        return None
    try:
        url = urlsplit(section.url)
        scheme, host, port = url.scheme, url.hostname, url.port
        extra = url.path.strip("/") or url.query or url.username
    except ValueError:  # a port that is no number
        scheme, host, port, extra = "", None, None, ""
    if scheme not in ("ldap", "ldaps") or not host or extra:
        said = Sentence(
            "{url}: ldap://host または ldaps://host と書いてください(必要なら :port を付けます)。",
            "{url}: write ldap://host, ldaps://host, or either with :port",
            url=section.url,
        )
        raise Problems([config.problem(("directory", "url"), said)])
    if scheme == "ldaps" and section.tls == "none":
        said = Sentence(
            "ldaps は必ずTLSを使います。ldap:// と書くか、tls: required としてください。",
            "ldaps is never without TLS; write ldap://, or required",
        )
        raise Problems([config.problem(("directory", "tls"), said)])
    tls: Tls = "implicit" if scheme == "ldaps" else "none" if section.tls == "none" else "starttls"
    people, groups, attributes = KINDS[section.kind]
    return LdapSettings(
        host=host,
        port=port or (636 if tls == "implicit" else 389),
        base=section.base,
        tls=tls,
        verify=section.tls == "required",
        ca_file=config.path(section.ca_file) if section.ca_file else None,
        bind_dn=section.bind_dn,
        password=section.password.get_secret_value() if section.password else "",
        person_filter=section.person_filter or people,
        group_filter=section.group_filter or groups,
        attributes=replace(attributes, **section.attributes.model_dump(exclude_none=True)),
        refresh=float(section.refresh),
        seconds=float(section.time),
    )
