"""Whether a mail costs more where there is more: ten times the queue, the history, the rules, beside one of each.

Five real servers, each with its ledger filled or its policy enlarged, are loaded in turn, round by round, so that what
else the machine does falls on all alike. A mail is 2 KB of one of a hundred people to somebody outside whom the company
knows; it is relayed. What counts is the processor time of the server's whole tree for a mail, the least of the rounds,
by that of the plain one. The table goes into docs/performance.md.

    python bench/growth.py [--rounds 4] [--mails 300] [--dry]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from tests.house import House, furnish, settings, start  # noqa: E402

import policy  # noqa: E402
from blast import Blast, Cell, Sink, wait_for  # noqa: E402
from grown import add_contacts, add_held  # noqa: E402
from measure import cpu_seconds  # noqa: E402
from peers import HELD, POLICY, Peer  # noqa: E402
from tables import goal, number, write_goals, write_page  # noqa: E402

GOAL = 1.3
OUTSIDE = "p@d{n}.grown.example"
SESSIONS = (1, 10)


@dataclass(frozen=True, slots=True)
class Size:
    """What a server has. times: the shipped rules so many times; more: rules of a company beside them; goal: how the
    table of goals calls it.
    """

    name: str
    goal: str = ""
    held: int = 1_000
    contacts: int = 10_000
    times: int = 1
    more: int = 0


SIZES = (
    Size("1,000 held, 10,000 contacts, 21 rules"),
    Size("10,000 held", "ten times the queue", held=10_000),
    Size("100,000 contacts", "ten times the history", contacts=100_000),
    Size("200 rules of customers, words and numbers more", "ten times the rules, a customer's", more=200),
    Size("the shipped rules ten times", "ten times the rules, the shipped ones", times=10),
)


def write_rules(folder: Path, size: Size) -> None:
    """The shipped policies but the undo window, which would hold all of this; and what the size asks for."""
    for path in (ROOT / "policies").glob("*.yaml"):
        if path.name != "undo.yaml":
            text = path.read_text("utf-8")
            for turn in range(size.times):
                more = text.replace("  - id: ", f"  - id: copy{turn}-") if turn else text
                (folder / f"{turn}-{path.name}").write_text(more, "utf-8")
    if size.more:
        chance = random.Random(4)
        for at in range(policy.LISTS):
            (folder / f"list{at}.txt").write_text(f"domain{at}.example\nperson@shop{at}.example\n", "utf-8")
        lists = "".join(f"  list{at}: {{files: [list{at}.txt]}}\n" for at in range(policy.LISTS))
        rules = "".join(policy.rule(at, chance) for at in range(size.more))
        (folder / "company.yaml").write_text(f"version: 1\nlists:\n{lists}rules:\n{rules}", "utf-8")


@contextlib.contextmanager
def server(folder: Path, size: Size, sink: Sink, blast: Blast) -> Iterator[House]:
    """A server of this size."""
    data, ports = settings(folder, f"smtp://127.0.0.1:{sink.port}")
    furnish(folder, data, POLICY)
    write_rules(folder / "policies", size)
    first = start(folder, ports)
    try:
        peer = Peer("mailguard", first.process.pid, {"held": (first.smtp, HELD)})
        blast.send("fill", peer, Cell("2k", "held", 4), 100)
        time.sleep(1)
    finally:
        first.stop()
    ledger = folder / "var" / "mailguard.db"
    add_held(ledger, size.held)
    add_contacts(ledger, size.contacts)
    house = start(folder, ports)
    try:
        yield house
    finally:
        house.stop()


def cost(house: House, sink: Sink, sessions: int, mails: int) -> float:
    """Processor microseconds for a mail."""
    before, cpu = sink.ask("count")["mails"], cpu_seconds(house.process.pid)
    command = [sys.executable, str(ROOT / "bench" / "load.py"), "--port", str(house.smtp), "--to", OUTSIDE]
    command += ["--mail", "2k", "--sessions", str(sessions), "--most", str(mails), "--senders", "100"]
    command += ["--seconds", "60", "--tag", f"{time.monotonic_ns():x}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    if errors := json.loads(done.stdout)["errors"]:
        raise RuntimeError(str(errors[:3]))
    wait_for(sink, "mails", before + mails)
    time.sleep(0.3)  # outcomes are written down
    return (cpu_seconds(house.process.pid) - cpu) / mails * 1e6


def measured(rounds: int, mails: int, sink: Sink, folder: Path) -> dict[tuple[Size, int], float]:
    """The least cost of each size and number of connections."""
    least: dict[tuple[Size, int], float] = {}
    blast = Blast(folder)
    with contextlib.ExitStack() as stack:
        houses = [
            (size, stack.enter_context(server(folder / str(at), size, sink, blast))) for at, size in enumerate(SIZES)
        ]
        for _, house in houses:
            cost(house, sink, 10, 200)
        for turn in range(rounds):
            for size, house in houses:
                for sessions in SESSIONS:
                    found = cost(house, sink, sessions, mails)
                    least[size, sessions] = min(found, least.get((size, sessions), found))
                    print(f"{turn}: {size.name}, {sessions}: {found:.0f} µs", file=sys.stderr, flush=True)
    return least


def goals(least: dict[tuple[Size, int], float]) -> list[str]:
    """A row for each size but the plain one: the worse of its ratios."""
    return [
        goal(
            f"a mail with {size.goal}: times its cost", max(least[size, n] / least[SIZES[0], n] for n in SESSIONS), GOAL
        )
        for size in SIZES[1:]
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--mails", type=int, default=300, help="of each load")
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/performance.md alone")
    options = parser.parse_args()
    busy, sink = os.getloadavg()[0], Sink()
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "var") as name:
        least = measured(options.rounds, options.mails, sink, Path(name))
        shutil.rmtree(name, ignore_errors=True)
        Path(name).mkdir()
    sink.close()
    reached = goals(least)
    lines = ["| what | connections | CPU µs a mail | times the first | goal | |", "|---|--:|--:|--:|--:|---|"]
    for (size, sessions), found in least.items():
        if size is SIZES[0]:
            lines.append(f"| {size.name} | {sessions} | {number(found)} | | | |")
        else:
            times = found / least[SIZES[0], sessions]
            said = "met" if times <= GOAL else "**not met**"
            lines.append(f"| {size.name} | {sessions} | {number(found)} | {times:.2f} | ≤ {GOAL} | {said} |")
    head = f"{time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores; load average before the run: {busy:.1f}"
    table = "\n".join(lines)
    print("\n".join(reached), f"{head}; rounds: {options.rounds}.", table, sep="\n\n")
    if not options.dry:
        write_goals(reached, "bench/growth.py")
        write_page(f"{head}; rounds: {options.rounds}.\n\n{table}", "growth")


if __name__ == "__main__":
    main()
