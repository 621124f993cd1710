"""Counts at the door."""

from __future__ import annotations

import ipaddress

from mailguard.smtpd.crowd import Crowd, whose
from mailguard.smtpd.settings import DoorLimits


def test_total_and_by_address() -> None:
    crowd = Crowd(DoorLimits(connections=3, connections_per_address=1))
    one, two = ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address("192.0.2.2")

    assert [crowd.come() for _ in range(4)] == [True, True, True, False]
    assert [crowd.enter(one), crowd.enter(one), crowd.enter(two)] == [True, False, True]
    crowd.leave(one)
    assert crowd.enter(one)
    for _ in range(4):
        crowd.go()
    assert len(crowd) == 0


def test_an_ipv6_client_is_its_network() -> None:
    first, same, other = (ipaddress.ip_address(f"2001:db8::{part}") for part in ("1", "2:3", "1:0:0:0:1"))
    assert whose(first) == whose(same) != whose(other)
