"""The part of a delivery report that people read: which recipients it is about, what that means, what the server said.

The text is in both languages, the reader's first, because a report may be handed on to whoever looks after the mail
server; the HTML in the reader's. The upstream's words are quoted on one line. Pure.
"""

from __future__ import annotations

from mailguard.mail.dsn import Report, Reported
from mailguard.mail.organization import Language
from mailguard.notify import letter_texts as say
from mailguard.notify import report_texts as told
from mailguard.notify.letter_rows import Line, Row
from mailguard.notify.letter_sheet import Content, render
from mailguard.notify.phrases import Both, moment, on_one_line, zone_word

_MOST_RECIPIENTS = 20
_HEADS = {"failed": say.BOUNCED_HEAD, "delayed": told.DELAYED_HEAD, "relayed": told.RELAYED_HEAD}
_LEADS = {"delayed": told.DELAYED_LEAD, "relayed": told.RELAYED_LEAD}
_CLOSINGS: dict[str, tuple[Both, ...]] = {
    "delayed": (told.DELAYED_THEN,),
    "relayed": (told.RELAYED_ASKED,),
}
#: Which colour and sign the sheet has for it.
_SHEETS = {"failed": "bounced", "delayed": "delayed", "relayed": "relayed"}
#: What a status means to whoever sent the mail (RFC 3463 section 3), by its detail, then by its subject.
_MEANINGS = {
    "1.1": told.BOUNCED_UNKNOWN,
    "1.2": told.BOUNCED_DOMAIN,
    "1.3": told.BOUNCED_UNKNOWN,
    "1.6": told.BOUNCED_UNKNOWN,
    "1.10": told.BOUNCED_DOMAIN,
    "2.1": told.BOUNCED_CLOSED,
    "2.2": told.BOUNCED_FULL,
    "2.3": told.BOUNCED_LARGE,
    "3.4": told.BOUNCED_LARGE,
    "4.4": told.BOUNCED_DOMAIN,
    "4.7": told.BOUNCED_LATE,
    "7": told.BOUNCED_REFUSED,
}


def report_letter(report: Report, *, host: str, language: Language, timezone: str) -> tuple[str, str]:
    """Text and HTML. host: our name."""
    other: Language = "en" if language == "ja" else "ja"
    text, html = render(_content(report, host, language, timezone), language)
    return f"{text}\n{'-' * 60}\n\n{render(_content(report, host, other, timezone), other)[0]}", html


def meaning(report: Report, one: Reported) -> Both:
    """What its status says, in the sender's words."""
    if report.action == "relayed":
        return told.RELAYED_TAKEN
    if report.action == "delayed":
        return told.DELAYED_LATER if one.code else told.DELAYED_AWAY
    _, subject, detail = one.status(report.action).split(".")
    return _MEANINGS.get(f"{subject}.{detail}") or _MEANINGS.get(subject) or told.BOUNCED_OTHER


def _content(report: Report, host: str, language: Language, timezone: str) -> Content:
    shown = [_row(report, one, language) for one in report.recipients[:_MOST_RECIPIENTS]]
    if len(report.recipients) > len(shown):
        more = say.MORE.of(language, count=len(report.recipients) - len(shown))
        shown.append(Row.of(say.RECIPIENTS.of(language), more))
    at = f"{moment(report.received_at, timezone, language, year=True)} "
    at += zone_word(report.received_at, timezone, language)
    lead, closings = _around(report)
    closing = (*closings, *((told.TOO_LARGE,) if report.too_large else ()))
    return Content(
        kind=_SHEETS[report.action],
        subject=say.TAGS[_SHEETS[report.action]].of(language) + on_one_line(report.subject, 200),
        headline=_HEADS[report.action].of(language),
        lead=(lead.of(language),),
        rows=(
            *shown,
            *_until(report, language, timezone),
            Row.of(say.SUBJECT.of(language), on_one_line(report.subject, 200) or say.NO_SUBJECT.of(language)),
            Row.of(say.ACCEPTED.of(language), f"{at} ({on_one_line(host, 100)}, ID {report.message_id})"),
        ),
        closing=tuple(one.of(language) for one in closing),
        foot=say.FOOT_LOGIN.of(language, name=on_one_line(host, 100)),
    )


def _around(report: Report) -> tuple[Both, tuple[Both, ...]]:
    """What stands above the recipients and below. That a server answered is said only where one did."""
    if report.action != "failed":
        return _LEADS[report.action], _CLOSINGS[report.action]
    if all(one.expired for one in report.recipients):
        return told.BOUNCED_LATE_LEAD, (told.BOUNCED_OTHERS, told.BOUNCED_LATE_AGAIN)
    answered = any(one.code for one in report.recipients)
    return say.BOUNCED_LEAD if answered else told.BOUNCED_OUR_LEAD, (told.BOUNCED_OTHERS, told.BOUNCED_AGAIN)


def _until(report: Report, language: Language, timezone: str) -> list[Row]:
    if report.retry_until is None:
        return []
    at = f"{moment(report.retry_until, timezone, language, year=True)} "
    return [Row.of(told.DELAYED_UNTIL.of(language), at + zone_word(report.retry_until, timezone, language))]


def _row(report: Report, one: Reported, language: Language) -> Row:
    said = on_one_line(one.text, 300) or "-"
    reply = f"{one.code} {said}" if one.code else said
    lines = [Line(meaning(report, one).of(language), head=True)]
    if one.code or one.text:
        quoted = told.SERVER_SAID if one.code else told.WE_SAW
        lines.append(Line(quoted.of(language, reply=reply)))
    return Row(str(one.address), tuple(lines))
