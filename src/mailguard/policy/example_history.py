"""What history knows in an example, out of the few words that stand there. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from mailguard.mail.address import AddressError, parse_address
from mailguard.policy.case import Circle, Known, known_keys
from mailguard.policy.example_facts import digest_of
from mailguard.policy.schema import ExampleModel, FileModel


def known_in(example: ExampleModel) -> Known:
    """Everything was asked: what an example does not name is not there."""
    keys = set(_keys(example.known))
    keys.update(known_keys(parse_address(address)) for address in example.last_written)
    domains = tuple(sorted(key for key in keys if "@" not in key))
    return Known(
        frozenset(keys),
        frozenset(keys),
        domains,
        last_written=dict(example.last_written),
        thread=frozenset(example.thread),
        names=dict(example.names),
        circles=tuple(Circle(frozenset(one.together), one.times) for one in example.habits),
        files=_sent(example.attachments),
    )


def _sent(files: Iterable[FileModel]) -> dict[str, frozenset[str]]:
    """Which organisations got the files before."""
    found: dict[str, frozenset[str]] = {}
    for file in files:
        found |= _sent(file.members)
        if file.sent_to:
            found[digest_of(file)] = frozenset(_keys(file.sent_to))
    return found


def _keys(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        try:
            yield known_keys(parse_address(text if "@" in text else f"x@{text}")) if "@" in text else text.lower()
        except AddressError:
            yield text.lower()
