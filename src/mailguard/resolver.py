"""DNS, asked whether mail can reach a domain at all, and which servers take it (RFC 5321 section 5.1,
null MX: RFC 7505).

Trusts the resolver that the administrator names, else the machine's own, and nobody on the network between: a forged
answer makes a rule hold or pass one recipient; where mail goes it changes only where the settings let MX decide that
(relay/mx.py). Whatever goes wrong (no resolver, too slow, SERVFAIL) is "not known", never an answer and never an
exception. Answers are kept for as long as they say (dnspython's cache), and a domain without an answer is left alone
for a while, so that not every mail waits for it. dnspython is loaded when somebody is asked: most houses ask nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailguard.mail.exchange import Exchange, Exchanges

if TYPE_CHECKING:
    import dns.asyncresolver
    import dns.name

#: Domains of one mail that are asked for, questions under way at a time, answers kept.
_DOMAINS_MAX, _AT_ONCE, _KEPT = 100, 50, 10_000
#: Seconds for which a domain is not asked for again that brought no answer.
_SILENT = 30.0


@dataclass(frozen=True, slots=True)
class ResolverSettings:
    """servers: address and port of resolvers (none: those of this machine); seconds for all domains of one mail."""

    servers: tuple[tuple[str, int], ...] = ()
    seconds: float = 2.0


class Resolver:
    """The client. `mail_domains` from any number of tasks."""

    def __init__(self, settings: ResolverSettings | None = None) -> None:
        self._settings = settings or ResolverSettings()
        self._resolver: dns.asyncresolver.Resolver | None = None
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._silent: dict[str, float] = {}

    async def mail_domains(self, domains: Iterable[str]) -> dict[str, bool]:
        """Whether mail can reach each of these domains (A-labels). What could not be found out in time is left out."""
        wanted = sorted(set(domains))[:_DOMAINS_MAX]
        found = {domain: True for domain in wanted if domain.startswith("[")}  # an address literal needs no DNS
        now = time.monotonic()
        asked = [one for one in wanted if one not in found and self._silent.get(one, now) <= now]
        resolver = self._resolver or await asyncio.to_thread(self._opened)
        if not asked or resolver is None:
            return found
        tasks = {domain: asyncio.create_task(self._ask(resolver, domain)) for domain in asked}
        try:
            await asyncio.wait(tasks.values(), timeout=self._settings.seconds)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        for domain, task in tasks.items():
            answer = None if task.cancelled() or task.exception() is not None else task.result()
            if answer is None:
                self._left_alone(domain)
            else:
                found[domain] = answer
        return found

    async def exchanges(self, domain: str) -> Exchanges | None:
        """The servers that take a domain's mail (RFC 5321 section 5.1): those of its MX, else the domain itself if it
        has an address. None if it could not be found out.
        """
        resolver = self._resolver or await asyncio.to_thread(self._opened)
        if resolver is None:
            return None
        import dns.asyncresolver

        try:
            name = dns.name.from_text(domain)
            async with self._free:
                answer = await resolver.resolve(name, dns.rdatatype.MX, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return Exchanges(exists=False)
        except (dns.exception.DNSException, OSError, ValueError):
            return None
        if answer.rrset is None:
            return Exchanges((Exchange(0, domain),))
        # RFC 7505: one MX "." says that the domain takes no mail; beside others it is none.
        hosts = tuple(
            Exchange(one.preference, one.exchange.to_text(omit_final_dot=True))
            for one in answer.rrset
            if one.exchange != dns.name.root
        )
        return Exchanges(hosts, null=not hosts)

    async def addresses(self, host: str) -> tuple[str, ...] | None:
        """All addresses of a server, IPv4 first. None if they could not be found out."""
        with contextlib.suppress(ValueError):
            return (str(ipaddress.ip_address(host)),)
        resolver = self._resolver or await asyncio.to_thread(self._opened)
        if resolver is None:
            return None
        import dns.asyncresolver

        found: list[str] = []
        silent = False
        for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
            try:
                name = dns.name.from_text(host)
                async with self._free:
                    answer = await resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
            except dns.resolver.NXDOMAIN:
                break
            except (dns.exception.DNSException, OSError, ValueError):
                silent = True
            else:
                found += [one.address for one in answer.rrset or ()]
        return None if silent and not found else tuple(found)

    def _left_alone(self, domain: str) -> None:
        if len(self._silent) >= _KEPT:
            self._silent.clear()
        self._silent[domain] = time.monotonic() + _SILENT

    def _opened(self) -> dns.asyncresolver.Resolver | None:
        """The resolver; None if there is none. Blocks for a moment: it loads dnspython."""
        import dns.asyncresolver

        if self._resolver is None:
            try:
                own = self._settings.servers
                resolver = dns.asyncresolver.Resolver(configure=not own)
            except (dns.exception.DNSException, OSError):  # no /etc/resolv.conf: perhaps later
                return None
            if own:
                resolver.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in own]
            resolver.cache = dns.resolver.LRUCache(_KEPT)
            resolver.timeout = resolver.lifetime = self._settings.seconds
            self._resolver = resolver
        return self._resolver

    async def _ask(self, resolver: dns.asyncresolver.Resolver, domain: str) -> bool | None:
        import dns.asyncresolver

        try:
            name = dns.name.from_text(domain)
            async with self._free:
                return await self._reachable(resolver, name)
        except dns.resolver.NXDOMAIN:
            return False
        except (dns.exception.DNSException, OSError, ValueError):
            return None

    async def _reachable(self, resolver: dns.asyncresolver.Resolver, name: dns.name.Name) -> bool | None:
        import dns.asyncresolver

        for kind in (dns.rdatatype.MX, dns.rdatatype.A, dns.rdatatype.AAAA):
            answer = await resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
            if answer.rrset is None:
                continue
            if kind is dns.rdatatype.MX:  # RFC 7505: one MX "." says that the domain takes no mail
                return any(record.exchange != dns.name.root for record in answer.rrset)
            return True
        return False
