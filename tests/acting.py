"""A waiting room over an opened ledger, with a mail that is really altered: for tests of what people do with it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from tests.ledger import ANN, BOB, BOSS, CAROL, DEPUTY, Ledger, opened

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import Address, parse_address
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.facts import Attachment, Facts, HeaderAddress, Headers
from mailguard.mail.message import Body
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Ask, Disposition
from mailguard.notify.live import Live
from mailguard.review import Review
from mailguard.review.shared import Judges
from mailguard.store.records import MessageRecord, Notice
from mailguard.transform.apply import Refused as CannotAlter
from mailguard.workshop import altered

SENDER, EVE = Actor(ANN, Role.SENDER, "console"), Actor("eve@corp.example", Role.SENDER, "console")
APPROVER, SECOND = Actor(BOSS, Role.SENDER, "letter"), Actor(DEPUTY, Role.SENDER, "letter")
ADMINISTRATOR = Actor("admin@corp.example", Role.ADMINISTRATOR, "api")
AUDITOR = Actor("auditor@corp.example", Role.AUDITOR, "console")
COLLEAGUE = Actor("ken@corp.example", Role.SENDER, "console")
A, B, C, KEN = map(parse_address, (ANN, BOB, CAROL, COLLEAGUE.address))
FILES = {"list.csv": b"name,telephone\r\n", "見積書.pdf": b"%PDF-1.4 ...", "plan.txt": b"the plan\r\n"}


def written(
    to: Iterable[str] = (BOB, CAROL), files: dict[str, bytes] | None = None, cc: Iterable[str] = ()
) -> EmailMessage:
    """A mail with files."""
    mail = EmailMessage(policy=SMTP)
    mail["Received"] = "from pc by relay.corp.example; Mon, 23 Nov 2026 21:00:00 +0900"
    mail["From"], mail["To"], mail["Subject"] = f"Ann <{ANN}>", ", ".join(to), "お見積もり"
    if cc:
        mail["Cc"] = ", ".join(cc)
    mail["Message-ID"] = "<1@corp.example>"
    mail.set_content("見積書をお送りします。\n")
    for name, content in (FILES if files is None else files).items():
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail


def facts_of(mail: EmailMessage) -> Facts:
    """What the reading would find in it, as far as it matters here."""
    attachments = []
    for part in mail.iter_attachments():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        digest = hashlib.sha256(content).hexdigest()
        name = part.get_filename() or ""
        attachments.append(Attachment(name, part.get_content_type(), "", "", len(content), digest, inspected=True))
    to, cc = (
        tuple(HeaderAddress(one.strip()) for one in str(mail[name] or "").split(",") if one.strip())
        for name in ("to", "cc")
    )
    headers = Headers((HeaderAddress(ANN, "Ann"),), to, cc, subject=mail["Subject"], message_id="<1@corp.example>")
    return Facts(headers=headers, text="見積書をお送りします。", attachments=tuple(attachments))


@dataclass
class House:
    """The waiting room, and what came of it."""

    ledger: Ledger
    review: Review
    woken: list[str]

    async def mail(
        self,
        disposition: Disposition = Disposition.CONFIRM,
        to: Iterable[str] = (BOB, CAROL),
        *,
        octets: bytes | None = None,
        known: Facts | None = None,
        asks: tuple[Ask, ...] = (),
        message: EmailMessage | None = None,
    ) -> MessageRecord:
        """A held mail with three files."""
        message = message or written(to)
        asks = asks or (Ask((BOSS,)),)
        return await self.ledger.add(
            disposition, to, octets=octets or message.as_bytes(), known=known or facts_of(message), asks=asks
        )

    async def outgoing(self, message_id: str, address: Address) -> bytes:
        """The octets that leave for a recipient."""
        record = await self.ledger.found(message_id)
        copy = record.recipient(address)
        assert copy is not None
        assert copy.recipe is not None
        made = altered(await self.ledger.spool.body(message_id), copy.recipe, address)
        assert not isinstance(made, CannotAlter), made
        return made.read() if isinstance(made, Body) else b""

    async def owed(self, kind: str) -> list[Notice]:
        """The letters of a kind that are owed."""
        return [one for one in await self.ledger.outbox.pending(1000) if one.kind == kind]

    async def lines(self, message_id: str, event: str) -> list[tuple[str, str, dict[str, object]]]:
        """Who, what was said, and the detail of the audit lines of one event."""
        found = await self.ledger.audit.history_of(message_id)
        return [(line.actor, line.comment, line.detail) for line in found if line.event == event]


@asynccontextmanager
async def acting(
    folder: Path, directory: Callable[[], Directory] = lambda: NOBODY, judges: Judges | None = None
) -> AsyncIterator[House]:
    """A house in a folder."""
    async with opened(folder) as ledger:
        woken = list[str]()
        review = Review(
            ledger.holds,
            ledger.spool,
            ledger.audit,
            organization=Organization(("corp.example",)),
            administrators=frozenset({ADMINISTRATOR.address}),
            live=Live(),
            released=lambda: woken.append("released"),
            noticed=lambda: woken.append("noticed"),
            now=ledger.clock,
            directory=directory,
            judges=lambda: judges,
        )
        yield House(ledger, review, woken)


def signed(known: Facts) -> Facts:
    """The same, as a mail that bears a signature."""
    return replace(known, signed=True)
