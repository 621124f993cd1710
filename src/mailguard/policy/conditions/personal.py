"""`personal_data`: how much of other people's data the mail and its files hold, as the readers counted it.

Where text could not be read, a count is a lower bound, and "none" is "not known".
"""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.mail.verdict import Because
from mailguard.policy.conditions.tree import Signs
from mailguard.policy.result import Result, Told, Truth, bounded, decide, number, some
from mailguard.policy.values import Comparison
from mailguard.policy.view import View

_CLASS_NAMES = {
    "persons": ("個人の情報", "persons' data"),
    "payment_card": ("クレジットカード番号", "payment card numbers"),
    "my_number": ("マイナンバー", "My Numbers"),
    "corporate_number": ("法人番号", "corporate numbers"),
    "phone": ("電話番号", "telephone numbers"),
    "postal_address": ("住所", "postal addresses"),
    "postal_code": ("郵便番号", "postal codes"),
    "email_address": ("メールアドレス", "e-mail addresses"),
    "bank_account": ("口座番号", "bank accounts"),
    "passport": ("旅券番号", "passport numbers"),
    "driving_licence": ("運転免許証番号", "driving licence numbers"),
    "health_insurance": ("健康保険の番号", "health insurance numbers"),
    "birth_date": ("生年月日", "birth dates"),
    "person_name": ("氏名", "names of persons"),
    "iban": ("IBAN", "IBANs"),
    "us_ssn": ("米国の社会保障番号", "US social security numbers"),
}


def _any(view: View) -> frozenset[str] | None:
    """None, if there may be some."""
    return None if view.facts.persons or view.facts.personal_data or view.unread_anywhere else frozenset()


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Counts per class, and of persons. All comparisons must hold."""

    asked: tuple[tuple[str, Comparison], ...]

    def shut(self, view: View) -> bool:
        """There is none at all, and all was read."""
        if view.facts.persons or view.facts.personal_data or view.unread_anywhere:
            return False
        return not all(comparison.holds(0) for _, comparison in self.asked)

    @property
    def signs(self) -> Signs | None:
        """Any at all."""
        return None if all(comparison.holds(0) for _, comparison in self.asked) else Signs(_any, frozenset())

    def look(self, view: View) -> Result:
        gaps = view.unread_anywhere
        counts = [(name, self._count(view, name), comparison) for name, comparison in self.asked]
        truth = min(decide(comparison, count, bool(gaps)) for _, count, comparison in counts)
        unread = gaps if truth is Truth.UNKNOWN else ()
        return Result(truth, lambda: self._say(counts, unread), lambda: self._tell(view, counts), None, unread)

    @staticmethod
    def _tell(view: View, counts: list[tuple[str, int, Comparison]]) -> Told:
        evidence = [f"{name}: {count:,}" for name, count, _ in counts if count]
        for name, _, _ in counts:
            data = view.facts.personal_data.get(name)
            evidence.extend(data.masked[:3] if data is not None else ())
        total = sum(count for name, count, _ in counts if name != "persons")
        values = {"persons": number(view.facts.persons), "count": number(total)}
        return Told(bounded(evidence), values)

    @staticmethod
    def _count(view: View, name: str) -> int:
        if name == "persons":
            return view.facts.persons
        data = view.facts.personal_data.get(name)
        return 0 if data is None else data.distinct

    @staticmethod
    def _say(counts: list[tuple[str, int, Comparison]], unread: tuple[str, ...]) -> Because:
        ja, en = [], []
        for name, count, asked in counts:
            name_ja, name_en = _CLASS_NAMES[name]
            unit = "人分" if name == "persons" else "件"
            ja.append(f"{name_ja}は{count:,}{unit}です（条件: {asked.ja(unit)}）")
            what = f"{count:,} {'person' if count == 1 else 'persons'}" if name == "persons" else f"{count:,} {name_en}"
            en.append(f"it holds {'data of ' if name == 'persons' else ''}{what} [asked: {asked.en()}]")
        hidden = some(unread)
        return Because(
            "、".join(ja) + (f"。ただし「{hidden.ja}」の中は確認できません" if unread else ""),
            " and ".join(en) + (f"; but {hidden.en} could not be examined" if unread else ""),
        )
