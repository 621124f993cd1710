"""What the administrator wrote about each chat channel, checked, with its secrets kept out of every repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from mailguard.store.records import NoticeKind

Kind = Literal["slack", "teams", "google_chat", "chatwork", "line_works", "webhook", "apprise"]
Event = Literal[
    "held", "approval", "reminder", "escalated", "urgent", "told", "expired", "cancelled", "rejected", "sent",
    "bounced", "policy", "letters_failing", "channel_failing", "pressure",
]  # fmt: skip
KINDS: Final[tuple[str, ...]] = get_args(Kind)
EVENTS: Final[tuple[str, ...]] = get_args(Event)
#: What a channel tells that names no events.
DEFAULT_EVENTS: Final[tuple[Event, ...]] = (
    "held", "approval", "reminder", "escalated", "expired", "rejected", "letters_failing", "channel_failing",
    "pressure",
)  # fmt: skip
#: The event that a notice belongs to. Those that carry a secret (login, password) and those that tell one person what
#: somebody did in his place (answered), a report of a misdelivery and the figures of a month, belong to none: they stay
#: letters.
EVENT_OF: Final[Mapping[NoticeKind, Event]] = {
    "held": "held",
    "approval": "approval",
    "reminder": "reminder",
    "escalated": "escalated",
    "urgent": "urgent",
    "told": "told",
    "expired": "expired",
    "cancelled": "cancelled",
    "rejected": "rejected",
    "sent": "sent",
    "bounced": "bounced",
    "policy_refused": "policy",
    "policy_good": "policy",
    "letters_failing": "letters_failing",
    "letters_good": "letters_failing",
    "channel_failing": "channel_failing",
    # A way out of the house, as that of letters is.
    "upstream_failing": "letters_failing",
    "upstream_good": "letters_failing",
    "channel_good": "channel_failing",
    "pressure": "pressure",
    "pressure_over": "pressure",
}


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """One channel.

    url: the webhook (a secret: whoever knows it may write there). api, login: of the service, "" for its own. token,
    secret, client_secret, private_key: see each service. room: its id there. people: id in the chat by the key of a
    mail address. to_person: each message goes to the person whom a letter would go to, not to the room.
    subject: whether the mail's subject is said. private: addresses of the own network are allowed.
    """

    name: str
    kind: Kind
    url: str = field(default="", repr=False)
    api: str = ""
    login: str = ""
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    service_account: str = ""
    private_key: str = field(default="", repr=False)
    bot: str = ""
    room: str = ""
    people: Mapping[str, str] = field(default_factory=dict, repr=False)
    to_person: bool = False
    events: frozenset[Event] = frozenset(DEFAULT_EVENTS)
    subject: bool = False
    private: bool = False
    ca_file: Path | None = None
