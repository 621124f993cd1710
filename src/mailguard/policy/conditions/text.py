"""`text`: words and patterns, in the subject, the body, file names and files; how often they occur, what they weigh.

Texts are untrusted and folded before comparison; patterns run in linear time. Where text could not be read, a
count is a lower bound, and "not found" is "not known".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from mailguard.mail.verdict import Because
from mailguard.policy.conditions.tree import Signs
from mailguard.policy.patterns import MATCHES_MAX, Words, matches
from mailguard.policy.result import NOT_KEPT, Result, Told, Truth, bounded, decide, number, quoted, some
from mailguard.policy.shares import ALL_SHARES, Shares
from mailguard.policy.values import AT_LEAST_ONE, Comparison
from mailguard.policy.view import View

PLACES = ("subject", "body", "names", "attachments")
PLACE_NAMES = {
    "subject": ("件名", "the subject"),
    "body": ("本文", "the body"),
    "names": ("ファイル名", "the file names"),
    "attachments": ("添付ファイル", "the attachments"),
}


@dataclass(frozen=True, slots=True)
class Sought:
    """A pattern, what it weighs, and how often it must occur to count at all."""

    pattern: Any
    weight: int = 1
    count: Comparison = AT_LEAST_ONE


@dataclass(slots=True)
class _Hits:
    """What one word or pattern found: pieces with how often, and in which places."""

    weight: int
    pieces: dict[str, int] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)

    def add(self, piece: str, times: int, place: str) -> None:
        self.pieces[piece] = self.pieces.get(piece, 0) + times
        self.places.add(place)

    @property
    def times(self) -> int:
        return sum(self.pieces.values())


@lru_cache(maxsize=256)  # one function for one question
def _present_in(places: tuple[str, ...], shares: Shares) -> Callable[[View], frozenset[str] | None]:
    """What tells which words and patterns may stand in these places; None where they were not read."""

    def look(view: View) -> frozenset[str] | None:
        found: frozenset[str] = frozenset()
        for place in places:
            present = view.present(place, shares)
            if present is None:
                return None
            found |= present
        return found if view.read_whole or not text_gaps(view, places) else None

    return look


@dataclass(frozen=True, slots=True)
class TextFound:
    """Words and patterns together. `count` compares all occurrences, `score` the sum of the weights of what was found,
    each word and each pattern once; both must hold where both are asked. weights: of words as written, 1 where none is
    given.
    """

    words: Words
    weights: Mapping[str, int] = field(default_factory=dict)
    patterns: tuple[Sought, ...] = ()
    places: tuple[str, ...] = PLACES
    shares: Shares = ALL_SHARES
    count: Comparison | None = AT_LEAST_ONE
    score: Comparison | None = None
    _keys: frozenset[str] = field(init=False, repr=False, compare=False)
    _none_will_do: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        keys = self.words.bare.union(sought.pattern.pattern for sought in self.patterns)
        object.__setattr__(self, "_keys", keys)
        asked = (comparison for comparison in (self.count, self.score) if comparison is not None)
        object.__setattr__(self, "_none_will_do", all(comparison.holds(0) for comparison in asked))

    def shut(self, view: View) -> bool:
        """Nothing of what it looks for stands anywhere, and all was read."""
        if self._none_will_do:
            return False
        for place in self.places:
            present = view.present(place, self.shares)
            if present is None or not self._keys.isdisjoint(present):
                return False
        return view.read_whole or not text_gaps(view, self.places)

    @property
    def signs(self) -> Signs | None:
        """A word or a pattern."""
        return None if self._none_will_do else Signs(_present_in(self.places, self.shares), self._keys)

    def look(self, view: View) -> Result:
        hits = self._hits(view)
        total = sum(one.times for one in hits)
        score = sum(one.weight for one in hits)
        gaps = text_gaps(view, self.places)
        truth = Truth.YES
        for comparison, value in ((self.count, total), (self.score, score)):
            if comparison is not None:
                truth = min(truth, decide(comparison, value, bool(gaps)))
        unread = gaps if truth is Truth.UNKNOWN else ()
        shown = sorted({piece for one in hits for piece in one.pieces})
        where = {place for one in hits for place in one.places}

        def tell() -> Told:
            evidence = shown if self.score is None else [*shown, f"score: {score:,}"]
            values = {"words": quoted(shown), "count": number(total), "score": number(score)}
            return Told(bounded(evidence), values)

        return Result(truth, lambda: self._say(total, score, shown, where, unread), tell, None, unread)

    def _hits(self, view: View) -> list[_Hits]:
        """The words and patterns that count, with what they found."""
        words: dict[str, _Hits] = {}
        patterns = [_Hits(sought.weight) for sought in self.patterns]
        for place in filter(view.keeps, self.places):
            folded, variants = view.text(place, self.shares)
            if not folded:
                continue
            present = view.present(place, self.shares)
            for word, times in self.words.found(folded, present):
                words.setdefault(word, _Hits(self.weights.get(word, 1))).add(word, times, place)
            for sought, hits in zip(self.patterns, patterns, strict=True):
                if present is not None and sought.pattern.pattern not in present:
                    continue
                for piece in _most_pieces(sought.pattern, variants):
                    hits.add(" ".join(piece.split())[:60], 1, place)
        enough = (hits for sought, hits in zip(self.patterns, patterns, strict=True) if sought.count.holds(hits.times))
        return [*words.values(), *enough]

    def _say(self, total: int, score: int, shown: list[str], where: set[str], unread: tuple[str, ...]) -> Because:
        ja, en = named_places([place for place in self.places if place in where] or self.places)
        named = some(shown)
        hidden = some(unread)
        times = "once" if total == 1 else f"{total} times"
        asked_ja = [self.count.ja("回")] if self.count is not None else []
        asked_en = [self.count.en()] if self.count is not None else []
        weigh = Because("", "")
        if self.score is not None:
            asked_ja.append(f"重みの合計が{self.score.ja()}")
            asked_en.append(f"weights of {self.score.en()}")
            weigh = Because(f"、重みの合計は{score:,}です", f" with weights of {score:,} in all")
        return Because(
            (f"{ja}に「{named.ja}」が{total}回あります{weigh.ja}" if total else f"{ja}に決められた語句はありません")
            + f"（条件: {'、'.join(asked_ja)}）"
            + (f"。ただし「{hidden.ja}」の中は確認できません" if unread else ""),
            (f"{named.en} stands {times} in {en}{weigh.en}" if total else f"none of the words stands in {en}")
            + f" [asked: {', '.join(asked_en)}]"
            + (f"; but {hidden.en} could not be examined" if unread else ""),
        )


def _most_pieces(pattern: Any, variants: tuple[bytes, ...]) -> list[str]:
    """What a pattern finds in the reading of the text (as wrapped, or unwrapped) in which it occurs more often."""
    best: list[str] = []
    for variant in variants:
        pieces = list(matches(pattern, variant))
        best = pieces if len(pieces) > len(best) else best
    return best[:MATCHES_MAX]


def text_gaps(view: View, places: tuple[str, ...]) -> tuple[str, ...]:
    """What in these places nobody could read."""
    gaps = {NOT_KEPT for place in places if not view.keeps(place)}
    if not view.unread_anywhere:
        return tuple(gaps)
    if "body" in places or "subject" in places:
        # a subject is lost only with the whole header
        gaps.update(view.unread_body if "body" in places else ())
        gaps.update(("unreadable",) if "unreadable" in view.findings else ())
    if "names" in places:
        gaps.update(view.files_incomplete)
    if "attachments" in places:
        gaps.update(view.unread_files, view.files_incomplete)
    return tuple(sorted(gaps))


def named_places(places: list[str] | tuple[str, ...]) -> tuple[str, str]:
    """Places in words, in both languages."""
    ja = "・".join(PLACE_NAMES[place][0] for place in places)
    return ja, " and ".join(PLACE_NAMES[place][1] for place in places)
