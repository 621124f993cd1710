"""What every chat channel is to the room: something that takes a saying and says what became of it.

Four outcomes, because "failed" alone would not tell whether to try again: said; not now; never (this message, at this
service); nobody (the person is not known there, which is no fault).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mailguard.courier.client import Answer
from mailguard.mail.saying import Sentence
from mailguard.notify.channels.saying import Saying

#: Statuses that say that this message is wrong, not the channel, and would be so again.
_WRONG_MESSAGE = frozenset({400, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Said:
    """The service took it."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """Try again; after so many seconds, if the service said so. why: for the administrators, without secrets."""

    why: str
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Never:
    """The service will not take this message. why: as above."""

    why: str


@dataclass(frozen=True, slots=True)
class Nobody:
    """The person has no place in this chat."""


Outcome = Said | NotNow | Never | Nobody


class Channel(Protocol):
    """One chat. `say` may raise courier.NotCarried, which is NotNow."""

    async def say(self, saying: Saying, person: str, number: int) -> Outcome:
        """Say it, to the person (a mail address; "": the room). number: of the message, the same at each try."""


def outcome_of(answer: Answer, now: datetime, *, why: str = "") -> Outcome:
    """What an HTTP answer means where the service has no more to say about it. why: the service's own word."""
    if answer.is_good:
        return Said()
    status = f"{answer.status}" + (f" ({why})" if why else "")
    said = Sentence("応答 {status}", "answered {status}", status=status)
    if 300 <= answer.status < 400:
        elsewhere = Sentence(
            ": リダイレクトはたどりません。最終的なアドレスを書いてください。",
            ": a redirect, which is not followed; write the final address",
        )
        return NotNow(said + elsewhere)
    if answer.status in _WRONG_MESSAGE:
        return Never(said)
    return NotNow(said, answer.wait(now))
