"""Whether a domain looks like one that was probably meant: an own one, one often written to, or a great
free-mail house.

Compared is what an eye compares: the name without its suffix, with look-alike letters made one (skeleton), with its
distance in typing slips, and with the usual additions (`-jp`, `-corp`) taken off. Both domains and the difference are
named as evidence. Pure.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import idna
from rapidfuzz import process
from rapidfuzz.distance import OSA

from mailguard.policy.free_mail import is_shared
from mailguard.policy.near import are_neighbours
from mailguard.policy.suffixes import taken_apart

#: Free-mail houses that people mistype; the long tail would only make ordinary names suspicious.
_GREAT = (
    "gmail.com", "yahoo.co.jp", "yahoo.com", "outlook.com", "outlook.jp", "hotmail.com", "hotmail.co.jp", "icloud.com",
    "docomo.ne.jp", "ezweb.ne.jp", "softbank.ne.jp", "i.softbank.jp",
)  # fmt: skip
#: Words that are put beside a company's name to make another domain of it.
_AFFIXES = frozenset(
    "jp japan tokyo osaka co corp inc ltd group hd holdings global web online mail email net login secure support"  # noqa: SIM905
    " account info office shop store hq ne or".split()
)
#: Two letters that read as one, and figures that read as letters (beyond the Unicode confusables, which tell them
#: apart).
_PAIRS = (("rn", "m"), ("nn", "m"), ("vv", "w"), ("cl", "d"))
_FIGURES = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "|": "l", "!": "l"})
#: Names from this length on are compared; slips of typing are looked for from the second, in shorter ones of the
#: neighbouring key only; any key and two neighbouring ones from the third; any two slips from the fourth.
_SHORTEST, _SLIP, _LONG, _LONGER = 4, 5, 7, 10
#: Answers that are kept: of the same domains, mail after mail.
_ANSWERS = 256
#: Hosts whose dot is left out: mailexample.co.jp.
_HOSTS = ("www", "mail", "smtp")


@dataclass(frozen=True, slots=True)
class Likeness:
    """`domain` (as written) looks like `known`; difference: what an eye overlooks, in signs; kind: typo, suffix, ..."""

    domain: str
    known: str
    difference: str
    kind: str

    def __str__(self) -> str:
        return f"{self.domain} ≠ {self.known} ({self.difference})"


@dataclass(frozen=True, slots=True)
class _Split:
    """A domain taken apart: registrable domain, its name and suffix in Unicode, and the name's skeleton."""

    domain: str
    registrable: str
    name: str
    suffix: str
    skeleton: str


@functools.cache
def _confusables() -> Any:
    from confusable_homoglyphs import confusables  # eight megabytes, for names with letters beyond Latin ones

    return confusables


def unicode_domain(domain: str) -> str:
    """A domain with its A-labels decoded, for people. What does not decode stays."""
    labels = []
    for label in domain.split("."):
        try:
            labels.append(idna.decode(label) if label.startswith("xn--") else label)
        except idna.IDNAError:
            labels.append(label)
    return ".".join(labels)


def is_public(domain: str) -> bool:
    """Whether the domain ends as the public suffix list knows domains to end."""
    return bool(taken_apart(unicode_domain(domain))[1])


@functools.lru_cache(maxsize=65536)
def _split(domain: str) -> _Split:
    shown = unicode_domain(domain)
    name, suffix = taken_apart(shown)
    if not suffix or not name:  # not on the public suffix list: its default rule is that the last label is the suffix
        rest, _, suffix = shown.rpartition(".")
        name = rest.rpartition(".")[2] or shown
    return _Split(domain, f"{name}.{suffix}", name, suffix, skeleton(name))


def registrable_domain(domain: str) -> str:
    """The domain that somebody registered, under the public suffix list, in Unicode: mail.x.co.jp is of x.co.jp."""
    return _split(domain).registrable


