"""notify.monthly: who gets the letter of the month, and on which day of it."""

from __future__ import annotations

from pydantic import Field, model_validator

from mailguard.config.words import MailAddress, Section, Whole
from mailguard.mail.saying import Sentence


class MonthlySection(Section):
    """The letter of the month."""

    to: tuple[MailAddress, ...] = ()
    day: Whole = Field(default=1, ge=1, le=28)

    @model_validator(mode="after")
    def _somebody(self) -> MonthlySection:
        if not self.to:
            raise ValueError(
                Sentence(
                    "to: [boss@corp.example] のように、送り先が必要です。",
                    "to: [boss@corp.example] is needed: who gets the letter?",
                )
            )
        return self
