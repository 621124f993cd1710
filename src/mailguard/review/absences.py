"""ROOM: people say themselves when they are away, and who takes their place.

It trusts access for who somebody is. A person speaks for himself, an administrator for anybody; stand-ins are
colleagues. It decides nothing about mail: whoever takes a place is asked like any approver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailguard import events
from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import Address
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Because
from mailguard.notify.live import Live
from mailguard.review.refusals import nothing_here
from mailguard.review.words import Forbidden, Refused
from mailguard.store.absences import Absence, Absences

LONGEST = timedelta(days=366)
_MOST_DELEGATES = 5
#: Behind it calendars end, and with them what can be counted.
_LAST_YEAR = 9000
#: Absences of one person that are not over.
_MOST = 50

_ORDER = Because("終了日は開始日以降にしてください。", "The last day must not be before the first.")
_OVER = Because("終了日が過ぎています。", "The last day is over already.")
_TOO_LONG = Because("不在は一年以内で指定してください。", "An absence lasts a year at most.")
_MANY = Because("代理は5名までです。", "At most five people take your place.")
_TOO_MANY = Because("登録できる不在は50件までです。", "At most 50 absences can be set.")
_SELF = Because("自分を代理にすることはできません。", "Nobody takes his own place.")
_NOT_YOURS = Because(
    "ほかの人の不在を登録できるのは管理者だけです。", "Only an administrator sets the absence of somebody else."
)


@dataclass(frozen=True, slots=True)
class Away:
    """An absence as people speak of it: first and last day in the organisation's timezone, both whole."""

    id: int
    person: str
    first: date
    last: date
    delegates: tuple[str, ...]
    set_by: str
    now: bool


class AbsenceReview:
    """Who is away."""

    def __init__(
        self,
        absences: Absences,
        *,
        organization: Organization,
        live: Live,
        noticed: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        """noticed: letters may be owed."""
        self._absences, self._organization = absences, organization
        self._live, self._noticed, self._now = live, noticed, now

    async def of(self, actor: Actor, person: str = "") -> list[Away]:
        """The absences of a person (a key; "" : one's own) that are not over. Raises Forbidden."""
        whose = self._whose(actor, person)
        return [self._shown(one) for one in await self._absences.of(whose, self._now())]

    async def standing_in(self, actor: Actor) -> list[Away]:
        """The absences of others in which this person is asked."""
        return [self._shown(one) for one in await self._absences.standing_in(actor.address, self._now())]

    async def leave(
        self, actor: Actor, first: date, last: date, delegates: Sequence[Address], person: Address | None = None
    ) -> Away:
        """Set an absence, and pass on what waits if it has begun. Raises Refused, Forbidden."""
        whose, now = self._whose(actor, person.key if person is not None else ""), self._now()
        self._check(first, last, now)
        begins, ends = self._midnight(first), self._midnight(last + timedelta(days=1))
        keys = self._stand_ins(whose, delegates)
        if len(await self._absences.of(whose, now)) >= _MOST:
            raise Refused(_TOO_MANY)
        made = await self._absences.add(whose, begins, ends, keys, actor, now)
        await self.begin_due()
        return self._shown(Absence(made, whose, begins, ends, keys, actor.address))

    async def come_back(self, actor: Actor, absence_id: int) -> None:
        """End an absence, or take one back. Raises NotFound."""
        found = await self._absences.find(absence_id)
        concerned = found is not None and (found.person == actor.address or actor.role is Role.ADMINISTRATOR)
        if not concerned or not await self._absences.remove(absence_id, actor, self._now()):
            raise nothing_here()

    async def begin_due(self) -> datetime | None:
        """Pass on what waits for those whose absence has begun. Returns when the next one begins."""
        # The clock asks at every mail: it writes only when an absence begins.
        while (following := await self._absences.next_time()) is not None and following <= self._now():
            for message_id, asked in await self._absences.begin(self._now()):
                if asked:
                    events.passed_on(message_id, len(asked))
                    self._noticed()
                    self._live.publish("asked", message_id, frozenset(asked))
        return following

    def _whose(self, actor: Actor, person: str) -> str:
        if person and person != actor.address and actor.role is not Role.ADMINISTRATOR:
            raise Forbidden(_NOT_YOURS)
        return person or actor.address

    def _check(self, first: date, last: date, now: datetime) -> None:
        if last < first:
            raise Refused(_ORDER)
        if last < now.astimezone(ZoneInfo(self._organization.timezone)).date():
            raise Refused(_OVER)
        if last - first > LONGEST or last.year > _LAST_YEAR:
            raise Refused(_TOO_LONG)

    def _stand_ins(self, person: str, delegates: Sequence[Address]) -> tuple[str, ...]:
        keys = tuple(dict.fromkeys(one.key for one in delegates))
        if len(keys) > _MOST_DELEGATES:
            raise Refused(_MANY)
        if person in keys:
            raise Refused(_SELF)
        for one in delegates:
            if not self._organization.is_internal(one):
                raise Refused(
                    Because(f"代理は社内の方にしてください: {one}", f"Only a colleague can take your place: {one}")
                )
        return keys

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self._organization.timezone))

    def _shown(self, one: Absence) -> Away:
        zone = ZoneInfo(self._organization.timezone)
        first, last = one.first.astimezone(zone).date(), (one.until - timedelta(microseconds=1)).astimezone(zone).date()
        return Away(one.id, one.person, first, last, one.delegates, one.set_by, one.first <= self._now())
