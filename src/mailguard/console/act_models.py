"""What the API takes for acts on a mail, and the trust that people have said, as pydantic models."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mailguard.console.api_values import In, Out
from mailguard.review import TrustRecord

_Address = Annotated[str, Field(max_length=320)]
_Addresses = Annotated[list[_Address], Field(max_length=5000)]
_Comment = Annotated[str, Field(max_length=2000)]
ThenWord = Literal["release", "send-now", "approve", "urgent"]


class DecisionIn(In):
    """recipients: only these; without: every copy for which one may decide."""

    recipients: _Addresses | None = None
    comment: _Comment = ""


class ReleaseIn(DecisionIn):
    """urgent: without waiting for approval, where every rule allows it; then the comment is the reason, and needed."""

    urgent: bool = False


class RecipientsPatch(In):
    """What becomes of recipients of a held mail. remove: they do not get it, and leave To and Cc of the others' copies
    where the mail may be altered; hide (or bcc): they stand in nobody's To and Cc any more. replace: one wrong
    recipient, and who is put in his place, as offered in `alternative`; the mail is judged anew, and goes if nothing
    else holds it. Either that, or at least one of the others.
    """

    narrowing = frozenset({"remove", "hide", "bcc", "replace"})

    remove: _Addresses = Field(default_factory=list)
    hide: _Addresses = Field(default_factory=list)
    bcc: _Addresses = Field(default_factory=list)
    replace: dict[_Address, _Address] = Field(default_factory=dict, max_length=1)
    comment: _Comment = ""

    @model_validator(mode="after")
    def _something(self) -> RecipientsPatch:
        others = bool(self.remove or self.hide or self.bcc)
        if others and self.replace:
            raise ValueError("replace stands alone: the mail is judged anew with it")
        if not others and not self.replace:
            raise ValueError("name recipients under remove, under hide, or under replace")
        return self


class ChooseIn(In):
    """One step, all of it or nothing: who does not get it, which attachments (their places in the list, from 0) are
    taken out, who stands in nobody's To and Cc, and what is done then with what is left. recipients: whose copies are
    changed and decided; without: all that are held.
    """

    narrowing = frozenset({"remove", "remove_files", "hide"})

    remove: _Addresses = Field(default_factory=list)
    remove_files: list[Annotated[int, Field(ge=0, lt=10_000)]] = Field(default_factory=list, max_length=200)
    hide: _Addresses = Field(default_factory=list)
    recipients: _Addresses | None = None
    then: ThenWord | None = None
    comment: _Comment = ""


class CommentIn(In):
    """A note to the other side."""

    text: str = Field(min_length=1, max_length=2000)


class ForwardIn(In):
    """A colleague who is asked to look, and what is said to him."""

    to: _Address
    comment: _Comment = ""


class TrustIn(In):
    """Recipients about whom the rules that asked need not ask again: for oneself or for the team, for so many days."""

    recipients: Annotated[list[_Address], Field(min_length=1, max_length=5000)]
    scope: Literal["me", "team"] = "me"
    days: Literal[30, 90, 365] = 90

    @property
    def lasts(self) -> timedelta:
        """How long it counts."""
        return timedelta(days=self.days)


class TrustOut(Out):
    """A recipient who is trusted. whose: `person:ADDRESS`, `group:NAME` or `company`."""

    id: int
    whose: str
    recipient: str
    rules: list[str]
    said_by: str
    said_at: datetime
    until: datetime
    message_id: str

    @classmethod
    def of(cls, trust: TrustRecord) -> TrustOut:
        """From the ledger's record."""
        return cls(
            id=trust.id,
            whose=trust.whose,
            recipient=trust.recipient,
            rules=list(trust.rules),
            said_by=trust.said_by,
            said_at=trust.said_at,
            until=trust.until,
            message_id=trust.message_id,
        )


class TrustsOut(Out):
    """What counts for the one who asks; for administrators and auditors, all of it."""

    trusts: list[TrustOut]
