"""The letter about an answer: what it did, or why it did nothing, what was understood, and what works instead.

It goes only to whoever is bound to the letter that was answered, or, saying nothing of any mail, to somebody of the
house. What the answer said is quoted on one line. Pure.
"""

from __future__ import annotations

from mailguard.mail.organization import Language
from mailguard.notify import letter_rows as rows
from mailguard.notify import letter_texts as say
from mailguard.notify import reply_texts as words
from mailguard.notify.letter_choices import Choice, choices, how_to_reply
from mailguard.notify.letter_context import Kind, LetterContext
from mailguard.notify.letter_rows import Row
from mailguard.notify.letter_sheet import Content
from mailguard.notify.phrases import on_one_line


def reply_letter(language: Language, context: LetterContext) -> Content:
    """What the letter says."""
    reply, record = context.reply, context.record
    assert reply is not None
    outcome = reply.outcome if reply.outcome in words.HEADS else "unknown"
    subject = on_one_line((record.subject if record else reply.subject) or "", 200) or say.NO_SUBJECT.of(language)
    open_still = outcome in words.OPEN and record is not None
    kind: Kind = "approval" if record and context.to.key in record.approvers else "held"
    return Content(
        kind="reply",
        subject=say.TAGS["reply"].of(language) + subject,
        headline=words.HEADS[outcome].of(language),
        lead=tuple(one for one in (_reason(language, context), words.LEADS[outcome].of(language)) if one),
        how_to_reply=how_to_reply(kind, language, record) if open_still and record and context.reply_to else (),
        rows=_rows(language, context, subject, said=outcome in (*words.OPEN, "forbidden", "passed_on")),
        otherwise=_ending(language, context) if open_still else "",
        choices=choices(kind, language, record, context.link) if open_still and record else _page(language, context),
        link=context.link,
        code=context.code,
        code_use=say.CODE_USE.of(language),
        foot=say.FOOT_REPLY.of(language, name=context.name, id=record.id)
        if record
        else say.FOOT_LOGIN.of(language, name=context.name),
    )


def _reason(language: Language, context: LetterContext) -> str:
    assert context.reply is not None
    return context.reply.ja if language == "ja" else context.reply.en


def _ending(language: Language, context: LetterContext) -> str:
    assert context.record is not None
    return rows.ending(context.record, context.settings.organization.timezone, language, context.now)


def _page(language: Language, context: LetterContext) -> tuple[Choice, ...]:
    word = say.OPEN_STATUS if context.record else say.OPEN_CONSOLE
    return (Choice(word.of(language), context.link),) if context.link else ()


def _rows(language: Language, context: LetterContext, subject: str, *, said: bool) -> tuple[Row, ...]:
    made = [Row.of(say.SUBJECT.of(language), subject)]
    if said and context.reply is not None:
        quoted = context.reply.said or words.NOTHING_SAID.of(language)
        made.insert(0, Row.of(words.SAID.of(language), quoted))
    return tuple(made)
