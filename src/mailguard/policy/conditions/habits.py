"""`recipients: {habit}`: a group that this sender usually writes to together, with one more, one less, or one
exchanged.

A habit is what was done three times and more; this mail is compared with the habits that are one person away from it.
Who was written to exactly so before is usual, whatever else he is near to. Explained in one sentence, by names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mailguard.mail.verdict import Because
from mailguard.policy.case import Circle
from mailguard.policy.conditions.picks import Pick, truth
from mailguard.policy.conditions.remembered import HISTORY
from mailguard.policy.result import Truth, some
from mailguard.policy.view import Seen, View

Change = Literal["unusual", "missing", "replaced"]
#: In this order they are told, where a mail is near to several habits.
_CHANGES: tuple[Change, ...] = ("replaced", "unusual", "missing")
#: A circle of two with a third is a new conversation more often than a slip; two of two missing is nobody.
_SMALLEST = {"unusual": 2, "missing": 3, "replaced": 3}
_WORDS = {
    "unusual": Because("いつもの顔ぶれに加わった", "added to the usual group"),
    "missing": Because("いつもの一人が欠けた", "of a usual group that lacks one"),
    "replaced": Because("いつもの一人と入れ替わった", "in the place of one of the usual group"),
    "broken": Because("いつもの顔ぶれと違う", "of a group that is not as usual"),
}


def usual() -> Pick:
    """Everybody, where the very same people were written to together often enough."""

    def test(view: View, _seen: Seen) -> Truth:
        if view.case.known.circles is None or view.headers_doubtful:
            return Truth.UNKNOWN
        return truth(_is_usual(view))

    words = Because("いつもの顔ぶれの", "of a usual group")
    return Pick(test, words, gap=lambda _view, _seen: HISTORY, needs=frozenset({"habits"}), shut=_none_is_usual)


def _none_is_usual(view: View) -> bool:
    """Whether the sender is known to have no habit."""
    return view.case.known.circles == () and not view.headers_doubtful


def _is_usual(view: View) -> bool:
    people = view.everybody
    return any(circle.members == people for circle in view.case.known.circles or ())


def habit(kind: Change | Literal["broken"]) -> Pick:
    """Who is one too many, or stands where another usually does; everybody, where one is missing. broken: any of it."""

    def test(view: View, seen: Seen) -> Truth:
        if view.case.known.circles is None or view.headers_doubtful:
            return Truth.UNKNOWN
        found = _near(view, kind)
        return truth(found is not None and (not found[1] or seen.address.key in found[1]))

    def reason(view: View, _seen: Seen) -> Because:
        found = _near(view, kind)
        if found is None:
            return Because("", "")
        circle, added, gone = found
        usual = some(sorted(circle.members), limit=5)
        often = Because(f"いつもは{usual.ja}、{circle.count}回", f"usually {usual.en}, {circle.count} times")
        more, less = some(sorted(added)), some(sorted(gone))
        if not gone:
            return Because(f"{more.ja} が加わっている（{often.ja}）", f"{more.en} is one more; {often.en}")
        if not added:
            return Because(f"{less.ja} がいない（{often.ja}）", f"{less.en} is missing; {often.en}")
        return Because(
            f"{less.ja} のかわりに {more.ja}（{often.ja}）", f"{more.en} in the place of {less.en}; {often.en}"
        )

    def values(view: View, _picked: Sequence[Seen]) -> dict[str, Because]:
        found = _near(view, kind)
        return {} if found is None else {"known": some(sorted(found[0].members)), "missing": some(sorted(found[2]))}

    def meant(view: View, seen: Seen) -> str:
        found = _near(view, kind)
        return next(iter(found[2]), "") if found is not None and seen.address.key in found[1] else ""

    return Pick(
        test,
        _WORDS[kind],
        gap=lambda _view, _seen: HISTORY,
        evidence=lambda view, _seen: _evidence(view, kind),
        reason=reason,
        values=values,
        needs=frozenset({"habits"}),
        meant=meant,
        shut=_none_is_usual,
    )


#: A habit with who is added and who is gone.
Near = tuple[Circle, frozenset[str], frozenset[str]]


def _near(view: View, kind: Change | Literal["broken"]) -> Near | None:
    """Asked for each recipient, and the same for all of them."""
    if kind == "broken":
        return next((found for one in _CHANGES if (found := _near(view, one)) is not None), None)
    return view.once(("habit", kind), lambda: _nearest(view, kind))


def _nearest(view: View, kind: Change) -> Near | None:
    """The habit that this mail is nearest to in that way, with who is added and who is gone; None if it is usual."""
    if _is_usual(view):
        return None
    people = view.everybody
    circles = view.case.known.circles or ()
    wanted = {"unusual": (1, 0), "missing": (0, 1), "replaced": (1, 1)}[kind]
    more = len(people) - wanted[0] + wanted[1]
    near = [
        circle
        for circle in circles
        if len(circle.members) == more >= _SMALLEST[kind]
        and (len(people - circle.members), len(circle.members - people)) == wanted
    ]
    if not near:
        return None
    best = max(near, key=lambda circle: (circle.count, sorted(circle.members)))
    return best, people - best.members, best.members - people


def _evidence(view: View, kind: Change | Literal["broken"]) -> str:
    found = _near(view, kind)
    if found is None:
        return ""
    circle, added, gone = found
    changed = [*(f"+ {key}" for key in sorted(added)), *(f"- {key}" for key in sorted(gone))]
    return f"{', '.join(changed)} ({len(circle.members)} × {circle.count})"
