"""A late part of a mail that a cloud handed over in several transactions: which mail it belongs to, and what it takes
over of what was decided about the parts before it (docs/states.md).

Both are decided in the transaction that takes the part in, by the one writer, so that a decision and a part that come
in the same moment follow one another. Every part was judged by itself before; here a copy only ever waits with the
others, is stopped with them, or goes by a decision that a person made about the same content, the same rules and the
same questions. In doubt it stands by itself and people are asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from mailguard.mail.actor import HOUSE
from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.verdict import Disposition
from mailguard.store import audit, outbox
from mailguard.store.absences import passed_on
from mailguard.store.changes import change, settle
from mailguard.store.entry import TOLD, Entry, insert, teaches
from mailguard.store.parts import family, lead_of
from mailguard.store.questions import Heard
from mailguard.store.records import Asked, MessageRecord, RecipientRecord
from mailguard.store.rows import load, load_copies, to_micro, to_text

#: A part that comes later than so long after the one before it is a mail of its own.
WINDOW = timedelta(seconds=60)
#: Parts of one mail; more are mails of their own. Also how many mails of one Message-ID are looked at.
PARTS_MAX = 50
_NOT_SENT = frozenset({State.CANCELLED, State.REJECTED, State.EXPIRED})
_ALIVE = frozenset({State.QUEUED, State.RELAYED, State.BOUNCED})

Fate = Literal["alone", "waits", "frozen", "stopped", "released"]


@dataclass(frozen=True, slots=True)
class Joined:
    """What becomes of a late part. by: the copy whose decision it takes over, where it takes one over."""

    fate: Fate
    by: RecipientRecord | None = None


def enter(connection: sqlite3.Connection, entry: Entry, now: datetime) -> MessageRecord:
    """Take a mail in, as a part of another if it is one; absences of this moment are seen to. Returns it as it stands
    in the ledger then.
    """
    entry = replace(entry, record=passed_on(connection, entry.record, now))
    numbers = _family(connection, entry)
    if not numbers:
        insert(connection, entry, now)
        return entry.record
    copies = [copy for some in load_copies(connection, numbers).values() for copy in some]
    events = _events(connection, numbers)
    joined = fate(copies, events, entry.record, same_policy=_same_policy(connection, numbers, entry.record))
    parts = _ids(connection, numbers)
    record = replace(_fitted(entry.record, copies, joined), parts=(*parts, entry.record.id))
    heard = _heard(connection, numbers, copies, record, joined)
    number = insert(connection, replace(entry, record=record), now, heard)
    _link(connection, numbers, number)
    _carry_over(connection, number, record, joined, now)
    return load(connection, [number])[0]


def fate(
    copies: Sequence[RecipientRecord], events: Mapping[str, str], late: MessageRecord, *, same_policy: bool
) -> Joined:
    """What a late part takes over from the copies of the parts before it. events: what happened last, by key. Pure."""
    held = [copy for copy in copies if copy.state is State.HELD]
    frozen = [copy for copy in held if copy.frozen_by]
    if held:
        return Joined("frozen", frozen[0]) if frozen else Joined("waits")
    ended = [copy for copy in copies if copy.state in _NOT_SENT]
    alive = [copy for copy in copies if copy.state in _ALIVE]
    out = [copy for copy in alive if copy.disposition > Disposition.DELIVER]
    # Who was taken off was meant; the mail as a whole was not stopped as long as others got it.
    stopping = [copy for copy in ended if not alive or events.get(copy.address.key) != Event.REMOVE]
    if stopping and not out:
        return Joined("stopped", max(stopping, key=lambda copy: copy.decided_at or late.received_at))
    by_people = [copy for copy in out if copy.decided_by not in ("", HOUSE.address)]
    waiting = [copy for copy in late.recipients if copy.state is State.HELD]
    if stopping or not out or by_people != out or not same_policy or not waiting:
        return Joined("alone")
    fitting = [next((one for one in out if covers(one, copy, late)), None) for copy in waiting]
    return Joined("alone") if None in fitting else Joined("released", fitting[0])


def covers(decided: RecipientRecord, copy: RecipientRecord, late: MessageRecord) -> bool:
    """Whether what a person decided about one copy also answers what is asked about another of the same content."""
    if not set(copy.rules) <= set(decided.rules) or copy.disposition > decided.disposition:
        return False
    if copy.recipe != decided.recipe:  # a file was taken out, say: it was decided about another mail
        return False
    if copy.disposition is not Disposition.APPROVE:
        return True
    # Whoever approves is not the one who sends: a recipient that he could not see, he has not approved.
    same = [_question(ask) for ask in copy.asks] == [_question(ask) for ask in decided.asks]
    return same and copy.urgent == decided.urgent and copy.address.key in shown(late)


def _family(connection: sqlite3.Connection, entry: Entry) -> list[int]:
    """The parts that a message joins; none if it is a mail of its own.

    The same content from the same sender and login under one Message-ID, close to the latest part, and to nobody who
    is a recipient already: who gets it twice was sent it twice.
    """
    record, content = entry.record, entry.content
    if content is None or not teaches(record) or not record.message_id_header:
        return []
    assert record.sender.mailbox is not None
    rows = connection.execute(
        "SELECT number FROM (SELECT number, sender_key, login, received_at, content FROM message"
        " WHERE teaches = 1 AND message_id_header <> '' AND message_id_header = ?1 ORDER BY number DESC LIMIT ?2)"
        " WHERE sender_key = ?3 AND login IS ?4 AND content = ?5 AND abs(received_at - ?6) <= ?7",
        (
            record.message_id_header,
            PARTS_MAX,
            record.sender.mailbox.key,
            record.login,
            content,
            to_micro(record.received_at),
            WINDOW // timedelta(microseconds=1),
        ),
    ).fetchall()
    keys, seen = to_text([copy.address.key for copy in record.recipients]), set[int]()
    for (number,) in rows:
        numbers = family(connection, number)
        if number in seen or len(numbers) >= PARTS_MAX:
            continue
        seen.update(numbers)
        twice = connection.execute(
            "SELECT 1 FROM recipient WHERE message IN (SELECT value FROM json_each(?))"
            " AND key IN (SELECT value FROM json_each(?)) LIMIT 1",
            (to_text(numbers), keys),
        ).fetchone()
        if twice is None:
            return numbers
    return []


def _events(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[str, str]:
    sql = "SELECT key, event FROM recipient WHERE message IN (SELECT value FROM json_each(?))"
    return dict(connection.execute(sql, (to_text(list(numbers)),)).fetchall())


def _ids(connection: sqlite3.Connection, numbers: Sequence[int]) -> tuple[str, ...]:
    sql = "SELECT id FROM message WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number"
    return tuple(row[0] for row in connection.execute(sql, (to_text(list(numbers)),)))


def _same_policy(connection: sqlite3.Connection, numbers: Sequence[int], late: MessageRecord) -> bool:
    """A rule of the same name may ask something else after a reload."""
    sql = "SELECT DISTINCT verdict ->> '$.policy' FROM message WHERE number IN (SELECT value FROM json_each(?))"
    return {row[0] for row in connection.execute(sql, (to_text(list(numbers)),))} == {late.verdict.policy}


def _fitted(late: MessageRecord, copies: Sequence[RecipientRecord], joined: Joined) -> MessageRecord:
    """The part as it enters: it waits as long as the others do; what is stopped is nobody's to send."""
    if joined.fate == "waits":
        held = [copy for copy in copies if copy.state is State.HELD]
        return replace(late, recipients=tuple(_in_step(copy, held, late) for copy in late.recipients))
    if joined.fate in ("stopped", "frozen"):
        due = late.received_at
        return replace(
            late,
            recipients=tuple(replace(one, leased=False, due_at=due) if one.leased else one for one in late.recipients),
        )
    return late


