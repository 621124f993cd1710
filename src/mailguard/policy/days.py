"""Days as people write them: `2026-12-29`, `2026/12/29`, `2026年12月29日`, and from first to last with `..` or 〜.

Read once, at load, into dates; what is no day, or ends before it begins, is refused. Pure: nobody asks what day it is.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

#: First and last day, both meant.
Span = tuple[date, date]

#: Longest stretch of days off or absence: more is a typing error in a year.
SPAN_MAX = timedelta(days=3 * 366)
_DAY = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)")
_BETWEEN = re.compile(r"\s*(?:\.\.|〜|～|~)\s*")


def parse_day(text: str) -> date:
    """One day. Raises ValueError."""
    found = _DAY.fullmatch(text.strip())
    if found is not None:
        try:
            return date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
        except ValueError:
            raise ValueError(f"the calendar has no day {text.strip()[:40]!r}") from None
    raise ValueError(f"write a day such as 2026-12-29, not {text.strip()[:40]!r}")


def parse_span(text: str) -> Span:
    """A day, or the first and last of several: `2026-12-28..2027-01-05`. Raises ValueError."""
    parts = _BETWEEN.split(text.strip(), maxsplit=1)
    first = parse_day(parts[0])
    last = parse_day(parts[-1])
    if last < first:
        raise ValueError(f"ends before it begins: {text.strip()[:40]!r}")
    if last - first > SPAN_MAX:
        raise ValueError(f"more than {SPAN_MAX.days} days: {text.strip()[:40]!r}")
    return first, last
