"""What the machine says of itself, where the machine has nothing left."""

from __future__ import annotations

import subprocess
import sys

_NOTHING_LEFT = """
import os, resource
from mailguard.pressure import gauges
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
try:
    while True:
        os.open("/dev/null", os.O_RDONLY)
except OSError:
    print(*gauges.descriptors())
"""


def test_where_no_descriptor_is_left_to_count_them_all_are_in_use() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _NOTHING_LEFT], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert said.split() == ["64", "64"]
