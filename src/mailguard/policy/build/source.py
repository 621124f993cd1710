"""What a builder of conditions needs besides what was written: lists by name, customers, rows of files, and where
problems go.

It opens no file; a name that nobody knows is a problem with its place and a suggestion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mailguard.mail.directory import NOBODY, Directory
from mailguard.policy.build.made import Made
from mailguard.policy.customers import Customers
from mailguard.policy.fold import fold
from mailguard.policy.lists import NameList, normal_domain
from mailguard.policy.marks import Marks, Path, Problem
from mailguard.policy.patterns import compile_globs
from mailguard.policy.rows import Row
from mailguard.policy.suggest import did_you_mean


@dataclass(slots=True)
class Source:
    """One policy file that is being built. lists: all named lists; rows_of: the rows of a file that it names;
    directory: the people and groups that its rules may name; customers: those of all files; upstreams: the next servers
    that it may name, None if nobody knows them.
    """

    file: str
    marks: Marks
    lists: Mapping[str, NameList]
    rows_of: Callable[[str, Path], list[Row]]
    directory: Directory = NOBODY
    problems: list[Problem] = field(default_factory=list)
    customers: Customers = field(default_factory=Customers)
    made: Made = field(default_factory=Made)
    upstreams: tuple[str, ...] | None = None

    def problem(self, path: Path, message: str) -> None:
        """Note what is wrong with the value at this place."""
        self.problems.append(self.marks.problem(self.file, path, message))

    def named(self, names: tuple[str, ...] | None, path: Path) -> NameList | None:
        """The lists of these names as one; None if none is asked for."""
        if names is None:
            return None
        found: list[NameList] = []
        for index, name in enumerate(names):
            if name in self.lists:
                self.made.asked.add(name)
                found.append(self.lists[name])
            else:
                near = did_you_mean(name, self.lists) or ": write it under lists: in a policy file"
                self.problem((*path, index), f"no list {name[:60]!r}{near}")
        names_all = found[0] if len(found) == 1 else self.made.unions.setdefault(names, NameList.union(found))
        self.made.names.append(names_all)
        return names_all

    def groups(self, names: tuple[str, ...] | None, path: Path) -> tuple[str, ...]:
        """The names of groups that are asked for; one that is not there, or holds nobody, is a problem: a rule about
        nobody is never silently "no match".
        """
        for index, name in enumerate(names or ()):
            members = self.directory.groups.get(name)
            if members is None:
                near = (
                    did_you_mean(name, self.directory.groups) or ": no group is known, by groups: or a directory server"
                )
                self.problem((*path, index), f"no group {name[:60]!r}{near}")
            elif not members and not self.directory.domains.get(name):
                self.problem((*path, index), f"group {name[:60]!r} has no members")
        return names or ()

    def route(self, name: str | None, path: Path) -> str:
        """The next server that is asked for, "" if none is."""
        if name is not None and self.upstreams is not None and name not in self.upstreams:
            near = did_you_mean(name, self.upstreams) or ": name it under upstreams: in mailguard.yaml"
            self.problem(path, f"no upstream {name!r}{near}")
        return name or ""

    def asked_customers(self, path: Path) -> Customers:
        """The customers, for a condition that asks for them."""
        if not self.customers:
            self.problem(path, "no customers are known: list them at the top of a policy file under customers:")
        return self.customers

    def text_globs(self, globs: tuple[str, ...], path: Path) -> Any:
        """Globs over texts, compiled over their folded form; None with a problem if they cannot be compiled."""
        try:
            return compile_globs(fold(glob) for glob in globs)
        except ValueError as error:
            self.problem(path, str(error))
            return None

    def globs(self, globs: tuple[str, ...] | None, path: Path, normal: Callable[[str], str]) -> NameList | None:
        """Globs over domains or addresses, whichever `normal` is for; None if none is asked for."""
        if globs is None:
            return None
        entries: list[str] = []
        for index, glob in enumerate(globs):
            try:
                entries.append(normal(glob))
            except ValueError as error:
                self.problem((*path, index), str(error))
        names = NameList(entries) if normal is normal_domain else NameList((), entries)
        self.made.names.append(names)
        return names
