"""What the banner waits for: no library that only the console, a letter, DNS or a sign-on needs is loaded before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.house import PATIENCE, furnish, settings

#: Heavy, and none of a first mail's business.
LATER = frozenset(
    "anyio authlib dns holidays httpx2 jinja2 joserfc requests segno starlette tldextract urllib3"  # noqa: SIM905
    " uvicorn watchfiles confusable_homoglyphs mailguard.console mailguard.inspect.reader"
    " mailguard.notify.channels.room mailguard.notify.letters mailguard.oidc.provider"
    " mailguard.replies.words email_validator".split()
)

_OPEN = """
import asyncio, sys
from pathlib import Path
from mailguard.app import house
from mailguard.cli import serve
from mailguard.cli.setup import read_config

async def loaded(self, *_):
    print(*sys.modules)
    sys.stdout.flush()
    import os
    os._exit(0)

house.House._open_backstage = loaded
house.load_later = lambda: asyncio.sleep(0)

async def main():
    async with house.House(read_config(Path("mailguard.yaml")), sys.argv[1]).open():
        raise AssertionError

asyncio.run(main())
"""


@pytest.mark.parametrize("role", ["all", "smtp"])
def test_nothing_is_loaded_before_the_banner_that_a_first_mail_does_not_need(tmp_path: Path, role: str) -> None:
    folder = tmp_path / "mailguard"
    data, _ = settings(folder, "smtp://127.0.0.1:9")
    furnish(folder, data)
    done = subprocess.run(
        [sys.executable, "-c", _OPEN, role], cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    found = set(done.stdout.split())
    assert "mailguard.smtpd.server" in found
    assert found & LATER == frozenset()
