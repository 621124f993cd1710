"""`recipients`: what a rule may ask of the recipients, one by one and together."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Count, Many, Switch, Text


class RecipientsModel(Strict):
    """Picks recipients by all keys given; holds when their number satisfies `count`."""

    external: Switch | None = None
    internal: Switch | None = None
    visible: Switch | None = Field(None, description="stands in To or Cc, so that the others see it")
    bcc: Switch | None = Field(None, description="in the envelope, but neither in To nor in Cc")
    in_: Many[Text] | None = Field(None, alias="in", description="names of lists")
    not_in: Many[Text] | None = Field(None, description="names of lists")
    domain: Many[Text] | None = Field(None, description="globs")
    address: Many[Text] | None = Field(None, description="globs")
    group: Many[Text] | None = Field(
        None, description="names of groups of people, any of which the recipient is in", examples=["board"]
    )
    free_mail: Switch | None = None
    first_time: Literal["sender", "company"] | None = Field(None, description="nobody has written there before")
    lookalike: Switch | None = Field(None, description="resembles an own or known domain without being it")
    count: Count | None = Field(None, description='of the recipients picked; ">= 1" if left out')
    domains: Count | None = Field(None, description="of the distinct domains of the recipients picked")
    every: Switch | None = Field(None, description="all recipients of the same side are picked")

    @model_validator(mode="after")
    def _sides(self) -> RecipientsModel:
        if self.external is not None and self.internal is not None and self.external == self.internal:
            raise ValueError("external and internal contradict each other: give one of them")
        return self
