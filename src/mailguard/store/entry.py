"""How a message enters the ledger: all its rows, its first audit line and its notices, inside the caller's transaction.

It trusts the record it is given (store.fresh); nothing is judged here.
"""

from __future__ import annotations

import sqlite3
from dataclasses import field
from datetime import datetime
from typing import Any

from mailguard.mail.actor import HOUSE, Actor
from mailguard.mail.alteration import Change
from mailguard.mail.facts_json import facts_to_kept
from mailguard.mail.lifecycle import State
from mailguard.mail.values import value
from mailguard.mail.verdict import Disposition
from mailguard.policy.verdict_json import verdict_to_kept
from mailguard.store import audit, many, recipes
from mailguard.store.lessons import insert_lessons
from mailguard.store.lookups import insert_lookups
from mailguard.store.questions import HEARD_NOTHING, Heard, first_nudge, owe_questions
from mailguard.store.records import MessageRecord, RecipientRecord
from mailguard.store.rows import asks_to_text, clean, to_micro, to_text
from mailguard.store.sealed import Seal, insert_key
from mailguard.store.taught import confirmed
from mailguard.store.tellings import owe_hits

MESSAGE_COLUMNS = (
    "id, kind, state, sender, sender_key, sender_domain, login, client_ip, received_at, body, told, teaches, "
    "about, size, sha256, smtputf8, body_8bit, subject, from_header, message_id_header, refs, prefix, facts, "
    "verdict, circumstances, content, ret, envid"
)
_INSERT_MESSAGE = f"INSERT INTO message ({MESSAGE_COLUMNS}) VALUES ({', '.join('?' * 28)})"  # noqa: S608
COPY_COLUMNS = (
    "key, position, address, domain, external, disposition, state, event, due_at, lease, expire_action, asks,"
    " nudge_at, urgent, approvals, attempts, last_text, decided_by, frozen_by, rules, notify, orcpt, way, recipe, added"
)
INSERT_COPIES = f"INSERT INTO recipient (message, {COPY_COLUMNS})"
#: Holds that people are told about at once; a delay is silent.
TOLD = frozenset({Disposition.CONFIRM, Disposition.APPROVE})


@value(frozen=True, slots=True)
class Entry:
    """A record to be entered. octets: a small body, None if it lies in a file; lease: who holds the due copies.

    circumstances: what the judge knew besides (policy.case_json), "" if nobody judged or it is not recorded.
    changes: its alterations for the history. content: what tells its content from others (mail.same), None if nobody
    asks. text: the piece of its text that is searched (`searched_text`). handed_in: what it is known again by when it
    comes once more (store.resent), None: it never is. seal: of a body that is sealed. lesson: what it teaches
    (store.lessons), empty: nothing.
    """

    record: MessageRecord
    octets: bytes | None = field(repr=False)
    actor: Actor
    lease: str | None = None
    circumstances: str = ""
    changes: tuple[Change, ...] = ()
    content: bytes | None = None
    text: str = ""
    handed_in: bytes | None = None
    seal: Seal | None = None
    lesson: bytes = field(default=b"", repr=False)


def insert(connection: sqlite3.Connection, entry: Entry, now: datetime, heard: Heard = HEARD_NOTHING) -> int:
    """All rows of a message. heard: what people know already, for a part of a mail. Returns its row number."""
    record = entry.record
    told = is_told(record) and not heard.nothing
    number = connection.execute(_INSERT_MESSAGE, message_row(entry, told=told)).lastrowid
    assert number is not None
    if entry.octets is not None:
        connection.execute("INSERT INTO body (message, octets) VALUES (?, ?)", (number, entry.octets))
    if entry.seal is not None:
        insert_key(connection, number, entry.seal)
    if entry.lesson:
        insert_lessons(connection, [(number, entry.lesson)])
        if record.verdict.confirmed:
            confirmed(connection, number, record.verdict, now)
    numbers = recipes.numbered(one.recipe for one in record.recipients)
    recipes.insert(connection, number, numbers)
    copies = [
        (number, *copy_row(position, one, entry.lease, numbers.get(one.recipe or ())))
        for position, one in enumerate(record.recipients)
    ]
    many.run(connection, INSERT_COPIES, copies)
    if record.kind == "mail":
        insert_lookups(connection, number, record, entry.text, entry.seal)
    _first_line(connection, entry, now)
    recipes.write_lines(connection, now, HOUSE, record.id, entry.changes)
    if told:
        owe_questions(connection, record, now, heard)
    owe_hits(connection, record, now, heard.rules)
    return number


