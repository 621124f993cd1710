"""What a run of the bench says, as the tables of docs/performance.md: the goals first, then everything measured."""

from __future__ import annotations

import dataclasses
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
_MAILS = {"2k": "2 KB", "100k": "100 KB", "100k-docx": "100 KB with a docx", "1m": "1 MB", "10m": "10 MB"}
_WAYS = {
    "relayed": "relayed",
    "held": "held, as shipped (one sender: alerts merge)",
    "told": "held, a letter for each",
    "through": "passed through, kept nowhere",
}
#: What a way is measured against where the other has no such way.
_BESIDE = {"told": "held"}
#: Who writes goals, in the order of their table.
MEASURED_BY = ("bench/run.py", "bench/growth.py", "bench/stalls.py", "bench/whole.py")


def number(value: float) -> str:
    """Three digits that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percentile(values: Sequence[float], share: float) -> str:
    """The value at a share of all, "-" if there is none."""
    return _cell(_at(values, share))


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")


def _cell(value: float) -> str:
    return "-" if value != value else number(value)


Results = Mapping[tuple[str, Any], Any]


def _ratio(results: Results, cell: Any, field: str, who: str) -> float:
    """Median over rounds of ours by Postfix's of the same round."""
    ours = results.get((who, cell))
    theirs = results.get(("Postfix", dataclasses.replace(cell, way=_BESIDE.get(cell.way, cell.way))))
    if ours is None or theirs is None:
        return float("nan")
    return _median([a / b for a, b in zip(getattr(ours, field), getattr(theirs, field), strict=False)])


def goals(results: Results, cells: Sequence[Any], used: Sequence[tuple[str, float]]) -> list[str]:
    """The project's own goals beside what was measured, as rows for `write_goals`."""
    alone = {mail: results["mailguard", ("relayed", mail, 0.0)].dot for mail in ("2k", "100k-docx")}
    idle, connected, busy = (mb for _, mb in used)
    return [
        *(_times_postfix(results, cell) for cell in cells if cell.way != "through"),
        *(
            goal(
                f"CPU µs a 2 KB mail relayed, {cell.sessions} connections", _median(results["mailguard", cell].cpu), 800
            )
            for cell in cells
            if cell.mail == "2k" and cell.way == "relayed"
        ),
        goal("final dot at one connection, 2 KB: p50 ms", _median(alone["2k"]), 2),
        goal("the same: p99 ms", _at(alone["2k"], 0.99), 8),
        goal("the same, 100 KB with a docx: p50 ms", _median(alone["100k-docx"]), 60),
        goal("memory, idle: MB", idle, 120),
        goal("200 idle connections more: MB", connected - idle, 5),
        goal("20 × 25 MB at once more: MB", busy - idle, 150),
    ]


def _times_postfix(results: Results, cell: Any) -> str:
    relayed = cell.way == "relayed"
    measured = _ratio(results, cell, "out_rate" if relayed else "rate", "mailguard --workers 2")
    if cell.way == "told":
        # Beside the row of what is shipped, which alone is measured by the goal.
        return f"| the same, a letter for each mail held | {_cell(measured)} | | |"
    way = "held as shipped" if cell.way == "held" else cell.way
    name = f"{_MAILS[cell.mail]} {way}, {cell.sessions} connections, `--workers 2`: times Postfix"
    return goal(name, measured, 2.5 if relayed and cell.mail == "2k" else 2.0, at_least=True)


def goal(name: str, measured: float, bound: float, *, at_least: bool = False) -> str:
    """A row of the table of goals."""
    met = measured >= bound if at_least else measured <= bound
    sign, said = "≥" if at_least else "≤", "met" if met else "**not met**"
    return f"| {name} | {_cell(measured)} | {sign} {bound:g} | {said} |"


