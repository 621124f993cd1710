"""Charts are well-formed, say in words what they show, and quote what people wrote; CSV runs nothing."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from markupsafe import Markup

from mailguard.console.charts import Chart, Series, bars, columns, nice
from mailguard.console.csvs import RISKY, csv_text

EVIL = '"><script>alert(1)</script>&\u202e'
CHART = Chart("c", "Stopped", "said", ["a", EVIL], [Series(EVIL, "solid", [3, 0]), Series("b", "hatch", [1, 2])])
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("draw", [lambda: columns(CHART, 300), lambda: bars(CHART, 300, ["4", "2"])])
def test_a_chart_is_an_image_with_words(draw: Callable[[], Markup]) -> None:
    text = str(draw())
    assert "style=" not in text  # the policy of the pages forbids it
    assert "<script" not in text
    root = ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    ids = {one.get("id") for one in root.iter() if one.get("id")}
    assert root.get("role") == "img"
    assert set((root.get("aria-labelledby") or "").split()) <= ids
    assert [one.text for one in (root.find(f"{SVG}title"), root.find(f"{SVG}desc")) if one is not None] == [
        "Stopped", "said",
    ]  # fmt: skip
    fills = {one.get("class") for one in root.iter(f"{SVG}rect")}
    assert {"mark solid", "mark hatch"} <= fills  # told apart by more than colour


def test_heights_follow_the_values() -> None:
    root = ET.fromstring(str(columns(Chart("c", "t", "d", ["a", "b"], [Series("s", "solid", [1, 4])]), 300)))
    heights = [float(one.get("height") or 0) for one in root.iter("rect") if one.get("class") == "mark solid"]
    assert heights[1] == pytest.approx(4 * heights[0], rel=0.01)


def test_nothing_draws_nothing() -> None:
    assert 'class="mark' not in columns(Chart("c", "t", "d", [], [Series("s", "solid", [])]), 300)
    assert 'class="mark' not in bars(Chart("c", "t", "d", [], []), 300, [])


@pytest.mark.parametrize(
    ("values", "axis"),
    [
        ([0, 1], ["0", "1"]),
        ([0, 2], ["0", "1", "2"]),
        ([0, 3], ["0", "1", "2", "3", "4"]),
        ([0, 0.5], ["0", "0.2", "0.4", "0.6", "0.8"]),
    ],
)
def test_there_is_no_quarter_of_a_mail(values: list[float], axis: list[str]) -> None:
    root = ET.fromstring(str(columns(Chart("c", "t", "d", ["a", "b"], [Series("s", "solid", values)]), 300)))
    assert [one.text for one in root.iter("text") if one.get("text-anchor") == "end"][: len(axis)] == axis


@pytest.mark.parametrize(("most", "top"), [(0, 1), (0.3, 0.4), (1, 1), (3, 4), (9, 10), (11, 20), (70, 80), (101, 200)])
def test_the_top_of_an_axis_is_round(most: float, top: float) -> None:
    assert nice(most) == pytest.approx(top)


def test_no_cell_is_a_formula() -> None:
    texts = [f"{mark}SUM(A1)" for mark in RISKY]
    rows = list(csv.reader(io.StringIO(csv_text(["name"], [[text] for text in texts]), newline="")))
    assert rows[0] == ["name"]
    assert [row[0] for row in rows[1:]] == [f"'{text}" for text in texts]
    assert csv_text(["n"], [[-5], [0.25], [None], ["plain"]]) == 'n\r\n-5\r\n0.25\r\n""\r\nplain\r\n'
