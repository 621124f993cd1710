"""The line of an ordinary event made by hand: the same octets as structlog's processors make of it, in a fifth of the
time. Two such lines belong to each mail.

Ordinary are plain strings, whole numbers and lists of strings; whatever else comes, an error above all, goes the long
way. It trusts no value (log.words says what may stand in a line) and never raises.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from time import time_ns
from typing import Any

import structlog

from mailguard.log.words import as_json, plain

#: Fields that the long way gives a meaning to, or a place.
_SPECIAL = frozenset({"event", "level", "timestamp", "exc_info", "stack_info", "stack"})
#: A field's name as it is written: few words of this program.
_name = lru_cache(512)(encode_basestring)


def line_of(event: str, level: str, fields: Mapping[str, object]) -> str | None:
    """The line without its end; None for one that is not ordinary."""
    if not _SPECIAL.isdisjoint(fields) or type(event) is not str:
        return None
    parts = []
    for key, value in fields.items():
        kind = type(value)
        if kind is str:
            written = _string(value)  # type: ignore[arg-type]
        elif kind is int:
            written = str(value)
        elif kind is list and not value:
            written = "[]"
        elif kind is list and all(type(one) is str for one in value):  # type: ignore[attr-defined]
            written = f"[{', '.join(map(_string, value))}]"  # type: ignore[call-overload]
        else:
            return None
        parts.append(f"{_name(key)}: {written}, ")
    return f'{{{"".join(parts)}"event": {_string(event)}, "level": "{level}", "timestamp": "{_now()}Z"}}'


def _string(value: str) -> str:
    if value.isalnum():  # an id, a word: nothing to be written otherwise
        return f'"{value}"'
    return encode_basestring(value if value.isprintable() else plain(value))


def _now() -> str:
    """The time in UTC, as `datetime.isoformat` writes it."""
    second, rest = divmod(time_ns(), 1_000_000_000)
    micro = rest // 1000
    return f"{_second(second)}.{micro:06d}" if micro else _second(second)


@lru_cache(4)
def _second(second: int) -> str:
    """Written once a second."""
    return datetime.fromtimestamp(second, UTC).isoformat()[:-6]  # without +00:00


def quick_logger(level: int, write: Callable[[str], object]) -> type[Any]:
    """structlog's own filter by level, whose `info` goes the short way where it may. write: takes a line."""
    slow = structlog.make_filtering_bound_logger(level)
    if level > logging.INFO:
        return slow
    long_way = slow.info

    def info(self: Any, event: str, *args: Any, **fields: Any) -> Any:
        # Whoever listens in (structlog.testing) or binds values has the long way.
        if not args and not self._context and self._processors[-1] is as_json:
            line = line_of(event, "info", fields)
            if line is not None:
                write(line + "\n")
                return None
        return long_way(self, event, *args, **fields)

    return type("QuickLogger", (slow,), {"info": info})
