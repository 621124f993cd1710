"""What is remembered of the people a person writes to: when last, under which name, and who together; and who took part
in a thread.

Learned only from copies that went out, inside the caller's transaction, so that it costs no commit of its own. Bounded:
so many people and circles for each sender, the longest unused go first, and none outlives the ledger's metadata. A mail
to very many teaches nothing about each of them. It reads back what asks for it and decides nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.lifecycle import State
from mailguard.policy.names import name_key
from mailguard.store import many
from mailguard.store.parts import SIBLINGS
from mailguard.store.rows import clean, to_micro

#: Recipients of one mail of whom each is remembered, and members of a circle.
TOGETHER_MAX, _CIRCLE_MAX = 100, 20
#: People and circles kept for each sender.
PEOPLE_MAX, CIRCLES_MAX = 2000, 300
#: A habit begins with so many mails.
HABIT = 3
_NAME_MAX = 100
#: Mails of one thread that are looked at.
_THREAD_MAX = 100
#: Senders of whom too much is forgotten in one transaction: the door never waits long.
_BATCH = 20
_WENT = (State.RELAYED, State.QUEUED)
INSERT_PEOPLE = "INSERT INTO correspondent (sender, key, name, name_key, count, last_at)"
COUNT_PEOPLE = (
    "ON CONFLICT (sender, key) DO UPDATE SET count = count + 1, last_at = excluded.last_at,"
    " name = CASE WHEN excluded.name = '' THEN name ELSE excluded.name END,"
    " name_key = CASE WHEN excluded.name = '' THEN name_key ELSE excluded.name_key END"
)
INSERT_CIRCLE = "INSERT INTO circle (sender, members, count, last_at, last_id)"
COUNT_CIRCLE = (
    "ON CONFLICT (sender, members) DO UPDATE SET count = count + (last_id <> excluded.last_id OR last_id = ''),"
    " last_at = excluded.last_at, last_id = excluded.last_id"
)
_HEADERS = (
    "SELECT facts ->> '$.headers.to', facts ->> '$.headers.cc', facts ->> '$.judge.headers.names.to',"
    " facts ->> '$.judge.headers.names.cc', message_id_header FROM message WHERE number = ?"
)


def learn_people(
    connection: sqlite3.Connection, number: int, sender: str, relayed: Collection[Address], state: State, now: datetime
) -> None:
    """Remember the copies of a mail that just went out. sender: its key; state: that of the mail after this try."""
    if len(relayed) > TOGETHER_MAX:
        return
    to, cc, to_names, cc_names, message_id = connection.execute(_HEADERS, (number,)).fetchone()
    names = {**_names(cc, cc_names), **_names(to, to_names)}
    many.run(connection, INSERT_PEOPLE, people_rows(sender, relayed, names, to_micro(now)), COUNT_PEOPLE)
    if state is State.RELAYED:
        _learn_circle(connection, number, sender, names, message_id, now)


def people_rows(
    sender: str, relayed: Iterable[Address], names: dict[str, str], micro: int
) -> list[tuple[str, str, str, str, int, int]]:
    """Rows of INSERT_PEOPLE. names: by key, as the mail shows them (`shown_names`)."""
    called = ((one.key, names.get(one.key, "")) for one in relayed)
    return [(sender, key, name, clean(name_key(name)) if name else "", 1, micro) for key, name in called]


def circle_row(sender: str, members: Collection[str], micro: int, message_id: str) -> tuple[str, str, int, int, str]:
    """A row of INSERT_CIRCLE."""
    return sender, members_text(members), 1, micro, message_id


def members_text(members: Iterable[str]) -> str:
    """As a row has them."""
    return json.dumps(sorted(members), ensure_ascii=False)


def is_circle(members: Collection[str]) -> bool:
    """Whether so many people are remembered as belonging together."""
    return 2 <= len(members) <= _CIRCLE_MAX


def _learn_circle(
    connection: sqlite3.Connection, number: int, sender: str, shown: Iterable[str], message_id: str, now: datetime
) -> None:
    """Count the people of a mail that is out as a whole: whom it shows and whom it went to, without those taken off."""
    members = _took_part(connection, number, shown) - {sender}
    if is_circle(members):
        many.run(connection, INSERT_CIRCLE, [circle_row(sender, members, to_micro(now), message_id)], COUNT_CIRCLE)


def _took_part(connection: sqlite3.Connection, number: int, shown: Iterable[str]) -> set[str]:
    """Keys of those who got a mail or are shown in it: not of those whose copy was taken off or came back."""
    sql = f"SELECT key, state FROM recipient WHERE message = ?1 OR message IN ({SIBLINGS})"  # noqa: S608
    rows = connection.execute(sql, (number,)).fetchall()
    went = {key for key, state in rows if state in _WENT}
    return went | (set(shown) - {key for key, _ in rows}) if went else set()


def participants(connection: sqlite3.Connection, message_ids: Sequence[str]) -> frozenset[str]:
    """Keys of everybody who wrote, got or saw one of these mails. Empty if none of them went through here."""
    if not message_ids:
        return frozenset()
    rows = connection.execute(
        "SELECT number, sender_key FROM message WHERE teaches = 1 AND message_id_header <> ''"
        " AND message_id_header IN (SELECT value FROM json_each(?)) ORDER BY number DESC LIMIT ?",
        (_list(map(clean, message_ids)), _THREAD_MAX),
    ).fetchall()
    found: set[str] = set()
    for number, sender in rows:
        to, cc, *_ = connection.execute(_HEADERS, (number,)).fetchone()
        if took_part := _took_part(connection, number, {**_names(to, None), **_names(cc, None)}):
            found |= took_part | {sender}
    return frozenset(found)


def forget_people(connection: sqlite3.Connection, after: str, older: datetime) -> str:
    """Forget, for some senders behind `after`, what is too old or too much. Returns the last one looked at, "" at the
    end.
    """
    sender = after
    for _ in range(_BATCH):
        row = connection.execute("SELECT min(sender) FROM correspondent WHERE sender > ?", (sender,)).fetchone()
        if row[0] is None:
            return ""
        sender = row[0]
        for table, column, most in (("correspondent", "key", PEOPLE_MAX), ("circle", "members", CIRCLES_MAX)):
            connection.execute(
                f"DELETE FROM {table} WHERE sender = ?1 AND (last_at < ?2 OR {column} IN (SELECT {column} FROM {table}"  # noqa: S608
                " WHERE sender = ?1 ORDER BY last_at DESC LIMIT -1 OFFSET ?3))",
                (sender, to_micro(older), most),
            )
    return sender


def _names(addresses: str | None, names: str | None) -> dict[str, str]:
    """The keys that a field shows, with their display names, out of a row's facts."""
    return shown_names(json.loads(addresses or "[]"), json.loads(names or "[]"))


def shown_names(listed: Sequence[Any], called: Sequence[Any]) -> dict[str, str]:
    """The keys of addresses, with their display names. What is no address is left out."""
    found: dict[str, str] = {}
    for index, address in enumerate(listed[:TOGETHER_MAX]):
        key = _key_of(str(address))
        if not key:
            continue
        name = str(called[index]) if index < len(called) else ""
        found[key] = "" if "@" in name else name[:_NAME_MAX]
    return found


@lru_cache(maxsize=4096)  # people write to the same people
def _key_of(address: str) -> str:
    """The key of an address, "" for what is none."""
    try:
        return parse_address(address).key
    except AddressError:
        return ""


def _list(items: Iterable[str]) -> str:
    return json.dumps(list(items), ensure_ascii=False)
