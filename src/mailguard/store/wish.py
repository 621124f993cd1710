"""What somebody wants to happen to copies of a mail, and the steps that every such change takes.

Each change looks again at what stands in the ledger, inside its own transaction, and asks again whether the person may.
Whatever it changes has its audit line and its letters there too. It decides nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import Event, State
from mailguard.store import audit, outbox
from mailguard.store.parts import load_parts, load_whole, whole
from mailguard.store.records import Decision, MessageRecord, NoticeKind, RecipientRecord, owners_of

May = Callable[[MessageRecord, RecipientRecord], bool]


@dataclass(frozen=True, slots=True)
class Silence:
    """A warning that its sender has overridden so often (0: whatever he does, it goes on) is silent for so long."""

    times: int = 3
    lasts: timedelta = timedelta(days=90)


USUAL = Silence()


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to happen to which copies, and how it is told.

    event: None where no copy moves. recipients: None means all to whom it can happen. may: asked inside the
    transaction, with what stands in the ledger then; copies that it refuses are left alone. notice: the letter to the
    sender that this owes. frozen_until: for HOLD: when the frozen copy is given back if nobody decides. urgent: for
    RELEASE: the sender does not wait for those who are asked, and they are told so. silence: what it may lead to.
    """

    event: Event | None
    actor: Actor
    now: datetime
    recipients: tuple[Address, ...] | None = None
    may: May | None = None
    comment: str = ""
    notice: NoticeKind | None = None
    frozen_until: datetime | None = None
    urgent: bool = False
    silence: Silence = USUAL


def mail_of(connection: sqlite3.Connection, message_id: str) -> tuple[list[tuple[int, MessageRecord]], MessageRecord]:
    """The parts of a mail, each by itself with its row number, and the mail as people see it. Raises KeyError."""
    parts = load_parts(connection, message_id)
    if not parts:
        raise KeyError(message_id)
    return parts, whole([record for _, record in parts], message_id)


def wanted(part: MessageRecord, mail: MessageRecord, wish: Wish, states: Iterable[State]) -> list[str]:
    """The keys of a part's copies that are meant, may be changed, and are in a state for it."""
    named = None if wish.recipients is None else {address.key for address in wish.recipients}
    return [
        one.address.key
        for one in part.recipients
        if one.state in states
        and (named is None or one.address.key in named)
        and (wish.may is None or wish.may(mail, one))
    ]


def as_written(record: MessageRecord, keys: Iterable[str]) -> list[str]:
    """The addresses of these copies as they were written, in the order of the mail."""
    meant = set(keys)
    return [str(one.address) for one in record.recipients if one.address.key in meant]


def write_line(
    connection: sqlite3.Connection,
    message_id: str,
    wish: Wish,
    word: str,
    recipients: list[str],
    detail: dict[str, Any] | None = None,
) -> None:
    """The audit line of a change."""
    audit.append(
        connection,
        wish.now,
        wish.actor,
        word,
        message_id=message_id,
        recipients=recipients,
        comment=wish.comment,
        detail=detail,
    )


def owe(
    connection: sqlite3.Connection,
    to: str,
    record: MessageRecord,
    wish: Wish,
    kind: NoticeKind,
    recipients: list[str],
    **more: Any,
) -> None:
    """The letter to one person that a change makes necessary."""
    detail = {"actor": wish.actor.address, "comment": wish.comment, "recipients": recipients, **more}
    outbox.owe(connection, kind, to, wish.now, message_id=record.lead, detail=detail)


def senders_of(record: MessageRecord) -> tuple[str, ...]:
    """Who is told what becomes of it: the sender, and whoever sent it from another's mailbox."""
    keys = owners_of(record.sender, record.login)
    shared = record.sender.mailbox is not None and len(keys) > 1
    return (str(record.sender), *(keys[1:2] if shared else ()))


def decision(connection: sqlite3.Connection, mail: MessageRecord, changed: Iterable[str]) -> Decision:
    """What stands in the ledger now, and who decided last."""
    by_key = {one.address.key: one.address for one in mail.recipients}
    now = load_whole(connection, mail.id)
    assert now is not None
    decided = [(one.decided_at, one.decided_by) for one in now.recipients if one.decided_at is not None]
    at, by = max(decided, default=(None, ""), key=lambda pair: pair[0])
    return Decision(tuple(by_key[key] for key in changed), now.state, by, at)
