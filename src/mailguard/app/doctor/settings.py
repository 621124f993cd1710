"""The settings: whether they are sound, and do what was surely meant. Files are looked at, nothing more."""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from pydantic import BaseModel, SecretStr

from mailguard.app.doctor.check import Check, failing, good, warning
from mailguard.app.people import policy_of
from mailguard.app.rooms import ledger_path
from mailguard.config.channels import channels
from mailguard.config.doors import listeners
from mailguard.config.load import Config
from mailguard.config.logins import senders, user_file, ways
from mailguard.config.rooms import directory, hostname, reply_address, scanner
from mailguard.config.upstreams import upstreams
from mailguard.mail.address import parse_address
from mailguard.policy.marks import Problem, Problems
from mailguard.smtpd.settings import ListenerSettings
from mailguard.store.snapshots import snapshot_path

_SOON = timedelta(days=21)
#: Networks of more addresses than a company has on the public side.
_PUBLIC_MOST = 2**12


def rooms(config: Config) -> Iterator[Check]:
    """What `mailguard check` finds, but the policies."""
    looks: tuple[Callable[[Config], object], ...] = (
        listeners, upstreams, scanner, directory, ways, channels, reply_address, user_file, senders,
    )  # fmt: skip
    found: list[Problem] = []
    for look in looks:
        try:
            look(config)
        except Problems as error:
            found += error.problems
    for problem in found:
        yield failing("configuration", str(problem), "`mailguard check` shows all at once")
    if not found:
        yield good("configuration", config.source)
        if hostname(config) == "[127.0.0.1]":
            yield warning(
                "hostname", "this machine has no full name to give in EHLO", "set hostname: mail.corp.example"
            )


def policies(config: Config) -> Iterator[Check]:
    """Whether the policies compile."""
    try:
        policy = policy_of(config)
    except Problems as error:
        for problem in error.problems:
            yield failing("policies", str(problem), "`mailguard check` shows all at once")
        return
    yield good("policies", f"{len(policy.rules)} rules")


def doors(config: Config) -> Iterator[Check]:
    """Whether each listener lets in whom it should, with a certificate that is good for a while."""
    try:
        found = listeners(config)
    except Problems:
        return  # said already
    for listener in found:
        yield from _trusted(listener)
        if listener.certificate is not None and listener.key is not None:
            yield from _certificate(listener, hostname(config))


def _trusted(listener: ListenerSettings) -> Iterator[Check]:
    """Whoever is in a trusted network may relay anything as anybody: an open relay, if it is too wide."""
    name = f"{listener.host}:{listener.port}"
    wide = [network for network in listener.trusted_networks if _too_wide(network)]
    remedy = "name the addresses of your own mail server in trusted_networks; clients log in"
    if any(network.prefixlen == 0 for network in wide):
        yield failing("open-relay", f"{name} relays for everybody", remedy)
    elif wide:
        yield warning("open-relay", f"{name} trusts {', '.join(map(str, wide))}: public, and large", remedy)
    else:
        whom = [str(network) for network in listener.trusted_networks[:3]]
        whom += ["..."] * (len(listener.trusted_networks) > 3) + ["logins"] * (listener.auth != "none")
        yield good("open-relay", f"{name} relays for {', '.join(whom) or 'nobody'}")


def _too_wide(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    if network.prefixlen == 0:
        return True
    if network.is_private or network.is_loopback or network.is_link_local:
        return False
    # IPv6: a company has a /48; IPv4: by the number of addresses.
    return network.prefixlen < 48 if network.version == 6 else network.num_addresses > _PUBLIC_MOST


def _certificate(listener: ListenerSettings, name: str) -> Iterator[Check]:
    path = listener.certificate
    assert path is not None
    where = f"{path} at {listener.host}:{listener.port}"
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError, IndexError) as error:
        yield failing("certificate", f"{where}: {error}", "name a PEM file with the certificate and its chain")
        return
    now, ends = datetime.now(UTC), found.not_valid_after_utc
    remedy = "renew it; SIGHUP takes the new one"
    if now >= ends or now < found.not_valid_before_utc:
        yield failing("certificate", f"{where}: valid {found.not_valid_before_utc:%Y-%m-%d} to {ends:%Y-%m-%d}", remedy)
    elif ends - now < _SOON:
        yield warning("certificate", f"{where}: ends {ends:%Y-%m-%d}, in {(ends - now).days} days", remedy)
    elif not _names(found, name):
        remedy = f"clients use another name than {name}? then all is well; else get one for it, or set hostname:"
        yield warning("certificate", f"{where}: is for {', '.join(_all_names(found)) or 'no name'}", remedy)
    else:
        yield good("certificate", f"{where}: for {name}, until {ends:%Y-%m-%d}")


