"""What the law asks after a misdelivery, in words: whether a report is probably due, the clocks, drafts of the reports.

Pure. The console's page, the command line and letters say it alike. A draft has the facts that the register knows and
leaves open what only people know; it goes to nobody by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from mailguard.mail.breach import Answers, Deadline, Judgement, Law
from mailguard.mail.organization import Language
from mailguard.notify import breach_texts as say
from mailguard.notify.phrases import PERSONAL, Both, listed, on_one_line
from mailguard.store.incidents import Incident

#: A moment as people read it.
Clock = Callable[[datetime], str]
_MOST = 50


def judged(one: Judgement, language: Language) -> str:
    """One law, whether a report is probably due, and why."""
    because = ("、" if language == "ja" else ", ").join(say.REASONS[key].of(language) for key in one.because)
    return f"{say.LAWS[one.law].of(language)}: " + say.DUTIES[one.duty].of(language, because=because)


def deadline(one: Deadline, language: Language, clock: Clock) -> str:
    """One clock and when it ends."""
    if one.name == "gdpr":
        return say.CLOCKS["gdpr"].of(language, last=clock(one.at))
    first = "" if one.first is None else _day(one.first, language)
    return say.CLOCKS[one.name].of(language, first=first, last=_day(one.last, language), days=one.days)


def _day(day: date, language: Language) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if language == "ja" else day.isoformat()


def draft(one: Incident, law: Law, language: Language, clock: Clock) -> tuple[tuple[str, str], ...]:
    """The items of a report to the authority: heading and text."""
    items = _nine if law == "appi" else _four
    return tuple((heading.of(language), text) for heading, text in items(one, language, clock))


def _nine(one: Incident, language: Language, clock: Clock) -> Iterator[tuple[Both, str]]:
    fill, said = say.FILL_IN.of(language), one.answers or Answers()
    texts = (
        _lines(_outline(one, language, clock), _reached(one, language)),
        _kinds(one, language),
        _persons(one, language),
        say.CAUSE.of(language, note=on_one_line(one.note, 2000) or fill),
        _harm(said, language),
        fill,
        fill,
        fill,
        _lines(*_other(one, language)),
    )
    yield from zip(say.NINE, texts, strict=True)


def _four(one: Incident, language: Language, clock: Clock) -> Iterator[tuple[Both, str]]:
    fill, said = say.FILL_IN.of(language), one.answers or Answers()
    nature = _lines(
        _outline(one, language, clock), _reached(one, language), _kinds(one, language),
        f"{say.NINE[2].of(language)[3:]}: {_persons(one, language)}",
    )  # fmt: skip
    texts = (nature, fill, _harm(said, language), _lines(*_other(one, language), fill))
    yield from zip(say.FOUR, texts, strict=True)


def _outline(one: Incident, language: Language, clock: Clock) -> str:
    return (say.OUTLINE if reached(one) else say.OUTLINE_STOPPED).of(
        language,
        sent=clock(datetime.fromisoformat(one.facts["received_at"])),
        sender=on_one_line(one.facts["sender"]),
        subject=on_one_line(one.facts["subject"] or "", 200),
        learned=clock(one.learned_at),
        by=one.opened_by,
    )


def _reached(one: Incident, language: Language) -> str:
    lines = []
    for said, outcome in ((say.REACHED, "accepted"), (say.UNDER_WAY, "under_way")):
        people = [on_one_line(copy["address"]) for copy in one.facts["recipients"] if copy["outcome"] == outcome]
        if people:
            lines.append(said.of(language, people=listed(people, language, _MOST)))
    return _lines(*lines)


def reached(one: Incident) -> list[str]:
    """Whom it reached, or may have reached."""
    return [copy["address"] for copy in one.facts["recipients"] if copy["outcome"] in ("accepted", "under_way")]


def _kinds(one: Incident, language: Language) -> str:
    """What kinds of data it held: found, answered; left open where mailguard found nothing."""
    kinds = [f"{PERSONAL[name].of(language)} {count:,}" for name, count in one.facts["personal_data"].items()]
    found = say.FOUND.of(language, kinds=listed(kinds, language, _MOST)) if kinds else say.FOUND_NONE.of(language)
    sensitive = say.HELD[(one.answers or Answers()).sensitive].of(language)
    return _lines(
        found,
        _files(one, language),
        say.SENSITIVE.of(language, answer=sensitive),
        "" if kinds else say.FILL_IN.of(language),
    )


def _files(one: Incident, language: Language) -> str:
    files = [on_one_line(name, 120) for name in one.facts["files"]]
    return say.FILES.of(language, files=listed(files, language, _MOST)) if files else ""


def _persons(one: Incident, language: Language) -> str:
    if one.answers is not None and one.answers.persons is not None:
        return say.PERSONS.of(language, count=f"{one.answers.persons:,}")
    return say.PERSONS_FOUND.of(language, count=f"{one.facts['persons']:,}")


def _harm(said: Answers, language: Language) -> str:
    """What was answered of the risk, question by question."""
    lines = []
    for name, answer in (("unknown_property", said.property), ("unknown_malicious", said.malicious)):
        what = say.REASONS[name].of(language)
        lines.append(say.HARM.of(language, what=what[:1].upper() + what[1:], answer=say.HELD[answer].of(language)))
    if said.unseen == "yes" and said.how:
        lines.append(say.UNSEEN.of(language, how=on_one_line(said.how, 2000)))
    return _lines(*lines)


def _other(one: Incident, language: Language) -> Iterator[str]:
    if one.facts["stopped"]:
        yield say.STOPPED.of(
            language, people=listed([on_one_line(who) for who in one.facts["stopped"]], language, _MOST)
        )
    if one.facts["siblings"]:
        yield say.SIBLINGS.of(language, count=len(one.facts["siblings"]))
    if one.outcome:
        yield say.OUTCOME.of(language, text=on_one_line(one.outcome, 2000))
    yield say.RECORD.of(language, id=one.id, mail=one.message_id)


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
