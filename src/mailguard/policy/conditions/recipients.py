"""`recipients`: picks recipients by what they are, and holds when as many are picked as asked.

The envelope says who receives; To and Cc say who is seen. A recipient whom the envelope hides is Bcc. Whether
somebody was written to before is a value of the case. Nothing is looked up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mailguard.mail.verdict import Because
from mailguard.policy.conditions.picks import Pick, needs_of
from mailguard.policy.conditions.tree import Signs
from mailguard.policy.free_mail import is_shared
from mailguard.policy.lists import NameList
from mailguard.policy.lookalike import registrable_domain
from mailguard.policy.meant import meant_of, meant_words
from mailguard.policy.result import Result, Told, Truth, Values, bounded, decide_between, number, some
from mailguard.policy.values import AT_LEAST_ONE, Comparison
from mailguard.policy.view import Seen, View

#: So many more recipients may stand in fields that were not read.
_UNREAD_MANY = 10**6
_SEVERAL = 2
NOBODY: frozenset[int] = frozenset()


def _more(view: View) -> frozenset[str] | None:
    """None, if the envelope names several recipients."""
    return None if len(view.recipients) >= _SEVERAL else frozenset()


def _more_outside(view: View) -> frozenset[str] | None:
    """None, if the envelope names several outside."""
    return None if view.external_count >= _SEVERAL else frozenset()


def _more_shown(view: View) -> frozenset[str] | None:
    """None, if To and Cc may show several."""
    return None if view.headers_doubtful or len(view.visible) >= _SEVERAL else frozenset()


def _naming(view: View) -> frozenset[int] | None:
    return view.naming


@dataclass(frozen=True, slots=True)
class Recipients:
    """picks: all must hold of a recipient. shown: the population is whom To and Cc show, not whom the envelope names.

    external: the side of those that `every` is about, None for both.
    """

    picks: tuple[Pick, ...] = ()
    shown: bool = False
    external: bool | None = None
    count: Comparison = AT_LEAST_ONE
    domains: Comparison | None = None
    organizations: Comparison | None = None
    every: bool = False
    # What `shut` needs, worked out once: it is asked for each rule and mail.
    _none_will_do: bool = field(init=False, repr=False, compare=False)
    _least: float = field(init=False, repr=False, compare=False)
    _naming: tuple[NameList, ...] = field(init=False, repr=False, compare=False)
    _shut: tuple[Callable[[View], bool], ...] = field(init=False, repr=False, compare=False)
    _tests: tuple[Callable[[View, Seen], Truth], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_none_will_do", self.count.holds(0))
        kinds = [asked for asked in (self.domains, self.organizations) if asked is not None]
        object.__setattr__(self, "_least", max(asked.least for asked in (self.count, *kinds)))
        object.__setattr__(self, "_naming", tuple(pick.names for pick in self.picks if pick.names is not None))
        object.__setattr__(self, "_tests", tuple(pick.test for pick in self.picks))
        object.__setattr__(self, "_shut", tuple(pick.shut for pick in self.picks if pick.shut is not None))

    def shut(self, view: View) -> bool:
        """Nobody of the envelope can be picked, or not as many as are asked for."""
        if self._none_will_do:
            return False
        if self.shown:  # To and Cc may show people whom this envelope does not name, and they are counted
            most = math.inf if view.headers_doubtful else len(view.visible)
        else:
            most = view.external_count if self.external else len(view.recipients)
        if most < self._least:
            return True
        for shut in self._shut:
            if shut(view):
                return True
        if self.shown and view.headers_doubtful:
            return False
        return bool(self._naming) and not all(map(view.may_name, self._naming))

    @property
    def signs(self) -> Signs | None:
        """A list that names a recipient, or more than one of them."""
        if self._none_will_do:
            return None
        if self.shown or not self._naming:
            more = _more_shown if self.shown else _more_outside if self.external else _more
            return Signs(more, frozenset()) if self._least >= _SEVERAL else None
        return Signs(_naming, frozenset((id(self._naming[0]),)), lists=True)

    @property
    def needs(self) -> frozenset[str]:
        """What must be asked before a mail is judged."""
        return needs_of(self.picks)

    def look(self, view: View) -> Result:
        picked: list[Seen] = []
        unsure: list[Seen] = []
        for seen, at_best in self._population(view):
            found = self._picks(view, seen, at_best)
            if found is not Truth.NO:
                (picked if found is Truth.YES else unsure).append(seen)
        if self.shown and not any(seen.index is not None for seen in (*picked, *unsure)):
            picked, unsure = [], []  # whom only a header names gets nothing from us
        if not picked and not unsure and not self.shown and not self._none_will_do:  # most rules, of most mails
            return Result(Truth.NO, lambda: self._say(view, picked), lambda: self._tell(view, picked), NOBODY)
        truth = self._decided(view, picked, unsure)
        about = picked if truth is not Truth.UNKNOWN else [*picked, *unsure]
        return Result(
            truth,
            lambda: self._say(view, picked),
            lambda: self._tell(view, picked),
            _indexes(about),
            self._gaps(view, unsure) if truth is Truth.UNKNOWN else (),
            _indexes(unsure) if truth is Truth.YES else frozenset(),
        )

    def _population(self, view: View) -> list[tuple[Seen, Truth]]:
        """Who may be picked, and the most that can be said of them."""
        if not self.shown:
            return [(seen, Truth.YES) for seen in view.recipients]
        people = [(seen, Truth.YES) for seen in view.visible]
        if view.headers_doubtful:  # a field that nobody could read may show them all
            shown = view.visible_indexes
            people += [(seen, Truth.UNKNOWN) for seen in view.recipients if seen.index not in shown]
        return people

    def _picks(self, view: View, seen: Seen, least: Truth) -> Truth:
        """The least of all tests, cheapest first: one that fails makes the others needless."""
        for test in self._tests:
            found = test(view, seen)
            if found is Truth.NO:
                return found
            if found < least:
                least = found
        return least

    def _decided(self, view: View, picked: list[Seen], unsure: list[Seen]) -> Truth:
        more = _UNREAD_MANY if self.shown and view.headers_doubtful else 0
        truth = Truth.YES
        for asked, count in self._counts():
            truth = min(truth, decide_between(asked, count(picked), count([*picked, *unsure]) + more))
        if self.every and truth is not Truth.NO:
            if len(picked) + len(unsure) != self._same_side(view):
                return Truth.NO
            if unsure or more:  # of whoever stands in an unread field nobody knows that he is one of them
                return Truth.UNKNOWN
        return truth

    def _same_side(self, view: View) -> int:
        """How many `every` is about: all who get the mail, so that nobody passes for being hidden, and all it shows."""
        beside = [seen for seen in view.visible if seen.index is None] if self.shown else []
        return sum(self.external is None or seen.external is self.external for seen in (*view.recipients, *beside))

    def _counts(self) -> Iterable[tuple[Comparison, Callable[[Sequence[Seen]], int]]]:
        yield self.count, len
        if self.domains is not None:
            yield self.domains, lambda seen: len(_domains(seen))
        if self.organizations is not None:
            yield self.organizations, lambda seen: len(organizations(seen))

    def _gaps(self, view: View, unsure: list[Seen]) -> tuple[str, ...]:
        """What is not known of those who may have to be picked."""
        gaps = {
            pick.gap(view, seen) for seen in unsure for pick in self.picks if pick.test(view, seen) is Truth.UNKNOWN
        }
        return bounded(gaps) or ("To · Cc",)

    def _tell(self, view: View, picked: list[Seen]) -> Told:
        meant = self._meant(view, picked)
        return Told(bounded(self._evidence(view, picked)), Values(lambda: self._values(view, picked, meant)), meant)

    def _values(self, view: View, picked: list[Seen], meant: Mapping[str, str]) -> dict[str, Because]:
        values = {
            "count": number(len(picked)),
            "domains": number(len(_domains(picked))),
            "organizations": number(len(organizations(picked))),
            "addresses": some(sorted(str(seen.address) for seen in picked)),
        }
        for pick in self.picks:
            if pick.values is not None:
                values |= pick.values(view, picked)
        return values | meant_words(meant, values.get("reason"))

    def _meant(self, view: View, picked: list[Seen]) -> dict[str, str]:
        return meant_of((pick.meant for pick in self.picks), view, picked)

    def _evidence(self, view: View, picked: list[Seen]) -> list[str]:
        """Who was picked, or what shows it where that says more."""
        telling = [pick.evidence for pick in self.picks if pick.evidence is not None]
        if telling:
            return sorted({evidence(view, seen) for evidence in telling for seen in picked})
        return sorted(str(seen.address) for seen in picked)

    def _named(self, view: View, picked: list[Seen]) -> Because:
        """The same in the words of both languages."""
        reasons = [pick.reason for pick in self.picks if pick.reason is not None]
        if not reasons:
            return some(self._evidence(view, picked))
        told = sorted(picked, key=lambda seen: seen.address.key)
        words = list(dict.fromkeys(reason(view, seen) for reason in reasons for seen in told))
        return Because(some(one.ja for one in words).ja, some(one.en for one in words).en)

    def _say(self, view: View, picked: list[Seen]) -> Because:
        ja, en = self._described()
        found = len(picked)
        asked_ja, asked_en = [self.count.ja("件")], [self.count.en()]
        kinds, of = [], []
        for asked, distinct, word, words in (
            (self.domains, len(_domains(picked)), "ドメイン", "domain"),
            (self.organizations, len(organizations(picked)), "組織", "organization"),
        ):
            if asked is not None:
                asked_ja.append(f"{word}は{asked.ja('種類')}")
                asked_en.append(f"{asked.en()} {words}s")
                kinds.append(f"、{word}は{distinct}種類")
                of.append(f" in {distinct} {words}{'s' * (distinct != 1)}")
        if self.every:
            asked_ja.append("全員")
            asked_en.append("all of them")
        named = self._named(view, picked)
        meant = meant_words(self._meant(view, picked), named)["did_you_mean"]
        shown_ja, shown_en = (f"「{named.ja}」{meant.ja}", f" ({named.en}){meant.en}") if picked else ("", "")
        number_en = f"{found} recipient{'s' * (found != 1)}" if found else "no recipient"
        return Because(
            f"{ja}宛先は{found}件{''.join(kinds)}です{shown_ja}（条件: {'、'.join(asked_ja)}）",
            f"there {'are' if found > 1 else 'is'} {number_en}{''.join(of)}{en}{shown_en}"
            f" [asked: {', '.join(asked_en)}]",
        )

    def _described(self) -> tuple[str, str]:
        """What is picked, in words: attributes before 宛先, and a relative clause after "recipient"."""
        words = list(dict.fromkeys(pick.attribute for pick in self.picks))
        if not words:
            return "", ""
        return "、".join(one.ja for one in words), " " + " and ".join(one.en for one in words)


def _indexes(some: Iterable[Seen]) -> frozenset[int]:
    return frozenset([seen.index for seen in some if seen.index is not None])


def _domains(picked: Iterable[Seen]) -> set[str]:
    return {seen.address.ascii_domain for seen in picked}


def organizations(picked: Iterable[Seen]) -> set[str]:
    """Whom the addresses belong to: the company itself, registrable domains, and each address where strangers share
    a domain.
    """
    return {
        ""
        if not seen.external
        else seen.address.key
        if is_shared(seen.address.ascii_domain) or seen.address.is_literal
        else registrable_domain(seen.address.ascii_domain)
        for seen in picked
    }
