"""Which channel a kind of settings becomes, and what each kind needs and knows: one table for the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mailguard.courier.client import Courier
from mailguard.notify.channels.apprise_service import AppriseService
from mailguard.notify.channels.channel import Channel
from mailguard.notify.channels.chatwork import Chatwork
from mailguard.notify.channels.google_chat import GoogleChat
from mailguard.notify.channels.line_works import LineWorks
from mailguard.notify.channels.settings import ChannelSettings, Kind
from mailguard.notify.channels.slack import Slack
from mailguard.notify.channels.teams import Teams
from mailguard.notify.channels.webhook import Webhook

_Maker = Callable[[ChannelSettings, Courier, Callable[[], datetime]], Channel]


@dataclass(frozen=True, slots=True)
class Needs:
    """needs: settings that must be there; knows: those that may; alone: it reaches one person, if asked to;
    overheard: others read along even then.
    """

    needs: tuple[str, ...]
    knows: tuple[str, ...] = ()
    alone: bool = False
    overheard: bool = False


#: What each kind needs. Slack is two in one, told apart by which of url and token is there.
NEEDS: Mapping[str, Needs] = {
    "slack with url": Needs(("url",)),
    "slack with token": Needs(("token",), ("room", "people", "api"), alone=True),
    "teams": Needs(("url",)),
    "google_chat": Needs(("url",)),
    "chatwork": Needs(("token", "room"), ("people", "api"), alone=True, overheard=True),
    "line_works": Needs(
        ("bot", "client_id", "client_secret", "service_account", "private_key"),
        ("room", "people", "api", "login"),
        alone=True,
    ),
    "webhook": Needs(("url", "secret"), alone=True),
    "apprise": Needs(("url",)),
}

_MAKERS: Mapping[Kind, _Maker] = {
    "slack": Slack,
    "teams": Teams,
    "google_chat": GoogleChat,
    "chatwork": Chatwork,
    "line_works": LineWorks,
    "webhook": Webhook,
    "apprise": AppriseService,
}


def channel_of(settings: ChannelSettings, now: Callable[[], datetime]) -> Channel:
    """The channel. Blocks while certificates of authorities are read. Raises OSError for its ca_file."""
    courier = Courier(private=settings.private, ca_file=settings.ca_file)
    return _MAKERS[settings.kind](settings, courier, now)
