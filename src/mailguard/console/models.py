"""What the API takes and gives, as pydantic models: the answers are made from them and so is the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mailguard.console.api_values import Out
from mailguard.console.bulk_models import StateWord
from mailguard.console.rule_models import RuleOut
from mailguard.mail.alteration import removed_files
from mailguard.mail.alteration_json import kind_of
from mailguard.mail.facts import Attachment
from mailguard.mail.verdict import NOTHING_ODD, Because, RecipientVerdict, RuleHit
from mailguard.notify.offers import offers
from mailguard.review import Asked, HistoryLine, MessageRecord, RecipientRecord, View


class AskOut(Out):
    """So many of the approvers must say yes; missing: how many voices are still wanted."""

    approvers: list[str]
    quorum: int
    delegates: dict[str, list[str]]
    missing: int
    remind_at: datetime | None
    escalate_at: datetime | None
    escalate_to: list[str]

    @classmethod
    def of(cls, ask: Asked, missing: int) -> AskOut:
        """From the ledger's record."""
        return cls(
            approvers=list(ask.approvers),
            quorum=ask.quorum,
            delegates={one: list(people) for one, people in ask.delegates},
            missing=missing,
            remind_at=ask.remind_at,
            escalate_at=ask.escalate_at,
            escalate_to=list(ask.escalate_to),
        )


class RecipientOut(Out):
    """One recipient's copy."""

    address: str
    external: bool
    state: StateWord
    disposition: str
    rules: list[str]
    risk: float
    risk_because: dict[str, str] | None = Field(description="Why the recipient looks like a mistake; null: nothing odd")
    risk_kind: str = Field(description="What kind of mistake it looks like; empty: none")
    alternative: str = Field(description="Who was probably meant, and can be put in his place; empty: nobody")
    expires_at: datetime | None
    expire_action: str
    approvers: list[str]
    approvals: list[str]
    quorum: int
    asks: list[AskOut] = Field(description="What must be answered before it goes; every one of them")
    urgent: bool = Field(description="The sender may let it go without approval, with a reason")
    decided_by: str
    decided_at: datetime | None
    attempts: int
    last_code: int | None
    last_text: str
    alter: list[str] = Field(description="What the copy is changed to before it leaves, by the words of alterations")
    added: bool = Field(description="A rule gave this copy; the envelope did not name it")
    removed_files: list[str] = Field(description="SHA-256 of attachments that are taken out of the copy")
    paused_by: str = Field(description="Who stopped its clock; empty while it runs")
    part: str = Field(description="The message in which it came, where the mail came in several; else empty")
    upstream: str = Field(description="The name of the next server it goes to; empty for the usual one")

    @classmethod
    def of(cls, recipient: RecipientRecord, judged: RecipientVerdict | None, alternative: str) -> RecipientOut:
        """From the ledger's record, with what the judge said of him then."""
        odd = judged is not None and judged.risk_because != NOTHING_ODD
        return cls(
            address=str(recipient.address),
            external=recipient.external,
            state=recipient.state.value,
            disposition=recipient.disposition.word,
            rules=list(recipient.rules),
            risk=judged.risk if judged is not None else 0.0,
            risk_because=_said(judged.risk_because) if judged is not None and odd else None,
            risk_kind=judged.risk_kind if judged is not None else "",
            alternative=alternative,
            expires_at=recipient.expires_at,
            expire_action=recipient.expire_action,
            approvers=list(recipient.approvers),
            approvals=list(recipient.approvals),
            quorum=recipient.quorum,
            asks=[AskOut.of(ask, recipient.lacks(ask)) for ask in recipient.asks],
            urgent=recipient.urgent,
            decided_by=recipient.decided_by,
            decided_at=recipient.decided_at,
            attempts=recipient.attempts,
            last_code=recipient.last_code,
            last_text=recipient.last_text,
            alter=list(dict.fromkeys(map(kind_of, recipient.recipe or ()))),
            added=recipient.added,
            removed_files=list(removed_files(recipient.recipe or ())),
            paused_by=recipient.frozen_by,
            part=recipient.part,
            upstream=recipient.way,
        )


class HistoryOut(Out):
    """One line of a mail's history."""

    at: datetime
    actor: str
    via: str
    event: str
    recipients: list[str]
    comment: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, line: HistoryLine) -> HistoryOut:
        """From the ledger's line."""
        return cls(
            at=line.at,
            actor=line.actor,
            via=line.via,
            event=line.event,
            recipients=list(line.recipients),
            comment=line.comment,
            detail=line.detail,
        )


