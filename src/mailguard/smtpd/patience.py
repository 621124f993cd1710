"""How patient we are with those who guess passwords: failures by client address and by account, bounded.

By address, the answer to each failure takes longer. By account, whoever comes from an address that has never logged in
to it waits before the check, and only a few at a time: so guessing one account from many addresses is slow too, and
its owner, at an address that is known, notices nothing. Nobody is locked out, and what is remembered is in memory
only. Nothing here checks a password or speaks.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

#: Checks of one address under way at once, and of one account that is being guessed.
_BY_ADDRESS, _BY_ACCOUNT = 4, 2
#: Of those who wait at an account that is being guessed, no more than these; the others are told to come later.
_WAITING = 20

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class TooManyGuesses(Exception):
    """Too many wait at this account already."""


class Latest(OrderedDict[K, V], Generic[K, V]):
    """Remembers the newest only."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: K, value: V) -> V:
        """Remember as the newest."""
        self[key] = value
        self.move_to_end(key)
        while len(self) > self._most:
            self.popitem(last=False)
        return value


@dataclass(slots=True)
class _Guessed:
    """Failures of an address, or at an account."""

    slots: asyncio.Semaphore
    failures: int = 0
    last: float = 0.0
    waiting: int = 0


@dataclass(slots=True)
class Attempt:
    """One check. Say how it ended; an attempt of which nothing is said counts as neither."""

    failed: bool = False
    succeeded: bool = False
    turned_away: bool = False


@dataclass
class Patience:
    """clock: seconds that only grow. Forgotten after a quiet quarter of an hour; an address that logged in to an
    account is known there for as long as it is among the newest.
    """

    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    FIRST: float = 0.25
    LONGEST: float = 8.0
    TURNED_AWAY: float = 1.0  # until it is said that nobody can be asked now
    QUIET: float = 900.0
    FREE: int = 10  # failures at an account from which on strangers wait
    _addresses: Latest[str, _Guessed] = field(default_factory=lambda: Latest(10_000))
    _accounts: Latest[str, _Guessed] = field(default_factory=lambda: Latest(10_000))
    _known: Latest[tuple[str, str], None] = field(default_factory=lambda: Latest(20_000))

    @asynccontextmanager
    async def attempt(self, address: str, account: str) -> AsyncIterator[Attempt]:
        """Around one check of a password. A failure makes leaving take its time. Raises TooManyGuesses."""
        guesser, attempt = self._of(self._addresses, address, _BY_ADDRESS), Attempt()
        async with guesser.slots:
            async with self._turn(address, account):
                yield attempt
            # The place of the address is held meanwhile, so guessing over many connections is no faster.
            if attempt.turned_away:
                await self.sleep(self.TURNED_AWAY)
            if attempt.succeeded:
                self._known.keep((account, address), None)
            if attempt.failed:
                self._count(guesser)
                if (account, address) not in self._known:
                    self._count(self._of(self._accounts, account, _BY_ACCOUNT))
                await self.sleep(self.delay(address))

    def delay(self, address: str) -> float:
        """Seconds that the answer to a failure takes now: doubling with every failure of this address."""
        return self._growing(self._addresses.get(address), 1)

    def account_delay(self, account: str) -> float:
        """Seconds that a stranger waits at this account before the check."""
        return self._growing(self._accounts.get(account), self.FREE)

    @asynccontextmanager
    async def _turn(self, address: str, account: str) -> AsyncIterator[None]:
        """The stranger's turn at an account that is being guessed; at once for anybody else."""
        guessed = self._of(self._accounts, account, _BY_ACCOUNT) if account in self._accounts else None
        if guessed is None or guessed.failures < self.FREE or (account, address) in self._known:
            yield
            return
        if guessed.waiting >= _WAITING:
            await self.sleep(self.TURNED_AWAY)
            raise TooManyGuesses
        guessed.waiting += 1
        try:
            async with guessed.slots:
                await self.sleep(self.account_delay(account))
                yield
        finally:
            guessed.waiting -= 1

    def _growing(self, guessed: _Guessed | None, free: int) -> float:
        if guessed is None or guessed.failures < free:
            return 0.0
        return float(min(self.FIRST * 2 ** min(guessed.failures - free, 10), self.LONGEST))

    def _count(self, guessed: _Guessed) -> None:
        guessed.failures += 1
        guessed.last = self.clock()

    def _of(self, kept: Latest[str, _Guessed], key: str, at_once: int) -> _Guessed:
        found = kept.get(key)
        if found is None or (found.failures and self.clock() - found.last > self.QUIET):
            found = _Guessed(asyncio.Semaphore(at_once))
        return kept.keep(key, found)
