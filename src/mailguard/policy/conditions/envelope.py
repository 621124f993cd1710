"""`message: {header_envelope_mismatch}`: To, Cc and Bcc name others than the envelope does.

Who is hidden is Bcc and no contradiction. A mail server may hand one mail over in several transactions, and to
colleagues by itself; only a person's own mail client, known by its login, hands over the whole: there everybody whom
the fields show must be in the envelope. A Bcc field that was left in the mail must name everybody who is hidden,
wherever the mail comes from.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.mail.verdict import Because
from mailguard.policy.conditions.picks import is_so, truth
from mailguard.policy.result import Result, Told, Truth, bounded, some
from mailguard.policy.view import View


@dataclass(frozen=True, slots=True)
class HeaderEnvelopeMismatch:
    """wanted: whether they must disagree, or must not."""

    wanted: bool

    def look(self, view: View) -> Result:
        missing, hidden = _missing(view), _hidden(view)
        found = truth(bool(missing or hidden))
        if found is Truth.NO and view.headers_doubtful:
            found = Truth.UNKNOWN

        def say() -> Because:
            ja, en = [], []
            if missing:
                named = some(missing)
                ja.append(f"メールの宛先欄にある「{named.ja}」には送られません")
                en.append(f"To or Cc show {named.en}, who will not receive the mail")
            if hidden:
                named = some(hidden)
                ja.append(f"「{named.ja}」は宛先欄のどこにもないのに送られます")
                en.append(f"{named.en} will receive the mail and stand in no field of it")
            if not ja:
                return Because("宛先欄と実際の送信先は一致しています", "the fields show whom the envelope names")
            return Because("、".join(ja), " and ".join(en))

        answer = is_so(found, self.wanted)
        unread = ("To · Cc",) if answer is Truth.UNKNOWN else ()
        return Result(answer, say, lambda: _told(missing, hidden), unread=unread)


def _told(missing: list[str], hidden: list[str]) -> Told:
    return Told(bounded([*missing, *hidden]), {"addresses": some([*missing, *hidden])})


def _missing(view: View) -> list[str]:
    """Whom To and Cc show and the envelope does not name, if it is the whole one."""
    if view.case.envelope.client.login is None:
        return []
    return sorted(str(seen.address) for seen in view.visible if seen.index is None)


def _hidden(view: View) -> list[str]:
    """Whom the envelope names and no field shows, if there is a Bcc field that should."""
    named = view.keys_in("bcc")
    if not named:
        return []
    hidden = (seen for seen in view.recipients if seen.index not in view.visible_indexes)
    return sorted(str(seen.address) for seen in hidden if seen.address.key not in named)
