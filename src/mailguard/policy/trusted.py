"""What becomes of a hit about recipients whom somebody trusts: it asks no more about them. Pure.

Only an enforced confirm that people may answer so, for recipients that the condition itself picked, and only for those
whom the trust names with this very rule. Nothing stricter is touched, and what the rule alters stays altered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mailguard.mail.verdict import Because, Disposition
from mailguard.policy.case import Trust
from mailguard.policy.effect import Effect
from mailguard.policy.opinion import Opinion
from mailguard.policy.view import View


def relaxed(effect: Effect, opinion: Opinion, view: View) -> Sequence[Effect]:
    """The effect, or what is left of it."""
    result = opinion.result
    if not effect.hit.trust or opinion.mode != "enforce" or result is None or not result.picked or result.maybe:
        return (effect,)
    trusts = _trusts(view, opinion.rule.id)
    trusted = frozenset(index for index in result.picked if view.recipients[index].address.key in trusts)
    if not trusted:
        return (effect,)
    open_still = result.picked - trusted
    note = _note([trusts[view.recipients[index].address.key] for index in sorted(trusted)])
    if not open_still:
        hit = replace(effect.hit, disposition=Disposition.DELIVER, notes=(*effect.hit.notes, note), trust=False)
        return (replace(effect, hit=hit, terms=None),)
    left = [view.recipients[index].address for index in open_still]
    hit = replace(effect.hit, recipients=tuple(sorted(left, key=lambda one: one.key)), notes=(*effect.hit.notes, note))
    if opinion.rule.everybody:  # the mail waits as a whole for whom nobody has vouched
        return (replace(effect, hit=hit),)
    free = replace(effect.hit, disposition=Disposition.DELIVER, notify=())
    return (
        replace(effect, hit=hit, recipients=effect.recipients - trusted),
        replace(effect, hit=free, recipients=effect.recipients & trusted, terms=None, told=False),
    )


def _trusts(view: View, rule: str) -> Mapping[str, Trust]:
    return {one.recipient: one for one in view.case.known.trusts if rule in one.rules}


def _note(trusts: Sequence[Trust]) -> Because:
    """Who vouched for them, and when."""
    newest = max(trusts, key=lambda one: (one.at, one.recipient))
    people, more = newest.recipient, len(trusts) - 1
    return Because(
        f"{people}{f' ほか{more}件' if more else ''} は以前に確認済みのため、このルールでは確認を求めません"
        f"({newest.by}、{newest.at:%Y-%m-%d})",
        f"{people}{f' and {more} more' if more else ''}: this rule does not ask again, "
        f"as {newest.by} said on {newest.at:%Y-%m-%d}",
    )
