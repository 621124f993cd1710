"""What all values at the API's border are: unchanging, and what comes in has no key that is not known."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


class Out(BaseModel):
    """What the API gives."""

    model_config = ConfigDict(frozen=True)


class In(BaseModel):
    """What the API takes. A null is a key left out: many a program writes one for what it does not say.

    But not of `narrowing`, which say what is meant: left out, they mean everything, and a null there is a list or a
    name that a program has failed to fill in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    narrowing: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: one for key, one in data.items() if one is not None or key in cls.narrowing}
