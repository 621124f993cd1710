"""What history knows in an example, out of the few words that stand there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mailguard.mail.address import AddressError, parse_address
from mailguard.policy.asked_people import resembles
from mailguard.policy.case import Acquaintance, Circle, Known, Stranger, known_keys
from mailguard.policy.example_facts import digest_of
from mailguard.policy.schema import ExampleModel, FileModel


def known_in(example: ExampleModel) -> Known:
    """Everything was asked: what an example does not name is not there."""
    keys = set(_keys(example.known))
    keys.update(known_keys(parse_address(address)) for address in example.last_written)
    domains = tuple(sorted(key for key in keys if "@" not in key))
    people = _people(example)
    return Known(
        frozenset(keys),
        frozenset(keys),
        domains,
        last_written=dict(example.last_written),
        thread=frozenset(example.thread),
        names=dict(example.names),
        circles=tuple(Circle(frozenset(one.together), one.times) for one in example.habits),
        files=_sent(example.attachments),
        strangers=dict(_strangers(example, people)),
        greeted=tuple(people.values()),
    )


def _people(example: ExampleModel) -> dict[str, Acquaintance]:
    """Whom the sender has written to, by key."""
    single = [text for text in example.known if "@" in text and "*" not in text]
    listed = dict.fromkeys((*example.names, *example.last_written, *map(str.lower, single)))
    return {key: Acquaintance(key, example.names.get(key, ""), 1) for key in listed}


def _strangers(example: ExampleModel, people: Mapping[str, Acquaintance]) -> Iterable[tuple[str, Stranger]]:
    others = [Acquaintance(key) for key in example.known_here if key not in people]
    near = sorted((*people.values(), *others), key=lambda one: (-one.count, one.key))
    for key in dict.fromkeys((*example.to, *example.cc, *example.bcc)):
        if key not in people and key != example.from_:
            name = example.display.get(key, "")
            like = tuple(one for one in near if one.key != key and resembles(key, name, one, surnames=True))
            yield key, Stranger(key in example.known_here, like)


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