def _throughput(results: Results, cells: Sequence[Any]) -> list[str]:
    lines = ["### As fast as answered", ""]
    lines += [
        "| mail | connections | way | | mails/s taken | mails/s done | CPU µs/mail |",
        "|---|--:|---|---|--:|--:|--:|",
    ]
    for cell in cells:
        for (who, key), one in results.items():
            if key == cell:
                figures = " | ".join(_cell(_median(values)) for values in (one.rate, one.out_rate, one.cpu))
                lines.append(f"| {_MAILS[cell.mail]} | {cell.sessions} | {_WAYS[cell.way]} | {who} | {figures} |")
    return lines


def _latency(results: Results) -> list[str]:
    lines = ["", "### At one connection", ""]
    lines += ["| mail | mails/s | way | | dot p50 ms | dot p99 ms | alert p50 ms | alert p99 ms | CPU µs/mail |"]
    lines += ["|---|--:|---|---|--:|--:|--:|--:|--:|"]
    keys = dict.fromkeys(key for _, key in results if isinstance(key, tuple))
    for way, mail, pace in keys:
        for who in dict.fromkeys(who for who, key in results if key == (way, mail, pace)):
            one = results[who, (way, mail, pace)]
            cells = [percentile(values, share) for values in (one.dot, one.alert) for share in (0.5, 0.99)]
            paced = f"{pace:g}" if pace else "as answered"
            cells.append(_cell(_median(one.cpu)))
            lines.append(f"| {_MAILS[mail]} | {paced} | {way} | {who} | " + " | ".join(cells) + " |")
    return lines


def page(results: Results, cells: Sequence[Any], used: Sequence[tuple[str, float]], where: str) -> str:
    """All tables in Markdown. where: what `setting` says."""
    lines = [
        where,
        "",
        *_throughput(results, cells),
        *_latency(results),
    ]
    if used:
        lines += ["", "### Memory", "", "| mailguard, one worker | MB |", "|---|--:|"]
    lines += [f"| {name} | {number(value)} |" for name, value in used]
    return "\n".join(lines)


def setting(rounds: int, busy: float, haraka: str | None) -> str:
    """Machine, day and versions, as far as they explain the figures; no name of a machine."""
    version = subprocess.run(
        ["/usr/sbin/postconf", "-d", "-h", "mail_version"], capture_output=True, text=True, check=False
    )
    return (
        f"{time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores shared by load, server and sink; loopback; "
        f"load average before the run: {busy:.1f}; rounds: {rounds}; "
        f"Python {platform.python_version()}, Postfix {version.stdout.strip()}, "
        f"{haraka or 'no Haraka, which is not installed'}."
    )


def write_page(figures: str, name: str = "figures", path: Path = PAGE) -> None:
    """Put figures into a page of the docs, between the marks of that name."""
    before, _, after = _parts(path, name)
    path.write_text(f"{before}\n\n{figures}\n\n{after}", encoding="utf-8")


def write_goals(rows: Sequence[str], by: str, path: Path = PAGE) -> None:
    """Put rows into the one table of goals, in place of those that this bench wrote before. by: whose they are."""
    _, there, _ = _parts(path, "goals")
    others = [line for line in there.splitlines() if line.startswith("| ") and not line.endswith(f" `{by}` |")]
    kept = [line for line in others if line.endswith(".py` |")]
    table = sorted([*kept, *(f"{row} `{by}` |" for row in rows)], key=_place)
    write_page("\n".join(["| what | measured | goal | | by |", "|---|--:|--:|---|---|", *table]), "goals", path)


def _place(row: str) -> int:
    return next(at for at, by in enumerate(MEASURED_BY) if row.endswith(f" `{by}` |"))


def _parts(path: Path, name: str) -> tuple[str, str, str]:
    """A page up to a begin mark and with it, what is between the marks, and the rest from the end mark on."""
    begin, end = f"<!-- {name}: written by make bench -->", f"<!-- end of {name} -->"
    before, rest = path.read_text(encoding="utf-8").split(begin, 1)
    between, after = rest.split(end, 1)
    return before + begin, between, end + after
