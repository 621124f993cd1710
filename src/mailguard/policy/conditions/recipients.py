"""`recipients`: picks recipients by what they are, and holds when as many are picked as asked.

The envelope says who receives; To and Cc say who is seen. A recipient whom the envelope hides is Bcc. Whether
somebody was written to before is a value of the case. Nothing is looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from mailguard.mail.verdict import Because
from mailguard.policy.free_mail import is_free_mail
from mailguard.policy.lists import NameList
from mailguard.policy.lookalike import Likeness
from mailguard.policy.result import Result, Told, Truth, bounded, decide, number, some
from mailguard.policy.values import AT_LEAST_ONE, Comparison
from mailguard.policy.view import Seen, View


@dataclass(frozen=True, slots=True)
class Recipients:
    """The picks; None means not asked. `lists`/`not_lists` with their names for sentences."""

    external: bool | None = None
    visible: bool | None = None
    bcc: bool | None = None
    lists: NameList | None = None
    list_names: tuple[str, ...] = ()
    not_lists: NameList | None = None
    not_list_names: tuple[str, ...] = ()
    domain: NameList | None = None
    address: NameList | None = None
    globs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    free_mail: bool | None = None
    first_time: Literal["sender", "company"] | None = None
    lookalike: bool | None = None
    count: Comparison = AT_LEAST_ONE
    domains: Comparison | None = None
    every: bool = False
    _tests: tuple[Callable[[View, Seen], bool], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tests", tuple(self._make_tests()))

    def look(self, view: View) -> Result:
        population = view.visible if self.visible else view.recipients
        picked = [seen for seen in population if self._picks(view, seen)]
        indexes = frozenset([seen.index for seen in picked if seen.index is not None])
        if not indexes:
            picked = []  # whom only a header names gets nothing from us
        doubtful = (self.visible is not None or self.bcc is not None) and view.headers_doubtful
        truth = decide(self.count, len(picked), doubtful)
        if self.domains is not None:
            truth = min(truth, decide(self.domains, len(_domains(picked)), doubtful))
        if self.every and len(picked) != sum(self._same_side(seen) for seen in population):
            truth = Truth.NO
        return Result(
            truth,
            lambda: self._say(picked, self._evidence(view, picked)),
            lambda: self._tell(view, picked),
            indexes,
            ("To · Cc",) if truth is Truth.UNKNOWN else (),
        )

    def _picks(self, view: View, seen: Seen) -> bool:
        return all(test(view, seen) for test in self._tests)

    def _tell(self, view: View, picked: list[Seen]) -> Told:
        values = {
            "count": number(len(picked)),
            "domains": number(len(_domains(picked))),
            "addresses": some(sorted(str(seen.address) for seen in picked)),
        }
        if self.lookalike:
            alike = self._alike(view, picked)
            values["lookalike"] = some(item.domain for item in alike)
            values["known"] = some(dict.fromkeys(item.known for item in alike))
        return Told(bounded(self._evidence(view, picked)), values)

    def _evidence(self, view: View, picked: list[Seen]) -> list[str]:
        """Who was picked; for look-alikes both domains and what differs."""
        if self.lookalike:
            return [str(item) for item in self._alike(view, picked)]
        return sorted(str(seen.address) for seen in picked)

    @staticmethod
    def _alike(view: View, picked: list[Seen]) -> list[Likeness]:
        found = {seen.address.ascii_domain: view.likeness(seen.address) for seen in picked}
        return [item for _, item in sorted(found.items()) if item is not None]

    def _same_side(self, seen: Seen) -> bool:
        return self.external is None or seen.external is self.external

    def _make_tests(self) -> list[Callable[[View, Seen], bool]]:
        """One test per key asked, cheapest first."""
        tests: list[Callable[[View, Seen], bool]] = []
        if self.external is not None:
            tests.append(lambda _view, seen: seen.external is self.external)
        if self.visible is False:
            tests.append(lambda view, seen: seen.index not in view.visible_indexes)
        if self.bcc is not None:
            tests.append(lambda view, seen: (seen.index not in view.visible_indexes) is self.bcc)
        if self.free_mail is not None:
            tests.append(lambda _view, seen: is_free_mail(seen.address.ascii_domain) is self.free_mail)
        for names, wanted in ((self.lists, True), (self.not_lists, False), (self.domain, True), (self.address, True)):
            if names is not None:
                tests.append(_listed(names, wanted))
        if self.groups:
            tests.append(lambda view, seen: any(view.directory.is_member(seen.address.key, g) for g in self.groups))
        if self.first_time is not None:
            tests.append(lambda view, seen: seen.external and not view.is_known(seen.address, str(self.first_time)))
        if self.lookalike is not None:
            tests.append(
                lambda view, seen: (seen.external and view.likeness(seen.address) is not None) is self.lookalike
            )
        return tests

    def _say(self, picked: list[Seen], evidence: list[str]) -> Because:
        ja, en = self._described()
        found, domains = len(picked), len(_domains(picked))
        asked_ja, asked_en = [self.count.ja("件")], [self.count.en()]
        kinds = of = ""
        if self.domains is not None:
            asked_ja.append(f"ドメインは{self.domains.ja('種類')}")
            asked_en.append(f"{self.domains.en()} domains")
            kinds, of = f"、ドメインは{domains}種類", f" in {domains} domain{'s' * (domains != 1)}"
        if self.every:
            asked_ja.append("全員")
            asked_en.append("all of them")
        named = some(evidence)
        shown_ja, shown_en = (f"「{named.ja}」", f" ({named.en})") if evidence else ("", "")
        number_en = f"{found} recipient{'s' * (found != 1)}" if found else "no recipient"
        return Because(
            f"{ja}宛先は{found}件{kinds}です{shown_ja}（条件: {'、'.join(asked_ja)}）",
            f"there {'are' if found > 1 else 'is'} {number_en}{of}{en}{shown_en} [asked: {', '.join(asked_en)}]",
        )

    def _described(self) -> tuple[str, str]:
        """What is picked, in words: attributes before 宛先, and a relative clause after "recipient"."""
        words = [(ja, en) for asked, ja, en in self._phrases() if asked]
        if not words:
            return "", ""
        return "、".join(ja for ja, _ in words), " " + " and ".join(en for _, en in words)

    def _phrases(self) -> tuple[tuple[bool, str, str], ...]:
        names, others = "、".join(self.list_names), "、".join(self.not_list_names)
        return (
            (self.external is True, "社外の", "outside the company"),
            (self.external is False, "社内の", "inside the company"),
            (self.visible is True, "ToかCcに見える", "visible in To or Cc"),
            (self.visible is False or self.bcc is True, "Bccの", "in Bcc"),
            (self.bcc is False, "Bccではない", "not in Bcc"),
            (bool(names), f"リスト「{names}」にある", f"on the list {names}"),
            (bool(others), f"リスト「{others}」にない", f"not on the list {others}"),
            (bool(self.globs), f"「{'、'.join(self.globs)}」に合う", f"matching {', '.join(self.globs)}"),
            (bool(self.groups), f"グループ「{'、'.join(self.groups)}」の", f"in the group {' or '.join(self.groups)}"),
            (self.free_mail is True, "フリーメールの", "with free mail"),
            (self.free_mail is False, "フリーメールではない", "without free mail"),
            (self.first_time == "sender", "この送信者から初めて送る", "that this sender has never written to"),
            (self.first_time == "company", "会社として初めて送る", "that nobody here has written to"),
            (self.lookalike is True, "よく似たドメインの", "with a look-alike domain"),
            (self.lookalike is False, "似たドメインではない", "without a look-alike domain"),
        )


def _domains(picked: list[Seen]) -> set[str]:
    return {seen.address.ascii_domain for seen in picked}


def _listed(names: NameList, wanted: bool) -> Callable[[View, Seen], bool]:
    return lambda _view, seen: names.has(seen.address) is wanted
