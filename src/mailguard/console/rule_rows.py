"""From a rule's figures, and from a simulation's report, to what the policy page says of it in one language. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailguard.console.present import Speaker
from mailguard.console.trials import Trial
from mailguard.mail.organization import Language
from mailguard.mail.saying import in_language
from mailguard.mail.verdict import Disposition
from mailguard.notify.phrases import length_word, on_one_line, span
from mailguard.policy.explain import disposition_word
from mailguard.review.rules import Board, RuleStanding

_GROUPS_MOST = 15
#: A rule is marked if more of its opened holds than this were sent unchanged within five seconds.
HASTY_SHARE = 0.5
_CSS = {"ready": "relayed", "rubber_stamp": "flag", "not_yet": "", "learning": "", "watch": ""}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One criterion."""

    met: bool
    said: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as a line of the table. change: where its mode stands (file:line), for one that is ready."""

    id: str
    sentence: str
    mode: str
    mode_word: str
    disposition: str
    place: str
    hits: int
    week: int
    per_day: str
    senders: int
    released: str
    fate: str
    decision: str
    reading: str
    hasty: bool
    standing: str
    standing_word: str
    standing_css: str
    checks: Sequence[CheckLine]
    change: str
    examples: str


def rule_row(one: RuleStanding, board: Board, by: Speaker) -> RuleRow:
    """One rule in the reader's language."""
    rule, seen, say = one.rule, one.figures, by.say
    gist = rule.gist
    because = "" if gist is None else str(getattr(gist, by.language))
    share = seen.released_unchanged
    fates = [
        (seen.changed, "policy.fate.changed"), (seen.cancelled, "policy.fate.cancelled"),
        (seen.rejected, "policy.fate.rejected"), (seen.expired, "policy.fate.expired"),
        (seen.waiting, "policy.fate.waiting"), (seen.refused, "policy.fate.refused"),
    ]  # fmt: skip
    found = one.readiness
    return RuleRow(
        id=rule.id,
        sentence=because,
        mode=rule.mode,
        mode_word=say(f"policy.mode.{rule.mode}"),
        disposition=str(getattr(disposition_word(rule.disposition), by.language)),
        place=short(f"{rule.place.file}:{rule.place.line}"),
        hits=seen.hits,
        week=seen.week,
        per_day=f"{seen.hits / board.days:.1f}",
        senders=seen.senders,
        released="" if share is None else say("policy.released", share=f"{share:.0%}", n=seen.released, of=seen.asked),
        fate=say("policy.fate.joint").join(say(key, n=number) for number, key in fates if number),
        decision="" if seen.decision is None else span(seen.decision, by.language),
        reading=_reading(one, by),
        hasty=(seen.hasty_share or 0.0) > HASTY_SHARE,
        standing=found.standing,
        standing_word="" if found.standing == "watch" else say(f"policy.standing.{found.standing}"),
        standing_css=_CSS[found.standing],
        checks=[CheckLine(check.met, str(getattr(check.said, by.language))) for check in found.checks],
        change=short(found.line),
        examples=_examples(one, by),
    )


def _reading(one: RuleStanding, by: Speaker) -> str:
    """Whether people look before they decide, and how long; "" where nobody decided."""
    seen, say = one.figures, by.say
    if seen.opened_share is None:
        return ""
    said = [say("policy.opened", share=f"{seen.opened_share:.0%}")]
    if seen.reading is not None:
        said.append(say("policy.reading", length=length_word(seen.reading, by.language)))
    if seen.hasty:
        said.append(say("policy.hasty", share=f"{seen.hasty_share or 0:.0%}", n=seen.hasty, of=seen.opened))
    return say("policy.fate.joint").join(said)


def short(place: str) -> str:
    """A place of a policy file as people call it: the last folder, the file, the line."""
    return "/".join(place.split("/")[-2:])


def _examples(one: RuleStanding, by: Speaker) -> str:
    if one.failing:
        return by.say("policy.examples.failing", n=one.failing, of=one.examples)
    return by.say("policy.examples", n=one.examples) if one.examples else by.say("policy.examples.none")


@dataclass(frozen=True, slots=True)
class Bar:
    """A day or a group: before and after, and the width of the bar in percent (rounded to fives)."""

    name: str
    before: int
    after: int
    width: int


@dataclass(frozen=True, slots=True)
class TrialRule:
    """A rule of the report."""

    id: str
    mode: str
    hits: int
    before: int
    holds: int
    per_day: str
    most: int
    senders: int
    released: str
    undecided: str


