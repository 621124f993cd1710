"""Letters to the people of the house: what is held and why, and what became of it. compose() gives the octets of one
letter.

What it says is letter_content's, how it looks letter_sheet's; here are its fields. A letter quotes subject, recipients
and file names, never the body; the body goes only to its own sender, as a draft to edit, when the mail was not sent.
Letters go out with the null path as their reverse-path and say Auto-Submitted (RFC 3834), so that no machine answers
them; where a person may decide by an answer, Reply-To leads back to us.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailguard.mail.organization import Language
from mailguard.notify.draft import draft_of
from mailguard.notify.letter_choices import ASKING
from mailguard.notify.letter_content import DRAFT, content_of
from mailguard.notify.letter_context import RETURNS, Kind, LetterContext, LetterSettings, ReplyResult
from mailguard.notify.letter_sheet import render
from mailguard.notify.mime import Attached, Sheet, message_ids, write

__all__ = ["ASKING", "RETURNS", "Kind", "LetterContext", "LetterSettings", "ReplyResult", "compose"]


def compose(kind: Kind, language: Language, context: LetterContext) -> bytes:
    """The octets of a letter, CRLF lines, ready for the upstream."""
    content = content_of(kind, language, context)
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
            references=_thread(context),
            marks=_marks(kind, context),
            text=text,
            html=html,
            attached=_draft(kind, context),
        )
    )


def _marks(kind: Kind, context: LetterContext) -> list[tuple[str, str]]:
    marks = [
        ("Auto-Submitted", "auto-replied" if kind == "reply" else "auto-generated"),  # RFC 3834 section 5
        ("X-Auto-Response-Suppress", "All"),  # Exchange and Outlook
        ("X-Mailguard-Letter", kind),
    ]
    if context.reply_to is not None:
        marks.insert(0, ("Reply-To", f"<{context.reply_to}>"))
    about = context.about if context.record is None else context.record.id
    return [*marks, ("X-Mailguard-About", about)] if about else marks


def _thread(context: LetterContext) -> Sequence[str]:
    """The thread of the original; a letter about an answer lies below that answer."""
    record, reply = context.record, context.reply
    above = message_ids(reply.reply_id)[:1] if reply else ()
    if record is None:
        return above
    return (*message_ids(" ".join(record.references)), *message_ids(record.message_id_header), *above)


def _draft(kind: Kind, context: LetterContext) -> Attached | None:
    """The original as a draft.

    As octets, not message/rfc822: that may not be encoded (RFC 2046 section 5.2.1), Outlook would turn it into an item
    of its own and forget X-Unsent, and 8-bit originals could not travel in it.
    """
    record = context.record
    if kind not in RETURNS or record is None or not context.has_draft:
        return None
    assert context.original is not None
    return Attached(DRAFT, "application/octet-stream", draft_of(record, context.original))
