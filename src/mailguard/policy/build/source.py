"""What a builder of conditions needs besides what was written: lists by name, customers, rows of files, and where
problems go.

It opens no file; a name that nobody knows is a problem with its place and a suggestion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.saying import Sentence
from mailguard.policy.build.made import Made
from mailguard.policy.customers import Customers
from mailguard.policy.fold import fold
from mailguard.policy.lists import NameList, normal_domain
from mailguard.policy.marks import Marks, Path, Problem
from mailguard.policy.patterns import compile_globs
from mailguard.policy.people.teams import no_members
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
                near = did_you_mean(name, self.lists) or Sentence(
                    "ポリシーファイルの lists: の下に書いてください。", ": write it under lists: in a policy file"
                )
                said = Sentence(
                    "リスト{name!r}がありません。{near}", "no list {name!r}{near}", name=name[:60], near=near
                )
                self.problem((*path, index), said)
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
                near = did_you_mean(name, self.directory.groups) or Sentence(
                    "groups: にもディレクトリーサーバーにもグループが1つもありません。",
                    ": no group is known, by groups: or a directory server",
                )
                said = Sentence(
                    "グループ{name!r}がありません。{near}", "no group {name!r}{near}", name=name[:60], near=near
                )
                self.problem((*path, index), said)
            elif not members and not self.directory.domains.get(name):
                self.problem((*path, index), no_members(name[:60]))
        return names or ()

    def route(self, name: str | None, path: Path) -> str:
        """The next server that is asked for, "" if none is."""
        if name is not None and self.upstreams is not None and name not in self.upstreams:
            near = did_you_mean(name, self.upstreams) or Sentence(
                "mailguard.yaml の upstreams: の下に書いてください。", ": name it under upstreams: in mailguard.yaml"
            )
            self.problem(
                path, Sentence("中継先{name!r}がありません。{near}", "no upstream {name!r}{near}", name=name, near=near)
            )
        return name or ""

    def asked_customers(self, path: Path) -> Customers:
        """The customers, for a condition that asks for them."""
        if not self.customers:
            said = Sentence(
                "顧客が1つもありません。ポリシーファイルの先頭の customers: の下に書いてください。",
                "no customers are known: list them at the top of a policy file under customers:",
            )
            self.problem(path, said)
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
