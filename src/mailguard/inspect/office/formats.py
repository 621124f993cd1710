"""Numbers of sheets as a person reads them: digits instead of powers of ten, dates instead of day counts, and the
zeros and hyphens that a number format adds.

A telephone number is often a number that only its format makes one (`000-0000-0000`), a birth date always is a count
of days. Source: ECMA-376 part 1 sections 18.8.30 (numFmt) and 18.17.4 (dates). Total: what is no number comes back as
it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

#: How the value of a cell is shown by its number format.
Shown = Callable[[str], str]

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|[_*].')
#: One that is never closed goes to the end: each is looked at once.
_BRACKET = re.compile(r"\[([^\]]*)(?:\]|\Z)")
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_CONDITION = re.compile(r"^(<=|<|>=|>|=)\s*(\d{1,15})$")
_DIGITS = re.compile(r"^\d{1,18}$")
_LAST_DAY = 2_958_465  # 9999-12-31
#: Built-in formats that are dates or times, those of Japanese Excel among them (27-36, 50-58).
_DATES = frozenset([*range(14, 18), 22, *range(27, 32), *range(34, 37), *range(50, 59)])
_TIMES = frozenset([*range(18, 22), 32, 33, 45, 46, 47])


def plain_number(value: str) -> str:
    """A number without powers of ten: 4.111111111111111E15 is 4111111111111111."""
    if "E" in value or "e" in value or value.endswith(".0"):
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        if number.is_finite() and abs(number) < 10**19 and number == number.to_integral_value():
            return str(int(number))
    return value


def format_of(number: int, code: str, since_1904: bool = False) -> Shown | None:
    """How cells of a number format are shown. number: its id; code: "" for a built-in one."""
    if not code:
        if number in _DATES or number in _TIMES:
            return lambda value: _moment(value, since_1904, number in _TIMES)
        return None
    bare = _BRACKET.sub("", _ELAPSED.sub("h", _LITERAL.sub("", code)))
    first = bare.partition(";")[0].lower().replace("general", "").replace("am/pm", "h")
    if "0" not in first and "#" not in first and re.search("[ymdhsge]", first):
        time = not re.search("[ydge]", first)
        return lambda value: _moment(value, since_1904, time)
    sections = [section for part in _split(code) if (section := _mask(part)) is not None]
    return (lambda value: _masked(value, sections)) if sections else None


def shows_nothing(code: str) -> bool:
    """Whether a number format hides whatever stands in its cells."""
    return code.replace(" ", "") == ";;;"


def day(serial: int, since_1904: bool) -> date:
    """The date of a day count."""
    if since_1904:
        return date(1904, 1, 1) + timedelta(serial)
    # Lotus took 1900 for a leap year, and Excel kept that: day 60 does not exist.
    return date(1899, 12, 30 if serial > 59 else 31) + timedelta(serial)


def _moment(value: str, since_1904: bool, only_time: bool) -> str:
    try:
        number = float(value)
    except ValueError:
        return value
    if not 0 <= number <= _LAST_DAY - 1462 * since_1904:
        return value
    minutes = round(number % 1 * 1440)
    clock = f"{minutes // 60 % 24:02}:{minutes % 60:02}"
    if only_time:
        return clock if number < 1 else plain_number(value)
    shown = day(int(number), since_1904).isoformat()
    return f"{shown} {clock}" if minutes else shown


def _split(code: str) -> list[str]:
    """The sections of a format: at semicolons that are not quoted."""
    return re.findall(r'(?:"[^"]*"|\\.|[^;"\\])+', code)[:4]


def _mask(section: str) -> tuple[str, int, list[str]] | None:
    """Condition, limit and template of a section that only sets digits ("0", "#") and marks ("'" before each)."""
    condition, limit = "", 0
    for inside in _BRACKET.findall(section):
        if match := _CONDITION.match(inside):
            condition, limit = match.group(1), int(match.group(2))
    template: list[str] = []
    for quoted, escaped, plain in re.findall(r'"([^"]*)"|\\(.)|([^"\\])', _BRACKET.sub("", section)):
        template.extend(f"'{sign}" for sign in quoted + escaped)
        if plain and plain in "0#":
            template.append(plain)
        elif plain and plain not in "-()+ /":
            return None
        elif plain:
            template.append(f"'{plain}")
    zeros = template.count("0")
    written = any(one[0] == "'" and one[1].isdigit() for one in template)
    return (condition, limit, template) if zeros > 1 or (zeros and len(template) > 1) or written else None


def _masked(value: str, sections: list[tuple[str, int, list[str]]]) -> str:
    value = plain_number(value)
    if not _DIGITS.match(value):
        return value
    number = int(value)
    for condition, limit, template in sections:
        holds = {"": True, "<=": number <= limit, "<": number < limit, ">=": number >= limit,
                 ">": number > limit, "=": number == limit}[condition]  # fmt: skip
        if holds:
            return _fill(value, template)
    return value


def _fill(digits: str, template: list[str]) -> str:
    out: list[str] = []
    rest = list(digits)
    places = sum(1 for one in template if one[0] != "'")
    for one in reversed(template):
        if one[0] == "'":
            out.append(one[1])
            continue
        places -= 1
        if not places:  # the first place takes all digits that are left
            out.extend(reversed(rest) if rest else "0" * (one == "0"))
        elif rest:
            out.append(rest.pop())
        elif one == "0":
            out.append("0")
    return "".join(reversed(out)).strip()
