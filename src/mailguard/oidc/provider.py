"""The provider: its discovery document and keys, kept for a while; where to send people; what their code is worth.

It trusts the provider at the configured issuer, known by TLS, for who somebody is. Every answer is bounded in time and
size, keys that were changed are fetched anew at most once a minute, and every ID token is checked whole.
Sources: OpenID Connect Core, Discovery and RP-Initiated Logout 1.0; RFC 6749, 7636 (PKCE), 9207 (issuer in the answer).
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mailguard.mail.organization import Language
from mailguard.oidc.identity import BadToken, UnknownKey, checked
from mailguard.oidc.settings import OidcSettings
from mailguard.oidc.web import Guarded, NotAllowed, tls_context

_KEPT, _KEYS_AT_MOST_EVERY = timedelta(hours=1), timedelta(minutes=1)
#: A provider that did not answer is not asked again at once: nobody waits in a row behind others.
_SPARED = timedelta(seconds=5)


class ProviderUnavailable(Exception):
    """The provider does not answer, or its documents cannot be used; one line for the administrator."""


class ProviderError(Exception):
    """The provider answered, and what it said is refused; one line for the administrator."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One login under way. redirect: where the provider sends people back to."""

    nonce: str = field(repr=False)
    verifier: str
    redirect: str


@dataclass(frozen=True, slots=True)
class _Metadata:
    """The discovery document, as far as it is used (Discovery section 3)."""

    authorization: str
    token: str = field(repr=False)
    jwks: str
    userinfo: str
    end_session: str
    auth_method: str
    says_issuer: bool
    read_at: datetime


