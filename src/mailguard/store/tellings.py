"""Letters about hits that a rule wants somebody to hear of (`notify`), whether or not they held the mail.

One letter a person and mail, with all hits that he is to be told. It is owed in the transaction that takes the mail in
or refuses it; a refused mail leaves no row, so the notice itself says what the mail was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailguard.mail.address import Address, ReversePath
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import ADMINISTRATORS, SENDER, Disposition, RuleHit, Verdict
from mailguard.store import outbox
from mailguard.store.records import MessageRecord

_MOST_RECIPIENTS = 50
_MOST_HITS = 20


def owe_hits(connection: sqlite3.Connection, record: MessageRecord, now: datetime, said: Collection[str] = ()) -> None:
    """For a mail that was taken in. What the sender's letter about the hold says already, he is not told twice.

    said: rules of which people heard by an earlier part of the same mail.
    """
    asked = any(
        one.state is State.HELD and one.disposition in (Disposition.CONFIRM, Disposition.APPROVE)
        for one in record.recipients
    )
    people = [copy.address for copy in record.recipients]
    hits = tuple(hit for hit in record.verdict.hits if hit.rule not in said)
    verdict = replace(record.verdict, hits=hits)
    _owe(connection, record.lead, record.sender, record.subject, people, verdict, now, said_already=asked)


def owe_refused(
    connection: sqlite3.Connection,
    message_id: str,
    sender: ReversePath,
    subject: str | None,
    recipients: Iterable[Address],
    verdict: Verdict,
    now: datetime,
) -> None:
    """For a mail that was refused at the door: the sender heard it there."""
    _owe(connection, message_id, sender, subject, recipients, verdict, now, said_already=True)


def _owe(
    connection: sqlite3.Connection,
    message_id: str,
    sender: ReversePath,
    subject: str | None,
    recipients: Iterable[Address],
    verdict: Verdict,
    now: datetime,
    *,
    said_already: bool,
) -> None:
    told = _told(verdict, said_already=said_already)
    if not told:
        return
    about = {
        "sender": str(sender),
        "subject": subject,
        "recipients": [str(address) for address in recipients][:_MOST_RECIPIENTS],
        "disposition": verdict.disposition.word,
    }
    for whom, hits in sorted(told.items()):
        to = str(sender) if whom == SENDER else "" if whom == ADMINISTRATORS else whom
        if whom == SENDER and sender.is_null:
            continue
        detail = {**about, "hits": [_hit(hit) for hit in hits[:_MOST_HITS]], "as_sender": whom == SENDER}
        outbox.owe(connection, "told", to, now, message_id=message_id, detail=detail)


def _told(verdict: Verdict, *, said_already: bool) -> dict[str, list[RuleHit]]:
    """Who is told of which hits, strictest first."""
    told: dict[str, list[RuleHit]] = {}
    for hit in verdict.hits:
        for whom in hit.notify:
            said = said_already and hit.mode == "enforce" and hit.disposition > Disposition.DELAY
            if not (whom == SENDER and said):
                told.setdefault(whom, []).append(hit)
    return told


def _hit(hit: RuleHit) -> dict[str, Any]:
    return {"ja": hit.because.ja, "en": hit.because.en, "evidence": list(hit.evidence)}
