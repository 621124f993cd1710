"""From all policy files, and the files that they name, to one Directory.

It opens nothing itself: the loader reads, and what it has read counts for the policy's hash. Every problem goes to the
list that is handed in; with any, the Directory must not be used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.saying import Sentence
from mailguard.policy.files import cause
from mailguard.policy.lists import Entry as ListEntry
from mailguard.policy.lists import text_of
from mailguard.policy.marks import Marks, Problem
from mailguard.policy.marks import Path as KeyPath
from mailguard.policy.people.roll import Roll
from mailguard.policy.people.rows import Entry, Place, entries_of, entry_of
from mailguard.policy.people.teams import Teams, member_of
from mailguard.policy.schema import PolicyFile
from mailguard.policy.schema.people import GroupModel, PeopleModel


class Source(Protocol):
    """A policy file that was read."""

    @property
    def path(self) -> Path: ...
    @property
    def name(self) -> str: ...
    @property
    def model(self) -> PolicyFile: ...
    @property
    def marks(self) -> Marks: ...


#: The octets of a file that a policy names, relative to it. Raises OSError, ValueError.
Read = Callable[[Path], bytes]
#: The lines of a list file that a policy names; what is wrong with it is noted by whoever reads.
Lines = Callable[[Source, str, KeyPath], list[ListEntry]]


def collect(
    sources: Iterable[Source], read: Read, lines: Lines, problems: list[Problem], known: Directory = NOBODY
) -> Directory:
    """Everybody whom the files name. known: a directory server's snapshot; what the files say of a person wins."""
    sources = tuple(sources)
    roll, teams = Roll(known, problems), Teams(known, problems)
    for source in sources:
        if source.model.people is not None:
            roll.add(_people(source, source.model.people, read, problems))
    for source in sources:
        for name, group in source.model.groups.items():
            _declare(source, name, group, lines, problems, teams)
    teams.join(roll.named_groups)
    return _shared(teams.directory(roll.people()), roll, teams)


def _shared(directory: Directory, roll: Roll, teams: Teams) -> Directory:
    """With the members of groups that share a mailbox. A group that is not there is a problem."""
    if not roll.sharing_groups:
        return directory
    people = dict(directory.people)
    for key, groups in roll.sharing_groups.items():
        found = dict.fromkeys(people[key].members)
        for group, place in groups:
            if group in directory.groups:
                found.update(dict.fromkeys(directory.members(group)))
            else:
                teams.miss(group, place)
        people[key] = replace(people[key], members=tuple(one for one in found if one != key))
    return Directory(people, directory.groups, directory.domains)


def _people(source: Source, model: PeopleModel, read: Read, problems: list[Problem]) -> Iterator[Entry]:
    base: KeyPath = ("people",) if ("people", "list") not in source.marks.values else ("people", "list")
    for index, person in enumerate(model.list_):
        yield entry_of(person, Place(source.name, marks=source.marks, path=(*base, index)))
    for index, name in enumerate(model.files):
        file = source.path.parent / name
        try:
            if file.suffix.lower() != ".csv":
                raise ValueError(Sentence("人の一覧は .csv のファイルです。", "a file of people is a .csv file"))
            found = list(entries_of(str(file), text_of(read(file)), problems))
            if not found and not any(problem.file == str(file) for problem in problems):
                raise ValueError(Sentence("ファイルに誰も書かれていません。", "the file names nobody"))
            yield from found
        except (OSError, ValueError) as error:
            message = Sentence(
                "人の一覧のファイル{name!r}: {why}", "people file {name!r}: {why}", name=name[:100], why=cause(error)
            )
            problems.append(source.marks.problem(source.name, ("people", "files", index), message))


def _declare(source: Source, name: str, model: GroupModel, lines: Lines, problems: list[Problem], teams: Teams) -> None:
    path: KeyPath = ("groups", name)
    keys: set[str] = set()
    domains: set[str] = set()

    def take(text: str, problem: Callable[[str], Problem]) -> None:
        try:
            key, domain = member_of(text)
        except ValueError as error:
            problems.append(problem(str(error)))
            return
        keys.update((key,) if key else ())
        domains.update((domain,) if domain else ())

    for index, text in enumerate(model.members):
        take(text, lambda said, at=index: source.marks.problem(source.name, (*path, "members", at), said))  # type: ignore[misc]
    for index, file in enumerate(model.files):
        for entry in lines(source, file, (*path, "files", index)):
            full = str(source.path.parent / file)
            take(entry.text, lambda said, at=entry, of=full: Problem(of, at.line, at.column, said))  # type: ignore[misc]
    teams.declare(name, Place(source.name, marks=source.marks, path=path), keys, domains, model.groups)
