"""What an experiment knows: each mail that was handed in, what was answered, what was decided; and the recount.

The recount opens the ledger's file for reading and compares three witnesses: the clients, the ledger and the next
server. It trusts none of them alone. It never imports mailguard.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.rows import Row
from tests.faults.sink import Sink


@dataclass
class Book:
    """acknowledged: tag -> id of the 250; held: tags of mails that a rule holds. Of decisions: asked for (maybe done),
    and answered (surely done), by id.
    """

    sent: int = 0
    tries: int = 0
    acknowledged: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    release_asked: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    refusals: Counter[int] = field(default_factory=Counter)
    cut: Counter[str] = field(default_factory=Counter)  # how sessions ended without a reply

    def refused(self, code: int, text: str = "") -> None:
        self.refusals[code] += 1
        if code == 0:
            self.cut[text] += 1

    def undecided(self) -> list[str]:
        """Ids of acknowledged mails that wait and nobody has decided about."""
        done = self.release_asked | self.cancelled
        return [one for tag, one in list(self.acknowledged.items()) if tag in self.held and one not in done]


@dataclass(frozen=True, slots=True)
class Count:
    """What a recount found."""

    lost: tuple[str, ...]
    leaked: tuple[str, ...]
    duplicates: int
    due: int  # queued, or released and not yet outside
    rows: int


def states(ledger: Path) -> dict[str, str]:
    """Every mail of the ledger and its state."""
    connection = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=10)
    try:
        return dict(connection.execute("SELECT id, state FROM message WHERE kind = 'mail'").fetchall())
    finally:
        connection.close()


def recount(book: Book, ledger: Path, sink: Sink) -> Count:
    """Compare what was acknowledged with what is there and what is out. May run while people decide: what was
    answered is read before the ledger, and what was asked for after it.
    """
    acknowledged, released, cancelled = dict(book.acknowledged), set(book.released), set(book.cancelled)
    found = states(ledger)
    out, tags = sink.taken.copy(), {tag: set(ids) for tag, ids in sink.tags.copy().items()}
    held_ids = {one for tag, one in acknowledged.items() if tag in book.held}
    lost = [one for one in acknowledged.values() if one not in found]
    lost += [one for one, state in found.items() if state == "relayed" and one not in out]
    lost += [one for one in held_ids if found.get(one) in ("expired", "bounced", "rejected")]
    lost += [one for one in released if found.get(one) not in ("queued", "relayed", None)]
    # Every mail that a rule holds, also one whose 250 nobody heard: outside only if somebody let it go.
    of_held = {one for tag, ids in tags.items() if tag in book.held for one in ids}
    leaked = [one for one in of_held if one not in book.release_asked]
    leaked += [one for one in out if one in cancelled]
    waiting = [one for one in acknowledged.values() if found.get(one) == "queued"]
    duplicates = sum(times - 1 for times in out.values() if times > 1)
    return Count(tuple(lost), tuple(leaked), duplicates, len(waiting), len(found))


def row_of(name: str, rounds: int, book: Book, count: Count, **more: object) -> Row:
    """The row that a recount at the end makes."""
    return Row(
        name,
        rounds,
        book.sent,
        len(book.acknowledged),
        len(count.lost),
        len(count.leaked),
        count.duplicates,
        **more,  # type: ignore[arg-type]
    )
