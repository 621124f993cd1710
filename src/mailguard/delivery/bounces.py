"""Reports of what was not delivered, waits, or was passed on: a notice in the ledger becomes a DSN to the sender, once,
whatever crashes between.

The ledger writes the notice in the transaction that makes it due, and none for the null path, for letters, and for what
the sender did not wish to hear of; the report's own row ends it. So this room only looks for notices, and for mail that
waits too long: after each failure, at start, and now and then. It never writes to anybody but the envelope sender, and
sends only the original's header unless the sender asked for all of a mail that failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mailguard import events
from mailguard.delivery.schedule import began
from mailguard.mail import dsn
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Body, new_message_id
from mailguard.mail.organization import Language
from mailguard.mail.reports import decoded
from mailguard.store.outbox import Outbox
from mailguard.store.records import MessageRecord, Notice, NoticeKind, RecipientRecord
from mailguard.store.spool import BodyGone, Spool

_HEADER_MAX = 64 * 1024
#: The largest mail that goes back whole: it is held in memory once, and travels twice.
_WHOLE_MAX = 1024 * 1024
_AT_ONCE = 50
_KINDS: dict[NoticeKind, tuple[dsn.Action, State]] = {
    "bounced": ("failed", State.BOUNCED),
    "delayed": ("delayed", State.QUEUED),
    "relayed": ("relayed", State.RELAYED),
}


@dataclass(frozen=True, slots=True)
class BounceSettings:
    """host: our name in the report; letters_from: its From; timezone: of the people who read it.

    warn_after: how long a mail may wait before its sender hears of it, None: he does not; give_up_after: as sorting has
    it, for what is promised.
    """

    host: str
    letters_from: Address
    language: Language = "ja"
    timezone: str = "Asia/Tokyo"
    poll_seconds: float = 60.0
    warn_after: timedelta | None = timedelta(hours=4)
    give_up_after: timedelta = timedelta(days=3)


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
        owe_delays: Callable[[datetime, datetime], Awaitable[int]] | None = None,
    ) -> None:
        """find: a message's record by id; queued: called when a report waits for the upstream; owe_delays: makes the
        ledger owe warnings of what could have gone before a time (store.reporting).
        """
        self._outbox = outbox
        self._spool = spool
        self._find = find
        self._settings = settings
        self._now = now
        self.queued = queued
        self._owe_delays = owe_delays
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
        notices = await self._outbox.pending(_AT_ONCE, kinds=tuple(_KINDS))
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
                await self._look_for_delays()
                while await self.report() == _AT_ONCE:
                    pass
            except Exception as error:
                events.fault("delivery", error)
            try:
                async with asyncio.timeout(self._settings.poll_seconds):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _look_for_delays(self) -> None:
        now = self._now()
        if self._owe_delays is not None and self._settings.warn_after is not None:
            while await self._owe_delays(now, now - self._settings.warn_after):
                pass

    async def _report_one(self, notice: Notice) -> bool:
        record = await self._find(notice.message_id) if notice.message_id else None
        sender = None if record is None else record.sender.mailbox
        # Nobody is told of a mail from the null path (RFC 5321 section 4.5.5), and letters are never answered.
        if record is None or sender is None or record.kind == "letter" or not (copies := _copies(record, notice)):
            await self._outbox.done(notice.id)
            return False
        from mailguard.notify.report_letter import report_letter  # templates, for few mails

        now, settings = self._now(), self._settings
        report_id = new_message_id(now)
        report = await self._about(record, sender, _KINDS[notice.kind][0], copies)
        octets = dsn.compose(
            report,
            report_letter(report, host=settings.host, language=settings.language, timezone=settings.timezone),
            report_id=report_id,
            host=settings.host,
            letters_from=settings.letters_from,
            language=settings.language,
            now=now,
        )
        letter = await self._spool.add_letter(report_id, sender, octets, about=record.id, now=now, ends=[notice.id])
        if letter is not None:
            events.letter_written(report_id, notice.kind)
        return letter is not None

    async def _about(
        self, record: MessageRecord, sender: Address, action: dsn.Action, copies: Sequence[RecipientRecord]
    ) -> dsn.Report:
        zone = ZoneInfo(self._settings.timezone)
        full = action == "failed" and record.reports.ret == "FULL"  # RFC 3461 section 4.3: of no other report
        whole = full and record.size <= _WHOLE_MAX
        original = await self._beginning(record.id, _WHOLE_MAX if whole else _HEADER_MAX)
        until = began(record, [one.address for one in copies]) + self._settings.give_up_after
        return dsn.Report(
            message_id=record.id,
            sender=sender,
            received_at=record.received_at.astimezone(zone),
            recipients=tuple(_reported(one, zone) for one in copies),
            original=original,
            subject=record.subject or "",
            original_id=record.message_id_header,
            references=record.references,
            action=action,
            envid=decoded(record.reports.envid),
            retry_until=until.astimezone(zone) if action == "delayed" else None,
            whole=whole and len(original) == record.size,
            too_large=full and not whole,
        )

    async def _beginning(self, message_id: str, most: int) -> bytes:
        """The beginning of the original; nothing if it is gone or cannot be read: the report matters more."""
        try:
            body = await self._spool.body(message_id)
            return await asyncio.to_thread(_read, body, most)
        except (BodyGone, OSError):
            return b""


def _read(body: Body, most: int) -> bytes:
    with body.open() as file:
        return file.read(most)


def _copies(record: MessageRecord, notice: Notice) -> tuple[RecipientRecord, ...]:
    """The copies that the notice is about and that are still what it says."""
    named = set()
    for text in notice.detail.get("recipients", ()):
        try:
            named.add(parse_address(str(text)))
        except AddressError:
            continue
    _, state = _KINDS[notice.kind]
    return tuple(r for r in record.recipients if r.state is state and (not named or r.address in named))


def _reported(copy: RecipientRecord, zone: ZoneInfo) -> dsn.Reported:
    return dsn.Reported(
        copy.address,
        copy.last_code,
        copy.last_text,
        expired=copy.state is State.BOUNCED and not 500 <= (copy.last_code or 0) < 600,
        original=copy.reports.original,
        tried_at=None if copy.tried_at is None else copy.tried_at.astimezone(zone),
        mta=copy.mta,
    )
