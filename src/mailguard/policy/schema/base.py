"""What all models of policy files share: unknown keys refused, nothing changes after reading, small checked texts."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from mailguard.mail.address import AddressError, parse_address
from mailguard.policy.lists import not_an_address
from mailguard.policy.patterns import compile_pattern
from mailguard.policy.values import Text


class Strict(BaseModel):
    """Unknown keys are errors; nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, populate_by_name=False)


def _pattern(text: str) -> str:
    compile_pattern(text)
    return text


def _address(text: str) -> str:
    try:
        return parse_address(text).key
    except AddressError as error:
        raise ValueError(not_an_address(text, error)) from error


PatternText = Annotated[Text, AfterValidator(_pattern)]
AddressText = Annotated[Text, AfterValidator(_address)]
