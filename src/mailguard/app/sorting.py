"""How sorting and letters are put together from the settings."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

from mailguard.app.back_door import back_door
from mailguard.app.rooms import Rooms, utc_now
from mailguard.config.rooms import hostname, organization, reply_address, resolver
from mailguard.config.upstreams import upstreams
from mailguard.delivery import Bounces, BounceSettings, Delivery, DeliverySettings, Schedule
from mailguard.mail.address import Address, parse_address
from mailguard.mail.trace import processed_field
from mailguard.notify.gathering import Merge
from mailguard.notify.letters import LetterSettings
from mailguard.notify.post import Post
from mailguard.notify.tickets import Tickets
from mailguard.store.mutes import Mutes
from mailguard.store.records import MessageRecord
from mailguard.store.reporting import Reporting
from mailguard.workshop import Workshop


class Elsewhere:
    """Stands for the sorting room where it is in another process: everything goes by the ledger."""

    def room_for_one(self, ways: Collection[str]) -> bool:
        return False

    def hand_on(self, record: MessageRecord) -> None:
        raise AssertionError("nothing is handed on to another process")


def letters_from(rooms: Rooms) -> Address:
    """The address that letters come from."""
    return parse_address(rooms.config.settings.notify.sender)


async def sorting_room(rooms: Rooms, key: bytes, *, noticed: Callable[[], None]) -> Delivery:
    """Delivery with its upstream and its reports of failure."""
    section, company = rooms.config.settings.delivery, organization(rooms.config)
    ways, asked = upstreams(rooms.config), resolver(rooms.config)
    bounces = Bounces(
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
    schedule = Schedule(
        waits=tuple(timedelta(seconds=wait) for wait in section.retry),
        give_up_after=timedelta(seconds=section.give_up_after),
    )
    return Delivery(
        rooms.queue,
        rooms.spool,
        {name: back_door(way, asked) for name, way in ways.items()},
        bounces,
        DeliverySettings(
            schedule=schedule,
            connections={name: way.settings.connections for name, way in ways.items()},
            mark=lambda message_id: processed_field(key, message_id),
        ),
        workshop=Workshop(),
        now=utc_now,
        live=rooms.live,
        noticed=noticed,
    )


def post_room(rooms: Rooms, *, delivered: Callable[[], None]) -> Post:
    """The letters. Their secrets come from access; their mark is the relay's business like any mail's."""
    company, console = organization(rooms.config), rooms.config.settings.console
    merge = rooms.config.settings.notify.merge
    return Post(
        rooms.outbox,
        rooms.spool,
        rooms.holds,
        tickets=Tickets(rooms.access.letter_ticket, rooms.access.login_ticket, rooms.reply_tickets.new),
        settings=LetterSettings(
            sender=letters_from(rooms),
            base_url=console.url.rstrip("/"),
            organization=company,
            administrators=console.administrators,
            language=company.language,
            reply_address=answers.base if (answers := reply_address(rooms.config)) else None,
        ),
        delivered=delivered,
        now=utc_now,
        mutes=Mutes(rooms.db),
        merge=Merge(merge.after, timedelta(seconds=merge.within)),
    )
