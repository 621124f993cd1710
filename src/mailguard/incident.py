"""ROOM: "I sent it to the wrong person": stop what can still be stopped, write down what is known, keep the register.

It trusts the ledger for what went where. Whatever is still held or queued is cancelled first, so that a fault after
that leaves the mail contained. What was relayed cannot be taken back; this room says to whom, when, and what it held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from mailguard.mail.actor import Actor, Role
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.message import is_message_id, new_message_id
from mailguard.store.audit import Audit
from mailguard.store.holds import Holds
from mailguard.store.incidents import Incident, Incidents, Reads
from mailguard.store.records import MessageRecord, RecipientRecord
from mailguard.store.wish import senders_of

__all__ = [
    "AlreadyClosed",
    "AlreadyOpen",
    "Incident",
    "IncidentRoom",
    "NoIncident",
    "facts_of",
    "is_out",
    "may_end",
    "may_report",
]

#: Who sees every incident, and who may open and close any.
_SEE_ALL = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.AUDITOR})
_ACT_ON_ALL = frozenset({Role.ADMINISTRATOR, Role.OFFICER})
_NOTE = 4000
#: People who hear of one.
_TOLD = 20
_OUTCOME = {State.RELAYED: "accepted", State.BOUNCED: "bounced", State.QUEUED: "under_way", State.HELD: "held"}


class NoIncident(Exception):
    """No such mail or incident, or not one that this person may see."""


class AlreadyOpen(Exception):
    """The mail has an open incident already."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(incident.id)
        self.incident = incident


