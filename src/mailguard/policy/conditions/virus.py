"""`virus`: what the virus scanner said of the mail.

Without a scanner nobody knows whether a mail is infected; it is certain that it was not scanned.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.mail.verdict import Because
from mailguard.policy.result import Result, Told, Truth, bounded
from mailguard.policy.view import View

_SAID = {
    "": Because("ウイルス検査は設定されていません", "no virus scanner is set up"),
    "clean": Because("ウイルスは見つかりませんでした", "no virus was found in it"),
    "infected": Because("ウイルスが見つかりました", "a virus was found in it"),
    "not_scanned": Because("ウイルス検査ができませんでした", "it could not be scanned for viruses"),
}
#: What stands in place of a file's name where nobody looked.
UNSCANNED = "ウイルス検査 · virus scan"


@dataclass(frozen=True, slots=True)
class Virus:
    """asked: "infected", "not_scanned" or both; one of them must be so."""

    asked: frozenset[str]

    def look(self, view: View) -> Result:
        scanned = view.facts.scanned
        missing = scanned in ("", "not_scanned")
        if scanned in self.asked or (missing and "not_scanned" in self.asked):
            truth = Truth.YES
        else:
            truth = Truth.UNKNOWN if missing else Truth.NO
        unread = (UNSCANNED,) if truth is Truth.UNKNOWN else ()

        def say() -> Because:
            said, names = _SAID[scanned], ", ".join(view.facts.viruses[:3])
            return Because(f"{said.ja}「{names}」", f"{said.en} ({names})") if names else said

        evidence = view.facts.viruses or (scanned or "no scanner",)
        return Result(truth, say, lambda: Told(bounded(evidence)), None, unread)
