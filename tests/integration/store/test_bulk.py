"""Entries and outcomes done together come to the same as each by itself: the same answers, the same rows.

Two ledgers live the same life, one of them without the bulk; what came in and went out in one moment is compared by
message, since who is first in a moment is nobody's business.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger import ANN, BOB, BOSS, CAROL, NOON, PREFIX, Ledger, facts, mail, opened, verdict

from mailguard.mail.address import parse_address
from mailguard.mail.facts import Attachment, HeaderAddress
from mailguard.mail.message import Message
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.reports import CopyReports
from mailguard.mail.verdict import Because, Disposition
from mailguard.store import many
from mailguard.store.connection import connect
from mailguard.store.db import Database
from mailguard.store.spool import Spool

INSIDE = "dan@corp.example"
LEASE = timedelta(minutes=15)
HELD = (Disposition.DELAY, Disposition.CONFIRM, Disposition.APPROVE)
RESULTS = (*[Result.RELAYED] * 6, Result.DEFERRED, Result.FAILED)
SHOWN = ("Bob", "", "見積 太郎", "bob@partner.example")


@dataclass(frozen=True)
class Sent:
    """One mail, and what becomes of it."""

    to: tuple[str, ...]
    sender: str | None
    disposition: Disposition
    message_id: str
    name: str
    file: bool
    told: bool
    leased: bool
    again: bool  # under the id of the one before it
    reports: bool
    results: tuple[Result, ...]
    words: tuple[str, ...]
    put_back: bool


MAILS = st.builds(
    Sent,
    to=st.lists(st.sampled_from([BOB, CAROL, INSIDE, "b@partner.example"]), min_size=1,
                max_size=3, unique=True).map(tuple),
    sender=st.sampled_from([ANN, ANN, INSIDE, None]),
    disposition=st.sampled_from([*[Disposition.DELIVER] * 5, *HELD]),
    message_id=st.sampled_from(["", "<1@x>", "<2@x>", "<3@x>", "<4@x>", "<5@x>"]),
    name=st.sampled_from(SHOWN),
    file=st.booleans(),
    told=st.sampled_from([False, False, False, True]),
    leased=st.sampled_from([True, True, True, False]),
    again=st.sampled_from([False] * 9 + [True]),
    reports=st.sampled_from([False] * 5 + [True]),
    results=st.lists(st.sampled_from(RESULTS), min_size=3, max_size=3).map(tuple),
    words=st.lists(st.sampled_from(["ok", "2.0.0 queued \0", "später"]), min_size=3, max_size=3).map(tuple),
    put_back=st.sampled_from([False] * 7 + [True]),
)  # fmt: skip
#: Moments: what comes in at once, and goes out at once.
LIVES = st.lists(st.lists(MAILS, min_size=1, max_size=6), min_size=1, max_size=3)


def prepared(life: Sequence[Sequence[Sent]]) -> list[list[tuple[Sent, Message]]]:
    """Both ledgers get the same messages, in the order in which they are done together: what comes last counts."""
    found: list[list[tuple[Sent, Message]]] = []
    for number, moment in enumerate(life):
        ordered = sorted(moment, key=together)
        some: list[tuple[Sent, Message]] = []
        for sent in ordered:
            message = mail(sent.to, sender=sent.sender, at=NOON + timedelta(seconds=number))
            if sent.reports:
                reports = {parse_address(sent.to[0]).key: CopyReports("SUCCESS", "")}
                message = replace(message, envelope=replace(message.envelope, copy_reports=reports))
            some.append((sent, replace(message, id=some[-1][1].id) if sent.again and some else message))
        found.append(some)
    return found


def together(sent: Sent) -> int:
    """0: never entered with others; 1: its outcome is not written with others; 2: both are; 3: behind those to one."""
    if sent.told or sent.disposition is Disposition.APPROVE:
        return 0
    out = all(result is Result.RELAYED for result in sent.results[: len(sent.to)])
    held = sent.disposition is not Disposition.DELIVER
    apart = held or not sent.leased or sent.reports or sent.put_back or not out
    return 1 if apart else min(len(sent.to), 2) + 1


async def entered(spool: Spool, sent: Sent, message: Message) -> Any:
    known = facts("件名")
    to = (HeaderAddress(BOB, sent.name), HeaderAddress("no address", "x"))
    headers = replace(known.headers, message_id=sent.message_id, to=to, cc=(HeaderAddress(CAROL, ""),))
    files = (Attachment("a.pdf", "application/pdf", "application/pdf", "pdf", 5000, "a" * 64),) if sent.file else ()
    judged = verdict(
        message, sent.disposition, approvers=(BOSS,), notify=("sender",) if sent.told else (), only=sent.to[:1]
    )
    known = replace(known, headers=headers, attachments=files)
    until = message.received_at + LEASE if sent.leased else None
    return await spool.add(message, known, judged, PREFIX, lease_until=until)


async def over(ledger: Ledger, sent: Sent, message: Message) -> Any:
    now = message.received_at + timedelta(milliseconds=500)
    tried = zip(message.envelope.recipients, sent.results, sent.words, strict=False)
    outcomes = {address: Outcome(result, 250, words, mta="next.example") for address, result, words in tried}
    return await ledger.queue.record(message.id, outcomes, now, now + LEASE, give_up=False)


async def put_back(ledger: Ledger, message: Message) -> Any:
    now, why = message.received_at, Because("ja", "en")
    return await ledger.queue.put_back(message.id, message.envelope.recipients, now, now + LEASE, why)


async def lived(folder: Path, life: list[list[tuple[Sent, Message]]]) -> tuple[list[Any], dict[str, Any]]:
    """The answers, and everything in the ledger."""
    said: list[Any] = []
    async with opened(folder) as ledger:
        spool = Spool(ledger.db, ledger.bodies, resent_within=timedelta(minutes=10))
        for moment in life:
            said += await asyncio.gather(*(entered(spool, *one) for one in moment), return_exceptions=True)
            back = [put_back(ledger, message) for sent, message in moment if sent.put_back]
            out = [over(ledger, *one) for one in moment if not one[0].again]
            said += await asyncio.gather(*back, *out, return_exceptions=True)
        assert await ledger.audit.verify() is None
        rows = await ledger.db.read(everything)
    return [f"{type(one).__name__} {one}" if isinstance(one, Exception) else plainly(one) for one in said], rows


def plainly(answer: Any) -> Any:
    """A notice's number says only who was first."""
    if dataclasses.is_dataclass(answer) and hasattr(answer, "bounce_notice"):
        return replace(answer, bounce_notice=answer.bounce_notice is not None)  # type: ignore[type-var]
    return answer


