"""What is asked of a directory server: where it is, who asks, which entries are people and groups, and which attributes
say what. Values only.

The defaults are those of Active Directory and of OpenLDAP; a company that keeps things elsewhere names them itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["active_directory", "openldap"]
Tls = Literal["implicit", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Attributes:
    """Which attribute says what; "" or none: nothing does. name, members: the first that has a value, all together.

    mail: the first value is the person's own address, further ones are aliases. aliases: `smtp:` in front is left out.
    manager, delegates, member_of: distinguished names. members: those, or values of `uid`.
    """

    mail: str = "mail"
    name: tuple[str, ...] = ("displayName", "cn")
    aliases: str = ""
    manager: str = "manager"
    delegates: str = ""
    uid: str = "uid"
    member_of: str = "memberOf"
    group_name: str = "cn"
    members: tuple[str, ...] = ("member", "uniqueMember", "memberUid")

    def of_people(self) -> tuple[str, ...]:
        """What is asked of people's entries."""
        asked = (self.mail, *self.name, self.aliases, self.manager, self.delegates, self.uid, self.member_of)
        return tuple(dict.fromkeys(filter(None, asked)))

    def of_groups(self) -> tuple[str, ...]:
        """What is asked of groups' entries."""
        return tuple(dict.fromkeys(filter(None, (self.group_name, *self.members, self.member_of))))


#: For each kind: filter of people, filter of groups, attributes. Disabled accounts (bit 2, MS-ADTS 2.2.16) are nobody.
KINDS: dict[Kind, tuple[str, str, Attributes]] = {
    "active_directory": (
        "(&(objectClass=user)(!(objectClass=computer))(mail=*)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
        "(objectClass=group)",
        Attributes(aliases="proxyAddresses", delegates="publicDelegates", uid="sAMAccountName", members=("member",)),
    ),
    "openldap": (
        "(&(objectClass=inetOrgPerson)(mail=*))",
        "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
        Attributes(),
    ),
}


@dataclass(frozen=True, slots=True)
class LdapSettings:
    """One directory server. refresh: seconds between two readings; seconds: for one reading, connecting included.

    ca_file: whose certificates are trusted, None: the system's. verify False: any certificate will do.
    """

    host: str
    port: int
    base: str
    tls: Tls = "starttls"
    verify: bool = True
    ca_file: Path | None = None
    bind_dn: str = ""
    password: str = field(default="", repr=False)
    person_filter: str = KINDS["openldap"][0]
    group_filter: str = KINDS["openldap"][1]
    attributes: Attributes = KINDS["openldap"][2]
    refresh: float = 900.0
    connect_seconds: float = 10.0
    seconds: float = 120.0
    page: int = 500
    people_most: int = 200_000
    groups_most: int = 50_000
