"""Work without an end is ended, in a program of its own: the timer is the whole process's."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mailguard.inspect.overtime import bounded

ENDED = """
import re, signal, threading, time
from mailguard.inspect import overtime
from mailguard.inspect.overtime import Overtime, bounded, watch

def endless(text):
    return re.compile("(a|aa)+$").match(text)

def stubborn(text):
    for _ in range(3):
        try:
            endless(text)
        except Exception:
            caught.append(text)
    return "done"

def deaf(text):
    try:
        return endless(text)
    finally:
        left.append(text)

overtime.SECONDS = 0.2
caught, left = [], []
watch()
text = "a" * 60 + "b"
for work in (endless, deaf):
    try:
        bounded(work, text)
    except Overtime as error:
        print("ended:", error)
assert bounded(stubborn, text) == "done" and len(caught) == 3 and len(left) == 1
assert bounded(len, text) == 61
assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
signal.raise_signal(signal.SIGALRM)  # nobody is at work
found = []
other = threading.Thread(target=lambda: found.append(bounded(len, text)))
other.start()
other.join()
assert found == [61] and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
"""


def test_work_without_an_end_is_ended_however_often_and_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", ENDED], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["ended: more than 0.2 s for one mail"] * 2


def test_where_nobody_watches_work_is_done_as_it_is() -> None:
    assert bounded(sorted, [2, 1], reverse=False) == [1, 2]
    with pytest.raises(ZeroDivisionError):
        bounded(divmod, 1, 0)
