"""What is legal but surely not meant: rules that can never hold, that are never felt, or that let a mail slip by.

Warnings and remarks only: the policy is used all the same. It looks at what was written, not at mail, and says nothing
where it is not sure.
"""

from __future__ import annotations

from mailguard.mail.saying import Sentence
from mailguard.policy.lint.alone import alone
from mailguard.policy.lint.names import about_lists
from mailguard.policy.lint.together import together
from mailguard.policy.marks import Problem, Severity
from mailguard.policy.rule import Policy, Rule

_SHOWN = 5


def lint(policy: Policy) -> list[Problem]:
    """Warnings and remarks about all rules and lists, in the order of the files' lines."""
    found = [_problem(rule, said) for rule in policy.rules for said in alone(rule, policy.organization, policy.lists)]
    found += [_problem(rule, said) for rule, said in together(policy.rules)]
    found += about_lists(policy)
    found += _unproved(policy)
    return sorted(set(found))


def _problem(rule: Rule, message: str, severity: Severity = "warning") -> Problem:
    place = rule.place
    return Problem(
        place.file,
        place.line,
        place.column,
        Sentence("ルール{id!r}: {message}", "rule {id!r}: {message}", id=rule.id, message=message),
        severity,
    )


def _unproved(policy: Policy) -> list[Problem]:
    """One remark a file on rules that nothing proves, and one on rules that do not say why."""
    found: list[Problem] = []
    covered = {rule for group in policy.examples for rule in group.rules}
    by_file: dict[str, list[Rule]] = {}
    for rule in policy.rules:
        by_file.setdefault(rule.place.file, []).append(rule)
    for file, rules in by_file.items():
        bare = [rule for rule in rules if not rule.model.examples and rule.id not in covered]
        mute = [rule for rule in rules if rule.because is None and rule.mode == "enforce"]
        for some, said in (
            (bare, Sentence("テスト例がありません", "without examples")),
            (
                mute,
                Sentence(
                    "because: がありません(利用者には自動で作られた文が表示されます)",
                    "without because: (people read a made sentence)",
                ),
            ),
        ):
            if some:
                left = len(some) - _SHOWN
                more = Sentence(" ほか{left}件", " and {left} more", left=left) if left > 0 else ""
                names = ", ".join(rule.id for rule in some[:_SHOWN])
                place = some[0].place
                found.append(Problem(file, place.line, place.column, said + f": {names}" + more, "info"))
    return found
