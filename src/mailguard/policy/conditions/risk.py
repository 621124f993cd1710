"""`recipients: {risk}` and `recipients: {alarm}`: what the model of who writes to whom gives with the case.

A share from 0 to 1 for each recipient, and one word for the mail: that it is worth a question at the share of mail that
may be asked about. While the model learns in silence, neither holds. Without a model neither can be decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailguard.mail.verdict import NOTHING_ODD, Because
from mailguard.policy.case import Risk
from mailguard.policy.conditions.picks import Pick, truth
from mailguard.policy.result import Truth, some
from mailguard.policy.values import Comparison
from mailguard.policy.view import Seen, View

_GAP = "誤送信リスク · risk"
_NEEDS = frozenset({"risk"})
_NOTHING = Risk(0.0)


def risk(comparison: Comparison) -> Pick:
    """Whose risk of being a mistake compares so."""

    def test(view: View, seen: Seen) -> Truth:
        found = (view.case.risks or {}).get(seen.address.key)
        if found is None:
            return Truth.UNKNOWN
        return Truth.NO if view.case.learning else truth(comparison.holds(found.value))

    return _pick(test, Because(f"誤送信リスクが{comparison.written}の", f"of risk {comparison.written}"))


def alarm() -> Pick:
    """For whom the model raised its alarm: the recipient that looks most like a mistake; several, if they look alike so
    much.
    """

    def test(view: View, seen: Seen) -> Truth:
        risks = view.case.risks
        if risks is None:
            return Truth.UNKNOWN
        if not view.case.alarm or view.case.learning:
            return Truth.NO
        worst = max((risks[key].value for key in _keys(view) if key in risks), default=0.0)
        return truth(_of(view, seen).value >= worst)

    def shut(view: View) -> bool:
        return view.case.risks is not None and (not view.case.alarm or view.case.learning)

    return _pick(test, Because("誤送信の疑いがある", "that looks like a mistake"), shut)


def _pick(test: Callable[[View, Seen], Truth], attribute: Because, shut: Callable[[View], bool] | None = None) -> Pick:
    return Pick(
        test,
        attribute,
        shut=shut,
        gap=lambda _view, _seen: _GAP,
        evidence=lambda _view, seen: str(seen.address),  # people are told why; a bare number tells them nothing
        reason=_reason,
        values=_values,
        needs=_NEEDS,
        meant=lambda view, seen: _of(view, seen).alternative,
    )


def _keys(view: View) -> list[str]:
    return [seen.address.key for seen in view.recipients]


def _of(view: View, seen: Seen) -> Risk:
    return (view.case.risks or {}).get(seen.address.key, _NOTHING)


def _reason(view: View, seen: Seen) -> Because:
    found, who = _of(view, seen), f"{seen.address} {_of(view, seen).value:.2f}"
    if found.because == NOTHING_ODD:
        return Because(who, who)
    said = _open(found.because)
    return Because(f"{who}: {said.ja}", f"{who}: {said.en}")


def _values(view: View, picked: Sequence[Seen]) -> dict[str, Because]:
    """`{reason}`: what the model says, the likeliest mistake first; the addresses where it says nothing."""
    ranked = sorted(picked, key=lambda seen: (-_of(view, seen).value, seen.address.key))
    said = [one for one in dict.fromkeys(_of(view, seen).because for seen in ranked) if one != NOTHING_ODD]
    if not said:
        who = some(str(seen.address) for seen in ranked)
        return {"reason": Because(f"{who.ja} は、いつもの宛先と違います", f"{who.en} is out of the ordinary")}
    told = [_open(one) for one in said[:2]]
    return {"reason": Because("。".join(one.ja for one in told), ". ".join(one.en for one in told))}


def _open(said: Because) -> Because:
    """Without its full stop: it goes into another sentence."""
    return Because(said.ja.rstrip("。"), said.en.rstrip("."))
