"""How the chat channels and the watchdog are put together from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mailguard.app.opening import server_runs
from mailguard.app.rooms import Rooms, utc_now
from mailguard.config.channels import channels
from mailguard.config.load import Config
from mailguard.config.rooms import organization
from mailguard.notify.channels.channel import Channel
from mailguard.notify.channels.lane import Lane
from mailguard.notify.channels.make import channel_of
from mailguard.notify.channels.room import Audience, Chat
from mailguard.notify.channels.saying import Speaker
from mailguard.notify.channels.settings import ChannelSettings
from mailguard.notify.watchdog import Watchdog
from mailguard.store.errors import StoreError
from mailguard.store.troubles import Standstill, Trouble, Troubles

#: Seconds between two messages of a channel: what services take from a webhook, and more from those that allow it.
_PACE, _PACE_PEOPLE = 1.0, 0.1
_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class Chats:
    """The chat room and its watchdog. chat: None where no channel is set up."""

    chat: Chat | None
    watchdog: Watchdog


def speaker(config: Config) -> Speaker:
    """Who speaks in chats."""
    return Speaker(organization(config), config.settings.console.url.rstrip("/"))


async def chats(
    rooms: Rooms,
    *,
    stuck: Callable[[], Mapping[str, Standstill]],
    flows: Callable[[str], bool],
    noticed: Callable[[], None],
    pressure: Callable[[], Sequence[str]],
) -> Chats:
    """Not yet started. stuck, flows, pressure: see Watchdog. Raises Problems for channels that cannot be."""
    config, found = rooms.config, channels(rooms.config)
    company, administrators = organization(config), config.settings.console.administrators
    notify = config.settings.notify
    lanes = [_lane(rooms, settings, await open_channel(settings)) for settings in found]
    chat = Chat(rooms.chat, Audience(found, company, administrators), lanes, now=utc_now) if lanes else None
    watchdog = Watchdog(
        rooms.troubles,
        {lane.settings.name: lane.health for lane in lanes},
        # What is gathered waits on purpose.
        late_after=timedelta(seconds=max(notify.letters_late, notify.merge.within + 60)),
        tell=administrators,
        stuck=stuck,
        flows=flows,
        language=company.language,
        timezone=company.timezone,
        told=noticed,
        pressure=pressure,
        now=utc_now,
    )
    return Chats(chat, watchdog)


async def open_channel(settings: ChannelSettings) -> Channel:
    """The channel; reading the certificates of authorities takes a while, in a thread."""
    return await asyncio.to_thread(channel_of, settings, utc_now)


def _lane(rooms: Rooms, settings: ChannelSettings, channel: Channel) -> Lane:
    many_places = settings.to_person or settings.kind == "webhook"
    return Lane(
        settings,
        channel,
        rooms.chat,
        rooms.holds.find,
        speaker(rooms.config),
        pace=_PACE_PEOPLE if many_places and settings.kind != "chatwork" else _PACE,
        now=utc_now,
    )


class Bulletin:
    """The troubles of now, for pages: read from the ledger now and then, because another process may watch. With the
    roles in processes of their own (`serve --role`) the one that delivers may not run: nothing else would say so.

    lock: of the process that delivers.
    """

    def __init__(self, troubles: Troubles, lock: Path) -> None:
        self._troubles = troubles
        self._lock = lock
        self._now: Sequence[Trouble] = ()

    def __call__(self) -> Sequence[Trouble]:
        """What was read last."""
        return self._now

    async def read(self) -> None:
        """Read again and again, until cancelled. While the ledger cannot be read, /readyz says so."""
        while True:
            try:
                alone = not await asyncio.to_thread(server_runs, self._lock)
                nobody = [Trouble("delivery", "", utc_now())] if alone else []
                self._now = [*nobody, *await self._troubles.open()]
            except (StoreError, OSError):
                self._now = ()
            await asyncio.sleep(_EVERY)
