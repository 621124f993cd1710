"""When many alerts to one person become one letter."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.held import NOW

from mailguard.notify.gathering import Gathering, Merge, about
from mailguard.store.records import Notice, NoticeKind

ANN, BOSS = "ann@corp.example", "boss@corp.example"
MERGE = Merge(after=2, within=timedelta(minutes=5))


def notice(number: int, kind: NoticeKind = "held", to: str = ANN, seconds: float = 0) -> Notice:
    return Notice(number, f"mail-{number}", kind, to, {}, NOW + timedelta(seconds=seconds))


def gathering(*notices: Notice) -> Gathering:
    made = Gathering(MERGE)
    made.take(notices)
    return made


def ids(letters: Iterable[tuple[Notice, ...]]) -> list[list[int]]:
    return [[one.id for one in letter] for letter in letters]


def test_the_first_letters_go_at_once_and_the_others_together_when_the_time_is_over() -> None:
    one = gathering(*(notice(number) for number in range(1, 6)))
    assert ids(one.due(NOW, {})) == [[1], [2]]
    assert one.next_time == NOW + timedelta(minutes=5)
    assert ids(one.due(NOW + timedelta(seconds=299), {})) == []
    assert ids(one.due(NOW + timedelta(seconds=300), {})) == [[3, 4, 5]]
    assert one.next_time is None


def test_what_comes_while_others_wait_goes_with_them_and_never_later_than_its_own_time() -> None:
    one = gathering(*(notice(number) for number in range(1, 4)))
    one.due(NOW, {})
    one.take([notice(4, seconds=200)])
    assert ids(one.due(NOW + timedelta(seconds=200), {})) == []
    assert ids(one.due(NOW + timedelta(seconds=300), {})) == [[3, 4]]
    one.take([notice(5, seconds=310)])
    assert ids(one.due(NOW + timedelta(seconds=310), {})) == []  # a letter for many is as much as many letters
    assert ids(one.due(NOW + timedelta(seconds=610), {})) == [[5]]


def test_after_a_quiet_time_letters_go_at_once_again() -> None:
    one = gathering(notice(1), notice(2))
    one.due(NOW, {})
    one.take([notice(3, seconds=301)])
    assert ids(one.due(NOW + timedelta(seconds=301), {})) == [[3]]


def test_each_person_is_counted_alone() -> None:
    one = gathering(*(notice(n) for n in (1, 2, 3)), *(notice(n, "approval", BOSS) for n in (4, 5, 6)))
    assert ids(one.due(NOW, {})) == [[1], [2], [4], [5]]


def test_letters_of_a_run_before_count() -> None:
    one = gathering(notice(1))
    one.told(ANN, NOW - timedelta(seconds=10))
    one.told(ANN, NOW - timedelta(seconds=9))
    assert ids(one.due(NOW, {})) == []


def test_peace_holds_own_mail_back_and_never_what_others_ask() -> None:
    until = NOW + timedelta(hours=1)
    one = gathering(notice(1), notice(2, "approval"), notice(3))
    assert ids(one.due(NOW, {ANN: until})) == [[2]]
    assert one.next_time == until
    assert ids(one.due(until - timedelta(seconds=1), {ANN: until})) == []
    assert ids(one.due(until, {})) == [[1, 3]]


def test_when_peace_is_ended_early_all_that_waits_is_one_letter() -> None:
    one = gathering(notice(1), notice(2))
    one.due(NOW, {ANN: NOW + timedelta(hours=1)})
    one.take([notice(3, seconds=5)])
    assert ids(one.due(NOW + timedelta(seconds=5), {})) == [[1, 2, 3]]


def test_the_same_person_however_written_and_the_house() -> None:
    one = gathering(notice(1, to="Ann@Corp.Example"), notice(2, to="ann@corp.example"), notice(3, to=ANN))
    assert ids(one.due(NOW, {})) == [[1], [2]]
    house = gathering(notice(1, to=""), notice(2, to="no address"), notice(3, to=""))
    assert ids(house.due(NOW, {})) == [[1], [2]]


class Plainly:
    """The rule, gone over anew for everybody and all that waits."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[Notice]] = {}
        self.told: dict[str, list[datetime]] = {}
        self.silenced: set[int] = set()

    def due(self, now: datetime, mutes: Mapping[str, datetime]) -> list[tuple[Notice, ...]]:
        return [letter for to in self.waiting for letter in self._due(to, now, mutes.get(to, now))]

    def _due(self, to: str, now: datetime, muted: datetime) -> list[tuple[Notice, ...]]:
        told = self.told[to] = [at for at in self.told.get(to, []) if now - at < MERGE.within]
        ready = [one for one in self.waiting[to] if one.kind != "held" or muted <= now]
        self.silenced |= {one.id for one in self.waiting[to] if one not in ready}
        if not ready:
            return []
        letters: list[tuple[Notice, ...]] = [(one,) for one in ready[: max(0, MERGE.after - len(told))]]
        if ready[0].created_at + MERGE.within <= now or any(one.id in self.silenced for one in ready):
            letters = [tuple(ready)]
        written = [one for letter in letters for one in letter]
        told += [now for letter in letters for _ in range(MERGE.after if len(letter) > 1 else 1)]
        self.silenced -= {one.id for one in written}
        self.waiting[to] = [one for one in self.waiting[to] if one not in written]
        return letters


@pytest.mark.parametrize("seed", range(30))
def test_whoever_is_not_looked_at_has_nothing_due(seed: int) -> None:
    dice, one, plainly = random.Random(seed), Gathering(MERGE), Plainly()
    now, mutes, joined = NOW, dict[str, datetime](), 0
    for number in range(400):
        now += timedelta(seconds=dice.choice((0, 0, 1, 20, 100)))
        if dice.random() < 0.05:
            mutes[dice.choice((ANN, BOSS))] = now + timedelta(seconds=dice.choice((0, 30, 400)))
        if dice.random() < 0.7:
            made = replace(
                notice(number, dice.choice(("held", "held", "approval")), dice.choice((ANN, BOSS))), created_at=now
            )
            plainly.waiting.setdefault(made.to, []).append(made)
            if dice.random() < 0.5 and one.take_behind([made], now):
                joined += 1
                continue
            one.take([made])
        awake = {person: until for person, until in mutes.items() if until > now}
        assert sorted(ids(one.due(now, awake))) == sorted(ids(plainly.due(now, awake)))
        following = one.next_time
        assert (following is None) is not any(plainly.waiting.values())
    assert joined > 20


class Looked(Notice):
    """Counts how often anything of a notice is asked."""

    asked = 0

    def __getattribute__(self, name: str) -> Any:
        Looked.asked += 1
        return super().__getattribute__(name)


def test_one_more_for_somebody_for_whom_many_wait_looks_at_none_of_them() -> None:
    one = gathering(*(Looked(number, None, "held", ANN, {}, NOW) for number in range(1000)))
    one.due(NOW, {})
    before = Looked.asked
    one.take([notice(1000)])
    assert one.due(NOW, {}) == []
    assert one.take_behind([notice(1001)], NOW)
    assert Looked.asked - before < 10


def test_what_notices_are_about() -> None:
    further = Notice(2, "mail-1", "held", ANN, {"further": "mail-9"}, NOW)
    assert about([notice(1), further]) == ("mail-1", "mail-9")