@functools.lru_cache(maxsize=8192)
def _latin(ch: str) -> str:
    """The Latin letter that a character is taken for, else its base letter, else itself."""
    if ch.isascii():
        return ch
    base = unicodedata.normalize("NFKD", ch)[0]
    if base.isascii():
        return base.lower()
    found: Any = _confusables().is_confusable(ch, greedy=True, preferred_aliases=["latin"])
    for entry in found or ():
        for glyph in entry["homoglyphs"]:
            if glyph["c"].isascii() and glyph["c"].isalnum():
                return str(glyph["c"]).lower()
    return ch


def skeleton(text: str) -> str:
    """The text as an eye reads it in passing: texts with one skeleton look alike (after UTS 39 section 4)."""
    letters = "".join(_latin(ch) for ch in text.lower()).translate(_FIGURES)
    for pair, one in _PAIRS:
        letters = letters.replace(pair, one)
    return letters


class KnownDomains:
    """The domains to compare with, prepared once: look-ups by skeleton and by squeezed form, and one scan for slips."""

    def __init__(self, domains: Iterable[str]) -> None:
        self._splits = [_split(domain) for domain in sorted(set(domains))]
        self._registrable = {split.registrable for split in self._splits}
        self._by_skeleton: dict[str, list[_Split]] = {}
        self._by_squeezed: dict[str, str] = {}
        for split in self._splits:
            if len(split.name) >= _SHORTEST or not split.name.isascii():
                self._by_skeleton.setdefault(split.skeleton, []).append(split)
                for shown in (split.registrable, unicode_domain(split.domain)):
                    self._by_squeezed.setdefault(_squeezed(shown), shown)
        self._answers: dict[str, Likeness | None] = {}
        self._names = {at: s.name for at, s in enumerate(self._splits) if len(s.name) >= _SLIP}

    def likeness(self, domain: str) -> Likeness | None:
        """What `domain` (A-labels) looks like, None if it is known itself or looks like nothing known."""
        answers = self._answers
        if domain in answers:
            return answers.get(domain)
        found = self._looked(domain)
        if len(answers) >= _ANSWERS:  # threads judge as well: whoever finds it empty looks once more
            self._answers = answers = {}
        answers[domain] = found
        return found

    def _looked(self, domain: str) -> Likeness | None:
        split = _split(domain)
        if split.registrable in self._registrable:
            return None
        for found in (self._twin(split), self._typo(split), self._decorated(split), self._carried(split)):
            if found is not None:
                return found
        return None

    def decisive(self, domain: str) -> str:
        """The known domain that decides what `domain` looks like: its own, or the one it resembles; "" if there is
        none. Compared with that one alone, it gets the same answer.
        """
        own = _split(domain).registrable
        if own in self._registrable:
            return own
        found = self.likeness(domain)
        return "" if found is None else found.known

    def _twin(self, split: _Split) -> Likeness | None:
        """Another suffix, or letters that look the same, or dots and hyphens moved."""
        twins = self._by_skeleton.get(split.skeleton, ())
        twin = next((t for t in twins if t.suffix == split.suffix), None) or next(iter(twins), None)
        if twin is not None and twin.name == split.name:
            return _likeness(split, twin, f".{split.suffix} / .{twin.suffix}", "suffix")
        if twin is not None:
            return _likeness(split, twin, difference(split.name, twin.name), "homoglyph")
        squeezed = self._by_squeezed.get(_squeezed(split.registrable))
        if squeezed is not None:
            return Likeness(_shown(split), squeezed, "'.' / '-'", "separator")
        for host in _HOSTS:
            for twin in self._by_skeleton.get(skeleton(split.name.removeprefix(host)), ()):
                if twin.suffix == split.suffix and f"{host}{twin.name}" == split.name:
                    return _likeness(split, twin, "- '.'", "separator")
        return None

    def _typo(self, split: _Split) -> Likeness | None:
        """One slip of typing (two in a long name), in the name, with the same suffix."""
        if len(split.name) < _SHORTEST or is_shared(split.domain):
            return None
        near = process.extract(
            split.name, self._names, scorer=OSA.distance, score_cutoff=2 if len(split.name) >= _LONG else 1, limit=20
        )
        for name, distance, at in near:
            known = self._splits[at]
            if known.suffix == split.suffix and _is_slip(split.name, name, int(distance)):
                return _likeness(split, known, difference(split.name, known.name), "typo")
        return None

    def _decorated(self, split: _Split) -> Likeness | None:
        """A known name with a usual word beside it: acme-jp.com for acme.co.jp."""
        for word, rest in _undecorated(split.name):
            twins = self._by_skeleton.get(skeleton(rest), ())
            if twins and len(rest) >= _SHORTEST:
                return _likeness(split, twins[0], f"+ {word}", "affix")
        return None

    def _carried(self, split: _Split) -> Likeness | None:
        """A known domain as the beginning of another one: corp.example.attacker.test."""
        labels = unicode_domain(split.domain).split(".")
        for length in range(2, len(labels)):
            head = ".".join(labels[:length])
            if head in self._registrable:
                known = next(s for s in self._splits if s.registrable == head)
                return Likeness(unicode_domain(split.domain), known.registrable, f"… .{split.registrable}", "carried")
        return None


