"""Who wants peace has it, also while the ledger cannot be read, or is being read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.ledger import ANN, Ledger

from mailguard.mail.actor import Actor, Role
from mailguard.store.errors import StoreError
from mailguard.store.mutes import Mutes


async def _muted(ledger: Ledger, mutes: Mutes) -> None:
    now = ledger.clock()
    await mutes.set(Actor(ANN, Role.SENDER, "console"), now + timedelta(hours=1), now)


async def test_a_failed_look_leaves_nobody_without_peace(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    await _muted(ledger, Mutes(ledger.db))
    mutes = Mutes(ledger.db)

    async def fails(_: Callable[..., Any]) -> None:
        raise StoreError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(ledger.db, "read", fails)
        with pytest.raises(StoreError):
            await mutes.all(ledger.clock())
    assert ANN in await mutes.all(ledger.clock())


async def test_who_asks_while_it_is_read_waits_for_it(ledger: Ledger) -> None:
    await _muted(ledger, Mutes(ledger.db))
    mutes = Mutes(ledger.db)
    assert all(ANN in found for found in await asyncio.gather(*(mutes.all(ledger.clock()) for _ in range(3))))


async def test_who_is_set_while_it_is_read_is_read_anew(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    mutes, read = Mutes(ledger.db), ledger.db.read

    async def slowly(query: Callable[..., Any]) -> Any:
        found = await read(query)
        await _muted(ledger, mutes)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(ledger.db, "read", slowly)
        assert await mutes.all(ledger.clock()) == {}
    assert ANN in await mutes.all(ledger.clock())
