"""`message`: what the mail is as a whole."""

from __future__ import annotations

from typing import Literal

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
    greeting: Literal["fits_nobody"] | None = Field(
        None,
        description="the greeting names people or a company, and no recipient is any of them; never where it names "
        "nobody or everybody",
        examples=["fits_nobody"],
    )
    header_envelope_mismatch: Switch | None = Field(
        None,
        description="To and Cc show somebody whom the whole envelope (of a mail client with a login) does not name, "
        "or a Bcc field left in the mail does not name everybody who is hidden",
        examples=[True],
    )

    @model_validator(mode="after")
    def _something(self) -> MessageModel:
        if not self.model_fields_set:
            raise ValueError("give at least one key")
        return self
