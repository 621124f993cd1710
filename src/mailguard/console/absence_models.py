"""Absences as the API takes and gives them."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from mailguard.console.api_values import In, Out
from mailguard.review.absences import Away


class AbsenceIn(In):
    """first, last: whole days in the organisation's timezone. person: of somebody else, for administrators."""

    first: date
    last: date
    delegates: list[str] = Field(default_factory=list, max_length=20)
    person: str = Field(default="", max_length=320)


class AbsenceOut(Out):
    """An absence that is not over. now: it has begun."""

    id: int
    person: str
    first: date
    last: date
    delegates: list[str]
    set_by: str
    now: bool

    @classmethod
    def of(cls, away: Away) -> AbsenceOut:
        """From the room's value."""
        return cls(
            id=away.id,
            person=away.person,
            first=away.first,
            last=away.last,
            delegates=list(away.delegates),
            set_by=away.set_by,
            now=away.now,
        )


class AbsencesOut(Out):
    """own: of the person asked for; standing_in: of others, in which the asking person takes their place."""

    own: list[AbsenceOut]
    standing_in: list[AbsenceOut]
