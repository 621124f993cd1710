"""What a letter is written from: the settings of the house, and what this one is about. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mailguard.mail.address import Address
from mailguard.mail.organization import Language, Organization
from mailguard.notify.gathered import Gathered
from mailguard.notify.incident_due import IncidentDue
from mailguard.notify.monthly import Monthly
from mailguard.notify.naming import Named, unnamed
from mailguard.notify.phrases import on_one_line
from mailguard.notify.telling import Telling
from mailguard.store.records import MessageRecord, NoticeKind

Kind = NoticeKind
#: The kinds that tell the sender "this did not go out" and give the original back.
RETURNS = frozenset({"cancelled", "rejected", "expired"})


@dataclass(frozen=True, slots=True)
class LetterSettings:
    """sender: notify.from; base_url: of the console, no slash at the end; attach_bytes: largest original that is
    attached. reply_address: whose sub-addresses take decisions by an answer; None: none are taken.
    """

    sender: Address
    base_url: str
    organization: Organization
    administrators: tuple[str, ...] = ()
    language: Language = "ja"
    attach_bytes: int = 15 * 2**20
    reply_address: Address | None = None


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """What became of an answer to a letter. outcome: a key of reply_texts.HEADS; reason: why, in both languages;
    said: the beginning of what was written; reply_id: its Message-ID; subject: of what was answered, where no mail is
    known.
    """

    outcome: str
    ja: str = ""
    en: str = ""
    said: str = ""
    reply_id: str = ""
    subject: str = ""

    @classmethod
    def of(cls, detail: dict[str, object]) -> ReplyResult:
        """From a notice's detail."""
        keys = ("outcome", "ja", "en", "said", "reply_id", "subject")
        return cls(**{key: on_one_line(str(detail.get(key) or ""), 500) for key in keys})


@dataclass(frozen=True, slots=True)
class LetterContext:
    """What a letter is about. record: the mail (None for login); people: the recipients this letter speaks of (empty:
    all).

    instead_of: keys of the approvers for whom the reader stands in; answer: approve or reject, what somebody else
    answered in the reader's place; why_asked: what made an approval necessary besides the rules; sender_said: notes of
    the sender, for those who are asked; telling, about: of a letter about a hit, which needs no record.
    link and code: of the ticket that was made for this person; reply_to: where an answer decides, None: nowhere;
    original: the mail's own octets, only for its sender; problems: of the policy, for letters about it; trouble: what
    fails (name) and why, for letters about that; monthly: the figures of a month, for the letter about them; reply: of
    a letter about an answer; gathered: what a letter for many lists;
    due: the misdelivery of a letter about its clocks. further: the reader had a letter about an earlier
    part of the same mail; ending: he had one, and the hold ends soon.
    stopped: with the report of a misdelivery copies were cancelled that had not left.
    named: what people of the house are called.
    """

    settings: LetterSettings
    to: Address
    letter_id: str
    now: datetime
    link: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    reply_to: Address | None = None
    record: MessageRecord | None = None
    people: tuple[Address, ...] = ()
    actor: str = ""
    comment: str = ""
    browser: str = ""
    minutes: int = 15
    original: bytes | None = field(default=None, repr=False)
    problems: tuple[str, ...] = ()
    trouble: tuple[str, str, str] = ("", "", "")
    instead_of: tuple[str, ...] = ()
    answer: str = ""
    why_asked: Literal["", "forwarded", "altered"] = ""
    sender_said: tuple[str, ...] = ()
    telling: Telling | None = None
    monthly: Monthly | None = None
    gathered: Gathered | None = None
    due: IncidentDue | None = None
    further: bool = False
    ending: bool = False
    stopped: bool = False
    about: str | None = None
    reply: ReplyResult | None = None
    named: Named = unnamed
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the organisation is called."""
        return on_one_line(self.settings.organization.name or self.settings.sender.domain, 80)

    @property
    def has_draft(self) -> bool:
        """Whether the original goes along; empty octets say that it is too large."""
        return bool(self.original)
