"""What all values at the API's border are: unchanging, and what comes in has no key that is not known."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Out(BaseModel):
    """What the API gives."""

    model_config = ConfigDict(frozen=True)


class In(BaseModel):
    """What the API takes. A null is a key left out: many a program writes one for what it does not say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        return {key: one for key, one in data.items() if one is not None} if isinstance(data, dict) else data
