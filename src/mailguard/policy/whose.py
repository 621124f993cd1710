"""Whose trust counts for a sender: his own, that of his groups, and the company's. Words for the ledger; pure."""

from __future__ import annotations

import contextlib

from mailguard.mail.address import AddressError, ReversePath, parse_address
from mailguard.mail.directory import Directory

#: What is said for everybody here.
COMPANY = "company"
_PERSON, _GROUP = "person:", "group:"


def person_of(key: str) -> str:
    """What one person (key) said for himself."""
    return _PERSON + key


def group_of(name: str) -> str:
    """What is said for a group."""
    return _GROUP + name


def sender_key(sender: ReversePath, login: str | None) -> str:
    """Who sends a mail: the login where that is an address, else the envelope sender; "" for the null path."""
    if login is not None:
        with contextlib.suppress(AddressError):
            return parse_address(login).key
    return "" if sender.mailbox is None else sender.mailbox.key


def whose_of(person: str, directory: Directory) -> frozenset[str]:
    """All that counts for a person (key); nothing for nobody."""
    if not person:
        return frozenset()
    groups = map(group_of, directory.groups_of(person))
    return frozenset({COMPANY, person_of(directory.key_of(person)), *groups})
