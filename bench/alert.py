"""How soon a sender hears that his mail is held while other mail flows: one real server, a hundred mails a second that
are relayed, and beside them held mails of many people.

The alert is the whole letter at the next server, which stands for the sender's mailbox; the time counts from the final
dot of the held mail. Every mail and every letter is counted: a run in which one is missing ends with an error. Senders
take turns, because many letters to one person become one. The table goes into docs/performance.md.

    python bench/alert.py [--seconds 20] [--dry]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from blast import Sink, wait_for
from measure import cpu_seconds
from peers import ROOT, Peer, mailguard
from tables import number, percentile, write_page

GOAL_MS = 1000
_FLOW, _HOLDS, _SENDERS = 100, 10, 100


def load(
    peer: Peer, way: str, tag: str, *, rate: float, sessions: int, seconds: float, senders: int
) -> subprocess.Popen[str]:
    """So many mails a second, in a process of its own."""
    port, to = peer.ways[way]
    command = [
        sys.executable,
        str(ROOT / "bench" / "load.py"),
        "--port",
        str(port),
        "--to",
        to,
        "--tag",
        f"{tag}{way[0]}",
    ]
    command += ["--mail", "2k", "--sessions", str(sessions), "--pace", str(rate / sessions)]
    command += ["--seconds", str(seconds), "--senders", str(senders)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def result_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What the load measured. Raises RuntimeError if a reply was no success."""
    said, _ = process.communicate(timeout=300)
    result: dict[str, Any] = json.loads(said)
    if result["errors"]:
        raise RuntimeError(str(result["errors"][:3]))
    return result


def measure(peer: Peer, sink: Sink, tag: str, seconds: float) -> dict[str, Any]:
    """One run: both loads side by side, then until all that must arrive has arrived."""
    before, cpu = sink.ask("count"), cpu_seconds(peer.root)
    flow = load(peer, "relayed", tag, rate=_FLOW, sessions=20, seconds=seconds, senders=1)
    holds = load(peer, "held", tag, rate=_HOLDS, sessions=1, seconds=seconds, senders=_SENDERS)
    relayed, held = result_of(flow), result_of(holds)
    wait_for(sink, "mails", before["mails"] + len(relayed["dots"]))
    wait_for(sink, "letters", before["letters"] + len(held["dots"]))
    arrived = sink.ask("take")["letters"]
    if sink.ask("count")["mails"] != before["mails"] + len(relayed["dots"]):
        raise RuntimeError("a held mail got out")
    return {
        "rate": len(relayed["dots"]) / relayed["seconds"],
        "letters": len(held["dots"]),
        "alerts": [(arrived[mail] - at) * 1e3 for mail, (at, _) in held["dots"].items()],
        "dots": [took * 1e3 for _, took in held["dots"].values()],
        "busy": (cpu_seconds(peer.root) - cpu) / relayed["seconds"],
    }


def table(run: dict[str, Any], load_before: float) -> str:
    alerts = run["alerts"]
    worst = float(percentile(alerts, 0.99).replace(",", ""))
    return "\n".join(
        [
            f"{time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores shared by load, server and sink; load average before "
            f"the run: {load_before:.1f}.",
            "",
            "| mails/s relayed meanwhile | alerts | dot p50 ms | dot p99 ms | alert p50 ms | alert p99 ms | slowest ms"
            " | goal p99 | cores used |",
            "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
            f"| {run['rate']:.0f} | {run['letters']} | {percentile(run['dots'], 0.5)} | {percentile(run['dots'], 0.99)}"
            f" | {percentile(alerts, 0.5)} | {percentile(alerts, 0.99)} | {number(max(alerts))}"
            f" | ≤ {GOAL_MS:,}{'' if worst <= GOAL_MS else ' (missed)'} | {run['busy']:.2f} |",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/performance.md alone")
    options = parser.parse_args()
    busy, sink = os.getloadavg()[0], Sink()
    (ROOT / "var").mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "var") as folder,
        mailguard(Path(folder) / "alert", sink.port) as peer,
    ):
        measure(peer, sink, "w", 2)  # what starts at the first mail is started
        run = measure(peer, sink, "a", options.seconds)
    sink.close()
    figures = table(run, busy)
    print(figures)
    if not options.dry:
        write_page(figures, "alert")


if __name__ == "__main__":
    main()
