"""Login by address and password, checked live by whoever keeps the passwords, and forgotten at once.

It trusts the answer of the one who checks (the upstream's AUTH, the directory server, the file of logins) and nothing
else. No password is logged, kept or compared here. Tries are counted for each client and for each account, with a pause
that grows; the answer to a stranger, a wrong name and a wrong password is one and the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Literal

from mailguard import events
from mailguard.access.rates import Delays, Rate, neighbourhood
from mailguard.access.visits import Visits
from mailguard.access.words import AccessError, AccessSettings, Opened, TooMany, Unavailable
from mailguard.mail.address import Address, AddressError, parse_address

#: Asks whoever keeps the passwords: the mail address of the account, None if name or password is wrong.
#: Raises Unavailable.
Check = Callable[[str, str], Awaitable[str | None]]
PasswordWay = Literal["upstream", "ldap", "file"]

#: A failure takes at least so long, so that its time does not tell a stranger from a wrong password.
_SAME_SECONDS = 1.0
#: Longest for one check, and checks at once; more are told to try again.
_PATIENCE, _AT_ONCE = 20.0, 20
_NAME_MAX, _PASSWORD_MAX = 254, 1024


class WrongPassword(AccessError):
    """Not this name with this password; which of the two is not told."""

    def __init__(self) -> None:
        super().__init__("wrong name or password")


class Passwords:
    """One way to check passwords. may_log_in: whether an address belongs to this organisation."""

    def __init__(
        self,
        way: PasswordWay,
        check: Check,
        visits: Visits,
        settings: AccessSettings,
        *,
        may_log_in: Callable[[Address], bool],
        now: Callable[[], datetime],
    ) -> None:
        self.way: PasswordWay = way
        self._check = check
        self._visits = visits
        self._may_log_in = may_log_in
        self._now = now
        self._clients = Rate(settings.passwords_an_hour)
        # Three slips of the finger are free; then 2 s, 4 s, 8 s ... a quarter of an hour.
        self._accounts = Delays(3, timedelta(seconds=2), timedelta(minutes=15))
        self._under_way = 0

    async def log_in(self, name: str, password: str, *, client: str = "", browser: str = "") -> Opened:
        """A session for whoever gives the right password. Raises WrongPassword, TooMany, Unavailable."""
        account, now = name.strip().lower(), self._now()
        if not self._clients.allows(neighbourhood(client), now) or not self._accounts.begin(account[:254], now):
            events.logged_in(self.way, "throttled")
            raise TooMany
        until = asyncio.get_running_loop().time() + _SAME_SECONDS
        try:
            person = await self._person(name.strip(), password)
        except Unavailable as error:
            self._accounts.undone(account[:254], now)
            events.logged_in(self.way, "unavailable")
            events.login_unavailable(self.way, error.why)
            raise
        if person is None:
            events.logged_in(self.way, "failure")
            await asyncio.sleep(max(0.0, until - asyncio.get_running_loop().time()))
            raise WrongPassword
        self._accounts.succeeded(account[:254])
        events.logged_in(self.way, "success")
        return await self._visits.open(person, self.way, browser=browser)

    async def _person(self, name: str, password: str) -> str | None:
        """The address key of the person, None if name, password or organisation is not right. Raises Unavailable."""
        plain = name and password and len(name) <= _NAME_MAX and len(password) <= _PASSWORD_MAX
        # An empty password would be an anonymous bind, which succeeds (RFC 4513 section 5.1.2).
        if not plain or any(ord(ch) < 32 for ch in name + password):
            return None
        if self._under_way >= _AT_ONCE:
            raise Unavailable("too many logins at once")
        self._under_way += 1
        try:
            async with asyncio.timeout(_PATIENCE):
                mail = await self._check(name, password)
        except TimeoutError:
            raise Unavailable(f"no answer within {_PATIENCE:g} s") from None
        finally:
            self._under_way -= 1
        try:
            address = parse_address(mail) if mail else None
        except AddressError:
            return None
        return address.key if address is not None and self._may_log_in(address) else None
