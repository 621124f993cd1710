"""Policy files read whole, checked whole and refused whole: a Policy, or Problems with all errors of all files.

Reads the files it is given, the folders' *.yaml in the order of their names, and the lists that they name;
nothing else, and nothing twice. It never returns half a policy: what was in force stays with the caller until
this returns. Files that change while they are read are read again, all of them, so that no policy is a mixture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.organization import Organization
from mailguard.mail.saying import Sentence
from mailguard.policy.build import Builder, Made
from mailguard.policy.customers import Customer, Customers
from mailguard.policy.files import TRIES, PolicyFiles, unread
from mailguard.policy.lists import FILE_MAX
from mailguard.policy.marked_yaml import SIZE_MAX, load_with_repeats
from mailguard.policy.marks import Problem, Problems, problems_of
from mailguard.policy.named_lists import ListReader, SourceFile
from mailguard.policy.patterns import PATTERNS_MAX
from mailguard.policy.people import collect
from mailguard.policy.read_customers import read_customers
from mailguard.policy.rule import FileExamples, Policy, Rule
from mailguard.policy.schema import PolicyFile
from mailguard.policy.schema.partly import without_wrong_rules
from mailguard.policy.workdays import calendar_of

__all__ = ["Policy", "load_policy"]

FILES_MAX, RULES_MAX = 1000, 20_000


@dataclass(slots=True)
class _Loading:
    """Everything collected on the way."""

    files: PolicyFiles
    detailed: bool
    patterns: int = 0
    problems: list[Problem] = field(default_factory=list)
    sources: list[SourceFile] = field(default_factory=list)
    customers: Customers = field(default_factory=Customers)
    rules: list[Rule] = field(default_factory=list)
    made: Made = field(default_factory=Made)
    directory: Directory = NOBODY

    def octets_of(self, file: Path) -> bytes:
        """The octets of a file that a policy names, read once. Raises OSError, ValueError."""
        return self.files.octets(file, FILE_MAX)


#: What is wrong with a path itself: whoever named it knows a better place for it.
NOTHING_THERE = Sentence("ファイルまたはフォルダーがありません。", "no such file or folder")
EMPTY_FOLDER = Sentence("このフォルダーに *.yaml がありません。", "no *.yaml in this folder")
NO_FILES = Sentence(
    "ポリシーのファイルがありません。ファイルかフォルダーを書いてください。", "no policy files: name a file or a folder"
)


def load_policy(
    paths: Sequence[Path | str],
    organization: Organization | None = None,
    *,
    directory: Directory = NOBODY,
    files: Callable[[], PolicyFiles] = PolicyFiles,
    detailed: bool = False,
) -> Policy:
    """All files and folders as one Policy. Raises Problems with every error of every file; for warnings see `lint`.

    directory: what a directory server says of people and groups; the files' own are added, and win.
    A missing path, an empty file and no rule at all are errors: without a rule everything would pass. files: what
    they are read through, made anew for each try. detailed: `lists` has each entry with its place, for `lint`.
    """
    for _ in range(TRIES):
        loading = _Loading(files(), detailed)
        policy = _load(paths, organization, directory, loading)
        changed = loading.files.changed()
        if not changed:
            break
        message = Sentence(
            "ポリシーを読んでいる間に変わりました。書き終えてからもう一度試してください。",
            "changed while the policy was read; try again when it is written",
        )
        loading.problems = [Problem(str(path), 1, 1, message) for path in changed]
    if loading.problems or policy is None:
        raise Problems(loading.problems, loading.files.asked)
    return policy


def _load(
    paths: Sequence[Path | str], organization: Organization | None, directory: Directory, loading: _Loading
) -> Policy | None:
    for path in dict.fromkeys([*_files(paths, loading.problems), *loading.files.instead]):
        _read_source(path, loading)
    lists = ListReader(loading.files, loading.problems, loading.detailed)
    for source in loading.sources:
        lists.read(source)
    loading.directory = collect(loading.sources, loading.octets_of, lists.lines, loading.problems, directory)
    timezone = (organization or Organization()).timezone
    calendar = calendar_of(loading.sources, timezone, loading.octets_of, loading.problems)
    _read_customers(loading, lists)
    seen: dict[str, Rule] = {}
    for source in loading.sources:
        _build_rules(source, loading, lists, seen, organization.upstreams if organization else None)
    if not loading.rules and not loading.problems:
        name = str(paths[0]) if paths else "policies"
        said = Sentence(
            "ルールがありません。すべてのメールがそのまま通ってしまいます。1つ以上書いてください。",
            "no rules: everything would pass; write at least one",
        )
        loading.problems.append(Problem(name, 1, 1, said))
    if loading.problems:
        return None
    return Policy(
        rules=tuple(loading.rules),
        hash=_hash(loading.files.read, organization),
        organization=organization,
        directory=loading.directory,
        calendar=calendar,
        sources=tuple(loading.files.read),
        aside=_aside(loading),
        examples=tuple(_file_examples(source) for source in loading.sources if source.model.examples),
        places=_example_places(loading.sources),
        lists=lists.listed(loading.made.asked),
        sieve=loading.made.sieve(),
    )


def _files(paths: Sequence[Path | str], problems: list[Problem]) -> list[Path]:
    """The files meant, each once."""
    found: list[Path] = []
    if not paths:
        problems.append(Problem("policies", 1, 1, NO_FILES))
    for path in map(Path, paths):
        try:
            if path.is_dir():
                # Hidden ones are what editors leave beside a file while it is open.
                inside = sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml") and p.name[0] != ".")
                if not inside:
                    problems.append(Problem(str(path), 1, 1, EMPTY_FOLDER))
                found.extend(inside)
            elif path.exists():
                found.append(path)
            else:
                problems.append(Problem(str(path), 1, 1, NOTHING_THERE))
        except (OSError, ValueError) as error:
            problems.append(Problem(str(path), 1, 1, unread(error)))
    if len(found) > FILES_MAX:
        said = Sentence("ポリシーのファイルが{most}個を超えています。", "more than {most} policy files", most=FILES_MAX)
        problems.append(Problem(str(found[FILES_MAX]), 1, 1, said))
    return list(dict.fromkeys(found))[:FILES_MAX]


def _read_source(path: Path, loading: _Loading) -> None:
    try:
        data, marks, repeats = load_with_repeats(loading.files.octets(path, SIZE_MAX), str(path))
        loading.problems += repeats
        loading.patterns += _patterns(data)
        if loading.patterns > PATTERNS_MAX:  # said before they are compiled, which takes its time
            raise ValueError(
                Sentence(
                    "パターンが全部で{most:,}個を超えています。",
                    "more than {most:,} patterns in all",
                    most=PATTERNS_MAX,
                )
            )
        model = PolicyFile.model_validate(data)
    except (OSError, ValueError) as error:
        if isinstance(error, ValidationError):
            loading.problems.extend(problems_of(error, marks, str(path), PolicyFile))
            right = without_wrong_rules(data, error, f"{len(loading.sources)}")
            loading.sources += [] if right is None else [SourceFile(path, right, marks)]
        else:
            loading.problems.append(Problem(str(path), 1, 1, unread(error)))
    except Problems as error:
        loading.problems.extend(error.problems)
    else:
        loading.sources.append(SourceFile(path, model, marks))


def _patterns(data: object) -> int:
    """How many patterns are written in it, wherever."""
    found, waiting = 0, [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            listed = one.get("patterns")
            found += len(listed) if isinstance(listed, list) else listed is not None
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return found


def _read_customers(loading: _Loading, lists: ListReader) -> None:
    found: list[Customer] = []
    for source in loading.sources:
        if source.model.customers is not None:
            customers, problems = read_customers(
                source.model.customers,
                lambda name, path, source=source: lists.rows(source, name, path),  # type: ignore[misc]
                lambda path, message, source=source: source.marks.problem(source.name, path, message),  # type: ignore[misc]
            )
            found += customers
            loading.problems += problems
    try:
        loading.customers = Customers(found)
    except ValueError as error:
        loading.problems.append(Problem(loading.sources[0].name, 1, 1, str(error)))


def _build_rules(
    source: SourceFile,
    loading: _Loading,
    lists: ListReader,
    seen: dict[str, Rule],
    upstreams: tuple[str, ...] | None,
) -> None:
    builder = Builder(
        source.name,
        source.marks,
        lists.lists,
        lambda name, path: lists.rows(source, name, path),
        loading.directory,
        customers=loading.customers,
        made=loading.made,
        upstreams=upstreams,
    )
    for index, model in enumerate(source.model.rules):
        rule = builder.rule(model, ("rules", index))
        if model.id in seen:
            first = seen[model.id].place
            message = Sentence(
                "ルール{id!r}が2つあります(最初は {file}:{line})。",
                "rule {id!r} is there twice (first in {file}:{line})",
                id=model.id,
                file=first.file,
                line=first.line,
            )
            builder.problems.append(source.marks.problem(source.name, ("rules", index, "id"), message))
        seen.setdefault(model.id, rule)
        loading.rules.append(rule)
    if len(loading.rules) > RULES_MAX:
        said = Sentence("ルールが{most}個を超えています。", "more than {most} rules", most=RULES_MAX)
        builder.problems.append(Problem(source.name, 1, 1, said))
    loading.problems.extend(builder.problems)


def _file_examples(source: SourceFile) -> FileExamples:
    places = (
        source.marks.problem(source.name, ("examples", index), "example") for index in range(len(source.model.examples))
    )
    rules = frozenset(rule.id for rule in source.model.rules)
    return FileExamples(source.name, rules, tuple(zip(source.model.examples, places, strict=True)))


def _example_places(sources: list[SourceFile]) -> dict[tuple[str, int], Problem]:
    return {
        (rule.id, number): source.marks.problem(source.name, ("rules", index, "examples", number), "example")
        for source in sources
        for index, rule in enumerate(source.model.rules)
        for number in range(len(rule.examples))
    }


def _aside(loading: _Loading) -> str:
    """All that rules speak of and that is not a rule: lists, words, people, wherever they stand."""
    own = {source.path for source in loading.sources}
    digests = [hashlib.sha256(octets).digest() for path, octets in loading.files.read.items() if path not in own]
    for source in loading.sources:
        said = source.model.model_dump_json(exclude={"rules", "examples"})
        digests.append(hashlib.sha256(said.encode()).digest())
    return hashlib.sha256(b"".join(sorted(set(digests)))).hexdigest()[:16]


def _hash(read: dict[Path, bytes], organization: Organization | None) -> str:
    """What was read, whatever its order and wherever it lies."""
    digests = sorted(hashlib.sha256(path.name.encode() + b"\0" + octets).digest() for path, octets in read.items())
    own = "\0".join(sorted(organization.domains)) if organization is not None else ""
    return hashlib.sha256(b"".join(digests) + own.encode()).hexdigest()[:16]
