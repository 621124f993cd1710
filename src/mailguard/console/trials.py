"""What the reception knows of a simulation: the wish, how far it is, and its report. Values; the app runs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from mailguard.mail.organization import Language


class TrialBusy(Exception):
    """Another one runs."""


@dataclass(frozen=True, slots=True)
class TrialWish:
    """A rule in another mode, or a text in place of a policy file (path), over the last days,
    or over the mails that came along (mails: .eml, mbox or JSON lines; mails_name: of the file). language: of whoever
    asks, for what is wrong with the text.
    """

    days: int
    language: Language
    rule: str = ""
    mode: str = ""
    file: str = ""
    text: str = ""
    mails: bytes = b""
    mails_name: str = ""


@dataclass(slots=True)
class Trial:
    """One simulation. part: how much is done, 0..1; problems: lines, for instance what is wrong in the candidate."""

    id: str
    wish: TrialWish
    part: float = 0.0
    mails: int = 0
    done: bool = False
    report: dict[str, Any] | None = None
    problems: list[str] = field(default_factory=list)


class Tries(Protocol):
    """Runs simulations, one at a time."""

    def start(self, wish: TrialWish) -> Trial: ...
    def find(self, trial_id: str) -> Trial | None: ...