def _likeness(split: _Split, known: _Split, difference: str, kind: str) -> Likeness:
    return Likeness(_shown(split), known.registrable, difference, kind)


def _shown(split: _Split) -> str:
    """An IDN is shown in both forms, else the evidence would look like an identity."""
    return split.registrable if split.name.isascii() else f"{split.registrable} [{split.domain}]"


def _squeezed(registrable: str) -> str:
    return registrable.replace(".", "").replace("-", "")


def _undecorated(name: str) -> Iterable[tuple[str, str]]:
    pieces = name.split("-")
    if len(pieces) > 1:
        if pieces[-1] in _AFFIXES:
            yield f"-{pieces[-1]}", "-".join(pieces[:-1])
        if pieces[0] in _AFFIXES:
            yield f"{pieces[0]}-", "-".join(pieces[1:])


def _is_slip(written: str, known: str, distance: int) -> bool:
    """Whether fingers may have made the one of the other, going by length, distance in slips and the keyboard."""
    shorter = min(len(written), len(known))
    if _numbered(written, known):
        return False
    if shorter >= _LONGER or are_neighbours(written, known):
        return True
    other_key = len(written) == len(known) and sorted(written) != sorted(known)
    return distance == 1 and (shorter >= _LONG or not other_key)


def _numbered(left: str, right: str) -> bool:
    """Whether the names differ in figures only (client1, client2): a series, not a slip."""
    return left.translate(_NO_FIGURES) == right.translate(_NO_FIGURES)


_NO_FIGURES = str.maketrans("", "", "0123456789")


def difference(left: str, right: str) -> str:
    """What differs, as `1 / l`; `+ x` and `- x` for what was put in or left out; `ab / ba` for what changed places."""
    if len(left) == len(right) and sorted(left) == sorted(right):
        pairs = [at for at, (one, two) in enumerate(zip(left, right, strict=True)) if one != two]
        start, end = pairs[0], pairs[-1] + 1
        return f"{_named(left[start:end])} / {_named(right[start:end])}"
    start = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))))
    rest_left, rest_right = left[start:], right[start:]
    shared = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(rest_left[::-1], rest_right[::-1], strict=False))
    end = len(list(shared))
    one, two = rest_left[: len(rest_left) - end], rest_right[: len(rest_right) - end]
    if not two:
        return f"+ {_named(one)}"
    return f"{_named(one)} / {_named(two)}" if one else f"- {_named(two)}"


def _named(text: str) -> str:
    """The letters, with the code of those that only look Latin."""
    return "".join(ch if ch.isascii() else f"{ch} U+{ord(ch):04X}" for ch in text)


@functools.lru_cache(maxsize=64)
def known_domains(*groups: frozenset[str] | tuple[str, ...]) -> KnownDomains:
    """The prepared comparison for these domains and the great free-mail houses (cached: history hands in the
    same again).
    """
    named = {domain.removeprefix("*.") for group in groups for domain in group if "@" not in domain}
    return KnownDomains(named | set(_GREAT))


def likeness(domain: str, known: KnownDomains) -> Likeness | None:
    """What a domain looks like. Free-mail houses themselves look like nothing: they are known to everybody."""
    return None if is_shared(domain) else known.likeness(domain)
