"""The small benches still run: they stand in for rooms, and a room that asks more of others breaks them unseen. And the
large ones count what they say: servers are warm, one table has all goals.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parent.parent / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """A module of the benches, which are programs and no package."""
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module


@pytest.mark.parametrize(
    ("script", "given", "said"),
    [
        ("judge.py", ("--rounds", "1", "--mails", "3"), "relayed  accept"),
        ("store.py", ("--rounds", "1", "--mails", "20"), "entry "),
        ("relay.py", ("--rounds", "1", "--mails", "20", "--only", "handed"), "loop"),
        ("insight.py", ("--mails", "30"), "judge"),
    ],
)
def test_it_runs_and_says_what_the_pages_take_from_it(script: str, given: tuple[str, ...], said: str) -> None:
    command = [sys.executable, str(BENCH / script), *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=BENCH)
    assert done.returncode == 0, done.stderr[-2000:]
    assert said in done.stdout


class Recorder:
    """A load that sends nothing and remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int, int]] = []

    def count_for(self, who: str, cell: Any) -> int:
        return 500

    def run(self, who: str, peer: Any, cell: Any, sink: Any, count: int) -> float:
        self.asked.append((cell.mail, cell.way, cell.sessions, count))
        return 1.0

    def ask(self, word: str) -> dict[str, int]:
        return {}


def test_a_server_is_warm_before_anything_of_it_counts(bench: Callable[[str], Any], tmp_path: Path) -> None:
    run, cell, load = bench("run"), bench("blast").Cell, Recorder()

    @contextlib.contextmanager
    def server(folder: Path, sink: int) -> Iterator[Any]:
        yield bench("peers").Peer("one", os.getpid(), {})

    load.port = 0  # type: ignore[attr-defined]
    start = run.Start("one", server, ("relayed", "held"))
    rounds = run.Bench(load, load, [cell("2k", "held", 10), cell("10m", "relayed", 4)], [start])
    assert rounds.rounds(1, tmp_path) == 1
    warming = [("2k", "relayed", 10, run.WARMING), ("2k", "held", 10, run.WARMING)]
    first, second = (
        [("2k", "held", 10, 20), ("2k", "held", 10, 500)],
        [("10m", "relayed", 4, 8), ("10m", "relayed", 4, 500)],
    )
    assert load.asked == [*warming, *first, *second]
    assert [len(figures.cpu) for figures in rounds.results.values()] == [1, 1]


def test_the_goal_for_held_mail_is_as_shipped_and_a_letter_for_each_stands_beside_it(
    bench: Callable[[str], Any],
) -> None:
    run, tables, cell = bench("run"), bench("tables"), bench("blast").Cell
    results: Any = defaultdict(run.Figures)
    cells = [cell("2k", way, 10) for way in ("relayed", "held", "told", "through")]
    for who, rates in (("mailguard --workers 2", (600, 900, 200)), ("Postfix", (200, 400))):
        for one, rate in zip(cells, rates, strict=False):
            results[who, one].rate.append(rate)
            results[who, one].out_rate.append(rate / 2)
    results["mailguard", cells[0]].cpu.append(700.0)
    rows = tables.goals(results, cells, [("idle", 100.0), ("connected", 101.0), ("busy", 300.0)])
    assert rows[:4] == [
        "| 2 KB relayed, 10 connections, `--workers 2`: times Postfix | 3.00 | ≥ 2.5 | met |",
        "| 2 KB held as shipped, 10 connections, `--workers 2`: times Postfix | 2.25 | ≥ 2 | met |",
        "| the same, a letter for each mail held | 0.50 | | |",
        "| CPU µs a 2 KB mail relayed, 10 connections | 700 | ≤ 800 | met |",
    ]
    assert rows[-1] == "| 20 × 25 MB at once more: MB | 200 | ≤ 150 | **not met** |"


