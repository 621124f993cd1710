"""Settings of the door: what cannot work is refused when it is made, with a word on what to change."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from mailguard.smtpd.settings import LOOPBACK, DoorLimits, ListenerSettings, client_address

PEM = Path("x.pem")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_tls_needs_certificate_and_key(tls: str) -> None:
    with pytest.raises(ValueError, match="needs certificate and key"):
        ListenerSettings("0.0.0.0", 465, tls=tls, certificate=PEM)  # type: ignore[arg-type]


def test_a_login_that_nobody_could_make() -> None:
    with pytest.raises(ValueError, match="set tls"):
        ListenerSettings("0.0.0.0", 25, auth="required")
    ListenerSettings("127.0.0.1", 25, auth="required")
    ListenerSettings("0.0.0.0", 465, tls="implicit", certificate=PEM, key=PEM, auth="required")


@pytest.mark.parametrize("name", ["message_bytes", "errors", "idle_seconds"])
def test_limits_are_positive(name: str) -> None:
    values: dict[str, Any] = {name: 0}
    with pytest.raises(ValueError, match=name):
        DoorLimits(**values)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("localhost", "None"),
        ("", "None"),
    ],
)
def test_client_addresses(text: str, wanted: str) -> None:
    assert str(client_address(text)) == wanted


def test_trust_is_by_network_and_family() -> None:
    listener = ListenerSettings("::", 25, trusted_networks=(ipaddress.ip_network("10.0.0.0/8"),))
    trusted = [listener.trusts(ipaddress.ip_address(one)) for one in ("10.1.2.3", "11.0.0.1", "::1", "::a00:1")]
    assert trusted == [True, False, False, False]
    assert listener.is_proxy(ipaddress.ip_address("127.0.0.1"))
    assert not listener.is_proxy(ipaddress.ip_address("10.1.2.3"))


@pytest.mark.parametrize(
    ("host", "wanted"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)]
)
def test_loopback(host: str, wanted: bool) -> None:
    assert ListenerSettings(host, 0, trusted_networks=LOOPBACK).is_loopback is wanted
