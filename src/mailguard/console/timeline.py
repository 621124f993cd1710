"""What happened to a mail so far, line by line: when, what, who, to whom, and what was said. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailguard.console.audit_words import answer_word, reading_word
from mailguard.console.changes import alteration_title, for_all
from mailguard.console.present import Speaker
from mailguard.mail.verdict import ADMINISTRATORS
from mailguard.notify.phrases import listed, on_one_line
from mailguard.review import HistoryLine, MessageRecord

_KNOWN = frozenset({
    "accept", "release", "cancel", "remove", "reject", "expire", "hold", "relay", "defer", "fail", "approve",
    "login", "purge", "late", "alter", "urgent", "remind", "escalate", "ending", "challenge_confirmed", "resent",
    "comment", "forward", "trust", "resume", "correct", "approvals_void", "read", "incident",
    "incident_assessed", "incident_closed",
})  # fmt: skip
#: The sign of a line, beside its words.
_SIGNS = {
    "release": "→", "urgent": "→", "approve": "✓", "relay": "✓", "cancel": "×", "remove": "×", "reject": "×",
    "hold": "‖", "resume": "▸", "comment": "”", "forward": "↪", "expire": "◷", "fail": "↩", "defer": "…", "accept": "●",
    "correct": "⇄", "incident": "!",
}  # fmt: skip
_TONES = {
    "relay": "good",
    "approve": "good",
    "fail": "bad",
    "reject": "bad",
    "cancel": "bad",
    "expire": "bad",
    "incident": "bad",
}
_VIA = frozenset({"console", "letter", "reply", "api", "cli", "clock", "smtp"})
_ANSWERED = frozenset({"relay", "defer", "fail", "late"})


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history. who: "" where nobody in particular did it; quote: what a person wrote."""

    iso: str
    when: str
    sign: str
    tone: str
    what: str
    who: str
    quote: str
    notes: tuple[str, ...]


def timeline(history: Sequence[HistoryLine], record: MessageRecord, by: Speaker) -> list[Past]:
    """Every line, oldest first."""
    return [_past(line, record, by) for line in history]


def arrivals(history: Sequence[HistoryLine]) -> dict[str, datetime]:
    """When the next server took each copy, by address as written."""
    return {address: line.at for line in history if line.event == "relay" for address in line.recipients}


def replaced(history: Sequence[HistoryLine]) -> frozenset[str]:
    """The addresses in whose places others were put, in lower case."""
    return frozenset(one.lower() for line in history if line.event == "correct" for one in line.recipients)


def notes_for(person: str, history: Sequence[HistoryLine], record: MessageRecord, by: Speaker) -> list[str]:
    """What the other side wrote last: to its owner whoever is asked about the mail, to those its owner."""
    owners = frozenset((*record.owners, *record.members))
    said = [line for line in history if line.comment and (line.actor in owners) is not (person in owners)]
    return [
        by.say("note.from", who=by.named(line.actor), comment=on_one_line(line.comment, 2000)) for line in said[-3:]
    ]


def last_word(history: Sequence[HistoryLine], by: Speaker) -> list[str]:
    """What whoever ended a mail wrote to it."""
    said = [line.comment for line in history if line.event in ("reject", "cancel", "expire") and line.comment]
    return [by.say("decided.comment", comment=on_one_line(said[-1], 2000))] if said else []


def _past(line: HistoryLine, record: MessageRecord, by: Speaker) -> Past:
    say = by.say
    house = line.actor == "mailguard"
    via = say(f"via.{line.via}") if line.via in _VIA else line.via
    return Past(
        iso=line.at.isoformat(),
        when=by.moment(line.at),
        sign=_SIGNS.get(line.event, "・"),
        tone=_TONES.get(line.event, ""),
        what=_event(line.event, by),
        who=say("by.mailguard") if house else f"{by.named(line.actor)} ({via})",
        quote=on_one_line(line.comment, 2000),
        notes=tuple(_notes(line, record, by)),
    )


def _notes(line: HistoryLine, record: MessageRecord, by: Speaker) -> list[str]:
    say, detail, notes = by.say, line.detail, []
    if "joined" in detail:
        notes.append(say("event.joined", by=on_one_line(str(detail.get("by", "")), 120)))
    everybody = line.event in ("accept", "correct") or for_all(line, record)
    if line.recipients and not everybody:
        notes.append(say("event.people", people=listed(line.recipients, by.language, 5)))
    if line.event == "correct":
        wrong, meant = listed(line.recipients, by.language, 1), on_one_line(str(detail.get("meant", "")), 320)
        notes.append(say("event.instead", wrong=wrong, meant=meant))
    if line.event == "alter":
        notes.append(alteration_title(line, by))
    because = detail.get("because")
    if isinstance(because, dict) and line.event == "hold":
        notes.append(on_one_line(str(because.get(by.language, "")), 300))
    people = detail.get("people")
    if isinstance(people, list) and line.event in ("remind", "escalate", "ending"):
        named = [
            say("approvers.house") if one == ADMINISTRATORS else on_one_line(by.named(str(one)), 120) for one in people
        ]
        notes.append(say("event.told", people=listed(named, by.language, 5)))
    places = detail.get("instead_of")
    if isinstance(places, list) and places:
        notes.append(
            say("event.places", people=listed([on_one_line(by.named(str(one)), 120) for one in places], by.language, 5))
        )
    if line.event == "read":
        notes.append(reading_word(line, by))
    if line.event == "trust":
        notes += _until(detail.get("until"), by)
        if isinstance(detail.get("times"), int):
            notes.append(say("event.times", count=detail["times"]))
    answer = detail.get("text")
    if isinstance(answer, str) and answer and line.event in _ANSWERED:
        notes.append(answer_word(detail.get("code"), answer, by))
    if detail.get("unknown") is True:
        notes.append(say("event.unknown"))
    return notes


def _event(word: str, by: Speaker) -> str:
    """The event in words; one that a newer ledger knows and this page does not is shown as it is."""
    if word == "comment":
        return by.say("event.comment_on")
    return by.say(f"event.{word}") if word in _KNOWN else on_one_line(word, 60)


def _until(moment: object, by: Speaker) -> list[str]:
    """Up to which day; nothing for what is no time."""
    try:
        return [by.say("event.until", day=by.day(datetime.fromisoformat(str(moment))))]
    except ValueError:
        return []
