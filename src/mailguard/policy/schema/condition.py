"""One condition of a rule (contract section 9): what it may ask, with `all`, `any`, `not`. All keys must hold."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from mailguard.mail.saying import Sentence
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

    all_: Many[ConditionModel] | None = Field(
        None,
        alias="all",
        description="every one of these holds",
        examples=[[{"recipients": {"external": True}}, {"attachments": "any"}]],
    )
    any_: Many[ConditionModel] | None = Field(
        None,
        alias="any",
        description="at least one of these holds",
        examples=[[{"message": {"empty_subject": True}}, {"attachments": "any"}]],
    )
    not_: ConditionModel | None = Field(
        None, alias="not", description="this does not hold", examples=[{"text": {"words": ["社外秘"]}}]
    )
    recipients: RecipientsModel | None = Field(
        None, description="who gets it", examples=[{"external": True, "count": ">= 10"}]
    )
    attachments: AttachmentsModel | None = Field(
        None,
        description="which files hang on it; `any`: what people call an attachment",
        examples=["any", {"type": "xlsx"}],
    )
    text: TextModel | None = Field(None, description="what stands in it", examples=[{"words": ["社外秘"]}])
    personal_data: PersonalDataModel | None = Field(
        None, description="whose data it carries", examples=[{"persons": ">= 10"}]
    )
    secrets: SecretsModel | None = Field(
        None, description="private keys, access tokens, passwords", examples=[True, {"private_key": ">= 1"}]
    )
    virus: Many[Literal["infected", "not_scanned"]] | None = Field(
        None, description="what the virus scanner said", examples=["infected", ["infected", "not_scanned"]]
    )
    sender: SenderModel | None = Field(None, description="who sends it", examples=[{"address": "sales-*@corp.example"}])
    message: MessageModel | None = Field(None, description="what it is as a whole", examples=[{"empty_subject": True}])
    time: TimeModel | None = Field(
        None, description="when the mail came in", examples=[{"within": "22:00-05:00"}, {"office_hours": False}]
    )

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise ValueError(
                Sentence(
                    "条件のリストです。all: か any: で、すべてかいずれかを示してください。",
                    "a list of conditions: say which with all: or any:",
                )
            )
        return value

    @model_validator(mode="after")
    def _something(self) -> ConditionModel:
        if not self.model_fields_set or all(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError(
                Sentence(
                    "空の条件は、すべてのメールに当てはまるか、どれにも当てはまりません。条件を書いてください。",
                    "an empty condition would hold for every mail or for none: write what is meant",
                )
            )
        return self
