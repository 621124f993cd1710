"""Slack: an incoming webhook into its channel, or a bot's token for a channel or for the person himself.

Webhook: docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. Token: chat.postMessage with the scope
chat:write; users.lookupByEmail (users:read.email) finds a person by mail address. Sent at most once a second for each
channel (docs.slack.dev/apis/web-api/rate-limits), 429 with Retry-After otherwise.

`&`, `<` and `>` are the only signs of control (docs.slack.dev/messaging/formatting-message-text), so a subject
`<!channel>` is escaped; and all text but our own link is plain_text, in which nothing is formatted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from mailguard.courier.client import Answer, Courier
from mailguard.notify.channels.channel import Never, Nobody, NotNow, Outcome, Said, outcome_of
from mailguard.notify.channels.inert import inert
from mailguard.notify.channels.saying import Saying
from mailguard.notify.channels.settings import ChannelSettings

API: Final = "https://slack.com/api"
#: Signs of a header block, of a text object (docs.slack.dev/reference/block-kit).
_HEADER, _TEXT = 150, 3000
#: Errors of chat.postMessage that say that this message is wrong, not the channel.
_WRONG_MESSAGE = frozenset(
    {"msg_too_long", "no_text", "invalid_blocks", "invalid_blocks_format", "too_many_attachments"}
)
#: People whose ids are remembered.
_MOST_KNOWN = 10_000


def escaped(text: str, limit: int) -> str:
    """A stranger's text for any text object; cut before escaping, so that no entity is cut in two."""
    most = limit // 5  # "&amp;" is five signs
    clean = inert(text, most)
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")[:limit]


def payload(saying: Saying) -> dict[str, Any]:
    """The message as blocks, and as text for notifications and screen readers."""
    title = escaped(saying.title, _HEADER * 5)
    body = "\n".join(escaped(line, _TEXT) for line in saying.lines)[:_TEXT]
    blocks: list[dict[str, Any]] = [_plain("section", title)]
    if body:
        blocks.append(_plain("section", body))
    if saying.link:
        # Not a button: a press would be reported to an app that a webhook does not have, and show a warning.
        link = f"<{saying.link}|{escaped(saying.act, 300)}>"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": link, "verbatim": True}})
    return {"text": title, "blocks": blocks, "unfurl_links": False, "unfurl_media": False, "link_names": False}


def _plain(kind: str, text: str) -> dict[str, Any]:
    return {"type": kind, "text": {"type": "plain_text", "text": text, "emoji": False}}


class Slack:
    """One webhook, or one bot."""

    def __init__(self, settings: ChannelSettings, courier: Courier, now: Callable[[], datetime]) -> None:
        self._settings, self._courier, self._now = settings, courier, now
        self._ids: dict[str, str] = dict(settings.people)

    async def say(self, saying: Saying, person: str, number: int) -> Outcome:
        """See Channel. A person whom Slack does not know by his address is Nobody."""
        if self._settings.url:
            return await self._by_webhook(payload(saying))
        target = self._settings.room
        if person:
            found = await self._id_of(person)
            if not isinstance(found, str):
                return found
            target = found
        return await self._call("chat.postMessage", {**payload(saying), "channel": target})

    async def _by_webhook(self, message: Mapping[str, Any]) -> Outcome:
        answer = await self._courier.post(
            self._settings.url, body=json.dumps(message).encode(), content_type="application/json"
        )
        word = answer.body[:60].decode("ascii", "replace").strip() if not answer.is_good else ""
        return outcome_of(answer, self._now(), why=word if word.replace("_", "").isalnum() else "")

    async def _id_of(self, person: str) -> str | Outcome:
        known = self._ids.get(person)
        if known:
            return known
        answer = await self._post(
            "users.lookupByEmail", urlencode({"email": person}), "application/x-www-form-urlencoded"
        )
        said = answer.json()
        user = said.get("user")
        if said.get("ok") is True and isinstance(user, dict) and isinstance(user.get("id"), str):
            if len(self._ids) < _MOST_KNOWN:
                self._ids[person] = user["id"]
            return str(user["id"])
        if said.get("error") in ("users_not_found", "user_not_found"):
            return Nobody()
        return NotNow(f"users.lookupByEmail: {_error(said) or answer.status}", answer.wait(self._now()))

    async def _call(self, method: str, values: Mapping[str, Any]) -> Outcome:
        answer = await self._post(method, json.dumps(values), "application/json; charset=utf-8")
        said = answer.json()
        if not answer.is_good:
            return outcome_of(answer, self._now(), why=_error(said))
        if said.get("ok") is True:
            return Said()
        error = _error(said) or "an answer that is no JSON"
        if error in _WRONG_MESSAGE:
            return Never(f"{method}: {error}")
        return NotNow(f"{method}: {error}", answer.wait(self._now()))

    async def _post(self, method: str, body: str, content_type: str) -> Answer:
        return await self._courier.post(
            f"{self._settings.api or API}/{method}",
            headers={"authorization": f"Bearer {self._settings.token}"},
            body=body.encode(),
            content_type=content_type,
        )


def _error(said: Mapping[str, Any]) -> str:
    """Slack's word for what is wrong, if it is a word."""
    error = said.get("error")
    return error[:60] if isinstance(error, str) and error.replace("_", "").isalnum() else ""
