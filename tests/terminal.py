"""What the command line says on a terminal, beside what it is to say: transcripts in tests/golden/terminal/, one for
each language. What differs from run to run (paths, ports, ids, hashes) is named instead.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from difflib import unified_diff
from pathlib import Path

from click.testing import CliRunner
from tests.house import PATIENCE

from mailguard.cli import main

GOLDEN = Path(__file__).parent / "golden" / "terminal"
LOCALES = {"en": "C.UTF-8", "ja": "ja_JP.UTF-8"}


class Terminal:
    """A terminal in one language."""

    def __init__(self, language: str, named: Mapping[str, str], variables: Mapping[str, str] | None = None) -> None:
        """named: pattern -> what stands for it. variables: of the commands."""
        self._language = language
        self._named = {re.compile(pattern): name for pattern, name in named.items()}
        self._variables = {"LC_ALL": LOCALES[language], **(variables or {})}
        self._lines: list[str] = []

    def named(self, pattern: str, name: str) -> None:
        """Something that is known only later."""
        self._named[re.compile(pattern)] = name

    def run(self, *words: str, status: int = 0, given: str | None = None) -> str:
        """Run a verb and keep what it says, on both outputs; returns that."""
        if words[0] == "serve" and not {"-h", "--help"} & set(words):
            return self._serve(words, status)
        result = CliRunner().invoke(main, list(words), env=self._variables, input=given, prog_name="mailguard")
        assert result.exit_code == status, (result.output, result.exception)
        self.heard(words, result.output)
        return result.output

    def _serve(self, words: Sequence[str], status: int) -> str:
        # A server takes the log, the signals and an alarm of the process it runs in: never those of the tests.
        command, variables = [sys.executable, "-m", "mailguard", *words], os.environ | self._variables
        done = subprocess.run(
            command, env=variables, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False
        )
        assert done.returncode == status, (done.stdout, done.stderr)
        # The lines of the log are for no person.
        told = [line for line in done.stderr.splitlines(keepends=True) if not line.startswith("{")]
        said = done.stdout + "".join(told)
        self.heard(words, said)
        return said

    def heard(self, words: Sequence[str], said: str) -> None:
        """What a command said that ran elsewhere."""
        self._lines += [f"$ mailguard {' '.join(words)}", *said.splitlines()]

    def is_golden(self, name: str) -> None:
        """That all of it is what the transcript of that name has."""
        said = "\n".join(self._lines) + "\n"
        for pattern, other in self._named.items():
            said = pattern.sub(other, said)
        meant = (GOLDEN / f"{name}.{self._language}.txt").read_text("utf-8")
        assert said == meant, "\n".join(unified_diff(meant.split("\n"), said.split("\n"), "meant", "said", n=1))
