"""The page of figures, its tables as CSV: for administrators, auditors and officers. It names no sender."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from mailguard.console import figure_rows as rows
from mailguard.console.csvs import csv_response
from mailguard.console.desk import Desk, desk_of
from mailguard.console.figure_rows import Step, Table
from mailguard.console.present import Speaker
from mailguard.console.visit import SEES_ALL, Visitor, hand_over, speaker, unscoped_visitor
from mailguard.review import nothing_here
from mailguard.review.figures import FigureReview, Figures, month_of

#: Days that the page looks back, and in which steps if nothing else is asked.
DAYS: dict[int, Step] = {7: "day", 30: "day", 90: "week", 365: "month"}
STEPS: tuple[Step, ...] = get_args(Step)
_TABLES = ("time", "rules", "groups")


async def show_figures(request: Request) -> Response:
    """GET /figures?days=30&by=day, or ?month=2026-10."""
    desk, visitor, room = await _admitted(request)
    by, query = speaker(desk, visitor), request.query_params
    figures, step = await _asked(room, query)
    found = rows.periods(figures, step, by)
    days = (figures.last - figures.first).days + 1
    return await hand_over(
        request,
        "figures.html",
        figures=figures,
        as_of=by.moment(figures.at),
        days=days,
        step=step,
        month=query.get("month", "") if _month(query) else "",
        ranges=list(DAYS),
        steps=[(one, by.say(f"figures.by.{one}")) for one in STEPS],
        cards=rows.cards(figures, by),
        noisy=rows.waved_through(figures, by),
        drawn=[*rows.over_time(found, by), *_named(figures, by)],
        query=query,
    )


async def save_figures(request: Request) -> Response:
    """GET /figures/{table}.csv: the table of the page that was asked in the same way."""
    desk, visitor, room = await _admitted(request)
    name = request.path_params["table"]
    if name not in _TABLES:
        raise nothing_here()
    by = speaker(desk, visitor)
    figures, step = await _asked(room, request.query_params)
    if name == "time":
        table: Table = rows.time_table(rows.periods(figures, step, by), by)
    else:
        table = next(one.table for one in _named(figures, by) if one.name == name)
    named = f"mailguard-{name}-{figures.first}-{figures.last}"
    return csv_response(named, table.keys, [[cell.value for cell in row] for row in table.rows])


def _named(figures: Figures, by: Speaker) -> list[rows.Drawn]:
    return [rows.by_name("rules", figures.rules, by), rows.by_name("groups", figures.groups, by)]


async def _admitted(request: Request) -> tuple[Desk, Visitor, FigureReview]:
    desk = desk_of(request)
    visitor, actor = await unscoped_visitor(request)
    if desk.figures is None or actor.role not in SEES_ALL:
        raise nothing_here()
    return desk, visitor, desk.figures


async def _asked(room: FigureReview, query: QueryParams) -> tuple[Figures, Step]:
    """The figures that an address line asks for; what it does not say well is 30 days by day."""
    month = _month(query)
    wanted = query.get("days", "30")
    days = int(wanted) if wanted in map(str, DAYS) else 30
    steps = {str(one): one for one in STEPS}
    step = steps.get(query.get("by", ""), "day" if month else DAYS[days])
    if month:
        return await room.figures(*month_of(month)), step
    today = room.today
    return await room.figures(today - timedelta(days=days - 1), today), step


def _month(query: QueryParams) -> str:
    month = query.get("month", "")
    try:
        month_of(month)
    except ValueError:
        return ""
    return month
