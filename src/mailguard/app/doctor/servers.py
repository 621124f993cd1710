"""The next servers, each asked as a mail would ask it, up to the login: no mail is sent.

All at once and each with its own patience, so that one that is silent does not hide what the others say. A remedy is
about what was seen, and names the setting. Secrets stand in no detail.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from dataclasses import replace

from mailguard.app.doctor.check import Check, bounded, failing, good, warning
from mailguard.app.tokens import ClientCredentials
from mailguard.config.load import Config
from mailguard.config.upstreams import upstreams
from mailguard.policy.marks import Problems
from mailguard.relay.opening import CannotOpen, Certificates, open_connection
from mailguard.relay.settings import Deadlines, UpstreamSettings

_DEADLINES = Deadlines(connect=5.0, greeting=10.0, hello=10.0)


async def next_servers(config: Config) -> list[Check]:
    """Whether each next server lets us in, and what it can take; those that stand in for it as well."""
    try:
        ways = upstreams(config).values()
    except Problems:
        return []
    size = config.settings.limits.message_size
    looks = [
        bounded(f"upstream {way.name}".rstrip(), _next_server(way.name, one, size), f"look at the log of {one.name}")
        for way in ways
        for one in (way.settings, *way.fallback)
    ]
    return [check for found in await asyncio.gather(*looks) for check in found]


async def _next_server(way: str, settings: UpstreamSettings, size: int) -> Iterable[Check]:
    name = f"upstream {way}".rstrip()
    section = f"upstreams.{way}" if way else "upstream"
    if settings.scheme == "mailbox":
        said = f"{settings.name}: mail goes nowhere"
        return [warning(name, said, f"set {section}.url when you are done trying")]
    if settings.scheme == "mx":
        return [good(name, "each mail goes to its domain's own servers; whether they take it only they know")]
    return await _asked(name, section, replace(settings, deadlines=_DEADLINES), size)


async def _asked(name: str, section: str, settings: UpstreamSettings, size: int) -> list[Check]:
    try:
        context = await Certificates(settings).context()
        tokens = None if settings.oauth is None else ClientCredentials(settings.oauth)
        opened = await open_connection(settings, context, tokens)
    except (CannotOpen, OSError) as error:
        return [failing(name, str(error), _remedy(section, settings, error))]
    opened.wire.send(b"QUIT\r\n", replies=1)
    opened.wire.close()
    offered = opened.extensions
    lacks = [one for one in ("8bitmime", "dsn", "smtputf8", "pipelining", "enhancedstatuscodes") if one not in offered]
    without = f"; without {', '.join(lacks).upper()}" if lacks else ""
    tls = "in the clear" if settings.tls == "none" and not settings.implicit_tls else f"TLS {settings.tls}"
    found = [good(name, f"{settings.name} lets us in, {tls}{without}")]
    limit = offered.get("size", "")
    if limit.isdigit() and 0 < int(limit) < size:
        said = f"{settings.name} takes mails up to {int(limit):,} octets, limits.message_size is {size:,}"
        found.append(warning(name, said, "lower limits.message_size: else such a mail comes back hours later"))
    if settings.tls in ("none", "opportunistic", "insecure") and not settings.is_loopback:
        said = f"{settings.name}: tls: {settings.tls} does not protect mail from who is on the wire"
        found.append(warning(name, said, f"{section}.tls: required"))
    return found


def _remedy(section: str, settings: UpstreamSettings, error: BaseException) -> str:
    """What to do about this error, and no list of all that could be."""
    code = error.code if isinstance(error, CannotOpen) else None
    causes = list(_chain(error))
    place = f"{settings.host}:{settings.port}"
    if any(isinstance(one, socket.gaierror) for one in causes):
        return f"{section}.url (or its fallback): a name that the resolvers of this machine know, or an address"
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in causes):
        return _about_certificate(section, settings, place)
    if any(isinstance(one, ssl.SSLError) for one in causes):
        return f"is {place} the right port? smtps:// has TLS from the first octet (465), smtp:// later (25, 587)"
    if "STARTTLS" in str(error):
        return f"switch TLS on at {place}, take a port that has it, or smtps://"
    if code is not None and "login" in str(error):
        return f"{section}.username and password (or oauth); does {place} take logins by SMTP at all?"
    if code is not None:
        return f"the server at {place} must let this machine in: its log says why it does not"
    if "cannot connect" in str(error) or any(isinstance(one, OSError) for one in causes[1:]):
        tried = f"`curl -v smtp{'s' if settings.implicit_tls else ''}://{place}`"
        return f"is the server up, is {place} right, is there a firewall between? From this machine: {tried}"
    return f"what is it that answers at {place}? {section}.url names an SMTP server"


def _about_certificate(section: str, settings: UpstreamSettings, place: str) -> str:
    name = settings.tls_name or settings.host
    start = "" if settings.implicit_tls else "-starttls smtp "
    shows = f"`openssl s_client {start}-connect {place}` shows it"
    return (
        f"an authority of your own: {section}.ca_file; another name than {name}: {section}.tls_name, or for a fallback "
        f"the name in its URL; {shows}"
    )


def _chain(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
