"""ROOM: the people of the directory server in force, and their exchange while mail flows: all or nothing.

It trusts the reader for what the server said and the rulebook for whether the rules can live with it. A group that
vanishes, a server that does not answer and a company that has shrunk to less than half are no reason to judge by less:
what was in force stays, and an event says so loudly, again at each reading.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from mailguard import events
from mailguard.ldap.kept import keep, kept
from mailguard.ldap.reader import LdapUnavailable, read
from mailguard.ldap.settings import LdapSettings
from mailguard.mail.directory import NOBODY, Directory
from mailguard.policy.marks import Problem

#: Asks the rulebook to go on with these people; what its rules miss, empty if nothing.
Take = Callable[[Directory], Awaitable[tuple[Problem, ...]]]


def source_of(settings: LdapSettings) -> str:
    """Which people: what a kept snapshot must have been read with."""
    parts = (settings.host, settings.port, settings.base, settings.person_filter, settings.group_filter)
    return " ".join(map(str, parts))


def first_people(settings: LdapSettings, path: Path) -> tuple[Directory, str]:
    """The people to begin with: the server's, else those kept on disk, else nobody. Blocks.

    Also why they are not the server's; "" if they are.
    """
    try:
        found = read(settings)
    except LdapUnavailable as error:
        events.directory_refused([str(error)])
        return kept(path, source_of(settings)) or NOBODY, str(error)
    directory = found.directory
    _taken(settings, path, directory, found.skipped)
    return directory, ""


def _taken(settings: LdapSettings, path: Path, directory: Directory, skipped: int) -> None:
    events.directory_read(len(directory.people), len(directory.groups), skipped)
    try:
        keep(path, directory, source_of(settings))
    except OSError as error:  # the next start may have to ask the server; nothing else suffers
        events.fault("roster", error)


class Roster:
    """Reads the server again and again. current: what the rulebook has now."""

    def __init__(self, settings: LdapSettings, path: Path, take: Take, current: Directory) -> None:
        self._settings = settings
        self._path = path
        self._take = take
        self._current = current
        self._reading = asyncio.Lock()
        #: Why the people in force are not the server's; "" if they are.
        self.wrong = ""

    async def watch(self) -> None:
        """Read every `refresh` seconds, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.refresh)
            await self.look_again()

    async def look_again(self, *, asked: bool = False) -> bool:
        """Read the server. True: its people are in force. asked: somebody wants it so, even if many are gone."""
        async with self._reading:
            try:
                found = await asyncio.to_thread(read, self._settings)
            except LdapUnavailable as error:
                return self._refuse([str(error)])
            except Exception as error:  # no thread, no memory: the people in force stay, and the watch goes on
                events.fault("roster", error)
                return False
            directory = found.directory
            before, now = len(self._current.people), len(directory.people)
            if now < before / 2 and not asked:
                return self._refuse([f"only {now} of {before} people are left; SIGHUP takes it all the same"])
            if directory != self._current:
                problems = await self._take(directory)
                if problems:
                    return self._refuse(list(map(str, problems)))
            self._current, self.wrong = directory, ""
            await asyncio.to_thread(_taken, self._settings, self._path, directory, found.skipped)
            return True

    def _refuse(self, problems: list[str]) -> bool:
        self.wrong = problems[0]
        events.directory_refused(problems)
        return False
