"""What a letter says, kind by kind: the reason first, then what is asked, whom it concerns, what happens by default,
who may decide, and the acts.

Pure: from the ledger's record and the context to values that a template prints. What came from the held mail is put on
one line before it stands anywhere, and every list is bounded: a mail to thousands makes no longer letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition
from mailguard.notify import letter_people as who
from mailguard.notify import letter_rows as rows
from mailguard.notify import letter_texts as say
from mailguard.notify import report_texts as reports
from mailguard.notify.gathered import gathered_letter
from mailguard.notify.incident_due import incident_due_letter
from mailguard.notify.letter_choices import ASKING, Choice, choices, how_to_reply
from mailguard.notify.letter_context import Kind, LetterContext
from mailguard.notify.letter_policy import policy_letter
from mailguard.notify.letter_rows import Reason, Row
from mailguard.notify.letter_sheet import Content
from mailguard.notify.letter_trouble import TROUBLES, trouble_letter
from mailguard.notify.monthly import monthly_letter
from mailguard.notify.offers import near_pairs
from mailguard.notify.phrases import Both, listed, moment, on_one_line, people
from mailguard.notify.reply_letter import reply_letter
from mailguard.notify.telling import told
from mailguard.store.records import MessageRecord, RecipientRecord

DRAFT = "draft.eml"
_MOST_REASONS = 8
#: The kinds that quote what the one who decided wrote.
_COMMENTED = frozenset({"answered", "cancelled", "rejected", "urgent", "comment", "misdelivery"})


def content_of(kind: Kind, language: Language, context: LetterContext) -> Content:
    """All that this letter says."""
    if kind == "login":
        return _login(language, context)
    if kind in ("policy_refused", "policy_good"):
        return policy_letter(kind, language, context.problems, link=context.link, name=context.name)
    if kind in TROUBLES:
        return trouble_letter(kind, language, context.trouble, link=context.link, house=context.name)
    if context.monthly is not None:
        return monthly_letter(language, context.monthly, link=context.link, name=context.name)
    if context.due is not None:
        timezone = context.settings.organization.timezone
        return incident_due_letter(language, context.due, timezone=timezone, link=context.link, name=context.name)
    if kind == "told":
        assert context.telling is not None
        about, named = context.about or "", context.named
        return told(language, context.telling, link=context.link, name=context.name, message_id=about, named=named)
    if kind == "gathered":
        assert context.gathered is not None
        return gathered_letter(language, context.gathered, link=context.link, name=context.name)
    if kind == "reply":
        return reply_letter(language, context)
    return _about(kind, language, context)


def _about(kind: Kind, language: Language, context: LetterContext) -> Content:
    """The content of every letter that is about a mail."""
    record = context.record
    assert record is not None
    subject = on_one_line(record.subject or "", 200) or say.NO_SUBJECT.of(language)
    reasons = _told_apart(rows.reasons(record.verdict.enforced, language, record.recipients), record)
    headline, lead = _opening(kind, language, context, record, reasons)
    open_still = kind == "held" or kind in ASKING
    timezone = context.settings.organization.timezone
    return Content(
        kind=kind,
        subject=_tag(kind, context).of(language) + subject,
        headline=headline,
        reasons=reasons[:_MOST_REASONS] if open_still else (),
        lead=lead,
        rows=_rows(kind, language, context, record, subject),
        otherwise=rows.ending(record, timezone, language, context.now, own=kind == "held") if open_still else "",
        rows_below=_voices(language, context, record) if open_still else (),
        choices=choices(kind, language, record, context.link, waits=bool(context.code)),
        link=context.link,
        code=context.code,
        code_use=say.CODE_USE.of(language),
        how_to_reply=how_to_reply(kind, language, record) if context.reply_to is not None else (),
        foot=_foot(language, context, record),
    )


def _tag(kind: Kind, context: LetterContext) -> Both:
    return say.ENDING_TAG if kind == "held" and context.ending else say.TAGS[kind]


def _told_apart(given: Sequence[Reason], record: MessageRecord) -> Sequence[Reason]:
    """Where a sentence names a slip of the pen and who was meant, letter by letter."""
    if not any(one.risk_kind == "lookalike" for one in record.verdict.recipients):
        return given
    waiting = {copy.address.key for copy in rows.held(record)}
    # A rule may have told them apart already: the pair as it stands there, without the letters that differ.
    said = {line.partition(" (")[0] for one in given for line in one.evidence}
    told = []
    for one in given:
        lines = [line for line in near_pairs(record, one.sentence, waiting) if line.partition(" (")[0] not in said]
        said.update(line.partition(" (")[0] for line in lines)
        told.append(replace(one, evidence=(*lines, *one.evidence)))
    return told


def _foot(language: Language, context: LetterContext, record: MessageRecord) -> str:
    foot = say.FOOT if context.reply_to is None else say.FOOT_REPLY
    return foot.of(language, name=context.name, id=record.id)


def _opening(
    kind: Kind, language: Language, context: LetterContext, record: MessageRecord, reasons: Sequence[Reason]
) -> tuple[str, tuple[str, ...]]:
    """Headline and first paragraphs."""
    named = who.spoken_of(record, context.people)
    count = people(len(named), language)
    sender = on_one_line(context.named(str(record.sender)), 120)
    match kind:
        case "held":
            return rows.headline_of(reasons, language), (
                *_further(language, context),
                *_foreign(language, context, record),
                say.ENDING_LEAD.of(language) if context.ending else _waiting(language, context, record),
            )
        case "approval" | "reminder" | "escalated":
            return rows.headline_of(reasons, language), _asking(kind, language, context, record, sender)
        case "urgent":
            return say.URGENT_HEAD.of(language, sender=sender), (say.URGENT_LEAD.of(language),)
        case "answered":
            head = say.ANSWERED_HEADS[context.answer].of(
                language, person=on_one_line(context.named(context.actor), 120)
            )
            return head, (say.ANSWERED_LEAD.of(language),)
        case "comment":
            how = say.COMMENT_LEAD if context.reply_to is None else say.COMMENT_LEAD_REPLY
            lead = (how.of(language),) if context.code else ()
            return say.COMMENT_HEAD.of(language, actor=on_one_line(context.named(context.actor), 120)), lead
        case "misdelivery":
            stopped = (say.MISDELIVERY_STOPPED.of(language),) if context.stopped else ()
            head = say.MISDELIVERY_HEAD.of(language, actor=on_one_line(context.named(context.actor), 120))
            return head, (say.MISDELIVERY_LEAD.of(language), *stopped)
        case "sent":
            return say.SENT_HEAD.of(language), (say.SENT_LEAD.of(language, count=count),)
        case "password":
            return say.PASSWORD_HEAD.of(language), (say.PASSWORD_LEAD.of(language),)
        case "bounced":
            return say.BOUNCED_HEAD.of(language), (say.BOUNCED_LEAD.of(language),)
        case "delayed":
            return reports.DELAYED_HEAD.of(language), (reports.DELAYED_LEAD.of(language),)
        case "relayed":
            return reports.RELAYED_HEAD.of(language), (reports.RELAYED_LEAD.of(language),)
        case "rejected":
            head = say.REJECTED_HEAD.of(language)
        case "expired":
            head = say.EXPIRED_HEAD.of(language)
        case _:
            whole = len(named) == len(record.recipients)
            head = (say.CANCELLED_HEAD if whole else say.CANCELLED_PART_HEAD).of(language, count=count)
    return head, (say.NOT_SENT_LEAD.of(language), *_returned(language, context))


def _asking(
    kind: Kind, language: Language, context: LetterContext, record: MessageRecord, sender: str
) -> tuple[str, ...]:
    """Who asks, why this reader is asked, and what of."""
    lead = [say.APPROVAL_HEAD.of(language, sender=sender), say.APPROVAL_LEAD.of(language), *_further(language, context)]
    if context.why_asked == "forwarded":
        lead.insert(0, say.FORWARDED_LEAD.of(language, actor=on_one_line(context.named(context.actor), 120)))
    if context.why_asked == "altered":
        lead.insert(0, say.ALTERED_LEAD.of(language, actor=on_one_line(context.named(context.actor), 120)))
    if kind == "reminder":
        when = moment(record.received_at, context.settings.organization.timezone, language)
        lead.append(say.REMINDER_LEAD.of(language, when=when))
    others = sorted({a for r in rows.held(record) for a in r.approvers if a != context.to.key})
    if kind == "escalated" and others:
        lead.append(say.ESCALATED_LEAD.of(language, people=listed([context.named(one) for one in others], language)))
    if context.instead_of:
        lead.append(
            say.INSTEAD_LEAD.of(language, people=listed([context.named(one) for one in context.instead_of], language))
        )
    return tuple(lead)


def _further(language: Language, context: LetterContext) -> tuple[str, ...]:
    """Why there is another letter about a mail that the reader knows."""
    return (say.FURTHER_LEAD.of(language),) if context.further else ()


def _foreign(language: Language, context: LetterContext, record: MessageRecord) -> tuple[str, ...]:
    """Why an administrator gets this letter, if the sender is a stranger."""
    mailbox = record.sender.mailbox
    if mailbox is None or context.settings.organization.is_internal(mailbox) or context.to == mailbox:
        return ()
    return (say.FOREIGN_SENDER.of(language, sender=on_one_line(str(mailbox), 120)),)


def _waiting(language: Language, context: LetterContext, record: MessageRecord) -> str:
    held = rows.held(record)
    if any(r.disposition is Disposition.APPROVE for r in held):
        named = dict.fromkeys(one for r in held for ask in r.asks for one in rows.whom(ask, language, context.named))
        approvers = listed(list(named), language) if named else say.ADMINISTRATORS.of(language)
        return say.HELD_FOR_APPROVAL.of(language, approvers=approvers)
    if len(held) < len(record.recipients):
        return say.HELD_LEAD.of(language, count=people(len(held), language))
    return say.HELD_LEAD_ALL.of(language)


def _returned(language: Language, context: LetterContext) -> tuple[str, ...]:
    if context.original is None:
        return ()
    return (say.DRAFT_LEAD.of(language, file=DRAFT) if context.has_draft else say.TOO_LARGE_LEAD.of(language),)


def _rows(
    kind: Kind, language: Language, context: LetterContext, record: MessageRecord, subject: str
) -> tuple[Row, ...]:
    """The facts of the letter, in the order in which people ask for them."""
    wanted: Sequence[RecipientRecord] = who.spoken_of(record, context.people)
    if kind == "password":
        wanted = rows.locked(record)
    open_still = kind == "held" or kind in ASKING
    label = say.REACHED if kind == "misdelivery" and context.people else say.RECIPIENTS
    shown: list[Row | None] = [
        rows.decided(context.actor, language, context.named) if kind in ("cancelled", "rejected") else None,
        rows.approved(wanted, language, context.named) if kind == "sent" else None,
        rows.comment(context.comment, language) if kind in _COMMENTED or context.why_asked == "forwarded" else None,
        rows.sender_said(context.sender_said, language) if kind in ASKING else None,
        rows.passwords(record, language) if kind == "password" else None,
        rows.sender(record, language, context.named)
        if kind in (*ASKING, "answered", "urgent", "comment", "misdelivery")
        else None,
        Row.of(say.SUBJECT.of(language), subject),
        who.recipients(record, wanted, language, context.named, answers=kind == "bounced", label=label),
        rows.withheld(record, language) if kind in ("sent", "misdelivery") else None,
        rows.files(record, wanted, language),
        rows.personal(record, language) if open_still or kind == "misdelivery" else None,
        rows.why(record, language) if kind in ("sent", "expired", *_COMMENTED) else None,
    ]
    return tuple(row for row in shown if row is not None)


def _voices(language: Language, context: LetterContext, record: MessageRecord) -> tuple[Row, ...]:
    asked = rows.asked(record, language, context.named)
    return () if asked is None else (asked,)


def _login(language: Language, context: LetterContext) -> Content:
    browser = say.LOGIN_BROWSER.of(language, browser=on_one_line(context.browser, 80)) if context.browser else ""
    return Content(
        kind="login",
        subject=f"{say.LOGIN_HEAD.of(language)} {context.code}",
        headline=say.LOGIN_HEAD.of(language),
        lead=(say.LOGIN_LEAD.of(language, browser=browser, minutes=context.minutes),),
        choices=(Choice(say.OPEN_LOGIN.of(language), context.link),) if context.link else (),
        link=context.link,
        code=context.code,
        closing=(say.LOGIN_FOREIGN.of(language),),
        foot=say.FOOT_LOGIN.of(language, name=context.name),
    )
