"""The second factor: time-based one-time codes (TOTP, RFC 6238) from the person's own device, and recovery codes.

The secret is sealed with the house's key, recovery codes are keyed hashes; both are shown to the person once. A code is
good for its own half minute and the ones beside it, once, and only so many may be tried in an hour. It says nothing
about who somebody is: that was shown before.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

import pyotp

from mailguard import events
from mailguard.access.rates import Rate
from mailguard.access.seal import Seal, Unsealable
from mailguard.access.visits import Visits
from mailguard.access.words import AccessSettings, Expired, Opened, TooMany, Unavailable, WrongCode
from mailguard.mail.actor import Actor, Role
from mailguard.store.factors import FactorRow, FactorRows

#: Seconds a code is for (RFC 6238 section 4.1), and how many of them a clock may be off.
_STEP, _WINDOW = 30, 1
_CODES = 10
#: Without 0, 1, i, l, o, u: what is copied by hand. Ten of them are 49 bits.
_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the person's device must be told. uri: for the QR picture; secret: to be typed instead."""

    secret: str = field(repr=False)
    uri: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person has. has: a second factor in force; codes_left: unused recovery codes; may: set one up."""

    has: bool
    codes_left: int
    may: bool


class SecondFactor:
    """Setting up, showing, and taking away second factors."""

    def __init__(
        self,
        rows: FactorRows,
        visits: Visits,
        seal: Seal,
        settings: AccessSettings,
        *,
        role_of: Callable[[str], Role],
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._visits = visits
        self._seal = seal
        self._settings = settings
        self._role_of = role_of
        self._now = now
        self._tries = Rate(settings.factor_tries_an_hour)

    async def standing(self, person: str) -> Standing:
        """What a person has, and may have."""
        row = await self._rows.find(person)
        has = row is not None and row.confirmed_at is not None
        may = self._settings.second_factor == "all" or self._role_of(person) is not Role.SENDER
        return Standing(has, await self._rows.codes_left(person) if has else 0, may)

    async def begin(self, person: str) -> Enrolment:
        """A new secret, to be confirmed by a first code. Raises Expired if there is one already, or none may be."""
        standing = await self.standing(person)
        if standing.has or not standing.may:
            raise Expired
        secret = pyotp.random_base32()
        await self._rows.offer(person, self._seal.close("second factor", secret.encode(), bound=person), self._now())
        return self._enrolment(person, secret)

    async def begun(self, person: str) -> Enrolment:
        """The secret that waits for its first code. Raises Expired if there is none."""
        row = await self._rows.find(person)
        if row is None or row.confirmed_at is not None:
            raise Expired
        return self._enrolment(person, self._secret(row))

    async def confirm(self, cookie: str, by: Actor, code: str) -> tuple[Opened, list[str]]:
        """The first code of a new factor: in force from now on, for this session too. Returns the session under its new
        cookie and the recovery codes, shown this once. Raises WrongCode, TooMany, Expired.
        """
        self._count(by)
        row = await self._rows.find(by.address)
        if row is None or row.confirmed_at is not None:
            raise Expired
        step = self._step_of(row, code)
        if step is None:
            await self._wrong(by)
        codes = _new_codes()
        if not await self._rows.confirm(by.address, step, self._hashes(by.address, codes), by, self._now()):
            raise Expired
        return await self._stepped_up(cookie), codes

    async def show(self, cookie: str, by: Actor, code: str) -> Opened:
        """A code of the device, or a recovery code. Returns the session with the person's role, under a new cookie.

        Raises WrongCode, TooMany, Expired.
        """
        self._count(by)
        await self._used(by, code)
        events.logged_in("factor", "success")
        return await self._stepped_up(cookie)

    async def new_codes(self, by: Actor, code: str) -> list[str]:
        """Fresh recovery codes instead of the old ones, against a code of the device. Raises WrongCode, TooMany."""
        self._count(by)
        await self._used(by, code)
        codes = _new_codes()
        await self._rows.renew_codes(by.address, self._hashes(by.address, codes), by, self._now())
        return codes

    async def reset(self, person: str, by: Actor) -> bool:
        """Take somebody's second factor away (device and codes lost). False if there is none; for administrators."""
        return by.role is Role.ADMINISTRATOR and await self._rows.remove(person, by, self._now())

    def _count(self, by: Actor) -> None:
        if not self._tries.allows(by.address, self._now()):
            events.logged_in("factor", "throttled")
            raise TooMany

    async def _used(self, by: Actor, code: str) -> None:
        """Use the code up. Raises WrongCode, Expired where there is no factor."""
        row = await self._rows.find(by.address)
        if row is None or row.confirmed_at is None:
            raise Expired
        step = self._step_of(row, code)
        if step is not None and await self._rows.use_step(by.address, step):
            return
        plain = _plain(code)
        if len(plain) == _LENGTH:
            (digest,) = self._hashes(by.address, [plain])
            if await self._rows.use_code(by.address, digest, by, self._now()):
                return
        await self._wrong(by)

    async def _wrong(self, by: Actor) -> NoReturn:
        events.logged_in("factor", "failure")
        await self._rows.failed(by, self._now())
        raise WrongCode(1)

    async def _stepped_up(self, cookie: str) -> Opened:
        opened = await self._visits.step_up(cookie)
        if opened is None:
            raise Expired
        return opened

    def _step_of(self, row: FactorRow, code: str) -> int | None:
        """The time step that the code is of, None if it is of none near now."""
        digits = "".join(str(int(ch)) for ch in code[:40] if ch.isdecimal())
        made, now = pyotp.TOTP(self._secret(row)), int(self._now().timestamp()) // _STEP
        for step in range(now - _WINDOW, now + _WINDOW + 1):
            if hmac.compare_digest(made.generate_otp(step), digits):
                return step
        return None

    def _secret(self, row: FactorRow) -> str:
        try:
            return self._seal.open("second factor", row.secret, bound=row.person).decode()
        except Unsealable:
            raise Unavailable("second factor: sealed with another house's key; reset it") from None

    def _enrolment(self, person: str, secret: str) -> Enrolment:
        house = self._settings.organization.name
        issuer = f"mailguard {house}".strip().replace(":", " ")
        return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=issuer))

    def _hashes(self, person: str, codes: list[str]) -> list[bytes]:
        return [self._seal.digest("recovery code", f"{person}\0{_plain(code)}") for code in codes]


def _new_codes() -> list[str]:
    drawn = ("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(_CODES))
    return [f"{code[:5]}-{code[5:]}" for code in drawn]


def _plain(code: str) -> str:
    return "".join(ch for ch in code[:40].lower() if ch.isascii() and ch.isalnum())
