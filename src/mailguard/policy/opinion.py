"""What one rule says of one mail. Values only."""

from __future__ import annotations

from mailguard.mail.values import value
from mailguard.mail.verdict import Mode
from mailguard.policy.result import Result, Truth
from mailguard.policy.rule import Rule


@value(frozen=True, slots=True)
class Opinion:
    """What one rule says of one mail. mode: that for its sender.

    result None: the rule failed, with an exception of that name.
    """

    rule: Rule
    mode: Mode
    truth: Truth
    result: Result | None
    failure: str = ""

    @property
    def fires(self) -> bool:
        """Whether it makes a hit."""
        return self.result is None or self.rule.fires(self.truth)