def _in_step(copy: RecipientRecord, held: Sequence[RecipientRecord], late: MessageRecord) -> RecipientRecord:
    """With the clock of a copy that waits for the same, and the voices that were given to the same question."""
    same = [one for one in held if (one.disposition, one.expire_action) == (copy.disposition, copy.expire_action)]
    if copy.state is not State.HELD or not same:
        return copy
    asked = {_question(ask): ask for one in same for ask in one.asks}
    fitting = next((one for one in same if covers(one, copy, late)), None)
    return replace(
        copy,
        expires_at=same[0].expires_at,
        asks=tuple(asked.get(_question(ask), ask) for ask in copy.asks),
        approvals=fitting.approvals if fitting else (),
    )


def _heard(
    connection: sqlite3.Connection,
    numbers: Sequence[int],
    copies: Sequence[RecipientRecord],
    late: MessageRecord,
    joined: Joined,
) -> Heard:
    """Whom a late part gives nothing new to read. A rule that the others did not have is told, to all who are asked."""
    sql = "SELECT DISTINCT rule FROM rule_hit WHERE message IN (SELECT value FROM json_each(?))"
    rules = frozenset(row[0] for row in connection.execute(sql, (to_text(list(numbers)),)))
    told = [copy for copy in copies if copy.disposition in TOLD]
    if joined.fate in ("stopped", "released"):
        return Heard(rules=rules, nothing=True)
    if joined.fate == "alone":
        return Heard(rules=rules, further=bool(told))
    waiting = [copy for copy in told if copy.state is State.HELD]
    known = {rule for copy in waiting for rule in copy.rules}
    asking = [copy for copy in late.recipients if copy.state is State.HELD and copy.disposition in TOLD]
    stricter = max((copy.disposition for copy in asking), default=Disposition.DELIVER) > max(
        (copy.disposition for copy in waiting), default=Disposition.DELIVER
    )
    new = stricter or any(not set(copy.rules) <= known for copy in asking)
    if new:
        return Heard(
            sender=bool(waiting) and outbox.is_owed(connection, "held", str(late.sender), late.lead),
            rules=rules,
            further=bool(waiting),
        )
    if any(copy.disposition is Disposition.APPROVE and copy.address.key not in shown(late) for copy in asking):
        # Who only looked at the parts before could not see him, and must not say yes to him unseen.
        return Heard(sender=bool(waiting), rules=rules, further=bool(waiting))
    asked = {_question(ask) for copy in waiting for ask in copy.asks}
    again = [ask for copy in asking for ask in copy.asks if _question(ask) in asked]
    people = {person for ask in again for person in ask.people}
    if len(again) == sum(len(copy.asks) for copy in asking):
        people.add("")  # the administrators, if they were needed, were asked as well
    return Heard(sender=bool(waiting), people=frozenset(people), rules=rules)


