"""The post room: every notice that is owed becomes a letter in the queue, once, whatever crashes in between.

The ledger writes a notice in the transaction that made it necessary, and the letter's own row ends it; this room only
looks for what is owed: when woken, and now and then. A stranger never gets a letter about a mail that pretends to be
his (backscatter): the administrators do. Reports of failed delivery ("bounced") are the delivery room's, not written
here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mailguard import events
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.message import new_message_id
from mailguard.mail.subaddress import SubAddress
from mailguard.notify.letter_rows import locked
from mailguard.notify.letters import ASKING, RETURNS, Kind, LetterContext, LetterSettings, ReplyResult, compose
from mailguard.notify.monthly import Monthly
from mailguard.notify.readers import WITHOUT_MAIL, readers_of
from mailguard.notify.reply_texts import OPEN
from mailguard.notify.telling import Telling
from mailguard.store.errors import StoreError
from mailguard.store.holds import Holds
from mailguard.store.outbox import Outbox
from mailguard.store.records import MessageRecord, Notice, NoticeKind
from mailguard.store.spool import Spool

_KINDS: tuple[NoticeKind, ...] = (
    "held", "approval", "reminder", "escalated", "answered", "urgent", "told", "sent", "password", "cancelled",
    "rejected", "expired", "reply", "comment", *WITHOUT_MAIL,
)  # fmt: skip
_AT_ONCE = 32
#: Look again after so many seconds without being woken: a command line beside us may have written notices.
_LOOK_AGAIN = 5.0
_AFTER_FAULT = timedelta(seconds=30)


class TicketLike(Protocol):
    """The two secrets of a letter."""

    @property
    def token(self) -> str: ...
    @property
    def code(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Tickets:
    """Where letters get their secrets: (message id, person's key) and (person's key, hash of the browser's nonce);
    reply: (message id, person's key), None where no answers are taken.
    """

    letter: Callable[[str, str], Awaitable[TicketLike]]
    login: Callable[[str, str], Awaitable[TicketLike]]
    reply: Callable[[str, str], Awaitable[str]] | None = None


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
    ) -> None:
        """delivered: sorting has a letter to send."""
        self._outbox, self._spool, self._holds = outbox, spool, holds
        self._tickets, self._settings = tickets, settings
        self._delivered, self._now = delivered, now
        self._woken = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._later: dict[int, datetime] = {}  # notices that failed, and when to try again

    async def start(self) -> None:
        """Begin; what was owed before the start is written first."""
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
            notices = [n for n in await self._outbox.pending(_AT_ONCE + len(self._later), _KINDS) if self._is_due(n)]
            # Side by side, so that the ledger's group commit takes many letters with one fsync.
            written += sum(await asyncio.gather(*map(self._write, notices)))
            if not notices:
                break
        return written

    async def _work(self) -> None:
        while not self._closing:
            self._woken.clear()
            try:
                await self.write_owed()
            except StoreError as error:
                events.fault("post", error)
            try:
                async with asyncio.timeout(_LOOK_AGAIN):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _is_due(self, notice: Notice) -> bool:
        again = self._later.get(notice.id)
        return again is None or again <= self._now()

    async def _write(self, notice: Notice) -> int:
        """One notice: its letters, or the fault that they met. One bad notice never stops the others."""
        try:
            written = await self._letters_for(notice)
        except Exception as error:
            events.fault("post", error, message_id=notice.message_id or "")
            self._later[notice.id] = self._now() + _AFTER_FAULT
            return 0
        self._later.pop(notice.id, None)
        if written:
            self._delivered()
        return written

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
        letter_id = new_message_id(now)
        context = await self._context(notice, record, to, letter_id, now)
        kind: Kind = notice.kind
        octets = await asyncio.to_thread(compose, kind, self._settings.language, context)
        made = await self._spool.add_letter(
            letter_id, to, octets, about=notice.message_id, now=now, notice_id=notice.id if ends else None
        )
        if made is not None:
            events.letter_written(letter_id, kind)

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
        return SubAddress(base).with_secret(await make(record.id, to.key))

    async def _original(self, record: MessageRecord) -> bytes | None:
        """The octets for the draft; None if they are gone or too large (the letter says where they are)."""
        if not record.has_body:
            return None
        if record.size > self._settings.attach_bytes:
            return b""
        try:
            body = await self._spool.body(record.id)
        except KeyError:
            return None
        return await asyncio.to_thread(body.read)


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
