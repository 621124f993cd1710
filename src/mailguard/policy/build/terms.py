"""The terms of a hold, out of what `then` says."""

from __future__ import annotations

from datetime import timedelta

from mailguard.mail.verdict import HoldTerms
from mailguard.policy.schema import ThenModel


def terms_of(then: ThenModel) -> HoldTerms | None:
    """How a hold ends: None for deliver and reject."""
    if then.delay is not None:
        return HoldTerms(expire_after=then.delay, expire_action="release")
    after, action = then.expire_after or timedelta(hours=72), then.expire_action or "return"
    if then.confirm is not None:
        return HoldTerms(after, action)
    if then.approve is not None:
        return HoldTerms(after, action, tuple(sorted(set(then.approve.by))), then.approve.quorum)
    return None
