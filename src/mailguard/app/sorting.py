"""How sorting is put together from the settings, for the first process and for those beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

from mailguard.app.back_door import back_door
from mailguard.app.beside import Place
from mailguard.app.rooms import Rooms, utc_now
from mailguard.config.rooms import hostname, organization, resolver
from mailguard.config.upstreams import upstreams
from mailguard.delivery import Bounces, BounceSettings, Delivery, DeliverySettings, Schedule
from mailguard.mail.address import Address, parse_address
from mailguard.mail.message import Body
from mailguard.mail.trace import processed_field
from mailguard.store.records import MessageRecord
from mailguard.store.reporting import Reporting
from mailguard.workshop import Workshop


class Elsewhere:
    """Stands for the sorting room where it is in another process: everything goes by the ledger."""

    def room_for_one(self, ways: Collection[str]) -> bool:
        return False

    def hand_on(self, record: MessageRecord, body: Body | None = None) -> None:
        raise AssertionError("nothing is handed on to another process")


def letters_from(rooms: Rooms) -> Address:
    """The address that letters come from."""
    return parse_address(rooms.config.settings.notify.sender)


def sorting_room(rooms: Rooms, key: bytes, place: Place, *, noticed: Callable[[], None]) -> Delivery:
    """Delivery with its upstreams, and in the first process its reports of failure."""
    section, asked = rooms.config.settings.delivery, resolver(rooms.config)
    shares = ((name, way.shared(place.number, place.among)) for name, way in upstreams(rooms.config).items())
    ways = {name: way for name, way in shares if way is not None}
    schedule = Schedule(
        waits=tuple(timedelta(seconds=wait) for wait in section.retry),
        give_up_after=timedelta(seconds=section.give_up_after),
    )
    return Delivery(
        rooms.queue,
        rooms.spool,
        {name: back_door(way, asked) for name, way in ways.items()},
        None if place.beside else _bounces(rooms),
        DeliverySettings(
            schedule=schedule,
            connections={name: way.settings.connections for name, way in ways.items()},
            mark=lambda message_id: processed_field(key, message_id),
            fresh_only=place.beside,
            backlog_mails=section.backlog,
            backlog_octets=section.backlog_size,
        ),
        workshop=Workshop(),
        now=utc_now,
        live=rooms.live,
        noticed=noticed,
    )


def _bounces(rooms: Rooms) -> Bounces:
    section, company = rooms.config.settings.delivery, organization(rooms.config)
    return Bounces(
        rooms.outbox,
        rooms.spool,
        rooms.holds.find,
        BounceSettings(
            host=hostname(rooms.config),
            letters_from=letters_from(rooms),
            language=company.language,
            timezone=company.timezone,
            warn_after=timedelta(seconds=section.warn_after) if section.warn_after else None,
            give_up_after=timedelta(seconds=section.give_up_after),
        ),
        now=utc_now,
        owe_delays=Reporting(rooms.db).owe_delays,
    )
