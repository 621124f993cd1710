"""What the banner waits for: no library that only the console, a letter, DNS or a sign-on needs is loaded before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.house import PATIENCE, furnish, settings

#: Heavy, and none of a first mail's business.
LATER = frozenset(
    "anyio authlib dns holidays httpx2 jinja2 joserfc starlette"  # noqa: SIM905
    " uvicorn watchfiles confusable_homoglyphs mailguard.console mailguard.inspect.reader"
    " mailguard.notify.channels.room mailguard.notify.letters mailguard.oidc.provider"
    " mailguard.replies.words email_validator".split()
)

#: Of no business to a house without a sign-on, chat, keys, second factors or names beyond Latin letters, and what is
#: there for its list of domains only: thirty megabytes. What the schema says in Japanese is an editor's.
NEVER = frozenset(
    "authlib confusable_homoglyphs cryptography httpx2 joserfc requests segno tldextract urllib3"  # noqa: SIM905
    " mailguard.policy.schema.japanese".split()
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

if sys.argv[2] == "banner":
    house.House._open_backstage = loaded
    house.load_later = lambda: asyncio.sleep(0)

async def main():
    async with house.House(read_config(Path("mailguard.yaml")), sys.argv[1]).open():
        await house.load_later()
        await loaded(None)

asyncio.run(main())
"""


@pytest.mark.parametrize("role", ["all", "smtp"])
def test_nothing_is_loaded_before_the_banner_that_a_first_mail_does_not_need(tmp_path: Path, role: str) -> None:
    found = _loaded(tmp_path / "mailguard", role, "banner")
    assert "mailguard.smtpd.server" in found
    assert found & (LATER | NEVER) == frozenset()


def test_nothing_is_loaded_for_what_the_house_does_not_have(tmp_path: Path) -> None:
    found = _loaded(tmp_path / "mailguard", "all", "open")
    assert {"mailguard.console.app", "mailguard.inspect.reader"} <= found
    assert found & NEVER == frozenset()


def _loaded(folder: Path, role: str, until: str) -> set[str]:
    """Names of modules that a house has loaded."""
    data, _ = settings(folder, "smtp://127.0.0.1:9")
    furnish(folder, data)
    command = [sys.executable, "-c", _OPEN, role, until]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_a_reload_that_is_asked_for_too_early_ends_nothing() -> None:
    asked = (
        "import os, signal, sys, mailguard.cli, mailguard.__main__ as program\n"
        "mailguard.cli.main = lambda **_: os.kill(os.getpid(), signal.SIGHUP)\n"
        "sys.argv = ['mailguard', sys.argv[1]]\n"
        "program.main()\n"
    )
    ended = [subprocess.run([sys.executable, "-c", asked, verb], check=False).returncode for verb in ("serve", "check")]
    assert ended == [0, -1]


def test_a_program_is_told_in_json_where_it_listens(tmp_path: Path) -> None:
    ports = {"PORT_SMTP": "0", "PORT_CONSOLE": "0", "VAR": str(tmp_path)}
    command = [sys.executable, "-m", "mailguard", "serve", "--json"]
    with subprocess.Popen(command, env=os.environ | ports, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        with urllib.request.urlopen(f"{told['console']}/livez", timeout=PATIENCE) as answer:
            assert answer.status == 200  # at the port that was free
        server.terminate()
        assert (server.wait(PATIENCE), server.stdout.read()) == (0, b"")
    (smtp,) = told["smtp"]
    assert smtp.startswith("127.0.0.1:")
    assert told["login"].startswith(f"{told['console']}/login/")
    assert len(told["code"]) == 6
