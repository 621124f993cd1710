"""Lists that nobody asks, and names in them that look like a slip of the finger.

A mistyped domain in a list of partners opens nothing, but it holds the wrong mail; one in a list of rivals lets the
wrong mail go. Compared are own domains, free mail and, while they are few, the lists with each other. Nothing is looked
up anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rapidfuzz.distance import DamerauLevenshtein

from mailguard.mail.saying import Sentence
from mailguard.policy.free_mail import FREE_MAIL, SHARED_MAIL, is_shared
from mailguard.policy.lint.unfound import NO_DOT, PRIVATE, no_ending
from mailguard.policy.lists import Line, Listed, is_glob
from mailguard.policy.lookalike import KnownDomains, is_public, known_domains, likeness, unicode_domain
from mailguard.policy.marks import Problem
from mailguard.policy.rule import Policy

_COLUMN = Sentence(
    ".csv では見出しが domain か address の列、なければ最初の列を読みます。",
    " Of a .csv the column headed domain or address is read, else the first",
)
_COMPARED_MAX, _SHORT, _TOLD_MAX = 20_000, 7, 20


def about_lists(policy: Policy) -> list[Problem]:
    """Warnings and remarks about all named lists."""
    found: list[Problem] = []
    own = tuple(d.removeprefix("*.") for d in policy.organization.domains) if policy.organization is not None else ()
    listed = {line.name.rpartition("@")[2] for one in policy.lists.values() for line in one.lines}
    known = known_domains(own, FREE_MAIL, SHARED_MAIL)
    others = _Near(listed if len(listed) <= _COMPARED_MAX else ())
    for name, one in policy.lists.items():
        if not one.used:
            place = one.place
            unused = Sentence("リスト{name!r}は使われていません。", "list {name!r} is never used", name=name)
            found.append(Problem(place.file, place.line, place.column, unused, "warning"))
        found += list(_slips(one, known, others))[:_TOLD_MAX]
    return found + _twice(policy.lists.values())


def _slips(one: Listed, known: KnownDomains, others: _Near) -> Iterator[Problem]:
    for line in one.lines:
        domain = line.name.rpartition("@")[2].removeprefix("*.")
        if is_glob(domain) or domain.startswith("["):
            continue
        said = _slip(domain, known, others)
        if said:
            shown = line.name.removesuffix(domain) + unicode_domain(domain)
            yield Problem(
                line.file,
                line.line,
                line.column,
                Sentence("{shown!r}: {said}", "{shown!r}: {said}", shown=shown[:80], said=said),
                "warning",
            )


def _slip(domain: str, known: KnownDomains, others: _Near) -> str:
    if is_shared(domain):
        return ""
    alike = likeness(domain, known)
    if alike is not None:
        return Sentence("{known!r}の間違いではありませんか。", "did you mean {known!r}?", known=alike.known)
    last = domain.rpartition(".")[2]
    if last == domain:
        return NO_DOT + (_COLUMN if domain.startswith("xn--") else "")
    if not is_public(domain) and last not in PRIVATE:
        return no_ending(last)
    near = others.near(domain)
    if not near or near > domain:
        return ""
    return Sentence(
        "{near!r}もリストにあります。どちらかが打ち間違いではありませんか。",
        "{near!r} is listed as well: is one of them a slip?",
        near=near,
    )


def _twice(lists: Iterable[Listed]) -> list[Problem]:
    """Entries that stand in a file or list more than once: one remark a list."""
    found: list[Problem] = []
    for one in lists:
        seen: dict[str, Line] = {}
        again = [line for line in one.lines if seen.setdefault(line.name, line) is not line]
        if again:
            first = again[0]
            said = Sentence(
                "{number}件が2回書かれています(例: {name!r})。",
                "{number} entries stand there twice, such as {name!r}",
                number=len(again),
                name=first.name[:80],
            )
            found.append(Problem(first.file, first.line, first.column, said, "info"))
    return found


class _Near:
    """Domains, to find the one that is a single slip away: a letter more, less, other, or two exchanged."""

    def __init__(self, domains: Iterable[str]) -> None:
        self._shorter: dict[str, list[str]] = {}
        for domain in sorted(set(domains)):
            if len(domain) >= _SHORT:
                for piece in {domain, *_shorter(domain)}:
                    self._shorter.setdefault(piece, []).append(domain)

    def near(self, domain: str) -> str:
        """Another of the domains that differs by one slip, or ""."""
        for piece in (domain, *_shorter(domain)):
            for other in self._shorter.get(piece, ()):
                one_slip = DamerauLevenshtein.distance(domain, other, score_cutoff=1) <= 1
                if other != domain and one_slip and not _digits_differ(domain, other):
                    return other
        return ""


def _shorter(text: str) -> Iterator[str]:
    return (text[:at] + text[at + 1 :] for at in range(len(text)))


def _digits_differ(one: str, other: str) -> bool:
    """shop1.example and shop2.example are two shops."""
    return [c for c in one if c.isdecimal()] != [c for c in other if c.isdecimal()]