class AttachmentOut(Out):
    """A file, without its text."""

    filename: str
    declared_type: str
    detected_type: str
    size: int
    sha256: str
    encrypted: bool
    inspected: bool
    members: list[AttachmentOut]

    @classmethod
    def of(cls, attachment: Attachment) -> AttachmentOut:
        """From the facts."""
        return cls(
            filename=attachment.filename,
            declared_type=attachment.declared_type,
            detected_type=attachment.detected_type,
            size=attachment.size,
            sha256=attachment.sha256,
            encrypted=attachment.encrypted,
            inspected=attachment.inspected,
            members=[cls.of(member) for member in attachment.members],
        )


class FindingOut(Out):
    """A rule that fired, with its sentence, its evidence, and what else people should know."""

    rule: str
    mode: str
    disposition: str
    because: dict[str, str]
    evidence: list[str]
    notes: list[dict[str, str]]

    @classmethod
    def of(cls, hit: RuleHit) -> FindingOut:
        """From the verdict."""
        return cls(
            rule=hit.rule,
            mode=hit.mode,
            disposition=hit.disposition.word,
            because=_said(hit.because),
            evidence=list(hit.evidence),
            notes=[_said(note) for note in hit.notes],
        )


class MessageOut(Out):
    """A mail in a list."""

    id: str
    parts: list[str] = Field(
        description="Ids of all messages in which this mail came, the first in front: one page, one decision"
    )
    state: StateWord
    sender: str = Field(description="Envelope sender; empty for the null path")
    subject: str | None
    received_at: datetime
    expires_at: datetime | None
    size: int
    disposition: str
    rules: list[str]
    recipients: list[RecipientOut]

    @classmethod
    def of(cls, record: MessageRecord) -> MessageOut:
        """From the ledger's record."""
        return cls(**_message(record))


class MessageDetail(MessageOut):
    """A mail in full, without its body: contract section 5 and what the person asking can do."""

    findings: list[FindingOut]
    policy: str = Field(description="Hash of the policy that judged")
    attachments: list[AttachmentOut]
    personal_data: dict[str, int]
    persons: int
    history: list[HistoryOut]
    acts: list[str] = Field(description="What the one who asks can do with at least one copy, or with the mail")
    acts_for: dict[str, list[str]] = Field(description="The same for each recipient, by address")
    trust_scopes: list[str] = Field(description="For whom he may say that a recipient needs no asking")

    @classmethod
    def of_view(cls, view: View) -> MessageDetail:
        """From the review room's view."""
        facts = view.record.facts
        return cls(
            **_message(view.record),
            findings=[FindingOut.of(hit) for hit in view.record.verdict.hits],
            policy=view.record.verdict.policy,
            attachments=[AttachmentOut.of(attachment) for attachment in facts.attachments],
            personal_data={name: count.distinct for name, count in facts.personal_data.items()},
            persons=facts.persons,
            history=[HistoryOut.of(line) for line in view.history],
            acts=sorted(view.acts),
            acts_for={
                str(copy.address): sorted(view.acts_for.get(copy.address.key, ())) for copy in view.record.recipients
            },
            trust_scopes=list(view.trust_scopes),
        )


class MessagePage(Out):
    """A page of mails, newest first. next: the `before` of the following page, null at the end."""

    messages: list[MessageOut]
    next: str | None


class StatsOut(Out):
    """How many mails of those that one may see stand in each state, and how many went by the urgent lane; for
    administrators and auditors, what each rule did in the last `days`, of so many `mails`.
    """

    states: dict[str, int]
    urgent: int
    days: int | None = None
    mails: int | None = None
    rules: list[RuleOut] | None = None


class MeOut(Out):
    """Who the token or session belongs to."""

    address: str
    role: str


class ProblemOut(BaseModel):
    """RFC 9457; a 409 also says decided_by, decided_at and state."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""


def _message(record: MessageRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "parts": list(record.parts or (record.id,)),
        "state": record.state.value,
        "sender": str(record.sender),
        "subject": record.subject,
        "received_at": record.received_at,
        "expires_at": record.expires_at,
        "size": record.size,
        "disposition": record.verdict.disposition.word,
        "rules": [hit.rule for hit in record.verdict.enforced],
        "recipients": _recipients(record),
    }


def _recipients(record: MessageRecord) -> list[RecipientOut]:
    judged = {one.address: one for one in record.verdict.recipients}
    meant = {one.wrong: str(one.meant) for one in offers(record)}
    return [RecipientOut.of(copy, judged.get(copy.address), meant.get(copy.address, "")) for copy in record.recipients]


def _said(because: Because) -> dict[str, str]:
    return {"ja": because.ja, "en": because.en}
