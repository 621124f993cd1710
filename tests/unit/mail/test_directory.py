"""The directory as a value: one person with several addresses, stand-ins who are there, groups that are not there."""

from __future__ import annotations

from datetime import date

import pytest

from mailguard.mail.directory import NOBODY, Directory, Person

DAY = date(2026, 12, 29)
AWAY = ((date(2026, 12, 28), date(2027, 1, 5)),)
ANN, BOSS, VICE, THIRD = (f"{name}@corp.example" for name in ("ann", "boss", "vice", "third"))


def directory(**away: bool) -> Directory:
    people = {
        ANN: Person(ANN, "Ann", BOSS, aliases=("a.smith@corp.example",)),
        BOSS: Person(BOSS, delegates=(VICE, THIRD), away=AWAY if away.get("boss") else ()),
        VICE: Person(VICE, delegates=(BOSS, "fourth@corp.example"), away=AWAY if away.get("vice") else ()),
        THIRD: Person(THIRD, away=AWAY if away.get("third") else ()),
    }
    groups = {"sales": frozenset({"a.smith@corp.example", VICE}), "all": frozenset({ANN}), "none": frozenset[str]()}
    return Directory(people, groups, {"all": frozenset({"corp.example"})})


def test_a_further_address_is_the_same_person() -> None:
    known = directory()
    assert known.manager_of("a.smith@corp.example") == BOSS
    assert known.is_member(ANN, "sales")
    assert known.is_member("a.smith@corp.example", "sales")
    assert known.members("sales") == (ANN, VICE)
    assert known.groups_of("a.smith@corp.example") == {"sales", "all"}


def test_a_whole_domain() -> None:
    known = directory()
    assert known.is_member("new@corp.example", "all")
    assert not known.is_member("new@x.example", "all")
    assert not known.is_member("corp.example@x.example", "all")
    assert known.groups_of("new@corp.example") == {"all"}


def test_a_group_that_is_not_there_is_never_no() -> None:
    with pytest.raises(KeyError):
        NOBODY.is_member(ANN, "sales")
    with pytest.raises(KeyError):
        NOBODY.members("sales")
    assert not directory().is_member(ANN, "none")


@pytest.mark.parametrize(
    ("away", "asked"),
    [
        ({}, ()),
        ({"boss": True}, (VICE, THIRD)),
        ({"boss": True, "vice": True}, (THIRD, "fourth@corp.example")),
        ({"boss": True, "third": True}, (VICE,)),
        ({"boss": True, "vice": True, "third": True}, ("fourth@corp.example",)),
    ],
)
def test_who_stands_in(away: dict[str, bool], asked: tuple[str, ...]) -> None:
    known = directory(**away)
    assert known.stand_ins(BOSS, DAY) == asked
    assert known.stand_ins(BOSS, date(2026, 12, 27)) == ()
    assert bool(known.stand_ins(BOSS, date(2027, 1, 5))) is bool(asked)
    assert known.stand_ins(BOSS, date(2027, 1, 6)) == ()


def test_nobody_stands_in_for_a_stranger() -> None:
    assert NOBODY.stand_ins(BOSS, DAY) == ()
    assert NOBODY.manager_of(ANN) == ""
    assert NOBODY.groups_of(ANN) == frozenset()
