"""Entries to people and groups: whose address is whose, and what a directory may hold that is nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mailguard.ldap.kept import keep, kept
from mailguard.ldap.reader import LdapUnavailable, values
from mailguard.ldap.settings import KINDS, Attributes
from mailguard.ldap.snapshot import Found, snapshot_of
from mailguard.mail.directory import Directory, Person

ASKED = KINDS["openldap"][2]
ANN, BOB = "ann@corp.example", "bob@corp.example"


def found(dn: str, **values: str | Sequence[str]) -> Found:
    return Found(dn, {name.lower(): [one] if isinstance(one, str) else one for name, one in values.items()})


def test_names_are_compared_without_case_and_blanks() -> None:
    people = [
        found("CN=Ann, OU=People,DC=x", mail=ANN),
        found("CN=Bob,OU=People,DC=x", mail=BOB, manager="cn=ann,ou=people , dc=x"),
    ]
    groups = [found("CN=G,DC=x", cn="g", member=["cn=BOB, ou=people,dc=x"])]
    directory = snapshot_of(people, groups, ASKED).directory
    assert directory.manager_of(BOB) == ANN
    assert directory.groups == {"g": {BOB}}


def test_an_address_belongs_to_one_person_the_own_ones_first() -> None:
    people = [
        found("cn=1", mail=[ANN, BOB, "ann2@corp.example"]),
        found("cn=2", mail=[BOB, "ann2@corp.example"]),
        found("cn=3", mail=ANN),
        found("cn=4", mail=["", "nonsense"]),
    ]
    snapshot = snapshot_of(people, [], ASKED)
    assert snapshot.directory.people == {ANN: Person(ANN, aliases=("ann2@corp.example",)), BOB: Person(BOB)}
    assert snapshot.skipped == 2


def test_nobody_is_their_own_manager_or_delegate_and_strangers_are_nobody() -> None:
    asked = replace(ASKED, delegates="assistant")
    people = [
        found("cn=1", mail=ANN, manager="cn=1", assistant=["cn=1", "cn=2", "cn=9", "cn=2"]),
        found("cn=2", mail=BOB, manager="cn=9"),
    ]
    assert snapshot_of(people, [], asked).directory.people == {ANN: Person(ANN, delegates=(BOB,)), BOB: Person(BOB)}


def test_an_attribute_that_is_not_asked_says_nothing() -> None:
    people = [found("cn=1", mail=ANN, manager="cn=2", memberOf="cn=g"), found("cn=2", mail=BOB)]
    groups = [found("cn=g", cn="g", member="cn=2")]
    asked = Attributes(manager="", member_of="", members=())
    directory = snapshot_of(people, groups, asked).directory
    assert directory.manager_of(ANN) == ""
    assert directory.groups == {"g": frozenset()}
    assert "" not in asked.of_people()


def test_a_part_of_a_long_list_is_an_error() -> None:
    with pytest.raises(LdapUnavailable, match="only a part"):
        values({"member": [], "member;range=0-1499": [b"cn=1"]})
    assert values({"member;range=1500-*": [b"cn=1"], "CN;lang-ja": ["部".encode()]}) == {
        "member": ("cn=1",),
        "cn": ("部",),
    }


def test_kept_and_read_again(tmp_path: Path) -> None:
    directory = Directory(
        {ANN: Person(ANN, "安藤", BOB, (BOB,), aliases=("a@corp.example",)), BOB: Person(BOB)},
        {"営業": frozenset({ANN, BOB}), "none": frozenset()},
    )
    path = tmp_path / "people.json"
    assert kept(path, "server") is None
    keep(path, directory, "server")
    assert kept(path, "server") == directory
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path], "nothing else is left behind"
    assert kept(path, "another server") is None
    for damage in (b"", b"[]", b"{}", b'{"version": 1, "source": "server", "people": [["a"]], "groups": {}}', b"\xff"):
        path.write_bytes(damage)
        assert kept(path, "server") is None
