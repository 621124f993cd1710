"""How long until the banner: from the start of `mailguard serve` to `220`, to the console, and what it cost.

    .venv/bin/python bench/start.py [--rounds 5] [--dry] [-- OPTIONS OF serve]

Processor time of the server's own process is what to compare; the clock says what a quiet machine makes of it. Memory
is the proportional set size of the whole tree a second later. The table goes into docs/performance.md.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from tests.house import furnish, settings  # noqa: E402

from measure import memory_mb  # noqa: E402
from tables import write_page  # noqa: E402

_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE = 60.0
GOAL = 1.0


def own_seconds(pid: int) -> float:
    """User and system time of one process, without those it started."""
    text = Path(f"/proc/{pid}/stat").read_text()
    fields = text[text.rindex(")") + 2 :].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def answered(port: int, since: float, *, banner: bool) -> float:
    """Seconds until the port is open, or greets."""
    while time.monotonic() - since < _PATIENCE:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as conn:
            if not banner or conn.recv(200).startswith(b"220"):
                return time.monotonic() - since
        time.sleep(0.005)
    raise SystemExit(f"nobody listens on port {port}")


def measured(folder: Path, ports: dict[str, int], options: list[str]) -> tuple[float, float, float, float]:
    """Seconds to the banner, processor seconds until then, seconds to the console, MB a second later."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "mailguard", "serve", "--config", "mailguard.yaml", *options]
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            banner = answered(ports["smtp"], began, banner=True)
            spent = own_seconds(server.pid)
            console = answered(ports["console"], began, banner=False)
            time.sleep(1)
            return banner, spent, console, memory_mb(server.pid)
        finally:
            server.terminate()


def main() -> None:
    """Print medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/performance.md alone")
    parser.add_argument("options", nargs="*")
    asked = parser.parse_args()
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp) / "house"
        data, ports = settings(folder, "smtp://127.0.0.1:9", policies=[str(ROOT / "policies")])
        furnish(folder, data)
        measured(folder, ports, asked.options)  # compiles what an installation compiles, makes the ledger
        rows = [measured(folder, ports, asked.options) for _ in range(asked.rounds)]
    banner, spent, console, memory = (statistics.median(column) for column in zip(*rows, strict=True))
    met = "met" if banner <= GOAL else "**not met**"
    head = f"{time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores; load average before the run: {busy:.1f}; medians."
    rows = [
        "| until | s | processor, s | goal, s | |",
        "|---|--:|--:|--:|---|",
        f"| `220` on the SMTP port | {banner:.2f} | {spent:.2f} | ≤ {GOAL:g} | {met} |",
        f"| the console's port is open | {console:.2f} | | | |",
    ]
    table = "\n".join([f"{head} The whole tree has {memory:.0f} MB a second later.", "", *rows])
    print(table)
    if not asked.dry:
        write_page(table, "start")


if __name__ == "__main__":
    main()
