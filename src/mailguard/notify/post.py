"""The post room: every notice that is owed becomes a letter in the queue, once, whatever crashes in between.

The ledger writes a notice in the transaction that made it necessary, and the letter's own row ends it; this room only
looks for what is owed: when woken, and now and then. A stranger never gets a letter about a mail that pretends to be
his (backscatter): the administrators do. Reports of failed delivery ("bounced") are the delivery room's, not written
here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from mailguard import events
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.lifecycle import State
from mailguard.mail.message import new_message_id
from mailguard.mail.subaddress import SubAddress
from mailguard.notify.gathered import SHOWN, Gathered
from mailguard.notify.gathering import GATHERED, Gathering, Merge, about, person_of
from mailguard.notify.letter_rows import locked
from mailguard.notify.letters import ASKING, RETURNS, Kind, LetterContext, LetterSettings, ReplyResult, compose
from mailguard.notify.monthly import Monthly
from mailguard.notify.readers import WITHOUT_MAIL, readers_of
from mailguard.notify.reply_texts import OPEN
from mailguard.notify.telling import Telling
from mailguard.notify.tickets import Tickets
from mailguard.store.errors import StoreError
from mailguard.store.holds import Holds
from mailguard.store.mutes import Mutes
from mailguard.store.outbox import Outbox
from mailguard.store.records import Filter, MessageRecord, Notice, NoticeKind
from mailguard.store.spool import Spool

_KINDS: tuple[NoticeKind, ...] = (
    "held", "approval", "reminder", "escalated", "answered", "urgent", "told", "sent", "password", "cancelled",
    "rejected", "expired", "reply", "comment", *WITHOUT_MAIL,
)  # fmt: skip
#: Letters side by side: one commit for all, and a few milliseconds of the event loop.
_AT_ONCE = 12
#: Look again after so many seconds without being woken: a command line beside us may have written notices.
_LOOK_AGAIN = 5.0
_AFTER_FAULT = timedelta(seconds=30)


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
    ) -> None:
        """delivered: sorting has a letter to send. mutes: who wants peace; merge: when letters become one."""
        self._outbox, self._spool, self._holds = outbox, spool, holds
        self._tickets, self._settings = tickets, settings
        self._delivered, self._now = delivered, now
        self._mutes, self._merge, self._gathering = mutes, merge, Gathering(merge)
        self._woken = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._seen = 0  # the last notice that was taken out of the ledger; what is not answered yet is in memory
        self._later: list[tuple[datetime, tuple[Notice, ...]]] = []  # notices that failed, and when to try again

    async def start(self) -> None:
        """Begin; what was owed before the start is written first. Raises StoreError."""
        for person, at in await self._outbox.told_since(self._now() - self._merge.within, GATHERED):
            self._gathering.told(person_of(person), at)
        self._task = asyncio.create_task(self._work(), name="post")

    def wake(self) -> None:
        """A notice was written."""
        self._woken.set()

    async def stop(self) -> None:
        """End after the letter that is being written; what is still owed waits in the ledger."""
        self._closing = True
        self._woken.set()
        if self._task is not None:
            await self._task

    async def write_owed(self) -> int:
        """Write the letters that are owed now. Returns how many were queued."""
        written = 0
        while not self._closing:
            letters = await self._next_letters()
            # Side by side, so that the ledger's group commit takes many letters with one fsync.
            written += sum(await asyncio.gather(*map(self._write, letters)))
            if not letters:
                break
        return written

    async def _next_letters(self) -> list[tuple[Notice, ...]]:
        """The notices that are to be answered now, each tuple by one letter."""
        fresh = await self._outbox.pending(_AT_ONCE, _KINDS, self._seen)
        now = self._now()
        self._gathering.take(notice for notice in fresh if notice.kind in GATHERED)
        letters: list[tuple[Notice, ...]] = [(notice,) for notice in fresh if notice.kind not in GATHERED]
        if self._gathering.waits:
            letters += self._gathering.due(now, await self._mutes.all(now))
        if fresh:
            self._seen = fresh[-1].id
        again = [notices for at, notices in self._later if at <= now]
        self._later = [(at, notices) for at, notices in self._later if at > now]
        return sorted(letters + again, key=lambda notices: notices[0].id)

    async def _work(self) -> None:
        while not self._closing:
            self._woken.clear()
            pause = _LOOK_AGAIN
            try:
                await self.write_owed()
                pause = await self._pause()
            except StoreError as error:
                events.fault("post", error)
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _pause(self) -> float:
        """Seconds until there is something to do, if nobody wakes us."""
        if not self._gathering.waits:
            return _LOOK_AGAIN
        now = self._now()
        due = self._gathering.next_time(await self._mutes.all(now))
        return _LOOK_AGAIN if due is None else min(_LOOK_AGAIN, max(0.05, (due - now).total_seconds()))

    async def _write(self, notices: tuple[Notice, ...]) -> int:
        """One notice, or some together: the letters, or the fault that they met. One that is bad never stops others."""
        try:
            alone = notices[0] if len(notices) == 1 else None
            written = await (self._letters_for(alone) if alone else self._letter_for_all(notices))
        except Exception as error:
            events.fault("post", error, message_id=notices[0].message_id or "")
            self._later.append((self._now() + _AFTER_FAULT, notices))
            return 0
        if written:
            self._delivered()
        return written

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
            return await self._letters_for(only[-1]) if only else 0
        for reader in readers:
            now = self._now()
            context = LetterContext(
                settings=self._settings,
                to=reader,
                letter_id=new_message_id(now),
                now=now,
                link=f"{self._settings.base_url}/mine",
                gathered=Gathered(tuple(mails), asked, count),
            )
            await self._queue("gathered", context, ends=rest if reader == readers[-1] else [])
        return len(readers)

    async def _letters_for(self, notice: Notice) -> int:
        record = await self._holds.find(notice.message_id) if notice.message_id else None
        readers = readers_of(notice, self._settings.organization, self._settings.administrators)
        recordless = record is None and notice.kind not in (*WITHOUT_MAIL, "told", "reply")
        if not readers or recordless or is_stale(notice, record):
            await self._outbox.done(notice.id)
            return 0
        # Only the last letter ends the notice: after a crash somebody may be told twice, but nobody not at all.
        for reader in readers[:-1]:
            await self._letter(notice, record, reader, ends=False)
        await self._letter(notice, record, readers[-1], ends=True)
        return len(readers)

    async def _letter(self, notice: Notice, record: MessageRecord | None, to: Address, *, ends: bool) -> None:
        now = self._now()
        context = await self._context(notice, record, to, new_message_id(now), now)
        await self._queue(notice.kind, context, about=notice.message_id, ends=[notice.id] if ends else [])

    async def _queue(
        self, kind: Kind, context: LetterContext, *, ends: Sequence[int], about: str | None = None
    ) -> None:
        language = self._settings.language
        if context.original:  # megabytes, perhaps; without them it is done before a thread has begun
            octets = await asyncio.to_thread(compose, kind, language, context)
        else:
            octets = compose(kind, language, context)
        made = await self._spool.add_letter(
            context.letter_id, context.to, octets, about=about, now=context.now, ends=ends
        )
        if made is not None:
            events.letter_written(context.letter_id, kind)

    async def _context(
        self, notice: Notice, record: MessageRecord | None, to: Address, letter_id: str, now: datetime
    ) -> LetterContext:
        link, code = await self._way_in(notice, record, to)
        detail = notice.detail
        own = record is not None and to.key in record.owners
        return LetterContext(
            settings=self._settings,
            to=to,
            letter_id=letter_id,
            now=now,
            link=link,
            code=code,
            reply_to=await self._reply_to(notice, record, to),
            reply=ReplyResult.of(detail) if notice.kind == "reply" else None,
            record=record,
            people=_addresses(detail.get("recipients", ())),
            actor=str(detail.get("actor") or ""),
            comment=str(detail.get("comment") or ""),
            browser=str(detail.get("browser") or ""),
            problems=tuple(map(str, detail.get("problems", ()))),
            trouble=(str(detail.get("name") or ""), str(detail.get("reason") or "")),
            instead_of=tuple(map(str, detail.get("instead_of", ()))),
            answer=str(detail.get("answer") or ""),
            why_asked="forwarded" if detail.get("forwarded") else "altered" if detail.get("altered") else "",
            sender_said=tuple(map(str, detail.get("notes", ()))),
            telling=Telling.of(detail) if notice.kind == "told" else None,
            monthly=Monthly.of(detail) if notice.kind == "monthly" else None,
            about=notice.message_id,
            further="further" in detail,
            original=await self._original(record) if notice.kind in RETURNS and own and record else None,
        )

    async def _way_in(self, notice: Notice, record: MessageRecord | None, to: Address) -> tuple[str, str]:
        """Link and code. Where nothing is left to decide, the link leads to the mail's page, behind the login; there is
        none for whom that page would say nothing.
        """
        base = self._settings.base_url
        if notice.kind == "login":
            ticket = await self._tickets.login(to.key, str(notice.detail.get("nonce_hash") or ""))
            return f"{base}/login/{ticket.token}", ticket.code
        waits = notice.kind == "comment" and record is not None and record.state == "held"
        if _asks(notice) or waits:
            ticket = await self._tickets.letter(notice.message_id or "", to.key)
            return f"{base}/t/{ticket.token}", ticket.code
        if notice.kind == "monthly":
            return f"{base}/figures?month={notice.detail['month']}", ""
        if notice.message_id is None:
            return f"{base}/", ""
        named = notice.kind != "told" or notice.to == "" or (record is not None and to.key in record.people)
        return (f"{base}/messages/{notice.message_id}", "") if record is not None and named else ("", "")

    async def _reply_to(self, notice: Notice, record: MessageRecord | None, to: Address) -> Address | None:
        """Where an answer decides. Nowhere for people outside, whose answers do not pass through this house, and for
        administrators who are told of a mail that is not theirs.
        """
        base, make = self._settings.reply_address, self._tickets.reply
        if base is None or make is None or record is None or not _asks(notice):
            return None
        if not self._settings.organization.is_internal(to) or to.key not in record.people:
            return None
        return SubAddress(base).with_secret(await make(record.id, to.key, len(record.recipients)))

    async def _original(self, record: MessageRecord) -> bytes | None:
        """The octets for the draft; None if they are gone or too large (the letter says where they are)."""
        if not record.has_body:
            return None
        if record.size > self._settings.attach_bytes:
            return b""
        try:
            body = await self._spool.body(record.id)
            return await asyncio.to_thread(body.read)
        except KeyError:
            return None
        except OSError as error:  # lost or damaged: the letter goes without it
            events.fault("post", error, message_id=record.id)
            return None


def _asks(notice: Notice) -> bool:
    """Whether its letter asks for a decision: anew, if an answer could not be understood."""
    if notice.kind == "reply":
        return notice.message_id is not None and notice.detail.get("outcome") in OPEN
    return notice.kind == "held" or notice.kind in ASKING


def is_stale(notice: Notice, record: MessageRecord | None) -> bool:
    """Whether the question was answered before the letter could ask it, or what it tells is gone."""
    if notice.kind == "password":
        return record is not None and not locked(record)
    asks = notice.kind == "held" or notice.kind in ASKING
    return asks and record is not None and record.state != "held"


def _addresses(texts: object) -> tuple[Address, ...]:
    found = []
    for text in texts if isinstance(texts, list | tuple) else ():
        try:
            found.append(parse_address(str(text)))
        except AddressError:
            continue
    return tuple(found)
