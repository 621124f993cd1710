"""Tickets from letters and API tokens, kept as SHA-256 hashes only; the open sessions are in visits.py.

The secrets are random and long, so a plain hash is enough; the six digits of a code are not, so they are salted by
their ticket and have few tries. Whoever reads the database learns no way in. access.py decides; here a ticket is tried,
used and turned into a session in one transaction.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from mailguard.mail.actor import Actor, Role
from mailguard.store import audit, many
from mailguard.store.db import Database
from mailguard.store.factors import FactorRows
from mailguard.store.rows import to_micro, to_moment, to_moment_or_none
from mailguard.store.visits import How, NewVisit, VisitRows, begin

TicketKind = Literal["login", "letter"]
#: A token's last use is written down at most so often.
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket from a letter. tries: wrong codes so far."""

    id: int
    kind: TicketKind
    person: str
    message_id: str | None
    tries: int
    expires_at: datetime
    used: bool

    def is_alive(self, now: datetime, most_tries: int) -> bool:
        """Whether it can still open something."""
        return not self.used and self.tries < most_tries and now < self.expires_at


class NewTicket(NamedTuple):
    """The row of a new ticket: what it is known by, hashed, and whom and which mail it is for."""

    kind: TicketKind
    token_hash: bytes
    code_salt: bytes
    code_hash: bytes
    nonce_hash: bytes | None
    person: str
    message_id: str | None
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody shows to be let in: a token's hash, a browser's hash, a code; and the session it would open.

    browser: what the browser is called in the list of sessions.
    """

    kind: TicketKind
    token_hash: bytes | None
    nonce_hash: bytes | None
    code: str | None = field(repr=False)
    now: datetime
    most_tries: int
    session_hash: bytes
    session_until: datetime
    actor_via: str
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """ticket: the one that opened a session; None: it did not, and tries_left says whether another try makes sense."""

    ticket: TicketRow | None
    tries_left: int = 0


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A bearer token of the API, without its secret."""

    id: str
    role: Role
    address: str
    label: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


def hashed(secret: str) -> bytes:
    """The hash that a long random secret is kept as."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def code_hash(salt: bytes, code: str) -> bytes:
    """The hash that a code of few digits is kept as."""
    made = hmac.new(salt, digestmod="sha256")  # hmac.digest gives the interpreter's lock away, at each letter
    made.update(code.encode("utf-8", "surrogatepass"))
    return made.digest()


def insert_tickets(connection: sqlite3.Connection, tickets: Sequence[NewTicket], now: datetime) -> None:
    """Keep new tickets inside the caller's transaction, and forget those that have ended."""
    _purge(connection, now)
    many.run(
        connection,
        "INSERT INTO ticket (kind, token_hash, code_salt, code_hash, nonce_hash, person, message_id, created_at,"
        " expires_at)",
        tickets,
    )


class Sessions:
    """Rows of tickets and tokens, and beside them those of open sessions and second factors; access decides."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.visits = VisitRows(db)
        self.factors = FactorRows(db)

    async def add_ticket(self, ticket: NewTicket, now: datetime) -> None:
        """Keep a new ticket, and forget those that have ended."""
        await self._db.write(lambda c: insert_tickets(c, [ticket], now))

    async def find_ticket(self, kind: TicketKind, token_hash: bytes) -> TicketRow | None:
        """A ticket by its link."""
        rows = await self._db.read(lambda c: _tickets(c, kind, "token_hash", token_hash))
        return rows[0][0] if rows else None

    async def attempt(self, attempt: Attempt) -> Answer:
        """Try to be let in; on success the ticket is used up and the session is there, in one transaction."""
        return await self._db.write(lambda c: _attempt(c, attempt))

    async def purge(self, now: datetime) -> None:
        """Forget sessions and tickets that have ended."""
        await self._db.write(lambda c: _purge(c, now))

    async def add_token(self, row: TokenRow, token_hash: bytes, by: Actor) -> None:
        """Keep a new token, with its audit line."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO token (id, hash, role, address, label, created_at, expires_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    row.id, token_hash, str(row.role), row.address, row.label, to_micro(row.created_at),
                    None if row.expires_at is None else to_micro(row.expires_at),
                ),
            )  # fmt: skip
            detail = {"token": row.id, "role": str(row.role), "address": row.address}
            audit.append(connection, row.created_at, by, "token-create", detail=detail)

        await self._db.write(change)

    async def find_token(self, token_hash: bytes, now: datetime) -> TokenRow | None:
        """A token that is good now; its use is noted."""
        sql = f"SELECT {_TOKEN} FROM token WHERE hash = ? AND revoked_at IS NULL AND coalesce(expires_at > ?, 1)"  # noqa: S608
        row = await self._db.read(lambda c: c.execute(sql, (token_hash, to_micro(now))).fetchone())
        if row is None:
            return None
        token = _token(row)
        if token.used_at is None or now - token.used_at >= _USE_NOTED_EVERY:
            used = (to_micro(now), token.id)
            await self._db.write(lambda c: c.execute("UPDATE token SET used_at = ? WHERE id = ?", used))
        return token

    async def tokens(self) -> list[TokenRow]:
        """All tokens, newest first."""
        sql = f"SELECT {_TOKEN} FROM token ORDER BY created_at DESC"  # noqa: S608
        return await self._db.read(lambda c: [_token(row) for row in c.execute(sql)])

    async def revoke_token(self, token_id: str, by: Actor, now: datetime) -> bool:
        """End a token. False if there is none of this id that is still good."""

        def change(connection: sqlite3.Connection) -> bool:
            cursor = connection.execute(
                "UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (to_micro(now), token_id)
            )
            if cursor.rowcount:
                audit.append(connection, now, by, "token-revoke", detail={"token": token_id})
            return cursor.rowcount == 1

        return await self._db.write(change)


