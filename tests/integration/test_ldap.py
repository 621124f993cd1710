"""The directory server: a real slapd, with people as OpenLDAP keeps them, and as Active Directory does."""

from __future__ import annotations

import gc
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.postfix import free_port, make_certificate
from tests.slapd import PASSWORD, READER, SMALL, Slapd, running_slapd

from mailguard.ldap.login import check_password
from mailguard.ldap.reader import LdapUnavailable, read
from mailguard.ldap.settings import KINDS, LdapSettings, Tls
from mailguard.mail.directory import Person

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ldap3")

MANY = 2500
ANN, BOSS = "ann@corp.example", "boss@corp.example"


def person(uid: str, more: str = "") -> str:
    dn = f"uid={uid},ou=people,dc=corp,dc=example"
    return f"\ndn: {dn}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\nmail: {uid}@corp.example\n{more}"


def dn_of(uid: str) -> str:
    return f"uid={uid},ou=people,dc=corp,dc=example"


OPENLDAP = "".join(
    [
        person("boss", "displayName:: 6YOo6ZW3\n"),
        person("ann", f"mail: Hanako.Ando@corp.example\nmanager: {dn_of('boss')}\n"),
        person("nomail").replace("mail: nomail@corp.example\n", ""),
        person("badmail").replace("badmail@corp.example", "not an address"),
        *(person(f"p{number}", f"manager: {dn_of('boss')}\n") for number in range(MANY)),
        "\ndn: cn=sales,ou=groups,dc=corp,dc=example\nobjectClass: groupOfNames\ncn: sales\n",
        f"member: UID=ann, ou=People,dc=corp,dc=example\nmember: {dn_of('nomail')}\n",
        "\ndn: cn=everybody,ou=groups,dc=corp,dc=example\nobjectClass: groupOfNames\ncn: everybody\n",
        "member: cn=sales,ou=groups,dc=corp,dc=example\nmember: cn=ring,ou=groups,dc=corp,dc=example\n",
        *(f"member: {dn_of(f'p{number}')}\n" for number in range(MANY)),
        "\ndn: cn=ring,ou=groups,dc=corp,dc=example\nobjectClass: groupOfUniqueNames\ncn: ring\n",
        f"uniqueMember: cn=everybody,ou=groups,dc=corp,dc=example\nuniqueMember: {dn_of('boss')}\n",
        "\ndn: cn=unix,ou=groups,dc=corp,dc=example\nobjectClass: posixGroup\ncn: unix\ngidNumber: 1\n",
        "memberUid: ann\nmemberUid: root\n",
        "\ndn: ou=east,ou=groups,dc=corp,dc=example\nobjectClass: organizationalUnit\n",
        "\ndn: cn=desk,ou=groups,dc=corp,dc=example\nobjectClass: groupOfNames\ncn: desk\n",
        f"member: {dn_of('ann')}\n",
        "\ndn: cn=desk,ou=east,ou=groups,dc=corp,dc=example\nobjectClass: groupOfNames\ncn: desk\n",
        f"member: {dn_of('boss')}\n",
        "\ndn: ou=elsewhere,dc=corp,dc=example\nobjectClass: referral\nobjectClass: extensibleObject\n",
        "ref: ldap://192.0.2.1/dc=elsewhere,dc=example\n",
    ]
)


#: What the schema wants of every entry.
_TOP = "instanceType: 4\nnTSecurityDescriptor: x\nobjectCategory: CN=Any,DC=ad,DC=example\n"
_GROUP = f"objectClass: group\ngroupType: 2\n{_TOP}"


def ad_person(name: str, more: str, control: int = 512) -> str:
    return (
        f"\ndn: CN={name},DC=ad,DC=example\nobjectClass: user\ncn: {name}\nsn: {name}\n"
        f"{_TOP}userAccountControl: {control}\nmail: {name.lower()}@corp.example\n{more}"
    )


ACTIVE_DIRECTORY = "".join(
    [
        ad_person("Boss", "displayName: The Boss\nmemberOf: CN=Board,DC=ad,DC=example\n"),
        ad_person(
            "Ann",
            "displayName:: 5a6J6JekIOiKseWtkA==\nmanager: CN=Boss,DC=ad,DC=example\n"
            "proxyAddresses: SMTP:ann@corp.example\nproxyAddresses: smtp:Hanako@corp.example\n"
            "proxyAddresses: X500:/o=corp/cn=ann\n",
        ),
        ad_person("Gone", "", control=514),
        f"\ndn: CN=Board,DC=ad,DC=example\n{_GROUP}cn: Board\nmemberOf: CN=Everybody,DC=ad,DC=example\n",
        f"\ndn: CN=Everybody,DC=ad,DC=example\n{_GROUP}cn: Everybody\n"
        "member: CN=Ann,DC=ad,DC=example\nmember: CN=Gone,DC=ad,DC=example\n",
    ]
)


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    with running_slapd(OPENLDAP + ACTIVE_DIRECTORY) as server:
        yield server


@pytest.fixture
def collected() -> Iterator[None]:
    yield
    gc.collect()


def settings(slapd: Slapd) -> LdapSettings:
    return LdapSettings(
        "localhost",
        slapd.port,
        "dc=corp,dc=example",
        bind_dn=READER,
        password=PASSWORD,
        ca_file=slapd.ca,
        connect_seconds=5,
    )


