"""`recipients: {namesake}`: somebody whom this sender never wrote to bears the name of somebody he did write to, or of
a colleague: the slip of a list that completes names.

The name is the display name (conditions.namesakes), or what stands before the @: tanaka@ at two companies, the private
address of a business contact, the colleague of the same name in another department. With `surname` the family name is
enough. Whoever gets the mail beside his namesake was meant. What history knows is a value of the case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from mailguard.mail.address import Address
from mailguard.mail.facts import Addressee
from mailguard.mail.verdict import Because
from mailguard.policy.case import Stranger
from mailguard.policy.conditions.namesakes import bearers
from mailguard.policy.conditions.picks import Pick, truth
from mailguard.policy.conditions.remembered import HISTORY
from mailguard.policy.free_mail import is_shared
from mailguard.policy.lookalike import registrable_domain
from mailguard.policy.meant import may_name
from mailguard.policy.names import name_parts
from mailguard.policy.near import are_same_person, same_person
from mailguard.policy.result import Truth, some
from mailguard.policy.salutation import Called, fits
from mailguard.policy.surnames import surname_in
from mailguard.policy.view import Seen, View

Asked = Literal["company", "department", "free_mail", "surname"]
_NAMED_MAX = 3
_WORDS = {
    None: Because("名前が同じ別人かもしれない", "with the name of somebody else"),
    "company": Because("別の会社の同名の", "with the name of somebody at another company"),
    "department": Because("同じ組織の同名の", "with the name of somebody else in the same organization"),
    "free_mail": Because("取引先の人の私用らしい", "that may be a contact's private address"),
    "surname": Because("名字が同じ別人かもしれない", "with the family name of somebody else"),
}
_LIKE = {
    "company": Because("別の会社の", "at another company"),
    "department": Because("同じ組織の", "in the same organization"),
    "free_mail": Because("業務用のアドレスの", "with a business address"),
}


def namesake(asked: Asked | None) -> Pick:
    """asked: where the other one is, None for anywhere; `surname`: anywhere, and the family name is enough."""

    def test(view: View, seen: Seen) -> Truth:
        if view.case.known.strangers is None:
            named = view.display_names(seen.address.key) or same_person(_local(seen.address.key))
            return Truth.UNKNOWN if named else Truth.NO
        return truth(bool(_others(view, seen, asked)))

    def evidence(view: View, seen: Seen) -> str:
        return f"{_called(view, seen)} ≠ {', '.join(_others(view, seen, asked)[:_NAMED_MAX])}"

    def reason(view: View, seen: Seen) -> Because:
        others = _others(view, seen, asked)
        where = _LIKE[_relation(view, seen.address, _address(others[0]))]
        known, who = some(others), _called(view, seen)
        return Because(
            f"{who}（初めての宛先。いつもは{where.ja} {known.ja}）",
            f"{who}, never written to before, while {known.en} {where.en} was",
        )

    def values(view: View, picked: Sequence[Seen]) -> dict[str, Because]:
        return {"known": some(sorted({one for seen in picked for one in _others(view, seen, asked)}))}

    def meant(view: View, seen: Seen) -> str:
        return next(iter(_others(view, seen, asked)), "")

    return Pick(
        test,
        _WORDS[asked],
        gap=lambda _view, _seen: HISTORY,
        evidence=evidence,
        reason=reason,
        values=values,
        needs=frozenset({"alike", "names"} | ({"surnames"} if asked == "surname" else set())),
        meant=meant,
    )


def _others(view: View, seen: Seen, asked: Asked | None) -> list[str]:
    """Who bears the name as well (keys), the one written to most in front; empty for whoever was written to before."""
    key = seen.address.key
    stranger = (view.case.known.strangers or {}).get(key)
    if stranger is None:
        return []
    return view.once(("namesake", asked, key), lambda: _found(view, seen, stranger, asked))


def _found(view: View, seen: Seen, stranger: Stranger, asked: Asked | None) -> list[str]:
    counts = {one.key: one.count for one in stranger.like}
    found = {*bearers(view, seen)[1], *_by_mailbox(view, seen, stranger)}
    if asked == "surname":
        found.update(_by_surname(view, seen, stranger))
    own = {view.directory.key_of(seen.address.key), *([view.sender.key] if view.sender is not None else ())}
    found = {
        one
        for one in found - view.everybody
        if view.directory.key_of(one) not in own
        and may_name(view, one)  # who only looks like him may be known from others' mail
        and (asked in (None, "surname") or _relation(view, seen.address, _address(one)) == asked)
    }
    return sorted(found, key=lambda one: (-counts.get(one, 0), one))


def _by_mailbox(view: View, seen: Seen, stranger: Stranger) -> Iterator[str]:
    """Who has the same name before the @ at another domain: of those written to, and of colleagues."""
    local, domain = _local(seen.address.key), seen.address.ascii_domain
    for one in stranger.like:
        mailbox, _, house = one.key.rpartition("@")
        if house != domain and are_same_person(local, mailbox, private=is_shared(domain) or is_shared(house)):
            yield one.key
    people = view.directory.people
    own = [name for name in view.case.organization.domains if name != domain and not name.startswith("*")]
    for mailbox in same_person(local, private=is_shared(domain)) if own and people else ():
        yield from (key for name in own if (key := f"{mailbox}@{name}") in people)


def _by_surname(view: View, seen: Seen, stranger: Stranger) -> Iterator[str]:
    """Who has the same family name, as far as writing and sound can be compared."""
    names = [surname_in(name_parts(name)) for name in view.display_names(seen.address.key)]
    said = next(filter(None, names), "") or surname_in(name_parts(re.sub(r"[-_+]", " ", _local(seen.address.key))))
    if said:
        for one in stranger.like:
            other = _address(one.key)
            called = Called((one.name,) if one.name else (), other.local, other.ascii_domain)
            if fits(Addressee(said), called) is Truth.YES:
                yield one.key


def _relation(view: View, address: Address, other: Address) -> Literal["company", "department", "free_mail"]:
    mine, theirs = address.ascii_domain, other.ascii_domain
    if is_shared(mine) and not is_shared(theirs):
        return "free_mail"
    is_own = view.case.organization.is_internal
    if (is_own(address) and is_own(other)) or (
        not is_shared(mine) and registrable_domain(mine) == registrable_domain(theirs)
    ):
        return "department"
    return "company"


def _called(view: View, seen: Seen) -> str:
    name = bearers(view, seen)[0]
    return f"{name} <{seen.address}>" if name else str(seen.address)


def _address(key: str) -> Address:
    local, _, domain = key.rpartition("@")
    return Address(local, domain)


def _local(key: str) -> str:
    return key.rpartition("@")[0]
