"""What open consoles hear: a small notice "something about this mail changed", never the mail itself.

Rooms publish, consoles listen. A notice goes only to the people it concerns; who listens for everything must say so
and is checked by the door. Queues are bounded: a listener that does not keep up loses its oldest notices and is told
to look again (`again`), because the ledger, not this module, is the truth. Nothing here blocks and nothing is kept
after a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.store.records import MessageRecord

#: A page that is this far behind reloads instead of replaying.
_QUEUE = 64
NOBODY_IS_CALLED: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class LiveNotice:
    """kind: held, decided, sent, ... or "again" (some were lost: read anew); message_id: "" for "again".

    alert: why the listener is to be called, if he is: "hold" (a mail of his is held), "approval" (he is asked), or, for
    who hears everything, "other" (somebody else's mail is held).
    """

    kind: str
    message_id: str
    alert: str = ""


def called(record: MessageRecord) -> dict[str, str]:
    """Who is called about a mail that was just held; nobody for one that only waits for its undo window to end."""
    held = [copy for copy in record.recipients if copy.state is State.HELD and copy.disposition > Disposition.DELAY]
    asked = {person for copy in held for person in copy.voters}.difference(record.authors) if held else set()
    senders = (*record.owners, *record.members) if held else ()
    return {**dict.fromkeys(asked, "approval"), **dict.fromkeys(senders, "hold")}


@dataclass(eq=False, slots=True)
class Listener:
    """One open console: hears what concerns `person` (an address key), or everything."""

    person: str
    everything: bool
    _queue: asyncio.Queue[LiveNotice | None] = field(default_factory=lambda: asyncio.Queue(_QUEUE))

    def hear(self, notice: LiveNotice | None) -> None:
        """Put a notice (None: the house closes) in line; a full line is emptied and becomes one "again"."""
        if self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(LiveNotice("again", ""))
        self._queue.put_nowait(notice)

    async def next(self, seconds: float) -> LiveNotice | None:
        """The next notice; None when the house closes. Raises TimeoutError after so many seconds of silence."""
        async with asyncio.timeout(seconds):
            return await self._queue.get()


class Live:
    """Who listens now. All methods belong to one event loop."""

    def __init__(self, limit: int = 2000) -> None:
        self._listeners: set[Listener] = set()
        self._limit = limit
        self._closed = False

    def publish(
        self, kind: str, message_id: str, people: frozenset[str], alerts: Mapping[str, str] = NOBODY_IS_CALLED
    ) -> None:
        """Tell the consoles of these people (address keys), and those that hear everything.

        alerts: who is called, and why (LiveNotice.alert).
        """
        for listener in self._listeners:
            if listener.everything or listener.person in people:
                other = "other" if alerts and listener.everything else ""
                listener.hear(LiveNotice(kind, message_id, alerts.get(listener.person, other)))

    def look_again(self) -> None:
        """Something changed, by another process perhaps: every console reads anew what it shows."""
        for listener in self._listeners:
            listener.hear(LiveNotice("again", ""))

    @contextmanager
    def listening(self, person: str, *, everything: bool = False) -> Iterator[Listener | None]:
        """A listener for as long as the block lasts; None if the house is closing or too many listen already."""
        if self._closed or len(self._listeners) >= self._limit:
            yield None
            return
        listener = Listener(person, everything)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    def close(self) -> None:
        """End every listener: the server is stopping, and an open stream must not hold it up."""
        self._closed = True
        for listener in self._listeners:
            listener.hear(None)
