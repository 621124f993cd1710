"""The front door and the room that takes mail in, made of the settings and the rooms behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module

from mailguard.antivirus import Clamd
from mailguard.app.checkers import DoorLogins
from mailguard.app.replying import replies_room
from mailguard.app.rooms import Rooms, utc_now
from mailguard.config.doors import listeners
from mailguard.config.rooms import door_limits, hostname, organization, postmaster, resolver, scanner
from mailguard.config.upstreams import upstreams
from mailguard.inspect.workers import Readers
from mailguard.intake import HandsOn, Intake, IntakeSettings, Remembers
from mailguard.policy import case_json
from mailguard.policy.loader import Policy
from mailguard.policy.lookalike import registrable_domain
from mailguard.pressure import Pressure
from mailguard.resolver import Resolver
from mailguard.smtpd.abreast import Abreast
from mailguard.smtpd.handler import Accept
from mailguard.smtpd.server import Door
from mailguard.store.records import MessageRecord
from mailguard.workshop import Workshop


def intake_room(
    rooms: Rooms,
    readers: Readers,
    key: bytes,
    *,
    policy: Callable[[], Policy],
    delivery: HandsOn,
    noticed: Callable[[MessageRecord | None], None],
    memory: Remembers | None = None,
) -> Intake:
    """delivery: takes fresh mail in memory; noticed: a mail was taken in, or one that was not owes letters (None);
    memory: knows who writes to whom.
    """
    config = rooms.config
    by_domain = {domain: way.name for way in upstreams(config).values() for domain in way.senders}
    clamd = scanner(config)
    return Intake(
        IntakeSettings(organization(config), hostname(config), key, senders=by_domain),
        readers=readers,
        scanner=Clamd(clamd) if clamd else None,
        resolver=Resolver(resolver(config)),
        policy=policy,
        history=rooms.history,
        spool=rooms.spool,
        turned_away=rooms.turned_away,
        workshop=Workshop(),
        delivery=delivery,
        replies=replies_room(rooms),
        memory=memory,
        noticed=noticed,
        now=utc_now,
    )


async def load_later() -> None:
    """Libraries that a mail may need but the banner does not, in a thread: the first mail finds them there."""
    await asyncio.to_thread(_load)


def _load() -> None:
    registrable_domain("example.com")
    for name in ("mailguard.replies.own_text", "mailguard.replies.words", "email_validator"):
        import_module(name)
    case_json.prepare()


def front_door(
    rooms: Rooms,
    accept: Accept,
    logins: DoorLogins,
    *,
    abreast: Abreast | None,
    pressure: Pressure,
) -> Door:
    """All SMTP listeners. Raises Problems for settings that cannot work."""
    return Door(
        listeners(rooms.config),
        door_limits(rooms.config),
        hostname(rooms.config),
        accept,
        logins.checker,
        rooms.spool.incoming,
        now=utc_now,
        abreast=abreast,
        pressure=pressure,
        senders=logins.senders,
        alarm=logins.alarm,
        postmaster=postmaster(rooms.config),
    )
