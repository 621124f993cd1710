"""Problems with their places: what is wrong in a file that people write, in which line and column.

Pure. Where each value stands is found out by whoever reads the file (policy.marked_yaml); a model that refuses a value
says so here in words for the person who wrote it.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ValidationError

from mailguard.mail.saying import Sentence
from mailguard.policy.remedies import plain
from mailguard.policy.suggest import did_you_mean, keys_at, slip_of, stands_under

Path = tuple[str | int, ...]
Severity = Literal["error", "warning", "info"]

_PREFIXES: dict[Severity, str] = {
    "error": "", "warning": Sentence("警告: ", "warning: "), "info": Sentence("参考: ", "info: "),
}  # fmt: skip
#: So many are told at most; who has more begins with these.
PROBLEMS_MAX = 100


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a file (a warning: surely not meant; info: worth a look). line and column from 1."""

    file: str
    line: int
    column: int
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        """In both languages, if its message is (mail.saying)."""
        return f"{self.file}:{self.line}:{self.column}: " + _PREFIXES[self.severity] + self.message


class Problems(Exception):
    """All that is wrong, in the order of the files' lines. sources: the files that were asked for, to watch them."""

    def __init__(self, problems: Iterable[Problem], sources: Iterable[pathlib.Path] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        self.sources: tuple[pathlib.Path, ...] = tuple(sources)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(slots=True)
class Marks:
    """Where each value and each key stands: (line, column), both from 1."""

    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def at(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """The place of the value (or of its key) at `path`, else that of the nearest thing around it."""
        while path:
            place = self.keys.get(path) if key else None
            place = place or self.values.get(path)
            if place is not None:
                return place
            path = path[:-1]
        return self.values.get((), (1, 1))

    def problem(
        self, file: str, path: Path, message: str, *, key: bool = False, severity: Severity = "error"
    ) -> Problem:
        """A problem at that path."""
        line, column = self.at(path, key=key)
        return Problem(file, line, column, message, severity)


def problems_of(
    error: ValidationError,
    marks: Marks,
    filename: str,
    model: type[BaseModel] | None = None,
    base: Path = (),
) -> list[Problem]:
    """A pydantic error as problems with places. `base` is the path of the validated value inside the marked
    data.

    With `model`, unknown keys get a suggestion out of the keys that are known at that place.
    """
    problems = []
    for item in error.errors(include_url=False):
        location = tuple(item["loc"])
        path = _known_path(marks, base, location)
        kind = item["type"]
        message: str
        if kind == "extra_forbidden":
            # a short form (a list for a mapping that holds it) is no step of the data, but one of the model
            known = (keys_at(model, path[len(base) : -1]) or keys_at(model, location[:-1])) if model else ()
            written = str(location[-1])
            under = stands_under(model, path[len(base) : -1], written) if model and not slip_of(written, known) else ""
            message = Sentence(
                "キー{key!r}はここでは使えません。{hint}", "unknown key {key!r}{hint}",
                key=show(written), hint=under or did_you_mean(written, known),
            )  # fmt: skip
        elif kind == "missing":
            message = Sentence("キー{key!r}が必要です。", "key {key!r} is missing", key=show(location[-1]))
        else:
            named = ".".join(map(str, path[len(base) :]))
            message = (f"{named}: " if named else "") + plain(kind, item["msg"], item["input"], item.get("ctx", {}))
        problems.append(marks.problem(filename, path, message, key=kind == "extra_forbidden"))
    return problems


def show(key: object) -> str:
    """A key in a message, however long it is; the message quotes it."""
    return str(key)[:80]


def _known_path(marks: Marks, base: Path, location: Path) -> Path:
    """The location without the tags that pydantic puts in for unions: only steps that exist in the data."""
    path = base
    for step in location:
        if (*path, step) in marks.values:
            path = (*path, step)
    return path