def test_one_table_has_the_goals_of_all_benches(bench: Callable[[str], Any], tmp_path: Path) -> None:
    tables, page = bench("tables"), tmp_path / "page.md"
    page.write_text("before\n\n<!-- goals: written by make bench -->\n\n<!-- end of goals -->\n\nbehind\n", "utf-8")
    tables.write_goals([tables.goal("a stall", 12, 20)], "bench/stalls.py", page)
    tables.write_goals([tables.goal("an old one", 1, 2)], "bench/run.py", page)
    tables.write_goals([tables.goal("a rate", 3, 2.5, at_least=True)], "bench/run.py", page)
    assert page.read_text("utf-8").splitlines() == [
        "before", "", "<!-- goals: written by make bench -->", "",
        "| what | measured | goal | | by |",
        "|---|--:|--:|---|---|",
        "| a rate | 3.00 | ≥ 2.5 | met | `bench/run.py` |",
        "| a stall | 12.0 | ≤ 20 | met | `bench/stalls.py` |",
        "", "<!-- end of goals -->", "", "behind",
    ]  # fmt: skip


def test_growth_is_the_worse_of_its_ratios(bench: Callable[[str], Any]) -> None:
    growth = bench("growth")
    least = {(size, sessions): 1000.0 for size in growth.SIZES for sessions in growth.SESSIONS}
    least[growth.SIZES[1], 10] = 1400.0
    rows = growth.goals(least)
    assert rows[0] == "| a mail with ten times the queue: times its cost | 1.40 | ≤ 1.3 | **not met** |"
    assert len(rows) == 4
    assert all(row.endswith("| 1.00 | ≤ 1.3 | met |") for row in rows[1:])


def test_without_haraka_the_page_says_so(
    bench: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    haraka = bench("haraka")
    monkeypatch.setattr(haraka, "HOME", tmp_path)
    assert haraka.version() is None
    assert "no Haraka, which is not installed" in bench("tables").setting(3, 0.1, haraka.version())
    (tmp_path / "package.json").write_text('{"version": "3.3.4"}', "utf-8")
    assert str(haraka.version()).startswith("Haraka 3.3.4 on Node ")


def test_the_whole_is_made_of_parts_that_can_be_tried(bench: Callable[[str], Any]) -> None:
    parts = bench("whole").PARTS
    assert all('"--dry"' in (BENCH / part).read_text("utf-8") for part in parts)
    assert all(Path(by).name in (*parts, "whole.py") for by in bench("tables").MEASURED_BY)


class Wire:
    """A transport that remembers what was written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, octets: bytes) -> None:
        self.written.append(octets)

    def close(self) -> None:
        self.closed = True


def test_the_sink_counts_the_same_wherever_its_octets_are_cut(bench: Callable[[str], Any]) -> None:
    sink = bench("sink")
    begun = b"RCPT TO:<b@x.example>\r\nDATA\r\n"
    mail = b"MAIL FROM:<a@x.example>\r\n" + begun + b"Message-ID: <bench-1@x.example>\r\n\r\n..\r\n.\r\n"
    only_a_dot = b"MAIL FROM:<>\r\n" + begun + b".\r\n"
    octets, said = b"EHLO x.example\r\n" + mail + only_a_dot + b"QUIT\r\n", set()
    in_two = [[octets[:at], octets[at:]] for at in range(1, len(octets))]
    for pieces in [*in_two, [octets[at : at + 1] for at in range(len(octets))]]:
        arrivals, wire = sink.Arrivals(), Wire()
        session = sink.Sink(arrivals)
        session.connection_made(wire)
        for piece in pieces:
            session.get_buffer(-1)[: len(piece)] = piece
            session.buffer_updated(len(piece))
        assert arrivals.count == {"mails": 1, "letters": 1}
        assert list(arrivals.times["mails"]) == ["1"]
        assert wire.closed
        said.add(b"".join(wire.written))
    assert len(said) == 1
