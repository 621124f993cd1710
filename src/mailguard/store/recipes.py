"""Recipes in the ledger: kept once a mail, named by the copies that have them, and forgotten with the octets.

A recipe holds the password of a zip. It is in no audit line and no view; the sender is told it when his copy is out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from mailguard.mail.actor import Actor
from mailguard.mail.alteration import Change, Recipe, zip_passwords
from mailguard.mail.alteration_json import recipe_to_json
from mailguard.store import audit, outbox
from mailguard.store.rows import to_text

#: The event of the audit line for one alteration.
ALTER = "alter"


def numbered(recipes: Iterable[Recipe | None]) -> dict[Recipe, int]:
    """The different recipes of a mail, numbered from 1; a copy that is not altered has none."""
    return {recipe: number for number, recipe in enumerate(dict.fromkeys(filter(None, recipes)), 1)}


def insert(connection: sqlite3.Connection, message: int, numbers: dict[Recipe, int]) -> None:
    """The rows of a mail's recipes."""
    connection.executemany(
        "INSERT INTO recipe (message, number, alterations, untold) VALUES (?, ?, ?, ?)",
        [
            (message, number, to_text(recipe_to_json(recipe)), int(bool(zip_passwords(recipe))))
            for recipe, number in numbers.items()
        ],
    )


def exchange(connection: sqlite3.Connection, message: int, groups: Iterable[tuple[Recipe, Iterable[str]]]) -> None:
    """Give copies (keys) of a mail other recipes; those that nobody has any more go. A password that the sender was
    told is not told again.
    """
    last = connection.execute("SELECT coalesce(max(number), 0) FROM recipe WHERE message = ?", (message,)).fetchone()[0]
    for number, (recipe, keys) in enumerate(groups, last + 1):
        copies = to_text(list(keys))
        untold = connection.execute(
            "SELECT max(untold) FROM recipe WHERE message = ?1 AND number IN (SELECT recipe FROM recipient"
            " WHERE message = ?1 AND key IN (SELECT value FROM json_each(?2)))",
            (message, copies),
        ).fetchone()[0]
        untold = int(bool(zip_passwords(recipe)) and untold != 0)
        connection.execute(
            "INSERT INTO recipe (message, number, alterations, untold) VALUES (?, ?, ?, ?)",
            (message, number, to_text(recipe_to_json(recipe)), untold),
        )
        connection.execute(
            "UPDATE recipient SET recipe = ? WHERE message = ? AND key IN (SELECT value FROM json_each(?))",
            (number, message, copies),
        )
    connection.execute(
        "DELETE FROM recipe WHERE message = ?1 AND number NOT IN"
        " (SELECT recipe FROM recipient WHERE message = ?1 AND recipe IS NOT NULL)",
        (message,),
    )


def forget(connection: sqlite3.Connection, messages: str) -> None:
    """With the octets of these mails (a JSON list of row numbers), what was to become of them."""
    connection.execute("DELETE FROM recipe WHERE message IN (SELECT value FROM json_each(?))", (messages,))


def write_lines(
    connection: sqlite3.Connection,
    now: datetime,
    actor: Actor,
    message_id: str,
    changes: Iterable[Change],
    *,
    comment: str = "",
) -> None:
    """One line of history for each alteration, with its diff; a comment of who made them stands in the first."""
    for change in changes:
        detail: dict[str, Any] = {"alteration": change.alteration, "diff": list(change.diff)}
        if change.notes:
            detail["notes"] = [{"ja": ja, "en": en} for ja, en in change.notes]
        recipients = [str(address) for address in change.recipients]
        audit.append(
            connection, now, actor, ALTER, message_id=message_id, recipients=recipients, comment=comment, detail=detail
        )
        comment = ""


def owe_password(connection: sqlite3.Connection, message: int, message_id: str, sender: str, now: datetime) -> None:
    """Once the first copy with a locked zip is out, its sender is told the password, one time."""
    told = connection.execute(
        "UPDATE recipe SET untold = 0 WHERE message = ? AND untold = 1 AND EXISTS (SELECT 1 FROM recipient r"
        " WHERE r.message = recipe.message AND r.recipe = recipe.number AND r.state = 'relayed')",
        (message,),
    )
    if told.rowcount:
        # One password a mail, whatever the number of recipes: what is told of one is told of all.
        connection.execute("UPDATE recipe SET untold = 0 WHERE message = ?", (message,))
        outbox.owe(connection, "password", sender, now, message_id=message_id)
