"""The section `auth` of mailguard.yaml: who keeps the passwords of mail clients, and what logins may send as."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mailguard.config.words import Domain, Seconds, Section, Whole
from mailguard.mail.saying import Sentence

#: Which setting belongs to which method.
_ONLY = {"file": "file", "upstream": "upstream", "domain": "upstream"}


class AlarmSection(Section):
    """From how many failed logins on, within which time, the administrators get a letter."""

    failures: Annotated[Whole, Field(ge=3)] = 50
    within: Annotated[Seconds, Field(ge=60, le=86400)] = 600


class AuthSection(Section):
    """How a login is checked. upstream: which server is asked, if not the one that mail goes to; domain: completes
    names that are no addresses; send_as: a file of further rights.
    """

    method: Literal["file", "upstream", "ldap"] = "file"
    file: Path = Path("users.yaml")
    upstream: str | None = None
    domain: Domain | None = None
    send_as: Path | None = None
    alarm: AlarmSection = AlarmSection()

    @model_validator(mode="after")
    def _together(self) -> AuthSection:
        for name, method in _ONLY.items():
            if name in self.model_fields_set and self.method != method:
                raise ValueError(
                    Sentence(
                        "{name}: は method: {method} のときだけ使えます。ここの method は {here} です。",
                        "{name}: belongs to method: {method}, and the method here is {here}",
                        name=name,
                        method=method,
                        here=self.method,
                    )
                )
        if self.domain is not None and self.domain.startswith("*"):
            raise ValueError(
                Sentence(
                    "domain: には corp.example のようなドメイン名を1つ書いてください。",
                    "domain: one domain, such as corp.example",
                )
            )
        return self
