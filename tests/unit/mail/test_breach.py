"""Whether a report is probably due, and until when: each case of the law, and the days as the guideline counts them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.breach import (
    ANSWERS,
    LAWS,
    PERSONS_MOST,
    QUESTIONS,
    Answers,
    deadlines,
    due_stage,
    judgements,
)  # fmt: skip

TOKYO = "Asia/Tokyo"
#: Sunday evening in Tokyo.
LEARNED = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
HARMLESS = Answers("yes", "no", "no", "no", "no", persons=1)
some_answers = st.builds(
    Answers,
    *[st.sampled_from(ANSWERS)] * len(QUESTIONS),
    persons=st.none() | st.integers(0, 5000),
    how=st.sampled_from(("", "Bob by phone, 10:00")),
)


def duty(answers: Answers, law: str = "appi") -> tuple[str, tuple[str, ...]]:
    found = next(one for one in judgements(answers) if one.law == law)
    return found.duty, found.because


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("case", ["sensitive", "property", "malicious"])
def test_one_person_is_enough_for_three_cases(law: str, case: str) -> None:
    assert duty(Answers.of({**HARMLESS.as_values(), case: "yes"}), law) == ("due", (case,))


def test_more_than_a_thousand_persons_are_a_case() -> None:
    assert duty(replace(HARMLESS, persons=PERSONS_MOST + 1)) == ("due", ("many",))
    assert duty(replace(HARMLESS, persons=PERSONS_MOST)) == ("not_due", ("no_case",))


def test_a_case_is_one_whatever_else_is_not_known() -> None:
    assert duty(Answers(sensitive="yes"))[0] == "due"


@pytest.mark.parametrize("law", LAWS)
def test_what_nobody_saw_is_not_due_once_somebody_says_how_he_knows(law: str) -> None:
    saw = replace(HARMLESS, sensitive="yes", unseen="yes")
    assert duty(saw, law) == ("due", ("sensitive",))
    assert duty(replace(saw, how="Bob by phone, 10:00"), law) == ("not_due", ("unseen",))


def test_what_is_not_known_is_named() -> None:
    assert duty(Answers()) == (
        "open",
        ("unknown_personal", "unknown_sensitive", "unknown_property", "unknown_malicious", "unknown_persons"),
    )
    assert duty(replace(HARMLESS, sensitive="unknown")) == ("open", ("unknown_sensitive",))
    assert duty(replace(HARMLESS, sensitive="unknown", unseen="yes"))[1][-1] == "unproved"


def test_nothing_but_no_personal_data_or_nobody_ends_it_without_all_answers() -> None:
    for said in product(ANSWERS, repeat=len(QUESTIONS)):
        answers = Answers.of(dict(zip(QUESTIONS, said, strict=True)))
        if duty(answers)[0] == "not_due":
            assert answers.personal == "no", answers
            assert "yes" not in (answers.sensitive, answers.property, answers.malicious), answers


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("case", [{"sensitive": "yes"}, {"property": "yes"}, {"malicious": "yes"}, {"persons": 1001}])
def test_answers_that_contradict_each_other_decide_nothing(law: str, case: dict[str, object]) -> None:
    said = Answers.of({**HARMLESS.as_values(), "personal": "no", **case})
    assert duty(said, law) == ("open", ("contradiction",))


@given(some_answers)
def test_answers_come_back_as_they_were(answers: Answers) -> None:
    assert Answers.of(answers.as_values()) == answers


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"personal": "maybe"}, "personal"), ({"unseen": True}, "unseen"), ({"persons": -1}, "persons"),
        ({"persons": "12"}, "persons"), ({"persons": True}, "persons"), ({"how": 7}, "how"),
        ({"how": "x" * 2001}, "how"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_named(said: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=f"^{wrong}$"):
        Answers.of(said)


def test_the_day_on_which_one_learned_is_the_first() -> None:
    hours, prompt, final = deadlines(LEARNED, TOKYO, HARMLESS)
    assert hours.at == LEARNED + timedelta(hours=72)
    assert (prompt.first, prompt.last) == (date(2026, 12, 1), date(2026, 12, 3))
    assert prompt.at == datetime(2026, 12, 3, 15, tzinfo=UTC)
    assert final.last == date(2026, 12, 28)
    assert deadlines(LEARNED, TOKYO, replace(HARMLESS, malicious="yes"))[2].last == date(2027, 1, 27)


def test_days_are_those_of_the_company() -> None:
    late = datetime(2026, 11, 29, 15, 1, tzinfo=UTC)  # a minute past midnight in Tokyo
    assert deadlines(late, TOKYO, HARMLESS)[1].last == date(2026, 12, 4)
    assert deadlines(late, "UTC", HARMLESS)[1].last == date(2026, 12, 3)


def test_hours_are_hours_where_clocks_are_changed() -> None:
    learned = datetime(2026, 10, 23, 12, tzinfo=UTC)  # Berlin goes back an hour on the 25th
    assert deadlines(learned, "Europe/Berlin", HARMLESS)[0].at == learned + timedelta(hours=72)


def test_who_answered_nothing_is_reminded_after_a_day() -> None:
    assert due_stage(LEARNED, TOKYO, None, LEARNED + timedelta(hours=23)) is None
    assert due_stage(LEARNED, TOKYO, None, LEARNED + timedelta(hours=24)) == "assess"
    assert due_stage(LEARNED, TOKYO, Answers(), LEARNED + timedelta(hours=24)) is None


def test_the_third_morning_and_the_last_days() -> None:
    third = datetime(2026, 12, 1, 0, tzinfo=UTC)  # 9:00 in Tokyo
    assert due_stage(LEARNED, TOKYO, Answers(), third - timedelta(seconds=1)) is None
    assert due_stage(LEARNED, TOKYO, Answers(), third) == "prompt"
    assert due_stage(LEARNED, TOKYO, Answers(), datetime(2026, 12, 23, 0, tzinfo=UTC)) == "final"
    assert due_stage(LEARNED, TOKYO, Answers(malicious="yes"), datetime(2026, 12, 23, 0, tzinfo=UTC)) == "prompt"
    assert due_stage(LEARNED, TOKYO, Answers(malicious="yes"), datetime(2027, 1, 22, 0, tzinfo=UTC)) == "final"


def test_what_was_left_open_for_long_is_left_alone() -> None:
    over = datetime(2026, 12, 28, 15, tzinfo=UTC)  # the end of the thirtieth day in Tokyo
    assert due_stage(LEARNED, TOKYO, None, over + timedelta(days=7, seconds=-1)) == "final"
    assert due_stage(LEARNED, TOKYO, None, over + timedelta(days=7)) is None


@given(some_answers, st.integers(0, 100 * 24))
def test_who_found_nothing_due_is_left_alone(answers: Answers, hours: int) -> None:
    stage = due_stage(LEARNED, TOKYO, answers, LEARNED + timedelta(hours=hours))
    if all(one.duty == "not_due" for one in judgements(answers)):
        assert stage is None
