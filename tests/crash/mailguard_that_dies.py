"""mailguard, killed by SIGKILL at a named point of the crash table (docs/states.md): `python this.py POINT serve ...`.

The program under test has no hooks for this; here its methods are wrapped from outside. SIGKILL runs no handler, no
`finally` and no flush: what is on disk is all that the next start finds.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from mailguard.__main__ import main
from mailguard.relay.mailbox import MailboxUpstream
from mailguard.store.holds import Holds
from mailguard.store.queue import Queue
from mailguard.store.spool import Spool


def _mail(*arguments: Any) -> bool:
    """Whether a try at the upstream is about a mail of people, not a letter of ours."""
    return not arguments[1].sender.is_null


#: point -> class, method, before or after it, which calls count
POINTS: dict[str, tuple[Any, str, str, Any]] = {
    "before the commit": (Spool, "add", "before", None),
    "between commit and 250": (Spool, "add", "after", None),
    "between claim and upstream": (MailboxUpstream, "relay", "before", _mail),
    "upstream said 250, before our commit": (MailboxUpstream, "relay", "after", _mail),
    "before the outcome is recorded": (Queue, "record", "before", None),
    "before the release": (Holds, "fulfil", "before", None),
    "between release and queue": (Holds, "fulfil", "after", None),
    "before the letter": (Spool, "add_letter", "before", None),
    "after the letter": (Spool, "add_letter", "after", None),
}


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Let the process die when it comes to that point."""
    owner, name, when, counts = POINTS[point]
    method = getattr(owner, name)

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        if when == "before" and (counts is None or counts(*arguments)):
            _die()
        result = await method(*arguments, **named)
        if when == "after" and (counts is None or counts(*arguments)):
            _die()
        return result

    setattr(owner, name, wrapped)


if __name__ == "__main__":
    arm(sys.argv.pop(1))
    main()
