"""What a new policy would have done with recorded mail, beside what the one in force did. Pure; counts in flat memory.

Where the policy in force is the one that judged, its verdict stands, and only rules that ask something else are asked
anew. A rule that needs a text which the record does not hold is undecided for that mail: it is counted as such and left
out of both verdicts. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from mailguard.mail.verdict import Disposition, RuleHit, Verdict
from mailguard.policy.explain import wants_text
from mailguard.policy.judge import UNREADABLE, judge, opinion, shut, verdict_of
from mailguard.policy.opinion import Opinion
from mailguard.policy.recorded import Recorded
from mailguard.policy.report import Change, Report, RuleReport
from mailguard.policy.result import Result, Told, Truth, both
from mailguard.policy.rule import Policy, Rule
from mailguard.policy.view import View

#: A sender in more groups than this is counted in the first ones.
_GROUPS_MOST = 5


@dataclass(frozen=True, slots=True)
class Weighed:
    """One mail under both policies. undecided: ids of the new policy's rules that need the text."""

    mail: Recorded
    before: Verdict
    after: Verdict
    undecided: tuple[str, ...] = ()


class Simulation:
    """Two policies, and what became of every mail that was shown to it."""

    def __init__(self, base: Policy, new: Policy, *, changes: int = 50, timezone: str = "Asia/Tokyo", only: str = ""):
        """base: in force; new: to be tried. changes: so many of the newest mails that change are named; only: the rule
        that they must be about.
        """
        self._base, self._new, self._only = base, new, only
        before = {rule.id: rule for rule in base.rules}
        aside = (base.aside, base.organization, base.directory) == (new.aside, new.organization, new.directory)
        self._changed = [rule for rule in new.rules if not (aside and _asks_same(before.get(rule.id), rule))]
        others = [rule for rule in new.rules if not (aside and _same(before.get(rule.id), rule))]
        self._asked = {rule.id for rule in self._changed}
        names = {rule.id for rule in new.rules}
        self._touched = {rule.id for rule in others} | {name for name in before if name not in names}
        self._zone = ZoneInfo(timezone)
        self._groups = _groups_of(new)
        self.report = Report(base.hash, new.hash, named=changes)
        for rule in new.rules:
            old = before.get(rule.id)
            self.report.rules[rule.id] = RuleReport(
                rule.id, rule.mode, rule.disposition.word, place=f"{rule.place.file}:{rule.place.line}",
                was="" if old is None else old.mode,
            )  # fmt: skip
        for rule in base.rules:
            if rule.id not in self.report.rules:
                gone = RuleReport(rule.id, "", rule.disposition.word, place="", was=rule.mode)
                self.report.rules[rule.id] = gone

    def weigh(self, mail: Recorded) -> Weighed:
        """Judge a mail under both policies. Counts nothing yet."""
        try:
            stands = mail.verdict.policy == self._base.hash and not _broke(mail)
            with self._base.view(mail.case) as old, self._new.view(mail.case) as view:
                return self._from_record(mail, view) if stands else self._anew(mail, old, view)
        except Exception:  # total, as the judge is
            return Weighed(mail, judge(self._base, mail.case), judge(self._new, mail.case))

    def _from_record(self, mail: Recorded, view: View) -> Weighed:
        """The policy in force is the one that judged: its verdict stands, and only rules that ask something else are
        asked.
        """
        fresh = _said(self._changed, view)
        undecided = tuple(name for name, one in fresh.items() if wants_text(one))
        touched = any(one.fires for name, one in fresh.items() if name not in undecided)
        if not touched and not any(hit.rule in self._touched for hit in mail.verdict.hits):
            return Weighed(mail, mail.verdict, mail.verdict, undecided)
        hits = {hit.rule: hit for hit in mail.verdict.hits}
        said = [_of_record(rule, hits.get(rule.id), view) for rule in self._new.rules if rule.id not in self._asked]
        said += [one for name, one in fresh.items() if name not in undecided]
        after = verdict_of(self._new, view, said)
        if not any(name in hits for name in undecided):
            return Weighed(mail, mail.verdict, after, undecided)
        # What cannot be compared is left out on both sides.
        rest = [_of_record(rule, hits.get(rule.id), view) for rule in self._base.rules if rule.id not in undecided]
        return Weighed(mail, verdict_of(self._base, view, rest), after, undecided)

    def _anew(self, mail: Recorded, old: View, view: View) -> Weighed:
        """Another policy judged: both are asked, and what both have once."""
        then, fresh = _said(self._base.rules, old), _said(self._changed, view)
        undecided = {name for said in (then, fresh) for name, one in said.items() if wants_text(one)}
        before = verdict_of(self._base, old, [one for name, one in then.items() if name not in undecided])
        left_out = tuple(sorted(undecided))
        if not any(one.fires for name, one in (*then.items(), *fresh.items()) if name in self._touched | self._asked):
            return Weighed(mail, before, replace(before, policy=self._new.hash), left_out)
        said = [
            Opinion(rule, rule.mode_for(view), then[rule.id].truth, then[rule.id].result, then[rule.id].failure)
            for rule in self._new.rules
            if rule.id in then and rule.id not in self._asked
        ]
        asked = [one for one in (*said, *fresh.values()) if one.rule.id not in undecided]
        return Weighed(mail, before, verdict_of(self._new, view, asked), left_out)

    def count(self, weighed: Weighed) -> None:
        """Add a mail to the report."""
        mail, report = weighed.mail, self.report
        moment = mail.case.moment
        day = "" if moment is None else moment.astimezone(self._zone).date().isoformat()
        sender = mail.case.envelope.sender.mailbox
        groups = self._groups.get("" if sender is None else sender.key) or (sender.ascii_domain if sender else "<>",)
        report.add_mail(day, groups, weighed.before.disposition, weighed.after.disposition)
        for hit in _once(weighed.after.hits):
            self._rule(hit.rule).add_hit(hit, day, groups, "" if sender is None else sender.key, mail.outcome)
        for hit in _once(weighed.before.hits):
            self._rule(hit.rule).before += 1
        for name in weighed.undecided:
            self._rule(name).undecided += 1
        report.undecided += bool(weighed.undecided)
        self._compare(weighed)

    def look(self, mail: Recorded | None) -> None:
        """Weigh and count. None: a mail that was not recorded, or cannot be read."""
        if mail is None:
            self.report.unrecorded += 1
        else:
            self.count(self.weigh(mail))

    def _rule(self, name: str) -> RuleReport:
        """The report of a rule; of the house's own (`unreadable`), and of one that an older policy had, made now."""
        found = self.report.rules.get(name)
        if found is None:
            found = self.report.rules[name] = RuleReport(name, "", "", place="", was="")
        return found

    def _compare(self, weighed: Weighed) -> None:
        before, after = weighed.before, weighed.after
        was = {one.address.key: one.disposition for one in before.recipients}
        pairs = [(was.get(one.address.key, Disposition.DELIVER), one.disposition) for one in after.recipients]
        if all(one is other for one, other in pairs):
            return
        stricter = any(new > old for old, new in pairs)
        milder = any(new < old for old, new in pairs)
        self.report.add_change(
            stricter and not milder, milder and not stricter, (before.disposition, after.disposition)
        )
        telling = after.enforced if stricter else before.enforced
        if self._only and self._only not in {hit.rule for hit in (*before.hits, *after.hits)}:
            return
        hit = _telling(telling, before, after, stricter)
        mail = weighed.mail
        self.report.name_change(
            Change(
                mail.id,
                "" if mail.case.moment is None else mail.case.moment.isoformat(),
                str(mail.case.envelope.sender),
                mail.subject[:200],
                before.disposition.word,
                after.disposition.word,
                hit.rule if hit else "",
                (hit.because.ja, hit.because.en) if hit else ("", ""),
                mail.outcome,
            )
        )


