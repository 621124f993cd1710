"""LINE WORKS: a bot of API 2.0, to a person or to a talk room (channel).

developers.worksmobile.com/jp/docs/auth-jwt: a JWT signed RS256 with the app's private key (iss: client id, sub: service
account, at most an hour) is exchanged for an access token, which is kept until shortly before it ends.
.../bot-user-message-send and .../bot-channel-message-send: POST /bots/{botId}/users|channels/{id}/messages, 201; a user
is named by id or by mail address. .../bot-send-link: a text and a link, 1,000 characters each.

`<m userId="all">` would mention everybody (.../bot-mention), so a stranger's `<` becomes a full-width one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from mailguard.courier.client import Courier
from mailguard.mail.saying import Sentence
from mailguard.notify.channels.channel import Never, NotNow, Outcome, outcome_of
from mailguard.notify.channels.inert import inert
from mailguard.notify.channels.saying import Saying
from mailguard.notify.channels.settings import ChannelSettings

API: Final = "https://www.worksapis.com/v1.0"
LOGIN: Final = "https://auth.worksmobile.com/oauth2/v2.0/token"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"  # RFC 7523 section 2.1
_CONTENT = 1000
_ASSERTION = timedelta(minutes=5)
#: A token is renewed so long before its end.
_EARLY = 60.0


def without_mentions(text: str, limit: int = 400) -> str:
    """A stranger's text without anything that could be a mention."""
    return inert(text, limit).replace("<", "\uff1c").replace(">", "\uff1e")


def payload(saying: Saying) -> dict[str, Any]:
    """The message: a text with one link."""
    text = "\n".join([without_mentions(saying.title), *map(without_mentions, saying.lines)])[:_CONTENT]
    content = {
        "type": "link",
        "contentText": text,
        "linkText": without_mentions(saying.act or saying.title),
        "link": saying.link,
    }
    return {"content": content if saying.link else {"type": "text", "text": text}}


def assertion(settings: ChannelSettings, now: datetime) -> str:
    """The signed claim that is exchanged for a token. Raises ValueError and joserfc's errors for a key that is none."""
    from joserfc import jwt  # loaded by those who have such a bot
    from joserfc.jwk import RSAKey

    claims = {
        "iss": settings.client_id,
        "sub": settings.service_account,
        "iat": int(now.timestamp()),
        "exp": int((now + _ASSERTION).timestamp()),
    }
    return jwt.encode({"alg": "RS256", "typ": "JWT"}, claims, RSAKey.import_key(settings.private_key))


def fault_of_key(pem: str) -> str:
    """What is wrong with a private key, without repeating any of it; "" if nothing."""
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    try:
        key = RSAKey.import_key(pem)
    except (ValueError, TypeError, JoseError):
        return Sentence(
            "Developer Console が発行するRSA秘密鍵(PEM)ではありません。",
            "not an RSA private key (PEM) as the Developer Console gives it",
        )
    if key.is_private:
        return ""
    return Sentence("これは公開鍵です。秘密鍵が必要です。", "a public key; the private one is needed")


class LineWorks:
    """One bot."""

    def __init__(self, settings: ChannelSettings, courier: Courier, now: Callable[[], datetime]) -> None:
        self._settings, self._courier, self._now = settings, courier, now
        self._token, self._ends = "", now()

    async def say(self, saying: Saying, person: str, number: int) -> Outcome:
        """See Channel. Whoever LINE WORKS does not know is told of: a bot that it does not know looks the same."""
        token = await self._access()
        if not isinstance(token, str):
            return token
        answer = await self._courier.post(
            f"{self._settings.api or API}/bots/{quote(self._settings.bot, safe='')}/{self._place(person)}/messages",
            headers={"authorization": f"Bearer {token}"},
            body=json.dumps(payload(saying), ensure_ascii=False).encode(),
            content_type="application/json",
        )
        if answer.status == 401:
            self._token = ""  # it was withdrawn: the next try gets another
        if answer.status == 404:  # the person, the room, or the bot itself: it must not be passed over in silence
            status = f"404 ({_word(answer.json().get('code')) or 'not found'})"
            return Never(Sentence("応答 {status}", "answered {status}", status=status))
        return outcome_of(answer, self._now(), why=_word(answer.json().get("code")))

    def _place(self, person: str) -> str:
        if not person:
            return f"channels/{quote(self._settings.room, safe='')}"
        return f"users/{quote(self._settings.people.get(person, person), safe='@')}"

    async def _access(self) -> str | Outcome:
        if self._token and self._now() < self._ends:
            return self._token
        form = {
            "assertion": await asyncio.to_thread(assertion, self._settings, self._now()),
            "grant_type": _GRANT,
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
            "scope": "bot.message",
        }
        answer = await self._courier.post(
            self._settings.login or LOGIN,
            body=urlencode(form).encode(),
            content_type="application/x-www-form-urlencoded",
        )
        said = answer.json()
        token, lasts = said.get("access_token"), str(said.get("expires_in", ""))
        if not answer.is_good or not isinstance(token, str) or not token:
            return NotNow(
                Sentence(
                    "アクセストークンを得られません: {said}", "no access token: {said}",
                    said=_word(said.get("error")) or answer.status,
                ),
                answer.wait(self._now()),
            )  # fmt: skip
        seconds = float(lasts) if lasts.isascii() and lasts.isdigit() else 600.0  # documented as a text, "86400"
        self._token, self._ends = token, self._now() + timedelta(seconds=max(0.0, min(seconds, 86400.0) - _EARLY))
        return token


def _word(said: object) -> str:
    """The service's word for what is wrong, if it is a word."""
    return said[:60] if isinstance(said, str) and said.replace("_", "").isalnum() else ""
