"""Microsoft Teams: the webhook of a workflow ("When a Teams webhook request is received"), which takes adaptive cards.

The envelope of the message: learn.microsoft.com, "Create incoming webhooks with Workflows for Microsoft Teams"; the
older connectors are retired. A message may have 28 KB. The workflow answers 202 before Teams has shown the card.

TextBlock and facts read Markdown in Teams ("Format cards in Microsoft Teams"), and a mention needs an entity beside the
text; a TextRun inside a RichTextBlock reads none (Adaptive Cards schema), so all text stands in TextRuns.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mailguard.courier.client import Courier
from mailguard.notify.channels.channel import Outcome, outcome_of
from mailguard.notify.channels.inert import inert
from mailguard.notify.channels.saying import Saying
from mailguard.notify.channels.settings import ChannelSettings

_TYPE = "application/vnd.microsoft.card.adaptive"
_LINE = 400


def payload(saying: Saying) -> dict[str, Any]:
    """The message with one card."""
    body = [_line(inert(saying.title, _LINE), weight="Bolder", size="Medium")]
    if saying.lead:
        body.append(_line(inert(saying.lead, _LINE)))
    for label, value in saying.facts:
        body.append(
            {
                "type": "RichTextBlock",
                "inlines": [_run(f"{inert(label)}: ", weight="Bolder"), _run(inert(value, _LINE))],
            }
        )
    card: dict[str, Any] = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": saying.language,
        "body": body,
        "fallbackText": inert(saying.title, _LINE),
    }
    if saying.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": inert(saying.act), "url": saying.link}]
    return {"type": "message", "attachments": [{"contentType": _TYPE, "contentUrl": None, "content": card}]}


def _line(text: str, **style: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [_run(text, **style)]}


def _run(text: str, **style: str) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **style}


class Teams:
    """One workflow."""

    def __init__(self, settings: ChannelSettings, courier: Courier, now: Callable[[], datetime]) -> None:
        self._settings, self._courier, self._now = settings, courier, now

    async def say(self, saying: Saying, person: str, number: int) -> Outcome:
        """See Channel."""
        body = json.dumps(payload(saying), ensure_ascii=False).encode()
        answer = await self._courier.post(self._settings.url, body=body, content_type="application/json")
        return outcome_of(answer, self._now())
