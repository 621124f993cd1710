"""The room that takes mail in, made of the settings and the rooms behind it."""

from __future__ import annotations

from collections.abc import Callable

from mailguard.antivirus import Clamd
from mailguard.app.replying import replies_room
from mailguard.app.rooms import Rooms, utc_now
from mailguard.config.rooms import hostname, organization, resolver, scanner
from mailguard.config.upstreams import upstreams
from mailguard.inspect.workers import Readers
from mailguard.intake import HandsOn, Intake, IntakeSettings
from mailguard.policy.loader import Policy
from mailguard.resolver import Resolver
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
) -> Intake:
    """delivery: takes fresh mail in memory; noticed: a mail was taken in, or one that was not owes letters (None)."""
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
        noticed=noticed,
        now=utc_now,
    )
