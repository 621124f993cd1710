"""A choice about a held mail in one transaction: recipients off, what the others get altered, and then the decision.

All of it or nothing: whatever cannot be done raises, and the savepoint takes the rest back. Voices that were given for
what the mail was before are void, and whoever gave them is asked again. The octets at rest are never touched: an
alteration is a recipe of the copy, proved before it comes here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from mailguard.mail.alteration import Change, Recipe
from mailguard.mail.lifecycle import State
from mailguard.store import deciding, recipes
from mailguard.store.changes import settle
from mailguard.store.records import Decision, MessageRecord
from mailguard.store.rows import to_text
from mailguard.store.talk import notes_of
from mailguard.store.wish import Wish, as_written, decision, mail_of, owe, write_line

#: The event of the audit line for voices that no longer count.
VOID = "approvals_void"
Step = Literal["remove", "alter", "then"]


class NotPossible(Exception):
    """Nothing was changed: a step could not be done for everybody who was meant."""

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self.step: Step = step


class Outrun(Exception):
    """Nothing was changed: since the recipes were proved, somebody else altered one of the copies."""


@dataclass(frozen=True, slots=True)
class Altering:
    """before, after: the recipe of each copy (key) as it was when the new one was proved, and the new one. wish: who
    does it (`may` is asked for each copy); changes: for the history.
    """

    wish: Wish
    before: Mapping[str, Recipe]
    after: Mapping[str, Recipe]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen, in the order in which it is done. then: what is decided at the end; approves: it is one voice."""

    remove: Wish | None = None
    alter: Altering | None = None
    then: Wish | None = None
    approves: bool = False


def choose(connection: sqlite3.Connection, message_id: str, chosen: Chosen) -> Decision:
    """Do it all. `changed`: everybody whose copy it touched. Raises NotPossible, Outrun, KeyError."""
    parts, mail = mail_of(connection, message_id)
    changed: list[str] = []
    if chosen.remove is not None:
        removed = deciding.apply(connection, message_id, chosen.remove).changed
        if len(removed) != len(set(chosen.remove.recipients or ())):
            raise NotPossible("remove")
        changed += [one.key for one in removed]
    if chosen.alter is not None:
        changed += _alter(connection, message_id, chosen.alter)
    if chosen.then is not None:
        decide = deciding.approve if chosen.approves else deciding.apply
        decided = decide(connection, message_id, chosen.then).changed
        if not decided:
            raise NotPossible("then")
        changed += [one.key for one in decided]
    for number, _ in parts:
        settle(connection, number, (chosen.remove or chosen.then or _wish_of(chosen)).now)
    return decision(connection, mail, dict.fromkeys(changed))


def _wish_of(chosen: Chosen) -> Wish:
    assert chosen.alter is not None
    return chosen.alter.wish


def _alter(connection: sqlite3.Connection, message_id: str, altering: Altering) -> list[str]:
    """Give the copies their new recipes. Returns their keys."""
    parts, mail = mail_of(connection, message_id)
    for number, part in parts:
        keys = [one.address.key for one in part.recipients if one.address.key in altering.after]
        if keys:
            _alter_part(connection, number, part, mail, altering)
    _void(connection, parts, mail, altering)
    return list(altering.after)


def _alter_part(
    connection: sqlite3.Connection, number: int, part: MessageRecord, mail: MessageRecord, altering: Altering
) -> None:
    wish, groups, same = altering.wish, dict[int, tuple[Recipe, list[str]]](), set[tuple[int, int]]()
    for copy in part.recipients:
        key = copy.address.key
        if key not in altering.after:
            continue
        if copy.state is not State.HELD or (wish.may is not None and not wish.may(mail, copy)):
            raise NotPossible("alter")
        # Most copies share one recipe, which can name thousands of addresses: each pair is compared once.
        pair = (id(copy.recipe), id(altering.before[key]))
        if pair not in same and copy.recipe != altering.before[key]:
            raise Outrun
        same.add(pair)
        recipe = altering.after[key]
        groups.setdefault(id(recipe), (recipe, []))[1].append(key)
    recipes.exchange(connection, number, groups.values())
    recipes.write_lines(connection, wish.now, wish.actor, part.id, altering.changes, comment=wish.comment)


def _void(
    connection: sqlite3.Connection,
    parts: Iterable[tuple[int, MessageRecord]],
    record: MessageRecord,
    altering: Altering,
) -> None:
    """Whoever said yes said it to another mail."""
    voided = [one for one in record.recipients if one.approvals and one.address.key in altering.after]
    if not voided:
        return
    keys = [one.address.key for one in voided]
    connection.executemany(
        "UPDATE recipient SET approvals = '[]' WHERE message = ? AND key IN (SELECT value FROM json_each(?))",
        [(number, to_text(keys)) for number, _ in parts],
    )
    people = sorted({person for one in voided for person in one.approvals})
    wish = replace(altering.wish, comment="")
    recipients = as_written(record, keys)
    write_line(connection, record.id, wish, VOID, recipients, {"people": people})
    for person in _still_asked(people, record):
        notes = notes_of(connection, record)
        owe(connection, person, record, wish, "approval", recipients, altered=True, notes=notes)


def _still_asked(people: Iterable[str], record: MessageRecord) -> Iterable[str]:
    return (person for person in people if person in record.approvers and person not in record.authors)
