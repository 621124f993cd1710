"""What a simulation found, as a value that can be added up and printed: counts, and the newest mails that change.

Memory does not grow with the number of mails: days, groups and senders are bounded, and so are the mails named.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from mailguard.mail.verdict import Disposition, RuleHit
from mailguard.policy.recorded import Outcome

#: Groups (or domains) told apart; what comes after is counted together. Senders: counted exactly up to so many.
_GROUPS_MOST = 1000
_SENDERS_MOST = 50_000
OTHERS = "…"
#: What makes people decide; a delay ends by itself.
_ASKED = frozenset({Disposition.CONFIRM, Disposition.APPROVE, Disposition.CHALLENGE})
_DECIDED = frozenset({"released", "changed", "cancelled", "rejected"})


@dataclass(frozen=True, slots=True)
class Change:
    """A mail whose verdict changes. at: ISO 8601; because: in Japanese and in English; outcome: what became of it."""

    id: str
    at: str
    sender: str
    subject: str
    before: str
    after: str
    rule: str
    because: tuple[str, str]
    outcome: Outcome = ""


@dataclass(slots=True)
class RuleReport:
    """One rule. mode: in the new policy, "" if it is not there; was: its mode now, "" if it is new.

    hits: mails that it fires for; holds: those that people would have to decide on by it, were it enforced; rejects:
    those it would refuse; before: hits under the policy in force; undecided: mails whose text it would need.
    asked: hits that people were in fact asked about at the time and answered; released: those sent on unchanged.
    """

    id: str
    mode: str
    disposition: str
    place: str
    was: str
    hits: int = 0
    holds: int = 0
    rejects: int = 0
    before: int = 0
    undecided: int = 0
    asked: int = 0
    released: int = 0
    days: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    senders: set[str] = field(default_factory=set)

    def add_hit(self, hit: RuleHit, day: str, groups: Iterable[str], sender: str, outcome: Outcome) -> None:
        """Count a mail that the rule fires for."""
        self.hits += 1
        self.holds += hit.disposition in _ASKED
        self.rejects += hit.disposition is Disposition.REJECT
        self.days[day] += 1
        for group in groups:
            self.groups[_bounded(self.groups, group)] += 1
        if sender in self.senders or len(self.senders) < _SENDERS_MOST:
            self.senders.add(sender)
        if outcome in _DECIDED:
            self.asked += 1
            self.released += outcome == "released"

    def merge(self, other: RuleReport) -> None:
        """Add what another part of the mail gave."""
        for name in ("hits", "holds", "rejects", "before", "undecided", "asked", "released"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.days.update(other.days)
        for group, count in other.groups.items():
            self.groups[_bounded(self.groups, group)] += count
        self.senders |= other.senders

    def to_json(self, mails: int) -> dict[str, Any]:
        """The rule's counts; `released_unchanged` is null where nobody was asked."""
        return {
            "id": self.id, "mode": self.mode or None, "was": self.was or None, "disposition": self.disposition or None,
            "place": self.place or None, "hits": self.hits, "holds": self.holds, "rejects": self.rejects,
            "hits_before": self.before, "undecided": self.undecided, "decidable": mails - self.undecided,
            "senders": len(self.senders), "per_day": dict(sorted(self.days.items())),
            "per_group": dict(self.groups.most_common()), "asked": self.asked, "released": self.released,
            "released_unchanged": round(self.released / self.asked, 3) if self.asked else None,
        }  # fmt: skip


@dataclass(slots=True)
class Report:
    """Everything that a simulation found. undecided: mails for which some rule needs the text; unrecorded: mails that
    could not be judged again; days and groups: (mails, people asked before, after).
    """

    base: str
    new: str
    named: int = 50
    mails: int = 0
    undecided: int = 0
    unrecorded: int = 0
    stricter: int = 0
    milder: int = 0
    mixed: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    days: dict[str, list[int]] = field(default_factory=dict)
    groups: dict[str, list[int]] = field(default_factory=dict)
    rules: dict[str, RuleReport] = field(default_factory=dict)
    changes: deque[Change] = field(default_factory=deque)

    def add_mail(self, day: str, groups: Iterable[str], before: Disposition, after: Disposition) -> None:
        """Count a mail with both of its dispositions."""
        self.mails += 1
        self.before[before.word] += 1
        self.after[after.word] += 1
        asked = (1, int(before in _ASKED), int(after in _ASKED))
        _add(self.days, day, asked)
        for group in groups:
            _add(self.groups, _bounded(self.groups, group), asked)

    def add_change(self, stricter: bool, milder: bool, move: tuple[Disposition, Disposition]) -> None:
        """Count a mail whose verdict changes."""
        self.stricter += stricter
        self.milder += milder
        self.mixed += not (stricter or milder)
        self.moves[move[0].word, move[1].word] += 1

    def name_change(self, change: Change) -> None:
        """Keep the newest of those that change."""
        self.changes.append(change)
        if len(self.changes) > 2 * self.named:
            self._newest()

    def merge(self, other: Report) -> None:
        """Add what another part of the mail gave."""
        for name in ("mails", "undecided", "unrecorded", "stricter", "milder", "mixed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, theirs in ((self.before, other.before), (self.after, other.after)):
            mine.update(theirs)
        self.moves.update(other.moves)
        for day, counts in other.days.items():
            _add(self.days, day, counts)
        for group, counts in other.groups.items():
            _add(self.groups, _bounded(self.groups, group), counts)
        for name, rule in other.rules.items():
            if name in self.rules:
                self.rules[name].merge(rule)
            else:
                self.rules[name] = rule
        self.changes.extend(other.changes)
        self._newest()

    def _newest(self) -> None:
        ordered = sorted(self.changes, key=lambda change: change.id)
        self.changes = deque(ordered[max(0, len(ordered) - self.named) :])

    def to_json(self) -> dict[str, Any]:
        """The object that `policy simulate --json` prints."""
        self._newest()

        def counted(found: dict[str, list[int]]) -> dict[str, dict[str, int]]:
            return {name: dict(zip(("mails", "before", "after"), found[name], strict=True)) for name in sorted(found)}

        return {
            "policy": {"before": self.base, "after": self.new},
            "mails": self.mails, "undecided": self.undecided, "unrecorded": self.unrecorded,
            "changed": self.stricter + self.milder + self.mixed,
            "stricter": self.stricter, "milder": self.milder, "mixed": self.mixed,
            "before": dict(self.before), "after": dict(self.after),
            "moves": [{"before": a, "after": b, "mails": n} for (a, b), n in self.moves.most_common()],
            "per_day": counted(self.days), "per_group": counted(self.groups),
            "rules": [rule.to_json(self.mails) for rule in self.rules.values()],
            "changes": [
                {**asdict(one), "because": {"ja": one.because[0], "en": one.because[1]}}
                for one in reversed(self.changes)
            ],
        }  # fmt: skip


def _add(into: dict[str, list[int]], key: str, counts: Iterable[int]) -> None:
    found = into.setdefault(key, [0, 0, 0])
    for at, count in enumerate(counts):
        found[at] += count


def _bounded(found: dict[str, Any] | Counter[str], name: str) -> str:
    return name if name in found or len(found) < _GROUPS_MOST else OTHERS
