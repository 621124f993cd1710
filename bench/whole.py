"""All of `make bench`, one after the other, and how long it took: figures that take an hour nobody makes anew.

python bench/whole.py [--dry]
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tables import goal, write_goals

PARTS = ("run.py", "rooms.py", "reading.py", "policy.py", "alert.py", "stalls.py", "growth.py", "start.py")
GOAL_MINUTES = 8


def main() -> None:
    bench, begun = Path(__file__).resolve().parent, time.monotonic()
    for part in PARTS:
        before = time.monotonic()
        done = subprocess.run([sys.executable, str(bench / part), *sys.argv[1:]], check=False)
        if done.returncode:
            sys.exit(done.returncode)
        print(f"{part}: {time.monotonic() - before:.0f} s", file=sys.stderr, flush=True)
    row = goal("the whole of `make bench`: minutes", (time.monotonic() - begun) / 60, GOAL_MINUTES)
    print(row)
    if "--dry" not in sys.argv:
        write_goals([row], "bench/whole.py")


if __name__ == "__main__":
    main()
