"""What is past its time goes: octets, metadata, and what was remembered about people, files and mails handed in.

In batches, each its own transaction, so that mail flows meanwhile. Rows first, then files: a crash between leaves files
that the spool removes when it starts. Where everything stood still for longer than bodies are kept, lessons of the
last mail may be in no model yet: the first round leaves those, and whoever learns has until the next. It trusts
`store.purge` for what is past its time.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from mailguard.mail.message import new_message_id
from mailguard.store import lessons, resent, snapshots
from mailguard.store.alone import may_remove
from mailguard.store.bulk import forget_bulk
from mailguard.store.db import Database
from mailguard.store.files_seen import forget_files
from mailguard.store.log_file import truncate_log
from mailguard.store.memory import forget_people
from mailguard.store.octets import Octets
from mailguard.store.purge import Purged, Retention, purge_bodies, purge_facts, purge_messages
from mailguard.store.rows import to_micro
from mailguard.store.trusts import forget_trusts

#: A mail has come to its end so long after it came in; what is older was seen to when the house opened.
_LATEST = timedelta(days=30)


class Clearing:
    """The rounds of one house."""

    def __init__(self, db: Database, octets: Octets, resent_within: timedelta) -> None:
        self._db = db
        self._octets = octets
        self._resent_within = resent_within
        self._facts_swept = self._was_round = False

    async def clear(self, now: datetime, retention: Retention) -> Purged:
        """Remove what is past its time. Letters lose their octets as soon as they are out."""
        learnt = None if self._was_round else await self._learnt()
        bodies = await self._clear_bodies(now, retention, learnt)
        messages = 0
        while count := await self._db.write(lambda c: purge_messages(c, now, retention)):
            messages += count
        await self._forget(now, retention, learnt)
        await self._clear_facts(now, retention)
        # What was overwritten in the ledger still stands in its log.
        await self._octets.in_thread(partial(truncate_log, self._db.path))
        self._was_round = True
        return Purged(bodies, messages)

    async def _learnt(self) -> int:
        """The last experience that the model on disk has; 0: there is none that can be read."""
        with suppress(snapshots.SnapshotError, OSError):
            mark = await asyncio.to_thread(snapshots.mark_of, snapshots.snapshot_path(self._db.path))
            return 0 if mark is None else mark.number
        return 0

    async def _forget(self, now: datetime, retention: Retention, learnt: int | None) -> None:
        """People, files, trust, acts over many mails, mails handed in: each as long as it is of use."""
        old, write = now - retention.metadata, self._db.write
        sender = ""
        while sender := await write(partial(forget_people, after=sender, older=old)):
            pass
        await write(lambda c: forget_files(c, old))
        while await write(lambda c: forget_trusts(c, now)):
            pass
        await write(lambda c: forget_bulk(c, now - retention.bodies))
        old_lessons = to_micro(now - retention.bodies)
        upto = old_lessons if learnt is None else min(old_lessons, learnt)
        while await write(lambda c: lessons.remove(c, upto)):
            pass
        while await write(lambda c: resent.forget(c, now - self._resent_within)):
            pass

    async def _clear_bodies(self, now: datetime, retention: Retention, learnt: int | None) -> int:
        """While a backup reads bodies none is removed; the next round sees to them."""
        count = 0
        with may_remove(self._db.path) as allowed:
            while allowed and (ids := await self._db.write(lambda c: purge_bodies(c, now, retention, learnt))):
                count += len(ids)
                await self._octets.remove(ids)
        return count

    async def _clear_facts(self, now: datetime, retention: Retention) -> None:
        after = "" if not self._facts_swept else new_message_id(now - retention.recorded - _LATEST)
        while True:
            count, after = await self._db.write(partial(purge_facts, now=now, retention=retention, after=after))
            if not count:
                self._facts_swept = True
                return
