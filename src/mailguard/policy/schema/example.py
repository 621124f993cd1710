"""`examples`: a mail in a few words, and the disposition that it must get."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from mailguard.mail.facts import CLASSES, SECRET_CLASSES
from mailguard.mail.saying import Sentence
from mailguard.policy.schema.alter import AlterModel, unknown_alteration
from mailguard.policy.schema.base import AddressText, Strict
from mailguard.policy.suggest import did_you_mean
from mailguard.policy.values import Age, Many, Switch, Text


def parse_local_time(value: object) -> datetime:
    """`2026-12-31 23:30`, without a zone. Raises ValueError."""
    try:
        return datetime.strptime(str(value), "%Y-%m-%d %H:%M")  # noqa: DTZ007 -- the calendar's zone is set later
    except ValueError as error:
        raise ValueError(
            Sentence(
                '{value!r}ではなく、"2026-12-31 23:30" のように日時を書いてください。',
                'write a time such as "2026-12-31 23:30", not {value!r}',
                value=str(value)[:40],
            )
        ) from error


def _unknown_class(name: str, known: Iterable[str]) -> str:
    return Sentence(
        "{name!r}という種類はありません。{hint}",
        "unknown class {name!r}{hint}",
        name=name[:40],
        hint=did_you_mean(name, known),
    )


def _from_nothing(name: str) -> str:
    return Sentence("{name}: 0以上の数を書いてください。", "{name}: a number from 0", name=name)


_LOCAL_TIME = {"type": "string", "pattern": r"^\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{2}$", "examples": ["2026-12-31 23:30"]}
LocalTime = Annotated[datetime, BeforeValidator(parse_local_time), WithJsonSchema(_LOCAL_TIME)]


#: Words of alterations: those that rules may write, and the one that is done by itself.
EXPECTED = (*AlterModel.model_fields, "strip_bcc")


class FileModel(Strict):
    """An attachment in an example."""

    name: Text = Field(description="the file's name", examples=["見積.xlsx"])
    type: Text | None = Field(None, description="by content; by its name if left out", examples=["exe"])
    size: int = Field(10_000, ge=0, description="octets", examples=[20_000_000])
    encrypted: Switch = Field(False, description="needs a password", examples=[True])
    inspected: Switch | None = Field(None, description="whether its content could be read", examples=[False])
    inline: Switch = Field(False, description="a picture that the text shows", examples=[True])
    macros: Switch = Field(False, description="holds macros", examples=[True])
    executable: Switch = Field(False, description="can be run", examples=[True])
    type_mismatch: Switch = Field(False, description="is not what its name says", examples=[True])
    double_extension: Switch = Field(False, description="its name hides its kind", examples=[True])
    password_in_mail: Switch = Field(False, description="the mail gives its password", examples=[True])
    label: Text | None = Field(None, description="its sensitivity label", examples=["Confidential"])
    sha256: Text | None = Field(None, description="of its content; made of its name if left out", examples=["0" * 64])
    sent_to: Many[Text] = Field((), description="domains or addresses that got it before", examples=[["beta.example"]])
    text: str = Field("", description="what a reader sees in it", examples=["社外秘"])
    members: Many[FileModel] = Field((), description="files inside it", examples=[["a.exe"]])

    @model_validator(mode="before")
    @classmethod
    def _name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class GreetedModel(Strict):
    """Somebody whom the salutation of an example addresses."""

    name: str = Field("", description="of a person", examples=["田中"])
    company: str = Field("", description="with its legal form", examples=["株式会社B"])


class HabitModel(Strict):
    """A group that the sender of an example usually writes to."""

    together: Many[AddressText] = Field(
        description="the members", examples=[["a@x.example", "b@x.example", "c@x.example"]]
    )
    times: int = Field(3, ge=1, description="how often", examples=[5])


class ExampleHeaderModel(Strict):
    """A header field of an example."""

    name: Text = Field(description="of the field", examples=["X-Confidential"])
    value: str = Field("", description="what it says", examples=["yes"])


class ExampleModel(Strict):
    """A mail in a few words, and the disposition that it must get."""

    from_: AddressText = Field(
        alias="from", description="who sends; the domain is taken for an own one", examples=["a@corp.example"]
    )
    to: Many[AddressText] = Field((), description="recipients in To", examples=[["b@x.example"]])
    cc: Many[AddressText] = Field((), description="recipients in Cc", examples=[["c@x.example"]])
    bcc: Many[AddressText] = Field((), description="recipients that no header names", examples=[["d@x.example"]])
    subject: str = Field("件名", description="the subject", examples=["お見積りの件"])
    text: str = Field("本文", description="the body", examples=["資料をお送りします"])
    quoted: str = Field("", description="text of the mail that is answered, below the text", examples=["社外秘"])
    signature: str = Field("", description="the sender's signature, below the text", examples=["営業部 山田"])
    hidden: str = Field("", description="text that is not displayed", examples=["社外秘"])
    attachments: Many[FileModel] = Field(
        (), description="files, by name or with more", examples=[["見積.xlsx", {"name": "a.zip", "encrypted": True}]]
    )
    known: Many[Text] = Field(
        (), description="domains or addresses that the sender has written to before", examples=[["x.example"]]
    )
    known_here: Many[AddressText] = Field(
        (), description="addresses that others here have written to", examples=[["tanaka@partner.example"]]
    )
    last_written: dict[AddressText, Age] = Field(
        default_factory=dict,
        description="how long ago this sender wrote to an address; its organization counts as known",
        examples=[{"bob@partner.example": "200d"}],
    )
    names: dict[AddressText, Text] = Field(
        default_factory=dict,
        description="names under which this sender wrote to addresses before",
        examples=[{"tanaka@partner.example": "田中 太郎"}],
    )
    display: dict[AddressText, Text] = Field(
        default_factory=dict,
        description="what To and Cc call an address",
        examples=[{"tanaka@partner.example": "田中 太郎"}],
    )
    greeting: Many[Switch | Text | GreetedModel] = Field(
        (), description="whom the mail addresses; true: somebody", examples=["田中", {"company": "株式会社B"}, True]
    )
    no_mx: Many[Text] = Field((), description="domains that take no mail", examples=["typo.example"])
    habits: Many[HabitModel] = Field(
        (),
        description="whom this sender usually writes to together",
        examples=[{"together": ["a@x.example", "b@x.example", "c@x.example"], "times": 5}],
    )
    risk: dict[AddressText, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict,
        description="what the model of who writes to whom gives; 0 for recipients that are not named",
        examples=[{"bob@partner.example": 0.9}],
    )
    alarm: Switch = Field(False, description="the model finds the mail worth a question", examples=[True])
    meant: dict[AddressText, AddressText] = Field(
        default_factory=dict,
        description="whom the model thinks was meant, by recipient",
        examples=[{"tanaka@b.example": "tanaka@a.example"}],
    )
    thread: Many[AddressText] = Field(
        (),
        description="makes it a reply: who took part in the thread before; without it no mail of the thread was seen",
        examples=[["bob@partner.example"]],
    )
    header_to: Many[AddressText] | None = Field(
        None, description="whom the field To shows, if others than `to`", examples=[["carol@other.example"]]
    )
    personal_data: dict[str, int] = Field(
        default_factory=dict,
        description="counts of personal data by class, and of persons",
        examples=[{"persons": 12, "phone": 12}],
    )
    secrets: dict[str, int] = Field(
        default_factory=dict, description="how many of each class", examples=[{"private_key": 1}]
    )
    virus: Literal["none", "clean", "infected", "not_scanned"] = Field(
        "none", description="what the scanner said; none: there is no scanner", examples=["infected"]
    )
    headers: Many[ExampleHeaderModel] = Field(
        (), description="further header fields", examples=[[{"name": "X-Confidential", "value": "yes"}]]
    )
    label: Text | None = Field(None, description="the mail's sensitivity label", examples=["Confidential"])
    importance: Literal["", "high", "normal", "low"] = Field("", description="as the mail says it", examples=["high"])
    header_from: Text | None = Field(
        None, description="what From shows, if not the sender", examples=["Boss <boss@corp.example>"]
    )
    authenticated: Switch = Field(True, description="whether the sender logged in", examples=[False])
    reply: Switch = Field(False, description="it answers another mail", examples=[True])
    forward: Switch = Field(False, description="hands another mail on", examples=[True])
    signed: Switch = Field(False, description="it is signed", examples=[True])
    encrypted: Switch = Field(False, description="it is encrypted as a whole", examples=[True])
    header_bcc: Switch = Field(False, description="its header has a Bcc field", examples=[True])
    automatic: Switch = Field(False, description="a machine wrote it", examples=[True])
    unreadable: Switch = Field(False, description="it could not be read", examples=[True])
    size: int = Field(2_000, ge=0, description="octets of the message", examples=[2000])
    at: LocalTime | None = Field(
        None,
        description="when it comes in, by the calendar's clock; a Wednesday at 10:00 if left out",
        examples=["2026-12-31 23:30"],
    )
    expect: Literal["deliver", "delay", "confirm", "approve", "challenge", "reject"] = Field(
        description="the disposition that it must get", examples=["deliver", "confirm"]
    )

    expect_meant: dict[AddressText, AddressText] | None = Field(
        None,
        description="whom mailguard must propose in the place of a recipient; {} for nobody",
        examples=[{"tanaka@examp1e.co.jp": "tanaka@example.co.jp"}],
    )
    expect_alter: tuple[Text, ...] | None = Field(
        None, description="the alterations that some copy must get, by their words; [] for none", examples=[["to_bcc"]]
    )

    @field_validator("expect_alter", mode="before")
    @classmethod
    def _alterations(cls, value: Any) -> Any:
        listed = [value] if isinstance(value, str) else value
        for word in listed if isinstance(listed, list | tuple) else ():
            if isinstance(word, str) and word not in EXPECTED:
                raise ValueError(unknown_alteration(word, EXPECTED))
        return listed

    @field_validator("personal_data")
    @classmethod
    def _classes(cls, value: dict[str, int]) -> dict[str, int]:
        for name, number in value.items():
            if name != "persons" and name not in CLASSES:
                raise ValueError(_unknown_class(name, (*CLASSES, "persons")))
            if number < 0:
                raise ValueError(_from_nothing(name))
        return value

    @field_validator("secrets")
    @classmethod
    def _secrets(cls, value: dict[str, int]) -> dict[str, int]:
        for name, number in value.items():
            if name not in SECRET_CLASSES:
                raise ValueError(_unknown_class(name, SECRET_CLASSES))
            if number < 0:
                raise ValueError(_from_nothing(name))
        return value

    @model_validator(mode="after")
    def _somebody(self) -> ExampleModel:
        if not (self.to or self.cc or self.bcc):
            raise ValueError(
                Sentence(
                    "テスト例には to、cc、bcc のいずれかに宛先が必要です。",
                    "an example needs a recipient in to, cc or bcc",
                )
            )
        return self
