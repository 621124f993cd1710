"""What senders asked to be told (RFC 3461): from the ledger to the next server's wire, and the reports that come back.

The ledger, the back door and the report room are real; the next server is scripted (smtp_fake).
"""

from __future__ import annotations

import dataclasses
import email
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from tests.relaying import upstream_to
from tests.smtp_fake import FakeServer, Say, fake_server

from mailguard.delivery import Bounces, BounceSettings
from mailguard.mail.address import NULL_PATH, Address, ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Facts, Headers
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Body, new_message_id
from mailguard.mail.message import Message as Mail
from mailguard.mail.reports import CopyReports, MailReports
from mailguard.mail.verdict import Disposition, RecipientVerdict, Verdict
from mailguard.relay.upstream import Outgoing
from mailguard.store.db import Database
from mailguard.store.holds import Holds
from mailguard.store.outbox import Outbox
from mailguard.store.queue import Queue
from mailguard.store.records import Filter, MessageRecord
from mailguard.store.reporting import Reporting
from mailguard.store.spool import Spool

ANN, BOB, CY, DAN = (parse_address(f"{who}@x.example") for who in ("ann", "bob", "cy", "dan"))
MAIL = b"From: ann@x.example\r\nSubject: offer\r\n\r\nhello, caf\xc3\xa9\r\n"
EXTENSIONS = ("PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")


@dataclasses.dataclass
class Desk:
    db: Database
    spool: Spool
    queue: Queue
    outbox: Outbox
    bounces: Bounces
    clock: list[datetime]

    async def put(
        self,
        copies: dict[Address, CopyReports],
        reports: MailReports,
        sender: ReversePath = ReversePath(ANN),  # noqa: B008 - a value
        octets: bytes = MAIL,
    ) -> MessageRecord:
        """Take a mail in, as intake does."""
        now, asked = self.clock[0], {one.key: what for one, what in copies.items()}
        envelope = Envelope(sender, tuple(copies), Client("192.0.2.1", "pc"), reports=reports, copy_reports=asked)
        verdict = Verdict(tuple(RecipientVerdict(one, True, Disposition.DELIVER) for one in copies))
        facts = Facts(headers=Headers(subject="offer", message_id="<1@x.example>"))
        return await self.spool.add(Mail(new_message_id(now), envelope, Body.of(octets), now), facts, verdict, b"")

    async def tried(self, server: FakeServer, *, give_up: bool = False) -> None:
        """One try of what is due."""
        now = self.clock[0]
        for job in await self.queue.claim(now, timedelta(minutes=15), 10):
            record = job.record
            outgoing = Outgoing(
                record.id,
                record.sender,
                job.recipients,
                b"",
                await self.spool.body(record.id),
                reports=record.reports,
                copy_reports={one.address: one.reports for one in record.recipients},
            )
            async with upstream_to(server.port) as upstream:
                outcomes = await upstream.relay(outgoing)
            await self.queue.record(record.id, outcomes, now, now + timedelta(hours=1), give_up)

    async def letters(self) -> list[EmailMessage]:
        """The reports that are written by now, oldest first."""
        while await self.bounces.report():
            pass
        page = await Holds(self.db).page(Filter(kinds=("letter",)), 100)
        found = []
        for record in reversed(page):
            message = email.message_from_bytes((await self.spool.body(record.id)).read(), policy=default)
            assert isinstance(message, EmailMessage)
            assert str(record.sender) == ""
            found.append(message)
        return found


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    db = await Database.open(tmp_path / "ledger.db")
    spool, outbox = Spool(db, tmp_path / "bodies"), Outbox(db)
    clock = [datetime(2026, 11, 23, 9, 0, tzinfo=UTC)]
    await spool.start(clock[0])
    settings = BounceSettings("mg.x.example", parse_address("mailguard@x.example"), language="en")
    bounces = Bounces(outbox, spool, Holds(db).find, settings, now=lambda: clock[0])
    yield Desk(db, spool, Queue(db), outbox, bounces, clock)
    await db.close()


