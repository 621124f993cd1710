"""`approve`: who decides instead of the sender, and who hears of it when; and the names of people in `then`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.saying import Sentence, listed
from mailguard.mail.verdict import ADMINISTRATORS, SENDER
from mailguard.policy.lists import not_an_address
from mailguard.policy.schema.base import Strict
from mailguard.policy.suggest import did_you_mean
from mailguard.policy.terms import MANAGER, MANAGERS_MANAGER, People
from mailguard.policy.values import Duration, Many, Text, parse_text

_ASKED = (MANAGER,)
_ESCALATED = (MANAGER, MANAGERS_MANAGER, ADMINISTRATORS)
_TOLD = (SENDER, ADMINISTRATORS)
#: What stands for people in a policy: a word, an address, or a group.
PEOPLE_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "properties": {"group": {"type": "string", "minLength": 1}},
            "required": ["group"],
            "additionalProperties": False,
        },
    ]
}


def person(value: object, words: tuple[str, ...]) -> People:
    """One word of `words`, an address, or {group: name}. Raises ValueError."""
    if isinstance(value, dict):
        if set(value) != {"group"}:
            raise ValueError(Sentence("グループは {group: 名前} と書いてください。", "write a group as {group: name}"))
        return People(groups=(parse_text(value["group"]),))
    text = parse_text(value)
    if text in words:
        return People(words=frozenset({text}))
    return People(addresses=(_key(text, words),))


def _key(text: str, words: tuple[str, ...]) -> str:
    try:
        return parse_address(text).key
    except AddressError as error:
        if "@" in text or not words:
            raise ValueError(not_an_address(text, error)) from error
        near = did_you_mean(text, words)
        raise ValueError(
            Sentence(
                "{text!r}は誰でもありません。アドレス、{{group: 名前}}、または決まった語を書いてください。{near}",
                "{text!r} is nobody: write an address, {{group: name}} or a word{near}",
                text=text[:60],
                near=near,
            )
        ) from error


def _asked(value: object) -> People:
    return person(value, _ASKED)


def _escalated(value: object) -> People:
    return person(value, _ESCALATED)


def _told(value: object) -> str:
    text = parse_text(value)
    if text in _TOLD:
        return text
    if "@" not in text:
        raise ValueError(
            Sentence(
                "{text!r}には知らせられません。{words} かアドレスを書いてください。"
                "{hint}チャットなどはこのバージョンでは使えません。",
                "{text!r} is nobody to tell: write {words} or an address{hint}; channels such as chat are not "
                "available in this version",
                text=text[:40],
                words=listed(_TOLD),
                hint=did_you_mean(text, _TOLD),
            )
        )
    return _key(text, _TOLD)


def _delegates(value: object) -> bool | tuple[str, ...]:
    if isinstance(value, bool):
        return value
    written = value if isinstance(value, list) else [value]
    if not written:
        raise ValueError(
            Sentence(
                "リストが空です。代理人がいないときは false と書いてください。",
                "the list is empty: write false for no delegates",
            )
        )
    return tuple(_key(parse_text(one), ()) for one in written)


def _written(people: People) -> list[str]:
    """The same people are written the same, so that rules can be compared."""
    return sorted((*people.words, *people.addresses, *(f"group {name}" for name in people.groups)))


_WRITTEN = PlainSerializer(_written, return_type=list[str])
Asked = Annotated[People, PlainValidator(_asked), _WRITTEN, WithJsonSchema(PEOPLE_SCHEMA)]
Escalated = Annotated[People, PlainValidator(_escalated), _WRITTEN, WithJsonSchema(PEOPLE_SCHEMA)]
Told = Annotated[str, PlainValidator(_told), WithJsonSchema({"type": "string", "minLength": 1})]
Delegates = Annotated[
    bool | tuple[str, ...],
    PlainValidator(_delegates),
    WithJsonSchema(
        {"anyOf": [{"type": "boolean"}, {"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    ),
]


class ApproveModel(Strict):
    """Who decides instead of the sender. Nobody is asked about his own mail."""

    by: Many[Asked] = Field(
        (),
        description="manager (of the sender), addresses, {group: name}, or a list of these",
        examples=["manager", ["boss@corp.example", {"group": "legal"}]],
    )
    group: Many[Text] = Field((), description="groups whose members may approve as well", examples=["legal"])
    quorum: int = Field(1, ge=1, le=20, description="how many of them must say yes", examples=[2])
    delegates: Delegates = Field(
        True,
        description="who may speak for an approver: true: his delegates in the directory; false: nobody; or addresses",
        examples=[True, ["deputy@corp.example"]],
    )
    remind_after: Duration | None = Field(
        None, description="when those who have not answered hear of it again", examples=["4h"]
    )
    escalate_after: Duration | None = Field(
        None, description="when others are asked as well: escalate_to", examples=["8h"]
    )
    escalate_to: Many[Escalated] = Field(
        (),
        description="administrators (if left out), manager_of_manager, manager, addresses, {group: name}",
        examples=["manager_of_manager", ["cto@corp.example"]],
    )
    expire_after: Duration | None = Field(None, description="as beside approve", examples=["24h"])
    clock: Literal["always", "office_hours"] | None = Field(
        None, description="as beside approve", examples=["office_hours"]
    )

    @model_validator(mode="after")
    def _enough(self) -> ApproveModel:
        if not self.by and not self.group:
            raise ValueError(
                Sentence(
                    "approve には承認者が必要です: by: manager、by: [boss@corp.example]、または group: 名前",
                    "approve needs approvers: by: manager, by: [boss@corp.example] or group: name",
                )
            )
        people = self.people
        # Who is in a group, and whether somebody has a manager, shows only when a mail comes.
        most = len(people.addresses) + len(people.words)
        if not people.groups and self.quorum > most:
            raise ValueError(
                Sentence(
                    "承認者が{most}人では quorum {quorum} に届きません。",
                    "quorum {quorum} cannot be reached by {most} approver(s)",
                    quorum=self.quorum,
                    most=most,
                )
            )
        if self.escalate_to and self.escalate_after is None:
            raise ValueError(
                Sentence(
                    "escalate_to には時間が必要です: escalate_after: 8h", "escalate_to needs a time: escalate_after: 8h"
                )
            )
        return self

    @property
    def people(self) -> People:
        """Everybody who is asked."""
        return union((*self.by, People(groups=self.group)))


def union(named: tuple[People, ...]) -> People:
    """Several as one, each once."""
    return People(
        tuple(sorted({key for one in named for key in one.addresses})),
        tuple(sorted({group for one in named for group in one.groups})),
        frozenset(word for one in named for word in one.words),
    )
