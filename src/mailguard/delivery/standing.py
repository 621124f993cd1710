"""Which next servers take no mail at all: they refuse us, or cannot be reached; since when, and in which words.

Pure; time comes in. What a server says about one mail is nothing of this: only what holds for every mail counts, and
the first that goes out ends it. It knows what happened since the start of this process, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.mail.outcome import Outcome
from mailguard.store.troubles import Standstill, Why

#: From when on it is told: a refusal that a second try (`delivery.retry`) has confirmed, and a server that was not just
#: started anew.
_TOLD_AFTER: Mapping[Why, timedelta] = {"refused": timedelta(seconds=90), "away": timedelta(minutes=15)}
#: How long a server must not have refused us that had let us in and refused again: one that takes a part of the mail
#: (Exchange Online, of a connector that it does not know) would be told of as over and begun all day long.
_QUIET = timedelta(hours=1)


@dataclass(slots=True)
class _Stop:
    why: Why
    since: datetime
    said: str


class Standing:
    """Of all ways. All methods belong to one event loop."""

    def __init__(self) -> None:
        #: Ways by which mail went lately: asked of each mail.
        self.flows: set[str] = set()
        self._stops: dict[str, _Stop] = {}
        self._let_in: set[str] = set()  # after a refusal
        self._relapsed: dict[str, datetime] = {}  # and refused us after that: last when

    def went(self, way: str) -> None:
        """The next server took a mail."""
        self.flows.add(way)
        stop = self._stops.pop(way, None)
        if stop is not None and stop.why == "refused":
            self._let_in.add(way)

    def goes(self, way: str, now: datetime) -> bool:
        """Whether mail goes by this way, and not now and then only."""
        last = self._relapsed.get(way)
        return way in self.flows and (last is None or now - last >= _QUIET)

    def failed(self, way: str, outcomes: Iterable[Outcome], now: datetime, *, away: bool) -> None:
        """A try came to nothing. away: the server is left in peace, which is so for its rate as well."""
        tried = list(outcomes)
        talked = any(one.mta for one in tried)
        about_us = next((one for one in tried if one.about_us), None)
        known = self._stops.get(way)
        if about_us is not None:
            began = known.since if known is not None and known.why == "refused" else now
            self._stops[way] = _Stop("refused", began, _said(about_us))
            if way in self._let_in:
                self._relapsed[way] = now
        elif talked:  # to us, about this mail
            if known is not None and known.why == "away":
                del self._stops[way]
            return
        elif not away:
            return
        elif known is None:
            self._stops[way] = _Stop("away", now, next((_said(one) for one in tried), ""))
        self.flows.discard(way)

    def stuck(self, waiting: Mapping[str, int], now: datetime) -> dict[str, Standstill]:
        """Those that are to be told, by way. waiting: copies that wait; without any nobody need act."""
        return {
            way: Standstill(stop.why, waiting[way], stop.since, stop.said)
            for way, stop in self._stops.items()
            if waiting.get(way) and now - stop.since >= _TOLD_AFTER[stop.why]
        }


def _said(outcome: Outcome) -> str:
    """The server's words with its name, where they are its words."""
    return f"{outcome.mta}: {outcome.code} {outcome.text}" if outcome.mta else outcome.text
