"""Microsoft 365 as it is documented, and the part of PowerShell in which docs/operations tells to set it up.

Mail to the outside is split by domain; X-OriginatorOrg is the cloud's own, whatever the sender wrote; a transport rule
is asked for the address of the last server; an inbound connector knows a certificate's name, or an address together
with a sender of an accepted domain. Nothing else of Exchange Online is here.
"""

from __future__ import annotations

import itertools
import re
import shlex
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from tests.integration.topologies.cloud import OWN, Cloud, Guest, Mail

Command = dict[str, tuple[str, ...]]
_ENABLED = {"Enable-TransportRule": True, "Disable-TransportRule": False}


def commands(script: str) -> list[tuple[str, Command]]:
    """Each command of a script, with its parameters; the first word without one is the name."""
    found = []
    for line in re.sub(r"`\n\s*", " ", script).splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        given: dict[str, list[str]] = {}
        last = "Name"
        for word in words[1:]:
            if word.startswith("-"):
                last = word[1:].partition(":")[0]
                given.setdefault(last, [])
            else:
                given.setdefault(last, []).extend(word.strip(",").split(","))
        found.append((words[0], {name: tuple(values) for name, values in given.items()}))
    return found


@dataclass
class Microsoft(Cloud):
    """rule: the transport rule, whether it is on; way_back: the inbound connector."""

    rule: Command = field(default_factory=dict)
    rule_is_on: bool = False
    way_out: Command = field(default_factory=dict)
    way_back: Command = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def run(self, script: str) -> None:
        """What an administrator types. An unknown command is an error, as it is there."""
        for name, given in commands(script):
            match name:
                case "New-OutboundConnector":
                    self.way_out = given
                case "New-InboundConnector":
                    self.way_back = given
                case "New-TransportRule":
                    assert given["RouteMessageOutboundConnector"] == self.way_out["Name"]
                    assert self.way_out["IsTransportRuleScoped"] == ("$true",)
                    self.rule, self.rule_is_on = given, given.get("Enabled") != ("$false",)
                case "Enable-TransportRule" | "Disable-TransportRule":
                    assert given["Name"] == self.rule["Name"]
                    self.rule_is_on = _ENABLED[name]
                case _:
                    raise AssertionError(f"{name} is not recognized")

    def is_led(self, last_hop: str) -> bool:
        exceptions = self.rule.get("ExceptIfSenderIpRanges", ())
        is_back = last_hop and any(ip_address(last_hop) in ip_network(one) for one in exceptions)
        return self.rule_is_on and not is_back

    def parts(self, mail: Mail) -> list[Mail]:
        domains = dict.fromkeys(person.partition("@")[2] for person in mail.to)
        return [
            Mail(mail.sender, tuple(one for one in mail.to if one.endswith(f"@{domain}")), self._stamped(mail.octets))
            for domain in domains
        ]

    def _stamped(self, octets: bytes) -> bytes:
        head, blank, body = octets.partition(b"\r\n\r\n")
        head = re.sub(rb"(?mi)^X-OriginatorOrg:[^\r]*\r\n", b"", head + b"\r\n")[:-2]
        number = next(self.numbers)
        trace = (
            f"Received: from AM0PR01.cloud.example by AM0PR02.cloud.example with HTTPS id {number}; "
            f"Thu, 26 Nov 2026 10:00:{number % 60:02} +0000\r\nX-OriginatorOrg: {OWN}\r\n"
        )
        return trace.encode() + head + blank + body

    def refusal(self, guest: Guest, sender: str) -> str | None:
        by_name = self.way_back.get("TlsSenderCertificateName", ())
        by_address = self.way_back.get("SenderIPAddresses", ())
        is_known = bool(guest.names & set(by_name)) or (guest.address in by_address and sender.endswith(f"@{OWN}"))
        if is_known and (guest.secret or self.way_back.get("RequireTls") != ("$true",)):
            return None
        return "550 5.7.64 TenantAttribution; Relay Access Denied [ATTR36]"
