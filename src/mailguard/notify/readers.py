"""Who hears of a notice: the person it is about, or the administrators where that is a stranger or nobody.

A stranger is never told about a mail that pretends to be his (backscatter). Letters and chat messages ask the same
question here. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.organization import Organization
from mailguard.notify.letters import ASKING
from mailguard.store.records import Notice, NoticeKind

#: Kinds that are about no mail, and about people whom the settings name.
WITHOUT_MAIL: tuple[NoticeKind, ...] = (
    "login", "policy_refused", "policy_good", "monthly", "incident_due",
    "letters_failing", "letters_good", "channel_failing", "channel_good", "pressure", "pressure_over", "guessing",
    "upstream_failing", "upstream_good",
)  # fmt: skip
#: Kinds that go to whoever a policy names, wherever he is; to the administrators where nobody is named.
_NAMED = frozenset({*ASKING, "answered", "urgent", "told", "comment", "misdelivery"})


def readers_of(notice: Notice, organization: Organization, administrators: Sequence[str]) -> Sequence[Address]:
    """Whom the notice goes to; empty: nobody."""
    try:
        person = parse_address(notice.to) if notice.to else None
    except AddressError:
        person = None
    if person is not None and (organization.is_internal(person) or notice.kind in (*WITHOUT_MAIL, "reply")):
        return (person,)
    if person is not None and notice.kind in _NAMED:
        return () if notice.detail.get("as_sender") else (person,)  # named by the policy itself
    if notice.kind in ("held", "expired", "password", "gathered", *_NAMED):
        return tuple(parse_address(address) for address in administrators)
    return ()
