"""Where is my mail? What one person sent: what was held, what became of it, and what was refused at the door.

Everybody sees his own and nothing else. It reads; deciding is the waiting room's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailguard.mail.actor import Actor
from mailguard.mail.message import moment_of
from mailguard.mail.query import Key, Query, Term, fold
from mailguard.store.audit import Audit
from mailguard.store.holds import Holds
from mailguard.store.records import Filter, HistoryLine, MessageRecord
from mailguard.store.turned_away import RefusedMail, TurnedAway

#: Refused mails that are looked through for a search, at most.
_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that came in, with the lines about its tries that the next server took."""

    record: MessageRecord
    relays: tuple[HistoryLine, ...]

    @property
    def id(self) -> str:
        return self.record.id


class MyHistory:
    """What a person sent."""

    def __init__(self, holds: Holds, audit: Audit, turned_away: TurnedAway) -> None:
        self._holds, self._audit, self._turned_away = holds, audit, turned_away

    async def page(self, actor: Actor, query: Query, before: str, limit: int) -> list[Sent | RefusedMail]:
        """One's own mail, newest first. before: an id, of either kind; "" for the first page."""
        chosen = Filter(owner=actor.address, role="sender", query=query)
        if before:
            # Ids sort by time, and a refused mail has no row to go on from.
            chosen = replace(chosen, older=moment_of(before) + timedelta(milliseconds=1))
        records = [one for one in await self._holds.page(chosen, limit + 20) if not before or one.id < before][:limit]
        refused = await self._refused(actor.address, query, before, limit)
        relays = await self._audit.relays_of([one.id for one in records])
        sent = [Sent(one, tuple(relays.get(one.id, ()))) for one in records]
        both: list[Sent | RefusedMail] = [*sent, *refused]
        return sorted(both, key=lambda one: one.id, reverse=True)[:limit]

    async def _refused(self, person: str, query: Query, before: str, limit: int) -> list[RefusedMail]:
        if not query:
            return await self._turned_away.of(person, before, limit)
        found = await self._turned_away.of(person, before, _LOOKED_AT)
        return [one for one in found if matches(query, one)][:limit]


def matches(query: Query, mail: RefusedMail) -> bool:
    """Whether a refused mail is meant. What is not known of it (its text, its state among others) is not."""
    return all(_holds(term, mail) != term.negated for term in query.terms)


def _holds(term: Term, mail: RefusedMail) -> bool:
    subject, people = fold(mail.subject or ""), [fold(one) for one in mail.recipients]
    if term.key is Key.WORD:
        return any(value in text for value in term.values for text in (subject, mail.id, *people))
    if term.key is Key.SUBJECT:
        return any(value in subject for value in term.values)
    if term.key is Key.TO:
        return any(value in one for value in term.values for one in people)
    if term.key is Key.RULE:
        return any(hit.rule in term.values for hit in mail.verdict.hits)
    return _in_time(term, mail.received_at)


def _in_time(term: Term, at: datetime) -> bool:
    if term.moment is None:
        return False
    return at < term.moment if term.key is Key.OLDER else at >= term.moment
