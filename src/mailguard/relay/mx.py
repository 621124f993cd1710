"""Mail straight to the servers of each recipient's domain (RFC 5321 section 5.1), in place of one next server.

Each domain has its own connections, its own health and its own places: one that crawls or is away takes no more than
its share. It trusts DNS for where a domain's mail goes, as all mail without DANE does, but never for an address of this
machine; and it never delivers to itself.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from mailguard.mail.address import Address
from mailguard.mail.exchange import Exchange, Exchanges
from mailguard.mail.outcome import Outcome, Result
from mailguard.relay.chain import Chain
from mailguard.relay.content import BodyCorrupt
from mailguard.relay.settings import UpstreamSettings
from mailguard.relay.smtp import SmtpUpstream
from mailguard.relay.upstream import Outgoing, deferred, same_for_all, words

#: Servers of one domain that are tried, and addresses of one server.
_HOSTS, _ADDRESSES = 5, 4
#: Seconds for which a domain's servers are not looked up again; domains that are remembered; domains of a mail at once.
_KEPT, _DOMAINS, _AT_ONCE = 300.0, 1000, 10
#: Of all places, the share that one domain may have.
_SHARE = 5


class Lookup(Protocol):
    """DNS, as far as it is needed here. None: it could not be found out now."""

    async def exchanges(self, domain: str) -> Exchanges | None: ...

    async def addresses(self, host: str) -> Sequence[str] | None: ...


def abroad(address: str) -> bool:
    """Whether mail may go there: not to this machine, nor to what is nobody's."""
    found = ipaddress.ip_address(address)
    found = getattr(found, "ipv4_mapped", None) or found
    return not (found.is_loopback or found.is_unspecified or found.is_multicast or found.is_link_local)


@dataclass(slots=True)
class _Destination:
    """A domain: its servers, until when that is believed, and tries under way."""

    chain: Chain | None = None
    hosts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    until: float = 0.0
    busy: int = 0


