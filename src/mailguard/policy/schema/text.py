"""`text`: words and patterns, and where they are looked for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mailguard.policy.schema.base import PatternText, Strict
from mailguard.policy.values import Count, Many, Text

Where = Literal["subject", "body", "names", "attachments"]


class TextModel(Strict):
    """Words (anywhere), patterns (RE2) or both, also from files with one a line."""

    words: Many[Text] | None = None
    patterns: Many[PatternText] | None = None
    files: Many[Text] | None = Field(None, description="files of words, one a line")
    in_: Many[Where] | None = Field(None, alias="in", description="where to look; everywhere if left out")
    count: Count | None = Field(None, description="of all occurrences")

    @model_validator(mode="after")
    def _something(self) -> TextModel:
        if not (self.words or self.patterns or self.files):
            raise ValueError("give words, patterns or files")
        return self
