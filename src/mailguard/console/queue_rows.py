"""A mail as a row of the administrators' queue: what was found, who to whom, how old, how long still. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.console import present
from mailguard.console.present import Badge, Speaker
from mailguard.mail.lifecycle import State
from mailguard.notify.letter_rows import why_line
from mailguard.notify.phrases import listed, on_one_line, span
from mailguard.review import BulkJob, MessageRecord


@dataclass(frozen=True, slots=True)
class Row:
    """going: an act that is still to reach it, as a word; then it cannot be ticked."""

    id: str
    subject: str
    sender: str
    recipients: str
    outside: int
    more: int
    files: str
    state: Badge
    why: str
    age: str
    received: str
    received_iso: str
    until: str
    left: str
    going: str
    selectable: bool


def row(record: MessageRecord, by: Speaker, job: BulkJob | None, *, decides: bool) -> Row:
    """One row. job: the act that is to reach it; decides: whether the reader decides about mail of others."""
    copies = sorted(present.counted(record), key=lambda one: not one.external)
    shown = [on_one_line(str(one.address), 60) for one in copies[:2]]
    names = [on_one_line(one.filename, 60) for one in record.facts.attachments]
    return Row(
        id=record.id,
        subject=on_one_line(present.subject(record, by.say), 90),
        sender=on_one_line(str(record.sender), 60) or "<>",
        recipients=", ".join(shown),
        outside=sum(one.external for one in copies),
        more=len(copies) - len(shown),
        files=listed(names, by.language, 1, unit="件") if names else "",
        state=present.mail_badge(record, by.language),
        why=why_line(record.verdict.enforced, by.language),
        age=span(by.now - record.received_at, by.language),
        received=by.moment(record.received_at),
        received_iso=record.received_at.isoformat(timespec="seconds"),
        until=record.expires_at.isoformat(timespec="seconds") if record.expires_at else "",
        left=present.left(record, by),
        going="" if job is None else by.say(f"bulk.going.{job.act}"),
        selectable=decides and job is None and record.state in (State.HELD, State.QUEUED),
    )
