"""The audit log looked up, exported and checked."""

from __future__ import annotations

import contextlib
import csv
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.ledger import ANN, BOB, NOON, Ledger

from mailguard.mail.actor import HOUSE, Actor, Role
from mailguard.mail.lifecycle import Event
from mailguard.mail.verdict import Disposition
from mailguard.review.audits import AuditReview
from mailguard.store import audit, audit_log
from mailguard.store.audit_export import as_csv, check_copy, read_copy
from mailguard.store.audit_export import exported as exported_line
from mailguard.store.audit_log import AuditLog, Checked, LineFilter
from mailguard.store.records import HistoryLine
from mailguard.store.rows import to_text

SENDER = Actor(ANN, Role.SENDER, "console")
ADMIN = Actor("admin@corp.example", Role.ADMINISTRATOR, "cli")
DOCS = Path(__file__).parents[3] / "docs" / "figures.md"


async def some_lines(ledger: Ledger) -> list[str]:
    ids = []
    for _ in range(3):
        record = await ledger.add(Disposition.CONFIRM)
        ledger.clock.forward(minutes=1)
        await ledger.holds.apply(record.id, Event.CANCEL, SENDER, ledger.clock(), comment='=cmd|"x"!A1, ノート\r\n2')
        ledger.clock.forward(hours=1)
        ids.append(record.id)
    return ids


async def numbers(ledger: Ledger, limit: int = 100, **chosen: Any) -> list[int]:
    return [line.number for line in (await AuditLog(ledger.db).page(LineFilter(**chosen), limit)).lines]


async def test_lines_are_found_by_all_that_is_asked(ledger: Ledger) -> None:
    ids = await some_lines(ledger)
    assert await numbers(ledger) == [6, 5, 4, 3, 2, 1]
    assert await numbers(ledger, person=ANN, act="cancel") == [6, 4, 2]
    assert await numbers(ledger, person=BOB.upper()) == [6, 5, 4, 3, 2, 1]
    assert await numbers(ledger, person="b@partner.example") == []  # no part of an address is an address
    assert await numbers(ledger, message_id=ids[1]) == [4, 3]
    assert await numbers(ledger, message_id="") == [6, 5, 4, 3, 2, 1]
    assert await numbers(ledger, via="smtp") == [5, 3, 1]
    assert await numbers(ledger, since=NOON + timedelta(hours=1), until=NOON + timedelta(hours=2)) == [4, 3]
    assert await numbers(ledger, first=2, last=3) == [3, 2]


async def test_pages_follow_one_another(ledger: Ledger) -> None:
    await some_lines(ledger)
    log, before, found = AuditLog(ledger.db), None, []
    while True:
        page = await log.page(LineFilter(via="console", before=before), 2)
        found += [line.number for line in page.lines]
        if page.next is None:
            break
        before = page.next
    assert found == [6, 4, 2]


