"""What a condition may say (contract section 9), as pydantic models. Several keys in one condition must all hold.

The models hold what was written, with every notation read into a value; `build` makes conditions of them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mailguard.mail.facts import CLASSES
from mailguard.policy.patterns import compile_pattern
from mailguard.policy.values import Comparison, Count, Many, Size, Switch, Text


class Strict(BaseModel):
    """Unknown keys are errors; nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


def _pattern(text: str) -> str:
    compile_pattern(text)
    return text


PatternText = Annotated[Text, AfterValidator(_pattern)]
Where = Literal["subject", "body", "names", "attachments"]


class RecipientsModel(Strict):
    """Picks recipients by all keys given; holds when their number satisfies `count`."""

    external: Switch | None = None
    internal: Switch | None = None
    visible: Switch | None = Field(None, description="stands in To or Cc, so that the others see it")
    bcc: Switch | None = Field(None, description="in the envelope, but neither in To nor in Cc")
    in_: Many[Text] | None = Field(None, alias="in", description="names of lists")
    not_in: Many[Text] | None = Field(None, description="names of lists")
    domain: Many[Text] | None = Field(None, description="globs")
    address: Many[Text] | None = Field(None, description="globs")
    free_mail: Switch | None = None
    first_time: Literal["sender", "company"] | None = Field(None, description="nobody has written there before")
    lookalike: Switch | None = Field(None, description="resembles an own or known domain without being it")
    count: Count | None = Field(None, description='of the recipients picked; ">= 1" if left out')
    domains: Count | None = Field(None, description="of the distinct domains of the recipients picked")
    every: Switch | None = Field(None, description="all recipients of the same side are picked")

    @model_validator(mode="after")
    def _sides(self) -> RecipientsModel:
        if self.external is not None and self.internal is not None and self.external == self.internal:
            raise ValueError("external and internal contradict each other: give one of them")
        return self


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


class PersonalDataModel(Strict):
    """Compares the number of persons, or of distinct values of a class, with a number. All keys must hold."""

    persons: Count | None = None
    payment_card: Count | None = None
    my_number: Count | None = None
    corporate_number: Count | None = None
    phone: Count | None = None
    postal_address: Count | None = None
    postal_code: Count | None = None
    email_address: Count | None = None
    bank_account: Count | None = None
    passport: Count | None = None
    driving_licence: Count | None = None
    health_insurance: Count | None = None
    birth_date: Count | None = None
    person_name: Count | None = None
    iban: Count | None = None
    us_ssn: Count | None = None

    def asked(self) -> tuple[tuple[str, Comparison], ...]:
        """What is compared, in a fixed order."""
        pairs = ((name, getattr(self, name)) for name in ("persons", *CLASSES))
        return tuple((name, value) for name, value in pairs if value is not None)

    @model_validator(mode="after")
    def _something(self) -> PersonalDataModel:
        if not self.asked():
            raise ValueError('compare something, such as persons: ">= 10"')
        return self


class SenderModel(Strict):
    """The envelope's sender."""

    address: Many[Text] | None = Field(None, description="globs")
    domain: Many[Text] | None = Field(None, description="globs")
    in_: Many[Text] | None = Field(None, alias="in", description="names of lists")
    not_in: Many[Text] | None = Field(None, description="names of lists")
    authenticated: Switch | None = None

    @model_validator(mode="after")
    def _something(self) -> SenderModel:
        if not self.model_fields_set:
            raise ValueError("give address, domain, in, not_in or authenticated")
        return self


class MessageModel(Strict):
    """The message as a whole."""

    size: Size | None = None
    empty_subject: Switch | None = None
    reply: Switch | None = None
    signed: Switch | None = None
    encrypted: Switch | None = None
    auto_generated: Switch | None = None
    calendar: Switch | None = Field(None, description="carries a calendar part with a method")

    @model_validator(mode="after")
    def _something(self) -> MessageModel:
        if not self.model_fields_set:
            raise ValueError("give at least one key")
        return self


class ConditionModel(Strict):
    """One condition. Several keys must all hold."""

    all_: Many[ConditionModel] | None = Field(None, alias="all")
    any_: Many[ConditionModel] | None = Field(None, alias="any")
    not_: ConditionModel | None = Field(None, alias="not")
    recipients: RecipientsModel | None = None
    attachments: AttachmentsModel | None = None
    text: TextModel | None = None
    personal_data: PersonalDataModel | None = None
    sender: SenderModel | None = None
    message: MessageModel | None = None

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