def everything(c: sqlite3.Connection) -> dict[str, list[str]]:
    """All rows, by the ids of messages in place of numbers, which say who was first."""
    ids = dict(c.execute("SELECT number, id FROM message").fetchall())
    found = {}
    for (table,) in c.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall():
        cursor = c.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
        for row in rows:
            if row.get("lease") is not None:  # each opening of a ledger has a name of its own
                row["lease"] = "ours"
            for column in ("message", "first") + (("number",) if table == "message" else ()):
                if column in row:
                    row[column] = ids.get(row[column], row[column])
            if table in ("audit", "notice"):
                for column in ("number", "hash", "id"):
                    row.pop(column, None)
        found[table] = sorted(map(repr, rows))
    return found


def alone(write: Callable[..., Any]) -> Callable[..., Any]:
    async def without(self: Database, change: Any, bulk: object = None, item: object = None, **_: bool) -> Any:
        return await write(self, change)

    return without


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(life=LIVES)
async def test_together_is_as_each_by_itself(life: list[list[Sent]]) -> None:
    moments = prepared(life)
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        pytest.MonkeyPatch.context() as patch,
    ):
        all_at_once = await lived(Path(one), moments)
        patch.setattr(Database, "write", alone(Database.write))
        apart = await lived(Path(other), moments)
    assert all_at_once == apart


