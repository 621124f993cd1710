"""A reception for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from tests.reception import Reception, open_reception


@pytest_asyncio.fixture
async def reception(tmp_path: Path) -> AsyncIterator[Reception]:
    """A real console over a real ledger, without an HTTP server."""
    async with open_reception(tmp_path) as opened:
        yield opened
