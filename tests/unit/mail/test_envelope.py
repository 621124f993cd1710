"""The envelope's client: as whom it is counted where clients take turns."""

from __future__ import annotations

import pytest

from mailguard.mail.envelope import Client


@pytest.mark.parametrize(
    ("ip", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::7", "2001:db8:0:2::/64"),
    ],
)
def test_an_ipv6_client_is_all_of_its_network(ip: str, counted_as: str) -> None:
    assert Client(ip, "pc").counted_as == counted_as
