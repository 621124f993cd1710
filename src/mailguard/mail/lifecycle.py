"""The states of a recipient's copy and the events that change them, as a table. Docs, tests and database read it.

The state of a message is derived from its recipients' (`message_state`). A delay is a hold whose time runs out into
a release.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable


class State(enum.StrEnum):
    """Contract section 5."""

    HELD = "held"
    QUEUED = "queued"
    RELAYED = "relayed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    BOUNCED = "bounced"


class Event(enum.StrEnum):
    """What can happen to a recipient's copy."""

    RELEASE = "release"  # the sender confirms, an approver approves, a delay ends, somebody says "send now"
    CANCEL = "cancel"  # the sender (or an administrator) withdraws it
    REMOVE = "remove"  # one recipient is taken off a held mail
    REJECT = "reject"  # an approver says no
    EXPIRE = "expire"  # nobody decided: returned or discarded
    HOLD = "hold"  # frozen: the clock of a delay or hold is stopped, or a queued copy is taken back
    RESUME = "resume"  # thawed: the clock goes on with the time that was left
    RELAY = "relay"  # upstream took it
    DEFER = "defer"  # upstream said later, or nobody knows
    FAIL = "fail"  # upstream refused for good, or the time to give up came


#: (state, event) -> next state. What is not here is refused.
NEXT: dict[tuple[State, Event], State] = {
    (State.HELD, Event.RELEASE): State.QUEUED,
    (State.HELD, Event.CANCEL): State.CANCELLED,
    (State.HELD, Event.REMOVE): State.CANCELLED,
    (State.HELD, Event.REJECT): State.REJECTED,
    (State.HELD, Event.EXPIRE): State.EXPIRED,
    (State.HELD, Event.HOLD): State.HELD,
    (State.HELD, Event.RESUME): State.HELD,
    (State.QUEUED, Event.HOLD): State.HELD,
    (State.QUEUED, Event.CANCEL): State.CANCELLED,
    (State.QUEUED, Event.REMOVE): State.CANCELLED,
    (State.QUEUED, Event.RELAY): State.RELAYED,
    (State.QUEUED, Event.DEFER): State.QUEUED,
    (State.QUEUED, Event.FAIL): State.BOUNCED,
}

FINAL = frozenset({State.RELAYED, State.CANCELLED, State.REJECTED, State.EXPIRED, State.BOUNCED})

#: A message is what its least finished copy is; among finished ones, what people most need to know.
_PRECEDENCE = (
    State.HELD, State.QUEUED, State.BOUNCED, State.RELAYED, State.EXPIRED, State.REJECTED, State.CANCELLED,
)  # fmt: skip


def next_state(state: State, event: Event) -> State | None:
    """The state after the event, or None if the event is refused in this state."""
    return NEXT.get((state, event))


def message_state(recipients: Iterable[State]) -> State:
    """The state of a message from those of its recipients (at least one)."""
    present = set(recipients)
    if len(present) == 1:
        return present.pop()
    return next(state for state in _PRECEDENCE if state in present)
