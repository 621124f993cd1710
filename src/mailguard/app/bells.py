"""Who tells whom that there is something to do: delivery, the letters, chat, the clocks, open consoles.

A ring is a hint, never the truth: every room looks into the ledger by itself as well. What is not in this process is
told by a tap on the shoulder of the one that has it (app.hint).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from mailguard.app import hint
from mailguard.app.rooms import Rooms, ledger_path, utc_now
from mailguard.config.load import Config
from mailguard.mail.lifecycle import State
from mailguard.notify.live import called
from mailguard.notify.policy_notice import noted
from mailguard.store.entry import is_told
from mailguard.store.questions import first_nudge
from mailguard.store.records import MessageRecord, NoticeKind

if TYPE_CHECKING:
    from mailguard.delivery import Delivery
    from mailguard.notify.channels.room import Chat
    from mailguard.notify.post import Post


#: Longer than the clocks let pass before they look by themselves, and see how long it is to the next time.
_CLOCKS_LOOK = timedelta(seconds=5)


def owes(record: MessageRecord) -> bool:
    """Whether a mail that was taken in may owe somebody a word: most mails only go, and a delay is silent."""
    return is_told(record) or bool(record.parts) or any(hit.notify for hit in record.verdict.hits)


def ends_soon(record: MessageRecord) -> bool:
    """Whether a clock of it may run out before the clocks look by themselves."""
    if all(copy.state is State.QUEUED for copy in record.recipients):
        return False
    times = [record.expires_at, *(first_nudge(copy.asks) for copy in record.recipients if copy.asks)]
    return any(at is not None and at - record.received_at < _CLOCKS_LOOK for at in times)


def news_of(record: MessageRecord | None) -> hint.About:
    """What another process has to look at, since this one took a mail in, and relays what was fresh; None: it was
    refused, and owes a letter.
    """
    if record is None:
        return hint.About.LETTERS
    if record.parts:  # what it joined may have let it go, or stopped its clock
        return hint.ALL
    about = hint.About.PAGES
    if owes(record):
        about |= hint.About.LETTERS
    if ends_soon(record):
        about |= hint.About.CLOCKS
    if any(copy.state is State.QUEUED and not copy.leased for copy in record.recipients):
        about |= hint.About.QUEUE
    return about


class Bells:
    """The rooms are hung up as they open; None: not in this process, or not yet."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.rooms: Rooms | None = None
        self.delivery: Delivery | None = None
        self.post: Post | None = None
        self.chat: Chat | None = None
        #: For the clocks: a hold may end sooner than they knew.
        self.tick = asyncio.Event()
        self._tap = hint.Calmed(lambda about: hint.tap(ledger_path(config), about), hint.SENT_REST)

    def elsewhere(self) -> None:
        """Another process is to look into the ledger: here, mail is only taken in and what is fresh relayed."""
        self._tap()

    def released(self) -> None:
        """Something may go out now."""
        if self.delivery is not None:
            self.delivery.wake()
        self.tick.set()

    def noticed(self) -> None:
        """Somebody is to be told something, or a clock was started."""
        self._told()
        self.tick.set()

    def _told(self) -> None:
        if self.post is not None:
            self.post.wake()
        if self.chat is not None:
            self.chat.wake()

    def tapped(self, about: hint.About) -> None:
        """Another process changed the ledger."""
        if about & hint.About.QUEUE and self.delivery is not None:
            self.delivery.wake()
        if about & hint.About.LETTERS:
            self._told()
        if about & hint.About.CLOCKS:
            self.tick.set()
        if self.rooms is not None:
            self.rooms.live.look_again()

    def taken(self, record: MessageRecord | None) -> None:
        """A mail was taken in: a letter may be owed, a clock may run, open consoles hear of it. None: only a letter."""
        if self.delivery is None:
            self._tap(news_of(record))
            return
        if record is None:
            self.noticed()
            return
        if record.parts:  # what it joined may have let it go, or stopped its clock
            self.noticed()
            self.released()
        elif owes(record):
            if self.post is not None:
                self.post.taken(record.id)
            if self.chat is not None:
                self.chat.wake()
        if ends_soon(record):
            self.tick.set()
        assert self.rooms is not None
        if self.rooms.live.listeners:
            self.rooms.live.publish(record.state.value, record.lead, record.people, called(record))

    async def about_policy(self, problems: Sequence[str]) -> None:
        """The administrators hear that a change of the policy was refused, or that all is good again."""
        assert self.rooms is not None
        kind: NoticeKind = "policy_refused" if problems else "policy_good"
        for person in self._config.settings.console.administrators:
            await self.rooms.outbox.add(kind, person, utc_now(), **noted(problems))
        self.noticed()
        if self.post is None:
            hint.tap(ledger_path(self._config))
