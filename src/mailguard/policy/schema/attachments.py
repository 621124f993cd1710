"""`attachments`: what a rule may ask of the files, one by one and together."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from mailguard.mail.saying import Sentence
from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Count, Many, Size, Switch, Text

_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise ValueError(
            Sentence(
                "{text!r}はSHA-256(16進64桁)ではありません。",
                "{text!r} is no SHA-256: 64 digits of hexadecimal",
                text=text[:60],
            )
        )
    return text.lower()


Digest = Annotated[Text, AfterValidator(_digest)]


class ForgottenModel(Strict):
    """The text speaks of an attachment, and there is none. `forgotten: true` looks for the usual words of Japanese,
    English and other languages; more of them, and words that make a sentence harmless, can be added.
    """

    words: Many[Text] = Field((), description="further words for an attachment", examples=[["送付状"]])
    files: Many[Text] = Field((), description="files of such words", examples=["attachment-words.txt"])
    never: Many[Text] = Field(
        (), description="words that keep a sentence from being about an attachment", examples=[["共有フォルダ"]]
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if value is False:
            raise ValueError(
                Sentence(
                    "not: {attachments: {forgotten: true}} と書いてください。",
                    "write not: {attachments: {forgotten: true}}",
                )
            )
        return {} if value is True else value


class AttachmentsModel(Strict):
    """Picks attachments, also those inside archives, by all keys given; holds when their number satisfies `count`.
    `attachments: any` leaves out signatures and pictures that the text shows.
    """

    name: Many[Text] | None = Field(None, description="globs over the file name", examples=["*.xlsx"])
    type: Many[Text] | None = Field(
        None,
        description="kind by content, not by name: `docx`, `xlsx`, `pdf`, `zip`, `exe` and so on",
        examples=[["xlsx", "csv"]],
    )
    encrypted: Switch | None = Field(None, description="needs a password", examples=[True])
    password_in_mail: Switch | None = Field(
        None, description="encrypted, and its password stands in the same mail (PPAP)", examples=[True]
    )
    macros: Switch | None = Field(None, description="VBA, Excel 4 macros, DDE, JavaScript in a PDF", examples=[True])
    executable: Switch | None = Field(
        None, description="a program, script or shortcut, by content or by name", examples=[True]
    )
    type_mismatch: Switch | None = Field(None, description="the content is not what the name says", examples=[True])
    double_extension: Switch | None = Field(
        None, description="a name that hides its kind: a second ending, or letters turned round", examples=[True]
    )
    inspected: Switch | None = Field(None, description="whether its content could be read", examples=[False])
    inline: Switch | None = Field(
        None,
        description="part of the letter: a picture that its text shows, a signature, an invitation once more",
        examples=[False],
    )
    depth: Count | None = Field(
        None, description="how many archives or mails are around it; 0 hangs on the mail itself", examples=[">= 3"]
    )
    label: Many[Text] | None = Field(
        None, description="globs over its sensitivity label, by name or id", examples=["confidential*"]
    )
    sha256: Many[Digest] | None = Field(
        None,
        description="files of known content",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    )
    sha256_files: Many[Text] | None = Field(
        None, description="files with one such digest a line", examples=["known-files.txt"]
    )
    seen_elsewhere: Switch | None = Field(
        None,
        description="the same content went to other organisations before, to fewer than three, and never to this one",
        examples=[True],
    )
    names_other_customer: Switch | None = Field(
        None, description="its name or text names a customer other than those the mail goes to", examples=[True]
    )
    size: Size | None = Field(None, description="of the file", examples=["> 10 MB"])
    count: Count | None = Field(None, description='of the files picked; ">= 1" if left out', examples=[">= 2"])
    total_size: Size | None = Field(None, description="of the files picked together", examples=["> 20 MB"])
    forgotten: ForgottenModel | None = Field(
        None, description="the text speaks of an attachment and there is none; stands alone", examples=[True]
    )

    @model_validator(mode="before")
    @classmethod
    def _any(cls, value: Any) -> Any:
        return {} if value is True or value == "any" else value

    @model_validator(mode="after")
    def _alone(self) -> AttachmentsModel:
        if self.forgotten is not None and len(self.model_fields_set) > 1:
            raise ValueError(
                Sentence(
                    "forgotten は単独で使います。ファイルがないことについての条件です。",
                    "forgotten stands alone: it is about there being no file",
                )
            )
        if self.names_other_customer is False:
            raise ValueError(
                Sentence(
                    "not: {attachments: {names_other_customer: true}} と書いてください。",
                    "write not: {attachments: {names_other_customer: true}}",
                )
            )
        return self