def _telling(hits: Iterable[RuleHit], before: Verdict, after: Verdict, stricter: bool) -> RuleHit | None:
    """The hit that made the difference: one that the other verdict does not have, else the strictest."""
    listed = list(hits)
    other = {hit.rule for hit in (before if stricter else after).enforced}
    return next((hit for hit in listed if hit.rule not in other), next(iter(listed), None))


def _same(old: Rule | None, new: Rule) -> bool:
    """Whether two rules say and do the same of every mail; their sentence and place may differ."""
    return old is not None and _matters(old) == _matters(new)


def _asks_same(old: Rule | None, new: Rule) -> bool:
    """Whether two rules fire for the same mails: what is recorded of the one is then true of the other."""
    effect = {"mode", "then"}
    return old is not None and {k: v for k, v in _matters(old).items() if k not in effect} == {
        k: v for k, v in _matters(new).items() if k not in effect
    }


def _matters(rule: Rule) -> dict[str, object]:
    said = rule.model.model_dump(exclude={"because", "examples", "description", "headline"})
    return {**said, "mode": (rule.mode, rule.group_modes)}


def _broke(mail: Recorded) -> bool:
    """Whether a rule failed when the mail came: which one, its verdict does not say."""
    return any(hit.rule == UNREADABLE for hit in mail.verdict.hits) and not any(
        finding.code == UNREADABLE for finding in mail.case.facts.findings
    )


def _of_record(rule: Rule, hit: RuleHit | None, view: View) -> Opinion:
    """What a rule said of a mail when it came, as an opinion of now."""
    if hit is None:
        return Opinion(rule, rule.mode, Truth.NO, Result(Truth.NO, lambda: both("")))
    named = {address.key for address in hit.recipients}
    picked = frozenset(seen.index for seen in view.recipients if seen.address.key in named and seen.index is not None)
    truth = Truth.UNKNOWN if hit.unsure else Truth.YES
    result = Result(truth, lambda: hit.because, lambda: Told(hit.evidence), picked, hit.evidence)
    return Opinion(replace(rule, because=hit.because), rule.mode_for(view), truth, result)


def _said(rules: Iterable[Rule], view: View) -> dict[str, Opinion]:
    """What these rules say of a mail, those left out of which a glance tells that it is nothing."""
    return {rule.id: opinion(rule, view) for rule in rules if not shut(rule, view)}


def _once(hits: Iterable[RuleHit]) -> Iterable[RuleHit]:
    return {hit.rule: hit for hit in hits}.values()


def _groups_of(policy: Policy) -> dict[str, tuple[str, ...]]:
    """The groups of each person that the directory knows."""
    found: dict[str, list[str]] = {}
    for name, members in sorted(policy.directory.groups.items()):
        for key in members:
            found.setdefault(key, []).append(name)
    return {key: tuple(names[:_GROUPS_MOST]) for key, names in found.items()}
