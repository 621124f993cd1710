"""What the README and the pages for administrators tell people to type works as written.

`make run` is started as a newcomer would, only on free ports and in a folder of its own; then each command of the page
is run in the order of the page.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.postfix import free_port
from tests.test_docs import ROOT, blocks_of, text_of

from mailguard.config import load_config

PATIENCE = 120.0
#: Commands that are not for this test: other tests, or this very run.
ELSEWHERE = {"make test", "make check", "make bench"}


@dataclass
class TryOut:
    """A running `make run`: its ports, its folder, what it printed so far."""

    smtp: int
    console: int
    var: Path
    lines: list[str]

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILGUARD_", "MAKE"))}
        return {**kept, "PORT_SMTP": str(self.smtp), "PORT_CONSOLE": str(self.console), "VAR": str(self.var)}

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A command of the page, its port put in the place of 2525."""
        command = command.replace("127.0.0.1:2525", f"127.0.0.1:{self.smtp}")
        if command.endswith("mailguard try"):
            command += f" --server 127.0.0.1:{self.smtp}"
        # The page says .venv; a test may run in another environment.
        command = command.replace(".venv/bin/mailguard", f"{sys.executable} -m mailguard")
        return subprocess.run(
            command, shell=True, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=PATIENCE
        )


def commands_of(page: Path) -> list[str]:
    return [line for block in blocks_of(text_of(page), "sh") for line in block.splitlines() if line.strip()]


@pytest.fixture
def tryout(tmp_path: Path) -> Iterator[TryOut]:
    """`make run`, until it has printed its last line: how to stop it."""
    running = TryOut(free_port(), free_port(), tmp_path / "var", [])
    process = subprocess.Popen(
        ["make", "run"], cwd=ROOT, env=running.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    reader = threading.Thread(target=running.lines.extend, args=(process.stdout,))
    reader.start()
    try:
        _wait_until_listening(running, process)
        yield running
    finally:
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C reaches make and mailguard alike
        process.wait(PATIENCE)
        reader.join(PATIENCE)
        process.stdout.close()


def _wait_until_listening(running: TryOut, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if any("Ctrl-C" in line for line in running.lines):
            return
        time.sleep(0.05)
    raise AssertionError("make run did not come up:\n" + "".join(running.lines))


def test_the_commands_of_the_readme(tryout: TryOut) -> None:
    commands = commands_of(ROOT / "README.md")
    assert commands[0] == "make run"
    answers = {}
    for command in commands[1:]:
        if command not in ELSEWHERE:
            done = tryout.run(command)
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}\n{''.join(tryout.lines)}"
            answers[re.sub(r"\s.*", "", command.removeprefix(".venv/bin/mailguard ")) or command] = done.stdout
    assert "250 2.0.0 held for confirmation" in answers["try"]
    assert "250 2.0.0 held for confirmation" in answers["swaks"]
    assert list((tryout.var / "mailbox").rglob("new/*"))


def test_the_sample_goes_to_any_address_that_is_one(tryout: TryOut) -> None:
    done = tryout.run(".venv/bin/mailguard try --from 田中@corp.example --to sato@日本.example")
    assert (done.returncode, done.stdout[:3]) == (0, "250"), done.stderr
    listed = tryout.run(".venv/bin/mailguard queue list --json")
    (mail,) = json.loads(listed.stdout)["messages"]
    assert (mail["sender"], mail["recipients"][0]["address"]) == ("田中@corp.example", "sato@日本.example")
    for wrong in ("nobody", "a b@corp.example"):
        done = tryout.run(f".venv/bin/mailguard try --to '{wrong}'")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "is no mail address" in done.stderr


def test_the_welcome_says_where_and_how(tryout: TryOut) -> None:
    said = "".join(tryout.lines)
    assert f"127.0.0.1:{tryout.smtp}" in said
    assert f"http://127.0.0.1:{tryout.console}" in said


def test_the_configuration_of_the_page_is_a_good_one(tmp_path: Path) -> None:
    blocks = blocks_of(text_of(ROOT / "docs" / "operations.md"), "yaml")
    assert len(blocks) == 1
    (tmp_path / "mailguard.yaml").write_text(blocks[0], encoding="utf-8")

    config = load_config(tmp_path / "mailguard.yaml", {})

    assert config.settings.organization.domains == ("corp.example",)


def test_the_container_of_the_page_is_reached_from_outside_of_it(tmp_path: Path) -> None:
    (block,) = [one for one in blocks_of(text_of(ROOT / "docs" / "operations.md"), "") if "docker run" in one]
    made, runs = block.replace("\\\n", " ").splitlines()
    words = shlex.split(made.partition(" mailguard init ")[2])
    subprocess.run([sys.executable, "-m", "mailguard", "init", *words], cwd=tmp_path, timeout=PATIENCE, check=True)
    variables = dict(re.findall(r"-e (\w+)=(\S+)", runs))

    settings = load_config(tmp_path / "mailguard.yaml", variables).settings

    ports = re.findall(r"-p (\d+):(\d+)", runs)
    assert ports == [(port, port) for port in ("2525", "8025")]
    assert [settings.listeners[0].address, settings.console.address] == [f"0.0.0.0:{port}" for _, port in ports]
    assert settings.listeners[0].trusted_networks == ("10.0.0.25/32",)
    assert settings.store.url == "sqlite:mailguard.db"
