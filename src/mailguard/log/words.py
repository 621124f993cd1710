"""What may stand in a log line: no control character, and of an error its type and place, not what it says.

An error's own words quote what it stumbled over: an address, a subject, a password. Only the machine's own words are
kept (the disk is full, the ledger is locked). Nothing that somebody sends begins a new line or moves a terminal's
cursor. It trusts no value and never raises for one.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

#: No local variables in tracebacks: they hold what people wrote.
_RENDERER = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
)
_STACK = structlog.processors.StackInfoRenderer()
#: One for all lines: `json.dumps` makes one for each. What JSON does not know is written as Python would.
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=repr)
#: Levels of an error's causes that are told.
_DEEPEST = 10

Event = MutableMapping[str, Any]


def plain(value: Any) -> Any:
    """The value with every character that is not printable written out as an escape, in lists and mappings too."""
    kind = type(value)
    if kind is int or kind is float or kind is bool:  # most values of most lines
        return value
    match value:
        case str():
            return value if value.isprintable() else "".join(_written(ch) for ch in value)
        case list() | tuple() | set() | frozenset():
            return [plain(one) for one in value]
        case dict():
            return {plain(str(key)): plain(one) for key, one in value.items()}
        case _:
            return value


def words_of(error: BaseException) -> str:
    """What may be told of an error besides its type: the machine's words, nobody's content."""
    if isinstance(error, OSError):
        return plain(error.strerror or "") if isinstance(error.strerror, str) else ""
    return str(plain(str(error))) if isinstance(error, sqlite3.Error) else ""


def harmless(_: Any, __: str, event: Event) -> Event:
    """A processor of structlog: every value made plain; an error still to be rendered is left to its renderer."""
    return {key: value if key == "exc_info" else plain(value) for key, value in event.items()}


def as_json(logger: Any, name: str, event: Event) -> str:
    """The last processor of structlog: the line. An error in it is told as `traced` tells it."""
    if "exc_info" in event or "stack_info" in event or "stack" in event:
        event = traced(logger, name, _STACK(logger, name, event))
    return _ENCODER.encode(harmless(logger, name, event))


def traced(logger: Any, name: str, event: Event) -> Event:
    """A processor of structlog: an error as a list of its causes with their frames, without what they say."""
    error = event.get("exc_info")
    event = _RENDERER(logger, name, event)
    _mask(event.get("exception"), error if isinstance(error, BaseException) else None)
    return event


def _mask(told: Any, error: BaseException | None) -> None:
    """Take the words out of what the renderer made of an error, and of the errors inside it."""
    for cause in told if isinstance(told, list) else []:
        cause["exc_value"] = words_of(error) if error is not None and type(error).__name__ == cause["exc_type"] else ""
        cause.pop("exc_notes", None)
        cause.pop("syntax_error", None)
        for group in cause.pop("exceptions", None) or []:
            _mask(group, None)
        error = None if error is None else error.__cause__ or error.__context__


def written_trace(stream: TextIO, exc_info: Any) -> None:
    """For a terminal: the frames of an error and of its causes, without what they say."""
    stream.write("\n" + trace_of(exc_info[1]))


def trace_of(error: BaseException | None) -> str:
    """The frames of an error and of its causes, the first cause last."""
    lines: list[str] = []
    while error is not None and len(lines) < _DEEPEST * 20:
        name = type(error).__name__
        said = words_of(error)
        lines += [*traceback.format_tb(error.__traceback__, limit=-10), f"{name}: {said}\n" if said else f"{name}\n"]
        error = error.__cause__ or error.__context__
    return "".join(lines).rstrip("\n")


class PlainFormatter(logging.Formatter):
    """For what libraries log: one line that nobody can break, and errors as we tell them."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is the library's
        return str(plain(super().formatMessage(record)))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return trace_of(ei[1])


def _written(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
