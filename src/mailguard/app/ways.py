"""The ways into the console put together: the letter, the company's sign-on, and whoever checks passwords.

Nothing here decides: each way asks somebody outside and gives the answer to the room.
"""

from __future__ import annotations

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

from mailguard.access import Passwords, Unavailable, Ways
from mailguard.access.passwords import Check, PasswordWay
from mailguard.app.rooms import Rooms, utc_now
from mailguard.config.logins import passwords, sign_on
from mailguard.ldap.login import check_password
from mailguard.ldap.reader import LdapUnavailable
from mailguard.ldap.settings import LdapSettings
from mailguard.relay.login import CannotAsk, UpstreamLogin
from mailguard.smtpd.auth import AuthUnavailable, UserFile

_LDAP_THREADS = 4


def ways_in(rooms: Rooms, users: UserFile | None) -> Ways:
    """The ways that the settings name. users: the file of logins, read. Raises Problems."""
    config, access = rooms.config, rooms.access
    provider, checker = sign_on(config), passwords(config)
    single = None
    if provider is not None:
        from mailguard.access.single import SingleSignOn  # a tenth of a second of libraries
        from mailguard.oidc.provider import Provider

        back = f"{config.settings.console.url.rstrip('/')}/login/oidc/back"
        single = SingleSignOn(
            Provider(provider, now=utc_now), access.visits, access.seal, back=back, may_log_in=access.may_log_in,
            now=utc_now,
        )  # fmt: skip
    checks: tuple[PasswordWay, Check] | None = None
    if isinstance(checker, UpstreamLogin):
        checks = "upstream", _upstream(checker)
    elif isinstance(checker, LdapSettings):
        checks = "ldap", _directory(checker)
    elif checker is not None and users is not None:
        checks = "file", _file(users)
    return Ways(
        link="link" in config.settings.console.login,
        single=single,
        passwords=None
        if checks is None
        else Passwords(*checks, access.visits, access.settings, may_log_in=access.may_log_in, now=utc_now),
    )


def _upstream(login: UpstreamLogin) -> Check:
    async def check(name: str, password: str) -> str | None:
        try:
            return await login.check(name, password)
        except CannotAsk as error:
            raise Unavailable(str(error)) from None

    return check


def _directory(settings: LdapSettings) -> Check:
    threads = ThreadPoolExecutor(_LDAP_THREADS, thread_name_prefix="ldap login")

    async def check(name: str, password: str) -> str | None:
        asked = functools.partial(check_password, settings, name, password)
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, asked)
        except LdapUnavailable as error:
            raise Unavailable(str(error)) from None

    return check


def _file(users: UserFile) -> Check:
    async def check(name: str, password: str) -> str | None:
        try:
            login = await users.check(name, password)
        except AuthUnavailable:
            raise Unavailable("too many passwords are being checked") from None
        return None if login is None else login.name

    return check
