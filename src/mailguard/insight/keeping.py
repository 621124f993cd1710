"""The memory as octets and back.

The file is a line of its name and version, a line of JSON, and then one section after another: name, length, octets
compressed with zlib. Nothing in it is run as code. What does not fit together is refused as a whole, before it counts.
Nobody may learn while it is written or read.
"""

from __future__ import annotations

import json
import math
import sys
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from mailguard.insight.habits import LOOKS
from mailguard.insight.memory import Contacts, Memory

_MAGIC = b"mailguard insight 1\n"
#: No section is longer, unpacked: a file that claims more is not ours.
_LONGEST = 256 * 2**20
#: Nor are all together: a small file that unpacks without end is none of ours either.
_ALL = 2 * _LONGEST
_CHUNK = 2_000
#: Tables that a file may lack which was written before there were any.
_LATER = frozenset({"lately", "circles", "styles", "received_mails", "sides"})


class InsightError(ValueError):
    """A file that is no memory of this version; its text says what is wrong."""


def _columns(memory: Memory) -> dict[str, array[Any]]:
    people = memory.people
    return {
        "received": people.received, "sent": people.sent, "received_at": people.received_at, "sent_at": people.sent_at,
        "writers": people.writers, "count": memory.count, "weight": memory.weight, "last": memory.last,
        "since": memory.since, "greeting": memory.greeting, "greeted": memory.greeted, "sender": memory.sender,
        "moment": memory.moment, "norm": memory.norm, "subject": memory.subject,
    }  # fmt: skip


def _numbers(memory: Memory) -> dict[str, memoryview]:
    """Tables of fixed size of numbers of 32 bits."""
    return {
        "seen": memory.seen, "own_words": memory.own_words.cells, "all_words": memory.all_words.cells,
        "threads": memory.threads.cells, "greetings": memory.greetings.cells, "files": memory.trails.files.cells,
        "lately": memory.habits.lately.cells, "received_mails": memory.habits.received.cells,
        "sides": memory.sides.cells,
    }  # fmt: skip


def _tables(memory: Memory) -> dict[str, memoryview]:
    return {
        "together": memory.together.cells, "together_all": memory.together_all.cells,
        "customers": memory.trails.customers.cells, "houses": memory.trails.houses.cells,
        "profile": memory.profile.cells, "own_profile": memory.own_profile.cells, "greeted_as": memory.greeted_as.cells,
        "circles": memory.habits.circles.cells, "styles": memory.habits.styles.cells,
    }  # fmt: skip


def _lists(memory: Memory) -> dict[str, Callable[[], Iterator[list[Any]]]]:
    """Each list of JSON rows by its name: what is no column of numbers."""
    people = memory.people
    return {
        "addresses": lambda: ([one] for one in people.addresses),
        "names": lambda: ([number, shown] for number, shown in people.shown.items()),
        "domains": lambda: ([domain, count] for domain, count in people.mail_of_domain.items()),
        "own": lambda: ([domain] for domain in sorted(memory.own)),
        "senders": lambda: (
            [
                *(number, one.mails, one.weight, one.at, one.new, one.mixed, one.overruled),
                *(list(one.domains.items()), one.style),
            ]
            for number, one in memory.senders.items()
        ),
        "contacts": lambda: ([number, *pair] for number, one in memory.senders.items() for pair in one.people.items()),
        "to": lambda: (list(one) for one in memory.to),
        "words": lambda: ([word, *counts] for word, counts in memory.greeting_words.items()),
        "refused": lambda: ([*key, *one] for key, one in memory.refused.items()),
        "trusted": lambda: ([*key, times] for key, times in memory.trusted.items()),
    }


def save(memory: Memory, said: Mapping[str, Any], stream: BinaryIO) -> None:
    """Write it all. said: what else is to be read again, JSON."""
    stream.write(_MAGIC)
    head = {**said, "base": memory.base, "mails": memory.mails, "order": sys.byteorder}
    stream.write(json.dumps(head).encode() + b"\n")
    for name, column in _columns(memory).items():
        _section(stream, name, [column.tobytes()])
    for name, table in (_tables(memory) | _numbers(memory)).items():
        _section(stream, name, [bytes(table)])
    for name, rows in _lists(memory).items():
        _section(stream, name, _lines(rows()))
    stream.write(b"end 0\n")


def _lines(rows: Iterator[list[Any]]) -> Iterator[bytes]:
    """Rows as lines of JSON, some at a time: no call is long."""
    lines: list[str] = []
    for row in rows:
        lines.append(json.dumps(row, ensure_ascii=True, separators=(",", ":")))
        if len(lines) == _CHUNK:
            yield ("\n".join(lines) + "\n").encode()
            lines.clear()
    if lines:
        yield ("\n".join(lines) + "\n").encode()


def _section(stream: BinaryIO, name: str, parts: Iterator[bytes] | list[bytes]) -> None:
    packer = zlib.compressobj(1)
    packed = [packer.compress(part) for part in parts]
    packed.append(packer.flush())
    octets = b"".join(packed)
    stream.write(f"{name} {len(octets)}\n".encode())
    stream.write(octets)


