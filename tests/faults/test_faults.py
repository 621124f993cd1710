"""The experiments of this folder at a small size, in seconds: that they run, and that their promise holds.

`make faults` runs them at their full size.
"""

from __future__ import annotations

from pathlib import Path

from tests.faults import crowd, disk, giant, kill, nonsense, power, term
from tests.faults.book import Book, recount
from tests.faults.rows import Row, write
from tests.faults.sink import Sink
from tests.missing import needs_root


async def test_sigkill_among_sends_and_decisions(tmp_path: Path) -> None:
    row = await kill.run(tmp_path, 0.1)
    assert row.good, row
    assert row.acknowledged == row.mails


async def test_every_state_that_a_power_cut_may_leave_has_all_that_was_acknowledged(tmp_path: Path) -> None:
    row = await power.run(tmp_path, 0.05)
    assert row.good, row
    assert row.rounds >= power.LEAST


async def test_normal_mail_goes_on_in_a_crowd(tmp_path: Path) -> None:
    row = await crowd.run(tmp_path, 0.03)
    assert row.good, row
    assert row.acknowledged == row.mails > 0


async def test_malformed_commands_do_no_harm(tmp_path: Path) -> None:
    row = await nonsense.run(tmp_path, 0.05)
    assert row.good, row
    assert row.acknowledged == row.mails > 0


async def test_a_giant_is_refused_without_a_trace(tmp_path: Path) -> None:
    row = await giant.against_the_limit(tmp_path, 2**25)
    assert row.good, row


@needs_root
async def test_a_full_disk_and_a_disk_that_fails_end_without_a_hand(tmp_path: Path) -> None:
    rows = await disk.run(tmp_path, 0.1, ("disk full: data", "EIO on every fsync"))
    assert [row for row in rows if not row.good] == []
    assert len(rows) == 2


async def test_sigterm_under_load_cuts_nobody(tmp_path: Path) -> None:
    row = await term.run(tmp_path, 0.1)
    assert row.good, row


def test_a_recount_sees_what_is_lost_leaked_and_doubled(tmp_path: Path) -> None:
    import sqlite3

    ledger = tmp_path / "ledger.db"
    connection = sqlite3.connect(ledger)
    connection.execute("CREATE TABLE message (id TEXT, state TEXT, kind TEXT)")
    rows = [("kept", "held"), ("gone-out", "relayed"), ("twice", "relayed"), ("nowhere", "relayed"), ("leak", "held")]
    connection.executemany("INSERT INTO message VALUES (?, ?, 'mail')", rows)
    connection.commit()
    connection.close()
    book, sink = Book(), Sink()
    names = ("kept", "gone-out", "twice", "nowhere", "leak", "vanished")
    book.acknowledged = {f"tag-{name}": name for name in names}
    book.held = {"tag-kept", "tag-leak"}
    sink.taken.update({"gone-out": 1, "twice": 2, "leak": 1})
    sink.tags = {f"tag-{name}": {name} for name in sink.taken}
    count = recount(book, ledger, sink)
    assert set(count.lost) == {"vanished", "nowhere"}
    assert count.leaked == ("leak",)
    assert count.duplicates == 1


def test_a_row_replaces_the_row_of_its_name(tmp_path: Path) -> None:
    page = tmp_path / "faults.md"
    page.write_text("before\n<!-- rows: written by make faults -->\n<!-- end of rows -->\nafter\n")
    write([Row("one", 1, 5000, 5, 0, 0, 0), Row("two", 1, 5, 5, 1, 0, 0, 31.0)], page)
    table = write([Row("one", 2, 7000, 7, 0, 0, 0, said="anew")], page)
    assert [line.split("|")[1:4] for line in table.splitlines()[2:]] == [
        [" one ", " 2 ", " 7,000 "],
        [" two ", " 1 ", " 5 "],
    ]
    assert page.read_text() == f"before\n<!-- rows: written by make faults -->\n{table}<!-- end of rows -->\nafter\n"
    assert not Row("two", 1, 5, 5, 1, 0, 0).good
    assert not Row("late", 1, 5, 5, 0, 0, 0, 31.0).good