def _link(connection: sqlite3.Connection, numbers: Sequence[int], number: int) -> None:
    rows = [(one, numbers[0]) for one in (*numbers, number)]
    connection.executemany("INSERT OR IGNORE INTO part (message, first) VALUES (?, ?)", rows)


def _carry_over(
    connection: sqlite3.Connection, number: int, record: MessageRecord, joined: Joined, now: datetime
) -> None:
    """Let happen to the copies of a late part what was decided before, with a line that says whose decision it was."""
    by = joined.by
    if by is None:
        given = {copy.address.key: copy.approvals for copy in record.recipients if copy.approvals}
        for key, approvals in given.items():
            sql = "UPDATE recipient SET approvals = ? WHERE message = ? AND key = ?"
            connection.execute(sql, (to_text(approvals), number, key))
        return
    decided = {"decided_by": by.decided_by, "decided_at": to_micro(now), "frozen_by": ""}
    until = None if by.expires_at is None else to_micro(by.expires_at)
    happening: dict[str, tuple[Event, dict[str, Any]]] = {
        "stopped": (Event.CANCEL, {"due_at": None, **decided}),
        "released": (Event.RELEASE, {"due_at": to_micro(now), **decided}),
        "frozen": (Event.HOLD, {"due_at": until, "expire_action": "return", "frozen_by": by.frozen_by}),
    }
    event, values = happening[joined.fate]
    _happen(connection, number, record, event, values, by, now)


def _happen(
    connection: sqlite3.Connection,
    number: int,
    record: MessageRecord,
    event: Event,
    values: Mapping[str, Any],
    by: RecipientRecord,
    now: datetime,
) -> None:
    keys = [copy.address.key for copy in record.recipients]
    changed = set(change(connection, number, event, keys, now, values))
    if changed:
        recipients = [str(copy.address) for copy in record.recipients if copy.address.key in changed]
        detail = {"joined": lead_of(connection, number), "by": by.frozen_by or by.decided_by}
        audit.append(connection, now, HOUSE, str(event), message_id=record.id, recipients=recipients, detail=detail)
        settle(connection, number, now)


def _question(ask: Asked) -> tuple[object, ...]:
    """A question without its times: they count from the receipt of each part."""
    return (ask.approvers, ask.quorum, ask.delegates, ask.escalate_to)


def shown(record: MessageRecord) -> frozenset[str]:
    """Keys of everybody whom To and Cc name; all parts have the same."""
    return frozenset(_keys(one.address for one in (*record.facts.headers.to, *record.facts.headers.cc)))


def _keys(addresses: Iterable[str]) -> Iterable[str]:
    for text in addresses:
        try:
            yield parse_address(text).key
        except AddressError:
            continue
