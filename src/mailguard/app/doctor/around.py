"""What stands around the house: its ports, the next server, DNS, the virus scanner, the directory server.

Each is asked as the house asks it, and no mail is sent. No answer is an answer too: nothing here waits for long.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from dataclasses import replace

from mailguard.antivirus import Clamd
from mailguard.app.doctor.check import Check, failing, good, in_thread, warning
from mailguard.app.doctor.house import server_runs
from mailguard.app.people import people_of
from mailguard.app.tokens import ClientCredentials
from mailguard.config.doors import listeners
from mailguard.config.load import Config
from mailguard.config.rooms import directory, resolver, scanner
from mailguard.config.upstreams import upstreams
from mailguard.mail.message import Body
from mailguard.policy.marks import Problems
from mailguard.relay.opening import CannotOpen, open_connection, tls_context
from mailguard.relay.settings import Deadlines, UpstreamSettings
from mailguard.resolver import Resolver
from mailguard.smtpd.settings import ListenerSettings

_DEADLINES = Deadlines(connect=5.0, greeting=10.0, hello=10.0)


async def ports(config: Config) -> list[Check]:
    """Free if no server runs; ours if one does."""
    runs = await asyncio.to_thread(server_runs, config)
    host, _, port = config.settings.console.address.rpartition(":")
    places = [("listener", one.host, one.port, one.tls != "implicit") for one in _listeners(config)]
    places.append(("console", host.strip("[]"), int(port), False))
    return [await _port(*place, runs=runs) for place in places if place[2]]


async def _port(what: str, host: str, port: int, greets: bool, *, runs: bool) -> Check:
    name = f"{what} {host}:{port}"
    if not runs:
        return await asyncio.to_thread(_free, name, host, port)
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked, not bound
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(here, port)
            try:
                said = await reader.readline() if greets else b"220"
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError) as error:
        why = "no greeting" if isinstance(error, TimeoutError) else error.strerror or str(error)
        return failing("ports", f"{name}: a mailguard runs, but {why}", "look at its log; restart it")
    if not said.startswith(b"220"):
        return warning(
            "ports", f"{name}: it greets with {said[:40].decode('ascii', 'replace').strip()!r}", "see its log"
        )
    return good("ports", f"{name}: a mailguard answers")


def _free(name: str, host: str, port: int) -> Check:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
    except OSError as error:
        remedy = {
            errno.EADDRINUSE: "stop the program that has it (`ss -tlnp`), or choose another port",
            errno.EACCES: "ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE (the unit has it)",
            errno.EADDRNOTAVAIL: "this machine has no such address: write one that it has",
        }.get(error.errno or 0, "write host:port of this machine")
        return failing("ports", f"{name}: {error.strerror or error}", remedy)
    return good("ports", f"{name}: free; no mailguard runs")


def _listeners(config: Config) -> tuple[ListenerSettings, ...]:
    try:
        return listeners(config)
    except Problems:
        return ()


async def next_servers(config: Config) -> list[Check]:
    """Whether each next server lets us in, and what it can take; those that stand in for it as well."""
    try:
        ways = upstreams(config).values()
    except Problems:
        return []
    servers = [(f"upstream {way.name}".rstrip(), one) for way in ways for one in (way.settings, *way.fallback)]
    size = config.settings.limits.message_size
    return [check for name, settings in servers for check in await _next_server(name, settings, size)]


async def _next_server(name: str, settings: UpstreamSettings, size: int) -> list[Check]:
    if settings.scheme == "mailbox":
        return [warning(name, f"{settings.name}: mail goes nowhere", "set upstream.url when you are done trying")]
    if settings.scheme == "mx":
        return [good(name, "each mail goes to its domain's own servers; whether they take it only they know")]
    return await _asked(name, replace(settings, deadlines=_DEADLINES), size)


async def _asked(name: str, settings: UpstreamSettings, size: int) -> list[Check]:
    remedy = "upstream.url, tls, username and password; `openssl s_client -starttls smtp` shows its certificate"
    try:
        context = await asyncio.to_thread(tls_context, settings)
        tokens = None if settings.oauth is None else ClientCredentials(settings.oauth)
        opened = await open_connection(settings, context, tokens)
    except (CannotOpen, OSError) as error:
        return [failing(name, str(error), remedy)]
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
        found.append(warning(name, said, "upstream.tls: required"))
    return found


async def names(config: Config) -> list[Check]:
    """Whether DNS answers about the organisation's own domains."""
    found = [one for one in config.settings.organization.domains if not one.startswith("*.")]
    asked = await Resolver(resolver(config)).mail_domains(found)
    silent = [one for one in found if one not in asked]
    if config.tryout:
        return []
    if silent:
        remedy = "the resolvers of this machine, or dns.servers; rules that ask no_mx do not hold meanwhile"
        return [warning("dns", f"no answer about {', '.join(silent[:3])}", remedy)]
    wrong = [one for one in found if not asked[one]]
    if wrong:
        return [
            warning(
                "dns", f"{', '.join(wrong[:3])}: takes no mail", "organization.domains are written as in addresses?"
            )
        ]
    return [good("dns", f"{len(found)} domains of the organisation take mail")]


async def viruses(config: Config) -> list[Check]:
    """Whether the scanner answers."""
    settings = scanner(config)
    if settings is None:
        return []
    scanned = await Clamd(replace(settings, seconds=10.0)).scan(Body.of(b"Subject: doctor\r\n\r\nhello\r\n"))
    if scanned.said == "clean":
        return [good("virus", "clamd answers")]
    remedy = "start clamd; virus.clamd names its socket; its user must be able to read from us"
    return [failing("virus", scanned.why or f"clamd finds {', '.join(scanned.viruses)} in a mail of ours", remedy)]


async def people(config: Config) -> list[Check]:
    """Whether the directory server can be read."""
    if directory(config) is None:
        return []

    def look() -> list[Check]:
        found, problems = people_of(config, "now")
        if problems:
            remedy = "directory.url, bind_dn, password; the people read last stay in force"
            return [failing("directory", problems[0].message, remedy)]
        return [good("directory", f"{len(found.people):,} people, {len(found.groups):,} groups")]

    return await in_thread(look)
