"""Whom the salutation names and whom the mail goes to: `recipients: {greeted}`, `recipients: {greeting_mismatch}` and
`message: {greeting: fits_nobody}`.

A mail that names nobody, or everybody, is no matter of these; what cannot be compared is said to be so.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.mail.facts import Addressee
from mailguard.mail.verdict import Because
from mailguard.policy.case import Acquaintance
from mailguard.policy.conditions.picks import Pick, is_so
from mailguard.policy.meant import meant_of, meant_words
from mailguard.policy.result import Result, Told, Truth, bounded, some
from mailguard.policy.salutation import Called, fits
from mailguard.policy.view import Seen, View

GREETING = "宛名 · greeting"
NEEDS = frozenset({"names"})
#: Where the greeting fits nobody: whom it may mean.
_MORE = frozenset({"names", "greeted"})


def greeted(wanted: bool) -> Pick:
    """Whom the salutation means, or whom it leaves out while it names others."""

    def test(view: View, seen: Seen) -> Truth:
        people = _named(view)
        if not people:
            return Truth.UNKNOWN if view.unread_body else Truth.NO
        return is_so(max(fits(one, _called(view, seen)) for one in people), wanted)

    def reason(view: View, seen: Seen) -> Because:
        named = some(map(_shown, _named(view)))
        if wanted:
            return Because(f"{seen.address}（宛名: {named.ja}）", f"{seen.address}, addressed as {named.en}")
        return Because(f"{seen.address}（宛名は{named.ja}）", f"{seen.address}, while the mail addresses {named.en}")

    words = (
        Because("宛名に書かれた", "named in the greeting")
        if wanted
        else Because("宛名に合わない", "whom the greeting does not name")
    )
    return Pick(test, words, gap=lambda _view, _seen: GREETING, reason=reason, values=_greeting_values, needs=NEEDS)


def mismatch() -> Pick:
    """Everybody, where the greeting names people or a company and no recipient is any of them."""

    def reason(view: View, seen: Seen) -> Because:
        named = some(map(_shown, _named(view)))
        return Because(f"{seen.address}（宛名は{named.ja}）", f"{seen.address}, while the mail addresses {named.en}")

    return Pick(
        lambda view, _seen: _fits_nobody(view),
        Because("宛名が誰にも合わない", "whom the greeting does not fit, nor anybody else who gets the mail"),
        gap=lambda _view, _seen: GREETING,
        reason=reason,
        values=_greeting_values,
        needs=_MORE,
        meant=_meant,
    )


def _fits_nobody(view: View) -> Truth:
    """Hidden recipients count as well, and so does whoever only To or Cc show."""
    return view.once("greeting", lambda: _compared(view))


def _compared(view: View) -> Truth:
    people = _named(view)
    everybody = {seen.address.key: seen for seen in (*view.recipients, *view.visible)}
    if not people:
        return Truth.UNKNOWN if view.unread_body else Truth.NO
    return Truth(2 - max(fits(one, _called(view, seen)) for one in people for seen in everybody.values()))


def _meant(view: View, seen: Seen) -> str:
    """Whom the greeting means, of those the sender wrote to before, where it can only be in the place of one recipient:
    at the same house before others, then whom he writes to most.
    """
    if len([one for one in view.recipients if one.external is seen.external]) > 1:
        return ""
    people = _named(view)
    found = [
        one
        for one in view.case.known.greeted or ()
        if any(fits(named, _acquainted(one)) is Truth.YES for named in people)
    ]
    house = f"@{seen.address.ascii_domain}"
    best = min(found, key=lambda one: (not one.key.endswith(house), -one.count, one.key), default=None)
    return "" if best is None else best.key


def _acquainted(one: Acquaintance) -> Called:
    local, _, domain = one.key.rpartition("@")
    return Called((one.name,) if one.name else (), local, domain)


@dataclass(frozen=True, slots=True)
class GreetingFitsNobody:
    """The salutation names people or a company, and no recipient, hidden ones included, is any of them."""

    needs: frozenset[str] = _MORE

    def shut(self, view: View) -> bool:
        """The mail names nobody."""
        return not _named(view) and not view.unread_body

    def look(self, view: View) -> Result:
        found = _fits_nobody(view)
        unread = (GREETING,) if found is Truth.UNKNOWN else ()
        return Result(found, lambda: self._say(view, found), lambda: self._tell(view), unread=unread)

    @staticmethod
    def _say(view: View, found: Truth) -> Because:
        named = some(map(_shown, _named(view)))
        if not named.ja:
            return Because("宛名に名前はありません", "the greeting names nobody")
        recipients = some(str(seen.address) for seen in view.recipients)
        if found is Truth.YES:
            return Because(
                f"宛名は「{named.ja}」ですが、宛先の「{recipients.ja}」に当てはまる人がいません",
                f"the mail addresses {named.en}, and none of its recipients ({recipients.en}) is that",
            )
        if found is Truth.UNKNOWN:
            return Because(
                f"宛名「{named.ja}」が宛先の「{recipients.ja}」に当たるか分かりません",
                f"whether {named.en} is among the recipients ({recipients.en}) cannot be told",
            )
        return Because(f"宛名「{named.ja}」は宛先にいます", f"the mail addresses {named.en}, who is a recipient")

    @staticmethod
    def _tell(view: View) -> Told:
        meant = meant_of((_meant,), view, view.recipients)
        values = _greeting_values(view, view.recipients) | meant_words(meant)
        return Told(bounded(map(_shown, _named(view))), values, meant)


def _greeting_values(view: View, _picked: object) -> dict[str, Because]:
    return {"greeting": some(map(_shown, _named(view)))}


def _named(view: View) -> tuple[Addressee, ...]:
    """Whom the salutation names; nobody where it also addresses everybody (各位)."""
    people = view.facts.greeting
    return people if all(one.name or one.company for one in people) else ()


def _shown(one: Addressee) -> str:
    name = f"{one.name}{one.title if one.title and not one.title.isascii() else ''}"
    return " ".join(part for part in (one.company, name) if part)[:100]


def _called(view: View, seen: Seen) -> Called:
    key = seen.address.key
    person = view.directory.people.get(key)
    known = (view.case.known.names or {}).get(key, "")
    names = (*view.display_names(key), person.name if person is not None else "", known)
    return Called(tuple(name for name in names if name), seen.address.local, seen.address.ascii_domain)