async def test_a_look_goes_back_so_far_and_says_so(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    await some_lines(ledger)
    monkeypatch.setattr(audit_log, "_LOOK_MOST", 2)
    monkeypatch.setattr(audit_log, "_WINDOW", 1)
    page = await AuditLog(ledger.db).page(LineFilter(act="accept", last=2), 5)
    assert [line.number for line in page.lines] == [1]
    page = await AuditLog(ledger.db).page(LineFilter(act="no-such"), 5)
    assert (page.lines, page.next, page.looked_to) == ((), 5, NOON + timedelta(hours=2, minutes=2))


async def exported(ledger: Ledger, form: str = "jsonl", **chosen: Any) -> str:
    room = AuditReview(ledger.db, now=ledger.clock)
    return "".join([piece async for piece in await room.export(ADMIN, LineFilter(**chosen), form)])


def lines_of(text: str) -> list[str]:
    return text.splitlines(keepends=True)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_an_export_verifies_by_itself_and_is_itself_a_line(ledger: Ledger, form: str) -> None:
    await some_lines(ledger)
    text = await exported(ledger, form)
    found = check_copy(read_copy(text.splitlines(keepends=True) if form == "jsonl" else iter_csv(text)))
    assert (found.lines, found.first, found.last, found.gaps, found.broken) == (6, 1, 6, 0, None)
    (line,) = await ledger.audit.latest(1)
    assert (line.event, line.actor, line.detail) == (
        "export", "admin@corp.example", {"what": "audit", "format": form, "filter": {"last": 6}},
    )  # fmt: skip


def iter_csv(text: str) -> list[str]:
    return text.split("\n") if "\r" not in text else [part + "\n" for part in text.split("\n")[:-1]]


async def test_a_selection_verifies_with_its_gaps(ledger: Ledger) -> None:
    await some_lines(ledger)
    found = check_copy(read_copy(lines_of(await exported(ledger, act="cancel"))))
    assert (found.lines, found.gaps, found.broken) == (3, 2, None)


async def test_a_formula_in_a_comment_is_none_in_the_csv(ledger: Ledger) -> None:
    await some_lines(ledger)
    assert ",=cmd" not in await exported(ledger, "csv")
    assert ",\"'=cmd" in await exported(ledger, "csv")


@pytest.mark.parametrize(
    ("place", "value"),
    [("comment", "nothing"), ("actor", "other@corp.example"), ("at_us", 1), ("recipients", []), ("detail", {"x": 1}),
     ("previous", "00" * 32), ("hash", "00" * 32), ("number", 9), ("event", None), ("number", "2")],
)  # fmt: skip
async def test_any_change_of_a_copy_is_found(ledger: Ledger, place: str, value: Any) -> None:
    await some_lines(ledger)
    lines = [json.loads(line) for line in lines_of(await exported(ledger))]
    lines[1][place] = value
    assert check_copy(lines).broken is not None


async def test_lines_that_were_taken_out_moved_or_repeated_are_found(ledger: Ledger) -> None:
    await some_lines(ledger)
    lines = [json.loads(line) for line in lines_of(await exported(ledger))]
    assert check_copy([*lines[:2], *lines[3:]]).gaps == 1
    assert check_copy([lines[0], lines[2], lines[1]]).broken == 2
    assert check_copy([lines[0], lines[0]]).broken == 1
    assert check_copy([]).lines == 0


@pytest.mark.parametrize("text", ["hello\n", "[1]\n", '{"number": 1}\n{"x"', "a,b\n1,2\n"])
def test_what_is_no_export_is_refused_or_broken(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert check_copy(read_copy(text.splitlines())).broken is not None


def test_a_long_cell_is_read_an_endless_one_refused_and_the_limit_of_others_stays() -> None:
    narrow = csv.field_size_limit()
    line = HistoryLine(1, NOON, "", "e" * (narrow + 1), Role.SENDER, "cli", "export", (), "", {}, "00" * 32)
    text = as_csv(None) + as_csv(exported_line(line, "00" * 32))
    rows = read_copy(lines_of(text))
    assert len(next(rows)["actor"]) == narrow + 1
    assert csv.field_size_limit() == narrow
    with pytest.raises(ValueError, match=r"line [0-9]+: field larger than field limit"):
        list(read_copy([as_csv(None), '"', *["a" * 2**20] * 17]))
    assert csv.field_size_limit() == narrow


async def test_an_outsider_verifies_with_the_script_of_the_page(ledger: Ledger, tmp_path: Path) -> None:
    await some_lines(ledger)
    copy, script = tmp_path / "audit.jsonl", tmp_path / "verify.py"
    copy.write_text(await exported(ledger), encoding="utf-8")
    script.write_text(DOCS.read_text("utf-8").split("```python\n", 1)[1].split("```", 1)[0], encoding="utf-8")

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", script, copy], capture_output=True, text=True, timeout=30, check=False
        )

    assert (run().returncode, run().stdout) == (0, "6 lines are whole, 1 to 6\n")
    copy.write_text(copy.read_text("utf-8").replace("ノート", "メモ", 1), encoding="utf-8")
    assert run().returncode == 1


async def test_the_chain_is_followed_piece_by_piece(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "PIECE", 2)
    await some_lines(ledger)
    room = AuditReview(ledger.db, now=ledger.clock)
    assert (await room.checked()) == Checked()
    assert (await room.follow()).upto == 6
    await ledger.audit.note("more", HOUSE, ledger.clock())
    found = await room.follow()
    assert (found.upto, found.broken, found.whole_at) == (7, None, None)
    assert (await room.verify()).whole_at == ledger.clock()
    assert (await room.checked()).whole_at == ledger.clock()


@pytest.mark.parametrize(
    ("damage", "first"),
    [
        ("UPDATE audit SET comment = 'x' WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 4", 4),
        ("DELETE FROM audit WHERE number >= 5", 5),
        ("DELETE FROM audit", 1),
    ],
)
async def test_what_was_altered_or_cut_off_is_found_and_stays_found(ledger: Ledger, damage: str, first: int) -> None:
    await some_lines(ledger)
    for trigger in ("audit_is_not_altered", "audit_is_not_removed"):
        await ledger.db.write(lambda c, trigger=trigger: c.execute(f"DROP TRIGGER {trigger}"))  # type: ignore[misc]
    await ledger.db.write(lambda c: c.execute(damage))
    room = AuditReview(ledger.db, now=ledger.clock)
    assert (await room.verify()).broken == first == await ledger.audit.verify()
    assert (await room.follow()).broken == first


async def test_the_ledger_is_laid_beside_a_copy(ledger: Ledger) -> None:
    await some_lines(ledger)
    room = AuditReview(ledger.db, now=ledger.clock)
    kept = {line["number"]: line["hash"] for line in map(json.loads, lines_of(await exported(ledger)))}
    assert await room.first_other(kept) is None
    assert await room.first_other({**kept, 4: "00" * 32}) == 4
    assert await room.first_other({**kept, 99: "00" * 32}) == 99


async def test_a_line_that_was_made_anew_with_its_hash_breaks_the_next(ledger: Ledger) -> None:
    await some_lines(ledger)
    lines = [json.loads(line) for line in lines_of(await exported(ledger))]
    forged = {**lines[1], "comment": "nothing"}
    said = [forged[name] for name in ("number", "at_us", "message_id", "actor", "role", "via", "event")]
    said += [to_text(forged["recipients"]), forged["comment"], to_text(forged["detail"])]
    forged["hash"] = audit.chained(bytes.fromhex(forged["previous"]), tuple(said)).hex()
    assert check_copy([lines[0], forged]).broken is None  # by itself nobody could tell
    assert check_copy([lines[0], forged, lines[2]]).broken == 3
