"""A mail as JSON for API and command line: the verdict of contract section 5 with what became of it since.

It shows what it is given; who may see it was decided before.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mailguard.policy.verdict_json import verdict_to_json
from mailguard.review.words import View
from mailguard.store.audit import as_json as line_to_json
from mailguard.store.records import Asked, MessageRecord, RecipientRecord

#: What a verdict says of how likely a recipient is a mistake; all but the first are left out where there is nothing.
_RISK = ("risk", "risk_because", "risk_kind", "alternative")


def record_to_json(record: MessageRecord) -> dict[str, Any]:
    """The object of contract section 5, `queue show`, without the history."""
    verdict = verdict_to_json(record.verdict)
    risks = {one["address"]: {key: one[key] for key in _RISK if key in one} for one in verdict["recipients"]}
    return {
        "id": record.id,
        "parts": list(record.parts or (record.id,)),
        "state": str(record.state),
        "sender": str(record.sender),
        "login": record.login,
        "subject": record.subject,
        "received_at": _time(record.received_at),
        "expires_at": _time(record.expires_at),
        "size": record.size,
        "sha256": record.sha256,
        "disposition": verdict["disposition"],
        "recipients": [_copy_to_json(copy, risks.get(str(copy.address), {"risk": 0.0})) for copy in record.recipients],
        "findings": [
            {key: one[key] for key in ("rule", "mode", "disposition", "because", "evidence", "notes")}
            for one in verdict["findings"]
        ],
        "policy": record.verdict.policy,
    }


def view_to_json(view: View) -> dict[str, Any]:
    """The same with the history, and what the asking person can do."""
    shown = record_to_json(view.record)
    for one, copy in zip(shown["recipients"], view.record.recipients, strict=True):
        one["acts"] = sorted(map(str, view.acts_for.get(copy.address.key, ())))
    return {
        **shown,
        "acts": sorted(map(str, view.acts)),
        "attachments": [
            {"filename": one.filename, "size": one.size, "sha256": one.sha256} for one in view.record.facts.attachments
        ],
        "history": [line_to_json(line) for line in view.history],
    }


def _copy_to_json(copy: RecipientRecord, risk: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": str(copy.address),
        "external": copy.external,
        "disposition": copy.disposition.word,
        "rules": list(copy.rules),
        **risk,
        "state": str(copy.state),
        "expires_at": _time(copy.expires_at),
        "next_try_at": _time(copy.due_at),
        "under_way": copy.leased,
        "decided_by": copy.decided_by,
        "decided_at": _time(copy.decided_at),
        "approvers": list(copy.approvers),
        "approvals": list(copy.approvals),
        "quorum": copy.quorum,
        "asks": [_ask_to_json(ask, copy) for ask in copy.asks],
        "urgent": copy.urgent,
        "attempts": copy.attempts,
        "last_code": copy.last_code,
        "last_text": copy.last_text,
        "part": copy.part,
        "upstream": copy.way,
    }


def _ask_to_json(ask: Asked, copy: RecipientRecord) -> dict[str, Any]:
    return {
        "approvers": list(ask.approvers),
        "quorum": ask.quorum,
        "delegates": {one: list(people) for one, people in ask.delegates},
        "missing": copy.lacks(ask),
        "remind_at": _time(ask.remind_at),
        "escalate_at": _time(ask.escalate_at),
        "escalate_to": list(ask.escalate_to),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