def test_people_and_groups_of_openldap(slapd: Slapd) -> None:
    found = read(settings(slapd))
    directory = found.directory
    assert len(directory.people) == MANY + 2, "more than one page, and no entry lost"
    assert found.skipped == 1, "the one whose address is none; who has no mail was not asked for"
    assert directory.people[ANN] == Person(ANN, "ann", BOSS, aliases=("hanako.ando@corp.example",))
    assert directory.people[BOSS].name == "部長"
    assert directory.groups["sales"] == {ANN}
    assert directory.groups["unix"] == {ANN}
    assert len(directory.groups["everybody"]) == MANY + 2
    assert directory.groups["ring"] == directory.groups["everybody"], "groups inside each other are the same people"
    assert "desk" not in directory.groups, "a name that two groups bear stands for neither"
    assert directory.groups["cn=desk,ou=east,ou=groups,dc=corp,dc=example"] == {BOSS}


def test_people_and_groups_of_active_directory(slapd: Slapd) -> None:
    people, groups, attributes = KINDS["active_directory"]
    asked = replace(
        settings(slapd), base="dc=ad,dc=example", person_filter=people, group_filter=groups, attributes=attributes
    )
    directory = read(asked).directory
    assert directory.people == {
        ANN: Person(ANN, "安藤 花子", BOSS, aliases=("hanako@corp.example",)),
        BOSS: Person(BOSS, "The Boss"),
    }, "a disabled account is nobody"
    assert directory.groups == {"Board": {BOSS}, "Everybody": {ANN, BOSS}}


@pytest.mark.parametrize("tls", ["implicit", "starttls", "none"])
def test_each_way_of_tls(slapd: Slapd, tls: Tls) -> None:
    asked = replace(settings(slapd), tls=tls, port=slapd.tls if tls == "implicit" else slapd.port)
    assert ANN in read(asked).directory.people


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_that_nobody_vouches_for(slapd: Slapd, tls: Tls, tmp_path: Path) -> None:
    other, _ = make_certificate(tmp_path)
    port = slapd.tls if tls == "implicit" else slapd.port
    asked = replace(settings(slapd), tls=tls, port=port, ca_file=other)
    with pytest.raises(LdapUnavailable, match="certificate"):
        read(asked)
    assert read(replace(asked, verify=False)).directory.people


# ldap3 drops its TLS socket unclosed here; it ends with the error, which pytest keeps.
@pytest.mark.usefixtures("collected")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_certificate_of_another_name(slapd: Slapd) -> None:
    with pytest.raises(LdapUnavailable, match="certificate"):
        read(replace(settings(slapd), host="127.1", tls="starttls"))  # loopback too, and not the certificate's name


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "wrong"}, "invalidCredentials"),
        ({"bind_dn": "", "password": ""}, "noSuchObject|nobody under base"),
        ({"base": "dc=nowhere,dc=example"}, "noSuchObject"),
        ({"base": "ou=elsewhere,dc=corp,dc=example"}, "lies on another server"),
        ({"base": "ou=groups,dc=corp,dc=example"}, "nobody under base"),
        ({"person_filter": "(mail=*"}, "filter"),
        ({"people_most": 100}, "more than 100 entries"),
        ({"groups_most": 2}, "more than 2 entries"),
        ({"bind_dn": SMALL}, "not all entries.*sizeLimitExceeded"),
        ({"seconds": -1.0}, "not read within"),
    ],
)
def test_half_an_answer_is_an_error(slapd: Slapd, change: dict[str, object], said: str) -> None:
    with pytest.raises(LdapUnavailable, match=said) as caught:
        read(replace(settings(slapd), **change))  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"localhost:{slapd.port}: ")
    assert PASSWORD not in str(caught.value)


def test_nobody_answers() -> None:
    with pytest.raises(LdapUnavailable, match=r"127\.0\.0\.1"):
        read(LdapSettings("127.0.0.1", free_port(), "dc=corp,dc=example", tls="none", connect_seconds=2))


@pytest.mark.parametrize(
    "ask", [read, lambda settings: check_password(settings, "ann", "secret")], ids=["read", "password"]
)
@pytest.mark.parametrize("tls", ["implicit", "starttls", "none"])
def test_a_server_that_is_away_leaves_no_socket(
    ask: Callable[[LdapSettings], object], tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[socket.socket] = []

    class Noted(socket.socket):
        def __init__(self, *words: Any, **more: Any) -> None:
            super().__init__(*words, **more)
            made.append(self)

    monkeypatch.setattr("ldap3.strategy.base.socket.socket", Noted)
    with pytest.raises(LdapUnavailable):
        ask(LdapSettings("127.0.0.1", free_port(), "dc=corp,dc=example", tls=tls, connect_seconds=2))
    open_still = [one for one in made if one.fileno() >= 0]
    for one in open_still:
        one.close()
    assert made
    assert not open_still


def test_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ldap3", None)
    with pytest.raises(LdapUnavailable, match=r"install mailguard with its extra, mailguard\[ldap\]"):
        read(LdapSettings("127.0.0.1", 1, "dc=corp,dc=example"))
