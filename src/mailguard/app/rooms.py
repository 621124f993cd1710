"""The rooms around one ledger: what the server runs on, and what a verb of the command line opens for a moment.

Both use the same rooms and the same guarded changes, so `mailguard queue release` beside a running server is safe.
Nothing here listens, relays or writes letters.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mailguard.access import Access
from mailguard.app.hint import tap
from mailguard.app.opening import server_runs
from mailguard.app.wallclock import WallClock
from mailguard.config.load import Config
from mailguard.config.rooms import access_settings, organization, silence
from mailguard.incident import IncidentRoom
from mailguard.mail.calendar import Calendar
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.saying import Sentence
from mailguard.notify.live import Live
from mailguard.replies.tickets import ReplyTickets
from mailguard.review import Bulk, Listing, MyHistory, Review
from mailguard.review.absences import AbsenceReview
from mailguard.review.shared import Judges
from mailguard.store.absences import Absences
from mailguard.store.audit import Audit
from mailguard.store.bulk import BulkJobs
from mailguard.store.chat import ChatOutbox
from mailguard.store.connection import connect
from mailguard.store.db import Database
from mailguard.store.downgrade import version_of
from mailguard.store.errors import StoreBusy, StoreCorrupt
from mailguard.store.folders import give, sync
from mailguard.store.history import History
from mailguard.store.holds import Holds
from mailguard.store.incidents import Incidents
from mailguard.store.keyring import Keyring
from mailguard.store.migrate import migrations
from mailguard.store.mutes import Mutes
from mailguard.store.outbox import Outbox
from mailguard.store.queue import Queue
from mailguard.store.records import MessageRecord
from mailguard.store.reply_tickets import ReplyTicketStore
from mailguard.store.sessions import Sessions
from mailguard.store.spool import Spool
from mailguard.store.tallies import Tallies
from mailguard.store.troubles import Troubles
from mailguard.store.turned_away import TurnedAway
from mailguard.store.views import SavedViews

_KEY_OCTETS = 32


@dataclass(slots=True)
class Hints:
    """Who is to be woken: the server's own rooms; from a verb, the server by a tap (it also looks by itself).

    directory, calendar: the people and the working time of the policy in force, where one is open; judges: judges a
    mail anew, where one can.
    """

    released: Callable[[], None] = lambda: None
    noticed: Callable[[], None] = lambda: None
    directory: Callable[[], Directory] = lambda: NOBODY
    calendar: Callable[[], Calendar] | None = None
    judges: Judges | None = None


@dataclass(frozen=True, slots=True)
class Rooms:
    """The ledger's rooms and the rooms where people decide."""

    config: Config
    db: Database
    spool: Spool
    queue: Queue
    holds: Holds
    history: History
    audit: Audit
    outbox: Outbox
    mutes: Mutes
    chat: ChatOutbox
    troubles: Troubles
    turned_away: TurnedAway
    live: Live
    access: Access
    review: Review
    reply_tickets: ReplyTickets
    absences: AbsenceReview
    incidents: IncidentRoom
    bulk: Bulk
    listing: Listing
    sent: MyHistory
    hints: Hints


#: The clock of the house.
utc_now = WallClock()


def ledger_path(config: Config) -> Path:
    """The SQLite file."""
    return config.path(config.settings.store.url.removeprefix("sqlite:"))


def keyring(config: Config) -> Keyring | None:
    """The keys of bodies; None if they lie in the clear. Blocks. Raises StoreError."""
    file = config.settings.store.encryption_key_file
    return None if file is None else Keyring(config.path(file))


@asynccontextmanager
async def open_rooms(config: Config, owner: str = "") -> AsyncIterator[Rooms]:
    """Open the ledger and its rooms; close it at the end. owner: see Database. Raises StoreError and its kinds,
    OSError.
    """
    path = ledger_path(config)
    await asyncio.to_thread(_not_under_another, path)
    db = await Database.open(path, await asyncio.to_thread(keyring, config), owner)
    try:
        yield _rooms(config, db)
    finally:
        await db.close()


def _not_under_another(path: Path) -> None:
    """A newer program leaves a ledger as it is while an older one works on it: that one would not know its new shape.

    Blocks. Raises StoreBusy, OSError. What else is wrong with the file says whoever opens it.
    """
    if not server_runs(path.with_suffix(".lock")):
        return
    with contextlib.suppress(sqlite3.Error, StoreCorrupt), closing(connect(path, read_only=True)) as connection:
        version, known = version_of(connection), len(migrations())
        if version < known:
            older = Sentence(
                "この台帳(バージョン {version})では古い mailguard が稼働中です。このプログラムは台帳をバージョン "
                "{known} に"
                "更新します。先に、稼働中のものをこのプログラムで再起動してください。",
                "an older mailguard runs on this ledger, of version {version}; this program would make {known} of it: "
                "restart that one with this program first",
                version=version, known=known,
            )  # fmt: skip
            raise StoreBusy(older)


