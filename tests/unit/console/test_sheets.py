"""A template that is given out can be rendered without another one being made on the event loop."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from jinja2 import PackageLoader

from mailguard import console
from mailguard.console.sheets import Sheets

FOLDER = Path(console.__path__[0]) / "templates"
NAMES = sorted(path.name for path in FOLDER.iterdir())
_REFERS = re.compile(r'{%-?\s*(?:extends|include|import|from)\s+"([^"]+)"')


@pytest.mark.parametrize("name", NAMES)
def test_what_a_page_refers_to_is_made_with_it_and_in_a_thread(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: dict[str, int] = {}
    read = PackageLoader.get_source

    def noted(loader: PackageLoader, environment: Any, template: str) -> Any:
        threads[template] = threading.get_ident()
        return read(loader, environment, template)

    monkeypatch.setattr(PackageLoader, "get_source", noted)
    asyncio.run(Sheets().get(name))
    needed, waiting = set(), {name}
    while waiting:
        needed |= waiting
        waiting = {one for known in waiting for one in _REFERS.findall((FOLDER / known).read_text("utf-8"))} - needed
    assert set(threads) == needed
    assert threading.get_ident() not in threads.values()
