"""What the law asks after a misdelivery: six questions, whether a report is probably due, and until when. Values only.

Two laws are followed. Japan: Act on the Protection of Personal Information (APPI) article 26, its enforcement rules 7
(four cases in which the commission is told) and 8 (promptly, then within 30 or 60 days), and the commission's general
guideline 3-5. Europe: GDPR articles 33 and 34 (72 hours, unless a risk to people is unlikely). What is said here helps
whoever decides; it is no legal advice, and never says that nothing has to be done: "probably" is the strongest word.
As of November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from mailguard.mail.values import value

Answer = Literal["yes", "no", "unknown"]
#: due: probably to be reported; not_due: probably not; open: what is not known yet decides.
Duty = Literal["due", "not_due", "open"]
Law = Literal["appi", "gdpr"]
Stage = Literal["assess", "prompt", "final"]

ANSWERS: tuple[Answer, ...] = get_args(Answer)
LAWS: tuple[Law, ...] = get_args(Law)
#: The questions that are answered by yes or no, in the order in which they are asked; the sixth is the number.
QUESTIONS = ("personal", "sensitive", "property", "malicious", "unseen")
#: More persons than these are a case of their own: enforcement rule 7 (iv).
PERSONS_MOST = 1000
_GDPR_HOURS = 72
#: The day on which one learned of it is the first: guideline 3-5-3-3 and 3-5-3-4.
_PROMPT_FIRST, _PROMPT_LAST, _FINAL, _FINAL_MALICIOUS = 3, 5, 30, 60
#: People are reminded in the morning of the day, before it is too late for a phone call.
_MORNING = time(9)
_FINAL_AHEAD = 5
#: When the last clock has run out so long ago, a letter helps nobody: what was left open before there were any, say.
_PAST = timedelta(days=7)
#: From then on nobody is reminded, whatever was answered.
CLOCKS_RUN = timedelta(days=_FINAL_MALICIOUS) + _PAST
_ASSESS_AFTER = timedelta(hours=24)
STAGES: tuple[Stage, ...] = get_args(Stage)
_HOW_MOST = 2000
_PERSONS_LIMIT = 10**9


@value(frozen=True, slots=True)
class Answers:
    """personal: it held data about people; sensitive: of the kind that needs special care (APPI article 2 (3): illness,
    creed, crime, ...); property: it can be used to take somebody's money (card numbers, a login to a bank); malicious:
    somebody means harm; unseen: it is certain that nobody saw it (deleted unread, as its recipient confirmed; encrypted
    so that he cannot read it), and `how` says who made sure, in what way and when; persons: how many, None: not known.
    """

    personal: Answer = "unknown"
    sensitive: Answer = "unknown"
    property: Answer = "unknown"
    malicious: Answer = "unknown"
    unseen: Answer = "unknown"
    persons: int | None = None
    how: str = ""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Answers:
        """From JSON values or a form's fields. Raises ValueError with the name of what is wrong."""
        answers: dict[str, Answer] = {}
        for name in QUESTIONS:
            answer = said.get(name, "unknown")
            if answer not in ANSWERS:
                raise ValueError(name)
            answers[name] = answer
        persons, how = said.get("persons"), said.get("how", "")
        if persons is not None and (type(persons) is not int or not 0 <= persons <= _PERSONS_LIMIT):
            raise ValueError("persons")
        if not isinstance(how, str) or len(how) > _HOW_MOST:
            raise ValueError("how")
        return cls(**answers, persons=persons, how=how.strip())

    def as_values(self) -> dict[str, Any]:
        """The JSON values that `of` takes."""
        return {name: getattr(self, name) for name in (*QUESTIONS, "persons", "how")}


@value(frozen=True, slots=True)
class Judgement:
    """Whether a report is probably due by one law, and why: keys of sentences (`notify.breach_texts`)."""

    law: Law
    duty: Duty
    because: tuple[str, ...]