def teaches(record: MessageRecord) -> bool:
    """Whether people wrote it: history learns from it, and it can be a part of a mail."""
    facts = record.facts
    by_people = facts.kind == "ordinary" and not facts.auto_generated
    return record.kind == "mail" and record.sender.mailbox is not None and by_people


def message_row(entry: Entry, *, told: bool) -> tuple[Any, ...]:
    """The values of MESSAGE_COLUMNS."""
    record, sender = entry.record, entry.record.sender.mailbox
    return (
        record.id,
        record.kind,
        str(record.state),
        str(record.sender),
        "" if sender is None else sender.key,
        "" if sender is None else sender.ascii_domain,
        None if record.login is None else clean(record.login),
        record.client_ip,
        to_micro(record.received_at),
        "file" if entry.octets is None else "row",
        int(told),
        int(teaches(record)),
        record.about,
        record.size,
        record.sha256,
        int(record.smtputf8),
        int(record.body_8bit),
        record.subject,
        record.from_header,
        record.message_id_header,
        to_text(record.references),
        record.prefix,
        to_text(facts_to_kept(record.facts)),
        to_text(verdict_to_kept(record.verdict)),
        entry.circumstances,
        entry.content,
        record.reports.ret,
        record.reports.envid,
    )


def copy_row(position: int, one: RecipientRecord, lease: str | None, recipe: int | None) -> tuple[Any, ...]:
    """The values of COPY_COLUMNS. A copy begins untried, and nobody has said a word."""
    due = one.expires_at if one.state is State.HELD else one.due_at
    return (
        one.address.key,
        position,
        str(one.address),
        one.address.ascii_domain,
        int(one.external),
        int(one.disposition),
        str(one.state),
        "accept",
        None if due is None else to_micro(due),
        lease if one.leased else None,
        one.expire_action,
        asks_to_text(one.asks) if one.asks else "[]",
        None if not one.asks or (nudge := first_nudge(one.asks)) is None else to_micro(nudge),
        int(one.urgent),
        "[]",
        0,
        "",
        "",
        "",
        to_text(one.rules) if one.rules else "[]",
        one.reports.notify,
        one.reports.orcpt,
        one.way,
        recipe,
        int(one.added),
    )


def _first_line(connection: sqlite3.Connection, entry: Entry, now: datetime) -> None:
    audit.append_all(connection, [first_line(entry, now)])
    if entry.record.verdict.confirmed:
        rules = {"rules": list(entry.record.verdict.confirmed)}
        audit.append(connection, now, entry.actor, "challenge_confirmed", message_id=entry.record.id, detail=rules)


def first_line(entry: Entry, now: datetime) -> audit.Line:
    """What the history begins with."""
    record = entry.record
    detail: dict[str, Any] = {"sender": str(record.sender), "size": record.size, "sha256": record.sha256}
    if record.kind == "mail":
        detail |= {
            "disposition": record.verdict.disposition.word,
            "policy": record.verdict.policy,
            "rules": [hit.rule for hit in record.verdict.hits],
            "client": record.client_ip,
        }
    if record.about is not None:
        detail["about"] = record.about
    recipients = [str(one.address) for one in record.recipients]
    return audit.line(now, entry.actor, "accept", record.id, recipients, detail=detail)


def is_told(record: MessageRecord) -> bool:
    """Whether people are told at once that it is held."""
    for one in record.recipients:  # noqa: SIM110 - asked of each mail: any() takes longer
        if one.state is State.HELD and one.disposition in TOLD:
            return True
    return False
