"""What a letter offers to do: buttons that name the act and lead to the page, and the words that an answer may say.

A button only preselects (`?choice=`): opening a page never acts, and the page asks for one more tap. Whoever was
probably meant is offered first, then what a rule singles out to be taken off; where nothing is, looking comes first,
because a button that sends without a look teaches not to read. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition
from mailguard.notify import letter_texts as say
from mailguard.notify.letter_people import flagged, shown_to_each_other
from mailguard.notify.letter_rows import held
from mailguard.notify.offers import offers
from mailguard.notify.phrases import Both, people
from mailguard.store.records import MessageRecord, NoticeKind

#: The kinds that ask somebody to approve.
ASKING = frozenset({"approval", "reminder", "escalated"})
#: What a link proposes to whoever sent a mail to the wrong person.
SENT_WRONG = "misdelivered"
Look = Literal["main", "plain", "stop"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A button. look: main stands out, stop withholds the mail."""

    label: str
    link: str = field(repr=False)
    look: Look = "main"


def choices(
    kind: NoticeKind, language: Language, record: MessageRecord, link: str, *, waits: bool = True
) -> tuple[Choice, ...]:
    """The buttons of a letter about a mail; none without a link. A link to a ticket takes a choice along.

    waits: the reader may still decide: the link is a ticket's.
    """
    if not link:
        return ()
    if kind in ASKING:
        return (
            Choice(say.OPEN_APPROVE.of(language), link),
            Choice(say.APPROVE.of(language), f"{link}?choice=approve", "plain"),
            Choice(say.REJECT.of(language), f"{link}?choice=reject", "stop"),
        )
    if kind == "comment" and waits:
        return (Choice(say.OPEN_ANSWER.of(language), link),)
    if kind == "sent":
        wrong = Choice(say.SENT_WRONG.of(language), f"{link}?choice={SENT_WRONG}", "plain")
        return Choice(say.OPEN_STATUS.of(language), link), wrong
    if kind == "misdelivery":
        return (Choice(say.OPEN_MISDELIVERY.of(language), f"{link}?choice={SENT_WRONG}"),)
    if kind != "held":
        return (Choice(say.OPEN_STATUS.of(language), link),)
    stop = Choice(say.CANCEL.of(language), f"{link}?choice=cancel", "stop")
    meant = tuple(
        Choice(say.CORRECT.of(language, wrong=one.wrong, meant=one.meant), f"{link}?choice=correct")
        for one in offers(record)[:1]
    )
    if waits_for_others(record):
        return *meant, Choice(say.OPEN_STATUS.of(language), link, "plain" if meant else "main"), stop
    risky = flagged(record)
    release = Choice(say.RELEASE.of(language), f"{link}?choice=release", "plain")
    if not risky:
        first = meant or (_first(record, language, link),)
        return *first, release, stop
    remove = say.REMOVE_FLAGGED.of(language, people=people(len(risky), language))
    look: Look = "plain" if meant else "main"
    return *meant, Choice(remove, f"{link}?choice=remove-flagged", look), release, stop


def _first(record: MessageRecord, language: Language, link: str) -> Choice:
    """Where a rule minds that recipients see each other, to hide them; else to look."""
    facts = record.facts
    if shown_to_each_other(record) and record.has_body and not (facts.signed or facts.encrypted):
        return Choice(say.HIDE.of(language), f"{link}?choice=hide")
    return Choice(say.OPEN_DECIDE.of(language), link)


def waits_for_others(record: MessageRecord) -> bool:
    """Whether nothing of it waits for its sender."""
    return all(copy.disposition is Disposition.APPROVE for copy in held(record))


def how_to_reply(kind: NoticeKind, language: Language, record: MessageRecord) -> Sequence[str]:
    """The words that an answer to this letter may say; empty where none is taken."""
    if kind == "comment":
        return [line.of(language) for line in (say.REPLY_COMMENT, say.REPLY_QUOTE)]
    if kind in ASKING:
        lines: tuple[Both, ...] = say.REPLY_APPROVAL
    elif kind == "held":
        lines = say.REPLY_WAITING if waits_for_others(record) else say.REPLY_HELD
        if len(record.recipients) < 2:  # nobody can be taken off
            lines = tuple(one for one in lines if one is not say.REPLY_REMOVE)
    else:
        return ()
    return [line.of(language) for line in (*lines, say.REPLY_QUOTE)]
