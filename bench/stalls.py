"""How long the server's event loop stands still, whatever is asked of it: one real server with a probe in its loop
(bench/probed.py), everything that it is to bear one after the other, and the longest stall of each.

10,000 mails are held in its ledger, 10,000 contacts are known. What a stall was is said beside it: the loop's own
thread at work, other threads of the process at work (one that keeps the interpreter's lock stalls the loop as well),
or the thread in line for a processor, which is the machine's doing. The table goes into docs/performance.md.

    python bench/stalls.py [--only NAME,NAME] [--seconds 2] [--dry]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import signal
import socket
import sqlite3
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from tests.house import House, furnish, settings, start  # noqa: E402

from blast import Blast, Cell, Sink, wait_for  # noqa: E402
from grown import add_contacts, add_held  # noqa: E402
from mails import HOSTILE, hostile_letter  # noqa: E402
from peers import CLEAN, HELD, POLICY, Peer  # noqa: E402
from probed import Stall  # noqa: E402
from run import idle_connections  # noqa: E402
from tables import goal, write_goals, write_page  # noqa: E402

GOAL_MS = 20
QUEUE, CONTACTS = 10_000, 10_000
_COLUMNS = (
    "| what | longest stall of ours, ms | goal | | longer ones |"
    " longest, others' work included, ms | loop's thread ran, ms | other threads ran, ms |"
)
_COOKIE, _ADMIN = "session-of-the-bench", "admin@corp.example"
_PAGES = (
    "/", "/all", "/all?q=state:held", "/all?q=%E8%A6%8B%E7%A9%8D", "/history",
    "/policy", "/figures", "/audit", "/settings",
)  # fmt: skip
_API = ("/api/v1/messages?limit=200", "/api/v1/stats", "/api/v1/figures", "/metrics", "/readyz")


class Place:
    """The running server, its sink, and what loads it."""

    def __init__(self, house: House, sink: Sink, blast: Blast, probe: Path, seconds: float) -> None:
        self.house, self.sink, self.blast, self._probe, self.seconds = house, sink, blast, probe, seconds
        self.peer = Peer("mailguard", house.process.pid, {"relayed": (house.smtp, CLEAN), "held": (house.smtp, HELD)})

    def stalls(self, since: float, until: float) -> list[Stall]:
        """What the probe saw, longest first."""
        rows = (line.split() for line in self._probe.read_text().splitlines())
        seen = [Stall(*map(float, row)) for row in rows]
        return sorted((one for one in seen if since <= one.at <= until), key=lambda one: -one.ours)

    def mails(self, mail: str, way: str, sessions: int) -> None:
        """So many connections at once, as fast as answered, until all that goes out is out."""
        cell, before = Cell(mail, way, sessions, self.seconds), self.sink.ask("count")["mails"]
        sent = sessions * 2
        self.blast.send("stalls", self.peer, cell, sent)  # to know the rate
        count = self.blast.count_for("stalls", cell)
        self.blast.send("stalls", self.peer, cell, count)
        if way == "relayed":
            wait_for(self.sink, "mails", before + sent + count)

    def get(self, path: str) -> bytes:
        """A page, as the administrator."""
        address = f"http://127.0.0.1:{self.house.console}{path}"
        asked = urllib.request.Request(address, headers={"Cookie": f"mailguard={_COOKIE}"})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return bytes(answer.read())


def idle(place: Place) -> None:
    """200 clients come at once, say EHLO and no more."""
    with idle_connections(place.house.smtp, 200):
        time.sleep(1)


def hostile(place: Place) -> None:
    """Texts that take the reader longest for their size, of all sizes that are read in the server's process."""
    with socket.create_connection(("127.0.0.1", place.house.smtp), 60) as conn:
        replies = conn.makefile("rb")

        def say(octets: bytes, wanted: bytes) -> None:
            conn.sendall(octets)
            line = replies.readline()
            while line[3:4] == b"-":
                line = replies.readline()
            assert line.startswith(wanted), line

        say(b"", b"220")
        say(b"EHLO pc.corp.example\r\n", b"250")
        for kind in HOSTILE:
            for size in (2, 4, 8, 16):
                say(b"MAIL FROM:<ann@corp.example>\r\n", b"250")
                say(f"RCPT TO:<{CLEAN}>\r\n".encode(), b"250")
                say(b"DATA\r\n", b"354")
                say(hostile_letter(kind, size * 1024) + b".\r\n", b"250")


def pages(place: Place, paths: tuple[str, ...]) -> None:
    """Each page, several times, two at once."""
    with ThreadPoolExecutor(2) as pool:
        for path in paths:
            list(pool.map(place.get, [path] * 4))


def one_mail(place: Place) -> None:
    """The page of one held mail."""
    with closing(sqlite3.connect(place.house.folder / "var" / "mailguard.db")) as connection:
        rows = connection.execute("SELECT id FROM message WHERE state = 'held' AND body <> 'gone' LIMIT 5").fetchall()
    pages(place, tuple(f"/messages/{row[0]}" for row in rows))


def reload(place: Place) -> None:
    """A rule is changed, and somebody asks for it, while mail flows."""
    rules = place.house.folder / "policies" / "rules.yaml"
    with ThreadPoolExecutor(1) as pool:
        flow = pool.submit(place.mails, "2k", "relayed", 2)
        for turn in range(4):
            rules.write_text(rules.read_text() + f"# {turn}\n")
            place.house.process.send_signal(signal.SIGHUP)
            time.sleep(place.seconds / 4)
        flow.result()


