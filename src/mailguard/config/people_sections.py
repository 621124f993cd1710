"""Sections of mailguard.yaml about people: the console, and how people hear of something."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mailguard.config.channels_section import ChannelSection
from mailguard.config.login_section import Logins, OidcSection, SessionSection, is_safe
from mailguard.config.monthly_section import MonthlySection
from mailguard.config.words import AddressOrOff, Endpoint, MailAddress, Network, Seconds, Section, Whole
from mailguard.mail.saying import Sentence


def _full_url(url: str) -> str:
    if not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", url):
        raise ValueError(
            Sentence(
                "利用者が開くアドレスを https://mailguard.corp.example のように書いてください。",
                "must be the address that people open, such as https://mailguard.corp.example",
            )
        )
    return url


class ConsoleSection(Section):
    """The reception: pages and API."""

    address: Endpoint = "127.0.0.1:8025"
    url: Annotated[str, AfterValidator(_full_url)] = "http://127.0.0.1:8025"
    administrators: tuple[MailAddress, ...] = ()
    auditors: tuple[MailAddress, ...] = ()
    officers: tuple[MailAddress, ...] = ()  # data-protection officers
    trusted_proxies: tuple[Network, ...] = ()  # may say for whom they speak (X-Forwarded-For)
    login: Logins = ("link",)
    oidc: OidcSection | None = None
    second_factor: Literal["off", "administrators", "all"] = "off"
    session: SessionSection = SessionSection()

    @model_validator(mode="before")
    @classmethod
    def _own_url(cls, data: Any) -> Any:
        """Without a url: the own port on this machine."""
        if not isinstance(data, dict) or "url" in data:
            return data
        port = str(data.get("address", "")).rpartition(":")[2]
        return {**data, "url": f"http://127.0.0.1:{port}"} if port.isdecimal() else data

    @model_validator(mode="after")
    def _ways_in(self) -> ConsoleSection:
        if ("oidc" in self.login) != (self.oidc is not None):
            raise ValueError(
                Sentence(
                    "login: [oidc] とセクション oidc: は両方を書いてください。",
                    "login: [oidc] and the section oidc: go together",
                )
            )
        if set(self.login) - {"link"} and not is_safe(self.url):
            raise ValueError(
                Sentence(
                    "login: {ways} には https の url が必要です。そうでないとパスワードやサインオンが盗み見られます。",
                    "login: {ways} needs an https url: passwords and sign-ons would be readable",
                    ways=", ".join(self.login),
                )
            )
        return self


class MergeSection(Section):
    """After so many letters to one person within this time, the next ones go as one when it is over."""

    after: Whole = Field(default=10, ge=1)
    within: Annotated[Seconds, Field(ge=1, le=86400)] = 300


class NotifySection(Section):
    """Letters, and the chat channels beside them. letters_late: from when on letters that do not leave are told of.
    remind_before: how long before a hold ends undecided whoever can decide hears of it once more; 0: never.

    reply_address: whose sub-addresses (+secret) take decisions by an answer; left out: those of from.
    """

    sender: MailAddress = Field(alias="from")
    merge: MergeSection = MergeSection()
    reply_address: AddressOrOff | None = None
    channels: tuple[ChannelSection, ...] = ()
    letters_late: Annotated[Seconds, Field(ge=60)] = 600
    remind_before: Annotated[Seconds, Field(ge=0)] = 8 * 3600
    monthly: MonthlySection | None = None
