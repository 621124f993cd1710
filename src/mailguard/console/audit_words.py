"""Lines of the audit log in plain words, in one language. Pure.

Whatever a line quotes (addresses, comments, answers of servers) is put on one line before a template sees it.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import get_args

from mailguard.console.present import Speaker
from mailguard.mail.actor import Role
from mailguard.notify.phrases import listed, on_one_line
from mailguard.review import HistoryLine, Reading

#: Events that the page has words for, of mails and of the house; any other is shown as it is written.
EVENTS = (
    "accept", "hold", "release", "approve", "cancel", "remove", "reject", "expire", "urgent", "relay", "defer", "fail",
    "late", "alter", "correct", "remind", "escalate", "ending", "challenge_confirmed", "resent", "read", "purge",
    "resume", "comment", "forward", "trust", "approvals_void",
)  # fmt: skip
HOUSE_EVENTS = (
    "refuse", "challenge", "login", "token-create", "token-revoke", "export", "figures", "incident",
    "incident_assessed", "incident_closed", "absence", "absence_ended", "list_export", "bulk", "bulk_undone",
    "bulk_stopped", "text_search",
    "logout", "session-end", "factor-add", "factor-codes", "factor-fail", "factor-recovery", "factor-reset",
    "insight_import", "insight_forget", "insight_merge", "untrust", "mute", "unmute", "backup", "restore", "rotate",
)  # fmt: skip
VIAS = ("console", "letter", "reply", "api", "cli", "clock", "smtp")
READINGS: tuple[str, ...] = get_args(Reading)


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as the page shows it. mail: the id of its mail, "" if it is about none; raw: the whole detail."""

    number: int
    iso: str
    when: str
    what: str
    who: str
    mail: str
    notes: Sequence[str]
    raw: str
    hash: str


def line_row(line: HistoryLine, by: Speaker, mails: Container[str]) -> LineRow:
    """A line for the page. mails: the ids that have a page of their own."""
    return LineRow(
        number=line.number,
        iso=line.at.isoformat(),
        when=f"{by.moment(line.at)}:{line.at.second:02}",
        what=by.say("audit.letter") if _is_letter(line) else event_word(line.event, by),
        who=_who(line, by),
        mail=line.message_id if line.message_id in mails else "",
        notes=_notes(line, by),
        raw=json.dumps({"recipients": list(line.recipients), **line.detail}, ensure_ascii=False, indent=1)[:20_000],
        hash=line.hash,
    )


def _is_letter(line: HistoryLine) -> bool:
    """Whether the line is about a letter that the house wrote."""
    return line.event == "accept" and line.role is Role.SYSTEM


def event_word(word: str, by: Speaker) -> str:
    """What happened; a word that a newer ledger knows and this page does not is shown as it is."""
    if word in HOUSE_EVENTS:
        return by.say(f"audit.event.{word}")
    if word == "comment":
        return by.say("event.comment_on")
    return by.say(f"event.{word}") if word in EVENTS else on_one_line(word, 40)


def answer_word(code: object, text: str, by: Speaker) -> str:
    """What the next server answered; without a code nobody did, and it is our own reason. One line, bounded."""
    said = on_one_line(f"{code or ''} {text}", 300)
    return by.say("event.answer", answer=said) if code else by.say("event.why", why=said)


def reading_word(line: HistoryLine, by: Speaker) -> str:
    """What of a mail was shown."""
    what = str(line.detail.get("what"))
    return by.say("read.what", what=by.say(f"read.{what}") if what in READINGS else on_one_line(what, 40))


def _who(line: HistoryLine, by: Speaker) -> str:
    if line.actor == "mailguard":
        return by.say("by.mailguard")
    via = by.say(f"via.{line.via}") if line.via in VIAS else on_one_line(line.via, 20)
    return f"{on_one_line(line.actor, 160)} ({via})"


def _notes(line: HistoryLine, by: Speaker) -> list[str]:
    say, notes, detail = by.say, [], line.detail
    if line.recipients:
        notes.append(
            say("event.people", people=listed([on_one_line(one, 120) for one in line.recipients], by.language, 5))
        )
    if line.event == "read":
        notes.append(reading_word(line, by))
    for key, value in (("rules", detail.get("rules")), ("people", detail.get("people"))):
        if isinstance(value, list) and value:
            said = ", ".join(on_one_line(str(one), 120) for one in value[:8])
            notes.append(say(f"audit.{key}", names=said))
    if line.event == "purge" and isinstance(detail.get("messages"), list):
        notes.append(say("audit.purged", n=len(detail["messages"])))
    if isinstance(detail.get("text"), str) and detail["text"]:
        notes.append(answer_word(detail.get("code"), detail["text"], by))
    if line.comment:
        notes.append(say("event.comment", comment=on_one_line(line.comment, 2000)))
    return notes
