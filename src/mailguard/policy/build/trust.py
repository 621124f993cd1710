"""Whether a rule is about recipients as such, so that people may say of one of them that it need not ask again. Pure.

A rule about what the mail holds is not: that the recipient is right says nothing of the next file. Nor is one about how
many recipients there are, or which of them stand together.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.policy.schema import ConditionModel, RuleModel
from mailguard.policy.schema.recipients import RecipientsModel
from mailguard.policy.values import AT_LEAST_ONE

#: What looks at the mail and not at its recipients.
_CONTENT = ("attachments", "text", "personal_data", "secrets", "virus", "message")
#: What is true of recipients together, or of this mail only.
_TOGETHER = (
    "habit", "group_habit", "every", "greeted", "greeting_mismatch", "new_in_thread", "quoted", "domains",
    "organizations", "name_of_other", "attachment_seen_elsewhere",
)  # fmt: skip


def trusts(rule: RuleModel) -> bool:
    """What the rule says of itself, else what its condition is about."""
    if rule.then.confirm is None:
        return False
    if rule.then.trust is not None:
        return rule.then.trust
    conditions = list(_every(rule.when))
    asked = [one.recipients for one in conditions if one.recipients is not None]
    content = any(getattr(one, name) is not None for one in conditions for name in _CONTENT)
    return bool(asked) and not content and all(map(_single, asked))


def _every(condition: ConditionModel) -> Iterator[ConditionModel]:
    yield condition
    inner = [*(condition.all_ or ()), *(condition.any_ or ()), *([condition.not_] if condition.not_ else [])]
    for one in inner:
        yield from _every(one)


def _single(asked: RecipientsModel) -> bool:
    """Whether each recipient is picked for what he is himself."""
    count = asked.count or AT_LEAST_ONE
    one = (count.sign, count.bound) == (AT_LEAST_ONE.sign, AT_LEAST_ONE.bound)
    return one and all(getattr(asked, name) is None for name in _TOGETHER)
