"""Which domains say nothing about who a person works for: free mail, carriers, access providers. Two data
files, read once.

The files are the product's own; nothing is looked up anywhere. A wrong entry costs a question, never a pass.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from mailguard.mail.address import Address


def _domains(name: str) -> frozenset[str]:
    text = (resources.files("mailguard.policy") / "data" / name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


FREE_MAIL = _domains("free_mail.txt")
SHARED_MAIL = _domains("shared_mail.txt")


def is_free_mail(domain: str) -> bool:
    """Whether anybody gets a mailbox there (domain in A-labels, lower case)."""
    return domain in FREE_MAIL


@lru_cache(maxsize=8192)
def is_shared(domain: str) -> bool:
    """Whether strangers to each other have their mailboxes there: free mail, or an access provider or a part of one."""
    if domain in FREE_MAIL:
        return True
    labels = domain.split(".")
    return any(".".join(labels[start:]) in SHARED_MAIL for start in range(len(labels) - 1))


def known_keys(address: Address) -> str:
    """The key under which history counts a recipient: his domain, or his address where the domain is shared by
    strangers.
    """
    return address.key if is_shared(address.ascii_domain) else address.ascii_domain
