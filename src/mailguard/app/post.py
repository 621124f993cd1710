"""How the room of letters is put together from the settings."""

from __future__ import annotations

from datetime import timedelta

from mailguard.app.rooms import Rooms, utc_now
from mailguard.app.sorting import letters_from
from mailguard.config.rooms import organization, reply_address
from mailguard.delivery import Delivery
from mailguard.notify.gathering import Merge
from mailguard.notify.letters import LetterSettings
from mailguard.notify.post import Post
from mailguard.notify.tickets import Tickets


def post_room(rooms: Rooms, delivery: Delivery) -> Post:
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
        delivered=delivery.wake,
        now=utc_now,
        mutes=rooms.mutes,
        merge=Merge(merge.after, timedelta(seconds=merge.within)),
        sorting=delivery,
        directory=lambda: rooms.hints.directory(),
    )
