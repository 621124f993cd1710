"""Policy files read whole, checked whole and refused whole: a Policy, or Problems with all errors of all files.

Reads the files it is given, the folders' *.yaml in the order of their names, and the lists that they name;
nothing else, and nothing twice. It never returns half a policy: what was in force stays with the caller until
this returns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.organization import Organization
from mailguard.policy.build import Builder
from mailguard.policy.customers import Customer, Customers
from mailguard.policy.lists import (
    Entry,
    NameList,
    entries_of,
    names_of,
    normal_address,
    normal_domain,
    read_bounded,
)
from mailguard.policy.marks import SIZE_MAX, Marks, Problem, Problems, load_marked, problems_of
from mailguard.policy.marks import Path as KeyPath
from mailguard.policy.people import collect
from mailguard.policy.people.collect import Source
from mailguard.policy.read_customers import read_customers
from mailguard.policy.rows import Row, rows_of
from mailguard.policy.rule import FileExamples, Policy, Rule
from mailguard.policy.schema import NOT_YET, ListModel, PolicyFile
from mailguard.policy.workdays import calendar_of

__all__ = ["Policy", "load_policy"]

FILES_MAX, RULES_MAX = 1000, 20_000


@dataclass(slots=True)
class _Source:
    """One policy file that could be read and validated."""

    path: Path
    name: str
    model: PolicyFile
    marks: Marks


@dataclass(slots=True)
class _Loading:
    """Everything collected on the way."""

    problems: list[Problem] = field(default_factory=list)
    sources: list[_Source] = field(default_factory=list)
    read: dict[Path, bytes] = field(default_factory=dict)
    lists: dict[str, NameList] = field(default_factory=dict)
    customers: Customers = field(default_factory=Customers)
    rules: list[Rule] = field(default_factory=list)
    directory: Directory = NOBODY

    def octets_of(self, file: Path) -> bytes:
        """The octets of a file that a policy names, read once. Raises OSError, ValueError."""
        if file not in self.read:
            self.read[file] = read_bounded(file)
        return self.read[file]


def load_policy(
    paths: Sequence[Path | str], organization: Organization | None = None, *, directory: Directory = NOBODY
) -> Policy:
    """All files and folders as one Policy. Raises Problems with every error of every file; for warnings see `lint`.

    directory: what a directory server says of people and groups; the files' own are added, and win.
    A missing path, an empty file and no rule at all are errors: without a rule everything would pass.
    """
    loading = _Loading()
    for path in _files(paths, loading.problems):
        _read_source(path, loading)
    for source in loading.sources:
        _read_lists(source, loading)
    loading.directory = collect(
        loading.sources,
        loading.octets_of,
        lambda source, name, path: _entries(source, name, path, loading),
        loading.problems,
        directory,
    )
    timezone = (organization or Organization()).timezone
    calendar = calendar_of(loading.sources, timezone, loading.octets_of, loading.problems)
    _read_customers(loading)
    seen: dict[str, Rule] = {}
    for source in loading.sources:
        _build_rules(source, loading, seen)
    if not loading.rules and not loading.problems:
        name = str(paths[0]) if paths else "policies"
        loading.problems.append(Problem(name, 1, 1, "no rules: everything would pass; write at least one"))
    if loading.problems:
        raise Problems(loading.problems)
    return Policy(
        rules=tuple(loading.rules),
        hash=_hash(loading.read, organization),
        organization=organization,
        directory=loading.directory,
        calendar=calendar,
        sources=tuple(loading.read),
        examples=tuple(_file_examples(source) for source in loading.sources if source.model.examples),
        places=_example_places(loading.sources),
    )


def _files(paths: Sequence[Path | str], problems: list[Problem]) -> list[Path]:
    """The files meant, each once."""
    found: list[Path] = []
    if not paths:
        problems.append(Problem("policies", 1, 1, "no policy files: name a file or a folder"))
    for path in map(Path, paths):
        try:
            if path.is_dir():
                inside = sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file())
                if not inside:
                    problems.append(Problem(str(path), 1, 1, "no *.yaml in this folder"))
                found.extend(inside)
            elif path.is_file():
                found.append(path)
            else:
                problems.append(Problem(str(path), 1, 1, "no such file or folder"))
        except (OSError, ValueError) as error:
            problems.append(Problem(str(path), 1, 1, f"cannot be read: {_cause(error)}"))
    if len(found) > FILES_MAX:
        problems.append(Problem(str(found[FILES_MAX]), 1, 1, f"more than {FILES_MAX} policy files"))
    return list(dict.fromkeys(found))[:FILES_MAX]


def _cause(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _read_source(path: Path, loading: _Loading) -> None:
    try:
        with path.open("rb") as file:
            octets = file.read(SIZE_MAX + 1)
        data, marks = load_marked(octets, str(path))
        loading.read[path] = octets
        model = PolicyFile.model_validate(data)
    except OSError as error:
        loading.problems.append(Problem(str(path), 1, 1, f"cannot be read: {_cause(error)}"))
    except Problems as error:
        loading.problems.extend(error.problems)
    except ValidationError as error:
        loading.problems.extend(problems_of(error, marks, str(path), PolicyFile, not_yet=NOT_YET))
    else:
        loading.sources.append(_Source(path, str(path), model, marks))


def _read_lists(source: _Source, loading: _Loading) -> None:
    for name, model in source.model.lists.items():
        path: KeyPath = ("lists", name)
        if name in loading.lists:
            loading.problems.append(source.marks.problem(source.name, path, f"list {name!r} is there twice", key=True))
        else:
            loading.lists[name] = _read_list(source, model, path, loading)


def _read_list(source: _Source, model: ListModel, path: KeyPath, loading: _Loading) -> NameList:
    domains: set[str] = set()
    addresses: set[str] = set()
    inline = (
        ("domains", model.domains, domains, normal_domain),
        ("addresses", model.addresses, addresses, normal_address),
    )
    for key, texts, into, normal in inline:
        for index, text in enumerate(texts):
            try:
                into.add(normal(text))
            except ValueError as error:
                loading.problems.append(source.marks.problem(source.name, (*path, key, index), str(error)))
    for index, name in enumerate(model.files):
        entries = _entries(source, name, (*path, "files", index), loading)
        more_domains, more_addresses, problems = names_of(str(source.path.parent / name), entries)
        domains |= more_domains
        addresses |= more_addresses
        loading.problems.extend(problems)
    try:
        return NameList(domains, addresses)
    except ValueError as error:
        loading.problems.append(source.marks.problem(source.name, path, str(error)))
        return NameList()


def _entries(source: Source, name: str, path: KeyPath, loading: _Loading) -> list[Entry]:
    """The lines of a file that a policy names, relative to it."""
    file = source.path.parent / name
    try:
        if file.suffix.lower() not in (".txt", ".csv"):
            raise ValueError("a list is a .txt or .csv file")
        entries = list(entries_of(file.name, loading.octets_of(file)))
        if not entries:
            raise ValueError("the file is empty")
    except (OSError, ValueError) as error:
        message = f"list file {name[:100]!r}: {_cause(error)}"
        loading.problems.append(source.marks.problem(source.name, path, message))
        return []
    return entries


def _rows(source: _Source, name: str, path: KeyPath, loading: _Loading) -> list[Row]:
    """The rows of a file that a policy names, relative to it."""
    if not _entries(source, name, path, loading):
        return []
    file = source.path.parent / name
    return list(rows_of(file.name, loading.read[file], str(file)))


def _read_customers(loading: _Loading) -> None:
    found: list[Customer] = []
    for source in loading.sources:
        if source.model.customers is not None:
            customers, problems = read_customers(
                source.model.customers,
                lambda name, path, source=source: _rows(source, name, path, loading),  # type: ignore[misc]
                lambda path, message, source=source: source.marks.problem(source.name, path, message),  # type: ignore[misc]
            )
            found += customers
            loading.problems += problems
    try:
        loading.customers = Customers(found)
    except ValueError as error:
        loading.problems.append(Problem(loading.sources[0].name, 1, 1, str(error)))


def _build_rules(source: _Source, loading: _Loading, seen: dict[str, Rule]) -> None:
    builder = Builder(
        source.name,
        source.marks,
        loading.lists,
        lambda name, path: _rows(source, name, path, loading),
        loading.directory,
        customers=loading.customers,
    )
    for index, model in enumerate(source.model.rules):
        rule = builder.rule(model, ("rules", index))
        if model.id in seen:
            first = seen[model.id].place
            message = f"rule {model.id!r} is there twice (first in {first.file}:{first.line})"
            builder.problems.append(source.marks.problem(source.name, ("rules", index, "id"), message))
        seen.setdefault(model.id, rule)
        loading.rules.append(rule)
    if len(loading.rules) > RULES_MAX:
        builder.problems.append(Problem(source.name, 1, 1, f"more than {RULES_MAX} rules"))
    loading.problems.extend(builder.problems)


def _file_examples(source: _Source) -> FileExamples:
    places = (
        source.marks.problem(source.name, ("examples", index), "example") for index in range(len(source.model.examples))
    )
    rules = frozenset(rule.id for rule in source.model.rules)
    return FileExamples(source.name, rules, tuple(zip(source.model.examples, places, strict=True)))


def _example_places(sources: list[_Source]) -> dict[tuple[str, int], Problem]:
    return {
        (rule.id, number): source.marks.problem(source.name, ("rules", index, "examples", number), "example")
        for source in sources
        for index, rule in enumerate(source.model.rules)
        for number in range(len(rule.examples))
    }


def _hash(read: dict[Path, bytes], organization: Organization | None) -> str:
    """What was read, whatever its order and wherever it lies."""
    digests = sorted(hashlib.sha256(path.name.encode() + b"\0" + octets).digest() for path, octets in read.items())
    own = "\0".join(sorted(organization.domains)) if organization is not None else ""
    return hashlib.sha256(b"".join(digests) + own.encode()).hexdigest()[:16]
