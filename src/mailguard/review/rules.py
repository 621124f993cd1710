"""Rules as people look at them: what each did, which may be enforced, and why a mail got its verdict.

It decides nothing about mail. Figures are read once a minute at most; who may see them is the door's to ask, who may
see a mail the waiting room's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mailguard.mail.facts import Facts
from mailguard.mail.organization import Organization
from mailguard.policy.examples import ExampleResult, run_examples
from mailguard.policy.explain import explain_recorded
from mailguard.policy.readiness import Readiness, digest_of, readiness
from mailguard.policy.rule import Policy, Rule
from mailguard.store.db import Database
from mailguard.store.figures import Figures, RuleFigures, RuleLog
from mailguard.store.recorded import find_recorded

_DAYS = 30
_FRESH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """One rule with what it did and how it stands. examples, failing: how many it has, and how many do not hold."""

    rule: Rule
    figures: RuleFigures
    readiness: Readiness
    examples: int
    failing: int


@dataclass(frozen=True, slots=True)
class Board:
    """The policy in force with its figures. days: the time that they cover."""

    policy: Policy
    at: datetime
    days: int
    mails: int
    rules: tuple[RuleStanding, ...]


class RuleReview:
    """What rules did."""

    def __init__(
        self,
        db: Database,
        *,
        policy: Callable[[], Policy],
        organization: Organization,
        now: Callable[[], datetime],
    ) -> None:
        self._db, self._log = db, RuleLog(db)
        self._policy, self._organization, self._now = policy, organization, now
        self._board: Board | None = None
        self._adopted = ""
        self._reading = asyncio.Lock()

    async def adopt(self) -> None:
        """Remember since when the rules in force are as they are. Cheap when nothing changed."""
        policy = self._policy()
        if policy.hash != self._adopted:
            await self._log.adopt(await asyncio.to_thread(_digests, policy), self._now())
            self._adopted = policy.hash

    async def board(self) -> Board:
        """The rules in force with the figures of the last 30 days; at most a minute old."""
        async with self._reading:
            policy, now = self._policy(), self._now()
            kept = self._board
            if kept is not None and kept.policy is policy and now - kept.at < _FRESH:
                return kept
            await self.adopt()
            figures = await self._log.figures([rule.id for rule in policy.rules], now, _DAYS)
            self._board = await asyncio.to_thread(_board, policy, figures, self._organization)
            return self._board

    async def explain(self, message_id: str, facts: Facts | None = None) -> dict[str, Any] | None:
        """Every rule of now on a mail of the ledger, and why. facts: its octets read again, where somebody may.

        None if the mail cannot be judged again.
        """
        mail = await self._db.read(lambda c: find_recorded(c, message_id, self._organization))
        if mail is None:
            return None
        again = mail if facts is None else mail.with_texts(facts)
        return await asyncio.to_thread(explain_recorded, self._policy(), again)


def _digests(policy: Policy) -> dict[str, tuple[str, str]]:
    """Mode and digest of each rule: a tenth of a millisecond for each."""
    return {rule.id: (str(rule.mode), digest_of(rule)) for rule in policy.rules}


def _board(policy: Policy, figures: Figures, organization: Organization) -> Board:
    examples: dict[str, list[ExampleResult]] = {}
    for result in run_examples(policy, organization):
        examples.setdefault(result.rule, []).append(result)

    def standing(rule: Rule) -> RuleStanding:
        seen, own = figures.rules[rule.id], examples.get(rule.id, [])
        failing = sum(not one.passed for one in own)
        found = readiness(rule, seen, figures.mails, own, figures.until)
        return RuleStanding(rule, seen, found, len(own), failing)

    return Board(policy, figures.until, _DAYS, figures.mails, tuple(map(standing, policy.rules)))
