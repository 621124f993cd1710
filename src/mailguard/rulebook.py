"""ROOM: the policy in force, and its exchange while mail flows: all or nothing, the old one kept if the new is wrong.

It trusts the loader's word on what is wrong. It never mixes two policies: whoever asks gets one frozen value, and
the next asks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from watchfiles import awatch

from mailguard import events
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.organization import Organization
from mailguard.policy.loader import Policy, load_policy
from mailguard.policy.marks import Problem, Problems

#: Seconds until watching is tried again when it could not be had.
_AFTER_FAULT = 30.0


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
                policy = await asyncio.to_thread(
                    load_policy, self._paths, self._organization, directory=self._directory
                )
            except Problems as error:
                said_before, self.problems = error.problems == self.problems, error.problems
                if asked or not said_before:
                    events.reload_refused([str(problem) for problem in error.problems])
                return False
            except Exception as error:  # no descriptor, no memory: the policy in force stays, and the watch goes on
                events.fault("policy", error)
                return False
            changed = policy.hash != self._policy.hash
            self._policy, self.problems = policy, ()
            if changed or asked:
                events.reloaded(policy.hash, len(policy.rules), changed)
            return True

    async def watch(self) -> None:
        """Reload whenever a file of the policy changes, until cancelled. Editors rename: the folders are watched."""
        while True:
            folders = {path if path.is_dir() else path.parent for path in (*self._paths, *self._policy.sources)}
            try:
                await self._watch(folders)
                await asyncio.sleep(1)
            except Exception as error:  # no watches left, a folder gone: SIGHUP still works, and the log says so
                events.fault("policy", error)
                await asyncio.sleep(_AFTER_FAULT)

    async def _watch(self, folders: set[Path]) -> None:
        async for _ in awatch(*(folder for folder in folders if folder.is_dir()), step=200):
            await self.reload()
            if not {source.parent for source in self._policy.sources} <= folders:
                return  # a list file in a new folder: watch that one too
