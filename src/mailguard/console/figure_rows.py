"""From figures to what their page, its tables and its charts say, in one language. Pure: no request, no clock.

Each table is made once, with a word for people and a number for programs in every cell, so that page and CSV agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from markupsafe import Markup

from mailguard.console.charts import Chart, Series, bars, columns
from mailguard.console.present import Speaker
from mailguard.notify.phrases import day_word, length_word, on_one_line
from mailguard.policy.tally import ALARM, Tally
from mailguard.review.figures import Figures, noisy

Step = Literal["day", "week", "month"]
WIDE, NARROW = 860, 330
_BARS_MOST = 12
#: The kinds of reason that have words here (insight.words.Kind).
KINDS = ("lookalike", "namesake", "twin", "greeting", "before", "thread", "group", "file", "topic", "stranger")


@dataclass(frozen=True, slots=True)
class Cell:
    """word: for people; value: for programs, None where there is none."""

    word: str
    value: object


@dataclass(frozen=True, slots=True)
class Table:
    """keys: of the columns, for CSV; heads: their words; numbers: all columns but the first are."""

    name: str
    keys: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart for wide and for narrow windows, and the table behind it. empty: nothing to draw."""

    name: str
    title: str
    said: str
    wide: Markup
    narrow: Markup
    table: Table
    empty: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A number that stands large. notes: what it is made of."""

    label: str
    value: str
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Period:
    """Some days in a row that are shown as one."""

    first: date
    label: str
    tally: Tally


def periods(figures: Figures, step: Step, by: Speaker) -> list[Period]:
    """The days of the figures by day, week (from Monday) or month; those without mail are there too."""
    found: dict[date, Tally] = {}
    for number in range((figures.last - figures.first).days + 1):
        day = figures.first + timedelta(days=number)
        first = day if step == "day" else day.replace(day=1) if step == "month" else day - timedelta(days=day.weekday())
        tally = found.setdefault(max(first, figures.first), Tally())
        if day in figures.days:
            tally.merge(figures.days[day])
    return [Period(first, day_word(first, by.language, month=step == "month"), tally) for first, tally in found.items()]


def cards(figures: Figures, by: Speaker) -> list[Card]:
    """What the page says first."""
    say, all_ = by.say, figures.all
    return [
        *_alarms(all_, by),
        Card(
            say("figures.stopped"), f"{all_.stopped:,}",
            [say("figures.stopped.made", cancelled=all_.cancelled, changed=all_.changed, undone=all_.undone)],
        ),
        Card(
            say("figures.holds"), _number(all_.per_hundred),
            [say("figures.holds.made", asked=f"{all_.asked:,}", mails=f"{all_.mails:,}"),
             say("figures.holds.windows", delayed=f"{all_.delayed:,}")],
        ),
        Card(
            say("figures.delay"), length_word(all_.quantile("asked", 0.5), by.language), _delays(all_, by),
        ),
        Card(
            say("figures.unchanged"), _share(all_.unchanged),
            [say("figures.unchanged.made", released=f"{all_.released:,}", decided=f"{all_.decided:,}"),
             say("figures.opened", seen=f"{all_.seen:,}", hasty=f"{all_.hasty:,}")],
        ),
    ]  # fmt: skip


def _alarms(tally: Tally, by: Speaker) -> list[Card]:
    """How often an alarm of the model was right; nothing where it raised none."""
    if not tally.alarms:
        return []
    counted = {what: f"{tally.alarmed(what):,}" for what in ALARM}
    ordered = sorted(tally.alarms.items(), key=lambda pair: (-pair[1][0], pair[0]))
    kinds = [
        by.say("figures.alarms.kind", kind=_kind(kind, by), n=n, right=right, wrong=wrong)
        for kind, (n, right, wrong, _) in ordered
    ]
    made = by.say("figures.alarms.made", **counted)
    return [Card(by.say("figures.alarms"), _share(tally.alarms_right), [made, *kinds])]


def _kind(kind: str, by: Speaker) -> str:
    return by.say(f"risk.{kind}") if kind in KINDS else on_one_line(kind, 40) or by.say("risk.other")


def _delays(tally: Tally, by: Speaker) -> list[str]:
    """What is said of lengths below the median of held mail: nothing of those that are not known yet."""
    asked, middle, most = tally.quantile("asked", 0.9), tally.quantile("all", 0.5), tally.quantile("all", 0.9)
    notes = []
    if asked is not None:
        notes.append(by.say("figures.delay.p90", length=length_word(asked, by.language)))
    if middle is not None:
        median, p90 = length_word(middle, by.language), length_word(most, by.language)
        notes.append(by.say("figures.delay.all", median=median, p90=p90))
    return notes


def waved_through(figures: Figures, by: Speaker) -> list[str]:
    """The rules whose holds are waved through, most asked first."""
    return [
        by.say("figures.noisy.one", rule=on_one_line(rule, 80), share=_share(released / decided))
        for rule, decided, released in noisy(figures)
    ]


def over_time(found: Sequence[Period], by: Speaker) -> list[Drawn]:
    """Mistakes stopped, holds of a hundred mails, and what they cost, period by period."""
    say = by.say
    labels = [one.label for one in found]
    stopped = [
        Series(say("figures.cancelled"), "solid", [one.tally.cancelled for one in found]),
        Series(say("figures.changed"), "hatch", [one.tally.changed for one in found]),
        Series(say("figures.undone"), "hollow", [one.tally.undone for one in found]),
    ]
    holds = [Series(say("figures.holds"), "solid", [round(one.tally.per_hundred or 0.0, 2) for one in found])]
    delay = [
        Series(say("figures.median"), "solid", [_minutes(one.tally.quantile("asked", 0.5)) for one in found]),
        Series(say("figures.p90"), "hatch", [_minutes(one.tally.quantile("asked", 0.9)) for one in found]),
    ]
    total = sum(one.tally.stopped for one in found)
    table = time_table(found, by)
    return [
        _drawn(
            "stopped", say("figures.time.stopped"), say("figures.time.stopped.said", n=total), labels, stopped, table
        ),
        _drawn("holds", say("figures.time.holds"), say("figures.time.holds.said"), labels, holds, table),
        _drawn("delay", say("figures.time.delay"), say("figures.time.delay.said"), labels, delay, table, stacked=False),
    ]


def by_name(kind: Literal["rules", "groups"], tallies: dict[str, Tally], by: Speaker) -> Drawn:
    """What was asked about for each rule or group of senders, and what people made of it."""
    say, ordered = by.say, sorted(tallies.items(), key=_by_asked)
    shown = [(name, tally) for name, tally in ordered if tally.asked][:_BARS_MOST]
    series = [
        Series(say("figures.released"), "solid", [tally.released for _, tally in shown]),
        Series(say("figures.stopped.held"), "hatch", [tally.cancelled + tally.changed for _, tally in shown]),
        Series(say("figures.rejected"), "dots", [tally.rejected for _, tally in shown]),
        Series(say("figures.open"), "hollow", [tally.expired + tally.waiting for _, tally in shown]),
    ]
    title, said = say(f"figures.{kind}"), say(f"figures.{kind}.said", n=len(shown))
    labels = [_name(name, by) for name, _ in shown]
    ends = [f"{tally.asked:,}" for _, tally in shown]
    table = (rule_table if kind == "rules" else group_table)(ordered, by)

    def draw(suffix: str, width: int) -> Markup:
        return bars(Chart(f"{kind}-{suffix}", title, said, labels, series), width, ends)

    return Drawn(kind, title, said, draw("w", WIDE), draw("n", NARROW), table, not shown)


def _drawn(
    name: str, title: str, said: str, labels: Sequence[str], series: Sequence[Series], table: Table, *,
    stacked: bool = True,
) -> Drawn:  # fmt: skip
    def draw(suffix: str, width: int, height: int) -> Markup:
        return columns(Chart(f"{name}-{suffix}", title, said, labels, series), width, height, stacked=stacked)

    empty = not any(value for one in series for value in one.values)
    return Drawn(name, title, said, draw("w", WIDE, 230), draw("n", NARROW, 200), table, empty)


_Column = tuple[str, Callable[[Tally], Cell]]


def time_table(found: Sequence[Period], by: Speaker) -> Table:
    """Period by period."""
    rows = [([Cell(one.label, one.first.isoformat())], one.tally) for one in found]
    columns = [
        ("mails", _count("mails")), ("asked", _count("asked")), ("per_hundred", _per_hundred),
        ("stopped", _count("stopped")), ("cancelled", _count("cancelled")), ("changed", _count("changed")),
        ("undone", _count("undone")), ("rejected", _count("rejected")), ("expired", _count("expired")),
        ("refused", _count("refused")), *_lengths(by, ("delay_median", "asked", 0.5), ("delay_p90", "asked", 0.9)),
        *_lengths(by, ("all_median", "all", 0.5), ("all_p90", "all", 0.9)),
    ]  # fmt: skip
    return _table("time", "period", rows, columns, by)


def rule_table(ordered: Sequence[tuple[str, Tally]], by: Speaker) -> Table:
    """Rule by rule."""
    rows = [([Cell(_name(name, by), name)], tally) for name, tally in ordered]
    columns = [
        ("hits", _count("hits")), ("asked", _count("asked")), ("released", _count("released")),
        ("unchanged", _unchanged), ("cancelled", _count("cancelled")), ("changed", _count("changed")),
        ("rejected", _count("rejected")), ("expired", _count("expired")),
        ("waiting", _count("waiting")), ("refused", _count("refused")),
        ("seen", _count("seen")), ("hasty", _count("hasty")),
        *_lengths(by, ("decide_median", "decide", 0.5), ("delay_median", "asked", 0.5)),
    ]  # fmt: skip
    return _table("rules", "rule", rows, columns, by)


def group_table(ordered: Sequence[tuple[str, Tally]], by: Speaker) -> Table:
    """Group by group."""
    rows = [([Cell(_name(name, by), name)], tally) for name, tally in ordered]
    columns = [
        ("mails", _count("mails")), ("asked", _count("asked")), ("per_hundred", _per_hundred),
        ("stopped", _count("stopped")), ("released", _count("released")), ("unchanged", _unchanged),
        ("rejected", _count("rejected")), *_lengths(by, ("delay_median", "asked", 0.5), ("delay_p90", "asked", 0.9)),
    ]  # fmt: skip
    return _table("groups", "group", rows, columns, by)


def _table(
    name: str, first: str, rows: Sequence[tuple[list[Cell], Tally]], columns: Sequence[_Column], by: Speaker
) -> Table:
    return Table(
        name,
        [first, *(key for key, _ in columns)],
        [by.say(f"figures.column.{key}") for key in (first, *(key for key, _ in columns))],
        [[*begin, *(make(tally) for _, make in columns)] for begin, tally in rows],
    )


def _count(name: str) -> Callable[[Tally], Cell]:
    def make(tally: Tally) -> Cell:
        number = int(getattr(tally, name))
        return Cell(f"{number:,}", number)

    return make


def _per_hundred(tally: Tally) -> Cell:
    share = tally.per_hundred
    return Cell(_number(share), None if share is None else round(share, 2))


def _unchanged(tally: Tally) -> Cell:
    share = tally.unchanged
    return Cell(_share(share), None if share is None else round(share, 3))


def _lengths(by: Speaker, *wanted: tuple[str, Literal["asked", "all", "decide"], float]) -> list[_Column]:
    """Lengths of time: words for people, seconds for programs."""

    def column(length: Literal["asked", "all", "decide"], part: float) -> Callable[[Tally], Cell]:
        def make(tally: Tally) -> Cell:
            found = tally.quantile(length, part)
            return Cell(length_word(found, by.language), None if found is None else round(found.total_seconds(), 3))

        return make

    return [(key, column(length, part)) for key, length, part in wanted]


def _by_asked(pair: tuple[str, Tally]) -> tuple[int, int, int, str]:
    name, tally = pair
    return (-tally.asked, -tally.hits, -tally.mails, name)


def _name(name: str, by: Speaker) -> str:
    return on_one_line(name, 80) or by.say("figures.others")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _minutes(length: timedelta | None) -> float:
    return 0.0 if length is None else round(length.total_seconds() / 60, 2)