@dataclass(frozen=True, slots=True)
class Case:
    """What is done to the server."""

    name: str
    what: str
    do: Callable[[Place], None]


CASES = (
    *(Case(f"2k-{n}", f"2 KB relayed, {n} connections", partial(Place.mails, mail="2k", way="relayed", sessions=n))
      for n in (10, 50)),
    Case("held", "2 KB held, 10 connections", partial(Place.mails, mail="2k", way="held", sessions=10)),
    *(Case(mail, f"{words} relayed, {n} connections", partial(Place.mails, mail=mail, way="relayed", sessions=n))
      for mail, words, n in (("100k", "100 KB", 10), ("100k-docx", "100 KB with a docx", 10), ("1m", "1 MB", 10),
                             ("10m", "10 MB", 4), ("25m", "25 MB", 20))),
    Case("idle", "200 idle connections come and go", idle),
    Case("hostile", "texts that take long to read", hostile),
    Case("pages", f"pages of the console, {QUEUE:,} held", partial(pages, paths=_PAGES)),
    Case("api", f"API, metrics, {QUEUE:,} held", partial(pages, paths=_API)),
    Case("mail", "the page of one mail", one_mail),
    Case("reload", "the policy is reloaded while mail flows", reload),
)  # fmt: skip


def open_session(ledger: Path) -> None:
    """A session of the administrator, as a login leaves it."""
    now, digest = time.time_ns() // 1000, hashlib.sha256(_COOKIE.encode()).digest()
    with closing(sqlite3.connect(ledger)) as connection, connection:
        connection.execute(
            "INSERT INTO session (hash, person, via, created_at, expires_at, id, how, seen_at)"
            " VALUES (?, ?, 'console', ?, ?, 'bench', 'link', ?)",
            (digest, _ADMIN, now, now + 10**11, now),
        )


@contextlib.contextmanager
def filled(folder: Path, sink: Sink, blast: Blast, seconds: float) -> Iterator[Place]:
    """The server with much in its ledger, and the probe in its loop."""
    more = {"policies": [str(ROOT / "policies"), "policies/"], "notify": {"from": "mailguard@corp.example"}}
    data, ports = settings(folder, f"smtp://127.0.0.1:{sink.port}", **more)
    furnish(folder, data, POLICY)
    probe = folder / "probe"
    probe.touch()
    first = start(folder, ports)
    place = Place(first, sink, blast, probe, seconds)
    blast.send("fill", place.peer, Cell("2k", "held", 4), 100)
    time.sleep(1)
    first.stop()
    ledger = folder / "var" / "mailguard.db"
    add_held(ledger, QUEUE)
    add_contacts(ledger, CONTACTS)
    open_session(ledger)
    house = start(folder, ports, [str(ROOT / "bench" / "probed.py"), str(probe)])
    try:
        yield Place(house, sink, blast, probe, seconds)
    finally:
        house.stop()


def row(case: Case, stalls: list[Stall]) -> str:
    """The longest stall of a case, and what ran meanwhile."""
    worst = stalls[0] if stalls else Stall(0, 0, 0, 0, 0)
    over = sum(one.ours * 1000 > GOAL_MS for one in stalls)
    parts = (max((one.late for one in stalls), default=0.0), worst.own, worst.others)
    said = " | ".join(f"{part * 1000:.1f}" for part in parts)
    met = "**not met**" if over else "met"
    return f"| {case.what} | {worst.ours * 1000:.1f} | ≤ {GOAL_MS} | {met} | {over} | {said} |"


def measured(place: Place, case: Case) -> tuple[str, list[Stall]]:
    since = time.monotonic()
    case.do(place)
    time.sleep(0.3)
    seen = place.stalls(since, time.monotonic())
    return row(case, seen), seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="these cases only")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each load")
    parser.add_argument("--all", action="store_true", help="print every stall above the goal")
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/performance.md alone")
    options = parser.parse_args()
    busy, sink = os.getloadavg()[0], Sink()
    wanted = options.only.split(",") if options.only else [case.name for case in CASES]
    rows: list[str] = []
    worst: list[float] = []
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "var") as name:
        folder = Path(name)
        began = time.monotonic()
        with filled(folder / "house", sink, Blast(folder), options.seconds) as place:
            opening = place.stalls(began, time.monotonic())
            rows.append(row(Case("start", "from the first turn of the loop until it is ready", reload), opening))
            worst += [one.ours * 1000 for one in opening[:1]]
            for case in CASES:
                if case.name in wanted:
                    said, seen = measured(place, case)
                    rows.append(said)
                    worst += [one.ours * 1000 for one in seen[:1]]
                    print(said, file=sys.stderr, flush=True)
                    for one in seen if options.all else ():
                        if one.ours * 1000 > GOAL_MS:
                            print(f"    {one}", file=sys.stderr)
    sink.close()
    head = f"{time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores; load average before the run: {busy:.1f}"
    table = "\n".join([_COLUMNS, "|---|--:|--:|---|--:|--:|--:|--:|", *rows])
    print(f"{head}.\n\n{table}")
    if not options.dry and not options.only:
        reached = goal("event loop: the longest stall of ours under all of these, ms", max(worst), GOAL_MS)
        write_goals([reached], "bench/stalls.py")
        write_page(f"{head}.\n\n{table}", "stalls")


if __name__ == "__main__":
    main()
