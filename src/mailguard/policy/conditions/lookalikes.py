"""`recipients: {lookalike}`: whose domain, or mailbox at a domain, looks like one that was probably meant.

A domain is compared with own, often used and great ones (policy.lookalike). A mailbox is compared with those at the
very same domain that this sender, anybody here or the directory knows, and only where nobody here has written to it.
What history knows is a value of the case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from mailguard.mail.address import Address
from mailguard.mail.verdict import Because
from mailguard.policy.conditions.picks import Pick, truth
from mailguard.policy.conditions.remembered import HISTORY
from mailguard.policy.lookalike import difference, registrable_domain
from mailguard.policy.meant import may_name
from mailguard.policy.near import slips
from mailguard.policy.result import Truth, both, some
from mailguard.policy.view import Seen, View

_HISTORY = frozenset({"alike"})
_ADDRESS = Because("よく似たアドレスの", "with a look-alike address")
_NOT = Because("似たドメインではない", "without a look-alike domain")


def lookalike(asked: bool | Literal["domain", "mailbox", "any"], more: frozenset[str] = frozenset()) -> Pick:
    """An outsider whose domain looks like another one, or a recipient whose mailbox does; false: no such domain.

    more: domains to compare with besides.
    """

    def domain(view: View, seen: Seen) -> _Twin | None:
        return _domain(view, seen, more)

    def domain_test(view: View, seen: Seen) -> Truth:
        return truth(seen.external and view.likeness(seen.address, more) is not None)

    if asked is False:
        return Pick(lambda view, seen: Truth(2 - domain_test(view, seen)), _NOT)
    if asked == "mailbox":
        return _pick(_mailbox_test, _mailbox, _ADDRESS, _HISTORY)
    if asked == "any":
        return _pick(
            lambda view, seen: max(domain_test(view, seen), _mailbox_test(view, seen)),
            lambda view, seen: domain(view, seen) or _mailbox(view, seen),
            _ADDRESS,
            _HISTORY,
        )
    return _pick(domain_test, domain, Because("よく似たドメインの", "with a look-alike domain"), frozenset())


#: In the place of an address that only others here write to: whom they write to is not told.
_OTHERS = Because("社内のほかの人の送信先", "an address that others here write to")


class _Twin(NamedTuple):
    """written: what looks like `known`, "" where it may not be named; difference: in signs; meant: a key, or ""."""

    written: str
    known: str
    difference: str
    meant: str

    @property
    def evidence(self) -> str:
        return f"{self.written} ≠ {self.known} ({self.difference})" if self.known else f"{self.written} ≈"

    @property
    def reason(self) -> Because:
        if self.known:
            return both(self.evidence)
        ja, en = f"{self.written}（{_OTHERS.ja}と1字違い）", f"{self.written}, one slip away from {_OTHERS.en}"
        return Because(ja, en)


def _pick(
    test: Callable[[View, Seen], Truth],
    twin: Callable[[View, Seen], _Twin | None],
    attribute: Because,
    needs: frozenset[str],
) -> Pick:
    def evidence(view: View, seen: Seen) -> str:
        found = twin(view, seen)
        return "" if found is None else found.evidence

    def reason(view: View, seen: Seen) -> Because:
        found = twin(view, seen)
        return both("") if found is None else found.reason

    def values(view: View, picked: Sequence[Seen]) -> dict[str, Because]:
        listed = sorted({seen.address.key: seen for seen in picked}.items())
        found = [one for _, seen in listed if (one := twin(view, seen)) is not None]
        known = list(dict.fromkeys(both(one.known) if one.known else _OTHERS for one in found))
        return {
            "lookalike": some(dict.fromkeys(one.written for one in found)),
            "known": Because(some(one.ja for one in known).ja, some(one.en for one in known).en),
        }

    def meant(view: View, seen: Seen) -> str:
        found = twin(view, seen)
        return "" if found is None else found.meant

    return Pick(
        test,
        attribute,
        gap=lambda _view, _seen: HISTORY,
        evidence=evidence,
        reason=reason,
        values=values,
        needs=needs,
        meant=meant,
    )


def _domain(view: View, seen: Seen, more: frozenset[str]) -> _Twin | None:
    """The domain, and the same mailbox at the known one."""
    found = view.likeness(seen.address, more) if seen.external else None
    if found is None:
        return None
    own = Address("x", registrable_domain(seen.address.ascii_domain)).ascii_domain
    below = seen.address.ascii_domain.removesuffix(own) if found.kind != "carried" else ""
    meant = Address(seen.address.local, f"{below}{found.known}").key
    return _Twin(found.domain, found.known, found.difference, meant)


def _mailbox_test(view: View, seen: Seen) -> Truth:
    strangers, key = view.case.known.strangers, seen.address.key
    if key in view.directory.people or seen.address.is_literal or not slips(_local(key)):
        return Truth.NO
    if strangers is None:
        return Truth.UNKNOWN
    return truth(_mailbox(view, seen) is not None)


def _mailbox(view: View, seen: Seen) -> _Twin | None:
    """The mailbox of the same domain that is known to the sender, to others here or to the directory."""
    key = seen.address.key
    stranger = (view.case.known.strangers or {}).get(key)
    if stranger is None or stranger.known:
        return None
    near = {f"{one}@{seen.address.ascii_domain}" for one in slips(_local(key))}
    known = {one.key: one.count for one in stranger.like if one.key in near}
    known |= {one: 0 for one in near & view.directory.people.keys() if one not in known}
    if not known:
        return None
    other = min(known, key=lambda one: (-known[one], not may_name(view, one), one))
    named = other if may_name(view, other) else ""
    return _Twin(key, named, difference(_local(key), _local(other)), named)


def _local(key: str) -> str:
    return key.rpartition("@")[0]
