"""From the section `listeners` to the front door's own settings. Raises Problems.

What only shows when two settings meet, or when a file is looked at (a key of another certificate), is found here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from mailguard.config.listener_section import ClientCertificatesSection, ListenerSection
from mailguard.config.load import Config, no_such_file, stands_twice
from mailguard.policy.marks import Problem, Problems
from mailguard.smtpd.certificates import ClientCertificates
from mailguard.smtpd.settings import ListenerSettings, Network
from mailguard.smtpd.tls import CertificateError, context_for


def _networks(written: Sequence[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(one) for one in written)


def _certificates(config: Config, section: ClientCertificatesSection | None) -> ClientCertificates | None:
    if section is None:
        return None
    authorities = config.path(section.ca_file) if section.ca_file else None
    return ClientCertificates(section.names, authorities, section.required)


def _listener(config: Config, section: ListenerSection) -> ListenerSettings:
    """One port. Raises ValueError."""
    host, _, port = section.address.rpartition(":")
    return ListenerSettings(
        host=host.strip("[]"),
        port=int(port),
        tls=section.tls,
        certificate=config.path(section.certificate) if section.certificate else None,
        key=config.path(section.key) if section.key else None,
        auth=section.auth,
        trusted_networks=_networks(section.trusted_networks),
        proxy_protocol=section.proxy_protocol,
        proxies=_networks(section.proxies),
        xclient_from=_networks(section.xclient_from),
        xforward_from=_networks(section.xforward_from),
        login_header=section.login_header or "",
        client_certificates=_certificates(config, section.client_certificates),
        sender_check=section.sender_check,
        sender_domains=frozenset(section.sender_domains),
        tls_minimum=section.tls_minimum,
        ciphers=section.ciphers,
    )


def _file_problems(config: Config, number: int, listener: ListenerSettings) -> list[Problem]:
    """What the door would refuse to open with: a file that is missing, a key of another certificate."""
    missing = [
        config.problem(("listeners", number, key), no_such_file(named))
        for key, named in (("certificate", listener.certificate), ("key", listener.key))
        if named is not None and not named.is_file()
    ]
    if missing:
        return missing
    try:
        context_for(listener)
    except CertificateError as error:
        about = "client_certificates" if str(error).startswith("client_certificates") else "certificate"
        return [config.problem(("listeners", number, about), str(error))]
    return []


def listeners(config: Config) -> tuple[ListenerSettings, ...]:
    """The ports. Raises Problems."""
    found: list[ListenerSettings] = []
    problems: list[Problem] = []
    for number, section in enumerate(config.settings.listeners):
        try:
            listener = _listener(config, section)
        except ValueError as error:
            problems.append(config.problem(("listeners", number), str(error)))
            continue
        problems += _file_problems(config, number, listener)
        if listener.port and any((listener.host, listener.port) == (one.host, one.port) for one in found):
            problems.append(config.problem(("listeners", number, "address"), stands_twice(section.address)))
        found.append(listener)
    if problems:
        raise Problems(problems)
    return tuple(found)
