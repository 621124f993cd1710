"""`make bench`: mailguard, Postfix and a naive relay under the same load in the same run, in some five minutes.

Rounds go from server to server, each in every cell (a mail, a way, so many connections), and medians are printed.
Throughput is Postfix's smtp-source, which costs little itself; latency is bench/load.py, which knows when the final
dot went. Every mail is counted at the sink: a server that loses one, or lets a held one out, ends the run with an
error. The tables go into docs/performance.md (bench/tables.py).

    python bench/run.py [--rounds 3] [--only 2k,100k] [--dry]
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mails import MAILS
from measure import PeakMemory, cpu_seconds, memory_mb
from peers import ROOT, Peer, mailguard, naive, postfix
from tables import number, page, percentile, write_page

__all__ = ["Sink", "number", "percentile", "wait_for"]

SOURCE = Path("/usr/sbin/smtp-source")
#: No round begins that would end later than this.
BUDGET = 270.0
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One measurement of throughput: which mail, which way, over how many kept connections, for about how long."""

    mail: str
    way: str
    sessions: int
    seconds: float = 1.2


CELLS = (
    *(Cell(mail, way, 10) for mail in ("2k", "100k") for way in ("relayed", "held", "through")),
    *(Cell("2k", way, 50) for way in ("relayed", "held", "through")),
    Cell("1m", "relayed", 10),
    Cell("10m", "relayed", 4),
)
#: Mails at one connection, for the time of the final dot; without a pause.
ALONE = ("2k", "100k-docx")
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


class Sink:
    """The next server, in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, str(ROOT / "bench" / "sink.py")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.port = int(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def ask(self, word: str) -> Any:
        """`count` or `take`."""
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        return json.loads(self._read())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


def wait_for(sink: Sink, kind: str, wanted: int) -> None:
    """Until the sink has so many. Raises RuntimeError if they do not come."""
    end = time.monotonic() + PATIENCE
    while sink.ask("count")[kind] < wanted:
        if time.monotonic() > end:
            raise RuntimeError(f"{sink.ask('count')[kind]} of {wanted} {kind} arrived")
        time.sleep(0.01)


class Blast:
    """smtp-source, with as many mails as the last run of the same cell says that the time takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rates: dict[tuple[str, Cell], float] = {}
        for name, make in MAILS.items():
            head = b"From: Ann <ann@corp.example>\r\nTo: <ken@corp.example>\r\n"
            (folder / name).write_bytes((head + make()).replace(b"\r\n", b"\n"))

    def count_for(self, who: str, cell: Cell) -> int:
        """How many mails the cell's time takes, two a connection if that is not known yet."""
        return max(cell.sessions * 2, int(self._rates.get((who, cell), 0) * cell.seconds))

    def send(self, who: str, peer: Peer, cell: Cell, count: int) -> float:
        """Send so many; returns in how many seconds they were taken. Raises RuntimeError."""
        port, to = peer.ways[cell.way]
        command = [str(SOURCE), "-d", "-s", str(cell.sessions), "-m", str(count), "-F", str(self._folder / cell.mail)]
        command += ["-f", "ann@corp.example", "-t", to, f"127.0.0.1:{port}"]
        begun = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode:
            raise RuntimeError(f"{who}, {cell}: {done.stderr[:300]}")
        seconds = time.monotonic() - begun
        self._rates[who, cell] = count / seconds
        return seconds


def throughput(who: str, peer: Peer, cell: Cell, sink: Sink, blast: Blast, results: Results) -> None:
    """One cell of one server, until its last mail is out; before the first one, a few mails to know its rate."""
    known = (who, cell) in results
    if not known:
        _run(who, peer, cell, sink, blast)
    cpu, begun = cpu_seconds(peer.root), time.monotonic()
    count, seconds = _run(who, peer, cell, sink, blast)
    figures = results[who, cell]
    figures.rate.append(count / seconds)
    figures.out_rate.append(count / (time.monotonic() - begun))
    figures.cpu.append((cpu_seconds(peer.root) - cpu) / count * 1e6)
    print(f"{who}, {cell.mail}, {cell.way}, {cell.sessions}: {count / seconds:.0f}/s", file=sys.stderr, flush=True)


def _run(who: str, peer: Peer, cell: Cell, sink: Sink, blast: Blast) -> tuple[int, float]:
    before, count = sink.ask("count"), blast.count_for(who, cell)
    seconds = blast.send(who, peer, cell, count)
    if cell.way != "held":
        wait_for(sink, "mails", before["mails"] + count)
    elif sink.ask("count")["mails"] != before["mails"]:
        raise RuntimeError(f"{who} let a held mail out")
    elif peer.letters:
        _settled(sink)
    return count, seconds