async def test_ordinary_mail_does_go_together(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would compare one way with itself."""
    heads: list[str] = []
    run = many.run

    def heard(connection: sqlite3.Connection, head: str, *rest: Any) -> int:
        heads.append(head)
        return run(connection, head, *rest)

    monkeypatch.setattr(many, "run", heard)
    sent = Sent(
        to=(BOB,), sender=ANN, disposition=Disposition.DELIVER, message_id="<1@x>", name="Bob", file=False, told=False,
        leased=True, again=False, reports=False, results=(Result.RELAYED,), words=("ok",), put_back=False,
    )  # fmt: skip
    message = mail(sent.to)
    await entered(ledger.spool, sent, message)
    assert any(head.startswith("INSERT INTO temp.entering") for head in heads)
    assert ledger.db.handed_on.body(message.id) == await ledger.spool.body(message.id)
    await over(ledger, sent, message)
    assert any(head.startswith("INSERT INTO temp.going") for head in heads)
    assert ledger.db.handed_on.body(message.id) is None


async def test_mails_of_a_moment_are_one_statement_on_their_way_in_and_one_on_their_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each further one would hand the interpreter's lock over once more."""
    heard: list[str] = []

    def traced(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.set_trace_callback(heard.append)
        return connection

    def words() -> list[str]:
        found = [sql.split()[0] for sql, _ in itertools.groupby(heard)]  # a trigger's steps are told as what began them
        heard.clear()
        return found

    monkeypatch.setattr("mailguard.store.transactions.connect", traced)
    one_of_each = ["BEGIN", "SELECT", "INSERT", "COMMIT"]
    async with opened(tmp_path) as ledger:
        for _ in range(2):
            mails = [mail((BOB,)), mail((CAROL,))]
            read = [replace(known := facts(), headers=replace(known.headers, message_id=m.id)) for m in mails]
            words()
            await asyncio.gather(
                *(
                    ledger.spool.add(one, known, verdict(one), PREFIX, lease_until=NOON + LEASE)
                    for one, known in zip(mails, read, strict=True)
                )
            )
            entered = words()
            taken = [{one.envelope.recipients[0]: Outcome(Result.RELAYED, 250, "ok")} for one in mails]
            await asyncio.gather(
                *(ledger.queue.record(m.id, o, NOON, None, give_up=True) for m, o in zip(mails, taken, strict=True))
            )
            out = words()
    assert (entered, out) == (one_of_each, one_of_each)


async def test_an_outcome_shares_the_commit_of_the_next_mail(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.store.writer._RIDES", 3600.0)
    first, second = mail((BOB,)), mail((CAROL,))
    until = first.received_at + LEASE
    await ledger.spool.add(first, facts(), verdict(first), PREFIX, lease_until=until)
    outcomes = {parse_address(BOB): Outcome(Result.RELAYED, 250, "ok")}
    riding = asyncio.ensure_future(ledger.queue.record(first.id, outcomes, first.received_at, None, give_up=True))
    before = ledger.db._writer.transactions.commits
    await ledger.spool.add(second, facts(), verdict(second), PREFIX, lease_until=until)
    assert (await riding).relayed == (parse_address(BOB),)
    assert ledger.db._writer.transactions.commits == before + 1


@pytest.mark.parametrize("held", [True, False])
async def test_what_is_not_on_its_way_any_more_is_not_remembered(ledger: Ledger, held: bool) -> None:
    """Its octets may be removed, and what becomes of its copies is anybody's to decide."""
    message = mail((BOB,))
    until = message.received_at + LEASE
    await ledger.spool.add(message, facts(), verdict(message), PREFIX, lease_until=until)
    assert ledger.db.handed_on.body(message.id) is not None
    if held:
        await put_back(ledger, message)
    else:
        await ledger.queue.give_back(message.id, message.envelope.recipients, message.received_at)
    assert ledger.db.handed_on.body(message.id) is None


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(fails=st.lists(st.booleans(), min_size=1, max_size=40))
async def test_one_that_fails_takes_nothing_along(fails: list[bool]) -> None:
    """A bulk that raises is undone, and each is run by itself."""
    insert = "INSERT INTO contact (sender, key, count, first_at, last_at) VALUES (?, 'k', 1, 0, 0)"

    def one(c: sqlite3.Connection, number: int, broken: bool) -> int:
        c.execute(insert, (f"s{number}",))
        if broken:
            raise ValueError(number)
        return number

    def all_of_them(c: sqlite3.Connection, items: Sequence[tuple[int, bool]]) -> list[int]:
        return [one(c, *item) for item in items]

    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder)) as ledger:
            writes = [
                ledger.db.write(partial(one, number=number, broken=broken), all_of_them, (number, broken))
                for number, broken in enumerate(fails)
            ]
            said = await asyncio.gather(*writes, return_exceptions=True)
            kept = await ledger.db.read(lambda c: {row[0] for row in c.execute("SELECT sender FROM contact")})
    assert [isinstance(one, ValueError) for one in said] == fails
    assert kept == {f"s{number}" for number, broken in enumerate(fails) if not broken}
