"""What an experience of the ledger leaves of a lesson before it is learnt."""

from __future__ import annotations

from mailguard.insight.lesson import read
from mailguard.insight.words import Letter
from mailguard.memory.model import only


def test_of_a_mail_that_everybody_got_the_lesson_is_learnt_as_it_is() -> None:
    ann, bob, eve = "ann@corp.example", "bob@acme.example", "eve@acme.example"
    lesson = read(Letter(1.7e9, ann, (bob,), (eve,), names={bob: "Robert Miller", eve: "E. Long"}))
    assert only(lesson, {eve: "", bob: ""}) is lesson
    left = only(lesson, {eve: ""})
    assert (left.people, left.kinds, set(left.names)) == ((eve,), (1,), {eve} & set(lesson.names))
    instead = only(lesson, {eve: "", "rob@acme.example": ""})
    assert (instead.people, instead.kinds) == ((eve, "rob@acme.example"), (1, 0))
