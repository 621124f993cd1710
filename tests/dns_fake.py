"""A small DNS server on loopback that answers from a table, counts, and can be silent or broken on purpose."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

#: What a name has: texts of records by type; or a word for what goes wrong: "nxdomain", "servfail", "silent".
Zone = dict[str, dict[str, list[str]] | str]


@dataclass
class DnsFake:
    """port: where it listens (UDP); asked: how often each (name, type) was asked for."""

    zone: Zone
    port: int = 0
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def answer(self, octets: bytes) -> bytes | None:
        query = dns.message.from_wire(octets)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        self.asked[name, kind] += 1
        has = self.zone.get(name, "nxdomain")
        if has == "silent":
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if has == "servfail":
            response.set_rcode(dns.rcode.SERVFAIL)
        elif isinstance(has, str):
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif kind in has:
            response.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *has[kind]))
        return response.to_wire()


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, fake: DnsFake) -> None:
        self._fake = fake

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        answer = self._fake.answer(data)
        if answer is not None:
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def dns_fake(zone: Zone) -> AsyncIterator[DnsFake]:
    """The server, listening."""
    fake = DnsFake(zone)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Protocol(fake), local_addr=("127.0.0.1", 0))
    fake.port = transport.get_extra_info("sockname")[1]
    try:
        yield fake
    finally:
        transport.close()
