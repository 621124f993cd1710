"""The terms of a hold, out of what `then` says."""

from __future__ import annotations

from datetime import timedelta

from mailguard.policy.build.source import Source
from mailguard.policy.marks import Path
from mailguard.policy.schema import ThenModel
from mailguard.policy.schema.approve import ApproveModel, union
from mailguard.policy.terms import OFFICE_HOURS, Approval, Terms


def terms_of(then: ThenModel, path: Path, source: Source) -> Terms | None:
    """How a hold ends: None for deliver and reject. Groups that nobody knows are problems of `source`."""
    if then.delay is not None:
        return Terms(then.delay, "release")
    if then.challenge is not None:
        return Terms(then.challenge)
    inner = then.approve
    after = then.expire_after or (inner and inner.expire_after) or timedelta(hours=72)
    office = OFFICE_HOURS in (then.clock, inner and inner.clock)
    if inner is not None:
        _check_groups(inner, (*path, "approve"), source)
    if then.confirm is not None or inner is not None:
        approval = None if inner is None else _approval(inner)
        return Terms(after, then.expire_action or "return", approval, office, then.urgent)
    return None


def _approval(model: ApproveModel) -> Approval:
    return Approval(
        by=model.people,
        quorum=model.quorum,
        delegates=model.delegates,
        remind_after=model.remind_after,
        escalate_after=model.escalate_after,
        escalate_to=union(model.escalate_to),
    )


def _check_groups(model: ApproveModel, path: Path, source: Source) -> None:
    source.groups(model.group, (*path, "group"))
    for key, named in (("by", model.by), ("escalate_to", model.escalate_to)):
        for index, people in enumerate(named):
            source.groups(people.groups, (*path, key, index, "group"))
