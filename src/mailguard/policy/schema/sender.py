"""`sender`: who sends, by the envelope."""

from __future__ import annotations

from pydantic import Field, model_validator

from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Many, Switch, Text


class SenderModel(Strict):
    """The envelope's sender."""

    address: Many[Text] | None = Field(None, description="globs")
    domain: Many[Text] | None = Field(None, description="globs")
    in_: Many[Text] | None = Field(None, alias="in", description="names of lists")
    not_in: Many[Text] | None = Field(None, description="names of lists")
    group: Many[Text] | None = Field(
        None, description="names of groups of people, any of which the sender is in", examples=["sales"]
    )
    authenticated: Switch | None = None

    @model_validator(mode="after")
    def _something(self) -> SenderModel:
        if not self.model_fields_set:
            raise ValueError("give address, domain, in, not_in, group or authenticated")
        return self
