"""mailguard in a house where time passes as a test says: `python this.py FILE serve ...`.

FILE holds eight octets: so many nanoseconds are the clocks of the house ahead of the machine's (a negative number:
behind). Wall clock and steady clock go together: to the house nobody sets a clock, days just pass.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from pathlib import Path

from mailguard.__main__ import main
from mailguard.app import rooms
from mailguard.app.wallclock import WallClock


class Calendar:
    """The file, as the test turns it and the house reads it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._octets = mmap.mmap(file.fileno(), 8)

    def now(self) -> float:
        """Seconds since 1970 in the house."""
        (ahead,) = struct.unpack("q", self._octets[:])
        return time.time() + float(ahead) / 1e9

    def go_to(self, at: float | None) -> None:
        """Let it be that time; None: that of the machine."""
        self._octets[:] = struct.pack("q", 0 if at is None else int((at - time.time()) * 1e9))


if __name__ == "__main__":
    calendar = Calendar(Path(sys.argv.pop(1)))
    rooms.utc_now = WallClock(calendar.now, calendar.now)
    main()
