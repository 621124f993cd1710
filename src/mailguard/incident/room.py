"""The desk for what slipped out: it contains a mail, keeps the register, has the law's questions answered, reminds.

Whatever is still held or queued is cancelled first, so that a fault after that leaves the mail contained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from mailguard.incident.facts import facts_of, is_out
from mailguard.mail.actor import Actor, Role
from mailguard.mail.breach import STAGES, Answers, due_stage
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.lifecycle import Event
from mailguard.mail.message import is_message_id, new_message_id
from mailguard.store.audit import Audit
from mailguard.store.holds import Holds
from mailguard.store.incidents import Incident, Incidents, Reads
from mailguard.store.records import MessageRecord
from mailguard.store.wish import senders_of

#: Who sees every incident, and who may open and close any.
_SEE_ALL = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.AUDITOR})
_ACT_ON_ALL = frozenset({Role.ADMINISTRATOR, Role.OFFICER})
_NOTE = 4000
#: People who hear of one.
_TOLD = 20


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


class WrongMoment(Exception):
    """Nobody can have learned of it then: before the mail came in, or in the future."""

    def __init__(self, earliest: datetime) -> None:
        super().__init__(earliest.isoformat())
        self.earliest = earliest


class Answered(Exception):
    """Somebody else answered since this person looked."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(incident.id)
        self.incident = incident


class NoReason(Exception):
    """The moment from which the clocks run is changed, and nobody says why."""


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
        owed: Callable[[], None] = lambda: None,
        timezone: str = "Asia/Tokyo",
    ) -> None:
        """changed: a mail has an incident: letters are owed, pages are to look again. answerable: who hears of each
        (administrators, officers); directory: who is whose manager; owed: letters are owed; timezone: whose days the
        clocks of the law count.
        """
        self._incidents, self._holds, self._audit = incidents, holds, audit
        self._changed, self._now = changed, now
        self._answerable, self._directory = frozenset(answerable), directory
        self._owed, self._timezone = owed, timezone

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
        """One incident; what was answered about it only for whoever sees all. Raises NoIncident."""
        found = await self._incidents.find(incident_id) if is_message_id(incident_id) else None
        own = found is not None and (actor.address in found.facts.get("owners", ()) or actor.address == found.opened_by)
        if found is None or not (own or actor.role in _SEE_ALL):
            raise NoIncident
        return _for(actor, found)

    async def page(self, actor: Actor, limit: int = 100, before: str = "") -> list[Incident]:
        """The newest that this person may see; before: only those that were opened before this one (its id)."""
        found = await self._incidents.page("" if actor.role in _SEE_ALL else actor.address, limit, before)
        return [_for(actor, one) for one in found]

    async def close(self, actor: Actor, incident_id: str, outcome: str) -> Incident:
        """End an incident with what came of it; officers and administrators. Raises NoIncident, AlreadyClosed."""
        found = await self.show(actor, incident_id)
        if actor.role not in _ACT_ON_ALL:
            raise NoIncident
        if not await self._incidents.close(incident_id, actor, self._now(), _tidy(outcome)):
            raise AlreadyClosed(await self._incidents.find(incident_id) or found)
        return await self._incidents.find(incident_id) or found

    async def assess(
        self,
        actor: Actor,
        incident_id: str,
        answers: Answers,
        learned: datetime | None = None,
        why: str = "",
        *,
        seen: str | None = None,
    ) -> Incident:
        """Enter what was answered to the six questions, and (learned) when the company learned of it, if that was not
        when it was reported, or as entered before; why: is asked for where that changes. seen: `version_of` the
        incident that this person looked at, None: he replaces whatever stands. Officers and administrators.
        Raises NoIncident, AlreadyClosed, Answered, WrongMoment, NoReason.
        """
        found = await self.show(actor, incident_id)
        if actor.role not in _ACT_ON_ALL:
            raise NoIncident
        now, moment = self._now(), learned or found.learned_at
        why, answers = _tidy(why), replace(answers, how=_tidy(answers.how))
        if found.state == "open" and seen is not None and seen != version_of(found):
            return _his_own(found, actor, answers, moment)
        if moment != found.learned_at:
            earliest = datetime.fromisoformat(found.facts["received_at"])
            if not earliest.replace(second=0, microsecond=0) <= moment <= now:  # people write minutes
                raise WrongMoment(earliest)
            if not why:
                raise NoReason
        stage = due_stage(moment, self._timezone, answers, now)
        again = stage or "" if _behind(stage) < _behind(found.reminded) else None
        before = None if seen is None else found
        done = await self._incidents.assess(
            incident_id, actor, now, answers, moment, why, instead_of=before, reminded=again
        )
        there = await self._incidents.find(incident_id) or found
        if done:
            return there
        if there.state == "open":
            return _his_own(there, actor, answers, moment)
        raise AlreadyClosed(there)

    async def remind(self) -> None:
        """Owe letters about the clocks of the law to whoever answers for the house: of each incident that is open, of
        each stage once. After a long rest only of the newest stage. Raises StoreError.
        """
        now = self._now()
        for one in await self._incidents.to_remind(now):
            stage = due_stage(one.learned_at, self._timezone, one.answers, now)
            if stage is None or _behind(stage) <= _behind(one.reminded):
                continue
            detail = {
                "incident": one.id,
                "stage": stage,
                "subject": one.facts["subject"],
                "sender": one.facts["sender"],
                "learned_at": one.learned_at.isoformat(),
                "answers": None if one.answers is None else one.answers.as_values(),
            }
            if await self._incidents.remind(one, stage, sorted(self._answerable), now, detail):
                self._owed()

    async def _relayed(self, record: MessageRecord) -> dict[str, datetime]:
        """When the next server took it, by address as written in the log."""
        lines = [line for one in record.parts or (record.id,) for line in await self._audit.history_of(one)]
        return {address: line.at for line in lines if line.event == "relay" for address in line.recipients}


def _may_open(actor: Actor, record: MessageRecord) -> bool:
    """The sender; who decides about the mail once some of it is out (before, he says no to it); who answers for all."""
    own = actor.address in record.owners or actor.address in record.members
    return own or actor.role in _ACT_ON_ALL or (actor.address in record.approvers and is_out(record))


def _for(actor: Actor, one: Incident) -> Incident:
    """As this person may read it: the answers may be about whoever sent the mail ("does somebody mean harm?")."""
    if actor.role in _SEE_ALL:
        return one
    return replace(one, learned=None, answers=None, assessed_at=None, assessed_by="")


def version_of(one: Incident) -> str:
    """What tells these answers from earlier and later ones."""
    return "" if one.assessed_at is None else one.assessed_at.isoformat()


def _his_own(there: Incident, actor: Actor, answers: Answers, learned: datetime) -> Incident:
    """The incident that was answered meanwhile, where that was a second click. Raises Answered for anybody else."""
    if (there.assessed_by, there.answers, there.learned_at) != (actor.address, answers, learned):
        raise Answered(there)
    return there


def _behind(stage: str | None) -> int:
    """How many stages of the clocks have come."""
    return STAGES.index(stage) + 1 if stage in STAGES else 0


def may_report(actor: Actor, record: MessageRecord) -> bool:
    """Whether a page offers it: something is out, and it is for this person to say so."""
    return record.kind == "mail" and is_out(record) and _may_open(actor, record)


def may_end(actor: Actor) -> bool:
    """Who closes one."""
    return actor.role in _ACT_ON_ALL


def _tidy(text: str) -> str:
    return "".join(ch for ch in text if ch == "\n" or ch.isprintable()).strip()[:_NOTE]
