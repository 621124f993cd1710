"""`examples`: a mail in a few words, and the disposition that it must get."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from mailguard.mail.facts import CLASSES
from mailguard.policy.schema.base import AddressText, Strict
from mailguard.policy.suggest import did_you_mean
from mailguard.policy.values import Many, Switch, Text


def parse_local_time(value: object) -> datetime:
    """`2026-12-31 23:30`, without a zone. Raises ValueError."""
    try:
        return datetime.strptime(str(value), "%Y-%m-%d %H:%M")  # noqa: DTZ007 -- the calendar's zone is set later
    except ValueError as error:
        raise ValueError(f'write a time such as "2026-12-31 23:30", not {str(value)[:40]!r}') from error


_LOCAL_TIME = {"type": "string", "pattern": r"^\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{2}$", "examples": ["2026-12-31 23:30"]}
LocalTime = Annotated[datetime, BeforeValidator(parse_local_time), WithJsonSchema(_LOCAL_TIME)]


class FileModel(Strict):
    """An attachment in an example."""

    name: Text
    type: Text | None = None
    size: int = Field(10_000, ge=0)
    encrypted: Switch = False
    inspected: Switch | None = None
    macros: Switch = False
    type_mismatch: Switch = False
    text: str = ""

    @model_validator(mode="before")
    @classmethod
    def _name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class ExampleModel(Strict):
    """A mail in a few words, and the disposition that it must get."""

    from_: AddressText = Field(alias="from")
    to: Many[AddressText] = ()
    cc: Many[AddressText] = ()
    bcc: Many[AddressText] = ()
    subject: str = "件名"
    text: str = "本文"
    attachments: Many[FileModel] = ()
    known: Many[Text] = Field((), description="domains or addresses written to before")
    personal_data: dict[str, int] = Field(default_factory=dict)
    authenticated: Switch = True
    reply: Switch = False
    signed: Switch = False
    encrypted: Switch = False
    automatic: Switch = False
    unreadable: Switch = False
    size: int = Field(2_000, ge=0)
    at: LocalTime | None = Field(
        None,
        description="when it comes in, by the calendar's clock; a Wednesday at 10:00 if left out",
        examples=["2026-12-31 23:30"],
    )
    expect: Literal["deliver", "delay", "confirm", "approve", "reject"]

    @field_validator("personal_data")
    @classmethod
    def _classes(cls, value: dict[str, int]) -> dict[str, int]:
        for name, number in value.items():
            if name != "persons" and name not in CLASSES:
                raise ValueError(f"unknown class {name[:40]!r}{did_you_mean(name, (*CLASSES, 'persons'))}")
            if number < 0:
                raise ValueError(f"{name}: a number from 0")
        return value

    @model_validator(mode="after")
    def _somebody(self) -> ExampleModel:
        if not (self.to or self.cc or self.bcc):
            raise ValueError("an example needs a recipient in to, cc or bcc")
        return self