def _all_names(found: x509.Certificate) -> list[str]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def _names(found: x509.Certificate, name: str) -> bool:
    wild = "*." + name.partition(".")[2]  # RFC 6125 section 6.4.3: one label
    return any(one.lower() in (name.lower(), wild.lower()) for one in _all_names(found))


def secrets(config: Config) -> Iterator[Check]:
    """Whether files that hold secrets are for nobody else."""
    open_ones, found = [], 0
    for path in sorted(_secret_files(config)):
        if path.exists():
            found += 1
            if _open(path.stat()):
                open_ones.append(path)
    for path in open_ones:
        yield warning("secrets", f"{path}: others can read it", _closing(path))
    if not open_ones:
        yield good("secrets", f"{found} files are readable by their owner, or the service, only")


def _open(found: os.stat_result) -> bool:
    """Whether more people can read it than must. What root owns, the group of the service may read."""
    for_a_group = found.st_uid == 0 and found.st_gid != 0
    return bool(stat.S_IMODE(found.st_mode) & (0o037 if for_a_group else 0o077))


def _closing(path: Path) -> str:
    found = path.stat()
    return f"chmod {'640' if found.st_uid == 0 and found.st_gid != 0 else '600'} {path}"


def _has_secrets(config: Config) -> bool:
    """Whether a password stands in the configuration file itself, and not in the environment or another file."""
    try:
        text = Path(config.source).read_text(encoding="utf-8", errors="replace")
    except OSError:  # the built-in one
        return False
    return any(secret in text for secret in _secrets_in(config.settings))


def _secrets_in(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield from filter(None, [value.get_secret_value().strip()])
    elif isinstance(value, BaseModel):
        for one in vars(value).values():
            yield from _secrets_in(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _secrets_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _secrets_in(one)


def _secret_files(config: Config) -> set[Path]:
    settings, ledger = config.settings, ledger_path(config)
    found = {ledger, ledger.with_suffix(".key"), ledger.with_suffix(".people.json"), snapshot_path(ledger)}
    found |= {config.path(one.key) for one in settings.listeners if one.key is not None}
    found |= {config.path(one.key) for one in (settings.upstream, *settings.upstreams.values()) if one.key is not None}
    if _has_secrets(config):
        found.add(Path(config.source).resolve())
    if settings.store.encryption_key_file is not None:
        found.add(config.path(settings.store.encryption_key_file))
    if settings.auth is not None and settings.auth.method == "file":
        found.add(config.path(settings.auth.file))
    found |= {
        Path(value) for name, value in os.environ.items() if name.startswith("MAILGUARD_") and name.endswith("_FILE")
    }
    return found


def letters(config: Config) -> Iterator[Check]:
    """Whether our letters come from a domain that is ours, and lead back to a console."""
    section = config.settings.notify
    domain = parse_address(section.sender).domain
    inside = [one.removeprefix("*.") for one in config.settings.organization.domains]
    if not any(domain == one or domain.endswith(f".{one}") for one in inside):
        remedy = "a sender of your own domain, which your mail server signs and SPF allows"
        yield warning("letters", f"notify.from is of {domain}, which is not among organization.domains", remedy)
    else:
        yield good("letters", f"they come from {domain}")
    if not config.settings.console.administrators and not config.tryout:
        yield warning("administrators", "nobody is told when something is wrong", "console.administrators: [you]")
    outside = any(not one.is_loopback for one in _listening(config))
    if outside and "127.0.0.1" in config.settings.console.url:
        remedy = "console.url: the address that people open; it stands in every letter"
        yield warning("console", "links in letters lead to 127.0.0.1", remedy)


def _listening(config: Config) -> tuple[ListenerSettings, ...]:
    try:
        return listeners(config)
    except Problems:
        return ()
