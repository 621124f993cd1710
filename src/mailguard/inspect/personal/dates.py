"""Dates of birth in all the ways in which people write them, Western and by Japanese era. Knows no today."""

from __future__ import annotations

import re
from datetime import date

_ERAS = {
    "明": 1867,
    "m": 1867,
    "大": 1911,
    "t": 1911,
    "昭": 1925,
    "s": 1925,
    "平": 1988,
    "h": 1988,
    "令": 2018,
    "r": 2018,
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)

#: A date, as a pattern without groups; for IGNORECASE.
DATE = (
    r"(?:(?:19|20)[0-9]{2} ?[年/.-] ?[0-9]{1,2} ?[月/.-] ?[0-9]{1,2}(?![0-9])日?"
    r"|(?:明治?|大正?|昭和?|平成?|令和?|[MTSHR])[ .]?(?:[0-9]{1,2}|"
    r"元) ?[年/.-] ?[0-9]{1,2} ?[月/.-] ?[0-9]{1,2}(?![0-9])日?"
    r"|(?:19|20)[0-9]{6}(?![0-9])"
    r"|[0-9]{1,2}[/.-][0-9]{1,2}[/.-](?:19|20)[0-9]{2}(?![0-9])"
    rf"|{_NAMES}\.? [0-9]{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)[0-9]{{2}}(?![0-9])"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?[ -]{_NAMES}\.?,?[ -](?:19|20)[0-9]{{2}}(?![0-9]))"
)
_WHOLE = re.compile(rf"(?:{DATE})(?:[T ][0-9]{{1,2}}:[0-9:.]+)?", re.IGNORECASE)
#: Day 1 of a sheet is 1900-01-01, and there is a 29 February 1900: day 60.
_DAY_ZERO = date(1899, 12, 30).toordinal()
_SERIAL = re.compile(r"[1-5][0-9]{4}")


def plain_date(text: str) -> str:
    """A date that `DATE` matched as eight digits, year first; "" if there is no such day. 1/2/1980: month first, unless
    that cannot be."""
    if len(text) == 10 and text[4] in "-/" and text[:4].isdigit():  # as in sheets
        return _day(text[:4], text[5:7], text[8:])
    lowered = text.lower().strip()
    numbers = re.findall("[0-9]+", lowered.replace("元", "1"))
    named = re.search("[a-z]{3,}", lowered)
    if lowered[0] in _ERAS and (named is None or named.group()[:3] not in _MONTHS):
        year, month, day = _ERAS[lowered[0]] + int(numbers[0]), int(numbers[1]), int(numbers[2])
    elif len(numbers) == 1:
        year, month, day = int(numbers[0][:4]), int(numbers[0][4:6]), int(numbers[0][6:])
    elif named is not None and len(numbers) == 2:
        year, month, day = int(numbers[1]), _MONTHS.index(named.group()[:3]) + 1, int(numbers[0])
    elif len(numbers[0]) == 4:
        year, month, day = map(int, numbers[:3])
    else:
        month, day, year = map(int, numbers[:3])
        if month > 12:
            month, day = day, month
    return _day(year, month, day)


def _day(year: int | str, month: int | str, day: int | str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat().replace("-", "")
    except ValueError:
        return ""


def date_in_cell(cell: str) -> str:
    """The date that a cell of a column of birth dates holds, sheets' day numbers too; "" if none."""
    cell = cell.strip()
    if _WHOLE.fullmatch(cell):
        return plain_date(re.split(r"[T ][0-9]{1,2}:", cell)[0])
    if _SERIAL.fullmatch(cell):
        return date.fromordinal(_DAY_ZERO + int(cell)).isoformat().replace("-", "")
    return ""
