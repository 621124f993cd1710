"""Between rows and records: times, lists, and a message with its recipients read back. Pure reading; no decisions.

Times are microseconds since 1970 UTC: exact, sortable, and no text format to agree on.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mailguard.mail.address import NULL_PATH, Address, ReversePath
from mailguard.mail.alteration import Recipe
from mailguard.mail.alteration_json import recipe_from_json
from mailguard.mail.compact import compact
from mailguard.mail.facts_json import facts_from_json
from mailguard.mail.lifecycle import State
from mailguard.mail.reports import ASKED_NOTHING, CopyReports, MailReports
from mailguard.mail.verdict import Disposition
from mailguard.policy.verdict_json import verdict_from_json
from mailguard.store.records import Asked, MessageRecord, Paused, RecipientRecord

#: A text as the encoder writes it.
_quoted = json.encoder.encode_basestring
#: Lone surrogates, which UTF-8 has no octets for, and NUL, where C ends a text.
_UNFIT = re.compile("[\0\ud800-\udfff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_MESSAGE = (
    "number, id, kind, sender, login, client_ip, received_at, subject, from_header, message_id_header, refs, size,"
    " sha256, smtputf8, body_8bit, prefix, facts, verdict, about, body, ret, envid"
)
_RECIPIENT = (
    "message, address, external, state, disposition, due_at, expire_action, asks, approvals, attempts,"
    " last_code, last_text, decided_by, decided_at, rules, frozen_by, lease, urgent, urgent_at, recipe, added, paused,"
    " notify, orcpt, tried_at, mta, way"
)


def to_micro(moment: datetime) -> int:
    """An aware time to microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def to_moment(micro: int) -> datetime:
    """Microseconds since 1970 to an aware time in UTC."""
    return _EPOCH + timedelta(microseconds=micro)


def to_moment_or_none(micro: int | None) -> datetime | None:
    """The same for a column that may be NULL."""
    return None if micro is None else to_moment(micro)


def clean(text: str) -> str:
    """Text that SQLite can keep: lone surrogates, which broken mail decodes to, and NUL become U+FFFD."""
    return text if text.isascii() and "\0" not in text else _UNFIT.sub("\ufffd", text)


def to_text(value: object) -> str:
    """A JSON text for a column."""
    if not value and isinstance(value, (list, tuple)):
        return "[]"  # most columns of most mails
    return clean(compact(value))


def texts_to_text(texts: Iterable[str]) -> str:
    """`to_text` of a list of texts, in half the time."""
    return clean(f"[{','.join(map(_quoted, texts))}]")


def address_of(text: str) -> Address:
    """An address from its column: it was parsed strictly when it came in, so it is only taken apart here."""
    local, _, domain = text.rpartition("@")
    return Address(local, domain)


def path_of(text: str) -> ReversePath:
    """A reverse-path from its column."""
    return ReversePath(address_of(text)) if text else NULL_PATH


