"""A real reception for tests: console, review, access, letters and ledger, put together as the house does, without a
door.

Mail enters the ledger directly with a verdict made by hand, so that a test says which page it wants. Letters are read
from the queue. Nothing is faked but the network between browser and application, where a test does not need one.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx2
from starlette.applications import Starlette

from mailguard.access import Access, AccessSettings, Ways
from mailguard.access.rates import Rate
from mailguard.access.words import Factor
from mailguard.app.replying import WaitingRoom
from mailguard.console.app import build
from mailguard.console.desk import Desk, Outside
from mailguard.console.settings import ConsoleSettings
from mailguard.console.trials import Tries
from mailguard.incident import IncidentRoom
from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.reader import read_mail
from mailguard.mail.actor import Actor
from mailguard.mail.address import Address, parse_address, parse_reverse_path
from mailguard.mail.alteration import Recipe
from mailguard.mail.directory import NOBODY
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body, Message, new_message_id
from mailguard.mail.organization import Organization
from mailguard.mail.outcome import Outcome, result_of
from mailguard.mail.subaddress import SubAddress
from mailguard.mail.verdict import Ask, Because, Disposition, HoldTerms, RecipientVerdict, RuleHit, Verdict
from mailguard.notify.gathering import Merge
from mailguard.notify.letters import LetterSettings
from mailguard.notify.live import Live
from mailguard.notify.post import Post
from mailguard.notify.tickets import Tickets
from mailguard.policy.case import Case
from mailguard.policy.judge import judge
from mailguard.policy.recorded import Recorded
from mailguard.policy.rule import Policy
from mailguard.replies import Replies, ReplyTickets
from mailguard.review import Bulk, Filter, HistoryLine, Listing, MyHistory, Review
from mailguard.review.absences import AbsenceReview
from mailguard.review.audits import AuditReview
from mailguard.review.figures import FigureReview
from mailguard.review.quiet import Quiet
from mailguard.review.rules import RuleReview
from mailguard.store.absences import Absences
from mailguard.store.audit import Audit
from mailguard.store.bulk import BulkJobs
from mailguard.store.db import Database
from mailguard.store.history import History
from mailguard.store.holds import Holds
from mailguard.store.incidents import Incidents
from mailguard.store.mutes import Mutes
from mailguard.store.outbox import Outbox
from mailguard.store.queue import Queue
from mailguard.store.reply_tickets import ReplyTicketStore
from mailguard.store.sessions import Sessions
from mailguard.store.spool import Spool
from mailguard.store.tallies import Tallies
from mailguard.store.turned_away import TurnedAway
from mailguard.store.views import SavedViews
from mailguard.workshop import Workshop

URL = "http://console.test"
ANN, BOSS, ADMIN, AUDITOR = "ann@corp.example", "boss@corp.example", "admin@corp.example", "audit@corp.example"
OFFICER = "officer@corp.example"
TANAKA, SATO, SUZUKI = "tanaka@examp1e.co.jp", "sato@example.co.jp", "suzuki@example.co.jp"
OUTSIDERS = (TANAKA, SATO, SUZUKI)
#: The answers to the one question of a look-alike: it stays, or it is taken off; and what the button then says.
KEEP = {f"r.{TANAKA}": "keep", "named": "0.0.0"}
DROP = {f"r.{TANAKA}": "safe", "named": "1.0.0"}

MAIL = (
    "From: =?utf-8?B?5bGx55Sw?= <ann@corp.example>\r\n"
    "To: =?utf-8?B?55Sw5Lit5qeY?= <tanaka@examp1e.co.jp>, sato@example.co.jp\r\n"
    "Subject: {subject}\r\nMessage-ID: <original@corp.example>\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--b--\r\n"
)


@dataclass
class Clock:
    """The time of the house, moved by hand."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **length: float) -> None:
        self.at += timedelta(**length)


class ReadsHere:
    """Reads mail as the workers do, in this process: tests of pages need no protection from their own mail."""

    async def read(self, body: Body, whose: str = "") -> Facts:
        return read_mail(body.read(), ReadingLimits())


