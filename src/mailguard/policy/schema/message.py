"""`message`: what the mail is as a whole."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from mailguard.mail.saying import Sentence
from mailguard.policy.language import LANGUAGES
from mailguard.policy.schema.base import PatternText, Strict
from mailguard.policy.suggest import did_you_mean
from mailguard.policy.values import Many, Size, Switch, Text

_FIELD_NAME = re.compile(r"[!-9;-~]{1,200}")


def _field_name(text: str) -> str:
    if not _FIELD_NAME.fullmatch(text.strip().rstrip(":")):
        raise ValueError(
            Sentence(
                "{text!r}はヘッダーフィールドの名前ではありません(RFC 5322 section 2.2)。",
                "{text!r} is no name of a header field (RFC 5322 section 2.2)",
                text=text[:60],
            )
        )
    return text.strip().rstrip(":").lower()


def _language(text: str) -> str:
    if text.lower() not in LANGUAGES:
        raise ValueError(
            Sentence(
                "{text!r}という言語は判別できません。{hint}使えるのは {known} です。",
                "unknown language {text!r}{hint}; known: {known}",
                text=text[:40],
                hint=did_you_mean(text, LANGUAGES),
                known=", ".join(LANGUAGES),
            )
        )
    return text.lower()


class HeaderModel(Strict):
    """A header field by its name, decoded. Without `matches` and `equals`: that there is such a field."""

    name: Annotated[Text, AfterValidator(_field_name)] = Field(
        description="of the field; case does not count", examples=["X-Confidential"]
    )
    matches: Many[PatternText] | None = Field(
        None, description="patterns (RE2), one of which the value matches", examples=["^(yes|true)$"]
    )
    equals: Many[Text] | None = Field(None, description="values, one of which it is", examples=["confidential"])
    present: Switch = Field(
        True, description="false: there is no such field, or none with such a value", examples=[False]
    )


class MessageModel(Strict):
    """The message as a whole."""

    size: Size | None = Field(None, description="with all its files, as it goes over the wire", examples=["> 10 MB"])
    empty_subject: Switch | None = Field(None, description="no subject, or a blank one", examples=[True])
    empty_body: Switch | None = Field(
        None, description="the sender wrote nothing above signature and quoted text", examples=[True]
    )
    reply: Switch | None = Field(None, description="names the mail that it goes on from, or says Re:", examples=[True])
    forward: Switch | None = Field(
        None, description="hands another mail on: Fwd:, 転送:, or its text says so", examples=[True]
    )
    new: Switch | None = Field(None, description="neither a reply nor a forward", examples=[True])
    signed: Switch | None = Field(None, description="signed with S/MIME or PGP", examples=[True])
    encrypted: Switch | None = Field(None, description="encrypted with S/MIME or PGP", examples=[True])
    auto_generated: Switch | None = Field(None, description="says that a machine wrote it", examples=[True])
    calendar: Switch | None = Field(None, description="carries a calendar part with a method", examples=[True])
    greeting: Switch | Literal["fits_nobody"] | None = Field(
        None,
        description="addresses somebody (様, 各位, Dear ...), or with `fits_nobody`: the greeting names people or a "
        "company, and no recipient is any of them; never where it names nobody or everybody",
        examples=["fits_nobody", False],
    )
    header_envelope_mismatch: Switch | None = Field(
        None,
        description="To and Cc show somebody whom the whole envelope (of a mail client with a login) does not name, "
        "or a Bcc field left in the mail does not name everybody who is hidden",
        examples=[True],
    )
    importance: Many[Literal["high", "normal", "low"]] | None = Field(
        None, description="what it says of itself; normal if it says nothing", examples=["high"]
    )
    header: Many[HeaderModel] | None = Field(
        None, description="header fields; all of them must hold", examples=[{"name": "X-Confidential", "equals": "yes"}]
    )
    label: Many[Text] | None = Field(
        None,
        description="globs over the sensitivity labels of the mail and its files (MSIP, Sensitivity), by name or id",
        examples=[["confidential*", "社外秘"]],
    )
    language: Many[Annotated[Text, AfterValidator(_language)]] | None = Field(
        None, description="of what the sender wrote, going by most of it", examples=[["en", "zh"]]
    )

    @model_validator(mode="after")
    def _something(self) -> MessageModel:
        if not self.model_fields_set:
            raise ValueError(Sentence("キーを1つ以上書いてください。", "give at least one key"))
        return self
