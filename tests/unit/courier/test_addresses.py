"""Where nothing is sent: the own network, the machine itself, a cloud's metadata, in every disguise."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.courier.addresses import refusal
from mailguard.courier.client import fault_of

PRIVATE = [
    "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "::1",
    "fd12:3456::1", "fc00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::192.168.0.1",
    "2002:0a00:0001::", "2002:7f00:1::", "::10.0.0.1",
]  # fmt: skip
NEVER = [
    "169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "100.100.100.200", "168.63.129.16",
    "0.0.0.0", "::", "224.0.0.1", "239.255.255.250", "ff02::1", "255.255.255.255", "240.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::", "::ffff:0.0.0.0", "2001:0:4136:e378:8000:63bf:5601:5601",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:0808:0808::"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_need_permission(address: str) -> None:
    assert refusal(address, private=False)
    assert not refusal(address, private=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_are_never_permitted(address: str) -> None:
    assert refusal(address, private=False)
    assert refusal(address, private=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_ones_are(address: str) -> None:
    assert not refusal(address, private=False)


@given(st.ip_addresses(v=4))
def test_a_disguise_changes_nothing(ip: ipaddress.IPv4Address) -> None:
    plain = refusal(str(ip), private=False)
    packed = f"{int(ip) >> 16:x}:{int(ip) & 0xFFFF:x}"
    for disguised in (f"::ffff:{packed}", f"64:ff9b::{packed}", f"2002:{packed}::"):
        assert refusal(disguised, private=False) == plain, disguised


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://10.0.0.1/x", "private address"),
        ("https://[::ffff:7f00:1]/x", "private address"),
        ("https://[fe80::1]/x", "link-local"),
        ("http://chat.example/x", "write https"),
        ("https://name:word@chat.example/x", "name and password"),
        ("ftp://chat.example/x", "not an address"),
        ("file:///etc/passwd", "not an address"),
        ("chat.example/x", "not an address"),
        ("https:///x", "not an address"),
        ("https://chat.example:port/x", "not an address"),
        ("", "not an address"),
    ],
)
def test_what_shows_before_any_name_is_resolved(url: str, said: str) -> None:
    assert said in fault_of(url, private=False)


def test_a_good_address_and_one_that_was_permitted() -> None:
    assert not fault_of("https://chat.example/hook?token=x", private=False)
    assert not fault_of("http://127.0.0.1:8080/hook", private=True)
    assert "link-local" in fault_of("http://169.254.169.254/latest", private=True)


def test_a_fault_repeats_no_secret() -> None:
    for url in ("https://10.0.0.1/s3cret", "http://chat.example/s3cret", "https://a:s3cret@chat.example/s3cret"):
        assert "s3cret" not in fault_of(url, private=False)
