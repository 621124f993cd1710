"""`alter`: what the copies of a mail are changed to before they leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from mailguard.mail.alteration import AddHeader, Alteration, Footer, TagSubject, ZipAttachments
from mailguard.mail.saying import Sentence
from mailguard.policy.schema.approve import PEOPLE_SCHEMA, person
from mailguard.policy.schema.base import Strict
from mailguard.policy.suggest import did_you_mean
from mailguard.policy.terms import MANAGER, People
from mailguard.policy.values import Many, Switch, Text, parse_text

_ADDED = (MANAGER,)
#: Alterations that are the word, or the key with nothing behind it.
_PLAIN = ("to_bcc", "split")


def _checked(make: Callable[[], Alteration], rule: str) -> None:
    """Let the alteration itself look at what it is made of. Raises ValueError in words for people."""
    try:
        make()
    except ValueError:
        raise ValueError(rule) from None


def unknown_alteration(word: str, known: Iterable[str]) -> str:
    """What is said of a word that is no alteration."""
    return Sentence(
        "{word!r}という変更はありません。{hint}",
        "unknown alteration {word!r}{hint}",
        word=word[:40],
        hint=did_you_mean(word, known),
    )


def _tag(text: str) -> str:
    _checked(
        lambda: TagSubject(text),
        Sentence(
            "タグは前後に空白のない60文字以内の1行です。",
            "a tag is one line of at most 60 characters, without blanks at its ends",
        ),
    )
    return text


def _added(value: object) -> People:
    return person(value, _ADDED)


Tag = Annotated[Text, AfterValidator(_tag)]
Added = Annotated[People, PlainValidator(_added), WithJsonSchema(PEOPLE_SCHEMA)]


class ToBccModel(Strict):
    """To and Cc become Bcc, so that recipients do not see each other. The word `to_bcc` alone hides everybody."""

    style: Literal["sender_in_to", "each_alone"] = Field(
        "sender_in_to",
        description="who stands in To then: the sender, or in each copy its own recipient alone",
        examples=["each_alone"],
    )
    hide: Literal["all", "external"] = Field(
        "all", description="external: colleagues stay in To and Cc for everybody to see", examples=["external"]
    )


class SplitModel(Strict):
    """One mail for each recipient. The word `split` alone shows him nobody but himself."""

    header: Literal["own", "kept"] = Field(
        "own", description="kept: To and Cc stay as written, only the copies travel apart", examples=["kept"]
    )


class AddHeaderModel(Strict):
    """A field more. Fields that route, trace or structure a mail are not for rules."""

    name: Text = Field(description="of the field, ASCII letters, digits and hyphens", examples=["X-Company-Class"])
    value: Text = Field(description="what it says, one line", examples=["external"])

    @model_validator(mode="after")
    def _field(self) -> AddHeaderModel:
        _checked(
            lambda: AddHeader(self.name, "x"),
            Sentence(
                "{name!r}はルールで加えられるフィールドではありません。",
                "{name!r} is no field that a rule may add",
                name=self.name[:60],
            ),
        )
        _checked(
            lambda: AddHeader(self.name, self.value),
            Sentence("値は500文字以内の1行です。", "a value is one line of at most 500 characters"),
        )
        return self


class FooterModel(Strict):
    """A text under the mail's own text, in its text and its HTML; a text alone stands for both languages."""

    ja: str = Field("", description="under mail in Japanese", examples=["このメールは社外秘です。"])
    en: str = Field("", description="under any other mail", examples=["This mail is confidential."])

    @model_validator(mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return {"ja": value, "en": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _lines(self) -> FooterModel:
        rule = Sentence(
            "フッターは4,000文字以内で、1行は200文字以内です。",
            "a footer has text of at most 4,000 characters, in lines of at most 200",
        )
        _checked(lambda: Footer(self.ja.rstrip("\n"), self.en.rstrip("\n")), rule)
        return self


class ZipModel(Strict):
    """Attachments into one zip under AES-256: those that fit `files` or `types`, all of them with `zip: true`. The
    sender is told the password once the mail is out, nobody else is. Files that are locked already stay as they are.
    """

    files: Many[Text] = Field((), description="globs over file names", examples=[["*.xlsx", "*.csv"]])
    types: Many[Text] = Field((), description="kinds by content", examples=[["xlsx", "pdf"]])
    filename: str = Field("", description="of the zip; by the single file if left out", examples=["添付.zip"])

    @model_validator(mode="before")
    @classmethod
    def _all(cls, value: Any) -> Any:
        return {} if value is True or value is None else value

    @model_validator(mode="after")
    def _names(self) -> ZipModel:
        rule = Sentence(
            "ファイル名は200文字以内で、スラッシュ、コロン、引用符、アスタリスクなどは使えません。",
            "a file name has at most 200 characters, and no slash, colon, quote, star or the like",
        )
        _checked(lambda: ZipAttachments(filename=self.filename), rule)
        return self


class RemoveModel(Strict):
    """Attachments that fit all keys give way to a note; one inside an archive takes the archive with it."""

    name: Many[Text] | None = Field(None, description="globs over file names", examples=[["*.exe", "*.js"]])
    type: Many[Text] | None = Field(None, description="kind by content", examples=[["exe", "lnk"]])
    executable: Switch | None = Field(None, description="a program, script or shortcut", examples=[True])
    macros: Switch | None = Field(None, description="with macros", examples=[True])
    encrypted: Switch | None = Field(None, description="needs a password", examples=[True])
    inspected: Switch | None = Field(None, description="whether its content could be read", examples=[False])
    type_mismatch: Switch | None = Field(None, description="the content is not what the name says", examples=[True])
    double_extension: Switch | None = Field(None, description="a name that hides its kind", examples=[True])
    inline: Switch | None = Field(None, description="a picture that the text shows, a signature", examples=[False])

    @model_validator(mode="after")
    def _something(self) -> RemoveModel:
        if not self.model_fields_set:
            raise ValueError(
                Sentence(
                    'どれを外すか書いてください: remove_attachment: {executable: true}、すべてなら {name: "*"}',
                    'say which: remove_attachment: {executable: true}, or {name: "*"} for all',
                )
            )
        return self


class AlterModel(Strict):
    """One alteration. They are done in a fixed order, whatever the order of rules; a signed or encrypted mail is not
    altered: what would have hidden or removed something holds it for its sender, anything else is left out.
    """

    to_bcc: ToBccModel | None = Field(
        None, description="recipients do not see each other", examples=[{}, {"style": "each_alone", "hide": "external"}]
    )
    split: SplitModel | None = Field(None, description="one mail for each recipient", examples=[{}, {"header": "kept"}])
    add_cc: Many[Added] | None = Field(
        None, description="somebody more in Cc: manager, addresses, {group: name}", examples=["manager"]
    )
    add_bcc: Many[Added] | None = Field(
        None, description="somebody more who gets a copy", examples=[["archive@corp.example"]]
    )
    tag_subject: Tag | None = Field(None, description="a word in front of the subject, once", examples=["[社外]"])
    add_header: AddHeaderModel | None = Field(
        None, description="a header field more", examples=[{"name": "X-Company-Class", "value": "external"}]
    )
    footer: FooterModel | None = Field(
        None, description="a text under the mail's text", examples=[{"ja": "社外秘です。", "en": "Confidential."}]
    )
    zip: ZipModel | None = Field(None, description="attachments into an encrypted zip", examples=[{"files": "*.xlsx"}])
    remove_attachment: RemoveModel | None = Field(
        None, description="attachments give way to a note", examples=[{"executable": True}]
    )

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        if isinstance(value, dict):
            bare = (*_PLAIN, "zip")
            return {key: {} if key in bare and inner in (None, True) else inner for key, inner in value.items()}
        if not isinstance(value, str):
            return value
        if value in (*_PLAIN, "zip"):
            return {value: {}}
        if value in cls.model_fields:
            raise ValueError(
                Sentence(
                    "{value} には内容が必要です。{{{value}: ...}} と書いてください。",
                    "{value} needs more: write {{{value}: ...}}",
                    value=value,
                )
            )
        raise ValueError(unknown_alteration(parse_text(value), cls.model_fields))

    @model_validator(mode="after")
    def _one(self) -> AlterModel:
        given = [word for word in type(self).model_fields if getattr(self, word) is not None]
        if len(given) != 1:
            also = Sentence("(今は {given})", ", not {given}", given=given) if given else ""
            raise ValueError(
                Sentence(
                    "リストの1項目に書く変更は1つです{also}。", "one alteration an entry of the list{also}", also=also
                )
            )
        return self

    @property
    def word(self) -> str:
        """The alteration's word."""
        return next(word for word in type(self).model_fields if getattr(self, word) is not None)
