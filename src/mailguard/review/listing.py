"""Lists of mail for who sees all of it: what stands above them, filters that are kept, and a list as a file.

It decides nothing about mail. Who reads no bodies searches none (`room.visible`); shared views are changed by
administrators alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from mailguard.mail.actor import Actor, Role
from mailguard.mail.query import Sort
from mailguard.mail.query_text import parse_query
from mailguard.review import refusals
from mailguard.review.bulk import MOST, wanted_by
from mailguard.review.rights import SEE_ALL
from mailguard.review.room import visible
from mailguard.review.words import Act, Forbidden, Refused
from mailguard.store.audit import Audit
from mailguard.store.holds import Holds
from mailguard.store.records import Filter, MessageRecord
from mailguard.store.tallies import Reach, Tallies
from mailguard.store.views import SHARED, NameTaken, SavedView, SavedViews, TooManyViews

#: Characters of a view's name.
NAME_MOST = 40
_EXPORTED = 500
#: Reasons are counted anew so long after they were, and not sooner than in twenty times what it took.
_FRESH = timedelta(seconds=3)


class Listing:
    """Lists for administrators and auditors."""

    def __init__(
        self,
        holds: Holds,
        tallies: Tallies,
        views: SavedViews,
        audit: Audit,
        *,
        now: Callable[[], datetime],
        timezone: str,
    ) -> None:
        """timezone: in which days of filters begin."""
        self._holds, self._tallies, self._views, self._audit = holds, tallies, views, audit
        self._now, self._timezone = now, timezone
        self._reasons: tuple[datetime, list[tuple[str, int]]] | None = None

    async def reasons(self, actor: Actor) -> list[tuple[str, int]]:
        """The ten rules that hold most mail now, with how many mails each; some seconds old at most."""
        if actor.role not in SEE_ALL:
            return []
        now, kept = self._now(), self._reasons
        if kept is None or now >= kept[0]:
            found = await self._tallies.reasons()
            took = self._now() - now
            kept = self._reasons = (now + max(_FRESH, 20 * took), found)
        return kept[1]

    async def counts(self, actor: Actor, chosen: list[Filter], most: int) -> list[int | None]:
        """How many match each filter, no more counted than `most`; None where counting would take too long."""
        return await self._tallies.counts([visible(actor, one) for one in chosen], most)

    async def reach(self, actor: Actor, chosen: Filter, act: Act) -> Reach:
        """What an act over this filter would reach. Raises Refused."""
        return await self._tallies.reach(wanted_by(actor, chosen, act), MOST + 1)

    async def views(self, actor: Actor) -> list[SavedView]:
        """Shared views, then one's own."""
        return await self._views.of(actor.address)

    async def keep(self, actor: Actor, name: str, query: str, sort: Sort, *, shared: bool) -> SavedView:
        """Keep a filter under a name. Raises Forbidden, Refused, QueryError."""
        if shared and actor.role is not Role.ADMINISTRATOR:
            raise Forbidden(refusals.NOT_YOURS)
        parse_query(query, self._now(), self._timezone)
        person = SHARED if shared else actor.address
        try:
            return await self._views.add(person, _name(name), query, str(sort), actor.address, self._now())
        except NameTaken:
            raise Refused(refusals.NAME_TAKEN) from None
        except TooManyViews:
            raise Refused(refusals.VIEWS_FULL) from None

    async def rename(self, actor: Actor, view_id: int, name: str) -> None:
        """Give a view another name. Raises NotFound, Refused."""
        try:
            if not await self._views.rename(view_id, _people(actor), _name(name)):
                raise refusals.nothing_here()
        except NameTaken:
            raise Refused(refusals.NAME_TAKEN) from None

    async def forget(self, actor: Actor, view_id: int) -> None:
        """Remove a view. Raises NotFound."""
        if not await self._views.remove(view_id, _people(actor)):
            raise refusals.nothing_here()

    async def export(self, actor: Actor, chosen: Filter, query: str) -> AsyncIterator[list[MessageRecord]]:
        """Everything that matches, newest first, in pieces; at most 100,000 mails. It stands in the audit log before
        the first one goes out. Raises Forbidden, Refused.
        """
        if actor.role not in SEE_ALL:
            raise Forbidden(refusals.NOT_YOURS)
        seen = replace(visible(actor, chosen), sort=Sort.NEWEST, before="")
        count = await self._holds.count(seen, MOST)
        await self._audit.note("list_export", actor, self._now(), query=query, mails=count)
        return self._pieces(seen)

    async def _pieces(self, chosen: Filter) -> AsyncIterator[list[MessageRecord]]:
        sent = 0
        while sent < MOST and (found := await self._holds.page(chosen, min(_EXPORTED, MOST - sent))):
            yield found
            sent += len(found)
            chosen = replace(chosen, before=found[-1].id)


def _name(text: str) -> str:
    name = " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())
    if not 0 < len(name) <= NAME_MOST:
        raise Refused(refusals.VIEW_NAME)
    return name


def _people(actor: Actor) -> tuple[str, ...]:
    """Whose views a person may change."""
    return (actor.address, SHARED) if actor.role is Role.ADMINISTRATOR else (actor.address,)
