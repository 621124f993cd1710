"""What the API takes and gives for filters and for acts over many mails."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from mailguard.console.api_values import In, Out
from mailguard.review import BulkJob, BulkResult

StateWord = Literal["held", "queued", "relayed", "cancelled", "rejected", "expired", "bounced"]
ActWord = Literal["release", "cancel", "hold", "approve", "reject", "send-now"]

_Given = TypeVar("_Given", str, list[str])


class FilterIn(In):
    """Which mails are meant; all that is given must hold. A key that is given has a value."""

    narrowing = frozenset({"q", "sender", "recipient", "rule", "before", "ids"})

    state: StateWord | None = None
    q: str = Field(default="", max_length=500, description="The filter language of docs/queue.md")
    sender: str = Field(default="", max_length=254)
    recipient: str = Field(default="", max_length=254)
    rule: str = Field(default="", max_length=100)
    before: str = Field(default="", max_length=60, description="`next` of the page before")
    sort: Literal["newest", "oldest", "ends", "sender", "size"] = "newest"
    older_than_seconds: int | None = Field(default=None, ge=0, le=10**9)
    ids: list[str] = Field(default_factory=list, max_length=10_000)

    @field_validator("q", "sender", "recipient", "rule", "before", "ids")
    @classmethod
    def _filled(cls, value: _Given) -> _Given:
        if not (value.strip() if isinstance(value, str) else value):
            raise PydanticCustomError("empty", "It is empty, and would mean every mail: give a value, or no such key")
        return value


class BulkIn(In):
    """An act over a filter, at once for at most 10,000 mails. dry_run, the default, only counts; else the filter says
    something, and all that is held is `{"state": "held"}`.
    """

    filter: FilterIn
    act: ActWord
    dry_run: bool = True
    comment: str = Field(default="", max_length=2000)
    undo_seconds: int | None = Field(
        default=None, ge=0, le=600, description="Wait so long, in which it can be undone; then up to 100,000 mails"
    )


class BulkOut(Out):
    """count: matched and open; done and refused: what became of them. bulk: of an act that waits, its id; due_at: when
    it begins.
    """

    count: int
    done: int
    refused: int
    ids: list[str]
    errors: dict[str, str]
    bulk: str | None = None
    due_at: datetime | None = None

    @classmethod
    def of(cls, result: BulkResult) -> BulkOut:
        """From the review room's result."""
        return cls(
            count=result.count,
            done=result.done,
            refused=result.refused,
            ids=list(result.ids),
            errors={message_id: because.en for message_id, because in result.errors.items()},
        )

    @classmethod
    def of_job(cls, job: BulkJob) -> BulkOut:
        """Of an act that waits."""
        return cls(count=job.total, done=0, refused=0, ids=[], errors={}, bulk=job.id, due_at=job.due_at)


class BulkJobOut(Out):
    """How far an act over many mails is."""

    id: str
    act: ActWord
    state: Literal["preparing", "waiting", "running", "done", "undone", "stopped"]
    total: int
    done: int
    refused: int
    due_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, job: BulkJob) -> BulkJobOut:
        """From the ledger's record."""
        return cls(
            id=job.id,
            act=job.act,
            state=job.state,
            total=job.total,
            done=job.done,
            refused=job.refused,
            due_at=job.due_at,
            ended_at=job.ended_at,
        )
