"""From mailguard.yaml and the environment to a Config: everything checked at once, every error with its place.

A setting may come from the environment as MAILGUARD_SECTION__KEY (the value read as YAML; a list also as `one,other`),
a secret also from a file named by MAILGUARD_SECTION__KEY_FILE. The environment wins over the file. Nothing that a
setting names is opened here but secret files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mailguard.config.schema import Settings
from mailguard.mail.saying import Sentence, in_language, reason_of
from mailguard.policy.marked_yaml import load_marked, load_with_repeats
from mailguard.policy.marks import Marks, Problem, Problems, problems_of
from mailguard.policy.suggest import shapes_at

_PREFIX = "MAILGUARD_"
Where = tuple[str | int, ...]
#: What names the file itself, and what Kubernetes tells each container of a service that is called mailguard.
_OTHERS = re.compile(
    "MAILGUARD_(CONFIG|SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)?)"
)
_BUILT_IN = Sentence("組み込みの試用設定", "built-in try-out settings")
_NO_FILE = Sentence(
    "ファイルがありません。`mailguard init DIR` で作れます。", "no such file; `mailguard init DIR` writes one"
)
_ANY = {"url": "mailbox:mailbox"}
_SECRETS = ("PASSWORD", "TOKEN", "SECRET", "PRIVATE_KEY")
#: What a file may hold instead: the address of a webhook is a secret as well.
_IN_FILES = (*_SECRETS, "URL")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings and where they came from. `base`: the folder that relative paths start from."""

    settings: Settings
    base: Path
    source: str
    tryout: bool = False
    marks: Marks = field(default_factory=Marks, repr=False)
    variables: tuple[str, ...] = ()

    def problem(self, where: Where, message: str) -> Problem:
        """Something that is wrong with the setting at `where` (keys and numbers), with its place in the file, or the
        variable that it comes from.
        """
        found = self.marks.problem(self.source, where, ".".join(map(str, where)) + ": " + message)
        return _from_environment(found, self.variables)

    @property
    def name(self) -> str:
        """What it is called for people: its path, or that it is the built-in one."""
        return _BUILT_IN if self.tryout else self.source

    def path(self, relative: Path | str) -> Path:
        """A path of the file, absolute."""
        return (self.base / relative).resolve()


def load_config(path: Path | None, environment: Mapping[str, str] | None = None) -> Config:
    """Read the configuration; without a path, the built-in try-out one (`mailguard serve` on a fresh machine).

    Raises Problems with all errors of file and environment.
    """
    from mailguard.config.tryout import tryout_settings

    variables = os.environ if environment is None else environment
    repeats: list[Problem] = []
    if path is None:
        data, marks, source, base = tryout_settings(variables), Marks(), in_language(_BUILT_IN, "en"), Path.cwd()
    else:
        data, marks, repeats = _read(path)
        source, base = str(path), path.resolve().parent
    names, problems = _merge_environment(data, marks, variables)
    problems += repeats
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        found = problems_of(error, marks, source, Settings)
        raise Problems([*problems, *(_from_environment(one, names) for one in found)]) from None
    if problems:
        raise Problems(problems)
    return Config(settings, base, source, tryout=path is None, marks=marks, variables=tuple(names))


def load_partly(path: Path, sections: Collection[str], environment: Mapping[str, str] | None = None) -> Config | None:
    """Some sections of a file that is wrong elsewhere: to look at them, not to serve. None if they are wrong, too."""
    try:
        data, marks, _ = _read(path)
    except Problems:
        return None
    names, _ = _merge_environment(data, marks, os.environ if environment is None else environment)
    named = data.get("upstreams")
    rest: dict[str, Any] = {"listeners": (), "upstream": _ANY, "auth": {} if "listeners" in sections else None}
    rest["upstreams"] = dict.fromkeys(named, _ANY) if isinstance(named, dict) else {}
    some = rest | {key: data[key] for key in sections if key in data}
    for organization in (data.get("organization"), {"domains": ("corp.invalid",)}):
        with suppress(ValidationError):
            settings = Settings.model_validate({**some, "organization": organization})
            return Config(settings, path.resolve().parent, str(path), marks=marks, variables=tuple(names))
    return None


def _read(path: Path) -> tuple[dict[str, Any], Marks, list[Problem]]:
    try:
        text = path.read_bytes()
    except OSError as error:
        why = _NO_FILE if isinstance(error, FileNotFoundError) else reason_of(error)
        raise Problems([Problem(str(path), 1, 1, _unread(why))]) from None
    data, marks, repeats = load_with_repeats(text, str(path))
    if not isinstance(data, dict):
        said = Sentence(
            "organization:、listeners:、upstream: などのセクションを書いてください。",
            "write sections such as organization:, listeners:, upstream:",
        )
        raise Problems([Problem(str(path), 1, 1, said)])
    return data, marks, repeats


