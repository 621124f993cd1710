"""Incidents as the API takes and gives them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from mailguard.console.api_values import In, Out
from mailguard.incident import Incident, values_of
from mailguard.mail.breach import Answer, Duty, Law


class IncidentIn(In):
    """A mail that went to the wrong person. What of it has not left is cancelled."""

    message_id: str = Field(max_length=18)
    note: str = Field(default="", max_length=4000)


class IncidentEnd(In):
    """What came of it: who was told, whether the mail was deleted unread, what was learned."""

    outcome: str = Field(max_length=4000)


class AssessmentIn(In):
    """Answers to the six questions, all of them: what is left out is not known. how: who made sure that nobody saw it,
    in what way and when; learned_at: when the company learned of it, left out: as it stands; why: that was changed.
    """

    personal: Answer = "unknown"
    sensitive: Answer = "unknown"
    property: Answer = "unknown"
    malicious: Answer = "unknown"
    unseen: Answer = "unknown"
    persons: int | None = Field(default=None, ge=0, le=10**9, strict=True)
    how: str = Field(default="", max_length=2000)
    learned_at: AwareDatetime | None = None
    why: str = Field(default="", max_length=4000)


class AnswersOut(Out):
    """What was answered to the six questions."""

    personal: Answer
    sensitive: Answer
    property: Answer
    malicious: Answer
    unseen: Answer
    persons: int | None
    how: str


class JudgementOut(Out):
    """Whether a report is probably due by a law (APPI article 26, GDPR article 33), and why; no legal advice."""

    law: Law
    duty: Duty
    because: list[str]


class ClockOut(Out):
    """Until when, the days being those of the organisation: 72 hours, the prompt report, the final one. first: from
    which day on it is expected; at: the moment at which it is over.
    """

    name: Literal["gdpr", "prompt", "final"]
    first: date | None
    last: date
    at: datetime


class CopyOut(Out):
    """What became of one recipient's copy. at: when the next server took it; code, text: its last answer."""

    address: str
    external: bool
    outcome: Literal["not_sent", "accepted", "bounced", "under_way", "held"]
    at: datetime | None
    code: int | None
    text: str


class SiblingOut(Out):
    """Another mail of the sender with the same file, or in the same thread."""

    id: str
    why: Literal["file", "thread"]


class IncidentOut(Out):
    """A misdelivery, with the mail as it stood then. stopped: recipients whose copy was cancelled at that; told: who
    heard of it besides the mail's sender. learned_at: when the company learned of it; answers: null as long as nobody
    answered, and for whoever sees but his own mail; assessment: what follows from them, by law; clocks: until when it
    is to be reported, if it is.
    """

    id: str
    message_id: str
    state: Literal["open", "closed"]
    opened_at: datetime
    opened_by: str
    note: str
    closed_at: datetime | None
    closed_by: str
    outcome: str
    learned_at: datetime
    answers: AnswersOut | None
    assessed_at: datetime | None
    assessed_by: str
    assessment: list[JudgementOut]
    clocks: list[ClockOut]
    sender: str
    subject: str | None
    received_at: datetime
    recipients: list[CopyOut]
    stopped: list[str]
    files: list[str]
    persons: int
    personal_data: dict[str, int]
    siblings: list[SiblingOut]
    told: list[str] = Field(default_factory=list)

    @classmethod
    def of(cls, incident: Incident, timezone: str) -> IncidentOut:
        """From the register."""
        return cls.model_validate(values_of(incident, timezone))


class IncidentsOut(Out):
    """The newest first. next: the `before` of the following page, null at the end."""

    incidents: list[IncidentOut]
    next: str | None
