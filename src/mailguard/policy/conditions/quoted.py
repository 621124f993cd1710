"""`recipients: {quoted}`: whom the quoted text of a mail speaks of, and who gets the mail now.

`foreign`: the text belongs to a conversation with other companies; the wrong client's thread, or a mail written over an
old one. `missing`: the reply does not go to whoever wrote. A mail that is handed on says so, and is no matter of these.
What a sender quotes is his own word: leaving it out only makes less known. Nothing is looked up.
"""

from __future__ import annotations

from mailguard.mail.address import Address
from mailguard.mail.verdict import Because
from mailguard.policy.conditions.picks import UNREADABLE, Pick, truth
from mailguard.policy.conditions.recipients import organizations
from mailguard.policy.conditions.remembered import THREAD, is_forward
from mailguard.policy.result import Truth, some
from mailguard.policy.thread import spoken
from mailguard.policy.view import Seen, View


def foreign() -> Pick:
    """An outsider of whose organization nobody took part in what the mail quotes, while other companies did."""

    def test(view: View, seen: Seen) -> Truth:
        if UNREADABLE in view.findings:
            return Truth.UNKNOWN
        if not seen.external or _handed_on(view):
            return Truth.NO
        others = _others(view)
        if not others or seen.address.key in {one.address.key for one in others} or _is_named(view, seen):
            return Truth.NO
        there = {one.address.key: one for one in (*others, *_outside(view, view.case.known.thread or frozenset()))}
        if organizations([seen]) & organizations(there.values()):
            return Truth.NO
        return Truth.UNKNOWN if view.quoted_people.bare else Truth.YES

    def reason(view: View, seen: Seen) -> Because:
        others = some(one.address.key for one in _others(view))
        return Because(
            f"{seen.address}（引用しているのは {others.ja} とのやり取り）",
            f"{seen.address}, while the mail quotes a conversation with {others.en}",
        )

    def meant(view: View, _seen: Seen) -> str:
        writer = view.quoted_people.writer
        alone = sum(one.external for one in view.recipients) == 1
        return writer if alone and writer in {one.address.key for one in _others(view)} else ""

    return Pick(
        test,
        Because("引用したやり取りにいない組織の", "of an organization that the quoted conversation does not have"),
        gap=lambda _view, _seen: THREAD,
        evidence=lambda view, seen: f"{seen.address} ≠ {', '.join(one.address.key for one in _others(view)[:3])}",
        reason=reason,
        values=lambda view, _picked: {"known": some(one.address.key for one in _others(view))},
        needs=frozenset({"thread"}),
        meant=meant,
    )


def missing() -> Pick:
    """Everybody, where a reply does not go to whoever wrote the mail that it answers."""

    def test(view: View, _seen: Seen) -> Truth:
        if UNREADABLE in view.findings:
            return Truth.UNKNOWN
        if not view.facts.is_reply or _handed_on(view):
            return Truth.NO
        writer = view.quoted_people.writer
        if not writer or writer in view.everybody or (view.sender is not None and writer == view.sender.key):
            return Truth.NO
        if view.headers_doubtful:
            return Truth.UNKNOWN
        return truth(not any(_is_named(view, seen) for seen in view.recipients))

    def reason(view: View, _seen: Seen) -> Because:
        writer = view.quoted_people.writer
        return Because(f"返信先に {writer} がいない", f"{writer}, who wrote, does not get the answer")

    def meant(view: View, _seen: Seen) -> str:
        return view.quoted_people.writer if len(view.recipients) == 1 else ""

    return Pick(
        test,
        Because("引用したメールの差出人に届かない返信の", "of a reply that does not go to whoever wrote"),
        gap=lambda _view, _seen: THREAD,
        evidence=lambda view, _seen: f"- {view.quoted_people.writer}",
        reason=reason,
        values=lambda view, _picked: {"missing": some([view.quoted_people.writer])},
        meant=meant,
    )


def _handed_on(view: View) -> bool:
    return view.facts.is_forward or is_forward(view.facts.headers.subject or "")


def _others(view: View) -> list[Seen]:
    """The outsiders whom the quoted text shows as having written or got a mail."""
    return view.once("quoted others", lambda: _outside(view, view.quoted_people.keys))


def _outside(view: View, keys: frozenset[str]) -> list[Seen]:
    own = view.case.organization.is_internal
    people = (Address(local, domain) for local, _, domain in (key.rpartition("@") for key in sorted(keys)))
    return [Seen(one, None, True) for one in people if one.local and not own(one)]


def _is_named(view: View, seen: Seen) -> bool:
    """Whether the quoted text names the recipient without his address."""
    named = view.quoted_people.names
    return any(spoken(name) in named for name in view.display_names(seen.address.key) if spoken(name))
