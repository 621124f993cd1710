"""The calendar as it is written: holidays of a country, days of the company, and what cannot be."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError
from tests.judging import PolicyText

from mailguard.mail.calendar import Calendar, Hours
from mailguard.policy.marks import Problem
from mailguard.policy.workdays import calendar_of

NEW_YEAR, COMING_OF_AGE, SATURDAY = date(2026, 1, 1), date(2026, 1, 12), date(2026, 6, 6)


def read(
    *texts: str, files: dict[str, bytes] | None = None, timezone: str = "Asia/Tokyo"
) -> tuple[Calendar, list[str]]:
    problems: list[Problem] = []
    sources = [PolicyText.of(f"version: 1\n{text}", f"{'abc'[number]}.yaml") for number, text in enumerate(texts)]
    found = calendar_of(sources, timezone, lambda file: (files or {})[str(file)], problems)
    return found, [str(problem) for problem in sorted(problems)]


def good(text: str, files: dict[str, bytes] | None = None, timezone: str = "Asia/Tokyo") -> Calendar:
    found, problems = read(text, files=files, timezone=timezone)
    assert problems == []
    return found


def test_without_one_the_japanese_holidays_in_tokyo_and_none_elsewhere() -> None:
    assert good("lists: {}").day_off(NEW_YEAR) == "元日"
    assert good("lists: {}").day_off(date(2026, 5, 6)) == "振替休日"
    assert good("lists: {}").day_off(date(2026, 1, 5)) == ""
    assert good("lists: {}", timezone="America/New_York").day_off(NEW_YEAR) == ""
    assert good("calendar: {hours: 10:00-19:00}").day_off(COMING_OF_AGE) == "成人の日"
    assert good("calendar: {timezone: Europe/Berlin}").day_off(COMING_OF_AGE) == ""


def test_everything_written() -> None:
    found = good(
        "calendar:\n"
        "  hours: ['13:00-18:00', '09:00 - 12:00']\n"
        "  weekdays: [tue, wed]\n"
        "  holidays: none\n"
        "  days_off: ['2026-08-10..2026-08-14', days.csv, days.txt]\n"
        "  working_days: [2026-06-06, 2026/8/12]\n"
        "  timezone: Europe/Berlin\n",
        files={
            "days.csv": "日付,名称\r\n2026/12/29〜2027/1/3,年末年始\r\n2026年6月1日,創立記念日\r\n".encode("cp932"),
            "days.txt": "# closed\n2026-07-07 七夕 祭\n\n2026-07-08 .. 2026-07-09\n".encode(),
        },
    )
    assert found.timezone == "Europe/Berlin"
    assert found.hours == (Hours(540, 720), Hours(780, 1080))
    assert found.weekdays == {1, 2}
    assert found.day_off(NEW_YEAR) == ""
    assert found.day_off(date(2026, 8, 14)) == found.day_off(date(2026, 7, 9)) == "会社の休日"
    assert found.day_off(date(2027, 1, 3)) == "年末年始"
    assert found.day_off(date(2026, 6, 1)) == "創立記念日"
    assert found.day_off(date(2026, 7, 7)) == "七夕 祭"
    assert found.is_working_day(SATURDAY)
    assert found.is_working_day(date(2026, 8, 12))
    assert not found.is_working_day(date(2026, 8, 11))


def test_the_cabinet_office_s_own_file() -> None:
    octets = "国民の祝日・休日月日,国民の祝日・休日名称\r\n1955/1/1,元日\r\n2026/1/12,成人の日\r\n".encode("cp932")
    found = good("calendar: {holidays: none, days_off: syukujitsu.csv}", {"syukujitsu.csv": octets})
    assert found.day_off(COMING_OF_AGE) == "成人の日"


@pytest.mark.parametrize(
    ("country", "day"),
    [("JP", NEW_YEAR), ("us-CA", date(2026, 3, 31)), ("DE-BY", date(2026, 1, 6)), ("GB", date(2026, 12, 28))],
)
def test_holidays_of_a_country_or_a_part_of_it(country: str, day: date) -> None:
    assert good(f"calendar: {{holidays: {country}}}").day_off(day)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "{holidays: JJP}",
            "2:22: no holidays are known of 'JJP', did you mean 'JP'?; write a code such as JP or US-CA, or none",
        ),
        ("{holidays: DE-BYY}", "2:22: no part 'BYY' of DE is known, did you mean 'BY'?"),
        ("{days_off: [2026-02-30]}", "2:23: the calendar has no day '2026-02-30'"),
        ("{days_off: 2026-02-03..2026-02-01}", "2:22: ends before it begins: '2026-02-03..2026-02-01'"),
        ("{days_off: bad.csv}", "bad.csv:2:1: write a day such as 2026-12-29, not 'tomorrow'"),
        ("{days_off: [empty.txt]}", "2:23: file 'empty.txt': the file names no day"),
        ("{working_days: empty.txt}", "2:26: file 'empty.txt': the file names no day"),
    ],
)
def test_what_cannot_be(text: str, said: str) -> None:
    files = {"bad.csv": b"date,name\ntomorrow,x\n", "empty.txt": b"\n"}
    assert [line.removeprefix("a.yaml:") for line in read(f"calendar: {text}", files=files)[1]] == [said]


def test_a_second_calendar_names_the_first() -> None:
    assert read("calendar: {holidays: JP}", "lists: {}\ncalendar: {holidays: JP}")[1] == [
        "b.yaml:3:1: a second calendar: the first is in a.yaml:2; a company has one"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{hours: 9-18}",
        "{hours: 25:00-26:00}",
        "{hours: '18:00-09:00'}",
        "{hours: '09:00-09:00'}",
        "{hours: ['09:00-12:00', '11:00-18:00']}",
        "{weekdays: [monday]}",
        "{weekdays: []}",
        "{timezone: Asia/Tokio}",
        "{timezone: ../../etc/passwd}",
    ],
)
def test_what_is_refused_as_it_is_read(text: str) -> None:
    with pytest.raises(ValidationError):
        PolicyText.of(f"version: 1\ncalendar: {text}")


def test_midnight_and_a_list_of_countries_say_what_to_write() -> None:
    with pytest.raises(ValidationError, match=r"'24:00-05:00': .* from midnight on is 00:00-05:00"):
        PolicyText.of("version: 1\ncalendar: {hours: '24:00-05:00'}")
    with pytest.raises(ValidationError, match="write one text here"):
        PolicyText.of("version: 1\ncalendar: {holidays: [JP]}")
