"""`message`: what the mail is as a whole."""

from __future__ import annotations

from pydantic import Field, model_validator

from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Size, Switch


class MessageModel(Strict):
    """The message as a whole."""

    size: Size | None = None
    empty_subject: Switch | None = None
    reply: Switch | None = None
    signed: Switch | None = None
    encrypted: Switch | None = None
    auto_generated: Switch | None = None
    calendar: Switch | None = Field(None, description="carries a calendar part with a method")

    @model_validator(mode="after")
    def _something(self) -> MessageModel:
        if not self.model_fields_set:
            raise ValueError("give at least one key")
        return self
