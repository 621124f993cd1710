"""The clocks of held mail: delays go, holds that nobody decided end as their rule says, and who has not answered is
asked again. A fault with one mail stops the clock for no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailguard import events
from mailguard.mail.actor import HOUSE
from mailguard.mail.lifecycle import Event
from mailguard.review.shared import Shared
from mailguard.store.records import MessageRecord, RecipientRecord


@dataclass(frozen=True, slots=True)
class HoldClock:
    """The part of the waiting room that acts by itself."""

    shared: Shared

    async def expire_due(self) -> datetime | None:
        """End holds whose time ran out: delays go, others end as their rule says. Then remind those who have not
        answered, and ask others as well. Returns the next time.
        """
        while records := await self.shared.holds.due(self.shared.now()):
            ended = [await self._expire(record) for record in records]
            if not any(ended):
                break  # each failed and was reported; the next call tries again
        while ids := await self.shared.holds.unanswered(self.shared.now()):
            nudged = [await self._nudge(message_id) for message_id in ids]
            if not any(nudged):
                break
        return await self.shared.holds.next_time()

    async def _nudge(self, message_id: str) -> bool:
        """Remind and escalate what is due about one message. A fault with one stops the clock for no other."""
        try:
            done = await self.shared.holds.nudge(message_id, self.shared.now())
        except Exception as error:
            events.fault("review", error, message_id=message_id)
            return False
        if done is None:
            return False
        events.nudged(message_id, len(done.reminded), len(done.escalated))
        self.shared.noticed()
        people = done.record.people.union(done.escalated)
        alerts = dict.fromkeys((*done.reminded, *done.escalated), "approval")
        self.shared.live.publish("asked", done.record.lead, people | self.shared.administrators, alerts)
        return True

    async def _expire(self, record: MessageRecord) -> bool:
        """End what is due of one message. A fault with one mail does not stop the clock for the others."""
        now = self.shared.now()

        def goes(_: MessageRecord, copy: RecipientRecord) -> bool:
            return _is_due(copy, now) and copy.expire_action == "release"

        def ends(_: MessageRecord, copy: RecipientRecord) -> bool:
            return _is_due(copy, now) and copy.expire_action != "release"

        try:
            out = await self.shared.holds.apply(record.id, Event.RELEASE, HOUSE, now, may=goes)
            back = await self.shared.holds.apply(record.id, Event.EXPIRE, HOUSE, now, may=ends, notice="expired")
        except Exception as error:
            events.fault("review", error, message_id=record.id)
            return False
        for word, decision in ((str(Event.RELEASE), out), (str(Event.EXPIRE), back)):
            if decision.changed:
                self.shared.tell(record, word, HOUSE.via, decision)
        return bool(out.changed or back.changed)


def _is_due(copy: RecipientRecord, now: datetime) -> bool:
    return copy.expires_at is not None and copy.expires_at <= now
