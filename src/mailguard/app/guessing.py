"""The administrators hear that somebody guesses passwords at the front door: a letter, and at most one an hour.

Each process at the ports counts for itself, and the ledger sees to it that they do not all write.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from mailguard import events
from mailguard.app.rooms import Rooms, utc_now
from mailguard.config.load import Config
from mailguard.mail.organization import Language
from mailguard.notify.phrases import Both
from mailguard.smtpd.alarm import Alarm, Guessing
from mailguard.store.errors import StoreError

_EVERY = 5.0
_PAUSE = timedelta(hours=1)
_NAMED = 8
_WORDS = {
    "account": Both("アカウント {name}: {failures}回", "account {name}: {failures} times"),
    "address": Both("接続元 {name}: {failures}回", "from {name}: {failures} times"),
}
_UNUSUAL = re.compile(r"[^\w@.+\\-]")
_WITHIN = Both("{minutes}分以内に ", "within {minutes} minutes: ")
_AND, _MORE = Both("、", "; "), Both(" ほか{count}件", " and {count} more")


def alarm_of(config: Config, clock: Callable[[], float]) -> Alarm | None:
    """The alarm as it is set; None where nobody logs in."""
    section = config.settings.auth
    return None if section is None else Alarm(section.alarm.failures, float(section.alarm.within), clock)


async def tell_of_guessing(alarm: Alarm, rooms: Rooms, noticed: Callable[[], None]) -> None:
    """Look again and again, until cancelled."""
    while True:
        await asyncio.sleep(_EVERY)
        try:
            if (found := alarm.due()) and await _told(found, alarm.within, rooms):
                noticed()
        except StoreError as error:
            events.fault("guessing", error)


async def _told(found: Sequence[Guessing], within: float, rooms: Rooms) -> bool:
    """Owe each administrator a letter, unless another process has done so within the hour."""
    settings, now = rooms.config.settings, utc_now()
    reason = sentence(found, within, settings.organization.language)
    told = [
        await rooms.outbox.add_once("guessing", person, now, since=now - _PAUSE, name="", reason=reason)
        for person in settings.console.administrators
    ]
    return any(told)


def sentence(found: Sequence[Guessing], within: float, language: Language) -> str:
    """Who was seen, on one line."""
    parts = [_WORDS[one.by].of(language, name=_shown(one), failures=one.failures) for one in found[:_NAMED]]
    more = _MORE.of(language, count=len(found) - _NAMED) if len(found) > _NAMED else ""
    return _WITHIN.of(language, minutes=round(within / 60)) + _AND.of(language).join(parts) + more


def _shown(one: Guessing) -> str:
    """The name of an account is a stranger's words: it has nothing that such names do not have, no link for one."""
    return one.name if one.by == "address" else _UNUSUAL.sub("?", one.name[:80])
