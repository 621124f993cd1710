"""The small benches still run: they stand in for rooms, and a room that asks more of others breaks them unseen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parent.parent / "bench"


@pytest.mark.parametrize(
    ("script", "given", "said"),
    [
        ("judge.py", ("--rounds", "1", "--mails", "3"), "relayed  accept"),
        ("store.py", ("--rounds", "1", "--mails", "20"), "entry "),
        ("relay.py", ("--rounds", "1", "--mails", "20", "--only", "handed"), "loop"),
        ("insight.py", ("--mails", "30"), "judge"),
    ],
)
def test_it_runs_and_says_what_the_pages_take_from_it(script: str, given: tuple[str, ...], said: str) -> None:
    command = [sys.executable, str(BENCH / script), *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=BENCH)
    assert done.returncode == 0, done.stderr[-2000:]
    assert said in done.stdout
