"""The post room: every notice that is owed becomes a letter in the queue, once, whatever crashes in between.

The ledger writes a notice in the transaction that made it necessary, and the letter's own row ends it. What this
process took in itself comes in memory with its mail (notify.owed), and is looked at once more by the transaction that
ends it. A stranger never gets a letter about a mail that pretends to be his (backscatter): the administrators do.
Reports of failed delivery ("bounced") are the delivery room's, not written here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from mailguard import events
from mailguard.mail.address import Address
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Body, new_message_id
from mailguard.notify.gathered import SHOWN, Gathered
from mailguard.notify.gathering import GATHERED, Gathering, Merge, about, person_of
from mailguard.notify.letter_making import LetterMaking, is_stale
from mailguard.notify.letters import ASKING, Kind, LetterContext, LetterSettings, compose
from mailguard.notify.owed import LOOK_AGAIN, Owed
from mailguard.notify.readers import WITHOUT_MAIL, readers_of
from mailguard.notify.tickets import Tickets
from mailguard.store.holds import Holds
from mailguard.store.letters import NOTHING_CARRIED, Carried, Outdated
from mailguard.store.mutes import Mutes
from mailguard.store.outbox import Outbox
from mailguard.store.records import Filter, MessageRecord, Notice, NoticeKind
from mailguard.store.spool import Spool

#: Letters side by side: one commit for all, and a few milliseconds of the event loop.
_AT_ONCE = 12
_AFTER_FAULT = timedelta(seconds=30)
#: How long a letter may be handed on in memory before others may send it; as for a fresh mail.
_LEASE = timedelta(minutes=15)
_ONE_WAY = ("",)


class HandsOn(Protocol):
    """The sorting room: takes a letter in memory, under a lease that the ledger already holds."""

    def room_for_one(self, ways: Collection[str]) -> bool: ...

    def hand_on(self, record: MessageRecord, body: Body | None = None) -> None: ...


class Post:
    """Notices in, letters out."""

    def __init__(
        self,
        outbox: Outbox,
        spool: Spool,
        holds: Holds,
        *,
        tickets: Tickets,
        settings: LetterSettings,
        delivered: Callable[[], None],
        now: Callable[[], datetime],
        mutes: Mutes,
        merge: Merge = Merge(),  # noqa: B008 - frozen
        sorting: HandsOn | None = None,
        directory: Callable[[], Directory] = lambda: NOBODY,
    ) -> None:
        """delivered: sorting has a letter to send. mutes: who wants peace; merge: when letters become one; sorting:
        takes letters in memory, None: they all go by the ledger. directory: whose names are believed.
        """
        self._outbox, self._spool, self._holds = outbox, spool, holds
        self._making, self._settings = LetterMaking(spool, tickets, settings, directory), settings
        self._delivered, self._now, self._sorting = delivered, now, sorting
        self._mutes, self._merge, self._gathering = mutes, merge, Gathering(merge)
        self._owed = Owed(outbox, _AT_ONCE)
        self._woken = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._later: list[tuple[datetime, tuple[Notice, ...]]] = []  # notices that failed, and when to try again

    async def start(self) -> None:
        """Begin; what was owed before the start is written first. Raises StoreError."""
        for person, at in await self._outbox.told_since(self._now() - self._merge.within, GATHERED):
            self._gathering.told(person_of(person), at)
        self._outbox.listen()
        self._task = asyncio.create_task(self._work(), name="post")

    def wake(self) -> None:
        """A notice was written."""
        self._owed.look()
        self._woken.set()

    def taken(self, message_id: str) -> None:
        """A mail was taken in here that somebody is to hear of."""
        new = self._owed.of_mail(message_id)
        if new is not None and self._gathering.take_behind(new, self._now()):
            self._owed.taken(message_id, new)  # in a flood, nobody is woken for each mail
            return
        self._woken.set()

    async def stop(self) -> None:
        """End after the letter that is being written; what is still owed waits in the ledger."""
        self._closing = True
        self._woken.set()
        if self._task is not None:
            await self._task

    async def write_owed(self) -> int:
        """Write the letters that are owed now. Returns how many were queued."""
        self._owed.look()
        return await self._write_all()

    async def _write_all(self) -> int:
        written, more = 0, True
        while more and not self._closing:
            now = self._now()
            mutes = await self._mutes.all(now)  # first: what is taken over below is not asked for again
            fresh = await self._owed.next()
            letters = self._next_letters([notice for notice, _ in fresh], now, mutes)
            entered = {notice.id: record for notice, record in fresh if record is not None}
            # Side by side, so that the ledger's group commit takes many letters with one fsync.
            written += await self._write_some(letters, entered) if letters else 0
            more = self._owed.has_more
        return written

    def _next_letters(
        self, fresh: Sequence[Notice], now: datetime, mutes: Mapping[str, datetime]
    ) -> list[tuple[Notice, ...]]:
        """The notices that are to be answered now, each tuple by one letter."""
        self._gathering.take(notice for notice in fresh if notice.kind in GATHERED)
        letters: list[tuple[Notice, ...]] = [
            (notice,) for notice in fresh if notice.kind not in (*GATHERED, "gathered")
        ]
        letters += _by_reader(notice for notice in fresh if notice.kind == "gathered")
        letters += self._gathering.due(now, mutes)
        again = [notices for at, notices in self._later if at <= now]
        self._later = [(at, notices) for at, notices in self._later if at > now]
        return sorted(letters + again, key=lambda notices: notices[0].id)

    async def _write_some(self, letters: Sequence[tuple[Notice, ...]], entered: Mapping[int, MessageRecord]) -> int:
        """entered: mails as they came in, by the notice about them; all others are read at once."""
        alone = (notices[0] for notices in letters if len(notices) == 1)
        wanted = {one.message_id for one in alone if one.message_id and one.id not in entered}
        try:
            records = await self._holds.find_all(wanted) if wanted else {}
        except Exception as error:  # the ledger is away, there is no memory: they were given out, and not once more
            events.fault("post", error)
            self._later += [(self._now() + _AFTER_FAULT, notices) for notices in letters]
            return 0
        return sum(await asyncio.gather(*(self._write(notices, entered, records) for notices in letters)))

    async def _work(self) -> None:
        while not self._closing:
            self._woken.clear()
            pause = LOOK_AGAIN
            try:
                await self._write_all()
                pause = self._pause()
            except Exception as error:
                events.fault("post", error)
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _pause(self) -> float:
        """Seconds until there is something to do, if nobody wakes us."""
        due = self._gathering.next_time
        return LOOK_AGAIN if due is None else min(LOOK_AGAIN, max(0.05, (due - self._now()).total_seconds()))

    async def _write(
        self, notices: tuple[Notice, ...], entered: Mapping[int, MessageRecord], records: Mapping[str, MessageRecord]
    ) -> int:
        """One notice, or some together: the letters, or the fault that they met. One that is bad never stops others."""
        try:
            notice = notices[0]
            if notice.kind == "gathered":
                return await self._letter_of_ending(notices)
            if len(notices) > 1:
                return await self._letter_for_all(notices)
            if notice.id not in entered:
                return await self._letters(notice, records.get(notice.message_id or ""))
            try:
                return await self._letters(notice, entered[notice.id], entered[notice.id])
            except Outdated:
                return await self._letters_anew(notice)
        except Exception as error:
            events.fault("post", error, message_id=notices[0].message_id or "")
            self._later.append((self._now() + _AFTER_FAULT, notices))
            return 0

    async def _letter_for_all(self, notices: tuple[Notice, ...]) -> int:
        """One letter that lists what still waits. Where only one mail does, its own letter says more."""
        waiting = Filter(state=State.HELD, ids=about(notices))
        mails, count = await self._holds.page(waiting, SHOWN), await self._holds.count(waiting)
        asked = frozenset(str(notice.message_id) for notice in notices if notice.kind in ASKING)
        only = [notice for notice in notices if count == 1 and notice.message_id == mails[0].lead]
        readers = readers_of(notices[0], self._settings.organization, self._settings.administrators)
        rest = [notice.id for notice in notices if not only or notice != only[-1]]
        if only or not mails or not readers:
            await self._outbox.done(*rest)
            return await self._letters_anew(only[-1]) if only else 0
        for reader in readers:
            await self._gather(reader, Gathered(tuple(mails), asked, count), rest if reader == readers[-1] else [])
        return len(readers)

    async def _letter_of_ending(self, notices: tuple[Notice, ...]) -> int:
        """What ends soon, in one letter for all of it; where that is one mail, the letter that asks about it."""
        notice, ids = notices[0], [one.id for one in notices]
        own = tuple(one for some in notices for one in ending_in(some, "own"))
        asked = tuple(one for some in notices for one in ending_in(some, "asked"))
        waiting = Filter(state=State.HELD, ids=(*own, *asked))
        mails, count = await self._holds.page(waiting, SHOWN), await self._holds.count(waiting)
        readers = readers_of(notice, self._settings.organization, self._settings.administrators)
        if not mails or not readers:
            await self._outbox.done(*ids)
            return 0
        if count == 1:
            lead = mails[0].lead
            kind: NoticeKind = "held" if lead in own else "reminder"
            named = (one for one in notices if lead in (*ending_in(one, "own"), *ending_in(one, "asked")))
            notice = next(named, notice)
            if rest := [one for one in ids if one != notice.id]:
                await self._outbox.done(*rest)
            return await self._letters_anew(replace(notice, kind=kind, message_id=lead, detail={"ending": True}))
        for reader in readers:
            gathered = Gathered(tuple(mails), frozenset(asked).difference(own), count, ending=True)
            await self._gather(reader, gathered, ids if reader == readers[-1] else [])
        return len(readers)

    async def _gather(self, reader: Address, gathered: Gathered, ends: Sequence[int]) -> None:
        now = self._now()
        context = LetterContext(
            settings=self._settings,
            to=reader,
            letter_id=new_message_id(now),
            now=now,
            link=f"{self._settings.base_url}/mine",
            gathered=gathered,
        )
        await self._queue("gathered", context, ends=ends)

    async def _letters_anew(self, notice: Notice) -> int:
        return await self._letters(notice, await self._holds.find(notice.message_id) if notice.message_id else None)

    async def _letters(self, notice: Notice, record: MessageRecord | None, of: MessageRecord | None = None) -> int:
        """of: the mail as it came in, where the letters are written from that."""
        readers = readers_of(notice, self._settings.organization, self._settings.administrators)
        recordless = record is None and notice.kind not in (*WITHOUT_MAIL, "told", "reply")
        if not readers or recordless or is_stale(notice, record):
            await self._outbox.done(notice.id)
            return 0
        # Only the last letter ends the notice: after a crash somebody may be told twice, but nobody not at all.
        for reader in readers:
            context, carried = await self._making.context(notice, record, reader, self._now())
            ends = [notice.id] if reader is readers[-1] else []
            await self._queue(notice.kind, context, about=notice.message_id, ends=ends, carried=carried, of=of)
        return len(readers)

    async def _queue(
        self,
        kind: Kind,
        context: LetterContext,
        *,
        ends: Sequence[int],
        about: str | None = None,
        carried: Carried = NOTHING_CARRIED,
        of: MessageRecord | None = None,
    ) -> None:
        language = self._settings.language
        if context.original:  # megabytes, perhaps; without them it is done before a thread has begun
            octets = await asyncio.to_thread(compose, kind, language, context)
        else:
            octets = compose(kind, language, context)
        promptly = self._sorting is not None and self._sorting.room_for_one(_ONE_WAY)
        made = await self._spool.add_letter(
            context.letter_id,
            context.to,
            octets,
            about=about,
            now=context.now,
            ends=ends,
            lease_until=context.now + _LEASE if promptly else None,
            carried=carried,
            of=of,
            plain=octets.isascii(),  # in lines they are (notify.mime)
        )
        if made is None:
            return
        events.letter_written(context.letter_id, kind)
        if promptly and self._sorting is not None:
            self._sorting.hand_on(made, self._spool.at_hand(made.id))
        else:
            self._delivered()


def _by_reader(notices: Iterable[Notice]) -> list[tuple[Notice, ...]]:
    """What is owed to one and the same: very much of it was written in several steps."""
    found: dict[str, list[Notice]] = {}
    for notice in notices:
        found.setdefault(notice.to, []).append(notice)
    return [tuple(some) for some in found.values()]


def ending_in(notice: Notice, whose: str) -> tuple[str, ...]:
    """The ids of the mails that a notice says end soon: the reader's own ("own"), or those that ask him ("asked")."""
    found = notice.detail.get(whose)
    return tuple(map(str, found)) if isinstance(found, list) else ()
