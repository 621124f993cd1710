"""A real `mailguard serve` as a process of its own: its folder, its ports, its end.

It writes a configuration as an administrator would and talks to nothing but the process's ports, signals and command
line. It never imports mailguard.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import yaml
from tests.postfix import free_port, make_certificate

#: Longest that anything here may take.
PATIENCE = 180.0
PASSWORD = "front-door-secret"

POLICY = """
version: 1
rules:
  - id: file-goes-outside
    mode: enforce
    when:
      all:
        - recipients: {external: true}
        - attachments: {count: ">= 1"}
    then: confirm
    because: {ja: 社外へ添付ファイルが送られます, en: A file goes outside}
  - id: forbidden-word
    mode: enforce
    when: {text: {words: [ultrasecret], in: [subject, body]}}
    then: reject
    because: {ja: 禁止された語があります, en: A forbidden word}
"""


@dataclass
class House:
    """A running mailguard. Ports: smtp (plain, trusts loopback), submit (STARTTLS, AUTH), smtps (AUTH)."""

    folder: Path
    process: subprocess.Popen[bytes]
    smtp: int
    submit: int
    smtps: int
    console: int
    #: Of the process and of every command on it; None: those of the tests.
    variables: dict[str, str] | None = None

    @property
    def config(self) -> Path:
        return self.folder / "mailguard.yaml"

    @property
    def ca(self) -> Path:
        return self.folder / "tls" / "cert.pem"

    def log(self) -> str:
        """The end of what it printed and logged."""
        return (self.folder / "log").read_text("utf-8", "replace")[-3000:]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A mailguard command on this house's configuration."""
        command = [sys.executable, "-m", "mailguard", *words, "--config", str(self.config)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, cwd=self.folder, check=False, env=self.variables
        )

    def json(self, *words: str) -> Any:
        """What a command prints with --json. Raises AssertionError if it fails."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}\n{self.log()}"
        return json.loads(done.stdout)

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE)
            raise


def settings(folder: Path, upstream: str, **more: Any) -> tuple[dict[str, Any], dict[str, int]]:
    """The configuration of the house as data, and its ports by name."""
    ports = {name: free_port() for name in ("smtp", "submit", "smtps", "console")}
    tls = {"certificate": "tls/cert.pem", "key": "tls/key.pem"}
    data: dict[str, Any] = {
        "organization": {"domains": ["corp.example"], "name": "Corp", "language": "en", "timezone": "Asia/Tokyo"},
        "listeners": [
            {"address": f"127.0.0.1:{ports['smtp']}", "auth": "none", "trusted_networks": ["127.0.0.0/8"]},
            {"address": f"127.0.0.1:{ports['submit']}", "tls": "starttls", "auth": "required", **tls},
            {"address": f"127.0.0.1:{ports['smtps']}", "tls": "implicit", "auth": "required", **tls},
        ],
        "upstream": {"url": upstream, "tls": "none"} if upstream.startswith("smtp:") else {"url": upstream},
        "auth": {"method": "file", "file": "users.yaml"},
        "store": {"url": "sqlite:var/mailguard.db", "bodies": "var/bodies"},
        "policies": ["policies/"],
        "console": {
            "address": f"127.0.0.1:{ports['console']}",
            "url": f"http://127.0.0.1:{ports['console']}",
            "administrators": ["admin@corp.example"],
        },
        # Each hold has its letter here: a test of letters for many says so itself.
        "notify": {"from": "mailguard@corp.example", "merge": {"after": 1000}},
    }
    data.update(more)
    return data, ports


def furnish(folder: Path, data: dict[str, Any], policy: str = POLICY) -> None:
    """Write what an administrator writes: configuration, policy, logins, certificate."""
    (folder / "policies").mkdir(parents=True)
    (folder / "policies" / "rules.yaml").write_text(policy, encoding="utf-8")
    (folder / "mailguard.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    make_certificate(folder / "tls")
    user = {"password": _hash(PASSWORD), "aliases": ["sales@corp.example"]}
    (folder / "users.yaml").write_text(yaml.safe_dump({"users": {"ann@corp.example": user}}), encoding="utf-8")


def _hash(password: str) -> str:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(password)


@contextlib.contextmanager
def running_house(folder: Path, upstream: str, policy: str = POLICY, **more: Any) -> Iterator[House]:
    """Furnish a folder, start mailguard in it, wait until it is ready; at the end stop it and look at its status."""
    data, ports = settings(folder, upstream, **more)
    furnish(folder, data, policy)
    house = start(folder, ports)
    try:
        yield house
    except BaseException:
        sys.stderr.write(house.log())
        raise
    finally:
        status = house.stop()
    assert status == 0, f"exit status {status}\n{house.log()}"


def start(
    folder: Path,
    ports: dict[str, int],
    program: Sequence[str] = ("-m", "mailguard"),
    options: Sequence[str] = (),
    *,
    ready: bool = True,
    environment: Mapping[str, str] | None = None,
) -> House:
    """Start mailguard in a furnished folder and wait until /readyz says so (unless it has no console).

    program: what Python runs as mailguard; environment: variables more.
    """
    command = [sys.executable, *program, "serve", "--config", "mailguard.yaml", *options]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MAILGUARD_")}
    variables.update(environment or {})
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables)
    house = House(folder, process, **ports, variables=variables if environment else None)
    try:
        if ready:
            _wait_until_ready(house)
    except BaseException:
        process.kill()
        process.wait(PATIENCE)
        raise
    return house


def _ready_url(house: House) -> str:
    return f"http://127.0.0.1:{house.console}/readyz"


def _wait_until_ready(house: House) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and house.process.poll() is None:
        with contextlib.suppress(OSError, HTTPException):
            urllib.request.urlopen(_ready_url(house), timeout=10).close()  # anything but 200 raises
            return
        time.sleep(0.05)
    raise AssertionError(f"mailguard is not ready (exit status {house.process.poll()})\n{house.log()}")
