"""One channel's way out: what it is owed, one message after another, with the patience that each service asks for.

Each channel has a task of its own, so a slow or dead chat holds up nothing but itself. A message that was not taken is
tried again, each time later (with jitter, so that many do not come back at once), and given up after hours. Messages of
a kind that pile up for the same place are told as one. What was decided meanwhile is not told any more.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard import events
from mailguard.courier.client import NotCarried
from mailguard.notify.channels.channel import Channel, Never, Nobody, NotNow, Outcome, Said
from mailguard.notify.channels.saying import About, Speaker
from mailguard.notify.channels.settings import ChannelSettings
from mailguard.notify.letter_making import is_stale
from mailguard.store.chat import ChatMessage, ChatOutbox
from mailguard.store.records import MessageRecord, Notice

GIVE_UP = timedelta(hours=6)
_AT_ONCE = 200
#: More messages of one kind for one place are one.
_MANY = 5
_LOOK_AGAIN = 5.0
_SHORTEST, _FIRST_WAIT, _LONGEST_WAIT, _LONGEST_PAUSE = 1.0, 5.0, 300.0, 60.0
#: So many failures in a row, over at least so long, are a channel that fails, and no hiccup.
_FAILURES, _FAILING_AFTER = 3, timedelta(seconds=60)
_random = secrets.SystemRandom()


@dataclass(slots=True)
class Health:
    """How a channel is: failures since the last success. was_good: it has taken a message since the start; gave_up: a
    message is lost, which is told at once.
    """

    failures: int = 0
    since: datetime | None = None
    why: str = ""
    was_good: bool = False
    gave_up: bool = False

    def good(self) -> None:
        self.failures, self.since, self.why, self.was_good, self.gave_up = 0, None, "", True, False

    def bad(self, why: str, now: datetime) -> None:
        self.failures += 1
        self.since = self.since or now
        self.why = why

    def trouble(self, now: datetime) -> str:
        """Why it fails, for the administrators; "" if it does not, or not long enough to be told."""
        lasting = self.since is not None and now - self.since >= _FAILING_AFTER
        return (self.why or "too late") if self.gave_up or (self.failures >= _FAILURES and lasting) else ""


@dataclass(frozen=True, slots=True)
class _Told:
    """A message with its mail as it stands now."""

    message: ChatMessage
    record: MessageRecord | None


class Lane:
    """One channel. pace: seconds between two messages."""

    def __init__(
        self,
        settings: ChannelSettings,
        channel: Channel,
        outbox: ChatOutbox,
        find: Callable[[str], Awaitable[MessageRecord | None]],
        speaker: Speaker,
        *,
        pace: float,
        now: Callable[[], datetime],
    ) -> None:
        self.settings = settings
        self.health = Health()
        self._channel, self._outbox, self._find, self._speaker = channel, outbox, find, speaker
        self._pace, self._now = pace, now
        self._woken = asyncio.Event()
        self._paused_until: datetime | None = None

    def wake(self) -> None:
        """Something is owed."""
        self._woken.set()

    async def work(self) -> None:
        """Say what is owed, until cancelled."""
        while True:
            self._woken.clear()
            try:
                wait = await self.say_owed()
            except Exception as error:  # the ledger is away, there is no memory: what is owed stays owed
                events.fault("chat", error)
                wait = _LOOK_AGAIN
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def say_owed(self) -> float:
        """Say what is due. Returns after how many seconds to look again at the latest."""
        paused = self._paused()
        if paused > 0:
            self._woken.clear()  # nothing that is new changes that
            await asyncio.sleep(min(paused, _LOOK_AGAIN))
            return 0.0
        for group in _grouped(await self._living()):
            if not await self._say(group):
                return min(self._paused(), _LOOK_AGAIN)
            await asyncio.sleep(self._pace)
        return _LOOK_AGAIN

    def _paused(self) -> float:
        return 0.0 if self._paused_until is None else (self._paused_until - self._now()).total_seconds()

    async def _living(self) -> list[_Told]:
        """What is due and still to be told."""
        found: list[_Told] = []
        for message in await self._outbox.due(self.settings.name, self._now(), _AT_ONCE):
            record = await self._find(message.message_id) if message.message_id else None
            if self._now() - message.created_at > GIVE_UP:
                await self._give_up([message], self.health.why or "too late")
            elif _is_over(message, record):
                await self._outbox.end([message.id], "dropped")
                events.chat_unneeded(self.settings.kind, "stale")
            else:
                found.append(_Told(message, record))
        return found

    async def _say(self, group: Sequence[_Told]) -> bool:
        """Say one message, or many as one. False if the channel is to be left alone for now."""
        first = group[0].message
        about = self._about(group[0])
        saying = self._speaker.many(about, len(group)) if len(group) > 1 else self._speaker.say(about)
        try:
            outcome = await self._channel.say(saying, first.person, first.id)
        except NotCarried as error:
            outcome = NotNow(str(error))
        except Exception as error:
            events.fault("chat", error, channel=self.settings.name)
            outcome = NotNow(f"fault of mailguard ({type(error).__name__})")
        return await self._after([one.message for one in group], outcome)

    def _about(self, told: _Told) -> About:
        message = told.message
        return About(
            kind=message.kind,
            detail=message.detail,
            at=message.created_at,
            record=told.record,
            message_id=message.message_id,
            room=not message.person,
            subject=self.settings.subject,
        )

    async def _after(self, messages: Sequence[ChatMessage], outcome: Outcome) -> bool:
        name, kind, ids = self.settings.name, self.settings.kind, [one.id for one in messages]
        match outcome:
            case Said():
                self.health.good()
                await self._outbox.end(ids, "sent")
                events.chat_sent(name, kind, messages[0].kind, len(messages))
            case Nobody():
                await self._outbox.end(ids, "dropped")
                events.chat_unneeded(kind, "nobody")
            case Never(why):
                self.health.bad(why, self._now())
                await self._give_up(messages, why)
            case NotNow(why, wait):
                self.health.bad(why, self._now())
                events.chat_deferred(name, kind, why)
                await self._put_off(messages, wait)
                return False
        return True

    async def _put_off(self, messages: Sequence[ChatMessage], wait: float | None) -> None:
        now = self._now()
        pause = max(wait, _SHORTEST) if wait is not None else min(back_off(self.health.failures), _LONGEST_PAUSE)
        self._paused_until = now + timedelta(seconds=pause)
        later = {
            one.id: now + timedelta(seconds=max(pause, back_off(one.attempts + 1) if wait is None else 0.0))
            for one in messages
        }
        await self._outbox.put_off(later)

    async def _give_up(self, messages: Sequence[ChatMessage], why: str) -> None:
        await self._outbox.end([one.id for one in messages], "failed")
        self.health.gave_up = True
        events.chat_failed(self.settings.name, self.settings.kind, why, len(messages))


def back_off(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 5, 10, 20 ... 300, a fifth more or less."""
    wait = min(_FIRST_WAIT * 2.0 ** min(failures - 1, 10), _LONGEST_WAIT)
    return float(wait * _random.uniform(0.8, 1.2))


def _is_over(message: ChatMessage, record: MessageRecord | None) -> bool:
    """Whether it was decided meanwhile, or its mail is gone."""
    if message.message_id is None or message.kind == "told":
        return False
    notice = Notice(message.id, message.message_id, message.kind, message.person, message.detail, message.created_at)
    return record is None or is_stale(notice, record)


def _grouped(messages: Sequence[_Told]) -> list[list[_Told]]:
    """Messages of one kind for one place together where they are many; the others alone. In the order they came."""
    together: dict[tuple[str, str], list[_Told]] = {}
    for one in messages:
        together.setdefault((one.message.kind, one.message.person), []).append(one)
    groups: list[list[_Told]] = []
    for group in together.values():
        groups += [group] if len(group) > _MANY and group[0].message.message_id else [[one] for one in group]
    return sorted(groups, key=lambda group: group[0].message.id)
