"""What is picked by what the ledger remembers of this sender and of the company: when somebody was written to last, and
the like.

Each says whether it can be decided: memory that nobody asked is not an empty one. Nothing is looked up here; `needs`
says what must be asked before the mail is judged.
"""

from __future__ import annotations

from datetime import timedelta

from mailguard.mail.verdict import Because
from mailguard.policy.conditions.picks import Pick, truth
from mailguard.policy.result import Truth
from mailguard.policy.view import Seen, View

#: Words of `Policy.needs`.
WRITTEN = "written"
#: What is named where nobody asked the ledger.
HISTORY = "履歴 · history"


def not_written_for(age: timedelta) -> Pick:
    """Written to by this sender before, but not for so long."""
    days = _days(age)

    def test(view: View, seen: Seen) -> Truth:
        written = view.case.known.last_written
        if written is None:
            return Truth.UNKNOWN
        ago = written.get(seen.address.key)
        return truth(ago is not None and ago >= age)

    def ago(view: View, seen: Seen) -> timedelta:
        return (view.case.known.last_written or {}).get(seen.address.key, age)

    def reason(view: View, seen: Seen) -> Because:
        said = _days(ago(view, seen))
        return Because(f"{seen.address}（前回は{said.ja}前）", f"{seen.address}, last {said.en} ago")

    return Pick(
        test,
        Because(f"{days.ja}以上送っていない", f"not written to for {days.en}"),
        gap=lambda _view, _seen: HISTORY,
        evidence=lambda view, seen: f"{seen.address} ({ago(view, seen).days}d)",
        reason=reason,
        needs=frozenset({WRITTEN}),
    )


def _days(age: timedelta) -> Because:
    if age < timedelta(days=1):
        hours = age // timedelta(hours=1)
        return Because(f"{hours}時間", f"{hours} hour{'s' * (hours != 1)}")
    return Because(f"{age.days}日", f"{age.days} day{'s' * (age.days != 1)}")
