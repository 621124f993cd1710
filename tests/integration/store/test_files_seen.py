"""Which organisations got a file: learned when it went out, bounded, forgotten after its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.ledger import Ledger, facts

from mailguard.mail.facts import Attachment, Facts
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Disposition
from mailguard.store import files_seen
from mailguard.store.spool import Retention

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def file(digest: str, size: int = 5000, kind: str = "application/pdf", **more: object) -> Attachment:
    return Attachment("f", kind, kind, "pdf", size, digest, **more)  # type: ignore[arg-type]


def with_files(*files: Attachment) -> Facts:
    return replace(facts(), attachments=files)


async def send(ledger: Ledger, known: Facts, *to: str, result: Result = Result.RELAYED) -> None:
    await ledger.add(to=to, known=known)
    (job,) = await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 10)
    outcomes = {address: Outcome(result, 250, "2.0.0") for address in job.recipients}
    await ledger.queue.record(job.record.id, outcomes, ledger.clock(), None, True)


async def test_a_file_that_went_out_is_known_by_its_content(ledger: Ledger) -> None:
    await send(ledger, with_files(file(A, members=(file(B),))), "x@alpha.example", "y@alpha.example", "z@gmail.com")
    asked = with_files(file(B), file(C))
    assert await ledger.history.files(asked) == {B: frozenset({"alpha.example", "z@gmail.com"})}
    assert await ledger.history.files(facts()) == {}


async def test_what_did_not_go_out_teaches_nothing(ledger: Ledger) -> None:
    await ledger.add(Disposition.CONFIRM, known=with_files(file(A)))
    await send(ledger, with_files(file(B)), "x@alpha.example", result=Result.FAILED)
    await send(ledger, replace(with_files(file(C)), kind="auto_reply"), "x@alpha.example")
    assert await ledger.history.files(with_files(file(A), file(B), file(C))) == {}


async def test_what_everybody_sends_is_not_remembered(ledger: Ledger) -> None:
    logo, small = file(A, 20_000, "image/png"), file(B, 1023)
    await send(ledger, with_files(logo, small, replace(file(C), inline=True)), "x@alpha.example")
    assert await ledger.history.files(with_files(file(A), file(B), file(C))) == {}


async def test_a_file_for_everybody_does_not_fill_the_table(ledger: Ledger) -> None:
    for number in range(files_seen.KEYS_MAX + 5):
        await send(ledger, with_files(file(A)), f"x@d{number}.example")
    known = await ledger.history.files(with_files(file(A)))
    assert len(known[A]) == files_seen.KEYS_MAX


async def test_the_files_of_one_mail_are_bounded(ledger: Ledger) -> None:
    many = with_files(*(file(f"{number:064x}") for number in range(files_seen.FILES_MAX + 10)))
    await send(ledger, many, "x@alpha.example")
    rows = await ledger.db.read(lambda c: c.execute("SELECT count(*) FROM file_seen").fetchone()[0])
    assert rows == files_seen.FILES_MAX


async def test_old_files_are_forgotten(ledger: Ledger) -> None:
    await send(ledger, with_files(file(A)), "x@alpha.example")
    ledger.clock.forward(days=300)
    await send(ledger, with_files(file(B)), "x@alpha.example")
    ledger.clock.forward(days=200)
    await ledger.spool.purge(ledger.clock(), Retention())
    assert await ledger.history.files(with_files(file(A), file(B))) == {B: frozenset({"alpha.example"})}


async def test_the_oldest_files_go_first(ledger: Ledger) -> None:
    for digest in (A, B, C):
        await send(ledger, with_files(file(digest)), "x@alpha.example")
        ledger.clock.forward(minutes=1)
    long_ago = ledger.clock() - timedelta(days=400)
    await ledger.db.write(lambda c: files_seen.forget_files(c, long_ago, most=2))
    assert set(await ledger.history.files(with_files(file(A), file(B), file(C)))) == {B, C}
