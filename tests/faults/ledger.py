"""The ledger is locked by another program for a minute, has a damaged page, or a body's file is gone or changed.

What can be read goes on; what cannot is never sent, never dropped, and somebody is told.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.faults.book import Book, row_of, states
from tests.faults.load import Line, mail
from tests.faults.rows import Row
from tests.faults.site import Site, site
from tests.faults.trouble import Trouble, through

_LARGE = 90_000
#: Bodies that are harmed, of so many that wait.
_HARMED, _HELD = 3, 9


async def run(folder: Path, size: float = 1.0) -> list[Row]:
    rows = []
    async with site(folder / "locked", delivery={"retry": ["2s"]}) as place:
        await place.open()
        rows.append(await _locked(place, max(7.0, 60 * size)))
        rows += [await _bodies(place, "missing"), await _bodies(place, "truncated"), await _bodies(place, "changed")]
        await place.stop()
    async with site(folder / "page") as place:
        rows.append(await _page(place))
    return rows


async def _locked(place: Site, seconds: float) -> Row:
    others: list[sqlite3.Connection] = []

    def lock() -> None:
        other = sqlite3.connect(place.ledger, timeout=30, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN EXCLUSIVE")
        others.append(other)

    def unlock() -> None:
        others[0].execute("ROLLBACK")
        others[0].close()

    return await through(place, Trouble("database locked by another program", lock, unlock, seconds, stops=True))


async def _bodies(place: Site, how: str) -> Row:
    """Held mails whose files come to harm are released with others: only the others go; the file back, they go too."""
    place.book, wrong = Book(), list[str]()
    ids = [await _held(place, f"{how}-{number}") for number in range(_HELD)]
    files = {one: next((place.folder / "var" / "bodies").glob(f"*/{one}")) for one in ids[:_HARMED]}
    kept = {one: file.read_bytes() for one, file in files.items()}
    for one, file in files.items():
        _harm(file, kept[one], how)
    people = await place.people()
    for one in ids:
        wrong += [] if await people.decide(one, "release") == 200 else ["a decision was refused"]
    await place.until(lambda: all(place.sink.taken[one] for one in ids[_HARMED:]), 30, "whole mails go")
    await asyncio.sleep(3)
    found = await asyncio.to_thread(states, place.ledger)
    wrong += [f"{one}: {found[one]}, not queued" for one in files if found[one] != "queued"]
    leaked = [one for one in files if place.sink.taken[one]]
    assert place.house is not None
    shown = await asyncio.to_thread(place.house.run, "queue", "show", next(iter(files)))
    wrong += [] if "damaged or missing" in shown.stdout else ["queue show does not say why"]
    began = time.monotonic()
    for one, file in files.items():
        file.write_bytes(kept[one])
    await place.until(lambda: all(place.sink.taken[one] for one in files), 40, "brought back, they go")
    recovery = time.monotonic() - began
    count = await place.settled(10)
    wrong += ["harmed mail went out"] if leaked else []
    said = f"{_HARMED} files {how}: nothing of them sent; brought back, they go"
    return row_of(f"body's file {how}", 1, place.book, count, recovery=recovery, said=said, wrong=tuple(wrong))


async def _held(place: Site, tag: str) -> str:
    line = Line(place.ports["smtp"])
    place.book.sent += 1
    place.book.held.add(tag)
    code, text = await line.hand_in(mail(tag, subject="holdme", size=_LARGE))
    line.close()
    assert code == 250, text
    place.book.acknowledged[tag] = text.split()[-1]
    return place.book.acknowledged[tag]


def _harm(file: Path, octets: bytes, how: str) -> None:
    if how == "missing":
        file.unlink()
    elif how == "truncated":
        os.truncate(file, len(octets) // 2)
    else:
        file.write_bytes(octets[:-10] + b"elsewhere\n")


async def _page(place: Site) -> Row:
    """A page of bodies is destroyed while the house is down. What is not on it goes on; the rest stays, and is told."""
    await place.open()
    await place.load(200, sizes=(0,), name="c").run()
    await place.settled(30)
    await place.stop()
    damaged = _destroy(place.ledger, sorted(place.book.held)[len(place.book.held) // 2])
    await place.open()
    people = await place.people()
    for one in place.book.undecided():
        await people.decide(one, "release")
    await asyncio.sleep(3)
    wrong = []
    found = await asyncio.to_thread(states, place.ledger)
    stay = {one for one in place.book.released if not place.sink.taken[one]}
    wrong += [f"{one} is {found.get(one)}" for one in stay if found.get(one) != "queued"]
    wrong += [] if stay else ["nothing was on the page"]
    wrong += [] if len(stay) < len(place.book.released) // 2 else ["what is whole does not go out"]
    place.book.sent += 1
    code, _ = await Line(place.ports["smtp"]).hand_in(mail("late"))
    wrong += [] if code == 451 else [f"new mail into a damaged ledger: {code}"]
    ready = await asyncio.to_thread(_ready, place)
    wrong += [] if "ledger" in ready else [f"readyz: {ready}"]
    assert place.house is not None
    doctor = await asyncio.to_thread(place.house.run, "doctor")
    wrong += [] if doctor.returncode == 1 and "is damaged" in doctor.stdout else ["the doctor does not see it"]
    await place.stop()
    lost = [one for one in place.book.acknowledged.values() if one not in found]
    leaked = [
        one
        for one in place.sink.taken
        if one in found
        and one not in place.book.release_asked
        and one not in {i for t, i in place.book.acknowledged.items() if t not in place.book.held}
    ]
    said = (
        f"page {damaged} destroyed: {len(stay)} mails on it stay queued and are not sent,"
        f" {len(place.book.released) - len(stay)} others go; new mail hears 451, /readyz and doctor name the ledger"
    )
    return Row(
        "damaged page of the database", 1, place.book.sent, len(place.book.acknowledged), len(lost), len(leaked), 0,
        None, said, tuple(wrong),
    )  # fmt: skip


def _destroy(ledger: Path, tag: str) -> int:
    octets = bytearray(ledger.read_bytes())
    size = int.from_bytes(octets[16:18], "big") or 65536
    page = octets.index(f"Message-ID: <{tag}@".encode()) // size
    octets[page * size : page * size + 16] = b"\xff" * 16
    ledger.write_bytes(octets)
    return page + 1


def _ready(place: Site) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{place.ports['console']}/readyz", timeout=10) as answer:
            return str(answer.read(), "utf-8")
    except urllib.error.HTTPError as error:
        return str(error.read(), "utf-8")