class MxUpstream:
    """An `Upstream` (relay/upstream.py) that is the whole world. All methods belong to one event loop."""

    def __init__(self, settings: UpstreamSettings, lookup: Lookup, *, allowed: Callable[[str], bool] = abroad) -> None:
        """settings: of every server alike, but for host and addresses. allowed: addresses that mail may go to."""
        self._settings = settings
        self._lookup = lookup
        self._allowed = allowed
        self._share = max(2, settings.connections // _SHARE)
        self._known: OrderedDict[str, _Destination] = OrderedDict()

    @property
    def name(self) -> str:
        return self._settings.name

    async def relay(self, outgoing: Outgoing) -> dict[Address, Outcome]:
        """One try at each domain. Recipients of a domain that has no place now, or whose turn did not come while half
        of the time was left, have no outcome: they are due soon. Raises BodyCorrupt or OSError for our own octets.
        """
        began, most = asyncio.get_running_loop().time(), self._settings.deadlines.transaction
        by_domain: dict[str, list[Address]] = {}
        for address in outgoing.recipients:
            by_domain.setdefault(address.ascii_domain, []).append(address)
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(domain: str, people: list[Address]) -> dict[Address, Outcome] | BodyCorrupt | OSError:
            async with places:
                if asyncio.get_running_loop().time() > began + most / 2:
                    return {}
                try:
                    return await self._to(domain, replace(outgoing, recipients=tuple(people)), began + most)
                except (BodyCorrupt, OSError) as error:  # what becomes of the other domains' copies must be heard
                    return error

        async with asyncio.TaskGroup() as group:
            tries = [group.create_task(one(domain, people)) for domain, people in by_domain.items()]
        found = [done.result() for done in tries]
        outcomes = {address: outcome for one in found if isinstance(one, dict) for address, outcome in one.items()}
        errors = [one for one in found if not isinstance(one, dict)]
        if errors and not outcomes:
            raise errors[0]
        return outcomes

    @property
    def is_well(self) -> bool:
        return True

    def ready_in(self) -> float:
        return 0.0

    def capacity(self) -> int:
        return self._settings.connections

    async def probe(self) -> str | None:
        return None

    async def close(self) -> None:
        for known in self._known.values():
            if known.chain is not None:
                await known.chain.close()

    async def _to(self, domain: str, outgoing: Outgoing, until: float) -> dict[Address, Outcome]:
        known = self._known.setdefault(domain, _Destination())
        self._known.move_to_end(domain)
        if known.busy >= self._share:
            return {}
        known.busy += 1
        try:
            refused = await self._prepare(domain, known)
            if refused is not None:
                return same_for_all(outgoing.recipients, refused)
            assert known.chain is not None
            outcomes = await known.chain.relay(outgoing, until)
            # A server among the world's that refuses us stops its own domain's mail, and no other.
            return {one: replace(it, about_us=False) if it.about_us else it for one, it in outcomes.items()}
        finally:
            known.busy -= 1
            await self._forget()

    async def _forget(self) -> None:
        """What was not needed for longest, beyond so many domains."""
        for domain in list(self._known)[: max(0, len(self._known) - _DOMAINS)]:
            if not self._known[domain].busy and (chain := self._known.pop(domain).chain) is not None:
                await chain.close()

    async def _prepare(self, domain: str, known: _Destination) -> Outcome | None:
        """The domain's servers in its chain; or what becomes of its mail without a try."""
        now = asyncio.get_running_loop().time()
        if known.chain is not None and now < known.until:
            return None
        found = await self._found(domain)
        if isinstance(found, Outcome):
            # Servers that were known a moment ago are better than a resolver that is silent now.
            return None if known.chain is not None and found.result is Result.DEFERRED else found
        known.until = now + _KEPT
        if found != known.hosts:
            old, known.hosts = known.chain, found
            known.chain = Chain([SmtpUpstream(self._server(host, where)) for host, where in found])
            if old is not None:
                await old.close()
        return None

    def _server(self, host: str, addresses: tuple[str, ...]) -> UpstreamSettings:
        return replace(self._settings, scheme="smtp", host=host, addresses=addresses, connections=self._share)

    async def _found(self, domain: str) -> tuple[tuple[str, tuple[str, ...]], ...] | Outcome:
        """The servers in the order in which they are tried, with their addresses; or why there is none."""
        said = await self._exchanges(domain)
        if said is None:
            return deferred(f"4.4.3 DNS has no answer about {domain} now")
        if not said.exists:
            return _failed(550, f"5.1.2 there is no domain {domain}")
        if said.null:
            return _failed(556, f"5.1.10 {domain} takes no mail (RFC 7505)")
        hosts = without_us(said.hosts, self._settings.hostname)
        if said.hosts and not hosts:
            return _failed(554, f"5.4.6 mail for {domain} would come back to us")
        found, silent = [], False
        for host in in_order(hosts)[:_HOSTS]:
            addresses = await self._lookup.addresses(host)
            silent = silent or addresses is None
            if where := tuple(one for one in addresses or () if self._allowed(one))[:_ADDRESSES]:
                found.append((host, where))
        if found:
            return tuple(found)
        if silent:
            return deferred(f"4.4.3 DNS has no answer about the servers of {domain} now")
        return _failed(550, f"5.4.4 no server of {domain} has an address that mail can go to")

    async def _exchanges(self, domain: str) -> Exchanges | None:
        if domain.startswith("["):  # RFC 5321 section 4.1.3: an address literal needs no DNS
            return Exchanges((Exchange(0, domain.strip("[]").removeprefix("ipv6:").removeprefix("IPv6:")),))
        return await self._lookup.exchanges(domain)


def without_us(hosts: Iterable[Exchange], hostname: str) -> tuple[Exchange, ...]:
    """Those that are preferred to ourselves, if we are among them: else mail would go in circles (RFC 5321 5.1)."""
    hosts = tuple(hosts)
    ours = [one.preference for one in hosts if one.host.lower().rstrip(".") == hostname.lower().rstrip(".")]
    return tuple(one for one in hosts if not ours or one.preference < min(ours))


def in_order(hosts: Iterable[Exchange]) -> list[str]:
    """By preference, equal ones shuffled (RFC 5321 section 5.1)."""
    keyed = [(one.preference, random.random(), one.host) for one in hosts]  # noqa: S311 - spreads load, is no secret
    return [host for _, _, host in sorted(keyed)]


def _failed(code: int, why: str) -> Outcome:
    return Outcome(Result.FAILED, code, words(why))
