"""Chatwork: API v2 with a token, into one room; a person is named there with [To:account id].

developer.chatwork.com/docs/endpoints: POST /rooms/{room_id}/messages, x-chatworktoken, a form; 300 requests in five
minutes, then 429 with x-ratelimit-reset (seconds since 1970); ten messages in ten seconds for a room.

Tags ([To:], [toall], [info], [code] ...: developer.chatwork.com/docs/message-notation) know no escape, so a stranger's
brackets become full-width ones.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from mailguard.courier.client import Answer, Courier
from mailguard.notify.channels.channel import Nobody, NotNow, Outcome, outcome_of
from mailguard.notify.channels.inert import inert
from mailguard.notify.channels.saying import Saying
from mailguard.notify.channels.settings import ChannelSettings

API: Final = "https://api.chatwork.com/v2"
_LINE = 400
_BRACKETS = str.maketrans({"[": "\uff3b", "]": "\uff3d"})


def without_tags(text: str, limit: int = _LINE) -> str:
    """A stranger's text without anything that could be a tag."""
    return inert(text, limit).translate(_BRACKETS)


def text_of(saying: Saying, account: str = "") -> str:
    """The message; account: whom it names."""
    to = f"[To:{account}]\n" if account else ""
    body = "\n".join(without_tags(line) for line in saying.lines)
    link = f"\n{without_tags(saying.act)}: {saying.link}" if saying.link else ""
    return f"{to}[info][title]{without_tags(saying.title)}[/title]{body}{link}[/info]"


class Chatwork:
    """One room."""

    def __init__(self, settings: ChannelSettings, courier: Courier, now: Callable[[], datetime]) -> None:
        self._settings, self._courier, self._now = settings, courier, now

    async def say(self, saying: Saying, person: str, number: int) -> Outcome:
        """See Channel. A person without an account id in `people` is Nobody."""
        account = self._settings.people.get(person, "") if person else ""
        if person and not account:
            return Nobody()
        answer = await self._courier.post(
            f"{self._settings.api or API}/rooms/{self._settings.room}/messages",
            headers={"x-chatworktoken": self._settings.token},
            body=urlencode({"body": text_of(saying, account), "self_unread": "1"}).encode(),
            content_type="application/x-www-form-urlencoded",
        )
        found = outcome_of(answer, self._now())
        if isinstance(found, NotNow) and found.wait is None:
            return NotNow(found.why, _until_reset(answer, self._now()))
        return found


def _until_reset(answer: Answer, now: datetime) -> float | None:
    """Seconds until the limit ends, at most ten minutes (it is one of five)."""
    said = answer.headers.get("x-ratelimit-reset", "")
    if answer.status != 429 or not (said.isascii() and said.isdigit()):
        return None
    return min(max(1.0, float(said[:12]) - now.timestamp()), 600.0)
