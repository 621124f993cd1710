"""`time`: when the mail came in, by the calendar's clock."""

from __future__ import annotations

from pydantic import Field, model_validator

from mailguard.mail.saying import Sentence
from mailguard.policy.schema.base import Strict
from mailguard.policy.schema.calendar import HoursText, Weekday
from mailguard.policy.values import Many, Switch


class TimeModel(Strict):
    """When the mail came in, in the zone of the calendar. All keys must hold of that very moment: after midnight, the
    weekday is the new one.
    """

    within: Many[HoursText] | None = Field(
        None, description="in any of these hours, also over midnight", examples=["22:00-05:00"]
    )
    weekdays: Many[Weekday] | None = Field(None, description="on any of these days", examples=[["sat", "sun"]])
    holiday: Switch | None = Field(
        None, description="on a public holiday or company day off (a weekend alone is none)", examples=[True]
    )
    office_hours: Switch | None = Field(None, description="while people are at work", examples=[False])

    @model_validator(mode="after")
    def _something(self) -> TimeModel:
        if self.within is None and self.weekdays is None and self.holiday is None and self.office_hours is None:
            raise ValueError(
                Sentence(
                    "within、weekdays、holiday、office_hours のいずれかを書いてください。",
                    "give within, weekdays, holiday or office_hours",
                )
            )
        return self
