"""The power goes: every write, fsync and rename of a busy house is recorded; then hundreds of moments are chosen, and
for each a state of the disk that the order of fsyncs allows is laid out, opened and recounted.

The moments right behind a receipt count most: half of them are there. What was acknowledged before the moment must be
there, each decision that was answered must stand, and what was outside by then must not be held again.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.replay import MODES, Disk, Mode, Record, records
from tests.faults.rows import Row
from tests.faults.shim import Shim
from tests.faults.site import Site, site

from mailguard.store.audit import Audit
from mailguard.store.db import Database
from mailguard.store.spool import Spool

MAILS, MOMENTS, LIVES = 1500, 600, 4
#: Seconds for the laying out of MOMENTS states: a busy machine tries fewer, spread over the whole life all the same,
#: but so many (or all that were asked for) whatever the time; what bounds that is the time of the whole experiment.
WITHIN, LEAST = 200, 30
#: Of mails: in the ledger, in a file, and in one that is written past the system's cache.
_SIZES = (0, 0, 0, 0, 2000, 2000, 90_000, 90_000, 300_000, 600_000)
_RECEIPT = re.compile(rb"250 2\.0\.0 [^\r]*?([0-9a-z]{18})\r\n")
_MARK = re.compile(rb"X-Mailguard-Processed: ([0-9a-z]{18})\.")


@dataclass
class Known:
    """What the world knows at a moment."""

    acknowledged: set[str] = field(default_factory=set)
    out: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)

    def hear(self, one: Record) -> bool:
        """Take a record in; whether it was a receipt or an answer."""
        if one.kind == "N":
            verb, name = one.one.decode().split()
            (self.released if verb == "release" else self.cancelled).add(name)
            return True
        if one.kind != "S":
            return False
        self.out.update(found.decode() for found in _MARK.findall(one.one))
        receipts = [found.decode() for found in _RECEIPT.findall(one.one)]
        self.acknowledged.update(receipts)
        return bool(receipts)


@dataclass
class Result:
    moments: int = 0
    lost: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    again: int = 0
    modes: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0


async def run(folder: Path, size: float = 1.0) -> Row:
    result = Result()
    async with site(folder) as place:
        shim = Shim(place.folder, folder / "shim", trace=True)
        place.environment = shim.environment
        await _live(place, shim, max(60, round(MAILS * size)))
        everything = list(records(shim.trace))
        _listened(everything, place, result)
        await _replay(place, everything, max(20, round(MOMENTS * size)), result)
    kinds = ", ".join(f"{count} {mode}" for mode, count in sorted(result.modes.items()))
    said = (
        f"{len(everything):,} records of {sum(one.kind == 'E' for one in everything):,} fsyncs; {result.moments} states"
        f" laid out and opened (unconfirmed kept: {kinds}); {LIVES if size >= 0.5 else 0} of them served on;"
        f" duplicates: of those served on, what the next server had just taken"
    )
    book, wrong = place.book, tuple(dict.fromkeys(result.wrong))[:5]
    return Row(
        "power failure",
        result.moments,
        book.sent,
        len(book.acknowledged),
        len(result.lost),
        len(result.leaked),
        result.again,
        result.longest or None,
        said,
        (*wrong, *sorted(set(result.lost + result.leaked))[:5]),
    )


def _listened(everything: list[Record], place: Site, result: Result) -> None:
    """Whether the record has what was said to clients: without it nothing would be asked for afterwards."""
    known = Known()
    for one in everything:
        known.hear(one)
    unheard = len(place.book.acknowledged) - len(known.acknowledged)
    if unheard > 0:
        result.wrong.append(f"{unheard} receipts are not in the record")


async def _live(place: Site, shim: Shim, mails: int) -> None:
    """The recorded life: mail and decisions, a clean stop and a new start in the middle, and no end."""
    for number in range(2):
        await place.open()
        people = await place.people(pause=0.01)
        decided = asyncio.create_task(people.run(noted=shim.note))
        await place.load(mails // 2, name=f"p{number}", sizes=_SIZES).run()
        people.stop.set()
        await decided
        if number == 0:
            await place.stop()
    await place.kill()


async def _replay(place: Site, everything: list[Record], moments: int, result: Result) -> None:
    disk, known, chance = Disk(place.folder), Known(), random.Random()
    disk.adopt(place.folder.stat().st_ino, str(place.folder))
    chosen = _chosen(everything, moments, chance)
    alive = _spread(chosen, LIVES + 1)[1:] if moments >= MOMENTS // 2 else []
    certain = {*alive, *_spread(chosen, LEAST)}
    began, within = time.monotonic(), max(20.0, WITHIN * moments / MOMENTS)
    for index, one in enumerate(everything):
        disk.feed(one)
        known.hear(one)
        late = (time.monotonic() - began) / within > (index + 1) / len(everything)
        if index in chosen and (index in certain or not late):
            mode = MODES[result.moments % len(MODES)]
            result.moments += 1
            result.modes[mode] += 1
            await _moment(place, disk, known, (mode, chance), result, serve=index in alive)


def _chosen(everything: list[Record], moments: int, chance: random.Random) -> set[int]:
    """So many different moments, half of them right behind a receipt or an answer."""
    behind = [index for index, one in enumerate(everything) if one.kind in "SN"]
    chosen = set(chance.sample(behind, min(len(behind), moments // 2)))
    others = [index for index in range(len(everything)) if index not in chosen]
    return chosen | set(chance.sample(others, min(len(others), moments - len(chosen))))


def _spread(chosen: set[int], count: int) -> list[int]:
    """So many of them, or all if they are fewer, from the first on at even distances."""
    ordered = sorted(chosen)
    return [ordered[place * len(ordered) // count] for place in range(count)] if count < len(ordered) else ordered


async def _moment(
    place: Site, disk: Disk, known: Known, how: tuple[Mode, random.Random], result: Result, *, serve: bool
) -> None:
    target = place.folder.parent / "after"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    disk.lay_out(target, *how)
    if not (target / "var").exists():
        result.lost += [f"{one}: no folder" for one in known.acknowledged]
        return
    if serve:
        for name in ("mailguard.yaml", "users.yaml", "policies", "tls"):
            copied = shutil.copytree if (place.folder / name).is_dir() else shutil.copy
            copied(place.folder / name, target / name)
    try:
        states = await _opened(target, known, result)
    except Exception as error:
        result.wrong.append(f"{how[0]}: does not open: {type(error).__name__}: {error}")
        return
    _compare(states, known, result)
    if serve and known.acknowledged:
        await _serve_on(place, target, states, known, result)


async def _opened(target: Path, known: Known, result: Result) -> dict[str, str]:
    """The state of each mail, all octets checked against their digests, and the chain of the audit log."""
    key = target / "var" / "mailguard.key"
    if known.acknowledged and not (key.exists() and key.stat().st_size == 32):
        result.wrong.append("the house's key is gone")
    db = await Database.open(target / "var" / "mailguard.db")
    try:
        spool = Spool(db, target / "var" / "bodies")
        rows = await db.read(lambda c: c.execute("SELECT id, state, body, sha256, kind FROM message").fetchall())
        if (said := await db.read(lambda c: c.execute("PRAGMA integrity_check").fetchone()[0])) != "ok":
            result.wrong.append(f"integrity: {said}")
        if (broken := await Audit(db).verify()) is not None:
            result.wrong.append(f"audit: {broken}")
        for name, _, body, digest, _ in rows:
            if body != "gone":
                octets = await asyncio.to_thread((await spool.body(name)).read)
                if hashlib.sha256(octets).hexdigest() != digest:
                    result.lost.append(f"{name}: other octets")
    finally:
        await db.close()
    return {name: state for name, state, _, _, kind in rows if kind == "mail"}


def _compare(states: dict[str, str], known: Known, result: Result) -> None:
    result.lost += [f"{one}: no row" for one in known.acknowledged if one not in states]
    result.lost += [f"{one}: released, and {states.get(one)}" for one in known.released if not _goes(states, one)]
    result.lost += [f"{one}: relayed before it was out" for one, state in states.items() if _early(state, one, known)]
    result.leaked += [
        f"{one}: cancelled, and {states.get(one)}" for one in known.cancelled if states.get(one) != "cancelled"
    ]
    letters = {one for one in known.out if one not in states}
    result.leaked += [f"{one}: out, and {states[one]}" for one in known.out - letters if not _goes(states, one)]


def _goes(states: dict[str, str], one: str) -> bool:
    return states.get(one) in ("queued", "relayed")


def _early(state: str, one: str, known: Known) -> bool:
    return state == "relayed" and one not in known.out


async def _serve_on(place: Site, target: Path, states: dict[str, str], known: Known, result: Result) -> None:
    """A real house on this disk: what is due goes out, what is held stays."""
    other = Site(target, place.ports, place.sink)
    before, began = Counter(place.sink.taken), time.monotonic()
    await other.open()
    due = {one for one, state in states.items() if state == "queued"}
    try:
        await other.until(lambda: all(place.sink.taken[one] > before[one] for one in due), 40, "what is due goes")
        result.longest = max(result.longest, time.monotonic() - began)
        if not await asyncio.to_thread(other.audit_is_whole):
            result.wrong.append("audit chain broken after the new start")
    except AssertionError as error:
        result.wrong.append(str(error).splitlines()[0])
    finally:
        await other.stop()
    new = {one for one, times in place.sink.taken.items() if times > before[one]}
    result.leaked += [f"{one}: held, and out" for one in new if states.get(one) not in ("queued",)]
    result.again += sum(1 for one in new if one in known.out)
