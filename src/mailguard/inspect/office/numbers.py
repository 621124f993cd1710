"""Numbers of spreadsheets as a person reads them: no exponent, no ".0", dates as dates.

Shared by the readers of all kinds of workbook. Sources: ECMA-376 part 1 section 18.8.30 (number formats), 18.17.4
(dates).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

#: The formats that mean a date or a time without being spelled out, Japanese ones included.
_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
#: What is text in a format: quoted, escaped, colours and conditions.
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_DATE_LETTERS = re.compile(r"[ymdhsge]", re.IGNORECASE)
_LATEST = 2_958_466  # 31 December 9999


def is_date_format(number: int, code: str) -> bool:
    """Whether a number format shows dates. number: of the format; code: its text, "" for a built-in one."""
    if not code:
        return number in _DATES
    bare = _LITERAL.sub("", code)
    return _DATE_LETTERS.search(bare) is not None and "0" not in bare and "#" not in bare and "General" not in bare


def shown_date(value: float, *, since_1904: bool = False) -> str:
    """Days since the beginning of the workbook's calendar as YYYY-MM-DD, with the time if there is one."""
    if not 0 <= value < _LATEST:
        return shown_number(value)
    begin = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 31 if value < 60 else 30)  # noqa: DTZ001
    try:
        moment = begin + timedelta(days=value)
    except OverflowError:
        return shown_number(value)
    day, seconds = moment.strftime("%Y-%m-%d"), round((value % 1) * 86400)
    if not seconds:
        return day
    clock = f"{seconds // 3600 % 24}:{seconds // 60 % 60:02}"
    return clock if value < 1 else f"{day} {clock}"


def shown_number(value: float) -> str:
    """A double as its digits: 4111111111111111.0 is 4111111111111111."""
    return str(int(value)) if value == value // 1 and abs(value) < 1e19 else repr(value)
