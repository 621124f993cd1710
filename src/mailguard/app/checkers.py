"""Whoever keeps the passwords, as the front door asks: the file of logins, the upstream, the directory server.

Nothing here decides or remembers: each answer comes from outside, and credentials go there and nowhere else.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from mailguard import events
from mailguard.app.guessing import alarm_of, tell_of_guessing
from mailguard.app.rooms import Rooms
from mailguard.config.logins import at_the_door, senders
from mailguard.ldap.login import check_password
from mailguard.ldap.reader import LdapUnavailable
from mailguard.ldap.settings import LdapSettings
from mailguard.mail.directory import Directory
from mailguard.relay.login import CannotAsk, Proof, UpstreamLogin
from mailguard.smtpd.alarm import Alarm
from mailguard.smtpd.auth import AuthUnavailable, Login, UserFile
from mailguard.smtpd.logins import ByPassword, Checker, Denied
from mailguard.smtpd.sasl import PASSWORDS, Credentials
from mailguard.smtpd.senders import Senders

#: What goes on as long as the house is open.
Watch = Coroutine[Any, Any, None]
#: How often it is looked what the upstream offers, and how soon again while it cannot be seen.
_LOOK_AGAIN, _LOOK_SOON = 600.0, 20.0
_LDAP_THREADS, _LDAP_WAITING = 4, 200


@dataclass(frozen=True, slots=True)
class DoorLogins:
    """What the front door needs for logins. checker None: AUTH is not offered; watches: what goes on meanwhile."""

    checker: Checker | None
    senders: Senders
    alarm: Alarm | None
    watches: tuple[Watch, ...]


async def door_logins(
    rooms: Rooms,
    users: UserFile | None,
    stack: AsyncExitStack,
    *,
    people: Callable[[], Directory],
    noticed: Callable[[None], None],
) -> DoorLogins:
    """Put together who checks logins, what they may send as, and who hears of guessing. Raises Problems."""
    config = rooms.config
    rights = await asyncio.to_thread(senders, config, people)
    checker: Checker | None = ByPassword(users.check) if users is not None else None
    watches: list[Watch] = []
    asked = at_the_door(config)
    if isinstance(asked, UpstreamLogin):
        assert config.settings.auth is not None
        checker = by = ByUpstream(asked, config.settings.auth.domain or "")
        watches.append(by.watch())
    elif isinstance(asked, LdapSettings):
        checker = directory = ByDirectory(asked)
        stack.callback(directory.close)
    alarm = alarm_of(config, time.monotonic)
    if alarm is not None:
        watches.append(tell_of_guessing(alarm, rooms, lambda: noticed(None)))
    return DoorLogins(checker, rights, alarm, tuple(watches))


class ByUpstream:
    """The upstream's AUTH. domain: completes a name without one to the address that it sends as, "" : nothing does."""

    def __init__(self, login: UpstreamLogin, domain: str) -> None:
        self._login = login
        self._domain = domain

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """What the upstream offers."""
        return self._login.mechanisms

    async def check(self, credentials: Credentials) -> Login | Denied:
        """Ask. Raises AuthUnavailable."""
        proof = Proof(credentials.mechanism, credentials.name, credentials.password, credentials.response)
        try:
            said = await self._login.ask(proof)
        except CannotAsk as error:
            events.login_unavailable("upstream", str(error))
            raise AuthUnavailable from None
        return Login(_completed(credentials.name, self._domain)) if said.right else Denied(said.challenge)

    async def watch(self) -> None:
        """Learn what the upstream offers, again and again, until cancelled."""
        while True:
            try:
                await self._login.learn()
            except CannotAsk as error:
                events.login_unavailable("upstream", str(error))
                await asyncio.sleep(_LOOK_SOON)
            else:
                await asyncio.sleep(_LOOK_AGAIN)


class ByDirectory:
    """A bind at the directory server. The login is the mail address that it has for the person."""

    mechanisms = PASSWORDS

    def __init__(self, settings: LdapSettings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(_LDAP_THREADS, thread_name_prefix="ldap door")
        self._waiting = 0

    async def check(self, credentials: Credentials) -> Login | Denied:
        """Ask. Raises AuthUnavailable."""
        if self._waiting >= _LDAP_WAITING:
            raise AuthUnavailable
        self._waiting += 1
        asked = functools.partial(check_password, self._settings, credentials.name, credentials.password)
        try:
            mail = await asyncio.get_running_loop().run_in_executor(self._threads, asked)
        except LdapUnavailable as error:
            events.login_unavailable("ldap", str(error))
            raise AuthUnavailable from None
        finally:
            self._waiting -= 1
        return Denied() if mail is None else Login(mail)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _completed(name: str, domain: str) -> str:
    return f"{name}@{domain}" if domain and "@" not in name else name
