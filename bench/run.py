"""`make bench`: mailguard and Postfix under the same load in the same run, in less than five minutes.

For mails of 2 KB, 100 KB and 10 MB, relayed and held: mails a second, processor time a mail of the whole process tree,
the time from the final dot to the reply and to the letter's arrival at the next server, and memory. Rounds alternate
between the two, medians are printed, and the tables go into docs/performance.md. Every mail is counted at the sink: a
server that loses one, or lets a held one out, ends the run with an error.

    python bench/run.py [--rounds 3] [--sizes 2k,100k,10m] [--dry]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measure import PeakMemory, cpu_seconds
from peers import ROOT, Peer, mailguard, postfix

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"


@dataclass(frozen=True, slots=True)
class Size:
    """A size of mail and how much of it one measurement sends. pace: mails a second when latency is measured."""

    name: str
    octets: int
    sessions: int
    most: int
    pace: float
    seconds: float


SIZES = {
    "2k": Size("2 KB", 2048, 10, 4000, 20, 2.0),
    "100k": Size("100 KB", 100 * 1024, 10, 500, 20, 2.0),
    "10m": Size("10 MB", 10 * 1024 * 1024, 4, 12, 2, 4.0),
}
#: No round begins that would end later than this.
BUDGET = 270.0
PATIENCE = 60.0


@dataclass
class Figures:
    """What the rounds of one cell gave."""

    rate: list[float] = field(default_factory=list)
    out_rate: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    dot: list[float] = field(default_factory=list)
    alert: list[float] = field(default_factory=list)


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


def send(peer: Peer, way: str, size: Size, tag: str, *, paced: bool, most: int | None = None) -> dict[str, Any]:
    """Run the load in its own process. Raises RuntimeError if a reply was no success."""
    port, to = peer.ways[way]
    sessions, pace = (1, size.pace) if paced else (size.sessions, 0.0)
    command = [sys.executable, str(ROOT / "bench" / "load.py"), "--port", str(port), "--to", to, "--tag", tag]
    command += ["--size", str(size.octets), "--sessions", str(sessions), "--pace", str(pace)]
    command += ["--seconds", str(size.seconds), "--most", str(most or size.most)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE + 60, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    if result["errors"]:
        raise RuntimeError(f"{peer.name}, {way}, {size.name}: {result['errors'][:3]}")
    return result


def wait_for(sink: Sink, kind: str, wanted: int) -> None:
    """Until the sink has so many. Raises RuntimeError if they do not come."""
    end = time.monotonic() + PATIENCE
    while sink.ask("count")[kind] < wanted:
        if time.monotonic() > end:
            raise RuntimeError(f"{sink.ask('count')[kind]} of {wanted} {kind} arrived")
        time.sleep(0.02)


def run_cell(peer: Peer, sink: Sink, way: str, size: Size, tag: str, *, paced: bool, figures: Figures) -> None:
    """One measurement: load, then wait until all that must arrive has arrived."""
    before, cpu = sink.ask("count"), cpu_seconds(peer.root)
    begun = time.monotonic()
    with PeakMemory(peer.root) as memory:
        result = send(peer, way, size, tag, paced=paced)
        dots = result["dots"]
        if way == "relayed":
            wait_for(sink, "mails", before["mails"] + len(dots))
        elif peer.letters:
            wait_for(sink, "letters", before["letters"] + len(dots))
        all_out = time.monotonic() - begun
    spent = cpu_seconds(peer.root) - cpu
    after, arrived = sink.ask("count"), sink.ask("take")
    if way == "held" and after["mails"] != before["mails"]:
        raise RuntimeError(f"{peer.name} let a held mail out")
    figures.rate.append(len(dots) / result["seconds"])
    figures.out_rate.append(len(dots) / all_out)
    figures.cpu.append(spent / len(dots) * 1e6)
    figures.memory.append(memory.mb)
    figures.dot += [seconds * 1e3 for _, seconds in dots.values()]
    figures.alert += [(arrived["letters"][mail] - dots[mail][0]) * 1e3 for mail in dots if mail in arrived["letters"]]


Results = dict[tuple[str, str, str, bool], Figures]


def run_round(number: int, sizes: Iterable[Size], sink: Sink, folder: Path, results: Results) -> None:
    for size in sizes:
        for start in (mailguard, postfix):
            home = folder / f"{start.__name__}-{number}-{size.octets}"
            with start(home, sink.port) as peer:
                warm_up(peer, sink, size, f"w{number}")
                for way in peer.ways:
                    for paced in (True, False):
                        tag = f"{number}{size.octets}{way[0]}{int(paced)}"
                        figures = results[peer.name, size.name, way, paced]
                        run_cell(peer, sink, way, size, tag, paced=paced, figures=figures)
                        rate = "paced" if paced else f"{figures.rate[-1]:.0f}/s"
                        print(f"round {number}: {peer.name}, {size.name}, {way}, {rate}", file=sys.stderr, flush=True)
            shutil.rmtree(home, ignore_errors=True)


def run_rounds(most: int, sizes: list[Size], sink: Sink, folder: Path, results: Results) -> int:
    """At least one round, and as many of the rest as the budget allows. Returns how many."""
    begun = time.monotonic()
    for number in range(1, most + 1):
        run_round(number, sizes, sink, folder, results)
        spent = time.monotonic() - begun
        if spent + spent / number > BUDGET:
            return number
    return most


def warm_up(peer: Peer, sink: Sink, size: Size, tag: str) -> None:
    """A few mails each way first: processes that start at the first mail are started."""
    before = sink.ask("count")
    few = min(20, size.most // 4)
    for way in peer.ways:
        send(peer, way, size, f"{tag}{way[0]}", paced=False, most=few)
    wait_for(sink, "mails", before["mails"] + few)
    if peer.letters:
        wait_for(sink, "letters", before["letters"] + few)
    sink.ask("take")


def percentile(values: list[float], share: float) -> str:
    if not values:
        return "-"
    return number(sorted(values)[min(len(values) - 1, int(len(values) * share))])


def number(value: float) -> str:
    """Three digits that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def median(values: list[float]) -> str:
    return number(statistics.median(values)) if values else "-"


