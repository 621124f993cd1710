"""ROOM: the policy in force, and its exchange while mail flows: all or nothing, the old one kept if the new is wrong.

A refusal is told: in the log, in the figures, to whoever asks `refused`, and after a while to the administrators.

It trusts the loader's word on what is wrong. It never mixes two policies: whoever asks gets one frozen value, and
the next asks again.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import os
import stat
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from mailguard import events
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.organization import Organization
from mailguard.policy.loader import Policy, load_policy
from mailguard.policy.marks import Problem, Problems

#: Seconds until the administrators are told, since people save a file several times, and until they may be told again.
SETTLE, PAUSE = 30.0, 600.0
_TOLD_MAX = 50
#: Seconds until watching is tried again when it could not be had.
_AFTER_FAULT = 30.0

#: A folder, and which one it is (`_identity`).
_Folder = tuple[Path, tuple[int, int] | None]


def _load_watching() -> None:
    """What watching needs, in a thread: no mail waits for it, at the start or later."""
    for name in ("watchfiles", "anyio._backends._asyncio"):
        importlib.import_module(name)


@contextlib.contextmanager
def _small_collections() -> Iterator[None]:
    """Without the collector of garbage looking at all there is, which stops every thread; it looks at what is new only,
    a few thousand things at a time.
    """
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, 1_000_000)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)


class Rulebook:
    """The policy now, and the way to the next one."""

    def __init__(
        self, paths: Sequence[Path], organization: Organization, policy: Policy, directory: Directory = NOBODY
    ) -> None:
        self._paths = tuple(paths)
        self._organization = organization
        self._policy = policy
        self._directory = directory
        self.problems: tuple[Problem, ...] = ()
        self._asked: tuple[Path, ...] = ()
        self._turned = asyncio.Event()
        self._reloading = asyncio.Lock()

    @classmethod
    def open(cls, paths: Sequence[Path], organization: Organization, directory: Directory = NOBODY) -> Rulebook:
        """Load the first policy. directory: a directory server's people. Raises Problems: without a policy nothing
        starts.
        """
        return cls(paths, organization, load_policy(paths, organization, directory=directory), directory)

    def current(self) -> Policy:
        """The policy in force."""
        return self._policy

    async def take_people(self, directory: Directory) -> tuple[Problem, ...]:
        """Go on with these people of the directory server. What is wrong, such as a group that a rule names and that is
        gone; the policy in force then stays with the people it had.
        """
        async with self._reloading:
            try:
                policy = await asyncio.to_thread(load_policy, self._paths, self._organization, directory=directory)
            except Problems as error:
                return error.problems
            self._policy, self._directory = policy, directory
            return ()

    async def reload(self, *, asked: bool = False) -> bool:
        """Read everything anew. True: the new policy is in force; False: it is wrong, and the old one stays.

        asked: somebody wants to know (SIGHUP), so the log says also that nothing changed.
        """
        async with self._reloading:
            try:
                with _small_collections():
                    policy = await asyncio.to_thread(
                        load_policy, self._paths, self._organization, directory=self._directory
                    )
            except Problems as error:
                said_before = error.problems == self.problems
                self._refuse(error.problems, error.sources)
                if asked or not said_before:
                    events.reload_refused([str(problem) for problem in error.problems])
                return False
            except Exception as error:  # no descriptor, no memory: the policy in force stays, and the watch goes on
                events.fault("policy", error)
                return False
            changed = policy.hash != self._policy.hash
            self._policy = policy
            self._refuse((), ())
            if changed or asked:
                events.reloaded(policy.hash, len(policy.rules), changed)
            return True

    def refused(self) -> tuple[str, ...]:
        """What is wrong with the files as they are, while an older policy is in force; empty: nothing."""
        return tuple(map(str, self.problems[:_TOLD_MAX]))

    def _refuse(self, problems: tuple[Problem, ...], asked: tuple[Path, ...]) -> None:
        self.problems, self._asked = problems, asked
        events.policy_refused_now.set(bool(problems))
        self._turned.set()

    async def tell(
        self, told: Callable[[Sequence[str]], Awaitable[None]], *, settle: float = SETTLE, pause: float = PAUSE
    ) -> None:
        """Until cancelled, say what is wrong once it has been so for `settle` seconds, and when all is good again.

        Each set of problems is told once, and the next not before `pause` seconds; what came and went unsaid stays so.
        """
        said: tuple[str, ...] = ()
        while True:
            await self._turned.wait()
            await asyncio.sleep(settle)
            self._turned.clear()
            now = self.refused()
            if now == said:
                continue
            try:
                await told(now)
                said = now
            except Exception as error:  # the ledger is away: it is tried again
                events.fault("policy", error)
                self._turned.set()
                await asyncio.sleep(pause)
                continue
            if now:
                await self._good_again(pause)

    async def _good_again(self, within: float) -> None:
        """Wait until nothing is wrong any more, which is told at once, or until the next refusal may be told."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self.problems:
                    self._turned.clear()
                    await self._turned.wait()
        self._turned.set()

    async def watch(self) -> None:
        """Reload whenever a file of the policy changes, until cancelled. Editors rename: the folders are watched.
        Other programs swap a link to a folder: which one it leads to is looked at every second.
        """
        await asyncio.to_thread(_load_watching)
        while True:
            folders = self._folders()
            try:
                await self._watch(folders)
                await asyncio.sleep(1)
            except Exception as error:  # no watches left, a folder gone: SIGHUP still works, and the log says so
                events.fault("policy", error)
                await asyncio.sleep(_AFTER_FAULT)

    async def _watch(self, folders: frozenset[_Folder]) -> None:
        from watchfiles import awatch

        new = True  # what was changed before these folders were watched is looked for once
        there = {path for path, identity in folders if identity is not None}
        async for changes in awatch(*there, step=200, rust_timeout=1000, yield_on_timeout=True):
            if changes or new:
                new = False
                await self.reload()
            if not self._folders() <= folders:
                return  # a list file in a new folder, or another folder under the name of one: watch that, too

    def _folders(self) -> frozenset[_Folder]:
        """Where files lie that the policy in force was made of, or a refused one asks for; of one that is a link, also
        where that leads.
        """
        files = (*self._paths, *self._policy.sources, *self._asked)
        paths = {path if path.is_dir() else path.parent for path in files}
        paths |= {Path(os.path.realpath(path)).parent for path in files if path.is_symlink() and not path.is_dir()}
        return frozenset((path, _identity(path)) for path in paths)


def _identity(folder: Path) -> tuple[int, int] | None:
    """What is watched under this name, behind all links; None: no folder is there. The kernel watches the folder and
    not its name: where a link on the way to it is swapped, nothing is heard.
    """
    try:
        found = folder.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None
