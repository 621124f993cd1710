"""Google Workspace as it is documented: a compliance rule that leads mail to a host, and the SMTP relay service.

Mail to the outside is handed over one recipient at a time; the rule asks for the address of the last server and adds a
field; the relay service knows an address, together with a domain of the organisation in EHLO or in the envelope.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from tests.integration.topologies.cloud import OWN, Cloud, Guest, Mail


@dataclass
class Google(Cloud):
    """rule_is_on: the switch of the compliance rule; excepted: its range; gate: the field that it adds."""

    rule_is_on: bool = True
    excepted: str = ""
    gate: tuple[str, str] = ("", "")
    registered: tuple[str, ...] = ()
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def is_led(self, last_hop: str) -> bool:
        is_back = last_hop and ip_address(last_hop) in ip_network(self.excepted)
        return self.rule_is_on and not is_back

    def parts(self, mail: Mail) -> list[Mail]:
        return [Mail(mail.sender, (person,), self._stamped() + mail.octets) for person in mail.to]

    def _stamped(self) -> bytes:
        number = next(self.numbers)
        trace = f"Received: by 2002:a05:6402 with SMTP id {number}; Thu, 26 Nov 2026 10:00:{number % 60:02} -0800 (PST)"
        return f"{self.gate[0]}: {self.gate[1]}\r\n{trace}\r\nX-Gm-Message-State: AOJu0Yw{number}\r\n".encode()

    def refusal(self, guest: Guest, sender: str) -> str | None:
        names = (guest.hello, sender.partition("@")[2])
        is_ours = any(name == OWN or name.endswith(f".{OWN}") for name in names)
        if guest.secret and guest.address in self.registered and is_ours:
            return None
        return f"550 5.7.1 Invalid credentials for relay [{guest.address}]."
