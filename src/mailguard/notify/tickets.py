"""What the post room needs of the tickets in letters: their two secrets, made by whoever knows who somebody is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


class TicketLike(Protocol):
    """The two secrets of a letter."""

    @property
    def token(self) -> str: ...
    @property
    def code(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Tickets:
    """Where letters get their secrets: (message id, person's key) and (person's key, hash of the browser's nonce);
    reply: (message id, person's key, how many copies the letter is about), None where no answers are taken.
    """

    letter: Callable[[str, str], Awaitable[TicketLike]]
    login: Callable[[str, str], Awaitable[TicketLike]]
    reply: Callable[[str, str, int], Awaitable[str]] | None = None