class AlreadyClosed(Exception):
    """Somebody closed it before."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(incident.id)
        self.incident = incident


class IncidentRoom:
    """The desk for what slipped out."""

    def __init__(
        self,
        incidents: Incidents,
        holds: Holds,
        audit: Audit,
        *,
        changed: Callable[[MessageRecord], None],
        now: Callable[[], datetime],
        answerable: Iterable[str] = (),
        directory: Callable[[], Directory] = lambda: NOBODY,
    ) -> None:
        """changed: a mail has an incident: letters are owed, pages are to look again. answerable: who hears of each
        (administrators, officers); directory: who is whose manager.
        """
        self._incidents, self._holds, self._audit = incidents, holds, audit
        self._changed, self._now = changed, now
        self._answerable, self._directory = frozenset(answerable), directory

    async def open(self, actor: Actor, message_id: str, note: str = "") -> Incident:
        """Contain a mail and enter it. Raises NoIncident, AlreadyOpen."""
        record = await self._holds.find(message_id) if is_message_id(message_id) else None
        if record is None or record.kind != "mail" or not _may_open(actor, record):
            raise NoIncident
        note, now = _tidy(note), self._now()
        done = await self._holds.apply(
            message_id, Event.CANCEL, actor, now, may=lambda _, copy: not copy.leased, comment=note, notice="cancelled"
        )
        record = await self._holds.find(message_id) or record
        if done.changed:
            self._changed(record)
        siblings = await self._incidents.siblings(record)
        stopped = [str(address) for address in done.changed]
        facts = facts_of(record, await self._relayed(record), siblings, stopped)
        tell = self._readers(actor, record)
        facts["told"] = [person for person, reads in tell.items() if reads != "sender"]
        incident = Incident(new_message_id(now), record.lead, "open", now, actor.address, note, facts)
        before = await self._incidents.open(incident, actor, tell)
        if before is not None:
            raise AlreadyOpen(before)
        self._changed(record)
        return incident

    def _readers(self, actor: Actor, record: MessageRecord) -> Mapping[str, Reads]:
        """Who hears of it besides whoever says so: its sender, who answers for the house, the sender's manager, and who
        was asked about the mail; these last, since a large group must not take the places of the others.
        """
        managers = {self._directory().manager_of(owner) for owner in record.owners} - {""}
        asked: set[str] = set()
        for copy in record.recipients:
            asked.update(copy.approvals, *(ask.asked for ask in copy.asks))
        told = (*sorted(self._answerable), *sorted(managers), *sorted(asked))
        others = [one for one in dict.fromkeys(told) if one not in record.owners and one != actor.address]
        own = actor.address in record.owners or record.sender.mailbox is None
        seeing = self._answerable | record.people
        reads: dict[str, Reads] = dict.fromkeys(() if own else senders_of(record), "sender")
        return reads | {one: "page" if one in seeing else "letter" for one in others[:_TOLD]}

    async def about(self, record: MessageRecord) -> Incident | None:
        """The newest one of a mail, for whoever may see that."""
        return await self._incidents.of_mail(record.lead)

    async def show(self, actor: Actor, incident_id: str) -> Incident:
        """One incident. Raises NoIncident."""
        found = await self._incidents.find(incident_id) if is_message_id(incident_id) else None
        own = found is not None and (actor.address in found.facts.get("owners", ()) or actor.address == found.opened_by)
        if found is None or not (own or actor.role in _SEE_ALL):
            raise NoIncident
        return found

    async def page(self, actor: Actor, limit: int = 100, before: str = "") -> list[Incident]:
        """The newest that this person may see; before: only those that were opened before this one (its id)."""
        return await self._incidents.page("" if actor.role in _SEE_ALL else actor.address, limit, before)

    async def close(self, actor: Actor, incident_id: str, outcome: str) -> Incident:
        """End an incident with what came of it; officers and administrators. Raises NoIncident, AlreadyClosed."""
        found = await self.show(actor, incident_id)
        if actor.role not in _ACT_ON_ALL:
            raise NoIncident
        if not await self._incidents.close(incident_id, actor, self._now(), _tidy(outcome)):
            raise AlreadyClosed(await self._incidents.find(incident_id) or found)
        return await self._incidents.find(incident_id) or found

    async def _relayed(self, record: MessageRecord) -> dict[str, datetime]:
        """When the next server took it, by address as written in the log."""
        lines = [line for one in record.parts or (record.id,) for line in await self._audit.history_of(one)]
        return {address: line.at for line in lines if line.event == "relay" for address in line.recipients}


def _may_open(actor: Actor, record: MessageRecord) -> bool:
    """The sender; who decides about the mail once some of it is out (before, he says no to it); who answers for all."""
    own = actor.address in record.owners or actor.address in record.members
    return own or actor.role in _ACT_ON_ALL or (actor.address in record.approvers and is_out(record))


def may_report(actor: Actor, record: MessageRecord) -> bool:
    """Whether a page offers it: something is out, and it is for this person to say so."""
    return record.kind == "mail" and is_out(record) and _may_open(actor, record)


def may_end(actor: Actor) -> bool:
    """Who closes one."""
    return actor.role in _ACT_ON_ALL


def is_out(record: MessageRecord) -> bool:
    """Whether the next server took any of it."""
    return any(copy.state is State.RELAYED for copy in record.recipients)


def facts_of(
    record: MessageRecord, relayed: dict[str, datetime], siblings: list[tuple[str, str]], stopped: list[str]
) -> dict[str, Any]:
    """What is known of the mail, as JSON values: whose, to whom and what became of each copy, what it held.

    recipients[].outcome: not_sent, accepted (the next server took it: it cannot be taken back), bounced, under_way,
    held. personal_data: distinct values by class; siblings: other mails with the same file or in the same thread.
    """
    return {
        "owners": list(record.owners),
        "sender": str(record.sender),
        "subject": record.subject,
        "received_at": record.received_at.isoformat(),
        "recipients": [_copy(copy, relayed.get(str(copy.address))) for copy in record.recipients],
        "stopped": stopped,
        "files": [one.filename for one in record.facts.attachments if not one.inline],
        "persons": record.facts.persons,
        "personal_data": {name: one.distinct for name, one in record.facts.personal_data.items() if one.distinct},
        "siblings": [{"id": message_id, "why": why} for message_id, why in siblings],
    }


def _copy(copy: RecipientRecord, at: datetime | None) -> dict[str, Any]:
    outcome = _OUTCOME.get(copy.state, "not_sent")
    when = at if outcome == "accepted" else None
    return {
        "address": str(copy.address),
        "external": copy.external,
        "outcome": outcome,
        "at": None if when is None else when.isoformat(),
        "code": copy.last_code,
        "text": copy.last_text,
    }


def _tidy(text: str) -> str:
    return "".join(ch for ch in text if ch == "\n" or ch.isprintable()).strip()[:_NOTE]
