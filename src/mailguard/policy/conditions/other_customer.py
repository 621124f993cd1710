"""`names_other_customer`: the text, a file or its name speaks of one customer, and the mail goes to others.

Who is whose is the operator's list. A mail inside the company names whom it likes.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.mail.verdict import Because
from mailguard.policy.conditions.file_picks import Pick
from mailguard.policy.conditions.text import named_places, text_gaps
from mailguard.policy.customers import Customers, others_among
from mailguard.policy.fold import fold, normal, spaced, unwrapped
from mailguard.policy.result import Result, TextNotKept, Told, Truth, bounded, quoted, some
from mailguard.policy.shares import Shares
from mailguard.policy.view import View


@dataclass(frozen=True, slots=True)
class OtherCustomerInText:
    """A customer's name in these places, and outside recipients who should not read it."""

    customers: Customers
    places: tuple[str, ...]
    shares: Shares

    def look(self, view: View) -> Result:
        found: dict[str, frozenset[int]] = {}
        domains: dict[str, str] = {}
        where: list[str] = []
        for place in filter(view.keeps, self.places):
            named = _named(view, view.text(place, self.shares)[0], self.customers)
            where += [place] if named else []
            for name, (recipients, written) in named.items():
                found[name] = found.get(name, frozenset()) | recipients
                domains[name] = written
        outside = any(seen.external for seen in view.recipients)
        gaps = text_gaps(view, self.places) if outside else ()
        maybe = None if gaps and found else frozenset[int]()  # what was not read may name others' customers too
        gaps = gaps if not found else ()
        truth = Truth.YES if found else Truth.UNKNOWN if gaps else Truth.NO
        picked = frozenset().union(*found.values()) if found else None

        def tell() -> Told:
            addresses = [str(view.recipients[index].address) for index in sorted(picked or ())]
            values = {"words": quoted(found), "addresses": some(addresses)}
            return Told(bounded(f"{name} ({written})" for name, written in domains.items()), values)

        return Result(truth, lambda: _say(domains, where or list(self.places), gaps), tell, picked, gaps, maybe)


def in_file(customers: Customers) -> Pick:
    """A file whose name or text speaks of another customer than those whom the mail goes to."""

    def named(view: View, index: int) -> dict[str, tuple[frozenset[int], str]]:
        item = view.files[index].attachment
        if not view.keeps("attachments"):
            raise TextNotKept(item.filename)
        key = ("names_other_customer", id(customers), index)
        # Two lines between: no name begins in that of the file and ends in its text.
        return view.once(key, lambda: _named(view, _folded(f"{item.filename}\n\n{item.text}"), customers))

    return Pick(
        lambda view, index, _file: bool(named(view, index)),
        Because("ほかの顧客の名前がある", "that names another customer"),
        doubtful=lambda view, _index, file: file.unread and any(seen.external for seen in view.recipients),
        recipients=lambda view, index, _file: frozenset().union(*(who for who, _ in named(view, index).values())),
        evidence=lambda view, index, _file: [
            f"{name} ({written})" for name, (_, written) in named(view, index).items()
        ],
    )


def _folded(text: str) -> str:
    return spaced(fold(unwrapped(normal(text))))


def _named(view: View, folded: str, customers: Customers) -> dict[str, tuple[frozenset[int], str]]:
    """Names that do not belong here, with the recipients who should not read them and whose name it is."""
    outside = [(index, seen.address) for index, seen in enumerate(view.recipients) if seen.external]
    if not outside or not folded:
        return {}
    found: dict[str, tuple[frozenset[int], str]] = {}
    for name, bearers in customers.named_in(folded).items():
        recipients = others_among(outside, bearers, customers)
        if recipients:
            found[name] = recipients, ", ".join(one.written for one in bearers)
    return found


def _say(domains: dict[str, str], places: list[str], gaps: tuple[str, ...]) -> Because:
    ja, en = named_places(places)
    if domains:
        named = some(f"{name}（{written}）" for name, written in domains.items())
        english = some(f"{name} ({written})" for name, written in domains.items())
        return Because(
            f"{ja}に、ほかの顧客「{named.ja}」の名前があります", f"{en} names another customer: {english.en}"
        )
    hidden = some(gaps)
    return Because(
        f"{ja}に、ほかの顧客の名前はありません" + (f"。ただし「{hidden.ja}」の中は確認できません" if gaps else ""),
        f"{en} names no other customer" + (f"; but {hidden.en} could not be examined" if gaps else ""),
    )