@dataclass
class Reception:
    """Everything behind the pages, and the pages."""

    settings: ConsoleSettings
    clock: Clock
    db: Database
    spool: Spool
    queue: Queue
    holds: Holds
    review: Review
    bulk: Bulk
    listing: Listing
    sent: MyHistory
    access: Access
    replies: Replies
    outbox: Outbox
    mutes: Mutes
    post: Post
    live: Live
    readers: ReadsHere
    absences: AbsenceReview
    incidents: IncidentRoom
    app: Starlette
    timezone: str
    policy: list[Policy] = field(default_factory=list)

    def today(self) -> date:
        """The company's day: for nine hours of each day another than UTC's."""
        return self.clock().astimezone(ZoneInfo(self.timezone)).date()

    async def take_in(
        self,
        disposition: Disposition = Disposition.CONFIRM,
        *,
        sender: str = f"<{ANN}>",
        to: tuple[str, ...] = (*OUTSIDERS, BOSS),
        approvers: tuple[str, ...] = (BOSS,),
        subject: str = "Quotation",
        text: str = "Dear Mr Tanaka",
        html: str = "<p>Dear Mr Tanaka</p>",
        octets: bytes | None = None,
        flagged: tuple[str, ...] = (TANAKA,),
        because: Because | None = None,
        evidence: tuple[str, ...] = (TANAKA,),
        after: timedelta = timedelta(hours=72),
        quorum: int = 1,
        urgent: bool = False,
        alter: Recipe = (),
        login: str | None = None,
        members: tuple[str, ...] = (),
        hits: tuple[RuleHit, ...] = (),
        route: str = "",
    ) -> str:
        """Put a mail into the ledger with this verdict for everybody. hits: instead of the one look-alike. Returns its
        id.
        """
        raw = octets or MAIL.format(subject=subject, text=text, html=html).encode()
        body = Body.of(raw)
        facts = await self.readers.read(body)
        message_id = new_message_id(self.clock())
        people = tuple(parse_address(one) for one in to)
        client = Client("192.0.2.7", "pc", login=login or sender.strip("<>") or None)
        message = Message(message_id, Envelope(parse_reverse_path(sender), people, client), body, self.clock())
        verdict = self._verdict(disposition, people, approvers, flagged, because, evidence, after, quorum, urgent)
        verdict = replace(verdict, members=members)
        if hits:
            verdict = replace(verdict, hits=hits)
        if route:
            verdict = replace(verdict, recipients=tuple(replace(one, route=route) for one in verdict.recipients))
        if alter:
            verdict = replace(verdict, recipients=tuple(replace(one, alter=alter) for one in verdict.recipients))
        tried = await Workshop().try_out(body, verdict)
        await self.spool.add(message, facts, tried.verdict, b"", circumstances={}, prepared=tried.prepared)
        return message_id

    async def refuse(self, *, sender: str = ANN, to: tuple[str, ...] = OUTSIDERS, subject: str = "Quotation") -> str:
        """Let policy refuse a mail at the door. Returns the id that it would have had."""
        body = Body.of(MAIL.format(subject=subject, text="x", html="x").encode())
        people = tuple(map(parse_address, to))
        verdict = self._verdict(Disposition.REJECT, people, (), (), None, (TANAKA,), timedelta(0), 1, False)
        client = Client("192.0.2.7", "pc", login=sender)
        envelope = Envelope(parse_reverse_path(f"<{sender}>"), people, client)
        message = Message(new_message_id(self.clock()), envelope, body, self.clock())
        facts = await self.readers.read(body)
        await TurnedAway(self.db).refused(message, facts, verdict, self.clock(), circumstances={"known": 1})
        return message.id

    async def relay(self, message_id: str) -> None:
        """Let the next server take what is queued of a mail."""
        (job,) = [
            one
            for one in await self.queue.claim(self.clock(), timedelta(minutes=1), 100)
            if one.record.id == message_id
        ]
        taken = dict.fromkeys(job.recipients, Outcome(result_of(250), 250, "2.0.0 ok"))
        await self.queue.record(message_id, taken, self.clock(), None, give_up=False)

    async def audit_lines(self) -> list[HistoryLine]:
        """The audit log, newest first."""
        return await Audit(self.db).latest(1000)

    def _verdict(
        self,
        disposition: Disposition,
        people: tuple[Address, ...],
        approvers: tuple[str, ...],
        flagged: tuple[str, ...],
        because: Because | None,
        evidence: tuple[str, ...],
        after: timedelta,
        quorum: int,
        urgent: bool,
    ) -> Verdict:
        asks = (Ask(approvers, quorum),) if disposition is Disposition.APPROVE else ()
        terms = HoldTerms(after, "release" if disposition is Disposition.DELAY else "return", asks, urgent)
        why = because or Because("よく似た別のドメインです", "This domain looks like one you write to, but is another")
        hit = RuleHit("look-alike", "enforce", disposition, why, evidence, tuple(map(parse_address, flagged)),
                      trust=disposition is Disposition.CONFIRM)  # fmt: skip
        held = disposition > Disposition.DELIVER
        verdicts = tuple(
            RecipientVerdict(
                one,
                not self.settings.organization.is_internal(one),
                disposition,
                ("look-alike",),
                terms if held else None,
            )
            for one in people
        )
        return Verdict(verdicts, (hit,) if held else (), "f" * 64)

    async def letters(self) -> list[EmailMessage]:
        """Write what is owed; every letter in the queue, oldest first."""
        await self.post.write_owed()
        found = await self.holds.page(Filter(kinds=("letter",)), 100)
        bodies = [(await self.spool.body(record.id)).read() for record in reversed(found)]
        return [email.message_from_bytes(octets, policy=email.policy.default) for octets in bodies]

    async def session_of(self, person: str) -> str:
        """A session's cookie, by way of a login letter."""
        self.clock.pass_by(milliseconds=10)  # letters of one moment have no order
        await self.access.request_login(person, "n" * 32)
        letters = await self.letters()
        letter = [one for one in letters if (one["to"], one["x-mailguard-letter"]) == (person, "login")][-1]
        code = re.search(r"\b\d{6}\b", str(letter["subject"]))
        assert code is not None
        return (await self.access.redeem(nonce="n" * 32, code=code[0])).cookie

    async def browser(self, person: str = "", language: str = "en", ip: str = "192.0.2.9") -> Browser:
        """A browser without JavaScript; logged in if a person is named."""
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app, client=(ip, 1)),
            base_url=self.settings.url,
            headers={"accept-language": language},
        )
        if person:
            host = urlsplit(self.settings.url).hostname or ""
            client.cookies.set("mailguard", await self.session_of(person), domain=host)
        return Browser(client)