def tables(results: Results, sizes: list[Size]) -> str:
    lines = ["### As fast as answered", ""]
    lines += ["| mail | way | | mails/s taken | mails/s done | CPU µs/mail | dot p50 ms | dot p99 ms | memory MB |"]
    lines += ["|---|---|---|--:|--:|--:|--:|--:|--:|"]
    for size in sizes:
        for way in ("relayed", "held"):
            for peer in ("mailguard", "Postfix"):
                one = results[peer, size.name, way, False]
                cells = [median(one.rate), median(one.out_rate), median(one.cpu)]
                cells += [percentile(one.dot, 0.5), percentile(one.dot, 0.99), median(one.memory)]
                lines.append(f"| {size.name} | {way} | {peer} | " + " | ".join(cells) + " |")
    lines += ["", "### At the pace of an office", ""]
    lines += ["| mail | mails/s | way | | dot p50 ms | dot p99 ms | alert p50 ms | alert p99 ms | CPU µs/mail |"]
    lines += ["|---|--:|---|---|--:|--:|--:|--:|--:|"]
    for size in sizes:
        for way in ("relayed", "held"):
            for peer in ("mailguard", "Postfix"):
                one = results[peer, size.name, way, True]
                cells = [percentile(one.dot, 0.5), percentile(one.dot, 0.99)]
                cells += [percentile(one.alert, 0.5), percentile(one.alert, 0.99), median(one.cpu)]
                lines.append(f"| {size.name} | {size.pace:g} | {way} | {peer} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def setting(rounds: int, busy: float) -> str:
    """Where and when, as far as it explains the figures; no name of a machine."""
    version = subprocess.run(
        ["/usr/sbin/postconf", "-d", "-h", "mail_version"], capture_output=True, text=True, check=False
    )
    return (
        f"{time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores shared by load, server and sink; loopback; "
        f"load average before the run: {busy:.1f}; rounds: {rounds}; "
        f"Python {platform.python_version()}, Postfix {version.stdout.strip()}."
    )


def write_page(figures: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    PAGE.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", default="2k,100k,10m")
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/performance.md alone")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench: Postfix needs root: run `sudo make bench`")
    sizes = [SIZES[name] for name in options.sizes.split(",")]
    busy = os.getloadavg()[0]
    results: Results = defaultdict(Figures)
    sink = Sink()
    # Beside the project, not in /tmp: what is kept in memory has no fsync to wait for.
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "var") as folder:
        Path(folder).chmod(0o755)
        rounds = run_rounds(options.rounds, sizes, sink, Path(folder), results)
    sink.close()
    figures = f"{setting(rounds, busy)}\n\n{tables(results, sizes)}"
    print(figures)
    if not options.dry:
        write_page(figures)


if __name__ == "__main__":
    main()
