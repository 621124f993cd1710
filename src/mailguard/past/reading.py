"""From what was read in a mail to the letter that the model sees. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime

from mailguard.insight.words import File, Letter
from mailguard.mail.facts import Attachment, Facts, HeaderAddress

#: Files of one mail, those in archives included.
_FILES_MOST = 100
#: Mail of before is dated wrongly: 1 January 1990, in seconds since 1970.
_FIRST = 631_152_000.0


def letter_of(facts: Facts, at: float, now: float) -> Letter | None:
    """The letter of a mail that lay in an archive: its people are those that its header names. None if it does not say
    when it was written, and nobody else does.

    at: when it was put into the archive, 0 if unknown; now: what is dated after it, is dated wrongly.
    """
    headers = facts.headers
    dated = _dated(headers.date)
    at = dated if _FIRST <= dated <= now else at
    if not _FIRST <= at <= now:
        return None
    sender = headers.sender[0] if headers.sender else HeaderAddress("")
    people = (*headers.to, *headers.cc, *headers.bcc)
    return Letter(
        at=at,
        sender=sender.address,
        to=_addresses(headers.to),
        cc=_addresses(headers.cc),
        bcc=_addresses(headers.bcc),
        sender_name=sender.name,
        names={one.address: one.name for one in people if one.name and "@" in one.address},
        subject=headers.subject or "",
        body=facts.text[: facts.shown],
        message_id=headers.message_id,
        in_reply_to=headers.in_reply_to,
        references=headers.references,
        files=tuple(_files(facts.attachments)),
    )


def _addresses(people: Iterable[HeaderAddress]) -> tuple[str, ...]:
    return tuple([one.address for one in people if "@" in one.address])


def _files(attachments: Iterable[Attachment]) -> Iterator[File]:
    """The files, and those in them, but for pictures of the text: the outermost first."""
    waiting = list(attachments)
    for one in waiting:
        if len(waiting) < _FILES_MOST:
            waiting += one.members[: _FILES_MOST - len(waiting)]
        if len(one.sha256) == 64 and not one.inline:
            yield File(one.sha256, one.filename)


def _dated(text: str) -> float:
    """When the header says that it was written, in seconds since 1970; 0 if it does not."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