@dataclass(frozen=True, slots=True)
class TrialMail:
    """A mail whose verdict changes."""

    id: str
    when: str
    sender: str
    subject: str
    before: str
    after: str
    rule: str
    because: str


@dataclass(frozen=True, slots=True)
class TrialValues:
    """All that the page of a simulation says."""

    title: str
    done: bool
    part: int
    mails: str
    problems: Sequence[str]
    head: str = ""
    changed: str = ""
    unrecorded: str = ""
    sums: Sequence[tuple[str, int, int]] = ()
    rules: Sequence[TrialRule] = ()
    days: Sequence[Bar] = ()
    groups: Sequence[Bar] = ()
    named: Sequence[TrialMail] = ()
    whole: str = ""


def trial_values(trial: Trial, by: Speaker) -> TrialValues:
    """A simulation in the reader's language."""
    wish, say, report = trial.wish, by.say, trial.report
    if wish.rule:
        title = say("trial.mode", rule=wish.rule, mode=say(f"policy.mode.{wish.mode}"))
    else:
        title = say("trial.file", file=wish.file.rpartition("/")[2])
    begun = TrialValues(
        title, trial.done, round(100 * trial.part), say("trial.mails", n=f"{trial.mails:,}"),
        [on_one_line(in_language(line, by.language), 500) for line in trial.problems],
    )  # fmt: skip
    if report is None:
        return begun
    days = wish.days
    return TrialValues(
        begun.title, True, 100, begun.mails, begun.problems,
        head=say("trial.head.given", n=f"{report['mails']:,}", file=wish.mails_name)
        if wish.mails else say("trial.head", n=f"{report['mails']:,}", days=days),
        changed=say("trial.changed", n=f"{report['changed']:,}", stricter=report["stricter"], milder=report["milder"])
        if report["changed"] else say("trial.same"),
        unrecorded=say("trial.unrecorded", n=report["unrecorded"]) if report["unrecorded"] else "",
        sums=_sums(report, by.language),
        rules=[_trial_rule(rule, report, days, by) for rule in report["rules"] if _says_something(rule)],
        days=_bars(report["per_day"]),
        groups=sorted(_bars(report["per_group"]), key=lambda bar: -bar.after)[:_GROUPS_MOST],
        named=[_trial_mail(mail, by) for mail in report["changes"]],
        whole=say("trial.named", n=len(report["changes"]), of=f"{report['changed']:,}") if report["changes"] else "",
    )  # fmt: skip


def _says_something(rule: dict[str, Any]) -> bool:
    return bool(rule["hits"] or rule["hits_before"] or rule["undecided"])


def _sums(report: dict[str, Any], language: Language) -> list[tuple[str, int, int]]:
    counts = [(one, report["before"].get(one.word, 0), report["after"].get(one.word, 0)) for one in Disposition]
    return [(str(getattr(disposition_word(one), language)), a, b) for one, a, b in counts if a or b]


def _trial_rule(rule: dict[str, Any], report: dict[str, Any], days: int, by: Speaker) -> TrialRule:
    say, share = by.say, rule["released_unchanged"]
    released = (
        "" if share is None else say("policy.released", share=f"{share:.0%}", n=rule["released"], of=rule["asked"])
    )
    lost = say("trial.undecided", n=f"{rule['undecided']:,}", of=f"{report['mails']:,}") if rule["undecided"] else ""
    mode = say(f"policy.mode.{rule['mode']}") if rule["mode"] else say("trial.gone")
    return TrialRule(
        rule["id"], mode, rule["hits"], rule["hits_before"], rule["holds"], f"{rule['holds'] / days:.1f}",
        max(rule["per_day"].values(), default=0), rule["senders"], released, lost,
    )  # fmt: skip


def _bars(counts: dict[str, dict[str, int]]) -> list[Bar]:
    longest = max((max(one["before"], one["after"]) for one in counts.values()), default=0) or 1
    return [
        Bar(on_one_line(name, 100), one["before"], one["after"], 5 * round(20 * one["after"] / longest))
        for name, one in counts.items()
    ]


def _trial_mail(mail: dict[str, Any], by: Speaker) -> TrialMail:
    words = {one.word: str(getattr(disposition_word(one), by.language)) for one in Disposition}
    return TrialMail(
        mail["id"], by.moment(datetime.fromisoformat(mail["at"])) if mail["at"] else "",
        on_one_line(mail["sender"], 80) or "<>", on_one_line(mail["subject"], 100) or by.say("no_subject"),
        words[mail["before"]], words[mail["after"]], mail["rule"], on_one_line(mail["because"][by.language], 200),
    )  # fmt: skip
