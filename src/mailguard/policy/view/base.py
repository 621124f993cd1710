"""What every part of a view has: the case, what it was judged by before, and a place to keep what was worked out."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Self, TypeVar, cast

from mailguard.mail.calendar import Calendar
from mailguard.mail.directory import NOBODY, Directory
from mailguard.policy.case import Case
from mailguard.policy.result import Result
from mailguard.policy.sieve import Sieve

T = TypeVar("T")


class CaseView:
    """One case, and whose directory, calendar and first glance it is looked at with."""

    def __init__(
        self,
        case: Case,
        directory: Directory = NOBODY,
        calendar: Calendar | None = None,
        sieve: Sieve | None = None,
    ) -> None:
        """sieve: the policy's first glance; without it every condition looks for itself."""
        self.case = case
        #: What conditions that several rules share said of this mail.
        self.looked: dict[object, Result] = {}
        self._sieve = sieve
        self.directory = directory
        self.calendar = calendar or Calendar(timezone=case.organization.timezone)
        self.facts = case.facts
        self.sender = case.envelope.sender.mailbox
        self.findings = frozenset(finding.code for finding in case.facts.findings)
        self._made: dict[Hashable, object] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Forget what conditions said, once the verdict stands: it speaks of this view, so that all texts of the mail
        would wait for the collector of garbage.
        """
        self.looked.clear()
        self._made.clear()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, worked out once for this mail under a key that no other condition uses."""
        if key not in self._made:
            self._made[key] = make()
        return cast(T, self._made[key])
