"""Letters to the people of the house: what is held and why, and what became of it. compose() gives the octets of one
letter.

The reason comes first; then what was found, who is affected, what happens when nobody decides, and one button. A
letter quotes subject, recipients and file names, never the body; the body goes only to its own sender, as a draft to
edit, when the mail was not sent. Letters go out with the null path as their reverse-path and say Auto-Submitted (RFC
3834), so that nothing answers them. What came from the held mail is put on one line before it stands anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailguard.mail.address import Address
from mailguard.mail.organization import Language, Organization
from mailguard.mail.verdict import Disposition, RuleHit
from mailguard.notify import letter_rows as rows
from mailguard.notify import letter_texts as say
from mailguard.notify.letter_policy import policy_letter
from mailguard.notify.letter_rows import Row
from mailguard.notify.letter_sheet import Content, render
from mailguard.notify.letter_trouble import TROUBLES, trouble_letter
from mailguard.notify.mime import Attached, Sheet, message_ids, write
from mailguard.notify.monthly import Monthly, monthly_letter
from mailguard.notify.phrases import listed, moment, on_one_line, people
from mailguard.notify.telling import Telling, told
from mailguard.store.records import MessageRecord, NoticeKind, RecipientRecord

Kind = NoticeKind
#: The kinds that ask somebody to approve.
ASKING = frozenset({"approval", "reminder", "escalated"})
#: The kinds that tell the sender "this did not go out" and give the original back.
RETURNS = frozenset({"cancelled", "rejected", "expired"})
#: The kinds that quote what the one who decided wrote.
_COMMENTED = frozenset({"answered", "cancelled", "rejected", "urgent"})
DRAFT = "draft.eml"


@dataclass(frozen=True, slots=True)
class LetterSettings:
    """sender: notify.from; base_url: of the console, no slash at the end; attach_bytes: largest original that is
    attached.
    """

    sender: Address
    base_url: str
    organization: Organization
    administrators: tuple[str, ...] = ()
    language: Language = "ja"
    attach_bytes: int = 15 * 2**20


@dataclass(frozen=True, slots=True)
class LetterContext:
    """What a letter is about. record: the mail (None for login); people: the recipients this letter speaks of (empty:
    all).

    instead_of: keys of the approvers for whom the reader stands in; answer: approve or reject, what somebody else
    answered in the reader's place; telling, about: of a letter about a hit,
    which needs no record.
    link and code: of the ticket that was made for this person; original: the mail's own octets, only for its sender;
    problems: of the policy, for letters about it; monthly: the figures of a month, for the letter about them. trouble:
    what fails (name) and why, for letters about that.
    """

    settings: LetterSettings
    to: Address
    letter_id: str
    now: datetime
    link: str = ""
    code: str = ""
    record: MessageRecord | None = None
    people: tuple[Address, ...] = ()
    actor: str = ""
    comment: str = ""
    browser: str = ""
    minutes: int = 15
    original: bytes | None = None
    problems: tuple[str, ...] = ()
    trouble: tuple[str, str] = ("", "")
    instead_of: tuple[str, ...] = ()
    answer: str = ""
    telling: Telling | None = None
    monthly: Monthly | None = None
    about: str | None = None
    notes: dict[str, str] = field(default_factory=dict)


def compose(kind: Kind, language: Language, context: LetterContext) -> bytes:
    """The octets of a letter, CRLF lines, ready for the upstream."""
    content = _content(kind, language, context)
    text, html = render(content, language)
    settings = context.settings
    return write(
        Sheet(
            sender=settings.sender,
            sender_name=f"mailguard ({settings.organization.name})" if settings.organization.name else "mailguard",
            to=context.to,
            subject=content.subject,
            date=context.now,
            message_id=f"<{context.letter_id}@{settings.sender.ascii_domain}>",
            references=_thread(context.record),
            marks=_marks(kind, context),
            text=text,
            html=html,
            attached=_draft(kind, context),
        )
    )


def _content(kind: Kind, language: Language, context: LetterContext) -> Content:
    if kind == "login":
        return _login(language, context)
    if kind in ("policy_refused", "policy_good"):
        return policy_letter(kind, language, context.problems, link=context.link, name=_name(context))
    if kind in TROUBLES:
        return trouble_letter(kind, language, context.trouble, link=context.link, house=_name(context))
    if context.monthly is not None:
        return monthly_letter(language, context.monthly, link=context.link, name=_name(context))
    if kind == "told":
        assert context.telling is not None
        return told(language, context.telling, link=context.link, name=_name(context), message_id=context.about or "")
    return _about(kind, language, context)


def _marks(kind: Kind, context: LetterContext) -> list[tuple[str, str]]:
    marks = [
        ("Auto-Submitted", "auto-generated"),  # RFC 3834 section 5
        ("X-Auto-Response-Suppress", "All"),  # Exchange and Outlook
        ("X-Mailguard-Letter", kind),
    ]
    about = context.about if context.record is None else context.record.id
    return [*marks, ("X-Mailguard-About", about)] if about else marks


def _thread(record: MessageRecord | None) -> Sequence[str]:
    if record is None:
        return ()
    return (*message_ids(" ".join(record.references)), *message_ids(record.message_id_header))


def _draft(kind: Kind, context: LetterContext) -> Attached | None:
    """The original, with what makes Outlook and Thunderbird open it for editing, and the Bcc that only the envelope
    knew.

    As octets, not message/rfc822: that may not be encoded (RFC 2046 section 5.2.1), Outlook would turn it into an item
    of its own and forget X-Unsent, and 8-bit originals could not travel in it.
    """
    record = context.record
    if kind not in RETURNS or record is None or not _has_draft(context):
        return None
    assert context.original is not None
    shown = {h.address.lower() for h in (*record.facts.headers.to, *record.facts.headers.cc)}
    hidden = [str(r.address) for r in record.recipients if str(r.address).lower() not in shown and not r.added]
    top = "X-Unsent: 1\r\n" + (f"Bcc: {(',' + chr(13) + chr(10) + ' ').join(hidden)}\r\n" if hidden else "")
    return Attached(DRAFT, "application/octet-stream", top.encode() + context.original)


def _has_draft(context: LetterContext) -> bool:
    """Whether the original goes along; empty octets say that it is too large."""
    return bool(context.original)


def _about(kind: Kind, language: Language, context: LetterContext) -> Content:
    """The content of every letter that is about a mail."""
    record = context.record
    assert record is not None
    subject = on_one_line(record.subject or "", 200) or say.NO_SUBJECT.of(language)
    hits = record.verdict.enforced
    headline, lead = _opening(kind, language, context, record, hits)
    return Content(
        kind=kind,
        subject=say.TAGS[kind].of(language) + subject,
        headline=headline,
        reasons=rows.reasons(hits, language) if kind == "held" or kind in ASKING else (),
        lead=lead,
        rows=_rows(kind, language, context, record, subject),
        button=_button(kind, language, context),
        link=context.link,
        code=context.code,
        foot=say.FOOT.of(language, name=_name(context), id=record.id),
    )


def _opening(
    kind: Kind, language: Language, context: LetterContext, record: MessageRecord, hits: Sequence[RuleHit]
) -> tuple[str, tuple[str, ...]]:
    """Headline and first paragraphs."""
    named = rows.spoken_of(record, context.people)
    count = people(len(named), language)
    match kind:
        case "held":
            return rows.reason_headline(hits, language), (
                *_foreign(language, context, record),
                _waiting(language, record),
            )
        case "approval" | "reminder" | "escalated":
            sender = on_one_line(str(record.sender), 120)
            return say.APPROVAL_HEAD.of(language, sender=sender), _asking(kind, language, context, record)
        case "urgent":
            sender = on_one_line(str(record.sender), 120)
            return say.URGENT_HEAD.of(language, sender=sender), (say.URGENT_LEAD.of(language),)
        case "answered":
            head = say.ANSWERED_HEADS[context.answer].of(language, person=on_one_line(context.actor, 120))
            return head, (say.ANSWERED_LEAD.of(language),)
        case "sent":
            return say.SENT_HEAD.of(language), (say.SENT_LEAD.of(language, count=count),)
        case "password":
            return say.PASSWORD_HEAD.of(language), (say.PASSWORD_LEAD.of(language),)
        case "bounced":
            return say.BOUNCED_HEAD.of(language), (say.BOUNCED_LEAD.of(language),)
        case "rejected":
            head = say.REJECTED_HEAD.of(language)
        case "expired":
            head = say.EXPIRED_HEAD.of(language)
        case _:
            whole = len(named) == len(record.recipients)
            head = (say.CANCELLED_HEAD if whole else say.CANCELLED_PART_HEAD).of(language, count=count)
    return head, (say.NOT_SENT_LEAD.of(language), *_returned(language, context))


def _asking(kind: Kind, language: Language, context: LetterContext, record: MessageRecord) -> tuple[str, ...]:
    """Why this reader is asked, and what of."""
    lead = [say.APPROVAL_LEAD.of(language)]
    if kind == "reminder":
        when = moment(record.received_at, context.settings.organization.timezone, language)
        lead.append(say.REMINDER_LEAD.of(language, when=when))
    others = sorted({a for r in rows.held(record) for a in r.approvers if a != context.to.key})
    if kind == "escalated" and others:
        lead.append(say.ESCALATED_LEAD.of(language, people=listed(others, language)))
    if context.instead_of:
        lead.append(say.INSTEAD_LEAD.of(language, people=listed(context.instead_of, language)))
    return tuple(lead)


def _foreign(language: Language, context: LetterContext, record: MessageRecord) -> tuple[str, ...]:
    """Why an administrator gets this letter, if the sender is a stranger."""
    mailbox = record.sender.mailbox
    if mailbox is None or context.settings.organization.is_internal(mailbox) or context.to == mailbox:
        return ()
    return (say.FOREIGN_SENDER.of(language, sender=on_one_line(str(mailbox), 120)),)


def _waiting(language: Language, record: MessageRecord) -> str:
    held = rows.held(record)
    if any(r.disposition is Disposition.APPROVE for r in held):
        approvers = sorted({a for r in held for a in r.approvers})
        named = listed(approvers, language) if approvers else say.ADMINISTRATORS.of(language)
        return say.HELD_FOR_APPROVAL.of(language, approvers=named)
    if len(held) < len(record.recipients):
        return say.HELD_LEAD.of(language, count=people(len(held), language))
    return say.HELD_LEAD_ALL.of(language)


def _returned(language: Language, context: LetterContext) -> tuple[str, ...]:
    if context.original is None:
        return ()
    return (say.DRAFT_LEAD.of(language, file=DRAFT) if _has_draft(context) else say.TOO_LARGE_LEAD.of(language),)


def _rows(
    kind: Kind, language: Language, context: LetterContext, record: MessageRecord, subject: str
) -> tuple[Row, ...]:
    """The facts of the letter, in the order in which people ask for them."""
    wanted: Sequence[RecipientRecord] = rows.spoken_of(record, context.people)
    if kind == "password":
        wanted = rows.locked(record)
    open_still = kind == "held" or kind in ASKING
    shown: list[Row | None] = [
        rows.ending(record, context.settings.organization.timezone, language) if open_still else None,
        rows.decided(context.actor, language) if kind in ("cancelled", "rejected") else None,
        rows.comment(context.comment, language) if kind in _COMMENTED else None,
        rows.sender(record, language) if kind in (*ASKING, "answered", "urgent") else None,
        rows.asked(record, language) if open_still else None,
        rows.passwords(record, language) if kind == "password" else None,
        Row(say.SUBJECT.of(language), (subject,)),
        rows.recipients(wanted, language, answers=kind == "bounced"),
        rows.files(record, language),
        rows.personal(record, language) if open_still else None,
        rows.why(record, language) if kind in ("sent", "answered", "expired", *_COMMENTED) else None,
    ]
    return tuple(row for row in shown if row is not None)


def _button(kind: Kind, language: Language, context: LetterContext) -> str:
    if not context.link:
        return ""
    if kind in ASKING:
        return say.OPEN_APPROVE.of(language)
    return (say.OPEN_DECIDE if kind == "held" else say.OPEN_STATUS).of(language)


def _login(language: Language, context: LetterContext) -> Content:
    browser = f"{on_one_line(context.browser, 80)}: " if context.browser else ""
    return Content(
        kind="login",
        subject=f"{say.LOGIN_HEAD.of(language)} {context.code}",
        headline=say.LOGIN_HEAD.of(language),
        lead=(say.LOGIN_LEAD.of(language, browser=browser, minutes=context.minutes),),
        button=say.OPEN_LOGIN.of(language),
        link=context.link,
        code=context.code,
        closing=(say.LOGIN_FOREIGN.of(language),),
        foot=say.FOOT_LOGIN.of(language, name=_name(context)),
    )


def _name(context: LetterContext) -> str:
    organization = context.settings.organization
    return on_one_line(organization.name or context.settings.sender.domain, 80)
