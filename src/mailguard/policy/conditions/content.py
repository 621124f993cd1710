"""`text` and `personal_data`: what stands in the mail, its file names and its files.

Texts are untrusted and folded before comparison; patterns run in linear time. Where text could not be read, a
count is a lower bound, and "not found" is "not known".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailguard.mail.verdict import Because
from mailguard.policy.patterns import MATCHES_MAX, Words, matches
from mailguard.policy.result import Result, Told, Truth, bounded, decide, number, some
from mailguard.policy.values import AT_LEAST_ONE, Comparison
from mailguard.policy.view import View

PLACES = ("subject", "body", "names", "attachments")
_PLACE_NAMES = {
    "subject": ("件名", "the subject"),
    "body": ("本文", "the body"),
    "names": ("ファイル名", "the file names"),
    "attachments": ("添付ファイル", "the attachments"),
}
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


@dataclass(frozen=True, slots=True)
class TextFound:
    """Words and patterns together; `count` compares all occurrences."""

    words: Words
    patterns: tuple[Any, ...] = ()
    places: tuple[str, ...] = PLACES
    count: Comparison = AT_LEAST_ONE

    def look(self, view: View) -> Result:
        found: dict[str, int] = {}
        where: set[str] = set()
        for place in self.places:
            folded, variants = view.text(place)
            if not folded:
                continue
            before = sum(found.values())
            for word, times in self.words.found(folded):
                found[word] = found.get(word, 0) + times
            for pattern in self.patterns:
                self._match(pattern, variants, found)
            if sum(found.values()) > before:
                where.add(place)
        total = sum(found.values())
        gaps = self._gaps(view)
        truth = decide(self.count, total, bool(gaps))
        unread = gaps if truth is Truth.UNKNOWN else ()
        shown = sorted(found)

        def tell() -> Told:
            return Told(bounded(shown), {"words": some(f"「{w}」" for w in shown), "count": number(total)})

        return Result(truth, lambda: self._say(total, shown, where, unread), tell, None, unread)

    @staticmethod
    def _match(pattern: Any, variants: tuple[bytes, ...], found: dict[str, int]) -> None:
        """Count a pattern in the reading of the text (as wrapped, or unwrapped) in which it occurs more often."""
        best: list[str] = []
        for variant in variants:
            pieces = list(matches(pattern, variant))
            best = pieces if len(pieces) > len(best) else best
        for piece in best[:MATCHES_MAX]:
            shown = " ".join(piece.split())[:60]
            found[shown] = found.get(shown, 0) + 1

    def _gaps(self, view: View) -> tuple[str, ...]:
        gaps: set[str] = set()
        if "body" in self.places or "subject" in self.places:
            # a subject is lost only with the whole header
            gaps.update(view.unread_body if "body" in self.places else ())
            gaps.update(("unreadable",) if "unreadable" in view.findings else ())
        if "names" in self.places:
            gaps.update(view.files_incomplete)
        if "attachments" in self.places:
            gaps.update(view.unread_files, view.files_incomplete)
        return tuple(sorted(gaps))

    def _say(self, total: int, shown: list[str], where: set[str], unread: tuple[str, ...]) -> Because:
        places = [place for place in self.places if place in where] or list(self.places)
        ja = "・".join(_PLACE_NAMES[place][0] for place in places)
        en = " and ".join(_PLACE_NAMES[place][1] for place in places)
        named = some(shown)
        hidden = some(unread)
        times = "once" if total == 1 else f"{total} times"
        return Because(
            (f"{ja}に「{named.ja}」が{total}回あります" if total else f"{ja}に決められた語句はありません")
            + f"（条件: {self.count.ja('回')}）"
            + (f"。ただし「{hidden.ja}」の中は確認できません" if unread else ""),
            (f"{named.en} stands {times} in {en}" if total else f"none of the words stands in {en}")
            + f" [asked: {self.count.en()}]"
            + (f"; but {hidden.en} could not be examined" if unread else ""),
        )


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Counts per class, and of persons. All comparisons must hold."""

    asked: tuple[tuple[str, Comparison], ...]

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
