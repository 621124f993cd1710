"""Figures and lines of the audit log, as the API gives them: `GET /figures`, `GET /audit`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import Field

from mailguard.console.api_values import Out
from mailguard.policy.tally import ALARM, Tally
from mailguard.review import HistoryLine
from mailguard.review.audits import Checked, Lines
from mailguard.review.figures import Figures


class AlarmsOut(Out):
    """right: the recipient was taken off or replaced, or the mail not sent; wrong: the sender said that he is right."""

    alarms: int
    right: int
    wrong: int
    open: int

    @classmethod
    def of(cls, counts: Sequence[int]) -> AlarmsOut:
        """From a tally."""
        return cls(**dict(zip(ALARM, counts, strict=True)))


class TallyOut(Out):
    """Numbers of mails, and lengths of time in seconds; docs/figures.md says how each is counted."""

    mails: int
    outside: int
    refused: int
    hits: int
    delayed: int
    undone: int
    asked: int
    waiting: int
    released: int
    changed: int
    cancelled: int
    rejected: int
    expired: int
    opened: int
    hasty: int
    stopped: int = Field(description="Cancelled or changed while held: undone + cancelled + changed")
    holds_per_hundred: float | None
    released_unchanged: float | None
    alarms: dict[str, AlarmsOut] = Field(description="Of the model of who writes to whom, by kind of reason")
    alarms_right: float | None = Field(description="Share of the decided alarms that were mistakes")
    delay_seconds: dict[str, float | None]

    @classmethod
    def of(cls, tally: Tally) -> TallyOut:
        """From the figures."""
        lengths = {
            f"{name}_{word}": _seconds(tally.quantile(name, part))
            for name in ("asked", "undo", "all", "decide", "read")
            for word, part in (("median", 0.5), ("p90", 0.9))
        }
        return cls(
            mails=tally.mails, outside=tally.outside, refused=tally.refused, hits=tally.hits, delayed=tally.delayed,
            undone=tally.undone, asked=tally.asked, waiting=tally.waiting, released=tally.released,
            changed=tally.changed, cancelled=tally.cancelled, rejected=tally.rejected, expired=tally.expired,
            opened=tally.seen, hasty=tally.hasty, stopped=tally.stopped, holds_per_hundred=tally.per_hundred,
            alarms={kind: AlarmsOut.of(counts) for kind, counts in tally.alarms.items()},
            alarms_right=tally.alarms_right, released_unchanged=tally.unchanged, delay_seconds=lengths,
        )  # fmt: skip


class FiguresOut(Out):
    """The figures of some days, both ends included. missing: days that are not counted yet."""

    first: date
    last: date
    at: datetime
    missing: int
    all: TallyOut
    days: dict[str, TallyOut]
    rules: dict[str, TallyOut]
    groups: dict[str, TallyOut]

    @classmethod
    def of(cls, figures: Figures) -> FiguresOut:
        """From the review room."""
        return cls(
            first=figures.first,
            last=figures.last,
            at=figures.at,
            missing=figures.missing,
            all=TallyOut.of(figures.all),
            days={day.isoformat(): TallyOut.of(tally) for day, tally in figures.days.items()},
            rules={name: TallyOut.of(tally) for name, tally in figures.rules.items()},
            groups={name: TallyOut.of(tally) for name, tally in figures.groups.items()},
        )


class AuditLineOut(Out):
    """One line of the audit log. hash: over the line before and this one."""

    number: int
    at: datetime
    message_id: str
    actor: str
    role: str
    via: str
    event: str
    recipients: list[str]
    comment: str
    detail: dict[str, Any]
    hash: str

    @classmethod
    def of(cls, line: HistoryLine) -> AuditLineOut:
        """From the log."""
        return cls(
            number=line.number, at=line.at, message_id=line.message_id, actor=line.actor, role=str(line.role),
            via=line.via, event=line.event, recipients=list(line.recipients), comment=line.comment,
            detail=line.detail, hash=line.hash,
        )  # fmt: skip


class AuditPage(Out):
    """Lines, newest first. next: the `before` of the following page, null at the end: a page can be empty and yet have
    one, as a look goes back a bounded number of lines. verified_upto, verified_at, first_broken: of the chain.
    """

    lines: list[AuditLineOut]
    next: int | None
    verified_upto: int
    verified_at: datetime | None
    first_broken: int | None

    @classmethod
    def of(cls, found: Lines, checked: Checked) -> AuditPage:
        """From the review room."""
        return cls(
            lines=[AuditLineOut.of(line) for line in found.lines],
            next=found.next,
            verified_upto=checked.upto,
            verified_at=checked.at,
            first_broken=checked.broken,
        )


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds(), 3)
