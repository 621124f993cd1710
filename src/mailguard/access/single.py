"""Login by the company's sign-on (OpenID Connect): authorization code with PKCE, bound to the browser that began.

What must be remembered between going and coming back travels in `state`, sealed with the house's key and bound to the
browser's secret: nothing is kept for whoever only begins, and nobody else's browser can end it. It trusts the provider
for who somebody is, never for what they may do: roles stand in the settings, the address must be the organisation's.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailguard import events
from mailguard.access.rates import Rate, neighbourhood
from mailguard.access.seal import Seal, Unsealable
from mailguard.access.visits import Visits
from mailguard.access.words import Opened, Reason, Refused, TooMany, Unavailable
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.organization import Language
from mailguard.oidc.identity import Unidentified, address_of
from mailguard.oidc.provider import Flow, Provider, ProviderError, ProviderUnavailable

#: How long somebody may take at the provider, and how many finished flows are remembered so that none ends twice.
_LASTS, _REMEMBERED = timedelta(minutes=15), 10_000
_TRIES_AN_HOUR = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider's redirect said: one of code and error, with the state; issuer: RFC 9207."""

    state: str
    code: str = field(default="", repr=False)
    error: str = ""
    issuer: str = ""


class SingleSignOn:
    """One provider. back: the address that the provider sends people back to."""

    def __init__(
        self,
        provider: Provider,
        visits: Visits,
        seal: Seal,
        *,
        back: str,
        may_log_in: Callable[[Address], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._provider = provider
        self._visits = visits
        self._seal = seal
        self._back = back
        self._may_log_in = may_log_in
        self._now = now
        self._done: OrderedDict[str, None] = OrderedDict()
        self._tries = Rate(_TRIES_AN_HOUR)

    def label(self, language: Language) -> str:
        """What the company calls its sign-on; "" if it has no name for it."""
        return self._provider.settings.label_en if language == "en" else self._provider.settings.label_ja

    async def start(self, browser: str, way: str, language: Language) -> str:
        """The provider's address to go to. browser: the secret of its cookie; way: where to go afterwards.

        Raises Unavailable.
        """
        flow = Flow(nonce=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(48), redirect=self._back)
        until = int((self._now() + _LASTS).timestamp())
        kept = json.dumps([flow.nonce, flow.verifier, until, way]).encode()
        state = self._seal.close_text("sign-on", kept, bound=_bound(browser))
        try:
            return await self._provider.authorize(flow, state, language)
        except ProviderUnavailable as error:
            raise self._unavailable(error) from None

    async def finish(self, browser: str, answer: Answer, *, client: str = "", agent: str = "") -> tuple[Opened, str]:
        """A session for whoever comes back, and where to go. agent: what the browser is called in the list of sessions.

        Raises Refused, Unavailable, TooMany.
        """
        if not self._tries.allows(neighbourhood(client), self._now()):
            raise TooMany
        try:
            flow, way = self._flow(browser, answer.state)
            person = await self._person(flow, answer)
        except Refused as error:
            events.logged_in("oidc", "failure")
            events.sign_on_refused(error.reason, error.why)
            raise
        except ProviderUnavailable as error:
            raise self._unavailable(error) from None
        events.logged_in("oidc", "success")
        return await self._visits.open(person, "oidc", browser=agent), way

    async def farewell(self, after: str) -> str:
        """The provider's own log-out, "" if it offers none or does not answer. after: where to come back to."""
        try:
            return await self._provider.end_session(after)
        except ProviderUnavailable:
            return ""

    def _flow(self, browser: str, state: str) -> tuple[Flow, str]:
        """What was remembered, once. Raises Refused for a state that is not this browser's, too old, or used."""
        try:
            nonce, verifier, until, way = json.loads(self._seal.open_text("sign-on", state, bound=_bound(browser)))
        except Unsealable:
            raise Refused("stale") from None
        if self._now().timestamp() > until or nonce in self._done:
            raise Refused("stale")
        self._done[nonce] = None
        if len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)
        return Flow(nonce=nonce, verifier=verifier, redirect=self._back), str(way)

    async def _person(self, flow: Flow, answer: Answer) -> str:
        """The address key. Raises Refused, ProviderUnavailable."""
        if answer.error or not answer.code:
            reason: Reason = "cancelled" if answer.error in _CANCELLED else "provider"
            raise Refused(reason, answer.error)
        try:
            claims = await self._provider.redeem(flow, answer.code, issuer=answer.issuer)
            address = parse_address(address_of(claims, self._provider.settings))
        except ProviderError as error:
            raise Refused("token", str(error)) from None
        except Unidentified as error:
            raise Refused("unverified" if error.unverified else "email", str(error)) from None
        except AddressError:
            raise Refused("email", "the claim is no mail address") from None
        if not self._may_log_in(address):
            raise Refused("stranger")
        return address.key

    def _unavailable(self, error: ProviderUnavailable) -> Unavailable:
        events.logged_in("oidc", "unavailable")
        events.login_unavailable("oidc", str(error))
        return Unavailable(str(error))


#: What people do, not what is broken (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6).
_CANCELLED = frozenset({"access_denied", "login_required", "interaction_required", "consent_required"})


def _bound(browser: str) -> str:
    return hashlib.sha256(b"sign-on " + browser.encode("utf-8", "surrogatepass")).hexdigest()
