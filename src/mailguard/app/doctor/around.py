"""What stands around the house: its ports, DNS, the virus scanner, the directory server.

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
from mailguard.app.opening import server_runs
from mailguard.app.people import people_of
from mailguard.app.rooms import ledger_path
from mailguard.config.doors import listeners
from mailguard.config.load import Config
from mailguard.config.rooms import directory, resolver, scanner
from mailguard.mail.message import Body
from mailguard.policy.marks import Problems
from mailguard.resolver import Resolver
from mailguard.smtpd.settings import ListenerSettings

#: What to do about a port that nobody listens at while a server runs on this ledger.
_TRYOUT = "if it was started with other ports, give PORT_SMTP and PORT_CONSOLE here, too; else look at its log"
_ELSE = "if the setting was changed since its start, restart it; else look at its log"


async def ports(config: Config) -> list[Check]:
    """Free if no server runs; ours if one does."""
    runs = await asyncio.to_thread(server_runs, ledger_path(config).with_suffix(".lock"))
    host, _, port = config.settings.console.address.rpartition(":")
    places = [("listener", one.host, one.port, one.tls != "implicit") for one in _listeners(config)]
    places.append(("console", host.strip("[]"), int(port), False))
    remedy = _TRYOUT if config.tryout else _ELSE
    return [await _port(*place, runs=runs, remedy=remedy) for place in places if place[2]]


async def _port(what: str, host: str, port: int, greets: bool, *, runs: bool, remedy: str) -> Check:
    """remedy: what to do where a server runs and nobody answers here."""
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
        gone = isinstance(error, ConnectionRefusedError)
        why = "nothing answers there" if gone else "no greeting" if isinstance(error, TimeoutError) else str(error)
        return failing(
            "ports", f"{name}: a mailguard runs, but {why}", remedy if gone else "look at its log; restart it"
        )
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
    said = scanned.why or f"clamd finds {', '.join(scanned.viruses)} in a mail of ours"
    section = config.settings.virus
    return [failing("virus", f"{section.clamd}: {said}" if section is not None else said, remedy)]


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
