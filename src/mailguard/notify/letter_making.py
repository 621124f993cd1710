"""From a notice to all that its letter needs: link and code, the address for answers, the original as a draft.

The secrets come with the rows that make them good; these enter the ledger with the letter, so that nothing opens
anything before. It decides nothing: who reads the letter, and whether it is written at all, is the post room's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from mailguard import events
from mailguard.mail.address import Address
from mailguard.mail.directory import Directory
from mailguard.mail.message import new_message_id
from mailguard.mail.subaddress import SubAddress
from mailguard.notify.incident_due import IncidentDue
from mailguard.notify.letter_people import addresses_in
from mailguard.notify.letter_rows import locked
from mailguard.notify.letters import ASKING, RETURNS, LetterContext, LetterSettings, ReplyResult
from mailguard.notify.monthly import Monthly
from mailguard.notify.naming import namer
from mailguard.notify.policy_notice import in_notice
from mailguard.notify.reply_texts import OPEN
from mailguard.notify.telling import Telling
from mailguard.notify.tickets import TicketLike, Tickets
from mailguard.store.letters import NOTHING_CARRIED, Carried
from mailguard.store.records import MessageRecord, Notice
from mailguard.store.sessions import NewTicket
from mailguard.store.spool import Spool


class LetterMaking:
    """Contexts of letters about one notice."""

    def __init__(
        self, spool: Spool, tickets: Tickets, settings: LetterSettings, directory: Callable[[], Directory]
    ) -> None:
        self._directory = directory
        self._spool, self._tickets, self._settings = spool, tickets, settings

    async def context(
        self, notice: Notice, record: MessageRecord | None, to: Address, now: datetime
    ) -> tuple[LetterContext, Carried]:
        """All that a letter to this person needs, and what enters the ledger with it."""
        link, code, tickets = self._way_in(notice, record, to)
        reply_to, carried = self._reply_to(notice, record, to, tickets)
        if notice.kind == "held" and not notice.detail:  # nearly all of them
            return LetterContext(
                self._settings,
                to,
                new_message_id(now),
                now,
                link,
                code,
                reply_to,
                record,
                about=notice.message_id,
                named=namer(self._directory()),
            ), carried
        detail = notice.detail
        own = record is not None and to.key in record.owners
        return LetterContext(
            settings=self._settings,
            to=to,
            letter_id=new_message_id(now),
            now=now,
            link=link,
            code=code,
            reply_to=reply_to,
            reply=ReplyResult.of(detail) if notice.kind == "reply" else None,
            record=record,
            people=addresses_in(detail.get("recipients", ())),
            actor=str(detail.get("actor") or ""),
            comment=str(detail.get("comment") or ""),
            browser=str(detail.get("browser") or ""),
            problems=in_notice(detail),
            trouble=(str(detail.get("name") or ""), str(detail.get("reason") or ""), str(detail.get("why") or "")),
            instead_of=tuple(map(str, detail.get("instead_of", ()))),
            answer=str(detail.get("answer") or ""),
            why_asked="forwarded" if detail.get("forwarded") else "altered" if detail.get("altered") else "",
            sender_said=tuple(map(str, detail.get("notes", ()))),
            telling=Telling.of(detail) if notice.kind == "told" else None,
            monthly=Monthly.of(detail) if notice.kind == "monthly" else None,
            due=IncidentDue.of(detail) if notice.kind == "incident_due" else None,
            about=notice.message_id,
            further="further" in detail,
            ending="ending" in detail,
            stopped="stopped" in detail,
            named=namer(self._directory()),
            original=await self._original(record) if notice.kind in RETURNS and own and record else None,
        ), carried

    def _way_in(
        self, notice: Notice, record: MessageRecord | None, to: Address
    ) -> tuple[str, str, tuple[NewTicket, ...]]:
        """Link and code. Where nothing is left to decide, the link leads to the mail's page, behind the login; there is
        none for whom that page would say nothing.
        """
        base = self._settings.base_url
        ticket: TicketLike
        if notice.kind == "login":
            ticket, row = self._tickets.login(to.key, str(notice.detail.get("nonce_hash") or ""))
            return f"{base}/login/{ticket.token}", ticket.code, (row,)
        waits = notice.kind == "comment" and record is not None and record.state == "held"
        if asks(notice) or waits:
            ticket, row = self._tickets.letter(notice.message_id or "", to.key)
            return f"{base}/t/{ticket.token}", ticket.code, (row,)
        if notice.kind == "monthly":
            return f"{base}/figures?month={notice.detail['month']}", "", ()
        if notice.kind == "incident_due":
            return f"{base}/incidents/{notice.detail['incident']}", "", ()
        if notice.message_id is None:
            return f"{base}/", "", ()
        named = notice.kind != "told" or notice.to == "" or (record is not None and to.key in record.people)
        shown = record is not None and named and "no_page" not in notice.detail
        return (f"{base}/messages/{notice.message_id}" if shown else ""), "", ()

    def _reply_to(
        self, notice: Notice, record: MessageRecord | None, to: Address, tickets: tuple[NewTicket, ...]
    ) -> tuple[Address | None, Carried]:
        """Where an answer decides, or is passed on to who wrote the comment. Nowhere for people outside, whose answers
        do not pass through this house, and for administrators who are told of a mail that is not theirs.
        """
        base, make = self._settings.reply_address, self._tickets.reply
        without = Carried(tickets) if tickets else NOTHING_CARRIED
        talks = notice.kind == "comment" and bool(tickets)
        if base is None or make is None or record is None or not (asks(notice) or talks):
            return None, without
        if not self._settings.organization.is_internal(to) or to.key not in record.people:
            return None, without
        secret, row = make(record.id, to.key, 0 if talks else len(record.recipients))
        return SubAddress(base).with_secret(secret), Carried(tickets, (row,))

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


def asks(notice: Notice) -> bool:
    """Whether its letter asks for a decision: anew, if an answer could not be understood."""
    if notice.kind == "reply":
        return notice.message_id is not None and notice.detail.get("outcome") in OPEN
    return notice.kind == "held" or notice.kind in ASKING


def is_stale(notice: Notice, record: MessageRecord | None) -> bool:
    """Whether the question was answered before the letter could ask it, or what it tells is gone."""
    if notice.kind == "password":
        return record is not None and not locked(record)
    asking = notice.kind == "held" or notice.kind in ASKING
    return asking and record is not None and record.state != "held"
