"""A server and those that stand in for it: the next is asked when the one before cannot be reached, and only then.

What a server says about a mail stands, whatever another might say; a try that broke off in mid-sentence is for later,
since nobody knows what became of it. While the first is sick the next carries on, and the first gets one try at a time
until it has answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from mailguard.mail.address import Address
from mailguard.mail.outcome import Outcome
from mailguard.relay.content import BodyCorrupt
from mailguard.relay.smtp import SmtpUpstream
from mailguard.relay.upstream import Outgoing, deferred, same_for_all

#: Of the time for one try, the part without which no further server is asked: it would be called sick for our haste.
_LEAST = 8


class Chain:
    """An `Upstream` (relay/upstream.py) over several servers. All methods belong to one event loop."""

    def __init__(self, servers: Sequence[SmtpUpstream]) -> None:
        self._servers = tuple(servers)
        self._busy = [0] * len(self._servers)

    @property
    def name(self) -> str:
        return self._servers[0].name

    async def relay(self, outgoing: Outgoing, until: float | None = None) -> dict[Address, Outcome]:
        """One try, at as many servers as cannot be reached and one more; all of them together not beyond `until` (the
        loop's clock). Raises BodyCorrupt or OSError for our own octets.
        """
        whole = self._servers[0].until()
        until = whole if until is None else until
        last = until - (whole - asyncio.get_running_loop().time()) / _LEAST
        outcomes: dict[Address, Outcome] = {}
        left, why = outgoing.recipients, deferred(f"{self.name} cannot be reached")
        for number in self._order():
            if asyncio.get_running_loop().time() > last:
                break
            server = self._servers[number]
            self._busy[number] += 1
            try:
                offer = await server.offer(replace(outgoing, recipients=left), until)
            except (BodyCorrupt, OSError):
                if not outcomes:
                    raise
                break  # what a server said before stands
            finally:
                self._busy[number] -= 1
            outcomes |= offer.outcomes
            left = offer.unreached
            if not left:
                break
            if not why.about_us:  # a refusal is for somebody to put right, silence passes
                why = offer.why
        return outcomes | same_for_all(left, why)

    def _order(self) -> list[int]:
        """Those with a free place first, each of them in the order of the settings; those left in peace not at all."""
        well = [number for number, server in enumerate(self._servers) if server.ready_in() == 0]
        return sorted(well, key=lambda number: self._busy[number] >= self._servers[number].capacity())

    @property
    def is_well(self) -> bool:
        """Whether mail goes out by one of them."""
        return any(server.is_well for server in self._servers)

    def ready_in(self) -> float:
        """Seconds until a try makes sense at any of them."""
        return min(server.ready_in() for server in self._servers)

    def capacity(self) -> int:
        """The places of the first that is well, and the single try of those before it."""
        places = 0
        for server in self._servers:
            places += server.capacity()
            if server.is_well:
                break
        return places

    async def probe(self) -> str | None:
        """None if one of them lets us in, else why the first does not."""
        first: str | None = None
        for server in self._servers:
            why = await server.probe()
            if why is None:
                return None
            first = first or why
        return first

    async def close(self) -> None:
        for server in self._servers:
            await server.close()