@dataclass
class Browser:
    """Follows links and sends forms as a browser does: hidden fields and form token included."""

    client: httpx2.AsyncClient

    async def get(self, path: str) -> httpx2.Response:
        """A page."""
        return await self.client.get(path)

    async def send(self, page: httpx2.Response, action: str, **fields: Any) -> httpx2.Response:
        """Send the form of a page whose action ends so."""
        form = re.search(rf'<form[^>]*action="([^"]*{action})"[^>]*>(.*?)</form>', page.text, re.DOTALL)
        assert form is not None, f"no form for {action} on {page.url}"
        hidden: dict[str, Any] = {}
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[2]):
            hidden.setdefault(name, []).append(value)
        return await self.client.post(form[1], data=hidden | fields)


def text_of(letter: EmailMessage) -> str:
    """The text part of a letter."""
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def link_and_code(letter: EmailMessage, url: str = URL) -> tuple[str, str]:
    """The path that a letter's link leads to, and its code."""
    said = text_of(letter)
    link, code = re.search(rf"{re.escape(url)}(/\S+)", said), re.search(r": (\d{6})$", said, re.MULTILINE)
    assert link is not None
    return link[1], code[1] if code else ""


@asynccontextmanager
async def open_reception(
    folder: Path,
    *,
    outside: Outside | None = None,
    policy: Policy | None = None,
    trials: Tries | None = None,
    second_factor: Factor = "off",
    ways: Callable[[Access, Clock], Ways] = lambda _access, _clock: Ways(),
    merge: Merge = Merge(1000),  # noqa: B008 - a test of pages counts letters; what makes them one has its own
    **settings: Any,
) -> AsyncIterator[Reception]:
    """A reception over a ledger in this folder. policy: in force, for the page about it. ways: how people log in."""
    clock, company = Clock(), Organization(("corp.example",), "Corp", "en", "Asia/Tokyo")
    console = ConsoleSettings(**{"url": URL, "organization": company, **settings})
    db = await Database.open(folder / "ledger.db")
    readers = ReadsHere()
    spool, holds, audit, outbox, live = Spool(db, folder / "bodies"), Holds(db), Audit(db), Outbox(db), Live()
    await spool.start(clock())
    now_in_force = [] if policy is None else [policy]

    async def anew(message: Message, then: Recorded) -> tuple[Case, Verdict]:
        """As the house does; without a policy everybody gets it."""
        facts = await readers.read(message.body)
        known = await History(db).known(message.envelope.sender, message.envelope.recipients)
        case = replace(then.case, envelope=message.envelope, facts=facts, known=known, moment=clock())
        if now_in_force:
            return case, judge(now_in_force[0], case)
        people = tuple(
            RecipientVerdict(one, not company.is_internal(one), Disposition.DELIVER)
            for one in message.envelope.recipients
        )
        return case, Verdict(people, (), "a" * 64)

    review = Review(
        holds, spool, audit, organization=company, administrators=frozenset({ADMIN}), live=live,
        released=lambda: None, now=clock, judges=lambda: anew,
    )  # fmt: skip
    jobs, administrators, refused = BulkJobs(db), frozenset({ADMIN}), TurnedAway(db)
    bulk = Bulk(review, holds, jobs, live=live, administrators=administrators, now=clock)
    listing = Listing(holds, Tallies(db), SavedViews(db), audit, now=clock, timezone=company.timezone)
    sent = MyHistory(holds, audit, refused)
    access = Access(
        Sessions(db), outbox, audit,
        AccessSettings(
            company, frozenset({ADMIN}), frozenset({AUDITOR}), frozenset({OFFICER}), second_factor=second_factor
        ),
        now=clock, key=lambda: b"k" * 32,
    )  # fmt: skip
    sender = parse_address("mailguard@corp.example")
    letters = LetterSettings(sender, console.url, company, (ADMIN,), "en", reply_address=sender)
    mutes = Mutes(db)
    secrets = ReplyTickets(ReplyTicketStore(db), lasts=timedelta(hours=96), now=clock)
    replies = Replies(
        SubAddress(sender), secrets, WaitingRoom(review), outbox, organization=company,
        may_answer=Rate(4).allows, noticed=lambda: None, now=clock,
    )  # fmt: skip
    post = Post(
        outbox, spool, holds, tickets=Tickets(access.letter_ticket, access.login_ticket, secrets.new), settings=letters,
        delivered=lambda: None, now=clock, mutes=mutes, merge=merge,
    )  # fmt: skip
    absences = AbsenceReview(Absences(db), organization=company, live=live, noticed=lambda: None, now=clock)
    incidents = IncidentRoom(
        Incidents(db), holds, audit, changed=lambda _: None, now=clock, answerable=(ADMIN, OFFICER)
    )
    desk = Desk(
        settings=console, review=review, bulk=bulk, listing=listing, sent=sent,
        access=access, live=live, readers=readers, outside=outside, now=clock, version="0",
        policy=lambda: {"policy": "f" * 64, "rules": []}, trials=trials, absences=absences,
        incidents=incidents,
        ways=ways(access, clock),
        quiet=Quiet(mutes, timezone=company.timezone, now=clock),
        rules=None if policy is None else RuleReview(db, policy=lambda: policy, organization=company, now=clock),
        figures=FigureReview(
            db, directory=lambda: NOBODY if policy is None else policy.directory, organization=company, now=clock
        ),
        audits=AuditReview(db, now=clock),
    )  # fmt: skip
    try:
        yield Reception(
            console,
            clock,
            db,
            spool,
            Queue(db),
            holds,
            review,
            bulk,
            listing,
            sent,
            access,
            replies,
            outbox,
            mutes,
            post,
            live,
            readers,
            absences,
            incidents,
            build(desk),
            company.timezone,
            now_in_force,
        )
    finally:
        live.close()
        await db.close()


def actor(address: str, access: Access) -> Actor:
    """The person as the console would know him."""
    return Actor(address, access.role_of(address), "console")
