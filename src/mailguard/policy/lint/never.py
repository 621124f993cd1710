"""Conditions that no mail can satisfy: within one key, and between the things that must all hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from pydantic import BaseModel

from mailguard.mail.organization import Organization
from mailguard.mail.saying import Sentence
from mailguard.policy.free_mail import is_free_mail
from mailguard.policy.lint.implies import Leaf, bounds, disjoint, implies, leaf_implies, leaves
from mailguard.policy.lists import Listed, is_glob
from mailguard.policy.schema import ConditionModel
from mailguard.policy.schema.attachments import AttachmentsModel
from mailguard.policy.schema.recipients import RecipientsModel
from mailguard.policy.values import Comparison

Lists = Mapping[str, Listed]


def never(model: ConditionModel, organization: Organization | None, lists: Lists) -> Iterator[str]:
    """Why the condition can never hold, one reason each; nothing if it may."""
    given = list(leaves(model))
    for leaf in given:
        if leaf.key == "any_":
            parts = [next(never(part, organization, lists), "") for part in leaf.asked]
            if all(parts):
                yield Sentence("any: のどれも当てはまりません: {said}", "none of any: can hold: {said}", said=parts[0])
        elif leaf.key == "not_":
            for part in given:
                if part.key != "not_" and all(leaf_implies(part, want) for want in leaves(leaf.asked)):
                    yield Sentence(
                        "{key} が当てはまるべきなのに、not: がそれを否定しています。",
                        "{key} must hold, and not: says that it must not",
                        key=part.key.strip("_"),
                    )
                elif part.key != "not_" and _implies_alternative(part, leaf.asked):
                    yield Sentence(
                        "{key} が当てはまるべきなのに、not: any: の1つがそれを否定しています。",
                        "{key} must hold, and one of not: any: says that it must not",
                        key=part.key.strip("_"),
                    )
        elif isinstance(leaf.asked, RecipientsModel):
            yield from _recipients(leaf.asked, organization, lists)
        elif isinstance(leaf.asked, AttachmentsModel):
            yield from _attachments(leaf.asked)
    for one, other in combinations(given, 2):
        yield from _pair(one, other)


def _implies_alternative(part: Leaf, excluded: ConditionModel) -> bool:
    whole = list(leaves(excluded))
    if len(whole) != 1 or whole[0].key != "any_":
        return False
    single = ConditionModel.model_construct(_fields_set={part.key}, **{part.key: part.asked})
    return any(implies(single, alternative) for alternative in whole[0].asked)


def _recipients(model: RecipientsModel, organization: Organization | None, lists: Lists) -> Iterator[str]:
    inside = model.internal or model.external is False
    outside = model.external or model.internal is False
    if model.visible and model.bcc:
        yield Sentence("Bccの宛先は見えません。", "who is in Bcc is not visible")
    if model.bcc and (model.to or model.cc):
        yield Sentence("Bccの宛先はToにもCcにもありません。", "who is in Bcc stands neither in To nor in Cc")
    if model.first_time == "sender" and model.not_written_for:
        yield Sentence(
            "一度も送ったことのない宛先には、以前送ったこともありません。",
            "who was never written to was not written to before either",
        )
    if inside:
        for asked, said in (
            (model.first_time, _outside("first_time")),
            (
                model.lookalike in (True, "domain"),
                Sentence(
                    "lookalike は社外の宛先についての条件です。mailbox ならすべての宛先が対象です。",
                    "lookalike is about outside recipients; mailbox is about all",
                ),
            ),
            (model.lookalike_of, _outside("lookalike_of")),
            (
                model.free_mail or model.namesake == "free_mail",
                Sentence("フリーメールは社内ではありません。", "free mail is not internal"),
            ),
            (model.quoted == "foreign", _outside("quoted: foreign")),
            (model.attachment_seen_elsewhere, _outside("attachment_seen_elsewhere")),
            (model.no_mx is not None, _outside("no_mx")),
        ):
            if asked:
                yield said
    if model.namesake == "free_mail" and model.free_mail is False:
        yield Sentence(
            "namesake: free_mail はフリーメールについての条件です。", "namesake: free_mail is about free mail"
        )
    if set(model.in_ or ()) & set(model.not_in or ()):
        yield Sentence("同じリストが in: と not_in: の両方にあります。", "the same list stands in in: and not_in:")
    if organization is not None and organization.domains:
        yield from _sides(model, organization, lists, inside=bool(inside), outside=bool(outside))
    if model.free_mail and model.domain and not any(is_glob(d) or is_free_mail(d.lower()) for d in model.domain):
        yield Sentence("書かれたドメインはどれもフリーメールではありません。", "none of the domains is free mail")
    yield from _numbers(model, lists)


def _outside(key: str) -> str:
    return Sentence("{key} は社外の宛先についての条件です。", "{key} is about outside recipients", key=key)


def _no_number(key: str, comparison: Comparison) -> str:
    return Sentence(
        "{key}: {written} を満たす数はありません。", "{key}: {written}", key=key, written=comparison.written
    )


def _sides(
    model: RecipientsModel, organization: Organization, lists: Lists, *, inside: bool, outside: bool
) -> Iterator[str]:
    named = list(model.domain or ()) or [text.rpartition("@")[2] for text in model.address or ()]
    own = [not is_glob(name.removeprefix("*.")) and organization.is_own_domain(name) for name in named]
    if outside and own and all(own):
        yield Sentence("自社のドメインは社外ではありません。", "an own domain is not external")
    if inside and named and not any(own) and not any(map(is_glob, named)):
        yield Sentence("書かれたドメインはどれも自社のものではありません。", "none of the domains is an own one")
    entries = _entries(model.in_, lists)
    listed = [organization.is_own_domain(entry.rpartition("@")[2]) for entry in entries]
    if outside and listed and all(listed) and not any(map(is_glob, entries)):
        yield Sentence(
            "リストには自社のドメインしかなく、社外ではありません。",
            "the list has own domains only, and they are not external",
        )
    if inside and listed and not any(listed) and not any(map(is_glob, entries)):
        yield Sentence(
            "リストに自社のドメインがなく、社内の宛先はありません。",
            "the list has no own domain, and only those are internal",
        )


def _entries(names: tuple[str, ...] | None, lists: Lists) -> list[str]:
    """The entries of the lists, if they are few enough to be looked at; nothing if one is not known."""
    found: list[str] = []
    for name in names or ():
        if name not in lists:
            return []
        for entry in lists[name].names.entries:
            found.append(entry)
            if len(found) > 10_000:
                return []
    return found


def _numbers(model: RecipientsModel, lists: Lists) -> Iterator[str]:
    for name, comparison in _counts(model):
        if comparison is not None and comparison.never:
            yield _no_number(name, comparison)
    if model.count is not None and model.domains is not None:
        most, least = bounds(model.count)[1], bounds(model.domains)[0]
        if most is not None and most < least:
            yield Sentence(
                "ドメインが{domains}なら宛先も同じ数だけ要りますが、count: {count} です。",
                "{domains} domains need as many recipients, and count: {count}",
                domains=model.domains.written,
                count=model.count.written,
            )
    addresses = set(model.address or ()) or set(_entries(model.in_, lists))
    if addresses and all("@" in text and not is_glob(text) for text in addresses):
        yield from _too_few(model.count, len(addresses), "count", Sentence("アドレス", "addresses"))
    if model.domain and not any(map(is_glob, model.domain)):
        yield from _too_few(model.domains, len(set(model.domain)), "domains", Sentence("ドメイン", "domains"))


def _counts(model: RecipientsModel) -> tuple[tuple[str, Comparison | None], ...]:
    return ("count", model.count), ("domains", model.domains), ("organizations", model.organizations)


def _too_few(comparison: Comparison | None, number: int, key: str, what: str) -> Iterator[str]:
    if comparison is not None and bounds(comparison)[0] > number:
        yield Sentence(
            "{key}: {bound} ですが、{what}は{number}個しか書かれていません。",
            "{key}: {bound}, but only {number} {what} are named",
            key=key,
            bound=comparison.written,
            number=number,
            what=what,
        )


def _attachments(model: AttachmentsModel) -> Iterator[str]:
    if model.count is not None and model.count.never:
        yield _no_number("count", model.count)
    least = 1 if model.count is None else bounds(model.count)[0]
    if model.size is not None and model.total_size is not None and least:
        most = bounds(model.total_size)[1]
        if most is not None and bounds(model.size)[0] * least > most:
            yield Sentence(
                "{size} のファイルの合計が {total} になることはありません。",
                "files of {size} cannot be {total} in all",
                size=model.size.written,
                total=model.total_size.written,
            )


def _pair(one: Leaf, other: Leaf) -> Iterator[str]:
    """Two things of one kind that must both hold and cannot."""
    if one.key != other.key or not (isinstance(one.asked, BaseModel) and isinstance(other.asked, BaseModel)):
        return
    if isinstance(one.asked, ConditionModel):
        return
    left = {name: getattr(one.asked, name) for name in one.asked.model_fields_set}
    right = {name: getattr(other.asked, name) for name in other.asked.model_fields_set}
    counted = one.key in ("recipients", "attachments", "text")
    same_picks = {k: v for k, v in left.items() if k != "count"} == {k: v for k, v in right.items() if k != "count"}
    for name in left.keys() & right.keys():
        if counted and not (name == "count" and same_picks):
            continue  # two conditions that pick are about different things
        if _contradict(left[name], right[name]):
            yield Sentence(
                "{key} が {name}: {one} と {name}: {other} の両方を満たすことはありません。",
                "{key} must satisfy {name}: {one} and {name}: {other}",
                key=one.key,
                name=name,
                one=_shown(left[name]),
                other=_shown(right[name]),
            )


def _contradict(one: object, other: object) -> bool:
    if isinstance(one, Comparison) and isinstance(other, Comparison):
        return disjoint(one, other)
    return isinstance(one, bool) and isinstance(other, bool) and one is not other


def _shown(value: object) -> str:
    return value.written if isinstance(value, Comparison) else str(value).lower()


def always(comparisons: Iterable[tuple[str, Comparison | None]]) -> Iterator[str]:
    """Comparisons that every number satisfies: they ask nothing."""
    for name, comparison in comparisons:
        if comparison is not None and comparison.always:
            yield Sentence(
                "{name}: {written} はどの数にも当てはまります。",
                "{name}: {written} holds for every number",
                name=name,
                written=comparison.written,
            )
