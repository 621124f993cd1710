"""A first glance at a mail for all rules of a policy together: which of their lists, words and patterns it can meet.

One pass over a text finds the candidates among all words and patterns; one look at a recipient finds all lists that
name him. Whatever a glance leaves out is surely not there; what it lets through is looked at by the rule itself. So a
verdict is the same with and without it. Where the engine gives up, everything is a candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import re2

from mailguard.mail.address import Address
from mailguard.policy.lists import NameList, is_glob, suffixes
from mailguard.policy.patterns import glob_pattern

#: Patterns in one set, and the memory of all automata of a kind. More patterns are more sets, each a pass.
_SET_MAX, _SET_MEMORY = 4096, 256 * 2**20


class _PatternSet:
    """Patterns that are all looked for in one pass, by their numbers."""

    def __init__(self, patterns: Sequence[str], *, case: bool, whole: bool = False, memory: int = 2**26) -> None:
        options = re2.Options()
        options.log_errors = False
        options.never_capture = True
        options.case_sensitive = case
        options.max_mem = memory
        self._set: Any = (re2.Set.FullMatchSet if whole else re2.Set.SearchSet)(options)
        # A sign of life: an automaton that runs out of memory says "nothing found", as if that were the truth.
        self._set.Add("(?s:.*)" if whole else "(?s:.)")
        try:
            for pattern in patterns:
                self._set.Add(pattern)
            self._set.Compile()
        except (re2.error, RuntimeError):
            self._set = None  # too much for one automaton: each is a candidate
        self._numbers = range(len(patterns))

    def candidates(self, text: bytes) -> Iterable[int]:
        """The numbers of the patterns that are there, or of all where that cannot be told."""
        if not text or self._set is None:
            return self._numbers
        found = self._set.Match(text)
        return [number - 1 for number in found if number] if 0 in found else self._numbers


class Screen:
    """All words (folded) and patterns of a policy, told by one pass over a text."""

    def __init__(self, words: Iterable[str], patterns: Iterable[str]) -> None:
        self._words = _sets(sorted(set(words)), case=True)
        self._patterns = _sets(sorted(set(patterns)), case=False)

    def present(self, folded: str, variants: Iterable[bytes]) -> frozenset[str]:
        """The words and patterns that may stand in the text; every other surely does not."""
        found: set[str] = set()
        if not folded:
            return frozenset()
        passes = [(self._words, folded.encode("utf-8", "replace"))] if self._words else []
        passes += [(self._patterns, variant) for variant in variants] if self._patterns else []
        for sets, octets in passes:
            for keys, patterns in sets:
                found.update(keys[number] for number in patterns.candidates(octets))
        return frozenset(found)


def _sets(keys: Sequence[str], *, case: bool) -> list[tuple[Sequence[str], _PatternSet]]:
    chunks = [keys[start : start + _SET_MAX] for start in range(0, len(keys), _SET_MAX)]
    memory = max(2**20, min(2**27, _SET_MEMORY // max(1, len(chunks))))
    return [
        (chunk, _PatternSet([re2.escape(key) for key in chunk] if case else chunk, case=case, memory=memory))
        for chunk in chunks
    ]


class NameIndex:
    """All lists and globs of a policy turned around: from an address to those that name it."""

    def __init__(self, lists: Iterable[NameList]) -> None:
        self._lists = tuple({id(names): names for names in lists}.values())  # kept, so that no id is given anew
        self.known = frozenset(map(id, self._lists))
        # Entries name a set by its number: see NameList for why these are dictionaries of mere text and numbers.
        self._sets: list[frozenset[int]] = []
        numbers: dict[frozenset[int], int] = {}
        self._exact: dict[str, int] = {}
        self._suffixes: dict[str, int] = {}
        globs: dict[str, int] = {}
        for names in self._lists:
            alone = frozenset((id(names),))
            for entry in names.entries:
                suffix = entry.startswith("*.") and not is_glob(entry[2:])
                into = self._suffixes if suffix else globs if is_glob(entry) else self._exact
                key = entry[1:] if suffix else entry
                wanted = alone | self._sets[into[key]] if key in into else alone
                number = into[key] = numbers.setdefault(wanted, len(numbers))
                if number == len(self._sets):
                    self._sets.append(wanted)
        self._globs = [(glob, globs[glob]) for glob in sorted(globs)]
        self._set = _PatternSet([glob_pattern(glob) for glob, _ in self._globs], case=False, whole=True)

    def naming(self, address: Address) -> frozenset[int]:
        """The ids of the lists that may name the address; every other that is `known` surely does not."""
        domain = address.ascii_domain
        numbers = [self._exact.get(domain), self._exact.get(address.key)]
        if self._suffixes:
            numbers += map(self._suffixes.get, suffixes(domain))
        if self._globs:
            for text in (domain, address.key):
                numbers += [self._globs[at][1] for at in self._set.candidates(text.encode("utf-8", "replace"))]
        return frozenset[int]().union(*(self._sets[number] for number in set(numbers) if number is not None))


class FileGlobs:
    """All globs over file names of a policy, folded."""

    def __init__(self, globs: Iterable[str]) -> None:
        self._globs = sorted(set(globs))
        self._set = _PatternSet([glob_pattern(glob) for glob in self._globs], case=False, whole=True)

    def matched(self, names: Iterable[str]) -> frozenset[str]:
        """The globs that may match one of the folded names."""
        if not self._globs:
            return frozenset()
        octets = (name.encode("utf-8", "replace") for name in set(names))
        return frozenset(self._globs[number] for one in octets for number in self._set.candidates(one))


class Sieve:
    """What a View asks before a rule is asked. globs: over file names, folded; words: folded."""

    def __init__(
        self, lists: Iterable[NameList], words: Iterable[str], patterns: Iterable[str], globs: Iterable[str] = ()
    ) -> None:
        self.names = NameIndex(lists)
        self.screen = Screen(words, patterns)
        self.files = FileGlobs(globs)
