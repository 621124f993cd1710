"""Incidents as the API takes and gives them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from mailguard.console.api_values import In, Out
from mailguard.incident import Incident


class IncidentIn(In):
    """A mail that went to the wrong person. What of it has not left is cancelled."""

    message_id: str = Field(max_length=18)
    note: str = Field(default="", max_length=4000)


class IncidentEnd(In):
    """What came of it: who was told, whether the mail was deleted unread, what was learned."""

    outcome: str = Field(max_length=4000)


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
    heard of it besides the mail's sender.
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
    def of(cls, incident: Incident) -> IncidentOut:
        """From the register."""
        return cls.model_validate(
            {
                **{key: value for key, value in incident.facts.items() if key != "owners"},
                "id": incident.id,
                "message_id": incident.message_id,
                "state": incident.state,
                "opened_at": incident.opened_at,
                "opened_by": incident.opened_by,
                "note": incident.note,
                "closed_at": incident.closed_at,
                "closed_by": incident.closed_by,
                "outcome": incident.outcome,
            }
        )


class IncidentsOut(Out):
    """The newest first. next: the `before` of the following page, null at the end."""

    incidents: list[IncidentOut]
    next: str | None
