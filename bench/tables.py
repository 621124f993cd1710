"""What a run of the bench says, as the tables of docs/performance.md: the goals first, then everything measured."""

from __future__ import annotations

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
_WAYS = {"relayed": "relayed", "held": "held", "through": "passed through, kept nowhere"}


def number(value: float) -> str:
    """Three digits that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percentile(values: list[float], share: float) -> str:
    """The value at a share of all, "-" if there is none."""
    if not values:
        return "-"
    return number(sorted(values)[min(len(values) - 1, int(len(values) * share))])


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")


def _cell(value: float) -> str:
    return "-" if value != value else number(value)


Results = Mapping[tuple[str, Any], Any]


def _ratio(results: Results, key: Any, field: str, who: str = "mailguard") -> float:
    """Median over rounds of ours by Postfix's of the same round."""
    ours, theirs = results.get((who, key)), results.get(("Postfix", key))
    if ours is None or theirs is None:
        return float("nan")
    return _median([a / b for a, b in zip(getattr(ours, field), getattr(theirs, field), strict=False)])


def _goals(results: Results, cells: Sequence[Any], used: Sequence[tuple[str, float]]) -> list[str]:
    """The project's own goals beside what was measured."""
    lines = ["### Goals", "", "| what | measured | goal | |", "|---|--:|--:|---|"]
    for cell in cells:
        if cell.way != "through":
            relayed = cell.way == "relayed"
            measured = _ratio(results, cell, "out_rate" if relayed else "rate", "mailguard --workers 2")
            name = f"{_MAILS[cell.mail]} {cell.way}, {cell.sessions} connections, `--workers 2`: times Postfix"
            lines.append(_goal(name, measured, 2.5 if relayed and cell.mail == "2k" else 2.0, at_least=True))
    for cell in cells:
        if cell.mail == "2k" and cell.way == "relayed":
            cpu = _median(results["mailguard", cell].cpu)
            lines.append(_goal(f"CPU µs a 2 KB mail relayed, {cell.sessions} connections", cpu, 800))
    dots = sorted(results["mailguard", ("relayed", "2k", 0.0)].dot)
    docx = results["mailguard", ("relayed", "100k-docx", 0.0)].dot
    idle, connected, busy = (mb for _, mb in used)
    return [
        *lines,
        _goal("final dot at one connection, 2 KB: p50 ms", _median(dots), 2),
        _goal("the same: p99 ms", dots[int(len(dots) * 0.99)], 8),
        _goal("the same, 100 KB with a docx: p50 ms", _median(docx), 60),
        _goal("memory, idle: MB", idle, 120),
        _goal("200 idle connections more: MB", connected - idle, 5),
        _goal("20 × 25 MB at once more: MB", busy - idle, 150),
    ]


def _goal(name: str, measured: float, bound: float, *, at_least: bool = False) -> str:
    met = measured >= bound if at_least else measured <= bound
    sign, said = "≥" if at_least else "≤", "met" if met else "**not met**"
    return f"| {name} | {_cell(measured)} | {sign} {bound:g} | {said} |"


def _throughput(results: Results, cells: Sequence[Any]) -> list[str]:
    lines = ["", "### As fast as answered", ""]
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


def page(results: Results, cells: Sequence[Any], used: Sequence[tuple[str, float]], rounds: int, busy: float) -> str:
    """All tables in Markdown, with the machine, the versions and the day."""
    lines = [
        _setting(rounds, busy),
        "",
        *_goals(results, cells, used),
        *_throughput(results, cells),
        *_latency(results),
    ]
    lines += ["", "### Memory", "", "| mailguard, one worker | MB |", "|---|--:|"]
    lines += [f"| {name} | {number(value)} |" for name, value in used]
    return "\n".join(lines)


def _setting(rounds: int, busy: float) -> str:
    """Where and when, as far as it explains the figures; no name of a machine."""
    version = subprocess.run(
        ["/usr/sbin/postconf", "-d", "-h", "mail_version"], capture_output=True, text=True, check=False
    )
    return (
        f"{time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores shared by load, server and sink; loopback; "
        f"load average before the run: {busy:.1f}; rounds: {rounds}; "
        f"Python {platform.python_version()}, Postfix {version.stdout.strip()}."
    )


def write_page(figures: str, name: str = "figures", path: Path = PAGE) -> None:
    """Put figures into a page of the docs, between the marks of that name."""
    begin, end = f"<!-- {name}: written by make bench -->", f"<!-- end of {name} -->"
    before, rest = path.read_text(encoding="utf-8").split(begin, 1)
    path.write_text(f"{before}{begin}\n\n{figures}\n\n{end}{rest.split(end, 1)[1]}", encoding="utf-8")
