"""The porter: opens a session for whoever shows enough, knows the roles, gives out tickets and tokens."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from mailguard import events
from mailguard.access.rates import Rate, neighbourhood
from mailguard.access.seal import Seal
from mailguard.access.second import SecondFactor
from mailguard.access.visits import Visits
from mailguard.access.words import (
    AccessSettings,
    Expired,
    LetterPeek,
    Opened,
    Session,
    Ticket,
    TooMany,
    WrongCode,
)
from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.saying import Sentence
from mailguard.mail.sealing import chance
from mailguard.store.audit import Audit
from mailguard.store.outbox import Outbox
from mailguard.store.rows import to_micro
from mailguard.store.sessions import Attempt, NewTicket, Sessions, TicketKind, TokenRow, code_hash, hashed

#: A request for a login letter takes at least so long, so that its time does not tell whether the address is known.
_SAME_SECONDS = 0.15
_TOKEN_PREFIX = "mg_"  # noqa: S105  so that a token is recognised when it turns up where it does not belong
_NEED_ADDRESS = frozenset({Role.SENDER, Role.APPROVER})
_NO_ROLE = Sentence(
    "その役割のトークンは作れません。sender、approver、administrator、officer、auditor のいずれかを指定してください。",
    "the house needs no token: give sender, approver, administrator, officer or auditor",
)
_NO_ADDRESS = Sentence(
    "メールアドレスではありません。local@domain の形で書いてください。", "this is no mail address: write local@domain"
)


def _no_key() -> bytes:
    raise RuntimeError("no key was given to seal with")


class Access:
    """The porter. visits: the open sessions; factor: second factors; seal: what only this house can open."""

    def __init__(
        self,
        sessions: Sessions,
        outbox: Outbox,
        audit: Audit,
        settings: AccessSettings,
        *,
        now: Callable[[], datetime],
        noticed: Callable[[], None] = lambda: None,
        key: Callable[[], bytes] = _no_key,
    ) -> None:
        """noticed: a login letter is owed. key: the house's, for what is kept sealed."""
        self.visits = Visits(sessions.visits, sessions.factors, settings, role_of=self.role_of, now=now)
        self.seal = Seal(key)
        self.factor = SecondFactor(
            sessions.factors, self.visits, self.seal, settings, role_of=self.role_of, now=now
        )  # fmt: skip
        self.settings = settings
        self._sessions = sessions
        self._outbox = outbox
        self._audit = audit
        self._settings = settings
        self._now = now
        self._noticed = noticed
        self._letters = Rate(settings.logins_an_hour)
        self._asks = Rate(settings.asks_an_hour)
        self._tries = Rate(settings.tries_an_hour)
        self._wrong_codes = Rate(settings.wrong_codes_an_hour)

    def role_of(self, person: str) -> Role:
        """The strongest role of an address key by the settings; SENDER if none."""
        settings = self._settings
        named = (
            (settings.administrators, Role.ADMINISTRATOR),
            (settings.officers, Role.OFFICER),
            (settings.auditors, Role.AUDITOR),
        )
        return next((role for people, role in named if person in people), Role.SENDER)

    def may_log_in(self, address: Address) -> bool:
        """Own domains, and who is listed."""
        settings = self._settings
        named = settings.administrators | settings.officers | settings.auditors | settings.listed
        return settings.organization.is_internal(address) or address.key in named

    async def request_login(self, address: str, nonce: str, *, client: str = "", browser: str = "") -> None:
        """Ask for a login letter. nonce: random secret that the console put into the browser's cookie.

        Says nothing about whether the address may log in. Raises TooMany (per client; per address it is silent).
        The letter's secrets are made when it is written: `login_ticket`.
        """
        now = self._now()
        if not self._asks.allows(neighbourhood(client), now):
            raise TooMany
        until = asyncio.get_running_loop().time() + _SAME_SECONDS
        person = _parsed(address)
        if person is not None and self.may_log_in(person) and self._letters.allows(person.key, now):
            detail = {"nonce_hash": hashed(nonce).hex(), "browser": browser[:200]}
            await self._outbox.add("login", str(person), now, **detail)
            self._noticed()
        await asyncio.sleep(max(0.0, until - asyncio.get_running_loop().time()))

    def login_ticket(self, person: str, nonce_hash: str) -> tuple[Ticket, NewTicket]:
        """The secrets for a login letter (notice kind "login"; nonce_hash is in its detail), and the row that makes
        them good: it enters the ledger with the letter, or by `keep`.
        """
        lasts = self._settings.login_lasts
        return self._ticket("login", person, None, lasts, bytes.fromhex(nonce_hash) if nonce_hash else None)

    def letter_ticket(self, message_id: str, person: str) -> tuple[Ticket, NewTicket]:
        """The same for a letter about a mail to one person (held, approval)."""
        return self._ticket("letter", person, message_id, self._settings.letter_lasts, None)

    async def keep(self, ticket: NewTicket) -> None:
        """Make a ticket good that goes into no letter."""
        await self._sessions.add_ticket(ticket, self._now())

    async def redeem(
        self,
        *,
        token: str | None = None,
        nonce: str | None = None,
        code: str | None = None,
        client: str = "",
        browser: str = "",
    ) -> Opened:
        """Open a session for any two of: link token, asking browser, code. Raises WrongCode, Expired, TooMany."""
        return await self._open("login", token, nonce, code, client=client, browser=browser)

    async def redeem_letter(self, token: str, code: str, *, client: str = "", browser: str = "") -> Opened:
        """Open a short session for one mail with a letter's link and code. Raises WrongCode, Expired, TooMany."""
        return await self._open("letter", token, None, code, client=client, browser=browser)

    async def peek(self, token: str, *, used: bool = False) -> LetterPeek | None:
        """Which mail and person a letter's link names, while it is good; for the page that asks for the code.

        used: a used or spoilt one too, until its time is over: only to lead an open session to a mail that it may see.
        """
        ticket = await self._sessions.find_ticket("letter", hashed(token))
        if ticket is None or ticket.message_id is None:
            return None
        now = self._now()
        if now >= ticket.expires_at or not (used or ticket.is_alive(now, self._settings.code_tries)):
            return None
        return LetterPeek(ticket.person, ticket.message_id)

    async def session(self, cookie: str, *, seen: bool = True) -> Session | None:
        """Whose cookie it is; None if nobody's. See Visits."""
        return await self.visits.session(cookie, seen=seen)

    async def purge(self) -> None:
        """Forget sessions and tickets that have ended."""
        await self._sessions.purge(self._now())

    async def create_token(
        self, role: Role, address: str | None, by: Actor, *, lasts: timedelta | None = None, label: str = ""
    ) -> str:
        """A bearer token for the API, shown once. Sender and approver need an address. Raises ValueError."""
        if role is Role.SYSTEM:
            raise ValueError(_NO_ROLE)
        person = None if address is None else _parsed(address)
        if address is not None and person is None:
            raise ValueError(_NO_ADDRESS)
        if person is None and role in _NEED_ADDRESS:
            whose = Sentence(
                "役割 {role} にはアドレスが必要です。誰のメールを扱うかを指定してください。",
                "role {role} needs an address: whose mail is it about?",
                role=str(role),
            )
            raise ValueError(whose)
        token, token_id, now = _TOKEN_PREFIX + secrets.token_urlsafe(32), secrets.token_hex(4), self._now()
        row = TokenRow(
            id=token_id,
            role=role,
            address=f"token-{token_id}" if person is None else person.key,
            label=label[:200],
            created_at=now,
            expires_at=None if lasts is None else now + lasts,
            used_at=None,
            revoked_at=None,
        )
        await self._sessions.add_token(row, hashed(token), by)
        return token

    async def verify_token(self, token: str) -> Actor | None:
        """Whose token it is; None if nobody's."""
        row = await self._sessions.find_token(hashed(token), self._now())
        return None if row is None else Actor(row.address, row.role, "api")

    async def tokens(self) -> list[TokenRow]:
        """All tokens, without their secrets."""
        return await self._sessions.tokens()

    async def revoke_token(self, token_id: str, by: Actor) -> bool:
        """End a token. False if there is none of this id."""
        return await self._sessions.revoke_token(token_id, by, self._now())

    def _ticket(
        self, kind: TicketKind, person: str, message_id: str | None, lasts: timedelta, nonce_hash: bytes | None
    ) -> tuple[Ticket, NewTicket]:
        token = base64.urlsafe_b64encode(chance(32)).decode().rstrip("=")
        ticket = Ticket(token, f"{int.from_bytes(chance(16)) % 1_000_000:06}")
        salt, now, address = chance(16), self._now(), _parsed(person)
        key = person.lower() if address is None else address.key
        code, ends = code_hash(salt, ticket.code), to_micro(now + lasts)
        return ticket, NewTicket(kind, hashed(token), salt, code, nonce_hash, key, message_id, to_micro(now), ends)

    async def _open(
        self, kind: TicketKind, token: str | None, nonce: str | None, code: str | None, *, client: str, browser: str
    ) -> Opened:
        now = self._now()
        guessing = bool(code) and not token
        if not self._tries.allows(neighbourhood(client), now) or (guessing and self._wrong_codes.is_spent("", now)):
            events.logged_in(kind, "throttled")
            raise TooMany
        cookie, via = secrets.token_urlsafe(32), "letter" if kind == "letter" else "console"
        lasts = self._settings.letter_session_lasts if kind == "letter" else self._settings.session_lasts
        attempt = Attempt(
            kind=kind,
            token_hash=hashed(token) if token else None,
            nonce_hash=hashed(nonce) if nonce else None,
            code=_digits(code) if code else None,
            now=now,
            most_tries=self._settings.code_tries,
            session_hash=hashed(cookie),
            session_until=now + lasts,
            actor_via=via,
            browser=browser,
        )
        answer = await self._sessions.attempt(attempt)
        events.logged_in(kind, "failure" if answer.ticket is None else "success")
        if answer.ticket is None:
            if guessing:
                self._wrong_codes.allows("", now)
            raise WrongCode(answer.tries_left) if answer.tries_left else Expired
        return await self.visits.opened(cookie)


def _parsed(address: str) -> Address | None:
    try:
        return parse_address(address.strip())
    except AddressError:
        return None


def _digits(code: str) -> str:
    """A code as people type it: full-width digits, spaces and a hyphen do not matter."""
    return "".join(str(int(ch)) for ch in code[:40] if ch.isdecimal())
