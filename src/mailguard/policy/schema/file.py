"""A policy file as a whole, and its JSON Schema for editors."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from mailguard.mail.organization import Language
from mailguard.mail.saying import Sentence
from mailguard.policy.schema.base import Strict
from mailguard.policy.schema.calendar import CalendarModel
from mailguard.policy.schema.customers import CustomersModel
from mailguard.policy.schema.example import ExampleModel
from mailguard.policy.schema.people import GroupModel, GroupName, PeopleModel
from mailguard.policy.schema.rule import RuleModel
from mailguard.policy.values import Many, Text


class ListModel(Strict):
    """A named list of domains and addresses, inline and from files (.txt: one a line; .csv: a column `domain`
    or `address`).
    """

    domains: Many[Text] = Field(
        (),
        description="domains, or globs over them; `*.group.example` means subdomains",
        examples=[["partner.example", "*.group.example"]],
    )
    addresses: Many[Text] = Field((), description="addresses, or globs over them", examples=[["info@shop.example"]])
    files: Many[Text] = Field((), description="files of names, relative to this file", examples=[["partners.csv"]])

    @model_validator(mode="after")
    def _something(self) -> ListModel:
        if not (self.domains or self.addresses or self.files):
            raise ValueError(
                Sentence(
                    "リストが空です。domains、addresses、files のいずれかを書いてください。",
                    "the list is empty: give domains, addresses or files",
                )
            )
        return self


class PolicyFile(Strict):
    """One file under policies/."""

    version: Literal[1] = Field(description="of the language", examples=[1])
    lists: dict[str, ListModel] = Field(
        default_factory=dict,
        description="named lists of domains and addresses",
        examples=[{"partners": {"domains": ["partner.example"]}}],
    )
    people: PeopleModel | None = Field(None, description="who works here", examples=[{"files": ["people.csv"]}])
    groups: dict[GroupName, GroupModel] = Field(
        default_factory=dict,
        description="groups of people by name",
        examples=[{"sales": {"members": ["ann@corp.example"]}}],
    )
    calendar: CalendarModel | None = Field(
        None, description="office hours and days off", examples=[{"hours": "09:00-18:00", "holidays": "JP"}]
    )
    customers: CustomersModel | None = Field(
        None, description="whose name is whose", examples=[{"names": {"株式会社アルファ": "alpha.example"}}]
    )
    rules: tuple[RuleModel, ...] = Field(
        (),
        description="the rules of this file; their order does not matter",
        examples=[[{"id": "r", "when": {"attachments": "any"}, "then": "confirm"}]],
    )
    examples: Many[ExampleModel] = Field(
        (),
        description="mails that are judged by all rules of this file together",
        examples=[[{"from": "a@corp.example", "to": ["b@x.example"], "expect": "deliver"}]],
    )


#: Short forms that the validators above take beside the mapping.
_SHORT_FORMS: dict[str, dict[str, Any]] = {
    "ThenModel": {"enum": ["deliver", "delay", "confirm", "challenge", "reject"]},
    "BecauseModel": {"type": "string"},
    "ModeModel": {"enum": ["monitor", "notify", "enforce"]},
    "FileModel": {"type": "string"},
    "AttachmentsModel": {"enum": [True, "any"]},
    "PeopleModel": {"type": "array", "items": {"$ref": "#/$defs/PersonModel"}, "minItems": 1},
    "ForgottenModel": {"enum": [True]},
    "SecretsModel": {"enum": [True]},
    "PatternModel": {"type": "string"},
}


def json_schema(language: Language = "en") -> dict[str, Any]:
    """The JSON Schema (2020-12) of a policy file, for editors: with the short forms that the loader takes too.

    language: of its descriptions; all else in it is the same.
    """
    schema = PolicyFile.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    for name in list(definitions):
        _one_or_many(definitions[name])
        if name in _SHORT_FORMS:
            definitions[name] = {"anyOf": [definitions[name], _SHORT_FORMS[name]]}
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mailguard policy"
    if language == "ja":
        from mailguard.policy.schema.japanese import described  # of no business to a server

        return described(schema)
    return schema


def _one_or_many(model: dict[str, Any]) -> None:
    """Let a single value stand where a list may."""
    for field in model.get("properties", {}).values():
        for form in (field, *field.get("anyOf", ())):
            if form.get("type") == "array":
                items = form.pop("items", {})
                form.pop("type")
                form["anyOf"] = [items, {"type": "array", "items": items, "minItems": 1}]
