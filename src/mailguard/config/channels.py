"""From `notify.channels` to the settings of each chat channel, with all that is wrong with them at once.

What only one kind of channel needs or knows is looked at here, each problem at its own place. No name is resolved and
nothing is sent: `mailguard notify test` does that. Secrets are never repeated in a problem.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from pydantic import SecretStr

from mailguard.config.channels_section import ChannelSection
from mailguard.config.load import Config, no_such_file, stands_twice
from mailguard.courier.client import fault_of
from mailguard.mail.address import parse_address
from mailguard.mail.saying import Sentence
from mailguard.notify.channels import apprise_service, line_works
from mailguard.notify.channels.make import NEEDS, Needs
from mailguard.notify.channels.settings import DEFAULT_EVENTS, ChannelSettings, Event, Kind
from mailguard.notify.channels.webhook import SHORTEST_SECRET, key_of
from mailguard.policy.marks import Problem, Problems

_Tell = Callable[[str, str], Problem]
#: Settings that only some kinds know.
_OF_KINDS = (
    "url", "api", "login", "token", "secret", "client_id", "client_secret", "service_account", "private_key", "bot",
    "room", "people",
)  # fmt: skip


def channels(config: Config) -> tuple[ChannelSettings, ...]:
    """The channels, as they are written. Raises Problems."""
    found: list[ChannelSettings] = []
    problems: list[Problem] = []
    for number, section in enumerate(config.settings.notify.channels):
        # Without a key, the problem stands at the entry itself.
        tell: _Tell = lambda key, said, number=number: config.problem(  # type: ignore[misc]  # noqa: E731
            ("notify", "channels", number, *((key,) if key else ())), said
        )
        if any(section.name == other.name for other in found):
            problems.append(tell("name", stands_twice(section.name)))
        needs = _needs(section)
        settings = _settings(config, section, needs)
        wrong = [*_wrong_keys(section, needs, tell), *_wrong_files(section, config, tell)]
        problems += wrong or list(_wrong_values(settings, tell))
        found.append(settings)
    if problems:
        raise Problems(problems)
    return tuple(found)


def _needs(section: ChannelSection) -> Needs:
    if section.kind == "slack":
        return NEEDS["slack with token" if section.token is not None else "slack with url"]
    return NEEDS[section.kind]


def _needed(kind: str, keys: Sequence[str]) -> str:
    """That one of some keys is missing."""
    if kind == "slack":
        return Sentence("slack には url か token が必要です。", "slack needs url, or a token")
    if len(keys) == 1:
        return Sentence("{kind} には {key} が必要です。", "{kind} needs {key}", kind=kind, key=keys[0])
    return Sentence(
        "{kind} には {key} (または {other})が必要です。", "{kind} needs {key} (or {other})",
        kind=kind, key=keys[0], other=keys[1],
    )  # fmt: skip


def _settings(config: Config, section: ChannelSection, needs: Needs) -> ChannelSettings:
    to_person = section.to == "person"
    key = _clear(section.private_key)
    if section.private_key_file is not None:
        path = config.path(section.private_key_file)
        key = path.read_text("utf-8", "replace") if path.is_file() else ""
    people = {parse_address(address).key: place for address, place in (section.people or {}).items()}
    return ChannelSettings(
        name=section.name,
        kind=cast(Kind, section.kind),
        url=_clear(section.url),
        api=(section.api or "").rstrip("/"),
        login=section.login or "",
        token=_clear(section.token),
        secret=_clear(section.secret),
        client_id=section.client_id or "",
        client_secret=_clear(section.client_secret),
        service_account=section.service_account or "",
        private_key=key,
        bot=section.bot or "",
        room=section.room or "",
        people=people,
        to_person=to_person,
        events=frozenset(cast(tuple[Event, ...], section.events or DEFAULT_EVENTS)),
        # In a room, others read along: the subject is said there only if somebody decided so.
        subject=to_person and not needs.overheard if section.subject is None else section.subject,
        private=section.allow_private,
        ca_file=None if section.ca_file is None else config.path(section.ca_file),
    )


def _clear(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value().strip()


def _wrong_keys(section: ChannelSection, needs: Needs, tell: _Tell) -> Iterator[Problem]:
    """What is missing, and what this kind does not know."""
    written = {key for key in _OF_KINDS if getattr(section, key) is not None}
    if section.private_key_file is not None:
        written.add("private_key")
    empty = {
        key for key in written if isinstance(value := getattr(section, key), SecretStr) and not value.get_secret_value()
    }
    for key in needs.needs:
        if key not in written or key in empty:
            keys = ("url", "token") if section.kind == "slack" else (key,)
            keys = (*keys, "private_key_file") if key == "private_key" else keys
            yield tell(key if key in empty else "", _needed(section.kind, keys))
    for key in sorted(written.difference(needs.needs, needs.knows)):
        said = Sentence("{kind} に {key} という設定はありません。", "{kind} has no {key}", kind=section.kind, key=key)
        if section.kind == "slack" and key == "url":
            said = Sentence("slack では token と url を一緒に使えません。", "slack has no url together with a token")
        yield tell(key if getattr(section, key) is not None else f"{key}_file", said)
    if section.to == "person" and not needs.alone:
        said = Sentence(
            "この種類のチャネルはルームにだけ届きます。to: room と書いてください。",
            "this kind of channel reaches its room only; write to: room",
        )
        yield tell("to", said)
    if section.to == "room" and "room" in needs.knows and section.room is None:
        said = Sentence(
            "{kind} には room または to: person が必要です。", "{kind} needs room, or to: person", kind=section.kind
        )
        yield tell("", said)
    if section.kind == "chatwork" and section.to == "person" and not section.people:
        said = Sentence(
            "chatwork はメールアドレスで人を探せません。people: {ann@corp.example: アカウント} と書いてください。",
            "chatwork finds nobody by mail address; write people: {ann@corp.example: ACCOUNT}",
        )
        yield tell("", said)


def _wrong_files(section: ChannelSection, config: Config, tell: _Tell) -> Iterator[Problem]:
    for key in ("private_key_file", "ca_file"):
        path = getattr(section, key)
        if path is not None and not config.path(path).is_file():
            yield tell(key, no_such_file(path))
        elif path is not None and key == "ca_file":
            try:
                ssl.create_default_context(cafile=config.path(path))
            except (OSError, ssl.SSLError):
                said = Sentence(
                    "{path}: 証明書(PEM)が入っていません。", "{path}: holds no certificate (PEM)", path=path
                )
                yield tell(key, said)


def _wrong_values(settings: ChannelSettings, tell: _Tell) -> Iterator[Problem]:
    """Addresses that nothing is sent to, and keys that are none."""
    for key, url in (("url", settings.url), ("api", settings.api), ("login", settings.login)):
        look = apprise_service.fault_of if settings.kind == "apprise" else fault_of
        if url and (why := look(url, private=settings.private)):
            yield tell(key, why)
    for key in ("token", "client_secret"):
        # It stands in a header, or in a form; anything else would be cut or sent wrong.
        if not re.fullmatch(r"[!-~]*", getattr(settings, key)):
            said = Sentence(
                "空白、改行、またはASCII以外の文字が入っています。",
                "has signs that none has: blanks, line ends or others than ASCII",
            )
            yield tell(key, said)
    if settings.kind == "webhook":
        try:
            if len(key_of(settings.secret)) < SHORTEST_SECRET:
                said = Sentence(
                    "短すぎます。{least}オクテット以上にしてください(例: openssl rand -hex 32 の出力)。",
                    "too short: {least} octets at least, such as from openssl rand -hex 32",
                    least=SHORTEST_SECRET,
                )
                yield tell("secret", said)
        except ValueError as error:
            yield tell("secret", str(error))
    if settings.kind == "line_works" and (why := line_works.fault_of_key(settings.private_key)):
        yield tell("private_key", why)
