"""A rule with its figures, as the API gives it: `GET /policy` and `GET /stats`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from mailguard.console.api_values import Out
from mailguard.review.rules import Board, RuleStanding


class RuleOut(Out):
    """A rule and what it did in the days of the answer. would_hold_per_day: hits a day, whatever its mode; asked: mails
    that people decided on because of it; released_unchanged: share of those that were sent as they were.
    """

    id: str
    mode: str
    disposition: str
    place: str = Field(description="Where the rule stands, as file:line")
    hits: int
    hits_7_days: int
    would_hold_per_day: float
    senders: int
    refused: int
    asked: int
    released: int
    changed: int
    cancelled: int
    rejected: int
    expired: int
    waiting: int
    released_unchanged: float | None
    median_seconds_to_decision: float | None
    opened: int = Field(description="Decided by somebody who had opened the mail's page")
    opened_share: float | None
    median_seconds_from_opening: float | None
    hasty: int = Field(description="Of the opened ones, sent as they were within five seconds of opening")
    hasty_share: float | None
    since: datetime | None = Field(description="When it came to this mode")
    judged_since: int
    standing: str = Field(description="ready, learning, not_yet, rubber_stamp or watch")
    why: list[dict[str, Any]] = Field(description="Each criterion: met, ja, en")
    change_at: str = Field(description="Where `mode: enforce` would stand, as file:line, for a rule that is ready")
    examples: int
    examples_failing: int

    @classmethod
    def of(cls, one: RuleStanding, board: Board) -> RuleOut:
        """From the review room's board."""
        rule, seen, found = one.rule, one.figures, one.readiness
        return cls(
            id=rule.id,
            mode=rule.mode,
            disposition=rule.disposition.word,
            place=f"{rule.place.file}:{rule.place.line}",
            hits=seen.hits,
            hits_7_days=seen.week,
            would_hold_per_day=round(seen.hits / board.days, 2),
            senders=seen.senders,
            refused=seen.refused,
            asked=seen.asked,
            released=seen.released,
            changed=seen.changed,
            cancelled=seen.cancelled,
            rejected=seen.rejected,
            expired=seen.expired,
            waiting=seen.waiting,
            released_unchanged=seen.released_unchanged,
            median_seconds_to_decision=_seconds(seen.decision),
            opened=seen.opened,
            opened_share=seen.opened_share,
            median_seconds_from_opening=_seconds(seen.reading),
            hasty=seen.hasty,
            hasty_share=seen.hasty_share,
            since=seen.since,
            judged_since=seen.judged,
            standing=found.standing,
            why=[{"met": check.met, "ja": check.said.ja, "en": check.said.en} for check in found.checks],
            change_at=found.line,
            examples=one.examples,
            examples_failing=one.failing,
        )


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds(), 1)
