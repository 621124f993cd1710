"""A rule as it is written: when it holds, what then happens, and the sentence that people read."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mailguard.mail.saying import Sentence
from mailguard.policy.schema.base import Strict
from mailguard.policy.schema.condition import ConditionModel
from mailguard.policy.schema.example import ExampleModel
from mailguard.policy.schema.people import GroupName
from mailguard.policy.schema.then import ThenModel
from mailguard.policy.suggest import did_you_mean
from mailguard.policy.values import Many, Switch, Text

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
#: Rules that no policy writes.
BUILT_IN = {
    "unreadable": Sentence(
        "判定できないメールのための組み込みルール", "the built-in rule for mail that cannot be judged"
    ),
    "unalterable": Sentence(
        "変更できないメールのための組み込みルール", "the built-in rule for mail that cannot be altered"
    ),
}
#: What a sentence may name in braces.
PLACEHOLDERS = (
    "addresses", "alternative", "count", "did_you_mean", "domains", "files", "greeting", "known", "lookalike",
    "missing", "organizations", "persons", "reason", "score", "words",
)  # fmt: skip


def _rule_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(
            Sentence(
                "id は A-Z、a-z、0-9、「-」「_」「.」の1〜64文字で、英数字で始めます。",
                "an id is 1 to 64 of A-Z, a-z, 0-9, '-', '_' and '.', and begins with a letter or digit",
            )
        )
    if text in BUILT_IN:
        raise ValueError(
            Sentence(
                "id {text!r}は{what}が使っています。",
                "the id {text!r} belongs to {what}",
                text=text,
                what=BUILT_IN[text],
            )
        )
    return text


def _sentence(text: str) -> str:
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            raise ValueError(
                Sentence(
                    "{{{name}}} という差し込みはありません。{hint}",
                    "unknown placeholder {{{name}}}{hint}",
                    name=name[:30],
                    hint=did_you_mean(name, PLACEHOLDERS),
                )
            )
    return text


Reason = Annotated[Text, AfterValidator(_sentence)]


class BecauseModel(Strict):
    """The sentence that people read: the fact, in both languages. Placeholders in braces, such as {count}, are
    filled in.
    """

    ja: Reason = Field(description="in Japanese", examples=["社外の宛先が{count}件あります"])
    en: Reason = Field(description="in English", examples=["There are {count} outside recipients"])

    @model_validator(mode="before")
    @classmethod
    def _both(cls, value: Any) -> Any:
        return {"ja": value, "en": value} if isinstance(value, str) else value


Mode = Literal["monitor", "notify", "enforce"]


class ModeModel(Strict):
    """How far a rule goes: counted only, told, or in force; for the senders of a group it may be another one.

    Of several groups that a sender is in, the strictest counts. A word alone is the mode for everybody.
    """

    default: Mode = Field("enforce", description="for senders in none of the groups", examples=["monitor"])
    groups: dict[GroupName, Mode] = Field(
        default_factory=dict, description="for senders in these groups", examples=[{"sales": "enforce"}]
    )

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"default": value}


class RuleModel(Strict):
    """A rule: when it holds and nothing in unless does, then at least this happens."""

    id: Annotated[Text, AfterValidator(_rule_id)] = Field(
        description="its name in letters, audit lines and figures; unique", examples=["many-outsiders"]
    )
    description: str = Field(
        "",
        description="a note for whoever reads the file; nobody else sees it",
        examples=["Asked for by the legal department in 2024"],
    )
    mode: ModeModel = Field(
        ModeModel(),
        description="enforce (if left out), notify or monitor; or one for each group of senders",
        examples=["monitor", {"default": "monitor", "groups": {"sales": "enforce"}}],
    )
    when: ConditionModel = Field(description="the condition", examples=[{"recipients": {"external": True}}])
    unless: Many[ConditionModel] | None = Field(
        None,
        description="exceptions: if any of them holds, the rule does not",
        examples=[[{"recipients": {"domain": "partner.example"}}]],
    )
    when_unknown: Literal["hold", "ignore"] = Field(
        "hold",
        description="what it means when a part of the mail could not be read and the condition cannot be decided",
        examples=["hold", "ignore"],
    )
    automatic: Switch = Field(
        False,
        description="also for replies by machines, receipts and bounces, which are otherwise never held",
        examples=[True],
    )
    headline: Switch = Field(
        False, description="told first, before equally strict rules; decides nothing", examples=[True]
    )
    then: ThenModel = Field(description="what happens", examples=["confirm", {"delay": "5m"}])
    because: BecauseModel | None = Field(
        None,
        description="one sentence that people read, the fact, in both languages",
        examples=[{"ja": "社外の宛先です", "en": "It goes outside"}],
    )
    examples: Many[ExampleModel] = Field(
        (),
        description="mails in a few words and what must become of them by this rule alone",
        examples=[[{"from": "a@corp.example", "to": ["b@x.example"], "expect": "confirm"}]],
    )

    @model_validator(mode="after")
    def _somebody_answers(self) -> RuleModel:
        if self.automatic and self.then.challenge is not None:
            raise ValueError(
                Sentence(
                    "機械は確認のためにメールを送り直しません。automatic: には confirm か reject を使ってください。",
                    "no machine sends a mail again to confirm it: with automatic: use confirm or reject",
                )
            )
        return self
