"""What the post room needs of the tickets in letters: their two secrets, made by whoever knows who somebody is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mailguard.store.reply_tickets import NewReply
from mailguard.store.sessions import NewTicket


class TicketLike(Protocol):
    """The two secrets of a letter."""

    @property
    def token(self) -> str: ...
    @property
    def code(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Tickets:
    """Where letters get their secrets, each with the row that makes it good and enters the ledger with the letter:
    (message id, person's key) and (person's key, hash of the browser's nonce); reply: (message id, person's key, how
    many copies the letter is about), None where no answers are taken.
    """

    letter: Callable[[str, str], tuple[TicketLike, NewTicket]]
    login: Callable[[str, str], tuple[TicketLike, NewTicket]]
    reply: Callable[[str, str, int], tuple[str, NewReply]] | None = None
