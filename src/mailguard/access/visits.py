"""Open sessions: whose they are now, what they may, which there are, and their end.

It trusts the cookie's secret and the settings of now: a role that was taken away is gone with the next request. A
session from a letter about one mail is a sender's, whoever it is; a person with a role who has a second factor, or must
have one, is a sender until the code is shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from mailguard.access.words import AccessSettings, Needs, Opened, Session
from mailguard.mail.actor import Actor, Role
from mailguard.store.factors import FactorRows
from mailguard.store.sessions import hashed
from mailguard.store.visits import How, NewVisit, VisitRow, VisitRows

#: Sessions in one list.
_SHOWN = 500


class Visits:
    """The sessions. role_of: the strongest role of an address key by the settings."""

    def __init__(
        self,
        rows: VisitRows,
        factors: FactorRows,
        settings: AccessSettings,
        *,
        role_of: Callable[[str], Role],
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._factors = factors
        self._settings = settings
        self._role_of = role_of
        self._now = now

    async def open(self, person: str, how: How, *, browser: str = "") -> Opened:
        """A new session for somebody whose password or sign-on was checked."""
        now, cookie = self._now(), secrets.token_urlsafe(32)
        until = now + self._settings.session_lasts
        await self._rows.begin(NewVisit(hashed(cookie), person, how, "console", now, until, browser=browser))
        return await self.opened(cookie)

    async def opened(self, cookie: str) -> Opened:
        """The session that was just begun under this cookie."""
        session = await self.session(cookie)
        assert session is not None
        return Opened(cookie, session)

    async def session(self, cookie: str, *, seen: bool = True) -> Session | None:
        """Whose cookie it is; None if nobody's. The role is that of the settings of now.

        seen: the person does something, so the session does not end for idleness.
        """
        row = await self._rows.find(hashed(cookie), self._now(), self._settings.session_idle, seen=seen)
        return None if row is None else await self._session(row)

    async def listed(self, person: str | None, holding: str = "") -> list[VisitRow]:
        """Open sessions of a person (None: of everybody, or whose address holds these letters), the last used first."""
        return await self._rows.open_of(person, self._now(), self._settings.session_idle, _SHOWN, holding)

    async def end(self, visit: str, by: Actor) -> bool:
        """End one session: one's own, or anybody's for an administrator. False if there is none that one may end."""
        anybody = by.role is Role.ADMINISTRATOR
        return bool(
            visit and await self._rows.end(by, self._now(), person=None if anybody else by.address, visit=visit)
        )

    async def end_others(self, cookie: str, by: Actor) -> int:
        """End all of one's own sessions but this one. Returns how many there were."""
        return len(await self._rows.end(by, self._now(), person=by.address, but=hashed(cookie)))

    async def end_all(self, person: str, by: Actor) -> int:
        """End all sessions of somebody, for an administrator. Returns how many there were."""
        if by.role is not Role.ADMINISTRATOR:
            return 0
        return len(await self._rows.end(by, self._now(), person=person))

    async def step_up(self, cookie: str) -> Opened | None:
        """The second factor was shown: the same session under a new cookie. None if it has ended meanwhile."""
        fresh = secrets.token_urlsafe(32)
        row = await self._rows.step_up(hashed(cookie), hashed(fresh), self._now())
        return None if row is None else Opened(fresh, await self._session(row))

    async def replaced(self, cookie: str) -> None:
        """Another session took this one's place in its browser."""
        await self._rows.forget(hashed(cookie))

    async def log_out(self, cookie: str) -> str:
        """End a session. Returns how it was opened, "" if there was none."""
        row = await self._rows.log_out(hashed(cookie), self._now())
        return "" if row is None else row.how

    async def _session(self, row: VisitRow) -> Session:
        role = Role.SENDER if row.via == "letter" else self._role_of(row.person)
        needs = await self._needs(row, role)
        return Session(
            Actor(row.person, Role.SENDER if needs else role, row.via),
            row.message_id,
            row.expires_at,
            id=row.id,
            how=row.how,
            needs=needs,
            locked=bool(needs) and self._settings.second_factor == "all",
        )

    async def _needs(self, row: VisitRow, role: Role) -> Needs:
        must = self._settings.second_factor
        if row.factor_at is not None or row.via == "letter" or (role is Role.SENDER and must != "all"):
            return ""
        factor = await self._factors.find(row.person)
        if factor is not None and factor.confirmed_at is not None:
            return "code"
        return "" if must == "off" else "enrol"
