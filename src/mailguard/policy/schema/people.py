"""`people` and `groups`: who works here, under whom, who stands in for whom, and in which groups."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from mailguard.mail.saying import Sentence
from mailguard.policy.days import Span, parse_span
from mailguard.policy.schema.base import AddressText, Strict
from mailguard.policy.values import Many, Text


def _span(text: str) -> str:
    parse_span(text)
    return text


def _group_name(text: str) -> str:
    if text != text.strip() or len(text) > 200 or any(mark in text for mark in ";\r\n\t"):
        raise ValueError(
            Sentence(
                "グループの名前は、前後に空白がなく、セミコロンを含まない200文字以内です。",
                "a group's name has no blanks around it, no semicolon, and at most 200 characters",
            )
        )
    return text


SpanText = Annotated[Text, AfterValidator(_span)]
GroupName = Annotated[Text, AfterValidator(_group_name)]


class PersonModel(Strict):
    """One person. Manager and delegates must be people too, so that a typing error is no approval that nobody gets."""

    address: AddressText = Field(description="the person's own address", examples=["ann@corp.example"])
    name: Text | None = Field(None, description="how the person is called", examples=["安藤 花子"])
    aliases: Many[AddressText] = Field(
        (), description="further addresses of the same person", examples=[["hanako.ando@corp.example"]]
    )
    manager: AddressText | None = Field(
        None, description="who approves for this person", examples=["boss@corp.example"]
    )
    delegates: Many[AddressText] = Field(
        (), description="who decides while the person is away, in this order", examples=[["vice@corp.example"]]
    )
    groups: Many[GroupName] = Field((), description="groups that the person is in", examples=[["sales"]])
    away: Many[SpanText] = Field(
        (), description="days of absence: a day, or first..last", examples=[["2026-12-28..2027-01-05"]]
    )

    members: Many[AddressText] = Field(
        (),
        description="for a shared mailbox: who reads its mail, and may decide about what it sends",
        examples=[["ann@corp.example", "ben@corp.example"]],
    )
    member_groups: Many[GroupName] = Field(
        (),
        description="for a shared mailbox: groups whose members may decide about what it sends",
        examples=[["sales"]],
    )

    def absences(self) -> tuple[Span, ...]:
        """First and last day of each absence."""
        return tuple(parse_span(text) for text in self.away)


class PeopleModel(Strict):
    """The people: a list, files, or both. What several places say of one person is put together; two managers for one
    person are an error.
    """

    list_: Many[PersonModel] = Field(
        (),
        alias="list",
        description="people written out; `people: [...]` is the same as `people: {list: [...]}`",
        examples=[[{"address": "ann@corp.example", "manager": "boss@corp.example"}]],
    )
    files: Many[Text] = Field(
        (),
        description="CSV files with the columns address, name, manager, delegates, groups, away, aliases, members (or "
        "their Japanese names), in UTF-8 or Shift_JIS; several values in one cell separated by ; or blanks",
        examples=[["people.csv"]],
    )

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return {"list": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _something(self) -> PeopleModel:
        if not (self.list_ or self.files):
            raise ValueError(
                Sentence(
                    "誰も書かれていません。list か files を書いてください。", "nobody is named: give list or files"
                )
            )
        return self


class GroupModel(Strict):
    """A group of people. A group without members is an error, and so is one that contains itself. `{}` declares a group
    whose members name it themselves, in `people:`.
    """

    members: Many[Text] = Field(
        (),
        description="addresses, or *@domain for everybody there",
        examples=[["ann@corp.example", "*@sales.corp.example"]],
    )
    groups: Many[GroupName] = Field((), description="groups whose members are members too", examples=[["sales-east"]])
    files: Many[Text] = Field(
        (), description="members from .txt (one a line) or .csv (a column `address`)", examples=[["sales.csv"]]
    )
