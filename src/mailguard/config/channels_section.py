"""The list `notify.channels` of mailguard.yaml: one entry a chat channel. What its kind needs, `channels` looks at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from mailguard.config.words import MailAddress, Section
from mailguard.mail.saying import Sentence
from mailguard.notify.channels.settings import EVENTS, KINDS
from mailguard.policy.suggest import did_you_mean


def _number(value: object) -> object:
    """Ids of chats are often numbers, and are ids all the same."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _some(events: tuple[str, ...]) -> tuple[str, ...]:
    """Asked only when each is right: one that is wrong is not told a second time as one that is missing."""
    if not events:
        raise ValueError(
            Sentence(
                "出来事を1つ以上書くか、通常のものでよければこの設定を省いてください。",
                "write at least one event, or leave it out for the usual ones",
            )
        )
    return events


def _one_of(words: tuple[str, ...]) -> BeforeValidator:
    def check(value: object) -> object:
        if value not in words:
            raise ValueError(
                Sentence(
                    "{value!r}は使えません。{words} のいずれかを書いてください。{hint}",
                    "{value!r} is none of {words}{hint}",
                    value=str(value)[:40],
                    words=", ".join(words),
                    hint=did_you_mean(str(value), words),
                )
            )
        return value

    return BeforeValidator(check)


Id = Annotated[str, BeforeValidator(_number), Field(min_length=1, max_length=200, pattern=r"^[\w.@+=:-]+$")]


class ChannelSection(Section):
    """One channel. Secrets: url, token, secret, client_secret, private_key."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]
    kind: Annotated[str, _one_of(KINDS)]
    url: SecretStr | None = None
    api: str | None = None
    login: str | None = None
    token: SecretStr | None = None
    secret: SecretStr | None = None
    client_id: Id | None = None
    client_secret: SecretStr | None = None
    service_account: Id | None = None
    private_key: SecretStr | None = None
    private_key_file: Path | None = None
    bot: Id | None = None
    room: Id | None = None
    people: dict[MailAddress, Id] | None = None
    to: Annotated[str, _one_of(("person", "room"))] = "room"
    events: Annotated[tuple[Annotated[str, _one_of(EVENTS)], ...], AfterValidator(_some)] | None = None
    subject: bool | None = None
    allow_private: bool = False
    ca_file: Path | None = None