class Provider:
    """One OpenID provider."""

    def __init__(self, settings: OidcSettings, *, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self._now = now
        self._context: ssl.SSLContext | None = None
        self._known: _Metadata | None = None
        self._keys: KeySet | None = None
        self._keys_at = datetime.min.replace(tzinfo=now().tzinfo)
        self._reading = asyncio.Lock()
        self._down = ("", self._keys_at)

    async def authorize(self, flow: Flow, state: str, language: Language) -> str:
        """The address to send a browser to. Raises ProviderUnavailable."""
        known = await self._metadata()
        async with await self._client(known) as client:
            url, _ = client.create_authorization_url(
                known.authorization,
                state=state,
                code_verifier=flow.verifier,
                redirect_uri=flow.redirect,
                nonce=flow.nonce,
                ui_locales=language,
            )
        return str(url)

    async def redeem(self, flow: Flow, code: str, *, issuer: str = "") -> dict[str, Any]:
        """The checked claims for a code. Raises ProviderError, ProviderUnavailable."""
        known = await self._metadata()
        if (issuer or known.says_issuer) and issuer != self.settings.issuer:
            raise ProviderError("iss of the answer is another issuer's")  # RFC 9207 section 2.4
        async with self._bounded(), await self._client(known) as client:
            given = await client.fetch_token(
                known.token, grant_type="authorization_code", code=code, redirect_uri=flow.redirect,
                code_verifier=flow.verifier,
            )  # fmt: skip
            token, access = given.get("id_token"), given.get("access_token")
            if not isinstance(token, str) or not isinstance(access, str):
                raise ProviderError("the answer holds no id_token; is `openid` among the scopes?")
            claims = await self._claims(token, flow, access, known)
            if self.settings.email_claim not in claims and known.userinfo:
                more = await self._userinfo(client, known, claims["sub"])
                claims = {**more, **claims}
        return claims

    async def end_session(self, after: str) -> str:
        """The provider's log-out page; "" if it offers none. Raises ProviderUnavailable."""
        known = await self._metadata()
        if not known.end_session:
            return ""
        mark = "&" if "?" in known.end_session else "?"
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": after}
        return f"{known.end_session}{mark}{urlencode(asked)}"

    async def _claims(self, token: str, flow: Flow, access: str, known: _Metadata) -> dict[str, Any]:
        """Raises ProviderError, ProviderUnavailable."""

        def claims(keys: KeySet) -> dict[str, Any]:
            return checked(token, keys, self.settings, nonce=flow.nonce, access_token=access, now=self._now())

        try:
            try:
                return claims(await self._keyset(known))
            except UnknownKey:
                return claims(await self._keyset(known, anew=True))
        except BadToken as error:
            raise ProviderError(str(error)) from None

    async def _userinfo(self, client: AsyncOAuth2Client, known: _Metadata, subject: object) -> dict[str, Any]:
        """Claims that the ID token leaves out (Core section 5.3). Raises ProviderError."""
        answer = await client.get(known.userinfo)
        said = _document(answer)
        if said.get("sub") != subject:
            raise ProviderError("userinfo: sub is another person's")  # section 5.3.2
        return said

    async def _keyset(self, known: _Metadata, *, anew: bool = False) -> KeySet:
        now = self._now()
        async with self._reading:
            age = now - self._keys_at
            if self._keys is None or age > _KEPT or (anew and age > _KEYS_AT_MOST_EVERY):
                async with self._bounded(), await self._client(known) as client:
                    said = _document(await client.request("GET", known.jwks, withhold_token=True))
                try:
                    self._keys, self._keys_at = KeySet.import_key_set(_usable(said)), now
                except (JoseError, ValueError, TypeError, KeyError) as error:
                    raise ProviderUnavailable(f"{known.jwks}: no keys that can be used") from error
            return self._keys

    async def _metadata(self) -> _Metadata:
        """Raises ProviderUnavailable."""
        async with self._reading:
            if self._known is None or self._now() - self._known.read_at > _KEPT:
                why, until = self._down
                if self._now() < until:
                    raise ProviderUnavailable(why)
                try:
                    self._known = await self._discovered()
                except ProviderUnavailable as error:
                    self._down = (str(error), self._now() + _SPARED)
                    raise
            return self._known

    async def _discovered(self) -> _Metadata:
        url = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        async with self._bounded(), await self._client(None) as client:
            said = _document(await client.request("GET", url, withhold_token=True))
        return self._understood(said)

    def _understood(self, said: dict[str, Any]) -> _Metadata:
        if said.get("issuer") != self.settings.issuer:  # Discovery section 4.3
            raise ProviderUnavailable("console.oidc.issuer is not what the provider calls itself, letter by letter")
        urls = {name: said.get(name, "") for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        more = {name: said.get(name, "") for name in ("userinfo_endpoint", "end_session_endpoint")}
        home = urlsplit(self.settings.issuer).scheme
        for name, url in (urls | {name: url for name, url in more.items() if url}).items():
            if not isinstance(url, str) or urlsplit(url).scheme not in ("https", home) or not urlsplit(url).hostname:
                raise ProviderUnavailable(f"{name} of the provider is no https address")
        offered = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        by_basic = not isinstance(offered, list) or "client_secret_basic" in offered
        method = "client_secret_basic" if by_basic else "client_secret_post"
        return _Metadata(
            authorization=urls["authorization_endpoint"],
            token=urls["token_endpoint"],
            jwks=urls["jwks_uri"],
            userinfo=more["userinfo_endpoint"],
            end_session=more["end_session_endpoint"],
            auth_method=method if self.settings.client_secret else "none",
            says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
            read_at=self._now(),
        )

    async def _client(self, known: _Metadata | None) -> AsyncOAuth2Client:
        if self._context is None:
            try:
                self._context = await asyncio.to_thread(tls_context, self.settings)
            except OSError as error:
                raise ProviderUnavailable(f"console.oidc.ca_file cannot be read: {error.strerror}") from None
        return AsyncOAuth2Client(
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret or None,
            scope=" ".join(self.settings.scopes),
            token_endpoint_auth_method=known.auth_method if known else None,
            code_challenge_method="S256",
            transport=Guarded(self.settings, self._context),
            timeout=self.settings.seconds,
            follow_redirects=False,
            trust_env=False,
        )

    def _bounded(self) -> _Bounded:
        return _Bounded(self.settings)


class _Bounded:
    """A talk with the provider: within its time, and every way of failing in our words."""

    def __init__(self, settings: OidcSettings) -> None:
        self._host = urlsplit(settings.issuer).hostname
        self._timeout = asyncio.timeout(settings.seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            raise ProviderUnavailable(f"{self._host}: no answer in time") from None
        if isinstance(error, AuthlibBaseError):  # the token endpoint's own error (RFC 6749 section 5.2)
            raise ProviderError(f"the code was not taken: {str(error.error)[:60]}") from None
        if isinstance(error, NotAllowed):
            raise ProviderUnavailable(str(error)) from None
        if isinstance(error, httpx2.HTTPError | OSError):
            raise ProviderUnavailable(f"{self._host}: {_cause(error)}") from None
        if isinstance(error, ValueError):
            raise ProviderUnavailable(f"{self._host}: the answer cannot be read") from None


def _document(answer: httpx2.Response) -> dict[str, Any]:
    """A JSON object. Raises ProviderUnavailable."""
    if answer.status_code != 200:
        raise ProviderUnavailable(f"{answer.url.host}: HTTP {answer.status_code}")
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise ProviderUnavailable(f"{answer.url.host}: the answer is no JSON object")
    return said


def _usable(said: dict[str, Any]) -> Any:
    """The keys for signatures; kinds that we do not know must not spoil the rest."""
    keys = said.get("keys")
    found = [
        key
        for key in (keys if isinstance(keys, list) else [])[:100]
        if isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"
    ]
    if not found:
        raise ValueError("no keys")
    return {"keys": found}


def _cause(error: BaseException) -> str:
    for link in (error, error.__cause__, error.__context__):
        if isinstance(link, ssl.SSLCertVerificationError):
            return f"certificate not valid: {link.verify_message}"
    return " ".join(str(error).split())[:120] or type(error).__name__
