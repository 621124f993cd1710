"""Messages, verdicts and an opened ledger for tests of the rooms that stand on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import Address, ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Attachment, Facts, HeaderAddress, Headers
from mailguard.mail.message import Body, Message, new_message_id
from mailguard.mail.outcome import Outcome, result_of
from mailguard.mail.verdict import (
    Ask,
    Because,
    Disposition,
    ExpireAction,
    HoldTerms,
    Mode,
    RecipientVerdict,
    RuleHit,
    Verdict,
)
from mailguard.store.audit import Audit
from mailguard.store.db import Database
from mailguard.store.history import History
from mailguard.store.holds import Holds
from mailguard.store.migrate import prepare
from mailguard.store.outbox import Outbox
from mailguard.store.queue import Queue
from mailguard.store.records import MessageRecord
from mailguard.store.sessions import Sessions
from mailguard.store.spool import Spool
from mailguard.store.turned_away import TurnedAway

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ANN, BOB, CAROL = "ann@corp.example", "bob@partner.example", "carol@other.example"
ADMINISTRATOR = Actor("admin@corp.example", Role.ADMINISTRATOR, "cli")
BOSS, DEPUTY = "boss@corp.example", "deputy@corp.example"
PREFIX = b"Received: from test\r\n"


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **delta: float) -> datetime:
        self.time += timedelta(**delta)
        return self.time


def mail(
    to: Iterable[str] = (BOB,),
    *,
    sender: str | None = ANN,
    octets: bytes = b"Subject: hello\r\n\r\nhi\r\n",
    body: Body | None = None,
    login: str | None = None,
    at: datetime = NOON,
) -> Message:
    path = ReversePath(None if sender is None else parse_address(sender))
    client = Client("192.0.2.7", "pc", login=login, trusted=True)
    envelope = Envelope(path, tuple(map(parse_address, to)), client)
    return Message(new_message_id(at), envelope, body or Body.of(octets), at)


def facts(subject: str | None = "hello", names: Iterable[str] = (), *, sender: str = ANN) -> Facts:
    headers = Headers(sender=(HeaderAddress(sender, "Ann"),), subject=subject, message_id="<1@corp.example>")
    files = tuple(Attachment(name, "application/pdf", "application/pdf", "pdf", 10, "0" * 64) for name in names)
    return Facts(headers=headers, text="the text", html="<p>", attachments=files)


def verdict(
    message: Message,
    disposition: Disposition = Disposition.DELIVER,
    *,
    rule: str = "a-rule",
    only: Iterable[str] | None = None,
    after: timedelta = timedelta(hours=72),
    action: ExpireAction = "return",
    approvers: tuple[str, ...] = (),
    quorum: int = 1,
    asks: tuple[Ask, ...] = (),
    urgent: bool = False,
    notify: tuple[str, ...] = (),
    mode: Mode = "enforce",
) -> Verdict:
    """One disposition for all recipients, or for `only` some; the others are delivered."""
    picked = None if only is None else set(map(parse_address, only))
    held = disposition is not Disposition.DELIVER
    asks = asks if disposition is Disposition.APPROVE else ()
    asks = asks or ((Ask(approvers, quorum),) if disposition is Disposition.APPROVE else ())
    terms = HoldTerms(after, action, asks, urgent) if held else None

    def one(address: Address) -> RecipientVerdict:
        if picked is not None and address not in picked:
            return RecipientVerdict(address, True, Disposition.DELIVER)
        return RecipientVerdict(address, True, disposition, (rule,) if held else (), terms)

    recipients = tuple(map(one, message.envelope.recipients))
    because = Because("社外です", "it goes outside")
    hit = RuleHit(rule, mode, disposition, because, ("evidence",), message.envelope.recipients, notify=notify)
    return Verdict(recipients, (hit,) if held or notify else (), "policy-hash")


@dataclass
class Ledger:
    """All rooms of the store around one database."""

    db: Database
    bodies: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.spool = Spool(self.db, self.bodies)
        self.queue, self.holds, self.audit = Queue(self.db), Holds(self.db), Audit(self.db)
        self.turned_away = TurnedAway(self.db)
        self.outbox, self.history, self.sessions = Outbox(self.db), History(self.db), Sessions(self.db)

    async def add(
        self,
        disposition: Disposition = Disposition.DELIVER,
        to: Iterable[str] = (BOB,),
        *,
        sender: str | None = ANN,
        octets: bytes = b"Subject: hello\r\n\r\nhi\r\n",
        known: Facts | None = None,
        only: Iterable[str] | None = None,
        after: timedelta = timedelta(hours=72),
        action: ExpireAction = "return",
        approvers: tuple[str, ...] = (),
        quorum: int = 1,
        rule: str = "a-rule",
        login: str | None = None,
        asks: tuple[Ask, ...] = (),
        urgent: bool = False,
        notify: tuple[str, ...] = (),
        mode: Mode = "enforce",
    ) -> MessageRecord:
        message = mail(to, sender=sender, octets=octets, login=login, at=self.clock())
        judged = verdict(
            message,
            disposition,
            rule=rule,
            only=only,
            after=after,
            action=action,
            approvers=approvers,
            quorum=quorum,
            asks=asks,
            urgent=urgent,
            notify=notify,
            mode=mode,
        )
        return await self.spool.add(message, known or facts(), judged, PREFIX)

    async def found(self, message_id: str) -> MessageRecord:
        record = await self.holds.find(message_id)
        assert record is not None
        return record

    async def relay(self, record: MessageRecord, code: int = 250, text: str = "ok") -> None:
        """Claim everything that is due and record the same outcome for each copy of this message."""
        for job in await self.queue.claim(self.clock(), timedelta(minutes=15), 100):
            if job.record.id == record.id:
                outcome = Outcome(result_of(code), code, text)
                outcomes = dict.fromkeys(job.recipients, outcome)
                later = self.clock() + timedelta(minutes=1)
                await self.queue.record(record.id, outcomes, self.clock(), later, give_up=False)


@lru_cache(maxsize=1)
def _empty() -> bytes:
    """A ledger with nothing in it: made once, since each migration is a commit."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mailguard.db"
        prepare(path)
        return path.read_bytes()


def _begin(path: Path) -> None:
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(_empty())
        path.chmod(0o600)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Ledger]:
    """An opened ledger in a folder."""
    _begin(folder / "mailguard.db")
    db = await Database.open(folder / "mailguard.db")
    try:
        ledger = Ledger(db, folder / "bodies")
        await ledger.spool.start(ledger.clock())
        yield ledger
    finally:
        await db.close()
