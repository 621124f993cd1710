"""Named lists of a policy, put together from what stands in the YAML and from the files that it names.

Every bad entry is a problem with its place, in the YAML or in the file; a list with one is not used. It reads through
`PolicyFiles` only.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mailguard.mail.saying import Sentence
from mailguard.policy.files import PolicyFiles, cause
from mailguard.policy.lists import (
    FILE_MAX,
    Entry,
    Line,
    Listed,
    NameList,
    Names,
    entries_of,
    names_of,
    normal_address,
    normal_domain,
)
from mailguard.policy.marks import PROBLEMS_MAX, Marks, Problem
from mailguard.policy.marks import Path as KeyPath
from mailguard.policy.people.collect import Source
from mailguard.policy.rows import Row, rows_of
from mailguard.policy.schema import ListModel, PolicyFile

_EMPTY = Sentence("ファイルに何も書かれていません。", "the file is empty")
_Keep = Callable[[Line], None] | None


def _list_file(name: str, error: Exception) -> str:
    return Sentence("リストのファイル{name!r}: {why}", "list file {name!r}: {why}", name=name[:100], why=cause(error))


@dataclass(slots=True)
class SourceFile:
    """One policy file that could be read and validated."""

    path: Path
    model: PolicyFile
    marks: Marks

    @property
    def name(self) -> str:
        """The path as it is shown."""
        return str(self.path)

    def problem(self, path: KeyPath, message: str, *, key: bool = False) -> Problem:
        """A problem at a place of this file."""
        return self.marks.problem(self.name, path, message, key=key)


@dataclass(slots=True)
class ListReader:
    """Reads the lists of all files. `lists` by name; `places`: where each name stands; detailed: keep each entry's."""

    files: PolicyFiles
    problems: list[Problem]
    detailed: bool = False
    lists: dict[str, NameList] = field(default_factory=dict)
    places: dict[str, Problem] = field(default_factory=dict)
    _read: dict[Path, tuple[Names, Names]] = field(default_factory=dict)
    _lines: dict[str, list[Line]] = field(default_factory=dict)

    def read(self, source: SourceFile) -> None:
        """The lists of one policy file."""
        for name, model in source.model.lists.items():
            path: KeyPath = ("lists", name)
            if name in self.lists:
                said = Sentence("リスト{name!r}が2つあります。", "list {name!r} is there twice", name=name)
                self.problems.append(source.problem(path, said, key=True))
            else:
                lines = self._lines.setdefault(name, [])
                self.lists[name] = self._list(source, model, path, lines.append if self.detailed else None)
                self.places[name] = source.problem(path, name, key=True)

    def listed(self, used: Container[str]) -> dict[str, Listed]:
        """All lists as people wrote them."""
        return {
            name: Listed(names, self.places[name], name in used, tuple(self._lines[name]))
            for name, names in self.lists.items()
        }

    def rows(self, source: SourceFile, name: str, path: KeyPath) -> list[Row]:
        """The rows of a file that a policy names, relative to it."""
        if not self.lines(source, name, path):
            return []
        file = source.path.parent / name
        return list(rows_of(file.name, self.files.read[file], str(file)))

    def lines(self, source: Source, name: str, path: KeyPath) -> list[Entry]:
        """The lines of a file that a policy names, relative to it; what is wrong with it is a problem at `path`."""
        try:
            found = list(self._entries(source, name))
            if not found:
                raise ValueError(_EMPTY)
        except (OSError, ValueError) as error:
            self.problems.append(source.marks.problem(source.name, path, _list_file(name, error)))
            return []
        return found

    def _names(self, source: SourceFile, name: str, path: KeyPath, keep: _Keep) -> tuple[Names, Names]:
        """Domains and addresses of a file."""
        file = source.path.parent / name
        try:
            if file not in self._read:
                # One after the other: a hundred thousand entries held at once make the collector of garbage stop all.
                domains, addresses, problems = names_of(str(file), self._entries(source, name), keep)
                self.problems.extend(problems[:PROBLEMS_MAX])
                if not (domains or addresses or problems):
                    raise ValueError(_EMPTY)
                self._read[file] = domains, addresses
        except (OSError, ValueError) as error:
            self.problems.append(source.problem(path, _list_file(name, error)))
            return {}, {}
        return self._read[file]

    def _entries(self, source: Source, name: str) -> Iterator[Entry]:
        file = source.path.parent / name
        if file.suffix.lower() not in (".txt", ".csv"):
            raise ValueError(Sentence("リストは .txt か .csv のファイルです。", "a list is a .txt or .csv file"))
        return entries_of(file.name, self.files.octets(file, FILE_MAX))

    def _list(self, source: SourceFile, model: ListModel, path: KeyPath, keep: _Keep) -> NameList:
        domains: Names = {}
        addresses: Names = {}
        inline = (
            ("domains", model.domains, domains, normal_domain),
            ("addresses", model.addresses, addresses, normal_address),
        )
        for key, texts, into, normal in inline:
            for index, text in enumerate(texts):
                try:
                    into[normal(text)] = None
                    if keep is not None:
                        place = source.problem((*path, key, index), text)
                        keep(Line(normal(text), place.file, place.line, place.column))
                except ValueError as error:
                    self.problems.append(source.problem((*path, key, index), str(error)))
        for index, name in enumerate(model.files):
            more_domains, more_addresses = self._names(source, name, (*path, "files", index), keep)
            domains |= more_domains
            addresses |= more_addresses
        try:
            return NameList(domains, addresses)
        except ValueError as error:
            self.problems.append(source.problem(path, str(error)))
            return NameList()