def _purge(connection: sqlite3.Connection, now: datetime) -> None:
    connection.execute("DELETE FROM session WHERE expires_at <= ?", (to_micro(now),))
    connection.execute("DELETE FROM ticket WHERE expires_at <= ?", (to_micro(now),))


_TOKEN = "id, role, address, label, created_at, expires_at, used_at, revoked_at"  # noqa: S105
#: A ticket with what its code is checked against.
_Found = tuple[TicketRow, bytes, bytes, bytes | None]


def _tickets(
    connection: sqlite3.Connection, kind: TicketKind, column: Literal["token_hash", "nonce_hash"], value: bytes
) -> list[_Found]:
    rows = connection.execute(
        "SELECT id, kind, person, message_id, tries, expires_at, used_at, code_salt, code_hash, nonce_hash"  # noqa: S608
        f" FROM ticket WHERE kind = ? AND {column} = ? ORDER BY id DESC",
        (kind, value),
    )
    return [
        (TicketRow(r[0], r[1], r[2], r[3], r[4], to_moment(r[5]), r[6] is not None), r[7], r[8], r[9]) for r in rows
    ]


def _attempt(connection: sqlite3.Connection, attempt: Attempt) -> Answer:
    """Any two of three: the link's token, the browser that asked, the code. A wrong code costs a try."""
    alive = [one for one in _shown(connection, attempt) if one[0].is_alive(attempt.now, attempt.most_tries)]
    if not alive:
        return Answer(None, 0)
    for ticket, salt, kept, nonce in alive:
        from_browser = (
            attempt.token_hash is not None
            and attempt.nonce_hash is not None
            and nonce is not None
            and hmac.compare_digest(nonce, attempt.nonce_hash)
        )
        by_code = attempt.code is not None and hmac.compare_digest(kept, code_hash(salt, attempt.code))
        if from_browser or by_code:
            _let_in(connection, ticket, attempt)
            return Answer(ticket)
    left = max(attempt.most_tries - ticket.tries for ticket, *_ in alive)
    if attempt.code is None:
        return Answer(None, left)
    connection.executemany("UPDATE ticket SET tries = tries + 1 WHERE id = ?", [(ticket.id,) for ticket, *_ in alive])
    return Answer(None, left - 1)


def _shown(connection: sqlite3.Connection, attempt: Attempt) -> list[_Found]:
    if attempt.token_hash is not None:
        return _tickets(connection, attempt.kind, "token_hash", attempt.token_hash)
    if attempt.nonce_hash is not None and attempt.code is not None:
        return _tickets(connection, attempt.kind, "nonce_hash", attempt.nonce_hash)
    return []


def _let_in(connection: sqlite3.Connection, ticket: TicketRow, attempt: Attempt) -> None:
    used = (to_micro(attempt.now), ticket.id)
    connection.execute("UPDATE ticket SET used_at = ? WHERE id = ?", used)
    how: How = "letter" if attempt.kind == "letter" else "link" if attempt.token_hash else "code"
    visit = NewVisit(
        attempt.session_hash, ticket.person, how, attempt.actor_via, attempt.now, attempt.session_until,
        message_id=ticket.message_id, browser=attempt.browser,
    )  # fmt: skip
    begin(connection, visit)


def _token(row: tuple[Any, ...]) -> TokenRow:
    return TokenRow(
        id=row[0],
        role=Role(row[1]),
        address=row[2],
        label=row[3],
        created_at=to_moment(row[4]),
        expires_at=to_moment_or_none(row[5]),
        used_at=to_moment_or_none(row[6]),
        revoked_at=to_moment_or_none(row[7]),
    )
