"""The section `directory` of mailguard.yaml: people and groups from a directory server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from mailguard.config.words import Seconds, Section
from mailguard.mail.saying import Sentence


class DirectoryAttributes(Section):
    """Which attribute says what; what is left out is that of the kind of server. "" : nothing does."""

    mail: str | None = None
    name: tuple[str, ...] | None = None
    aliases: str | None = None
    manager: str | None = None
    delegates: str | None = None
    uid: str | None = None
    member_of: str | None = None
    group_name: str | None = None
    members: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _names(self) -> DirectoryAttributes:
        for value in self.model_dump(exclude_none=True).values():
            for name in (value,) if isinstance(value, str) else value:
                if name and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)+", name):  # RFC 4512 section 2.5
                    raise ValueError(
                        Sentence(
                            "{name!r}は属性の名前ではありません。",
                            "{name!r} is not the name of an attribute",
                            name=name[:40],
                        )
                    )
        if self.mail == "" or self.group_name == "":
            raise ValueError(
                Sentence(
                    "mail と group_name には属性の名前を書いてください。", "mail and group_name must name an attribute"
                )
            )
        return self


class DirectorySection(Section):
    """People and groups from a directory server (LDAP), read again every `refresh`."""

    url: str
    kind: Literal["active_directory", "openldap"] = "active_directory"
    base: Annotated[str, Field(min_length=1)]
    bind_dn: str = ""
    password: SecretStr | None = None
    tls: Literal["required", "insecure", "none"] = "required"
    ca_file: Path | None = None
    person_filter: str | None = None
    group_filter: str | None = None
    attributes: DirectoryAttributes = DirectoryAttributes()
    refresh: Annotated[Seconds, Field(ge=10)] = 900
    time: Annotated[Seconds, Field(ge=1, le=3600)] = 120

    @model_validator(mode="after")
    def _together(self) -> DirectorySection:
        if bool(self.bind_dn) != (self.password is not None and bool(self.password.get_secret_value())):
            raise ValueError(
                Sentence("bind_dn と password は両方を書いてください。", "bind_dn and password go together")
            )
        for name, text in (("person_filter", self.person_filter), ("group_filter", self.group_filter)):
            if text is not None and not (text.startswith("(") and text.endswith(")")):
                raise ValueError(  # RFC 4515
                    Sentence(
                        "{name} は (objectClass=person) のように括弧で囲んで書いてください。",
                        "{name} is written in parentheses, such as (objectClass=person)",
                        name=name,
                    )
                )
        return self
