"""What is changed in a mail before it leaves, as its page shows it: each alteration with its diff, and the password of
a zip for its sender alone, once it is out. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.console.present import Speaker
from mailguard.notify.letter_rows import passwords
from mailguard.notify.phrases import listed, on_one_line
from mailguard.policy.alteration_words import ALTERATIONS, UNALTERABLE
from mailguard.review import HistoryLine, MessageRecord

_MOST_LINES, _MOST = 100, 50


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff. kind: place, gone, come or note; said: the sign in words, for whoever only hears it."""

    kind: str
    sign: str
    said: str
    text: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One alteration. people: whose copies."""

    title: str
    people: str
    lines: Sequence[DiffLine]
    notes: Sequence[str]


def changes(history: Sequence[HistoryLine], record: MessageRecord, by: Speaker) -> list[Changed]:
    """All alterations of a mail, as its history has them."""
    found = [line for line in history if line.event == "alter"][:_MOST]
    return [
        Changed(
            title=alteration_title(line, by),
            people=""
            if for_all(line, record)
            else by.say("event.people", people=listed(line.recipients, by.language, 5)),
            lines=[_line(str(one), by) for one in _list(line.detail.get("diff"))[:_MOST_LINES]],
            notes=[on_one_line(str(note.get(by.language, "")), 300) for note in _notes(line)],
        )
        for line in found
    ]


def left_out(record: MessageRecord, by: Speaker) -> list[str]:
    """What rules wanted to change and the mail did not allow, where it goes out nevertheless."""
    hits = [hit for hit in record.verdict.enforced if hit.rule == UNALTERABLE and not hit.disposition]
    return [hit.because.ja if by.language == "ja" else hit.because.en for hit in hits]


def for_all(line: HistoryLine, record: MessageRecord) -> bool:
    """Whether every copy is changed so: then nobody needs to be named."""
    return {str(one.address) for one in record.recipients} <= set(line.recipients)


def alteration_title(line: HistoryLine, by: Speaker) -> str:
    """The alteration of a line in words; one that a newer ledger knows and this page does not is shown as it is."""
    word = str(line.detail.get("alteration", ""))
    known = ALTERATIONS.get(word)
    if known is None:
        return on_one_line(word, 40)
    return known.ja if by.language == "ja" else known.en[:1].upper() + known.en[1:]


def password_for(record: MessageRecord, person: str, by: Speaker) -> Sequence[str]:
    """The passwords of what is out; nothing for anybody but the sender."""
    row = passwords(record, by.language) if person in record.owners else None
    return () if row is None else tuple(line.text for line in row.lines)


def _line(text: str, by: Speaker) -> DiffLine:
    if text.startswith("@@") and text.endswith("@@"):
        return DiffLine("place", "", "", on_one_line(text.strip("@ "), 80))
    rest = on_one_line(text[1:], 300)
    if text.startswith("-"):
        return DiffLine("gone", "−", by.say("changes.gone"), rest)
    if text.startswith("+"):
        return DiffLine("come", "+", by.say("changes.come"), rest)
    return DiffLine("note", "", "", on_one_line(text, 300))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _notes(line: HistoryLine) -> list[dict[str, object]]:
    return [note for note in _list(line.detail.get("notes")) if isinstance(note, dict)]
