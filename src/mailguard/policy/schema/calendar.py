"""`calendar`: when people work, on which days, and which days are off."""

from __future__ import annotations

import itertools
import re
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from mailguard.mail.calendar import DAY_MINUTES, Hours
from mailguard.mail.saying import Sentence
from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Many, Text

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_HOURS = re.compile(r"\s*([0-9]{1,2}):([0-9]{2})\s*[-〜～~]\s*([0-9]{1,2}):([0-9]{2})\s*")


def parse_hours(value: object) -> Hours:
    """`"22:00-05:00"`, from 00:00 to 24:00, also over midnight. Raises ValueError."""
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            Sentence(
                '{value!r}ではなく、"09:00-18:00" のように時刻を引用符で囲んで書いてください。',
                'write hours such as "09:00-18:00", in quotes, not {value!r}',
                value=str(value)[:40],
            )
        )
    begins, ends = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if int(found[2]) > 59 or int(found[4]) > 59 or begins >= DAY_MINUTES or ends > DAY_MINUTES:
        raise ValueError(
            Sentence(
                "{value!r}: 1日は 00:00 から 24:00 までです。深夜0時からは 00:00-05:00 のように書きます。",
                "{value!r}: a day begins at 00:00 and ends at 24:00: from midnight on is 00:00-05:00",
                value=str(value)[:40],
            )
        )
    if begins == ends % DAY_MINUTES and ends != DAY_MINUTES:
        raise ValueError(
            Sentence(
                "{value!r}は始まりと終わりが同じです。終日は 00:00-24:00 と書きます。",
                "{value!r} begins when it ends: the whole day is 00:00-24:00",
                value=str(value)[:40],
            )
        )
    return Hours(begins, ends)


def _office(hours: Hours) -> Hours:
    if hours.begins >= hours.ends:
        raise ValueError(
            Sentence(
                "勤務時間は深夜0時をまたげません。{hour:02}:00-24:00 と残りに分けて書いてください。",
                "office hours cannot go over midnight: write {hour:02}:00-24:00 and the rest",
                hour=hours.begins // 60,
            )
        )
    return hours


def _ordered(hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
    listed = sorted(hours, key=lambda one: one.begins)
    for before, after in itertools.pairwise(listed):
        if after.begins < before.ends:
            raise ValueError(
                Sentence(
                    "{before} と {after} が重なっています。", "{before} and {after} overlap", before=before, after=after
                )
            )
    return tuple(listed)


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            Sentence(
                "{text!r}というタイムゾーンはありません。Asia/Tokyo のように書いてください。",
                "timezone {text!r} is not known; write one such as Asia/Tokyo",
                text=text[:60],
            )
        ) from error
    return text


_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\s*\d{1,2}:\d{2}\s*[-〜～~]\s*\d{1,2}:\d{2}\s*$",
    "examples": ["09:00-18:00"],
}
HoursText = Annotated[Hours, BeforeValidator(parse_hours), WithJsonSchema(_SCHEMA)]
OfficeHours = Annotated[HoursText, AfterValidator(_office)]


class CalendarModel(Strict):
    """Office hours and days off, for `time:` conditions and for approvals whose clock stops outside office hours.
    One for the whole company: a second one in another file is an error. Without any: 09:00-18:00 from Monday to Friday
    in the organization's zone, and in Asia/Tokyo the Japanese holidays.
    """

    hours: Annotated[Many[OfficeHours], AfterValidator(_ordered)] = Field(
        (Hours(540, 1080),),
        description="office hours; several where there is a break",
        examples=[["09:00-12:00", "13:00-18:00"]],
    )
    weekdays: Many[Weekday] = Field(
        ("mon", "tue", "wed", "thu", "fri"), description="days of work", examples=[["mon", "tue", "wed", "thu", "fri"]]
    )
    holidays: Text | None = Field(
        None,
        description="public holidays of a country (ISO 3166), a part of one after a hyphen, or none; JP if left out in "
        "Asia/Tokyo, else none",
        examples=["JP", "US-CA", "none"],
    )
    days_off: Many[Text] = Field(
        (),
        description="days on which the company is closed: days, first..last, or files (.csv with the columns date and "
        "name, .txt with a day and its name in a line)",
        examples=[["company-days.csv", "2026-12-29..2027-01-03"]],
    )
    working_days: Many[Text] = Field(
        (), description="days of work all the same, written like days_off", examples=[["2026-06-06"]]
    )
    timezone: Annotated[Text, AfterValidator(_timezone)] | None = Field(
        None, description="the organization's if left out", examples=["Asia/Tokyo"]
    )
