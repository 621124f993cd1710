"""The company's calendar out of what was written: public holidays of a country, days off of the company, days worked.

Public holidays are those of the `holidays` library, year by year as they are asked for; what a year holds never changes
while the process lives. Files are read by the loader, not here. Every problem goes to the list that is handed in.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial
from pathlib import Path

from mailguard.mail.calendar import WEEKDAYS, Calendar
from mailguard.mail.saying import Sentence
from mailguard.policy.days import Span, parse_span
from mailguard.policy.files import cause
from mailguard.policy.lists import no_csv, text_of
from mailguard.policy.marks import PROBLEMS_MAX, Problem
from mailguard.policy.people.collect import Read, Source
from mailguard.policy.schema.calendar import CalendarModel
from mailguard.policy.suggest import did_you_mean

#: Heads of the columns of a file of days; those of the Cabinet Office's own file of holidays are known too.
_DATE_HEADS = frozenset("date day 日付 日 国民の祝日・休日月日".split())  # noqa: SIM905
_NAME_HEADS = frozenset("name 名称 名前 祝日名 国民の祝日・休日名称".split())  # noqa: SIM905
_COMPANY_DAY = "会社の休日"
_LINE = re.compile(r"(?P<days>\S+(?:\s*(?:\.\.|〜|～|~)\s*\S+)?)(?:[\s,]+(?P<name>.*))?")


@dataclass(frozen=True, slots=True)
class Country:
    """Whose public holidays: ISO 3166 country and part of it, "" for the whole."""

    code: str
    part: str = ""


def default_calendar(timezone: str) -> Calendar:
    """The calendar of a company that has written none."""
    country = _usual(timezone)
    return Calendar(timezone=timezone, day_off=partial(_day_off, country, {}))


def calendar_of(sources: Iterable[Source], timezone: str, read: Read, problems: list[Problem]) -> Calendar:
    """The one calendar of all files. timezone: the organization's."""
    found = [(source, source.model.calendar) for source in sources if source.model.calendar is not None]
    if not found:
        return default_calendar(timezone)
    source, model = found[0]
    line = source.marks.at(("calendar",), key=True)[0]
    for other, _ in found[1:]:
        said = Sentence(
            "カレンダーが2つあります。最初は {file}:{line} です。会社のカレンダーは1つです。",
            "a second calendar: the first is in {file}:{line}; a company has one",
            file=source.name,
            line=line,
        )
        problems.append(other.marks.problem(other.name, ("calendar",), said, key=True))
    timezone = model.timezone or timezone
    off = _days(source, model, "days_off", read, problems)
    return Calendar(
        timezone=timezone,
        hours=model.hours,
        weekdays=frozenset(map(WEEKDAYS.index, model.weekdays)),
        day_off=partial(_day_off, _country(source, model, timezone, problems), off),
        worked=frozenset(_days(source, model, "working_days", read, problems)),
    )


def _usual(timezone: str) -> Country | None:
    return Country("JP") if timezone == "Asia/Tokyo" else None


def _country(source: Source, model: CalendarModel, timezone: str, problems: list[Problem]) -> Country | None:
    if model.holidays is None:
        return _usual(timezone)
    if model.holidays.lower() == "none":
        return None
    code, _, part = model.holidays.strip().partition("-")
    country = Country(code.upper(), part)
    try:
        _holidays(country, 2026)
    except NotImplementedError:
        problems.append(source.marks.problem(source.name, ("calendar", "holidays"), _unknown(country)))
    return country


def _unknown(country: Country) -> str:
    from holidays import list_supported_countries

    known = {code: parts for code, parts in list_supported_countries().items() if len(code) == 2}
    if country.code not in known:
        near = did_you_mean(country.code, known)
        return Sentence(
            "{code!r}の祝日はわかりません。{near}JP や US-CA のようなコードか、none と書いてください。",
            "no holidays are known of {code!r}{near}; write a code such as JP or US-CA, or none",
            code=country.code[:20],
            near=near,
        )
    near = did_you_mean(country.part, known[country.code])
    return Sentence(
        "{code} に地域{part!r}はありません。{near}",
        "no part {part!r} of {code} is known{near}",
        code=country.code,
        part=country.part[:20],
        near=near,
    )


@lru_cache(256)
def _holidays(country: Country, year: int) -> Mapping[date, str]:
    """The public holidays of a year with their names in the country's own language. Raises NotImplementedError."""
    from holidays import country_holidays  # only where a calendar is asked: reading workers never need it

    # Not one growing object for all years: judges in several threads would see it half filled.
    local = country_holidays(country.code, country.part or None, years=year, expand=False)
    language = local.default_language
    if language:
        local = country_holidays(country.code, country.part or None, years=year, expand=False, language=language)
    return {day: str(name) for day, name in local.items()}


def _day_off(country: Country | None, company: Mapping[date, str], day: date) -> str:
    """The name of a day off, the company's own first; "" for any other day."""
    name = company.get(day, "")
    return name if name or country is None else _holidays(country, day.year).get(day, "")


def _days(source: Source, model: CalendarModel, key: str, read: Read, problems: list[Problem]) -> dict[date, str]:
    """Days with their names, written out or in files."""
    found: dict[date, str] = {}
    for index, text in enumerate(getattr(model, key)):
        try:
            if text.lower().endswith((".csv", ".txt")):
                file = source.path.parent / text
                found.update(_of_file(file, read, problems))
            else:
                found.update(_each(parse_span(text), _COMPANY_DAY))
        except (OSError, ValueError) as error:
            said = cause(error)
            if text.lower().endswith((".csv", ".txt")):
                said = Sentence("ファイル{name!r}: {why}", "file {name!r}: {why}", name=text[:100], why=said)
            problems.append(source.marks.problem(source.name, ("calendar", key, index), said))
    return found


def _each(span: Span, name: str) -> Iterator[tuple[date, str]]:
    first, last = span
    return ((first + timedelta(days=number), name) for number in range((last - first).days + 1))


def _of_file(file: Path, read: Read, problems: list[Problem]) -> dict[date, str]:
    text = text_of(read(file))
    rows: Callable[[str], Iterator[tuple[int, str, str]]] = _csv_rows if file.suffix.lower() == ".csv" else _text_rows
    found: dict[date, str] = {}
    wrong: list[Problem] = []
    for line, days, name in rows(text):
        try:
            found.update(_each(parse_span(days), name or _COMPANY_DAY))
        except ValueError as error:
            wrong.append(Problem(str(file), line, 1, str(error)))
            if len(wrong) >= PROBLEMS_MAX:
                break
    problems.extend(wrong)
    if not found and not wrong:
        raise ValueError(Sentence("ファイルに日付が1つもありません。", "the file names no day"))
    return found


def _csv_rows(text: str) -> Iterator[tuple[int, str, str]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    at, named = 0, 1
    try:
        for number, row in enumerate(rows):
            heads = [cell.strip().casefold() for cell in row]
            if number == 0 and _DATE_HEADS & set(heads):
                at = next(index for index, head in enumerate(heads) if head in _DATE_HEADS)
                named = next((index for index, head in enumerate(heads) if head in _NAME_HEADS), len(heads))
            elif len(row) > at and row[at].strip():
                yield rows.line_num, row[at], row[named].strip() if named < len(row) else ""
    except csv.Error as error:
        raise ValueError(no_csv(error)) from error


def _text_rows(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(line.strip())
        if found and not line.strip().startswith("#"):
            yield number, found["days"], (found["name"] or "").strip()
