"""`make faults`: the long experiments, one after another, each within its time; what they found goes into
docs/faults.md.

`python -m tests.faults.run [--dry] [NAME...]` runs some of them. An experiment is a module of this folder with
`async def run(folder: Path, size: float) -> Row | list[Row]`: folder is its own and empty, size 1.0 is the full one
and less is a shorter one (the ordinary test run has some at a small size). What an experiment raises is told and the
others go on. Exit status 1 if a promise was not kept.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.faults.rows import Row, write

#: All together, whatever each may take: half an hour.
ALTOGETHER = 1800.0
#: Module -> seconds that it may take.
EXPERIMENTS: dict[str, float] = {
    "kill": 480,
    "power": 360,
    "disk": 240,
    "ledger": 240,
    "many": 400,
    "clock": 180,
    "dying": 120,
    "term": 120,
    "crowd": 150,
    "nonsense": 200,
    "giant": 120,
    "recipients": 240,
    "scan": 200,
}


async def _one(name: str, size: float, left: float) -> list[Row]:
    module = importlib.import_module(f"tests.faults.{name}")
    with tempfile.TemporaryDirectory(prefix=f"faults-{name}-") as folder:
        async with asyncio.timeout(min(left, EXPERIMENTS[name] * max(1.0, size))):
            found = await module.run(Path(folder), size)
    return found if isinstance(found, list) else [found]


def main() -> int:
    """Run what was asked for, print and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(EXPERIMENTS)}; default: all")
    parser.add_argument("--size", type=float, default=1.0, help="a part of the full experiment (default 1.0)")
    parser.add_argument("--dry", action="store_true", help="print only, leave docs/faults.md as it is")
    asked = parser.parse_args()
    if unknown := set(asked.names) - EXPERIMENTS.keys():
        parser.error(f"no such experiment: {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    broken = []
    until = time.monotonic() + ALTOGETHER * max(1.0, asked.size)
    for name in asked.names or EXPERIMENTS:
        began = time.monotonic()
        try:
            rows += (found := asyncio.run(_one(name, asked.size, until - began)))
        except Exception:
            broken.append(name)
            traceback.print_exc()
            continue
        for row in found:
            print(row.line(f"{time.monotonic() - began:.0f} s").rstrip(), flush=True)
    if rows and not asked.dry:
        write(rows)
    bad = [row.experiment for row in rows if not row.good] + broken
    print(f"{len(rows)} rows; promise not kept: {', '.join(bad) or 'none'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
