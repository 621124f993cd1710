"""Charts as SVG text: columns over time, and bars by name. Pure; no script, no inline style, no colour of its own.

Every chart has a title and a description that say in words what it shows, and stands above a table with the same
numbers. Series differ by pattern and by the words of the legend; colours come from the style sheet, so that dark mode,
high contrast and paper work. What people wrote (rules, groups) is escaped here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from markupsafe import Markup

#: How a series is filled: solid, hatched, dotted, hollow.
Fill = Literal["solid", "hatch", "dots", "hollow"]

_LINE = 17
_BAR = 16
_LEFT, _RIGHT, _TOP = 46, 8, 12
_GRID = 4


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers, as many as there are labels."""

    name: str
    fill: Fill
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Chart:
    """name: unique on the page, ASCII; title and said: what it shows; labels: of the columns or bars."""

    name: str
    title: str
    said: str
    labels: Sequence[str]
    series: Sequence[Series]


def columns(chart: Chart, width: int, height: int = 220, *, stacked: bool = True) -> Markup:
    """Columns side by side, one for each label; of several series on top of one another, or beside."""
    top = nice(max(_heights(chart, stacked), default=0))
    legend = _Legend(height, chart, width)
    base = height - 24
    wide = (width - _LEFT - _RIGHT) / max(1, len(chart.labels))
    whole = all(value == int(value) for one in chart.series for value in one.values)
    parts = [*_grid(top, base, width, whole=whole), *legend.marks]
    for number in range(len(chart.labels)):
        parts += _column(chart, number, _Slot(_LEFT + wide * number, wide, base, (base - _TOP) / top), stacked)
    for number in _shown(len(chart.labels), max(2, width // 110)):
        place, anchor = _LEFT + wide * (number + 0.5), "middle"
        if number == len(chart.labels) - 1 and number:
            place, anchor = width - 2, "end"
        parts.append(_text(place, base + 16, chart.labels[number], anchor))
    return _svg(chart, width, height + legend.height, parts)


def bars(chart: Chart, width: int, ends: Sequence[str]) -> Markup:
    """Lying bars, each with its name above and what `ends` says behind."""
    top = max((sum(one.values[n] for one in chart.series) for n in range(len(chart.labels))), default=0) or 1
    each = _LINE + _BAR + 12
    height = each * len(chart.labels) + 4
    room = width - 2 - max((_columns(text) for text in ends), default=0) * 7.5 - 10
    legend = _Legend(height + 4, chart, width)
    parts = list(legend.marks)
    for number, label in enumerate(chart.labels):
        y, x = each * number + 2, 1.0
        parts.append(_text(0, y + 13, _cut(label, int(width / 8)), "start", "name"))
        for one in chart.series:
            length = room * one.values[number] / top
            if length > 0:
                parts.append(_rect(chart, one.fill, x, y + _LINE + 2, max(1.0, length), _BAR))
                x += max(1.0, length)
        parts.append(_text(x + 6, y + _LINE + 14, ends[number], "start"))
    return _svg(chart, width, height + legend.height, parts)


def nice(most: float) -> float:
    """A round number at or above the largest one, for the top of an axis; 1 for nothing. Four parts of it are round."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 4, 8, 10, 20) if step * power >= most - 1e-9)


@dataclass(frozen=True, slots=True)
class _Slot:
    """Room for one column. scale: units of height for one of value."""

    x: float
    width: float
    base: float
    scale: float


class _Legend:
    """What the fills mean, in a line or several under the chart; nothing for a single series."""

    def __init__(self, y: float, chart: Chart, width: int) -> None:
        self.marks: list[str] = []
        self.height = 0
        if len(chart.series) < 2:
            return
        y, x, line = y + 4, 2.0, 0
        for one in chart.series:
            length = 24 + _columns(one.name) * 7.2 + 16
            if x > 2 and x + length > width:
                x, line = 2.0, line + 1
            top = y + 6 + line * 20
            self.marks += [_rect(chart, one.fill, x, top, 14, 12), _text(x + 20, top + 11, one.name, "start")]
            x += length
        self.height = 34 + line * 20


def _heights(chart: Chart, stacked: bool) -> Iterable[float]:
    for number in range(len(chart.labels)):
        values = [one.values[number] for one in chart.series]
        yield sum(values) if stacked else max(values, default=0)


def _column(chart: Chart, number: int, slot: _Slot, stacked: bool) -> Iterable[str]:
    gap = min(slot.width * 0.2, 8.0)
    width, base = slot.width - gap, slot.base
    beside = width if stacked else width / len(chart.series)
    for place, one in enumerate(chart.series):
        height = one.values[number] * slot.scale
        if height <= 0:
            continue
        x = slot.x + gap / 2 + (0 if stacked else beside * place)
        yield _rect(chart, one.fill, x, base - height, max(1.0, beside), height)
        if stacked:
            base -= height


def _grid(top: float, base: float, width: int, *, whole: bool) -> list[str]:
    """whole: mails are counted, and there is no quarter of one."""
    found = []
    for step in range(_GRID + 1):
        value = top * step / _GRID
        if whole and value != int(value):
            continue
        y = base - (base - _TOP) * step / _GRID
        found.append(f'<line class="grid" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        found.append(_text(_LEFT - 6, y + 4, f"{value:g}", "end"))
    return found


def _shown(count: int, most: int) -> list[int]:
    """Which labels have room: evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    step = math.ceil((count - 1) / (most - 1))
    found = list(range(0, count, step))
    if found[-1] != count - 1:
        found = [one for one in found if count - 1 - one >= step] + [count - 1]
    return found


def _rect(chart: Chart, fill: Fill, x: float, y: float, width: float, height: float) -> str:
    # A fill by attribute names the pattern; the class gives colour and edge.
    pattern = f' fill="url(#{chart.name}-{fill})"' if fill in ("hatch", "dots") else ""
    return f'<rect class="mark {fill}"{pattern} x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _text(x: float, y: float, said: str, anchor: str, css: str = "label") -> str:
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'


def _svg(chart: Chart, width: int, height: float, parts: Iterable[str]) -> Markup:
    name = escape(chart.name)
    patterns = (
        f'<pattern id="{name}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="back hatch" width="6" height="6"/><rect class="ink hatch" width="3" height="6"/></pattern>'
        f'<pattern id="{name}-dots" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<rect class="back dots" width="6" height="6"/><circle class="ink dots" cx="3" cy="3" r="1.6"/></pattern>'
    )
    return Markup(  # noqa: S704  every text in it was escaped above
        f'<svg class="chart" role="img" viewBox="0 0 {width} {height:.0f}" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(chart.title)}</title><desc id="{name}-d">{escape(chart.said)}</desc>'
        f"<defs>{patterns}</defs>{''.join(parts)}</svg>"
    )


def _columns(text: str) -> int:
    """Width in half-width columns: East Asian characters take two."""
    return sum(2 if ord(ch) > 0x2E7F else 1 for ch in text)


def _cut(text: str, most: int) -> str:
    """As much of a name as has room."""
    kept = ""
    for ch in text:
        if _columns(kept + ch) > most - 1:
            return kept + "…"
        kept += ch
    return kept
