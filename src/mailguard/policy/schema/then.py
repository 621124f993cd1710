"""`then`: what happens to a mail for which a rule holds, and on which terms."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from mailguard.policy.schema.base import AddressText, Strict
from mailguard.policy.schema.words import NOT_YET
from mailguard.policy.suggest import did_you_mean
from mailguard.policy.values import Duration, Many, Switch

WORDS = ("deliver", "delay", "confirm", "approve", "reject")


class ApproveModel(Strict):
    """Who decides instead of the sender."""

    by: Many[AddressText] = Field(
        description="who decides", examples=["boss@corp.example", ["a@corp.example", "b@corp.example"]]
    )
    quorum: int = Field(1, ge=1, le=20, description="how many of them must agree", examples=[1])

    @model_validator(mode="after")
    def _enough(self) -> ApproveModel:
        if self.quorum > len(set(self.by)):
            raise ValueError(f"quorum {self.quorum} cannot be reached by {len(set(self.by))} approver(s)")
        return self


class ThenModel(Strict):
    """A disposition, with what belongs to it."""

    deliver: Literal[True] | None = Field(None, description="nothing: a hit that is only recorded", examples=[True])
    delay: Duration | None = Field(
        None, description="a silent undo window of this length, then it goes", examples=["60s"]
    )
    confirm: Literal[True] | None = Field(None, description="the sender decides", examples=[True])
    approve: ApproveModel | None = Field(
        None, description="others decide; nobody approves their own mail", examples=[{"by": ["boss@corp.example"]}]
    )
    reject: Literal[True] | None = Field(
        None, description="refused with `550` and the reason; the mail stays in the mail client", examples=[True]
    )
    scope: Literal["recipients", "mail"] | None = Field(
        None,
        description="whom it is about: the matching recipients only, or the whole mail; `mail` if left out",
        examples=["recipients", "mail"],
    )
    expire_after: Duration | None = Field(
        None, description="how long a decision is waited for; `72h` if left out", examples=["24h"]
    )
    expire_action: Literal["return", "release", "discard"] | None = Field(
        None,
        description="what then happens: back to the sender, sent, or thrown away; `return` if left out",
        examples=["return", "discard"],
    )
    internal_first: Switch = Field(False, description="colleagues get their copy at once", examples=[True])

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        if isinstance(value, str):
            return cls._from_word(value)
        if isinstance(value, dict):  # `confirm:` with nothing behind it is the word with further keys beside it
            plain = ("deliver", "confirm", "reject")
            return {k: True if k in plain and v in (None, {}) else v for k, v in value.items()}
        return value

    @staticmethod
    def _from_word(word: str) -> dict[str, Any]:
        if word in ("deliver", "confirm", "reject"):
            return {word: True}
        if word == "delay":
            return {"delay": "60s"}
        if word == "approve":
            raise ValueError("approve needs approvers: approve: {by: [boss@corp.example]}")
        if word in NOT_YET:
            raise ValueError(f"{word!r} is not available in this version")
        raise ValueError(f"unknown disposition {word[:40]!r}{did_you_mean(word, WORDS)}")

    @property
    def word(self) -> str:
        """The disposition's word."""
        return next(word for word in WORDS if getattr(self, word) is not None)

    @model_validator(mode="after")
    def _one(self) -> ThenModel:
        given = [word for word in WORDS if getattr(self, word) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(WORDS)}" + (f", not {given}" if given else ""))
        if given[0] not in ("confirm", "approve") and (self.expire_after or self.expire_action):
            raise ValueError("expire_after and expire_action belong to confirm and approve")
        if self.internal_first and (self.scope == "recipients" or given[0] in ("deliver", "reject")):
            raise ValueError("internal_first belongs to delay, confirm and approve of a whole mail")
        return self