@value(frozen=True, slots=True)
class Deadline:
    """Until when: at the end of `last` by the calendar (`at`, the moment at which it is over), for hours to the minute.
    first: from which day on it is expected, where the law says so; days: which day of the calendar, the first being
    that on which one learned of it; 0 where hours are counted.
    """

    name: Literal["gdpr", "prompt", "final"]
    at: datetime
    last: date
    first: date | None = None
    days: int = 0


def judgements(answers: Answers) -> tuple[Judgement, ...]:
    """By each law."""
    return tuple(_judged(answers, law) for law in LAWS)


def _judged(answers: Answers, law: Law) -> Judgement:
    cases = [name for name in ("sensitive", "property", "malicious") if getattr(answers, name) == "yes"]
    if answers.persons is not None and answers.persons > PERSONS_MOST:
        cases.append("many")
    if answers.personal == "no":
        return Judgement(law, "open", ("contradiction",)) if cases else Judgement(law, "not_due", ("no_personal",))
    if answers.unseen == "yes" and answers.how:
        return Judgement(law, "not_due", ("unseen",))
    if cases:
        return Judgement(law, "due", tuple(cases))
    asked = ("personal", "sensitive", "property", "malicious")
    missing = [name for name in asked if getattr(answers, name) == "unknown"]
    if answers.persons is None:
        missing.append("persons")
    if missing:
        unproved = ("unproved",) if answers.unseen == "yes" else ()
        return Judgement(law, "open", (*(f"unknown_{name}" for name in missing), *unproved))
    return Judgement(law, "not_due", ("no_case",) if law == "appi" else ("risk_unlikely",))


def deadlines(learned_at: datetime, timezone: str, answers: Answers) -> tuple[Deadline, ...]:
    """The clocks that run from the moment at which the company learned of it, the next to end first.

    Days are those of the time zone, weekends and holidays count. Where the last one is a holiday the law gives the next
    working day as well: what is said here is never later than the law.
    """
    zone = ZoneInfo(timezone)
    learned = learned_at.astimezone(zone)
    hours = (learned.astimezone(UTC) + timedelta(hours=_GDPR_HOURS)).astimezone(zone)

    def day(number: int) -> date:
        return learned.date() + timedelta(days=number - 1)

    def by_days(name: Literal["prompt", "final"], last: int, first: int | None = None) -> Deadline:
        over = datetime.combine(day(last + 1), time(), zone)
        return Deadline(name, over, day(last), None if first is None else day(first), last)

    final = _FINAL_MALICIOUS if answers.malicious == "yes" else _FINAL
    return (
        Deadline("gdpr", hours, hours.date()),
        by_days("prompt", _PROMPT_LAST, _PROMPT_FIRST),
        by_days("final", final),
    )


def due_stage(learned_at: datetime, timezone: str, answers: Answers | None, now: datetime) -> Stage | None:
    """Of what people are to be reminded by now, the latest; None: of nothing. answers: None while nobody answered.

    assess: nobody answered within a day; prompt: the third day has come, and a report may be due; final: five days are
    left. Who found that nothing is due is not reminded, nor anybody a week after the last day.
    """
    zone = ZoneInfo(timezone)
    said = answers or Answers()
    named = {one.name: one for one in deadlines(learned_at, timezone, said)}
    first = named["prompt"].first
    assert first is not None

    def morning(day: date) -> datetime:
        return datetime.combine(day, _MORNING, zone)

    if now >= named["final"].at + _PAST:
        return None
    duties = {one.law: one.duty for one in judgements(said)}
    stage: Stage | None = "assess" if answers is None and now >= learned_at + _ASSESS_AFTER else None
    if set(duties.values()) != {"not_due"} and now >= morning(first):
        stage = "prompt"
    if duties["appi"] != "not_due" and now >= morning(named["final"].last - timedelta(days=_FINAL_AHEAD)):
        stage = "final"
    return stage