def _settled(sink: Sink) -> None:
    """Until no letter came for a moment: they belong to what was held."""
    last = -1
    while (now := sink.ask("count")["letters"]) != last:
        last = now
        time.sleep(0.3)


def latency(who: str, peer: Peer, way: str, mail: str, pace: float, sink: Sink, results: Results) -> None:
    """One connection: the time of each final dot, and of each letter if mails are held. pace 0: without a pause."""
    port, to = peer.ways[way]
    before, cpu, tag = sink.ask("count"), cpu_seconds(peer.root), f"{time.monotonic_ns():x}"
    command = [sys.executable, str(ROOT / "bench" / "load.py"), "--port", str(port), "--to", to, "--tag", tag]
    command += ["--mail", mail, "--pace", str(pace), "--seconds", str(PACE_SECONDS), "--senders", "100"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    if result["errors"]:
        raise RuntimeError(f"{who}, {way}, {mail}: {result['errors'][:3]}")
    dots = result["dots"]
    kind = "mails" if way == "relayed" else "letters"
    if way == "relayed" or peer.letters:
        wait_for(sink, kind, before[kind] + len(dots))
    figures, arrived = results[who, (way, mail, pace)], sink.ask("take")["letters"]
    figures.cpu.append((cpu_seconds(peer.root) - cpu) / len(dots) * 1e6)
    figures.dot += [seconds * 1e3 for _, seconds in dots.values()]
    figures.alert += [(arrived[one] - dots[one][0]) * 1e3 for one in dots if one in arrived]


#: Who is measured, by the name in the tables, and what of.
STARTS: dict[str, Callable[[Path, int], contextlib.AbstractContextManager[Peer]]] = {
    "mailguard": partial(mailguard, workers=1),
    "mailguard --workers 2": partial(mailguard, workers=2),
    "Postfix": postfix,
    "aiosmtpd + aiosmtplib": naive,
}


@contextlib.contextmanager
def running(who: str, folder: Path, sink: Sink) -> Iterator[Peer]:
    """The server, started, with all its processes at their doors; its folder is gone afterwards."""
    with STARTS[who](folder, sink.port) as peer:
        time.sleep(3.0 if "workers" in who else 0.5)
        yield peer
    shutil.rmtree(folder, ignore_errors=True)


def run_round(cells: list[Cell], sink: Sink, blast: Blast, folder: Path, results: Results) -> None:
    for who in STARTS:
        with running(who, folder / who.replace(" ", ""), sink) as peer:
            for cell in cells:
                if cell.way in peer.ways:
                    throughput(who, peer, cell, sink, blast, results)
            sink.ask("take")
            if "held" in peer.ways and "workers" not in who:
                for mail in ALONE:
                    latency(who, peer, "relayed", mail, 0.0, sink, results)
                for way in ("relayed", "held"):
                    latency(who, peer, way, "2k", PACE, sink, results)


def run_rounds(most: int, cells: list[Cell], sink: Sink, folder: Path, results: Results) -> int:
    """At least one round, and as many of the rest as the budget allows. Returns how many."""
    blast, begun = Blast(folder), time.monotonic()
    for round_number in range(1, most + 1):
        run_round(cells, sink, blast, folder, results)
        spent = time.monotonic() - begun
        if spent + spent / round_number > BUDGET:
            return round_number
    return most


def memory(sink: Sink, folder: Path) -> list[tuple[str, float]]:
    """Proportional set size of the whole tree in MB: idle, with 200 idle connections, at the peak of 20 x 25 MB."""
    blast = Blast(folder)
    with running("mailguard", folder / "memory", sink) as peer:
        cell = Cell("2k", "relayed", 10)
        _run("memory", peer, cell, sink, blast)
        time.sleep(2)
        rows = [("idle, after 20 mails", memory_mb(peer.root))]
        with idle_connections(peer.ways["relayed"][0], 200):
            rows.append(("with 200 idle connections", memory_mb(peer.root)))
        with PeakMemory(peer.root) as peak:
            _run("memory", peer, Cell("25m", "relayed", 20), sink, blast)
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
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/performance.md alone")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench: Postfix needs root: run `sudo make bench`")
    cells = [cell for cell in CELLS if cell.mail in options.only.split(",")]
    busy = os.getloadavg()[0]
    results: Results = defaultdict(Figures)
    sink = Sink()
    # Not /tmp: what is kept in memory has no fsync to wait for. Not var/: once mailguard ran there, it is closed to all
    # others, and so to Postfix, which runs as users of its own.
    with tempfile.TemporaryDirectory(prefix="mailguard-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        rounds = run_rounds(options.rounds, cells, sink, Path(folder), results)
        used = memory(sink, Path(folder))
    sink.close()
    figures = page(results, cells, used, rounds, busy)
    print(figures)
    if not options.dry:
        write_page(figures)


if __name__ == "__main__":
    main()