def load(memory: Memory, stream: BinaryIO) -> dict[str, Any]:
    """Fill an empty memory with what `save` wrote; what was said beside it. Raises InsightError."""
    try:
        if stream.readline(len(_MAGIC) + 1) != _MAGIC:
            raise InsightError("this is no file of the model, or one of another version")
        head = json.loads(stream.readline(100_000))
        if not isinstance(head, dict) or head.get("order") != sys.byteorder:
            raise InsightError("the file was written by another kind of machine")
        sections = dict(_sections(stream))
        _fill(memory, head, sections)
    except InsightError:
        raise
    except (ValueError, LookupError, TypeError, OverflowError, AttributeError, RecursionError, zlib.error) as error:
        raise InsightError(f"the file is broken: {type(error).__name__}: {error}") from None
    return head


def _sections(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    left = _ALL
    while True:
        name, _, length = stream.readline(100).decode().strip().partition(" ")
        if name == "end":
            return
        octets = stream.read(int(length)) if 0 < int(length) <= _LONGEST else b""
        if len(octets) != int(length):
            raise InsightError("the file ends too early")
        unpacker = zlib.decompressobj()
        out = unpacker.decompress(octets, min(left, _LONGEST)) if left else b""
        left -= len(out)
        if not unpacker.eof:
            raise InsightError(f"section {name:.20} is not whole, or too long")
        yield name, out


def _fill(memory: Memory, head: dict[str, Any], sections: dict[str, bytes]) -> None:
    people = memory.people

    def rows(name: str) -> Iterator[list[Any]]:
        return (json.loads(line) for line in sections[name].splitlines())

    shown = {int(number): str(name) for number, name in rows("names")}
    for number, (address,) in enumerate(rows("addresses")):
        if address:
            people.number(str(address), shown.get(number, ""))
        else:
            people.nobody()
    for name, column in _columns(memory).items():
        fresh = array(column.typecode)
        fresh.frombytes(sections[name])
        column[:] = fresh
    for name, table in (_tables(memory) | {name: one.cast("B") for name, one in _numbers(memory).items()}).items():
        if name in _LATER and name not in sections:
            continue
        if len(sections[name]) != len(table):
            raise InsightError(f"section {name} has another size")
        table[:] = sections[name]
    people.mail_of_domain = {str(domain): int(count) for domain, count in rows("domains")}
    memory.own.update(str(domain) for (domain,) in rows("own"))
    for number, *one in rows("senders"):
        memory.senders[int(number)] = _contacts(one)
    for number, whom, place in rows("contacts"):
        memory.senders[int(number)].people[int(whom)] = int(place)
    for contacts in memory.senders.values():
        contacts.ordered = sorted([people.addresses[whom] for whom in contacts.people])
    memory.to[:] = [tuple([int(one) for one in row]) for row in rows("to")]
    memory.greeting_words = {int(word): [int(said), int(fit)] for word, said, fit in rows("words")}
    memory.refused = {(int(a), int(b)): (float(at), int(meant)) for a, b, at, meant in rows("refused")}
    memory.trusted = {(int(a), int(b)): int(times) for a, b, times in rows("trusted")}
    memory.base, memory.mails = int(head["base"]), int(head["mails"])
    _check(memory)


def _contacts(parts: list[Any]) -> Contacts:
    out = Contacts()
    mails, weight, at, new, mixed, overruled, domains, *later = parts
    out.mails = int(mails)
    out.weight, out.at, out.new, out.mixed, out.overruled = (float(one) for one in (weight, at, new, mixed, overruled))
    out.domains = {str(domain): int(count) for domain, count in domains}
    for style in later:  # none before there was one
        out.style = [max(0, int(one)) for one in style]
    if len(out.style) != LOOKS:
        raise ValueError("a sender's counters are too few or too many")
    if not all(map(math.isfinite, (out.weight, out.at, out.new, out.mixed, out.overruled))):
        raise ValueError("a number is none")
    return out


def _check(memory: Memory) -> None:
    """Every number points at something: a file that was changed must not make a judge of mail stumble."""
    people = len(memory.people)
    places, mails = len(memory.count), len(memory.sender)
    for name, column in _columns(memory).items():
        wanted = (
            people if name in {"received", "sent", "received_at", "sent_at", "writers"}
            else mails if name in {"sender", "moment", "norm", "subject"}
            else places
        )  # fmt: skip
        if len(column) != wanted:
            raise InsightError(f"section {name} has another length than it should")
    if len(memory.to) != mails or mails < 1 or max(memory.sender, default=0) >= max(people, 1):
        raise InsightError("mails and people do not fit together")
    for number, one in memory.senders.items():
        if not 0 <= number < people or any(
            not 0 <= who < people or not 0 <= at < places for who, at in one.people.items()
        ):
            raise InsightError("contacts point at nobody")
    if any(not 0 <= one < people for to in memory.to for one in to) or memory.base < 0:
        raise InsightError("mails point at nobody")
