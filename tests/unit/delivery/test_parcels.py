"""A job in parcels: who goes with whom."""

from __future__ import annotations

from dataclasses import replace

from tests.held import BOSS, SATO, TANAKA, held_mail, recipient, with_recipients

from mailguard.delivery.parcels import parcels
from mailguard.mail.address import Address
from mailguard.mail.alteration import Recipe, Split, TagSubject, ToBcc
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.store.records import Job


def job(**recipes: Recipe | None) -> Job:
    people = {"boss": BOSS, "sato": SATO, "tanaka": TANAKA}
    record = held_mail(Disposition.DELIVER, State.QUEUED)
    copies = [replace(recipient(people[name]), recipe=recipe) for name, recipe in recipes.items()]
    record = with_recipients(record, *copies)
    return Job(record, tuple(one.address for one in record.recipients))


def shape(one: Job) -> list[tuple[tuple[Address, ...], Recipe | None]]:
    return [(parcel.job.recipients, parcel.recipe) for parcel in parcels(one)]


def test_what_is_not_altered_is_one_parcel() -> None:
    one = job(boss=(), sato=())
    assert [parcel.job for parcel in parcels(one)] == [one]


def test_copies_of_one_recipe_go_together_the_unaltered_first() -> None:
    tag: Recipe = (TagSubject("[x]"),)
    assert shape(job(sato=tag, boss=(), tanaka=tag)) == [((BOSS,), ()), ((SATO, TANAKA), tag)]


def test_what_differs_from_one_to_the_other_goes_apart() -> None:
    split: Recipe = (Split(),)
    alone: Recipe = (ToBcc("each_alone"),)
    assert shape(job(sato=split, boss=(), tanaka=split)) == [((BOSS,), ()), ((SATO,), split), ((TANAKA,), split)]
    assert len(parcels(job(sato=alone, tanaka=alone))) == 2


def test_a_recipe_that_cannot_be_read_is_a_parcel_that_stays() -> None:
    assert shape(job(sato=None, boss=())) == [((BOSS,), ()), ((SATO,), None)]
