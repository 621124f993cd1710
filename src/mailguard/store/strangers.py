"""Of the recipients whom a sender never wrote to, and of a greeting that fits nobody: which acquaintances come near.

A look of its own behind the one that every mail takes (store.knowing), since few mails need it. Looked up are keys and
beginnings that policy.asked_people makes of the mail, each by an index; the answer is short. It only reads.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from mailguard.mail.address import Address
from mailguard.mail.facts import Addressee
from mailguard.policy.asked_people import (
    STRANGERS_MAX,
    Lookup,
    greeted_lookup,
    resembles,
    stranger_lookup,
)
from mailguard.policy.case import Acquaintance, Stranger
from mailguard.policy.result import Truth
from mailguard.policy.salutation import Called, fits

#: So many are looked at, and so many are told of one stranger or greeting: the ones most written to.
_LOOKED_AT, _TOLD = 200, 10
#: Of one sender: by whole keys, by what stands before the @, by how keys and names begin.
_LIKE = (
    "SELECT key, name, count FROM correspondent WHERE sender = ?1 AND key IN (SELECT value FROM json_each(?2))"
    " UNION SELECT c.key, c.name, c.count FROM json_each(?3) AS p CROSS JOIN correspondent AS c"
    " ON c.sender = ?1 AND c.key >= p.value || '@' AND c.key < p.value || 'A'"
    " UNION SELECT c.key, c.name, c.count FROM json_each(?4) AS p CROSS JOIN correspondent AS c"
    " ON c.sender = ?1 AND c.key >= p.value AND c.key < p.value || char(1114111)"
    " UNION SELECT c.key, c.name, c.count FROM json_each(?5) AS p CROSS JOIN correspondent AS c"
    " INDEXED BY correspondent_name"
    " ON c.sender = ?1 AND c.name_key <> '' AND c.name_key >= p.value AND c.name_key < p.value || char(1114111)"
    " ORDER BY count DESC, key LIMIT ?6"
)
#: Of anybody here.
_ANYBODY = (
    "SELECT key, max(name) FROM correspondent INDEXED BY correspondent_key"
    " WHERE key IN (SELECT value FROM json_each(?1)) GROUP BY key LIMIT ?2"
)


def strangers_among(
    connection: sqlite3.Connection,
    sender: str,
    recipients: Sequence[Address],
    known: Collection[str],
    shown: Mapping[str, str],
    *,
    surnames: bool,
) -> dict[str, Stranger] | None:
    """Those whom the sender never wrote to, each with whom he may have been taken for; None where there are too many.
    known: keys of those he did write to; shown: display names by key; surnames: the family name is enough.
    """
    keys = sorted({one.key for one in recipients if not one.is_literal}.difference(known, (sender,)))
    if len(keys) > STRANGERS_MAX:
        return None
    if not keys:
        return {}
    asked = stranger_lookup([(key, shown.get(key, "")) for key in keys], surnames=surnames)
    own = [Acquaintance(*row) for row in _people(connection, sender, asked)]
    rows = connection.execute(_ANYBODY, (_list([*keys, *asked.keys]), _LOOKED_AT)).fetchall()
    others = {key: Acquaintance(key, name) for key, name in rows}
    near = [*own, *(others[key] for key in sorted(others.keys() - {one.key for one in own}))]
    return {
        key: Stranger(
            key in others,
            tuple(one for one in near if one.key != key and resembles(key, shown.get(key, ""), one, surnames=surnames))[
                :_TOLD
            ],
        )
        for key in keys
    }


def greeted_by(connection: sqlite3.Connection, sender: str, people: Iterable[Addressee]) -> tuple[Acquaintance, ...]:
    """Whom a greeting may mean, of those the sender wrote to; who was written to most in front."""
    people = tuple(people)
    asked = greeted_lookup(people)
    if not people or asked == Lookup():
        return ()
    found = [Acquaintance(*row) for row in _people(connection, sender, asked)]
    return tuple(one for one in found if any(_means(named, one) for named in people))[:_TOLD]


def _means(named: Addressee, one: Acquaintance) -> bool:
    local, _, domain = one.key.rpartition("@")
    return fits(named, Called((one.name,) if one.name else (), local, domain)) is Truth.YES


def _people(connection: sqlite3.Connection, sender: str, asked: Lookup) -> list[Any]:
    values = (sender, *map(_list, (asked.keys, asked.mailboxes, asked.starts, asked.names)), _LOOKED_AT)
    return connection.execute(_LIKE, values).fetchall()


def _list(items: Iterable[str]) -> str:
    return json.dumps(list(items), ensure_ascii=False)
