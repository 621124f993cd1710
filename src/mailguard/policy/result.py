"""What looking at a condition gives: yes, no, or that it cannot be decided, with the evidence and the words for
it.

Three-valued (Kleene): what a part of the mail kept from being read is neither yes nor no, and `not` does not
make it so. Pure.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field

from mailguard.mail.values import value, worked_out
from mailguard.mail.verdict import Because
from mailguard.policy.values import Comparison

EVIDENCE_MAX = 20
#: What could not be examined in a recorded mail: its texts are not kept (`Case.texts_kept`).
NOT_KEPT = "本文 / text"


class Truth(enum.IntEnum):
    """Ordered so that `and` is min and `or` is max."""

    NO = 0
    UNKNOWN = 1
    YES = 2


class Values(Mapping[str, Because]):
    """What a rule's sentence may name, worked out when one does: most sentences name nothing."""

    def __init__(self, make: Callable[[], Mapping[str, Because]]) -> None:
        self._make = make

    @worked_out
    def _all(self) -> Mapping[str, Because]:
        return self._make()

    def __getitem__(self, name: str) -> Because:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


@value(frozen=True, slots=True)
class Told:
    """What a hit tells. evidence: addresses, words, files, counts; values: what a rule's sentence may name in
    braces; meant: whom the sender probably meant, by the keys of the recipients that it is about.
    """

    evidence: tuple[str, ...] = ()
    values: Mapping[str, Because] = field(default_factory=dict)
    meant: Mapping[str, str] = field(default_factory=dict)


@value(frozen=True, slots=True)
class Result:
    """truth, and, worked out only when somebody asks: say, the fact as a clause in both languages; tell, the evidence.

    picked: indexes of the envelope's recipients that it is about, None if it is not about recipients.
    maybe: beside a YES, recipients of whom the same cannot be decided; None: it may be about everybody.
    unread: names of what could not be read, if truth is UNKNOWN.
    """

    truth: Truth
    say: Callable[[], Because]
    tell: Callable[[], Told] = Told
    picked: frozenset[int] | None = None
    unread: tuple[str, ...] = ()
    maybe: frozenset[int] | None = frozenset()


class TextNotKept(Exception):
    """A condition asked for a text that the record of a mail does not hold: it is undecided, not false."""


def not_kept() -> Result:
    """The answer of a condition that needs a text which was not kept."""
    said = Because("本文は記録に残っていないため、確認できません", "the text is not part of the record")
    return Result(Truth.UNKNOWN, lambda: said, unread=(NOT_KEPT,))


def decide(comparison: Comparison, number: int, incomplete: bool) -> Truth:
    """Whether `number` satisfies the comparison. incomplete: there may be more of it where nobody could look."""
    holds = comparison.holds(number)
    if not incomplete:
        return Truth.YES if holds else Truth.NO
    if comparison.sign in (">=", ">"):
        return Truth.YES if holds else Truth.UNKNOWN
    return Truth.NO if number > comparison.bound else Truth.UNKNOWN


def decide_between(comparison: Comparison, least: int, most: int) -> Truth:
    """Whether a number satisfies the comparison that is only known to lie between two (both included)."""
    holds = comparison.holds(least)
    if least != most:
        between = comparison.sign == "==" and least < comparison.bound < most
        if between or comparison.holds(most) is not holds:
            return Truth.UNKNOWN
    return Truth.YES if holds else Truth.NO


def both(text: str) -> Because:
    """The same text in both languages."""
    return Because(text, text)


def number(count: int) -> Because:
    """A number for a sentence."""
    return both(f"{count:,}")


def some(names: Iterable[str], limit: int = 3) -> Because:
    """The first few names, and how many more there are."""
    listed = list(names)
    shown, more = listed[:limit], len(listed) - limit
    if more <= 0:
        return Because("、".join(shown), ", ".join(shown))
    return Because(f"{'、'.join(shown)} ほか{more}件", f"{', '.join(shown)} and {more} more")


def quoted(texts: Iterable[str], limit: int = 3) -> Because:
    """The same of words as they stand in a mail, each in quotation marks."""
    listed = list(texts)
    ja, en = some([f"「{one}」" for one in listed], limit), some([f"“{one}”" for one in listed], limit)
    return Because(ja.ja, en.en)


def bounded(evidence: Iterable[str]) -> tuple[str, ...]:
    """Sorted, each once, each at most 200 characters, at most EVIDENCE_MAX, the rest counted ("+41")."""
    return _bounded({item[:200] for item in evidence}, 0)


def bounded_again(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The same of several that `bounded` gave: what each has left out is counted, and no evidence itself."""
    listed, left = set[str](), 0
    for part in parts:
        if len(part) > EVIDENCE_MAX and part[-1][1:].isdecimal():
            left += int(part[-1][1:])
            part = part[:-1]
        listed.update(part)
    return _bounded(listed, left)


def _bounded(listed: set[str], left: int) -> tuple[str, ...]:
    left += max(len(listed) - EVIDENCE_MAX, 0)
    return (*sorted(listed)[:EVIDENCE_MAX], *([f"+{left}"] if left else []))
