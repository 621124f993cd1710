"""Days as people write them: `2026-12-29`, `2026/12/29`, `2026年12月29日`, and from first to last with `..` or 〜.

Read once, at load, into dates; what is no day, or ends before it begins, is refused. Pure: nobody asks what day it is.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from mailguard.mail.saying import Sentence

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
            raise ValueError(
                Sentence("{day!r}という日は暦にありません。", "the calendar has no day {day!r}", day=text.strip()[:40])
            ) from None
    raise ValueError(
        Sentence(
            "{day!r}ではなく、2026-12-29 のように日付を書いてください。",
            "write a day such as 2026-12-29, not {day!r}",
            day=text.strip()[:40],
        )
    )


def parse_span(text: str) -> Span:
    """A day, or the first and last of several: `2026-12-28..2027-01-05`. Raises ValueError."""
    parts = _BETWEEN.split(text.strip(), maxsplit=1)
    first = parse_day(parts[0])
    last = parse_day(parts[-1])
    if last < first:
        raise ValueError(
            Sentence("終わりが始まりより前です: {span!r}", "ends before it begins: {span!r}", span=text.strip()[:40])
        )
    if last - first > SPAN_MAX:
        raise ValueError(
            Sentence(
                "{most}日を超えています: {span!r}",
                "more than {most} days: {span!r}",
                most=SPAN_MAX.days,
                span=text.strip()[:40],
            )
        )
    return first, last