def _unread(why: str) -> str:
    return Sentence("読めません: {why}", "cannot be read: {why}", why=why)


def no_such_file(path: Path) -> str:
    """What is said of a file that a setting names."""
    return Sentence("{path}: ファイルがありません。", "{path}: no such file", path=path)


def stands_twice(what: str) -> str:
    """What is said of a second entry with the same name or address."""
    return Sentence("{what} が2回書かれています。", "{what} stands here twice", what=what)


def _merge_environment(
    data: dict[str, Any], marks: Marks, variables: Mapping[str, str]
) -> tuple[list[str], list[Problem]]:
    """Lay MAILGUARD_... over the data, in place. Returns the names that were used and what could not be understood.

    A value of the environment has no line in the file: its mark is line 0, and the column is its place in the names.
    """
    names: list[str] = []
    problems: list[Problem] = []
    for name in sorted(variables):
        keys = name.removeprefix(_PREFIX).lower().split("__")
        if not name.startswith(_PREFIX) or not all(keys) or _OTHERS.fullmatch(name):
            continue
        try:
            keys, value = _value(keys, name, variables[name])
            path = _put(data, keys, _as_meant(keys, value, variables[name]))
            for end in range(1, len(path)):
                marks.values.setdefault(path[:end], (0, len(names)))
            for inside in [place for place in marks.values if place[: len(path)] == path]:
                del marks.values[inside]  # what the file has there counts no more
            marks.values[path] = (0, len(names))
            names.append(name)
        except IndexError:
            said = Sentence(
                "この番号の項目はありません。ファイルにある項目を(0から数えて)変えられるだけで、追加はできません。",
                "no entry with this number: it can change those that the file has, counted from 0, and add none",
            )
            problems.append(Problem(f"environment {name}", 1, 1, said))
        except OSError as error:
            problems.append(Problem(f"environment {name}", 1, 1, f"{error.filename}: " + _unread(reason_of(error))))
        except (TypeError, ValueError) as error:
            problems.append(Problem(f"environment {name}", 1, 1, str(error)))
    return names, problems


def _from_environment(problem: Problem, names: Sequence[str]) -> Problem:
    if problem.line:
        return problem
    return Problem(f"environment {names[problem.column]}", 1, 1, problem.message)


def _value(keys: list[str], name: str, text: str) -> tuple[list[str], Any]:
    if name.endswith(tuple(f"{secret}_FILE" for secret in _IN_FILES)):
        return [*keys[:-1], keys[-1].removesuffix("_file")], Path(text).read_text("utf-8-sig").rstrip("\r\n")
    if name.endswith(_SECRETS):
        return keys, text  # a password is taken to the letter, never read as YAML
    try:
        return keys, load_marked(text, name)[0] if text.strip() else ""
    except Problems:
        return keys, text  # plain text that happens not to be YAML, such as [::1]:25; the setting's type decides


def _as_meant(keys: list[str], value: Any, text: str) -> Any:
    """What YAML made of a variable, or, for a setting that holds text or a list of it, what a shell's user wrote:
    `corp.example,corp.test` for a list, `Corp #1: mail` to the letter. In quotes or brackets it is YAML all the same.
    """
    text = text.strip()
    if not text or value is None or text[0] in "\"'[{":
        return value
    shapes = shapes_at(Settings, [int(key) if key.isdigit() else key for key in keys]) - {type(None)}
    if shapes == {tuple} and not isinstance(value, list):
        return [one.strip() for one in text.split(",") if one.strip()]
    return text if shapes and shapes <= {str, Path} else value


def _put(data: Any, keys: list[str], value: Any) -> Where:
    """Set a value in nested data. Returns its path; a number names the place in a list."""
    path: Where = ()
    for key in keys[:-1]:
        step = int(key) if isinstance(data, list) else key
        if isinstance(data, dict):
            data.setdefault(key, {})
        data = data[step]
        path = (*path, step)
    if not isinstance(data, dict | list):
        raise TypeError(
            Sentence(
                "1つ上の設定は値であり、セクションではありません。",
                "the setting above it is a single value, not a section",
            )
        )
    if isinstance(data, list):
        data[int(keys[-1])] = value
        return (*path, int(keys[-1]))
    data[keys[-1]] = value
    return (*path, keys[-1])
