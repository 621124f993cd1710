"""`text`: words and patterns, where they are looked for, and what they weigh."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from mailguard.mail.saying import Sentence
from mailguard.policy.patterns import MATCHES_MAX
from mailguard.policy.schema.base import PatternText, Strict
from mailguard.policy.values import EMPTY_LIST, Comparison, Count, Many, Switch, Text, parse_text

Where = Literal["subject", "body", "names", "attachments"]
ShareOf = Literal["include", "exclude", "only"]
WEIGHT_MAX = 1_000_000


def parse_weight(value: object) -> int:
    """A weight from 1 on. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= WEIGHT_MAX:
        raise ValueError(
            Sentence(
                "{value!r}ではなく、1から{most}までの数で重みを書いてください。",
                "a weight is a number from 1 to {most}, not {value!r}",
                most=WEIGHT_MAX,
                value=str(value)[:40],
            )
        )
    return value


def _words(value: object) -> object:
    """Words, or words with their weights, as pairs."""
    if isinstance(value, dict):
        if not value:
            raise ValueError(
                Sentence(
                    "何も書かれていません。キーを省くか、語を1つ以上書いてください。",
                    "the mapping is empty: leave the key out, or name at least one word",
                )
            )
        return tuple((parse_text(word), parse_weight(weight)) for word, weight in value.items())
    listed = value if isinstance(value, list | tuple) else [value]
    if not listed:
        raise ValueError(EMPTY_LIST)
    return tuple(one if isinstance(one, tuple) else (parse_text(one), 1) for one in listed)


_WORDS_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
        {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}, "minProperties": 1},
    ]
}
Words = Annotated[tuple[tuple[str, int], ...], BeforeValidator(_words), WithJsonSchema(_WORDS_SCHEMA)]
Weight = Annotated[int, BeforeValidator(parse_weight), WithJsonSchema({"type": "integer", "minimum": 1})]


class PatternModel(Strict):
    """A pattern (RE2: linear time, no look-around). On its own, or with what it weighs and how often it must occur."""

    pattern: PatternText = Field(description="case and width do not count", examples=["[0-9]{4}-[0-9]{4}"])
    count: Count | None = Field(
        None, description="below this number its occurrences do not count at all", examples=[">= 20"]
    )
    weight: Weight = Field(1, description="what it adds to the score", examples=[5])

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict | PatternModel) else {"pattern": value}

    @model_validator(mode="after")
    def _own_count(self) -> PatternModel:
        if self.count is not None and not _is_lower_bound(self.count):
            raise ValueError(
                Sentence(
                    'パターンごとの count は ">= 20" のような下限で、1から{most}までです。',
                    'a pattern\'s own count is a lower bound from 1 to {most}, such as ">= 20"',
                    most=MATCHES_MAX,
                )
            )
        return self


def _is_lower_bound(count: Comparison) -> bool:
    return count.sign in (">=", ">") and not count.holds(0) and count.holds(MATCHES_MAX)


class TextModel(Strict):
    """Words (anywhere), patterns (RE2) or both, also words from files. Full and half width are the same, case does not
    count, and a word that was wrapped is whole. Quoted history, signature and text that is not displayed belong to the
    body unless they are left out.
    """

    words: Words | None = Field(
        None,
        description="words, or words with weights",
        examples=[["社外秘", "confidential"], {"社外秘": 10, "見積": 2}],
    )
    patterns: Many[PatternModel] | None = Field(
        None, description="patterns", examples=["第[0-9]+号", {"pattern": "[A-Z]{2}-[0-9]{6}", "count": ">= 20"}]
    )
    files: Many[Text] | None = Field(
        None,
        description="files of words: .txt with one a line, .csv with a second column for weights",
        examples=["words.csv"],
    )
    in_: Many[Where] | None = Field(
        None, alias="in", description="where to look; everywhere if left out", examples=[["subject", "body"]]
    )
    count: Count | None = Field(
        None, description='of all occurrences; ">= 1" if neither count nor score is given', examples=[">= 3"]
    )
    score: Count | None = Field(
        None, description="of the weights of what was found, each word and each pattern once", examples=[">= 10"]
    )
    quoted: ShareOf | None = Field(
        None,
        description="quoted text of the mail that is answered or forwarded; include if left out",
        examples=["exclude"],
    )
    signature: ShareOf | None = Field(
        None, description="the sender's signature; include if left out", examples=["exclude"]
    )
    hidden: ShareOf | None = Field(
        None, description="text of the body that is not displayed; include if left out", examples=["only"]
    )
    names_other_customer: Switch | None = Field(
        None, description="names a customer (see customers) other than those the mail goes to", examples=[True]
    )

    @model_validator(mode="after")
    def _something(self) -> TextModel:
        asked = bool(self.words or self.patterns or self.files)
        if self.names_other_customer is False:
            raise ValueError(
                Sentence(
                    "not: {text: {names_other_customer: true}} と書いてください。",
                    "write not: {text: {names_other_customer: true}}",
                )
            )
        if self.names_other_customer and (asked or self.count or self.score):
            raise ValueError(
                Sentence(
                    "names_other_customer は単独で使います。語やパターンは all: や any: で並べてください。",
                    "names_other_customer stands alone: put words and patterns beside it with all: or any:",
                )
            )
        if not asked and not self.names_other_customer:
            raise ValueError(
                Sentence(
                    "words、patterns、files、names_other_customer のいずれかを書いてください。",
                    "give words, patterns, files or names_other_customer",
                )
            )
        return self

    @model_validator(mode="after")
    def _body(self) -> TextModel:
        shares = (self.quoted, self.signature, self.hidden)
        if self.in_ is not None and "body" not in self.in_ and any(share is not None for share in shares):
            raise ValueError(
                Sentence(
                    "quoted、signature、hidden は本文についての条件です。in: に body を加えてください。",
                    "quoted, signature and hidden are about the body: add body to in:",
                )
            )
        return self
