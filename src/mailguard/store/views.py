"""Filters that people keep: of one person, or shared by everybody who sees all mail. Names are unique for each."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from mailguard.store.db import Database
from mailguard.store.rows import clean, to_micro

#: Views of one person, and shared ones.
MOST = 30
#: Whose a shared view is.
SHARED = ""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A filter with its order. person: whose (key), SHARED for a shared one. query: in the filter language."""

    id: int
    person: str
    name: str
    query: str
    sort: str

    @property
    def shared(self) -> bool:
        """Whether everybody who sees all mail has it."""
        return self.person == SHARED


class TooManyViews(Exception):
    """There are as many as may be kept."""


class NameTaken(Exception):
    """The person has a view of that name already."""


class SavedViews:
    """What is kept."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, person: str) -> list[SavedView]:
        """Shared views first, then the person's own, each in the order in which they were made."""
        sql = "SELECT id, person, name, query, sort FROM saved_view WHERE person IN (?, ?) ORDER BY person <> '', id"
        return await self._db.read(lambda c: [SavedView(*row) for row in c.execute(sql, (SHARED, person))])

    async def add(self, person: str, name: str, query: str, sort: str, made_by: str, now: datetime) -> SavedView:
        """Keep one. Raises NameTaken, TooManyViews."""

        def change(connection: sqlite3.Connection) -> SavedView:
            sql = "SELECT count(*), sum(name = ?) FROM saved_view WHERE person = ?"
            count, same = connection.execute(sql, (clean(name), person)).fetchone()
            if same:
                raise NameTaken(name)
            if count >= MOST:
                raise TooManyViews(name)
            row = (person, clean(name), clean(query), sort, made_by, to_micro(now))
            sql = "INSERT INTO saved_view (person, name, query, sort, made_by, made_at) VALUES (?, ?, ?, ?, ?, ?)"
            number = connection.execute(sql, row).lastrowid
            assert number is not None
            return SavedView(number, person, name, query, sort)

        return await self._db.write(change)

    async def rename(self, view_id: int, people: tuple[str, ...], name: str) -> bool:
        """Give a view of one of these people another name. False: there is none. Raises NameTaken."""

        def change(connection: sqlite3.Connection) -> bool:
            row = connection.execute("SELECT person FROM saved_view WHERE id = ?", (view_id,)).fetchone()
            if row is None or row[0] not in people:
                return False
            sql = "SELECT 1 FROM saved_view WHERE person = ? AND name = ? AND id <> ?"
            if connection.execute(sql, (row[0], clean(name), view_id)).fetchone():
                raise NameTaken(name)
            connection.execute("UPDATE saved_view SET name = ? WHERE id = ?", (clean(name), view_id))
            return True

        return await self._db.write(change)

    async def remove(self, view_id: int, people: tuple[str, ...]) -> bool:
        """Forget a view of one of these people. False: there is none."""
        places = ", ".join("?" * len(people))
        sql = f"DELETE FROM saved_view WHERE id = ? AND person IN ({places})"  # noqa: S608
        return await self._db.write(lambda c: bool(c.execute(sql, (view_id, *people)).rowcount))
