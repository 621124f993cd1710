"""`attachments`: what a rule may ask of the files, one by one and together."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Count, Many, Size, Switch, Text


class AttachmentsModel(Strict):
    """Picks attachments, also those inside archives, by all keys given."""

    name: Many[Text] | None = Field(None, description="globs over the file name")
    type: Many[Text] | None = Field(None, description="by content: docx xlsx pdf zip exe ...")
    encrypted: Switch | None = None
    macros: Switch | None = None
    type_mismatch: Switch | None = Field(None, description="the content is not what the name says")
    inspected: Switch | None = Field(None, description="whether its content could be read")
    size: Size | None = None
    count: Count | None = None
    total_size: Size | None = None

    @model_validator(mode="before")
    @classmethod
    def _any(cls, value: Any) -> Any:
        return {} if value is True or value == "any" else value
