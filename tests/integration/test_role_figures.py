"""What a process of another role says of its figures: by which name it is known where the connection broke off."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from mailguard.app import roles


async def test_it_comes_back_under_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "_SAYS", 0.01)
    ledger = tmp_path / "mailguard.db"
    names: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        names.put_nowait(await reader.readline())
        assert (await reader.readline()).startswith(b"[[")
        writer.close()

    async with await asyncio.start_unix_server(hear, roles.figures_path(ledger)), asyncio.timeout(60):
        telling = asyncio.create_task(roles.tell(ledger))
        first, again = await names.get(), await names.get()
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling
    assert first == again
    assert len(first.strip()) == 16
