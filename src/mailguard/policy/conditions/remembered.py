"""What is picked by what the ledger remembers of this sender and of the company: when somebody was written to last, and
the like; and by what DNS says of a domain.

Each says whether it can be decided: memory that nobody asked is not an empty one. Nothing is looked up here; `needs`
says what must be asked before the mail is judged.
"""

from __future__ import annotations

import re
from datetime import timedelta

from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.verdict import Because
from mailguard.policy.conditions.picks import UNREADABLE, Pick, is_so, truth
from mailguard.policy.conditions.recipients import organizations
from mailguard.policy.free_mail import is_shared
from mailguard.policy.lookalike import unicode_domain
from mailguard.policy.meant import may_name
from mailguard.policy.near import are_same_person, slips
from mailguard.policy.result import Truth
from mailguard.policy.thread import spoken
from mailguard.policy.view import Seen, View

#: What is named where nobody asked the ledger, and where it has nothing of the thread.
HISTORY, THREAD = "履歴 · history", "以前のやり取り · earlier mails of the thread"
#: A forward is sent to others on purpose.
_FORWARD = re.compile(r"\s*(?:fwd?|tr|wg|転送)\s*[:：]", re.IGNORECASE)


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
        needs=frozenset({"written"}),
    )


def _days(age: timedelta) -> Because:
    if age < timedelta(days=1):
        hours = age // timedelta(hours=1)
        return Because(f"{hours}時間", f"{hours} hour{'s' * (hours != 1)}")
    return Because(f"{age.days}日", f"{age.days} day{'s' * (age.days != 1)}")


def new_in_thread(wanted: bool, *, organization: bool = False) -> Pick:
    """Somebody who took no part in the thread that a reply goes on with: neither in what went through here nor in what
    the reply quotes. organization: nor did anybody whose address is of the same organization.
    """
    look = _new_organization if organization else _new_in_thread

    def test(view: View, seen: Seen) -> Truth:
        if UNREADABLE in view.findings:
            return Truth.UNKNOWN
        return is_so(look(view, seen), wanted)

    words = (
        Because("返信の途中から加わった", "new in the thread")
        if wanted
        else Because("スレッドに以前からいる", "in the thread before")
    )

    def reason(_view: View, seen: Seen) -> Because:
        who = seen.address
        return Because(f"{who}（これまでのやり取りにいない）", f"{who}, who was in none of the mails before")

    return Pick(
        test,
        words,
        gap=lambda _view, _seen: THREAD,
        reason=reason if wanted else None,
        needs=frozenset({"thread"}),
        meant=_who_took_part if wanted else None,
    )


def _who_took_part(view: View, seen: Seen) -> str:
    """Who of the thread was probably meant, and gets nothing: somebody of nearly the same address, or the only outsider
    who is missing. The ledger also has who got a colleague's mail hidden: only whom the sender knows may be named.
    """
    local = seen.address.key.rpartition("@")[0]
    own = view.case.organization.is_internal
    quoted = view.quoted_people.keys
    took_part = sorted((view.case.known.thread or frozenset()) | quoted)
    missing = [key for key in took_part if key not in view.everybody and (key in quoted or may_name(view, key))]
    for key in missing:
        mailbox, _, domain = key.rpartition("@")
        private = is_shared(domain) or is_shared(seen.address.ascii_domain)
        if mailbox in slips(local) or are_same_person(local, mailbox, private=private):
            return key
    outside = [key for key in missing if (one := _parsed(key)) is not None and not own(one)]
    new = [one for one in view.recipients if one.external and one.address.key not in took_part]
    return outside[0] if len(outside) == len(new) == 1 else ""


def is_forward(subject: str) -> bool:
    """Whether the subject says that a mail is handed on, which is done to others on purpose."""
    return _FORWARD.match(subject) is not None


def _new_in_thread(view: View, seen: Seen) -> Truth:
    """Not known: a reply to a mail that never went through here, and that does not quote to whom it went."""
    facts, before = view.facts, view.case.known.thread
    if not facts.is_reply or is_forward(facts.headers.subject or ""):
        return Truth.NO
    quoted = view.quoted_people
    key = seen.address.key
    if key in quoted.keys or (before is not None and key in before) or seen.address == view.sender:
        return Truth.NO
    if any(spoken(name) in quoted.names for name in view.display_names(key) if spoken(name)):
        return Truth.NO
    return Truth.YES if before or quoted.receivers else Truth.UNKNOWN


def _new_organization(view: View, seen: Seen) -> Truth:
    """Not known where people are quoted by name only: they may be of that organization."""
    found = _new_in_thread(view, seen)
    if found is Truth.NO:
        return found
    quoted, before = view.quoted_people, view.case.known.thread or frozenset()
    own = view.case.organization.is_internal
    took_part = (view.sender, *map(_parsed, {*before, *quoted.keys}))
    present = organizations(Seen(one, None, not own(one)) for one in took_part if one is not None)
    if organizations([seen]) & present:
        return Truth.NO
    return Truth.UNKNOWN if quoted.bare and not before else found


def _parsed(key: str) -> Address | None:
    try:
        return parse_address(key)
    except AddressError:  # what a text quotes may be no address
        return None


def no_mx(wanted: bool) -> Pick:
    """An outsider whose domain takes no mail, as DNS says."""

    def test(view: View, seen: Seen) -> Truth:
        if not seen.external:
            return Truth.NO
        reachable = view.case.mail_domains.get(seen.address.ascii_domain)
        return Truth.UNKNOWN if reachable is None else truth(reachable is not wanted)

    def reason(_view: View, seen: Seen) -> Because:
        domain = unicode_domain(seen.address.ascii_domain)
        return Because(
            f"{seen.address}（{domain} はメールを受け取れないドメイン）", f"{seen.address}, as {domain} takes no mail"
        )

    words = (
        Because("メールの届かないドメインの", "of a domain that takes no mail")
        if wanted
        else Because("メールの届くドメインの", "of a domain that takes mail")
    )
    return Pick(
        test,
        words,
        gap=lambda _view, seen: f"DNS: {unicode_domain(seen.address.ascii_domain)}",
        reason=reason if wanted else None,
        needs=frozenset({"mx"}),
    )