def _rooms(config: Config, db: Database) -> Rooms:
    hints, live = _hints(config), Live()
    company, administrators = organization(config), frozenset(config.settings.console.administrators)
    resent_within = timedelta(seconds=config.settings.limits.resent_within)
    spool = Spool(db, config.path(config.settings.store.bodies), resent_within=resent_within)
    holds, audit, outbox, turned_away = Holds(db), Audit(db), Outbox(db), TurnedAway(db)
    review = _review(config, holds, spool, audit, live, hints)
    ways_in = access_settings(config)
    return Rooms(
        config=config,
        db=db,
        spool=spool,
        queue=Queue(db),
        holds=holds,
        history=History(db),
        audit=audit,
        outbox=outbox,
        mutes=Mutes(db),
        chat=ChatOutbox(db),
        troubles=Troubles(db),
        turned_away=turned_away,
        live=live,
        access=Access(
            Sessions(db), outbox, audit, ways_in,
            now=utc_now, noticed=lambda: hints.noticed(), key=lambda: house_key(config),
        ),
        review=review,
        reply_tickets=ReplyTickets(ReplyTicketStore(db), lasts=ways_in.letter_lasts, now=utc_now),
        absences=AbsenceReview(
            Absences(db), organization=company, live=live, noticed=lambda: hints.noticed(), now=utc_now
        ),
        incidents=_incidents(config, db, holds, audit, live, hints),
        bulk=Bulk(
            review, holds, BulkJobs(db),
            live=live, administrators=administrators, now=utc_now, due=lambda: hints.noticed(),
        ),
        listing=Listing(holds, Tallies(db), SavedViews(db), audit, now=utc_now, timezone=company.timezone),
        sent=MyHistory(holds, audit, turned_away),
        hints=hints,
    )  # fmt: skip


def _hints(config: Config) -> Hints:
    """Of a verb: it taps the server."""
    ledger = ledger_path(config)
    return Hints(released=lambda: tap(ledger), noticed=lambda: tap(ledger))


def _review(config: Config, holds: Holds, spool: Spool, audit: Audit, live: Live, hints: Hints) -> Review:
    return Review(
        holds,
        spool,
        audit,
        organization=organization(config),
        administrators=frozenset(config.settings.console.administrators),
        live=live,
        released=lambda: hints.released(),
        noticed=lambda: hints.noticed(),
        now=utc_now,
        directory=lambda: hints.directory(),
        judges=lambda: hints.judges,
        silence=silence(config),
    )


def _incidents(config: Config, db: Database, holds: Holds, audit: Audit, live: Live, hints: Hints) -> IncidentRoom:
    console = config.settings.console
    administrators = frozenset(console.administrators)

    def changed(record: MessageRecord) -> None:
        hints.noticed()
        live.publish("decided", record.lead, record.people | administrators)

    return IncidentRoom(
        Incidents(db), holds, audit, changed=changed, now=utc_now,
        answerable=administrators.union(console.officers), directory=lambda: hints.directory(),
        owed=lambda: hints.noticed(), timezone=config.settings.organization.timezone,
    )  # fmt: skip


def house_key(config: Config) -> bytes:
    """The house's secret: 32 octets beside the ledger, made once. Blocks.

    The mark X-Mailguard-Processed is made with it, and what is kept sealed (access/seal.py).

    The file appears whole or not at all, and for good, so that a kill or a power cut in the first second leaves nothing
    to be mended by hand.
    """
    path = ledger_path(config).with_suffix(".key")
    if not path.exists():
        descriptor, name = tempfile.mkstemp(prefix=".key-", dir=path.parent)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                give(descriptor, path.parent.stat())
                file.write(secrets.token_bytes(_KEY_OCTETS))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):  # another process was faster: its key is the key
                os.link(name, path)
            sync(path.parent)
        finally:
            Path(name).unlink()
    key = path.read_bytes()
    if len(key) != _KEY_OCTETS:
        raise OSError(f"{path}: not a key of {_KEY_OCTETS} octets; restore it, or remove it to have a new one made")
    return key
