"""The watchdog: whether letters leave, next servers take mail, chat channels what they are given, and there is room for
mail; told once when not and once when again.

Letters are mail to our own next server. If that is away, a letter about it would wait with the others: then the chat
channels and the console say it, and the figures. If a channel fails, a letter and the other channels say it. What is
written down lasts over a restart, so nobody is told twice; a channel counts as well again only once it took a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from mailguard import events
from mailguard.mail.organization import Language
from mailguard.notify.channels.lane import Health
from mailguard.notify.phrases import Both, moment, on_one_line
from mailguard.store.troubles import LETTERS, PRESSURE, UPSTREAM, LetterCounts, Standstill, Troubles

_EVERY = 10.0
#: Letters that came back within the time, from which on it is no single dead mailbox.
_RETURNED, _RETURNED_WITHIN = 3, timedelta(hours=1)
_LATE = Both(
    "{count}通が{minutes}分以上送信できていません", "{count} letters have waited for more than {minutes} minutes"
)
_LACKING = {
    "disk": Both("ディスクの空きが足りません", "too little room on the disk"),
    "memory": Both("メモリーの空きが足りません", "too little memory"),
    "descriptors": Both("同時に開けるファイルと接続の数が上限に近づいています", "too few file descriptors"),
    "ledger": Both(
        "台帳が壊れています。停止してバックアップから復元してください",
        "the ledger is damaged: stop, and restore a backup",
    ),
    "queue": Both("送信待ち・保留中のメールが多すぎます", "too many mails wait"),
}
_AND = Both("、", "; ")
_STRANDED = Both(
    "設定にない中継先を待つ宛先が{count}件あります", "{count} copies wait for an upstream that the settings do not name"
)
_STANDS = Both(
    "{said}。{since}から、宛先{count}件が待っています。詳しくはmailguard doctor",
    "{said}; since {since}, {count} copies wait; mailguard doctor tells more",
)
#: Of a server's words, for one line.
_SAID = 200
_CAME_BACK = Both("この1時間に{count}通が不達になりました", "{count} letters came back within the last hour")


class Watchdog:
    """channels: the health of each by its name; tell: the administrators; told: a notice was written; pressure: what
    there was too little of lately; stuck: mail for which upstreams stands still, by name; flows: whether mail for one
    is known to go again.
    """

    def __init__(
        self,
        troubles: Troubles,
        channels: Mapping[str, Health],
        *,
        late_after: timedelta,
        tell: Sequence[str],
        stuck: Callable[[], Mapping[str, Standstill]] = dict,
        flows: Callable[[str], bool] = lambda _: False,
        language: Language,
        timezone: str = "UTC",
        told: Callable[[], None],
        pressure: Callable[[], Sequence[str]] = tuple,
        now: Callable[[], datetime],
    ) -> None:
        self._troubles, self._channels, self._late_after = troubles, channels, late_after
        self._tell, self._language, self._told, self._now = tell, language, told, now
        self._pressure = pressure
        self._stuck, self._flows, self._timezone = stuck, flows, timezone

    async def watch(self) -> None:
        """Look again and again, until cancelled. A fault in one round is reported and the next round goes on."""
        while True:
            try:
                await self.look()
            except Exception as error:
                events.fault("watchdog", error)
            await asyncio.sleep(_EVERY)

    async def look(self) -> None:
        """Look once, and say what changed."""
        now = self._now()
        counts = await self._troubles.letters(now, self._late_after, _RETURNED_WITHIN)
        failing = {name: why for name, health in self._channels.items() if (why := health.trouble(now))}
        events.letters_late.set(counts.late)
        events.channels_failing.set(len(failing))
        known = {trouble.name for trouble in await self._troubles.open()}
        await self._letters(counts, LETTERS in known, now)
        for name, why in failing.items():
            await self._begin(f"channel {name}", why, now, by_letter=True)
        for name, stop in self._stuck().items():
            await self._stands_still(name, stop, now)
        for name in known - {LETTERS, PRESSURE}:
            await self._maybe_over(name, now)
        await self._under_pressure(self._pressure(), PRESSURE in known, now)

    async def _stands_still(self, name: str, stop: Standstill, now: datetime) -> None:
        if stop.since is None:
            reason = _STRANDED.of(self._language, count=stop.copies)
        else:
            reason = _STANDS.of(
                self._language,
                said=on_one_line(stop.said, _SAID),
                since=moment(stop.since, self._timezone, self._language),
                count=stop.copies,
            )
        # Letters go by the usual way: one about that would wait with the others.
        by_letter = name != events.DEFAULT
        # A server's words may have an address in them, which no log has.
        logged = f"{stop.why}, {stop.copies} copies wait"
        await self._begin(UPSTREAM + name, reason, now, by_letter=by_letter, why=stop.why, logged=logged)

    async def _under_pressure(self, lacking: Sequence[str], known: bool, now: datetime) -> None:
        if lacking:
            why = _AND.of(self._language).join(_LACKING[one].of(self._language) for one in lacking)
            await self._begin(PRESSURE, why, now, by_letter=True)
        elif known:
            await self._end(PRESSURE, now)

    async def _letters(self, counts: LetterCounts, known: bool, now: datetime) -> None:
        minutes = int(self._late_after.total_seconds() // 60)
        if counts.late:
            why = _LATE.of(self._language, count=counts.late, minutes=minutes)
            await self._begin(LETTERS, why, now, by_letter=False)
        elif counts.returned >= _RETURNED:
            await self._begin(LETTERS, _CAME_BACK.of(self._language, count=counts.returned), now, by_letter=True)
        elif known:
            await self._end(LETTERS, now)

    async def _maybe_over(self, name: str, now: datetime) -> None:
        if name.startswith(UPSTREAM):
            upstream = name.removeprefix(UPSTREAM)
            if upstream not in self._stuck() and self._flows(upstream):
                await self._end(name, now)
            return
        health = self._channels.get(name.removeprefix("channel "))
        if health is None:
            await self._troubles.forget(name)  # the settings know it no more
        elif health.was_good and not health.failures:
            await self._end(name, now)

    async def _begin(
        self, name: str, reason: str, now: datetime, *, by_letter: bool, why: str = "", logged: str = ""
    ) -> None:
        if await self._troubles.begin(name, reason, now, self._tell, by_letter=by_letter, why=why):
            events.trouble(name, logged or reason)
            self._told()

    async def _end(self, name: str, now: datetime) -> None:
        if await self._troubles.end(name, now, self._tell):
            events.trouble_over(name)
            self._told()
