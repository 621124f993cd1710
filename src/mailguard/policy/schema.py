"""What a policy file may say (contract section 9), as pydantic models: unknown keys refused, notations read
into values.

The models hold what was written, not what it does: `build` makes rules of them. They read no file and know no
list but by name. Keys of later versions are named in NOT_YET, so that they are an error that says so, never
silently false.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.facts import CLASSES
from mailguard.policy.schema_conditions import ConditionModel, Strict
from mailguard.policy.suggest import did_you_mean
from mailguard.policy.values import Duration, Many, Switch, Text

#: Words of the language that this version cannot decide or do.
NOT_YET = frozenset(
    "risk group groups secrets virus time within weekdays holiday office_hours forgotten challenge alter notify route"  # noqa: SIM905
    " delegates remind_after escalate_after greeting language header weights score new_in_thread habitual labels to cc"
    " not_written_for no_mx mailing_list display_name from_differs seen_before sensitivity quoted".split()
)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
#: What a sentence may name in braces.
PLACEHOLDERS = ("addresses", "count", "domains", "files", "known", "lookalike", "persons", "words")


def _address(text: str) -> str:
    try:
        return parse_address(text).key
    except AddressError as error:
        if text == "manager":
            raise ValueError("by: manager is not available in this version; list addresses") from error
        raise ValueError(f"{text[:60]!r} is not an address: {error}") from error


def _rule_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError("an id is 1 to 64 letters, digits, '-', '_' or '.', and begins with a letter or digit")
    if text == "unreadable":
        raise ValueError("the id 'unreadable' belongs to the built-in rule for mail that cannot be judged")
    return text


def _sentence(text: str) -> str:
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            raise ValueError(f"unknown placeholder {{{name[:30]}}}{did_you_mean(name, PLACEHOLDERS)}")
    return text


AddressText = Annotated[Text, AfterValidator(_address)]
Sentence = Annotated[Text, AfterValidator(_sentence)]


class ListModel(Strict):
    """A named list of domains and addresses, inline and from files (.txt: one a line; .csv: a column `domain`
    or `address`).
    """

    domains: Many[Text] = ()
    addresses: Many[Text] = ()
    files: Many[Text] = ()

    @model_validator(mode="after")
    def _something(self) -> ListModel:
        if not (self.domains or self.addresses or self.files):
            raise ValueError("the list is empty: give domains, addresses or files")
        return self


class ApproveModel(Strict):
    """Who decides instead of the sender."""

    by: Many[AddressText]
    quorum: int = Field(1, ge=1, le=20)

    @model_validator(mode="after")
    def _enough(self) -> ApproveModel:
        if self.quorum > len(set(self.by)):
            raise ValueError(f"quorum {self.quorum} cannot be reached by {len(set(self.by))} approver(s)")
        return self


WORDS = ("deliver", "delay", "confirm", "approve", "reject")


class ThenModel(Strict):
    """A disposition, with what belongs to it."""

    deliver: Literal[True] | None = None
    delay: Duration | None = None
    confirm: Literal[True] | None = None
    approve: ApproveModel | None = None
    reject: Literal[True] | None = None
    scope: Literal["recipients", "mail"] | None = Field(None, description="whom it is about; mail if left out")
    expire_after: Duration | None = None
    expire_action: Literal["return", "release", "discard"] | None = None
    internal_first: Switch = Field(False, description="colleagues get their copy at once")

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        if isinstance(value, str):
            return cls._from_word(value)
        if isinstance(value, dict):  # `confirm:` with nothing behind it is the word with further keys beside it
            plain = ("deliver", "confirm", "reject")
            return {k: True if k in plain and v in (None, {}) else v for k, v in value.items()}
        return value

    @staticmethod
    def _from_word(word: str) -> dict[str, Any]:
        if word in ("deliver", "confirm", "reject"):
            return {word: True}
        if word == "delay":
            return {"delay": "60s"}
        if word == "approve":
            raise ValueError("approve needs approvers: approve: {by: [boss@corp.example]}")
        if word in NOT_YET:
            raise ValueError(f"{word!r} is not available in this version")
        raise ValueError(f"unknown disposition {word[:40]!r}{did_you_mean(word, WORDS)}")

    @property
    def word(self) -> str:
        """The disposition's word."""
        return next(word for word in WORDS if getattr(self, word) is not None)

    @model_validator(mode="after")
    def _one(self) -> ThenModel:
        given = [word for word in WORDS if getattr(self, word) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(WORDS)}" + (f", not {given}" if given else ""))
        if given[0] not in ("confirm", "approve") and (self.expire_after or self.expire_action):
            raise ValueError("expire_after and expire_action belong to confirm and approve")
        if self.internal_first and (self.scope == "recipients" or given[0] in ("deliver", "reject")):
            raise ValueError("internal_first belongs to delay, confirm and approve of a whole mail")
        return self


class BecauseModel(Strict):
    """The sentence that people read: the fact, in both languages. Placeholders in braces: see PLACEHOLDERS."""

    ja: Sentence
    en: Sentence

    @model_validator(mode="before")
    @classmethod
    def _both(cls, value: Any) -> Any:
        return {"ja": value, "en": value} if isinstance(value, str) else value


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


class RuleModel(Strict):
    """A rule: when it holds and nothing in unless does, then at least this happens."""

    id: Annotated[Text, AfterValidator(_rule_id)]
    description: str = ""
    mode: Literal["monitor", "notify", "enforce"] = "enforce"
    when: ConditionModel
    unless: Many[ConditionModel] | None = None
    when_unknown: Literal["hold", "ignore"] = Field(
        "hold", description="when it cannot be decided, a part being unreadable"
    )
    automatic: Switch = Field(False, description="also for replies by machines, receipts and bounces")
    headline: Switch = Field(False, description="told first, before equally strict rules; decides nothing")
    then: ThenModel
    because: BecauseModel | None = None
    examples: Many[ExampleModel] = ()


class PolicyFile(Strict):
    """One file under policies/."""

    version: Literal[1]
    lists: dict[str, ListModel] = Field(default_factory=dict)
    rules: tuple[RuleModel, ...] = ()
    examples: Many[ExampleModel] = Field((), description="judged by all rules of this file together")


#: Short forms that the validators above take beside the mapping.
_SHORT_FORMS: dict[str, dict[str, Any]] = {
    "ThenModel": {"enum": ["deliver", "delay", "confirm", "reject"]},
    "BecauseModel": {"type": "string"},
    "FileModel": {"type": "string"},
    "AttachmentsModel": {"enum": [True, "any"]},
}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a policy file, for editors: with the short forms that the loader takes too."""
    schema = PolicyFile.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    for name in list(definitions):
        _one_or_many(definitions[name])
        if name in _SHORT_FORMS:
            definitions[name] = {"anyOf": [definitions[name], _SHORT_FORMS[name]]}
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mailguard policy"
    return schema


def _one_or_many(model: dict[str, Any]) -> None:
    """Let a single value stand where a list may."""
    for field in model.get("properties", {}).values():
        for form in (field, *field.get("anyOf", ())):
            if form.get("type") == "array":
                items = form.pop("items", {})
                form.pop("type")
                form["anyOf"] = [items, {"type": "array", "items": items, "minItems": 1}]