def blocks(report: EmailMessage) -> list[Message]:
    """The fields for programs: of the mail, then of each recipient."""
    found: Any = list(report.iter_parts())[1].get_payload()
    return list(found)


def asked(notify: str = "", orcpt: str = "") -> CopyReports:
    return CopyReports(notify, orcpt)


async def test_a_server_that_offers_dsn_gets_all_of_it_unchanged(desk: Desk) -> None:
    copies = {BOB: asked("SUCCESS,DELAY", "rfc822;Bob+2Bx@Old.example"), CY: asked("NEVER"), DAN: asked()}
    await desk.put(copies, MailReports("HDRS", "QQ+2B314159"))
    async with fake_server(extensions=(*EXTENSIONS, "DSN")) as server:
        await desk.tried(server)
    (taken,) = server.taken
    assert taken.mail.endswith(b" RET=HDRS ENVID=QQ+2B314159")
    assert taken.rcpts == [
        b"RCPT TO:<bob@x.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bob+2Bx@Old.example",
        b"RCPT TO:<cy@x.example> NOTIFY=NEVER",
        b"RCPT TO:<dan@x.example>",
    ]
    assert await desk.letters() == []  # it has taken over the duty to report


async def test_a_server_without_dsn_gets_none_of_it_and_success_is_reported_here(desk: Desk) -> None:
    await desk.put({BOB: asked("SUCCESS", "rfc822;Old@x.example"), CY: asked(), DAN: asked("FAILURE")},
                   MailReports("FULL", "QQ+2B3"))  # fmt: skip
    async with fake_server() as server:
        await desk.tried(server)
    assert b"ENVID" not in server.taken[0].mail
    assert server.taken[0].rcpts[0] == b"RCPT TO:<bob@x.example>"

    (report,) = await desk.letters()
    mail, bob = blocks(report)
    assert mail["Original-Envelope-Id"] == "QQ+3"
    assert (bob["Action"], bob["Status"]) == ("relayed", "2.0.0")
    assert bob["Original-Recipient"] == "rfc822; Old@x.example"
    assert bob["Final-Recipient"] == "rfc822; bob@x.example"
    assert bob["Last-Attempt-Date"] == "Mon, 23 Nov 2026 18:00:00 +0900"
    assert bob["Remote-MTA"] == "dns; [127.0.0.1]"
    assert report["Subject"] == "[Passed on] offer"
    # RFC 3461 section 4.3: RET speaks of failures only
    assert [part.get_content_type() for part in report.iter_parts()][2] == "text/rfc822-headers"


async def test_failures_go_to_those_who_wish_to_hear_of_them(desk: Desk) -> None:
    await desk.put({BOB: asked("NEVER"), CY: asked("SUCCESS,DELAY"), DAN: asked("FAILURE")}, MailReports())
    async with fake_server(script={"rcpt": [Say(b"550 5.1.1 nobody\r\n")]}) as server:
        await desk.tried(server)
    (report,) = await desk.letters()
    assert [one["Final-Recipient"] for one in blocks(report)[1:]] == ["rfc822; dan@x.example"]
    assert blocks(report)[1]["Diagnostic-Code"] == "smtp; 550 5.1.1 nobody"


async def test_never_means_no_report_at_all(desk: Desk) -> None:
    record = await desk.put({BOB: asked("NEVER")}, MailReports())
    async with fake_server(script={"rcpt": [Say(b"550 5.1.1 nobody\r\n")]}) as server:
        await desk.tried(server)
    assert await desk.letters() == []
    found = await Holds(desk.db).find(record.id)
    assert found is not None
    assert (found.state, found.recipients[0].last_text) == (State.BOUNCED, "5.1.1 nobody")  # people can look it up


