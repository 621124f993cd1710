"""`sender`: who sends, by the envelope, and what the mail shows beside that."""

from __future__ import annotations

from pydantic import Field, model_validator

from mailguard.mail.saying import Sentence
from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Many, Switch, Text


class SenderModel(Strict):
    """The envelope's sender. What From shows anybody can write: `from_differs` and `display_name` look at it."""

    address: Many[Text] | None = Field(None, description="globs", examples=["sales-*@corp.example"])
    domain: Many[Text] | None = Field(None, description="globs", examples=["*.corp.example"])
    in_: Many[Text] | None = Field(None, alias="in", description="names of lists", examples=["executives"])
    not_in: Many[Text] | None = Field(None, description="names of lists", examples=["executives"])
    group: Many[Text] | None = Field(
        None, description="names of groups of people, any of which the sender is in", examples=["sales"]
    )
    authenticated: Switch | None = Field(None, description="logged in", examples=[False])
    from_differs: Switch | None = Field(
        None, description="From is not the envelope's sender, or not who logged in", examples=[True]
    )
    display_name: Many[Text] | None = Field(None, description="globs over the name in From", examples=["*社長*"])

    @model_validator(mode="after")
    def _something(self) -> SenderModel:
        if not self.model_fields_set:
            raise ValueError(
                Sentence(
                    "address、domain、in、not_in、group、authenticated、from_differs、display_name "
                    "のいずれかを書いてください。",
                    "give address, domain, in, not_in, group, authenticated, from_differs or display_name",
                )
            )
        return self
