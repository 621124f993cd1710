"""Simulations that are asked for on the console: one at a time, in a child process that stands back for mail.

The child is `mailguard policy simulate` itself, so page and command line cannot differ. It has a time limit, little
memory and no right but to read; whatever it says beyond its bounds ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mailguard.config.load import Config
from mailguard.console.trials import Trial, TrialBusy, TrialWish
from mailguard.mail.organization import Language
from mailguard.mail.saying import Sentence

_SECONDS = 180.0
_LONGEST = 32 * 2**20
_KEPT = 5
_LINES = 50
_NOT_DONE = Sentence(
    "{seconds:g}秒以内に終わりませんでした。日数を減らすか、コマンドで試してください。",
    "not done within {seconds:g} s: choose fewer days, or use the command line",
    seconds=_SECONDS,
)
_PROGRESS = re.compile(r"([01]\.\d{3}) (\d+)")


class Trials:
    """Runs them, and keeps the last few reports in memory."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._trials: dict[str, Trial] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self, wish: TrialWish) -> Trial:
        """Begin one. Raises TrialBusy while another runs."""
        if self._task is not None and not self._task.done():
            raise TrialBusy
        trial = Trial(secrets.token_urlsafe(12), wish)
        self._trials[trial.id] = trial
        while len(self._trials) > _KEPT:
            self._trials.pop(next(iter(self._trials)))
        self._task = asyncio.create_task(self._run(trial), name="trial")
        return trial

    def find(self, trial_id: str) -> Trial | None:
        """One that runs or ran lately."""
        return self._trials.get(trial_id)

    async def stop(self) -> None:
        """End what runs."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self, trial: Trial) -> None:
        try:
            async with asyncio.timeout(_SECONDS), self._child(trial) as child:
                told = asyncio.create_task(_listen(child, trial))
                assert child.stdout is not None
                octets = await child.stdout.read(_LONGEST + 1)
                while octets and len(octets) <= _LONGEST and (more := await child.stdout.read(_LONGEST)):
                    octets += more
                await told
                if len(octets) > _LONGEST:
                    trial.problems.append(Sentence("試算の結果が長すぎます。", "the report is too long"))
                elif await child.wait() == 0:
                    trial.report = json.loads(octets)
        except TimeoutError:
            trial.problems.append(_NOT_DONE)
        except (OSError, ValueError) as error:
            trial.problems.append(f"{type(error).__name__}: {error}")
        finally:
            if trial.report is None and not trial.problems:
                trial.problems.append(Sentence("試算が結果を出さずに終わりました。", "it ended without a report"))
            trial.done = True

    @asynccontextmanager
    async def _child(self, trial: Trial) -> AsyncIterator[asyncio.subprocess.Process]:
        with tempfile.TemporaryDirectory(prefix="mailguard-trial-") as folder:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "mailguard", *self._words(trial.wish, Path(folder)),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                start_new_session=True, env=_speaking(trial.wish.language),
            )  # fmt: skip
            try:
                yield child
            finally:
                if child.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(child.pid, signal.SIGKILL)
                    await _drained(child)

    def _words(self, wish: TrialWish, folder: Path) -> list[str]:
        words = ["policy", "simulate", "--json", "--progress", "--background", "--since", f"{wish.days}d"]
        if not self._config.tryout:
            words += ["--config", self._config.source]
        if wish.mails:
            given = folder / "mails"
            given.write_bytes(wish.mails)
            words += ["--mails", str(given)]
        if wish.rule:
            return [*words, "--mode", f"{wish.rule}={wish.mode}", "--rule", wish.rule]
        candidate = folder / "candidate.yaml"
        candidate.write_text(wish.text, encoding="utf-8")
        return [*words, "--instead", f"{wish.file}={candidate}"]


def _speaking(language: Language) -> dict[str, str]:
    """The child's environment: what it says is shown to whoever asked, whatever language the server was started in."""
    bare = {name: value for name, value in os.environ.items() if name not in ("LC_ALL", "LANGUAGE")}
    return {**bare, "LC_CTYPE": "C.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8" if language == "ja" else "C"}


async def _listen(child: asyncio.subprocess.Process, trial: Trial) -> None:
    """Progress, and what is wrong with the candidate."""
    assert child.stderr is not None
    try:
        async for line in child.stderr:
            text = line.decode("utf-8", "replace").strip()
            found = _PROGRESS.fullmatch(text)
            if found:
                trial.part, trial.mails = float(found[1]), int(found[2])
            elif text and len(trial.problems) < _LINES:
                trial.problems.append(text[:500])
    except ValueError:  # a line longer than asyncio reads
        trial.problems.append(Sentence("試算の出力が長すぎます。", "it said too much"))


async def _drained(child: asyncio.subprocess.Process) -> None:
    for stream in (child.stdout, child.stderr):
        while stream is not None and await stream.read(2**16):
            pass
    await child.wait()
