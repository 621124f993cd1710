"""The audit log for those who may read all of it: looked up, exported, and checked.

An export is itself a line of the log, written before the first octet leaves. Checking the whole chain takes seconds
for a million lines, so it runs beside everything else; what came since is checked every hour.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailguard import events
from mailguard.mail.actor import Actor
from mailguard.store.audit import Audit
from mailguard.store.audit_export import CopyCheck, as_csv, as_jsonl, check_copy, exported, read_copy
from mailguard.store.audit_log import PIECE, AuditLog, Checked, LineFilter, Lines
from mailguard.store.db import Database
from mailguard.store.errors import StoreClosed, StoreFull
from mailguard.store.records import HistoryLine

__all__ = ["AuditReview", "Checked", "CopyCheck", "HistoryLine", "LineFilter", "Lines", "check_copy", "read_copy"]

_LINES_MOST = 500


class AuditReview:
    """Who did what, when, by which way."""

    def __init__(self, db: Database, *, now: Callable[[], datetime]) -> None:
        self._log, self._audit, self._now = AuditLog(db), Audit(db), now
        self._running: asyncio.Task[None] | None = None
        #: How much of a walk that is under way is done, 0..1.
        self.part = 0.0

    async def page(self, chosen: LineFilter, limit: int = 100) -> Lines:
        """The newest lines that match; at most 500."""
        return await self._log.page(chosen, max(1, min(limit, _LINES_MOST)))

    async def mails(self, lines: Sequence[HistoryLine]) -> frozenset[str]:
        """The mails of these lines that are still known."""
        return await self._log.mails(line.message_id for line in lines)

    async def export(self, actor: Actor, chosen: LineFilter, form: str) -> AsyncIterator[str]:
        """The lines that match, oldest first, piece by piece, as JSON lines or (form "csv") CSV."""
        # What is written from here on, its own line too, is not part of it: the export has an end.
        chosen = replace(chosen, last=(await self._log.range(chosen))[1])
        detail = {"what": "audit", "format": form, **_told(chosen)}
        await self._audit.note("export", actor, self._now(), **detail)
        return self._pieces(chosen, form)

    async def _pieces(self, chosen: LineFilter, form: str) -> AsyncIterator[str]:
        write = as_csv if form == "csv" else as_jsonl
        if form == "csv":
            yield as_csv(None)
        after = 0
        while True:
            found, looked = await self._log.after(chosen, after, PIECE)
            if found:
                yield "".join(write(exported(line, previous)) for line, previous in found)
            if looked == after:
                return
            after = looked

    async def first_other(self, copy: Mapping[int, str]) -> int | None:
        """The first number of a copy (number -> hash) that the log does not have, or with another hash."""
        others = [number for number in copy if number < 1]
        after, rest = 0, dict(copy)
        while rest:
            found, looked = await self._log.after(LineFilter(), after, PIECE)
            for line, _ in found:
                if rest.pop(line.number, line.hash) != line.hash:
                    others.append(line.number)
            if looked == after:
                break
            after = looked
        return min([*others, *rest], default=None)

    async def checked(self) -> Checked:
        """How far the chain was checked last, and what was found."""
        return await self._log.checked()

    @property
    def checking(self) -> bool:
        """Whether the whole chain is being walked."""
        return self._running is not None and not self._running.done()

    def verify_soon(self) -> None:
        """Walk the whole chain beside everything else, unless that is under way."""
        if not self.checking:
            self.part = 0.0
            self._running = asyncio.get_running_loop().create_task(self._walk_all(), name="audit verify")

    async def verify(self) -> Checked:
        """Walk the whole chain from its start. What was found is told though it cannot be kept: the disk is full."""
        checked = await self._walk(Checked())
        checked = replace(checked, whole_at=checked.at)
        with contextlib.suppress(StoreFull, StoreClosed):
            await self._log.keep(checked)
        return checked

    async def follow(self) -> Checked:
        """Check what came since the last time. A break that was found stays found until the whole is walked again."""
        known = await self._log.checked()
        if known.broken is not None or self.checking:
            return known
        checked = await self._walk(known)
        await self._log.keep(checked)
        return checked

    async def stop(self) -> None:
        """End a walk that is under way."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _walk(self, checked: Checked) -> Checked:
        while True:
            checked, left = await self._log.check(checked, self._now())
            self.part = checked.upto / (checked.upto + left) if checked.upto + left else 1.0
            if not left:
                return checked
            await asyncio.sleep(0)

    async def _walk_all(self) -> None:
        try:
            await self.verify()
        except Exception as error:
            events.fault("review", error)


def _told(chosen: LineFilter) -> dict[str, Any]:
    """What was asked for, as the log keeps it."""
    said = {
        "person": chosen.person, "message_id": chosen.message_id, "act": chosen.act, "via": chosen.via,
        "since": chosen.since and chosen.since.isoformat(), "until": chosen.until and chosen.until.isoformat(),
        "last": chosen.last,
    }  # fmt: skip
    found = {name: value for name, value in said.items() if value}
    return {"filter": found} if found else {}
