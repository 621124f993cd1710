"""What all values at the API's border are: unchanging, and what comes in has no key that is not known."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Out(BaseModel):
    """What the API gives."""

    model_config = ConfigDict(frozen=True)


class In(BaseModel):
    """What the API takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
