"""Google Chat: the webhook of a space, which takes cards (developers.google.com/workspace/chat/quickstart/webhooks).

Card text reads a little HTML (".../chat/format-messages", cards), so a stranger's `<` and `&` are escaped; mentions
such as `<users/all>` are read in text messages only, and we send none. A space takes one message a second from webhooks
and answers 429 beyond it (".../chat/limits"); a message may have 32,000 octets.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mailguard.courier.client import Courier
from mailguard.notify.channels.channel import Outcome, outcome_of
from mailguard.notify.channels.inert import inert
from mailguard.notify.channels.saying import Saying
from mailguard.notify.channels.settings import ChannelSettings

_LINE = 400


def marked_down(text: str, limit: int = _LINE) -> str:
    """A stranger's text for a widget that reads HTML."""
    return html.escape(inert(text, limit), quote=False)


def payload(saying: Saying) -> dict[str, Any]:
    """The message with one card."""
    widgets: list[dict[str, Any]] = [{"textParagraph": {"text": f"<b>{marked_down(saying.title)}</b>"}}]
    if saying.lead:
        widgets.append({"textParagraph": {"text": marked_down(saying.lead)}})
    for label, value in saying.facts:
        said = {"topLabel": inert(label), "text": marked_down(value), "wrapText": True}
        widgets.append({"decoratedText": said})
    if saying.link:
        button = {"text": inert(saying.act), "onClick": {"openLink": {"url": saying.link}}}
        widgets.append({"buttonList": {"buttons": [button]}})
    return {
        "fallbackText": inert(saying.title, _LINE).replace("<", "\uff1c"),
        "cardsV2": [{"cardId": "mailguard", "card": {"sections": [{"widgets": widgets}]}}],
    }


class GoogleChat:
    """One space."""

    def __init__(self, settings: ChannelSettings, courier: Courier, now: Callable[[], datetime]) -> None:
        self._settings, self._courier, self._now = settings, courier, now

    async def say(self, saying: Saying, person: str, number: int) -> Outcome:
        """See Channel."""
        body = json.dumps(payload(saying), ensure_ascii=False).encode()
        answer = await self._courier.post(self._settings.url, body=body, content_type="application/json; charset=UTF-8")
        status = answer.json().get("error")
        word = status.get("status") if isinstance(status, dict) else ""
        return outcome_of(answer, self._now(), why=word if isinstance(word, str) and word.isidentifier() else "")
