"""One condition of a rule (contract section 9): what it may ask, with `all`, `any`, `not`. All keys must hold."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from mailguard.policy.schema.attachments import AttachmentsModel
from mailguard.policy.schema.base import Strict
from mailguard.policy.schema.message import MessageModel
from mailguard.policy.schema.personal import PersonalDataModel
from mailguard.policy.schema.recipients import RecipientsModel
from mailguard.policy.schema.secrets import SecretsModel
from mailguard.policy.schema.sender import SenderModel
from mailguard.policy.schema.text import TextModel
from mailguard.policy.schema.time import TimeModel
from mailguard.policy.values import Many


class ConditionModel(Strict):
    """One condition. Several keys must all hold."""

    all_: Many[ConditionModel] | None = Field(None, alias="all")
    any_: Many[ConditionModel] | None = Field(None, alias="any")
    not_: ConditionModel | None = Field(None, alias="not")
    recipients: RecipientsModel | None = None
    attachments: AttachmentsModel | None = None
    text: TextModel | None = None
    personal_data: PersonalDataModel | None = None
    secrets: SecretsModel | None = Field(
        None, description="private keys, access tokens, passwords", examples=[True, {"private_key": ">= 1"}]
    )
    virus: Many[Literal["infected", "not_scanned"]] | None = Field(
        None, description="what the virus scanner said", examples=["infected", ["infected", "not_scanned"]]
    )
    sender: SenderModel | None = None
    message: MessageModel | None = None
    time: TimeModel | None = Field(
        None, description="when the mail came in", examples=[{"within": "22:00-05:00"}, {"office_hours": False}]
    )

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise ValueError("a list of conditions: say which with all: or any:")
        return value

    @model_validator(mode="after")
    def _something(self) -> ConditionModel:
        if not self.model_fields_set or all(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError("an empty condition would hold for every mail or for none: write what is meant")
        return self
