"""`make bench`: mailguard, Postfix and others under the same load in the same run, in some five minutes.

Rounds go from server to server, each in every cell (a mail, a way, so many connections), and medians are printed. A
server is started anew in each round, and warmed before anything of it counts: what is done once after a start (modules,
caches, statements, a compiler) is no cost of a mail. Throughput is Postfix's smtp-source, which costs little itself;
latency is bench/load.py, which knows when the final dot went. Every mail is counted at the sink: a server that loses
one, or lets a held one out, ends the run with an error. The tables go into docs/performance.md (bench/tables.py).

    python bench/run.py [--rounds 3] [--only 2k,100k] [--who mailguard,Postfix] [--dry]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from blast import PATIENCE, Blast, Cell, Sink, wait_for
from haraka import haraka
from haraka import version as haraka_version
from mails import MAILS
from measure import PeakMemory, cpu_seconds, memory_mb, until_at_rest
from peers import ROOT, Peer, mailguard, naive, postfix
from tables import goals, page, setting, write_goals, write_page

#: No round begins that would end later than this.
BUDGET = 210.0

CELLS = (
    *(Cell("2k", way, sessions) for sessions in (10, 50) for way in ("relayed", "held", "told", "through")),
    *(Cell("100k", way, 10) for way in ("relayed", "held", "through")),
    Cell("1m", "relayed", 10, seconds=1.2),
    Cell("10m", "relayed", 4, seconds=1.2),
)
#: Mails of each way that a server takes before the first that counts. After 300 a new mailguard spends no less on one.
WARMING = 300
#: Mails at one connection, for the time of the final dot; without a pause, so many seconds long.
ALONE, ALONE_SECONDS = ("2k", "100k-docx"), 1.0
#: Mails a second of an office, and how long they are sent.
PACE, PACE_SECONDS = 20.0, 2.0


@dataclass
class Figures:
    """What the rounds of one server in one cell gave. dot, alert: milliseconds."""

    rate: list[float] = field(default_factory=list)
    out_rate: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    dot: list[float] = field(default_factory=list)
    alert: list[float] = field(default_factory=list)


Results = dict[tuple[str, Any], Figures]


@dataclass(frozen=True, slots=True)
class Start:
    """A server of each round. who: its name in the tables; ways: what of it is measured; alone: at one connection, too;
    rounds: in so many only.
    """

    who: str
    make: Callable[[Path, int], contextlib.AbstractContextManager[Peer]]
    ways: tuple[str, ...]
    alone: bool = False
    rounds: int = 1000


_TWO = "mailguard --workers 2"
#: mailguard twice: as shipped, many alerts to one person become one (and smtp-source is one person); and a letter each.
STARTS = (
    Start("mailguard", partial(mailguard, merging=True), ("relayed", "held"), alone=True),
    Start("mailguard", mailguard, ("told",)),
    Start(_TWO, partial(mailguard, workers=2, merging=True), ("relayed", "held")),
    Start(_TWO, partial(mailguard, workers=2), ("told",)),
    Start("Postfix", postfix, ("relayed", "held", "through"), alone=True),
    Start("Haraka", haraka, ("relayed",), rounds=1),
    Start("aiosmtpd + aiosmtplib", naive, ("through",)),
)


@dataclass
class Bench:
    """All rounds: who is loaded, with what, and what came of it."""

    sink: Sink
    blast: Blast
    cells: Sequence[Cell]
    starts: Sequence[Start]
    results: Results = field(default_factory=lambda: defaultdict(Figures))

    def warm(self, start: Start, peer: Peer) -> None:
        """What a server does once after its start is done before anything is measured."""
        for way in start.ways:
            self.blast.run(start.who, peer, Cell("2k", way, 10), self.sink, WARMING)
        until_at_rest(peer.root)

    def throughput(self, who: str, peer: Peer, cell: Cell) -> None:
        """One cell of one server, until its last mail is out; before it, a few mails of its kind that do not count."""
        known = (who, cell) in self.results
        count = self.blast.count_for(who, cell)
        self.blast.run(who, peer, cell, self.sink, cell.sessions * 2)
        if not known:
            count = self.blast.count_for(who, cell)
        rate, out_rate, cpu = self._measured(who, peer, cell, count)
        if not known and count / rate < cell.seconds / 2:
            # The few first ones said little of the rate: too short a run to tell anything.
            rate, out_rate, cpu = self._measured(who, peer, cell, self.blast.count_for(who, cell))
        figures = self.results[who, cell]
        figures.rate.append(rate)
        figures.out_rate.append(out_rate)
        figures.cpu.append(cpu)
        said = f"{who}, {cell.mail}, {cell.way}, {cell.sessions}: {rate:.0f}/s, {cpu:.0f} µs"
        print(said, file=sys.stderr, flush=True)

    def _measured(self, who: str, peer: Peer, cell: Cell, count: int) -> tuple[float, float, float]:
        """So many mails: a second taken, a second out, microseconds of processor for one."""
        cpu, begun = cpu_seconds(peer.root), time.monotonic()
        seconds = self.blast.run(who, peer, cell, self.sink, count)
        done = time.monotonic() - begun
        time.sleep(0.1)  # that a mail is out is written down a little later
        return count / seconds, count / done, (cpu_seconds(peer.root) - cpu) / count * 1e6

    def latency(self, who: str, peer: Peer, way: str, mail: str, pace: float) -> None:
        """One connection: the time of each final dot, and of each letter if mails are held. pace 0: without a pause."""
        port, to = peer.ways[way]
        before, cpu, tag = self.sink.ask("count"), cpu_seconds(peer.root), f"{time.monotonic_ns():x}"
        command = [sys.executable, str(ROOT / "bench" / "load.py"), "--port", str(port), "--to", to, "--tag", tag]
        command += ["--mail", mail, "--pace", str(pace), "--senders", "100"]
        command += ["--seconds", str(PACE_SECONDS if pace else ALONE_SECONDS)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
        result: dict[str, Any] = json.loads(done.stdout)
        if result["errors"]:
            raise RuntimeError(f"{who}, {way}, {mail}: {result['errors'][:3]}")
        dots = result["dots"]
        kind = "mails" if way == "relayed" else "letters"
        if way == "relayed" or peer.letters:
            wait_for(self.sink, kind, before[kind] + len(dots))
        figures, arrived = self.results[who, (way, mail, pace)], self.sink.ask("take")["letters"]
        figures.cpu.append((cpu_seconds(peer.root) - cpu) / len(dots) * 1e6)
        figures.dot += [seconds * 1e3 for _, seconds in dots.values()]
        figures.alert += [(arrived[one] - dots[one][0]) * 1e3 for one in dots if one in arrived]

    def server(self, start: Start, folder: Path) -> None:
        """All of one server."""
        with running(start, folder, self.sink) as peer:
            self.warm(start, peer)
            for cell in self.cells:
                if cell.way in start.ways:
                    self.throughput(start.who, peer, cell)
            self.sink.ask("take")
            if start.alone:
                for mail in ALONE:
                    self.latency(start.who, peer, "relayed", mail, 0.0)
                for way in ("relayed", "held"):
                    self.latency(start.who, peer, way, "2k", PACE)

    def rounds(self, most: int, folder: Path) -> int:
        """At least one round, and as many of the rest as the budget allows. Returns how many."""
        begun = before = time.monotonic()
        for number in range(1, most + 1):
            for at, start in enumerate(self.starts):
                if number <= start.rounds:
                    self.server(start, folder / str(at))
            now = time.monotonic()
            print(f"round {number}: {now - before:.0f} s", file=sys.stderr, flush=True)
            if now - begun + now - before > BUDGET:
                return number
            before = now
        return most


@contextlib.contextmanager
def running(start: Start, folder: Path, sink: Sink) -> Iterator[Peer]:
    """The server, started, and done with what it does after its start; its folder is gone afterwards."""
    with start.make(folder, sink.port) as peer:
        until_at_rest(peer.root)
        yield peer
    shutil.rmtree(folder, ignore_errors=True)


def memory(sink: Sink, folder: Path) -> list[tuple[str, float]]:
    """Proportional set size of the whole tree in MB: idle, with 200 idle connections, at the peak of 20 x 25 MB."""
    blast = Blast(folder)
    with running(STARTS[0], folder / "memory", sink) as peer:
        blast.run("memory", peer, Cell("2k", "relayed", 10), sink, 20)
        time.sleep(2)
        rows = [("idle, after 20 mails", memory_mb(peer.root))]
        with idle_connections(peer.ways["relayed"][0], 200):
            rows.append(("with 200 idle connections", memory_mb(peer.root)))
        with PeakMemory(peer.root) as peak:
            blast.run("memory", peer, Cell("25m", "relayed", 20), sink, 40)
        return [*rows, ("40 mails of 25 MB, 20 at once, at the peak", peak.mb)]


@contextlib.contextmanager
def idle_connections(port: int, count: int) -> Iterator[None]:
    """Connections that said EHLO and no more."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            conn = stack.enter_context(socket.create_connection(("127.0.0.1", port), 20))
            conn.recv(1000)
            conn.sendall(b"EHLO pc.corp.example\r\n")
            conn.recv(1000)
        time.sleep(1)
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(MAILS), help="throughput of these mails only")
    parser.add_argument(
        "--who", default=",".join(start.who for start in STARTS), help="these servers only; as --dry, and no memory"
    )
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/performance.md alone")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench: Postfix needs root: run `sudo make bench`")
    cells = [cell for cell in CELLS if cell.mail in options.only.split(",")]
    busy = os.getloadavg()[0]
    there = [start for start in STARTS if start.who != "Haraka" or haraka_version()]
    starts = [start for start in there if start.who in options.who.split(",")]
    sink = Sink()
    # Not /tmp: what is kept in memory has no fsync to wait for. Not var/: once mailguard ran there, it is closed to all
    # others, and so to Postfix, which runs as users of its own.
    with tempfile.TemporaryDirectory(prefix="mailguard-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        bench = Bench(sink, Blast(Path(folder)), cells, starts)
        rounds = bench.rounds(options.rounds, Path(folder))
        used = memory(sink, Path(folder)) if starts == there else []
    sink.close()
    figures = page(bench.results, cells, used, setting(rounds, busy, haraka_version()))
    print(figures)
    if starts == there:
        reached = goals(bench.results, cells, used)
        print("", *reached, sep="\n")
        if not options.dry:
            write_page(figures)
            write_goals(reached, "bench/run.py")


if __name__ == "__main__":
    main()