def load(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[MessageRecord]:
    """The messages of these row numbers, in the order of the numbers given; those that are gone are left out."""
    wanted, copies = json.dumps(list(numbers)), load_copies(connection, numbers)
    parts = _parts(connection, wanted)
    found = {
        row[0]: _message(row, copies.get(row[0], ()), parts.get(row[0], ()))
        for row in connection.execute(
            f"SELECT {_MESSAGE} FROM message WHERE number IN (SELECT value FROM json_each(?))",  # noqa: S608
            (wanted,),
        )
    }
    return [found[number] for number in numbers if number in found]


def load_copies(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, list[RecipientRecord]]:
    """The copies alone, by row number of their message."""
    wanted = json.dumps(list(numbers))
    copies: dict[int, list[RecipientRecord]] = {}
    rows = connection.execute(
        f"SELECT {_RECIPIENT} FROM recipient WHERE message IN (SELECT value FROM json_each(?))"  # noqa: S608
        " ORDER BY message, position",
        (wanted,),
    ).fetchall()
    recipes = _recipes(connection, wanted) if any(row[19] is not None for row in rows) else {}
    for row in rows:
        copies.setdefault(row[0], []).append(_recipient(row, recipes))
    return copies


def load_by_id(connection: sqlite3.Connection, message_id: str) -> MessageRecord | None:
    """One message by its id."""
    number = number_of(connection, message_id)
    return next(iter(load(connection, [number])), None) if number is not None else None


def number_of(connection: sqlite3.Connection, message_id: str) -> int | None:
    """The row number of a message."""
    row = connection.execute("SELECT number FROM message WHERE id = ?", (message_id,)).fetchone()
    return None if row is None else int(row[0])


def _parts(connection: sqlite3.Connection, wanted: str) -> dict[int, tuple[str, ...]]:
    """The ids of all parts of the mails that came in several transactions, by row number of each."""
    rows = connection.execute(
        "SELECT p.message, m.id FROM part p JOIN part q ON q.first = p.first JOIN message m ON m.number = q.message"
        " WHERE p.message IN (SELECT value FROM json_each(?)) ORDER BY p.message, q.message",
        (wanted,),
    )
    found: dict[int, tuple[str, ...]] = {}
    for number, message_id in rows:
        found[number] = (*found.get(number, ()), message_id)
    return found


def _message(row: tuple[Any, ...], recipients: Iterable[RecipientRecord], parts: tuple[str, ...]) -> MessageRecord:
    return MessageRecord(
        id=row[1],
        kind=row[2],
        sender=path_of(row[3]),
        login=row[4],
        client_ip=row[5],
        received_at=to_moment(row[6]),
        subject=row[7],
        from_header=row[8],
        message_id_header=row[9],
        references=tuple(json.loads(row[10])),
        size=row[11],
        sha256=row[12],
        smtputf8=bool(row[13]),
        body_8bit=bool(row[14]),
        prefix=row[15],
        facts=facts_from_json(json.loads(row[16])),
        verdict=verdict_from_json(json.loads(row[17])),
        recipients=tuple(recipients),
        about=row[18],
        has_body=row[19] != "gone",
        parts=parts,
        reports=MailReports(row[20], row[21]),
    )


def _recipes(connection: sqlite3.Connection, wanted: str) -> dict[tuple[int, int], Recipe | None]:
    """By message and number; None for one that cannot be read."""
    found: dict[tuple[int, int], Recipe | None] = {}
    sql = "SELECT message, number, alterations FROM recipe WHERE message IN (SELECT value FROM json_each(?))"
    for message, number, text in connection.execute(sql, (wanted,)):
        try:
            found[message, number] = recipe_from_json(json.loads(text))
        except ValueError:
            found[message, number] = None
    return found


def _recipient(row: tuple[Any, ...], recipes: Mapping[tuple[int, int], Recipe | None]) -> RecipientRecord:
    state = State(row[3])
    due = to_moment_or_none(row[5])
    return RecipientRecord(
        address=address_of(row[1]),
        external=bool(row[2]),
        state=state,
        disposition=Disposition(row[4]),
        due_at=due if state is State.QUEUED else None,
        expires_at=due if state is State.HELD else None,
        expire_action=row[6],
        asks=asks_of(row[7]),
        approvals=tuple(json.loads(row[8])),
        attempts=row[9],
        last_code=row[10],
        last_text=row[11],
        decided_by=row[12],
        decided_at=to_moment_or_none(row[13]),
        rules=tuple(json.loads(row[14])),
        frozen_by=row[15],
        leased=row[16] is not None,
        urgent=bool(row[17]),
        urgent_at=to_moment_or_none(row[18]),
        recipe=() if row[19] is None else recipes.get((row[0], row[19])),
        added=bool(row[20]),
        paused=paused_of(row[21]),
        reports=CopyReports(row[22], row[23]) if row[22] or row[23] else ASKED_NOTHING,
        tried_at=to_moment_or_none(row[24]),
        mta=row[25],
        way=row[26],
    )


def asks_to_text(asks: Iterable[Asked]) -> str:
    """The questions of a copy for their column."""
    return to_text(
        [
            {
                "approvers": ask.approvers,
                "quorum": ask.quorum,
                "delegates": dict(ask.delegates),
                "remind_at": None if ask.remind_at is None else to_micro(ask.remind_at),
                "escalate_at": None if ask.escalate_at is None else to_micro(ask.escalate_at),
                "escalate_to": ask.escalate_to,
                "absent": ask.absent,
            }
            for ask in asks
        ]
    )


def asks_of(text: str) -> tuple[Asked, ...]:
    """The questions of a copy from their column; older rows have approvers and quorum only."""
    return () if text == "[]" else tuple(map(_asked, json.loads(text)))


def _asked(value: dict[str, Any]) -> Asked:
    return Asked(
        approvers=tuple(value["approvers"]),
        quorum=value["quorum"],
        delegates=tuple((one, tuple(people)) for one, people in value.get("delegates", {}).items()),
        remind_at=to_moment_or_none(value.get("remind_at")),
        escalate_at=to_moment_or_none(value.get("escalate_at")),
        escalate_to=tuple(value.get("escalate_to", ())),
        absent=tuple(value.get("absent", ())),
    )


def paused_to_text(paused: Paused) -> str:
    """A stopped clock for its column."""
    due = None if paused.due is None else to_micro(paused.due)
    return to_text({"at": to_micro(paused.at), "due": due, "action": paused.action})


def paused_of(text: str) -> Paused | None:
    """A stopped clock from its column, where '' says that none stands."""
    if not text:
        return None
    value = json.loads(text)
    return Paused(to_moment(value["at"]), to_moment_or_none(value["due"]), value["action"])
