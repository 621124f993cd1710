"""Whoever keeps the passwords, as the front door asks: the file of logins, the upstream, the directory server.

Nothing here decides or remembers: each answer comes from outside, and credentials go there and nowhere else.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any

from mailguard import events
from mailguard.config.load import Config
from mailguard.config.logins import at_the_door
from mailguard.ldap.login import check_password
from mailguard.ldap.reader import LdapUnavailable
from mailguard.ldap.settings import LdapSettings
from mailguard.relay.login import CannotAsk, Proof, UpstreamLogin
from mailguard.smtpd.auth import AuthUnavailable, Login, UserFile
from mailguard.smtpd.logins import ByPassword, Checker, Denied
from mailguard.smtpd.sasl import PASSWORDS, Credentials

#: What goes on as long as the house is open.
Watch = Coroutine[Any, Any, None]
#: How often it is looked what the upstream offers, and how soon again while it cannot be seen.
_LOOK_AGAIN, _LOOK_SOON = 600.0, 20.0
_LDAP_THREADS, _LDAP_WAITING = 4, 200


def checker_at_the_door(
    config: Config, users: UserFile | None, stack: AsyncExitStack
) -> tuple[Checker | None, Watch | None]:
    """Who checks the logins of mail clients, and what has to go on meanwhile. Raises Problems."""
    asked = at_the_door(config)
    if isinstance(asked, UpstreamLogin):
        assert config.settings.auth is not None
        by = ByUpstream(asked, config.settings.auth.domain or "")
        return by, by.watch()
    if isinstance(asked, LdapSettings):
        directory = ByDirectory(asked)
        stack.callback(directory.close)
        return directory, None
    return (ByPassword(users.check), None) if users is not None else (None, None)


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
