"""Addresses that take answers: found whatever a mail program does to their case, and nobody else's taken."""

from __future__ import annotations

import pytest

from mailguard.mail.address import parse_address
from mailguard.mail.subaddress import LONGEST, SubAddress, new_secret

BASE = SubAddress(parse_address("Mailguard@corp.example"))


def test_a_secret_comes_back() -> None:
    secret = new_secret()
    address = BASE.with_secret(secret)
    assert parse_address(str(address)) == address
    assert BASE.secret_of(address) == secret
    assert BASE.secret_of(parse_address(str(address).upper())) == secret


def test_secrets_differ_and_the_longest_fits() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    longest = SubAddress(parse_address("x" * LONGEST + "@corp.example"))
    parse_address(str(longest.with_secret(new_secret())))


@pytest.mark.parametrize(
    "address",
    [
        "mailguard@corp.example",
        "mailguard+@corp.example",
        "mailguard+news@corp.example",
        "mailguard+7d2k9m4p6r8t3v5x1z0q2s4w6@corp.example",
        "mailguard+7d2k9m4p6r8t3v5x1z0q2s4w6yy@corp.example",
        "mailguard+7d2k9m4p6r8t3v5x1z0q2s4w6u@corp.example",
        "mailguard+7d2k9m4p6r8t3v5x1z0q2s4w6y@mail.corp.example",
        "other+7d2k9m4p6r8t3v5x1z0q2s4w6y@corp.example",
        "a+mailguard+7d2k9m4p6r8t3v5x1z0q2s4w6y@corp.example",
    ],
)
def test_other_addresses_are_mailboxes(address: str) -> None:
    assert BASE.secret_of(parse_address(address)) is None
