"""Which watching rules may be enforced, and which enforced ones people wave through: from figures to a sentence. Pure.

The criteria are few, written down here, and said on the page, so that nobody has to believe a traffic light.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from mailguard.mail.verdict import Because, Disposition
from mailguard.policy.examples import ExampleResult
from mailguard.policy.rule import Rule

#: ready: may be enforced; learning: not seen enough; not_yet: something speaks against it; rubber_stamp: its holds are
#: waved through; watch: nothing to say of it.
Standing = Literal["ready", "learning", "not_yet", "rubber_stamp", "watch"]


@dataclass(frozen=True, slots=True)
class Criteria:
    """A rule is ready after `days` in monitor mode or `mails` judged mails, if it hits at most `per_hundred` of a
    hundred mails and of no sender more than `per_sender` of a hundred, if at most `unsure` (share) of its hits could
    not be decided, and if its examples hold. It is a rubber stamp if more than `stamped` (share) of at least `decided`
    holds were sent on unchanged.
    """

    days: int = 14
    mails: int = 200
    per_hundred: float = 5.0
    per_sender: float = 20.0
    unsure: float = 0.2
    stamped: float = 0.8
    decided: int = 20


CRITERIA = Criteria()


class Seen(Protocol):
    """The figures that are asked."""

    hits: int
    worst: float
    unsure: float | None
    since: datetime | None
    judged: int
    asked: int
    released: int


@dataclass(frozen=True, slots=True)
class Check:
    """One criterion: whether it is met, and the sentence."""

    met: bool
    said: Because


@dataclass(frozen=True, slots=True)
class Readiness:
    """How a rule stands, the criteria one by one, and the place of `mode: enforce` (file:line; "" if not ready)."""

    standing: Standing
    checks: tuple[Check, ...] = ()
    line: str = ""


def digest_of(rule: Rule) -> str:
    """What a rule asks and does, as 16 hex digits; with another mode, sentence or example it is still the same."""
    said = rule.model.model_dump_json(exclude={"mode", "because", "examples", "description", "headline"})
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def readiness(
    rule: Rule, seen: Seen, mails: int, examples: Iterable[ExampleResult], now: datetime, criteria: Criteria = CRITERIA
) -> Readiness:
    """How a rule stands. mails: judged in the same time as the figures."""
    if rule.mode == "enforce":
        return _enforced(rule, seen, criteria)
    if rule.disposition is Disposition.DELIVER:
        return Readiness("watch")  # it only counts, whatever its mode
    seen_enough = _seen_enough(seen, now, criteria)
    budgets = (_budget(seen, mails, criteria), _per_sender(seen, criteria))
    line = f"{rule.mode_place.file}:{rule.mode_place.line}"
    checks = (seen_enough, *budgets, _decided(seen, criteria), _examples(examples))
    if all(check.met for check in checks):
        return Readiness("ready", checks, line)
    return Readiness("not_yet" if seen_enough.met else "learning", checks)


def _enforced(rule: Rule, seen: Seen, criteria: Criteria) -> Readiness:
    if rule.disposition not in (Disposition.CONFIRM, Disposition.APPROVE) or seen.asked < criteria.decided:
        return Readiness("watch")
    share = seen.released / seen.asked
    stamped = share > criteria.stamped
    said = Because(
        f"確認を求めた{seen.asked}通のうち{seen.released}通（{share:.0%}）が、そのまま送信されました",
        f"of {seen.asked} mails that people were asked about, {seen.released} ({share:.0%}) were sent unchanged",
    )
    return Readiness("rubber_stamp" if stamped else "watch", (Check(not stamped, said),))


def _seen_enough(seen: Seen, now: datetime, criteria: Criteria) -> Check:
    age = timedelta() if seen.since is None else now - seen.since
    met = age >= timedelta(days=criteria.days) or seen.judged >= criteria.mails
    return Check(
        met,
        Because(
            f"このモードになって{age.days}日、{seen.judged:,}通を判定しました（{criteria.days}日または{criteria.mails}通が目安）",
            f"watching for {age.days} days and {seen.judged:,} mails"
            f" (asked: {criteria.days} days or {criteria.mails} mails)",
        ),
    )


def _budget(seen: Seen, mails: int, criteria: Criteria) -> Check:
    share = 100 * seen.hits / mails if mails else 0.0
    return Check(
        share <= criteria.per_hundred,
        Because(
            f"メール100通あたり{share:.1f}通に当てはまります（{criteria.per_hundred:g}通まで）",
            f"it hits {share:.1f} of a hundred mails (at most {criteria.per_hundred:g})",
        ),
    )


def _per_sender(seen: Seen, criteria: Criteria) -> Check:
    share = 100 * seen.worst
    return Check(
        share <= criteria.per_sender,
        Because(
            f"最も多い送信者では100通あたり{share:.0f}通です（{criteria.per_sender:g}通まで）",
            f"for the sender whom it meets most often, {share:.0f} of a hundred (at most {criteria.per_sender:g})",
        ),
    )


def _decided(seen: Seen, criteria: Criteria) -> Check:
    share = seen.unsure or 0.0
    return Check(
        share <= criteria.unsure,
        Because(
            f"判定できなかったものは{share:.0%}です（{criteria.unsure:.0%}まで）",
            f"{share:.0%} of its hits could not be decided (at most {criteria.unsure:.0%})",
        ),
    )


def _examples(results: Iterable[ExampleResult]) -> Check:
    found = list(results)
    failed = sum(not one.passed for one in found)
    if not found:
        return Check(False, Because("テスト例がありません", "it has no examples"))
    if failed:
        said = Because(
            f"テスト例 {len(found)}件のうち{failed}件が合いません", f"{failed} of {len(found)} examples fail"
        )
        return Check(False, said)
    return Check(True, Because(f"テスト例 {len(found)}件がすべて合います", f"all {len(found)} examples hold"))
