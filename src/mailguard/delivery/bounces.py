"""Reports of what could not be delivered: a notice in the ledger becomes a DSN to the sender, once, whatever crashes
between.

The ledger writes the notice in the transaction that gives a copy up, and none for the null path and for letters; the
report's own row ends it. So this room only looks for notices: after each failure, at start, and now and then. It never
writes to anybody but the envelope sender, and sends only the original's header.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from mailguard import events
from mailguard.mail import dsn
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.lifecycle import State
from mailguard.mail.message import new_message_id
from mailguard.mail.organization import Language
from mailguard.notify.bounce_letter import bounce_letter
from mailguard.store.outbox import Outbox
from mailguard.store.records import MessageRecord, Notice
from mailguard.store.spool import BodyGone, Spool

_HEADER_MAX = 64 * 1024
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class BounceSettings:
    """host: our name in the report; letters_from: its From; timezone: of the people who read it."""

    host: str
    letters_from: Address
    language: Language = "ja"
    timezone: str = "Asia/Tokyo"
    poll_seconds: float = 60.0


class Bounces:
    """All methods belong to one event loop."""

    def __init__(
        self,
        outbox: Outbox,
        spool: Spool,
        find: Callable[[str], Awaitable[MessageRecord | None]],
        settings: BounceSettings,
        *,
        now: Callable[[], datetime],
        queued: Callable[[], None] = lambda: None,
    ) -> None:
        """find: a message's record by id; queued: called when a report waits for the upstream."""
        self._outbox = outbox
        self._spool = spool
        self._find = find
        self._settings = settings
        self._now = now
        self.queued = queued
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Report what a former run left unreported, then whatever comes."""
        self._woken.set()
        self._task = asyncio.create_task(self._run(), name="bounces")

    def wake(self) -> None:
        """Something failed."""
        self._woken.set()

    async def stop(self) -> None:
        """End; what is unreported stays in the ledger for the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def report(self) -> int:
        """Write the reports that are owed. Returns how many. Raises StoreError."""
        notices = await self._outbox.pending(_AT_ONCE, kinds=("bounced",))
        written = 0
        for notice in notices:
            try:
                written += await self._report_one(notice)
            except (BodyGone, ValueError) as error:  # nothing can be said of it: end it, or it would come back for ever
                events.fault("delivery", error, message_id=notice.message_id or "")
                await self._outbox.done(notice.id)
        if written:
            self.queued()
        return len(notices)

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                while await self.report() == _AT_ONCE:
                    pass
            except Exception as error:
                events.fault("delivery", error)
            try:
                async with asyncio.timeout(self._settings.poll_seconds):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _report_one(self, notice: Notice) -> bool:
        record = await self._find(notice.message_id) if notice.message_id else None
        sender = None if record is None else record.sender.mailbox
        # Nobody is told of a mail from the null path (RFC 5321 section 4.5.5), and letters are never answered.
        if record is None or sender is None or record.kind == "letter" or not (failed := _failed(record, notice)):
            await self._outbox.done(notice.id)
            return False
        now = self._now()
        report_id = new_message_id(now)
        bounced = await self._bounced(record, sender, failed)
        settings = self._settings
        octets = dsn.compose(
            bounced,
            bounce_letter(bounced, host=settings.host, language=settings.language, timezone=settings.timezone),
            report_id=report_id,
            host=self._settings.host,
            letters_from=self._settings.letters_from,
            language=self._settings.language,
            now=now,
        )
        letter = await self._spool.add_letter(report_id, sender, octets, about=record.id, now=now, ends=[notice.id])
        if letter is not None:
            events.letter_written(report_id, "bounced")
        return letter is not None

    async def _bounced(
        self, record: MessageRecord, sender: Address, failed: tuple[dsn.FailedRecipient, ...]
    ) -> dsn.Bounced:
        return dsn.Bounced(
            message_id=record.id,
            sender=sender,
            received_at=record.received_at.astimezone(ZoneInfo(self._settings.timezone)),
            recipients=failed,
            header=await self._header(record.id),
            subject=record.subject or "",
            original_id=record.message_id_header,
            references=record.references,
        )

    async def _header(self, message_id: str) -> bytes:
        """The beginning of the original; nothing if it is gone or cannot be read: the report matters more."""
        try:
            body = await self._spool.body(message_id)
            if body.octets is not None:
                return body.octets[:_HEADER_MAX]
            assert body.path is not None
            return await asyncio.to_thread(_beginning, body.path)
        except (BodyGone, OSError):
            return b""


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER_MAX)


def _failed(record: MessageRecord, notice: Notice) -> tuple[dsn.FailedRecipient, ...]:
    """The recipients that the notice is about and that have bounced."""
    named = set()
    for text in notice.detail.get("recipients", ()):
        try:
            named.add(parse_address(str(text)))
        except AddressError:
            continue
    return tuple(
        dsn.FailedRecipient(r.address, r.last_code, r.last_text, expired=not 500 <= (r.last_code or 0) < 600)
        for r in record.recipients
        if r.state is State.BOUNCED and (not named or r.address in named)
    )