@pytest.mark.parametrize(
    ("ret", "size", "kind"),
    [
        ("FULL", 100, "message/rfc822"),
        ("HDRS", 100, "text/rfc822-headers"),
        ("", 100, "text/rfc822-headers"),
        ("FULL", 1_100_000, "text/rfc822-headers"),
    ],
)
async def test_how_much_of_the_mail_comes_back(desk: Desk, ret: Any, size: int, kind: str) -> None:
    octets = MAIL + b"x" * 70 + b"\r\n" * (size // 2)
    await desk.put({BOB: asked()}, MailReports(ret), octets=octets)
    async with fake_server(script={"mail": [Say(b"550 5.7.1 no\r\n")]}) as server:
        await desk.tried(server)
    (report,) = await desk.letters()
    third = list(report.iter_parts())[2]
    assert third.get_content_type() == kind
    assert (b"hello, caf\xc3\xa9" in report.as_bytes()) == (kind == "message/rfc822")
    text = report.get_body(("plain",))
    assert text is not None
    assert ("too large" in text.get_content()) == (size > 1_000_000)


async def test_a_mail_that_waits_is_told_once_and_only_to_who_wishes(desk: Desk) -> None:
    await desk.put({BOB: asked(), CY: asked("FAILURE"), DAN: asked("DELAY", "rfc822;d@x.example")}, MailReports())
    reporting, clock = Reporting(desk.db), desk.clock
    async with fake_server(script={"rcpt": [Say(b"451 4.2.1 later\r\n")]}) as server:
        await desk.tried(server)
        clock[0] += timedelta(hours=3)
        assert await reporting.owe_delays(clock[0], clock[0] - timedelta(hours=4)) == 0
        clock[0] += timedelta(hours=1)
        assert await reporting.owe_delays(clock[0], clock[0] - timedelta(hours=4)) == 1
        assert await reporting.owe_delays(clock[0], clock[0] - timedelta(hours=4)) == 0
        (report,) = await desk.letters()
        _, bob, dan = blocks(report)
        assert (bob["Action"], bob["Status"], dan["Original-Recipient"]) == ("delayed", "4.2.1", "rfc822; d@x.example")
        assert bob["Will-Retry-Until"] == "Thu, 26 Nov 2026 18:00:00 +0900"
        assert report["Subject"] == "[Delayed] offer"
        clock[0] += timedelta(days=3)
        await desk.tried(server, give_up=True)
    reports = await desk.letters()
    assert [(one["Action"], one["Status"]) for one in blocks(reports[1])[1:]] == [("failed", "5.4.7")] * 2
    assert [one["Final-Recipient"] for one in blocks(reports[1])[1:]] == [
        "rfc822; bob@x.example",
        "rfc822; cy@x.example",
    ]


async def test_a_mail_behind_a_server_that_is_away_is_told_of_though_it_was_never_tried(desk: Desk) -> None:
    await desk.put({BOB: asked()}, MailReports())
    desk.clock[0] += timedelta(hours=5)
    assert await Reporting(desk.db).owe_delays(desk.clock[0], desk.clock[0] - timedelta(hours=4)) == 1
    (report,) = await desk.letters()
    assert blocks(report)[1]["Status"] == "4.4.1"
    assert "Last-Attempt-Date" not in blocks(report)[1]


async def test_nobody_is_told_of_a_mail_from_the_null_path(desk: Desk) -> None:
    await desk.put({BOB: asked("SUCCESS"), CY: asked()}, MailReports("FULL", "x"), sender=NULL_PATH)
    script: Any = {"rcpt": [None, Say(b"550 5.1.1 nobody\r\n")]}
    async with fake_server(script=script) as server:
        await desk.tried(server)
    desk.clock[0] += timedelta(hours=5)
    assert await Reporting(desk.db).owe_delays(desk.clock[0], desk.clock[0]) == 0
    assert await desk.letters() == []


async def test_a_report_that_was_overtaken_is_not_written(desk: Desk) -> None:
    await desk.put({BOB: asked()}, MailReports())
    desk.clock[0] += timedelta(hours=5)
    await Reporting(desk.db).owe_delays(desk.clock[0], desk.clock[0])
    async with fake_server() as server:
        await desk.tried(server)
    assert await desk.letters() == []
