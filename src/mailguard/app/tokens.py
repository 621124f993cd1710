"""Tokens for SASL at a next server: OAuth 2 client credentials (RFC 6749 section 4.4), fetched by the courier.

A token is kept in memory until shortly before its end, and never written down. It is fetched from where the settings
say, over https, or from this machine to try things out; the answer is bounded and nothing of it is logged or repeated
but the short code that RFC 6749 section 5.2 gives a refusal.
"""

from __future__ import annotations

import asyncio
import re
import time
from urllib.parse import urlencode

from mailguard.courier.client import Courier, NotCarried
from mailguard.mail.saying import Sentence
from mailguard.relay.sasl import NoToken
from mailguard.relay.settings import OauthSettings

#: A token is not used in its last seconds: a server may look at it later than we do. Without a word it lasts so long.
_EARLY, _UNSAID = 60.0, 300.0
#: Seconds for which a refusal is taken for the answer to all that ask.
_QUIET = 5.0
_TOKEN = re.compile(r"[!-~]{1,16384}")
_CODE = re.compile(r"[a-z_]{1,40}")


class ClientCredentials:
    """`relay.sasl.Tokens` of one account. All methods belong to one event loop."""

    def __init__(self, settings: OauthSettings) -> None:
        self._settings = settings
        self._courier: Courier | None = None
        self._token, self._until = "", 0.0
        self._refused, self._ask_at = "", 0.0
        self._one = asyncio.Lock()

    async def __call__(self, *, fresh: bool) -> str:
        """The token; fresh: another one than that of now. Raises NoToken."""
        before = self._token
        async with self._one:  # many connections that open at once ask for one token
            if self._token and time.monotonic() < self._until and (not fresh or self._token != before):
                return self._token
            if time.monotonic() < self._ask_at:
                raise NoToken(self._refused)
            try:
                return await self._fetched()
            except NoToken as error:
                self._refused, self._ask_at = str(error), time.monotonic() + _QUIET
                raise

    async def _fetched(self) -> str:
        try:
            if self._courier is None:
                self._courier = await asyncio.to_thread(Courier, private=self._settings.is_here)
            answer = await self._courier.post(
                self._settings.token_url,
                body=self._request(),
                content_type="application/x-www-form-urlencoded",
                headers={"accept": "application/json"},
            )
        except NotCarried as error:
            raise NoToken(Sentence("トークンを取得できません: {error}", "no token: {error}", error=error)) from None
        said = answer.json()
        token = said.get("access_token")
        if not answer.is_good or not isinstance(token, str) or not _TOKEN.fullmatch(token):
            code = said.get("error")
            why = f" {code}" if isinstance(code, str) and _CODE.fullmatch(code) else ""
            refused = Sentence(
                "トークンを取得できません。トークンサーバーの応答: {said}",
                "no token: the token server said {said}",
                said=f"{answer.status}{why}",
            )
            raise NoToken(refused)
        lasts = said.get("expires_in")
        seconds = float(lasts) if isinstance(lasts, int | float) and 0 < lasts < 10**9 else _UNSAID
        self._token, self._until = token, time.monotonic() + max(seconds - _EARLY, seconds / 2)
        return token

    def _request(self) -> bytes:
        """RFC 6749 section 4.4.2."""
        asked = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
        }
        if self._settings.scope:
            asked["scope"] = self._settings.scope
        return urlencode(asked).encode()
