"""What is known of a mail that went to the wrong person, as values: when it is reported, and whenever it is told of.

Pure.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mailguard.mail.breach import Answers, deadlines, judgements
from mailguard.mail.lifecycle import State
from mailguard.store.incidents import Incident
from mailguard.store.records import MessageRecord, RecipientRecord

_OUTCOME = {State.RELAYED: "accepted", State.BOUNCED: "bounced", State.QUEUED: "under_way", State.HELD: "held"}


def is_out(record: MessageRecord) -> bool:
    """Whether the next server took any of it."""
    return any(copy.state is State.RELAYED for copy in record.recipients)


def facts_of(
    record: MessageRecord, relayed: dict[str, datetime], siblings: list[tuple[str, str]], stopped: list[str]
) -> dict[str, Any]:
    """What is known of the mail, as JSON values: whose, to whom and what became of each copy, what it held.

    recipients[].outcome: not_sent, accepted (the next server took it: it cannot be taken back), bounced, under_way,
    held. personal_data: distinct values by class; siblings: other mails with the same file or in the same thread.
    """
    return {
        "owners": list(record.owners),
        "sender": str(record.sender),
        "subject": record.subject,
        "received_at": record.received_at.isoformat(),
        "recipients": [_copy(copy, relayed.get(str(copy.address))) for copy in record.recipients],
        "stopped": stopped,
        "files": [one.filename for one in record.facts.attachments if not one.inline],
        "persons": record.facts.persons,
        "personal_data": {name: one.distinct for name, one in record.facts.personal_data.items() if one.distinct},
        "siblings": [{"id": message_id, "why": why} for message_id, why in siblings],
    }


def _copy(copy: RecipientRecord, at: datetime | None) -> dict[str, Any]:
    outcome = _OUTCOME.get(copy.state, "not_sent")
    when = at if outcome == "accepted" else None
    return {
        "address": str(copy.address),
        "external": copy.external,
        "outcome": outcome,
        "at": None if when is None else when.isoformat(),
        "code": copy.last_code,
        "text": copy.last_text,
    }


def values_of(one: Incident, timezone: str) -> dict[str, Any]:
    """An incident as JSON values, for API and command line. timezone: whose days the clocks of the law count.

    answers: null as long as nobody answered, and for whoever does not see all mail; assessment: by law, whether a
    report is due (due, not_due, open), and why; clocks: until when (`at`: when it is over).
    """
    answers = one.answers or Answers()
    return {
        "id": one.id,
        "message_id": one.message_id,
        "state": one.state,
        "opened_at": one.opened_at.isoformat(),
        "opened_by": one.opened_by,
        "note": one.note,
        "closed_at": None if one.closed_at is None else one.closed_at.isoformat(),
        "closed_by": one.closed_by,
        "outcome": one.outcome,
        "learned_at": one.learned_at.isoformat(),
        "answers": None if one.answers is None else one.answers.as_values(),
        "assessed_at": None if one.assessed_at is None else one.assessed_at.isoformat(),
        "assessed_by": one.assessed_by,
        "assessment": [
            {"law": said.law, "duty": said.duty, "because": list(said.because)} for said in judgements(answers)
        ],
        "clocks": [
            {
                "name": clock.name,
                "first": None if clock.first is None else clock.first.isoformat(),
                "last": clock.last.isoformat(),
                "at": clock.at.isoformat(),
            }
            for clock in deadlines(one.learned_at, timezone, answers)
        ],
        **{key: value for key, value in one.facts.items() if key != "owners"},
    }
