"""The part of a delivery report that people read: whom a mail did not reach, what that means, what the server said.

The text is in both languages, the reader's first, because a report may be handed on to whoever looks after the mail
server; the HTML in the reader's. The upstream's words are quoted on one line. Pure.
"""

from __future__ import annotations

from mailguard.mail.dsn import Bounced, FailedRecipient
from mailguard.mail.organization import Language
from mailguard.notify import letter_texts as say
from mailguard.notify.letter_rows import Line, Row
from mailguard.notify.letter_sheet import Content, render
from mailguard.notify.phrases import Both, moment, on_one_line, zone_word

_MOST_RECIPIENTS = 20
#: What a status means to whoever sent the mail (RFC 3463 section 3), by its detail, then by its subject.
_MEANINGS = {
    "1.1": say.BOUNCED_UNKNOWN,
    "1.2": say.BOUNCED_DOMAIN,
    "1.3": say.BOUNCED_UNKNOWN,
    "1.6": say.BOUNCED_UNKNOWN,
    "1.10": say.BOUNCED_DOMAIN,
    "2.1": say.BOUNCED_CLOSED,
    "2.2": say.BOUNCED_FULL,
    "2.3": say.BOUNCED_LARGE,
    "3.4": say.BOUNCED_LARGE,
    "4.4": say.BOUNCED_DOMAIN,
    "4.7": say.BOUNCED_LATE,
    "7": say.BOUNCED_REFUSED,
}


def bounce_letter(bounced: Bounced, *, host: str, language: Language, timezone: str) -> tuple[str, str]:
    """Text and HTML. host: our name."""
    other: Language = "en" if language == "ja" else "ja"
    text, html = render(_content(bounced, host, language, timezone), language)
    return f"{text}\n{'-' * 60}\n\n{render(_content(bounced, host, other, timezone), other)[0]}", html


def meaning(failed: FailedRecipient) -> Both:
    """What its status says, in the sender's words."""
    _, subject, detail = failed.status.split(".")
    return _MEANINGS.get(f"{subject}.{detail}") or _MEANINGS.get(subject) or say.BOUNCED_OTHER


def _content(bounced: Bounced, host: str, language: Language, timezone: str) -> Content:
    shown = [_row(failed, language) for failed in bounced.recipients[:_MOST_RECIPIENTS]]
    if len(bounced.recipients) > len(shown):
        more = say.MORE.of(language, count=len(bounced.recipients) - len(shown))
        shown.append(Row.of(say.RECIPIENTS.of(language), more))
    at = f"{moment(bounced.received_at, timezone, language, year=True)} "
    at += zone_word(bounced.received_at, timezone, language)
    return Content(
        kind="bounced",
        subject=say.TAGS["bounced"].of(language) + on_one_line(bounced.subject, 200),
        headline=say.BOUNCED_HEAD.of(language),
        lead=(say.BOUNCED_LEAD.of(language),),
        rows=(
            *shown,
            Row.of(say.SUBJECT.of(language), on_one_line(bounced.subject, 200) or say.NO_SUBJECT.of(language)),
            Row.of(say.ACCEPTED.of(language), f"{at} ({on_one_line(host, 100)}, ID {bounced.message_id})"),
        ),
        closing=(say.BOUNCED_OTHERS.of(language), say.BOUNCED_AGAIN.of(language)),
        foot=say.FOOT_LOGIN.of(language, name=on_one_line(host, 100)),
    )


def _row(failed: FailedRecipient, language: Language) -> Row:
    said = on_one_line(failed.text, 300) or "-"
    reply = f"{failed.code} {said}" if failed.code else said
    lines = (Line(meaning(failed).of(language), head=True), Line(say.SERVER_SAID.of(language, reply=reply)))
    return Row(str(failed.address), lines)
