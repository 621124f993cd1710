"""`sender` and `message`: who sends, by the envelope, and what the message is as a whole.

The header's From is not asked here: anybody can write it. The null path has no address, so no rule about addresses
holds for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.mail.address import Address
from mailguard.mail.verdict import Because
from mailguard.policy.conditions.tree import Signs
from mailguard.policy.lists import NameList
from mailguard.policy.result import Result, Told, Truth, bounded
from mailguard.policy.values import Comparison
from mailguard.policy.view import View


def _naming(view: View) -> frozenset[int] | None:
    return view.naming_sender


@dataclass(frozen=True, slots=True)
class Sender:
    """All that is asked must hold of the envelope's sender."""

    address: NameList | None = None
    domain: NameList | None = None
    lists: NameList | None = None
    not_lists: NameList | None = None
    groups: tuple[str, ...] = ()
    authenticated: bool | None = None
    asked: str = ""

    def shut(self, view: View) -> bool:
        """A list or glob that must name the sender does not."""
        named = (self.address, self.domain, self.lists)
        return any(names is not None and not view.may_name_sender(names) for names in named)

    @property
    def signs(self) -> Signs | None:
        """A list that names the sender."""
        named = next((names for names in (self.address, self.domain, self.lists) if names is not None), None)
        return None if named is None else Signs(_naming, frozenset((id(named),)), lists=True)

    def look(self, view: View) -> Result:
        sender = view.sender
        holds = True
        for names, wanted in ((self.address, True), (self.domain, True), (self.lists, True), (self.not_lists, False)):
            if names is not None:
                holds = holds and (sender is not None and names.has(sender)) is wanted
        if self.groups:
            holds = holds and sender is not None and any(self._in_group(view, sender))
        if self.authenticated is not None:
            holds = holds and (view.case.envelope.client.login is not None) is self.authenticated
        shown = "<>" if sender is None else str(sender)
        login = view.case.envelope.client.login is not None

        def say() -> Because:
            state = Because("認証済み", "logged in") if login else Because("認証なし", "not logged in")
            return Because(
                f"送信者は「{shown}」（{state.ja}）です（条件: {self.asked}）",
                f"the sender is {shown}, {state.en} [asked: {self.asked}]",
            )

        def tell() -> Told:
            return Told(bounded([shown, *(self._in_group(view, sender) if sender is not None else ())]))

        return Result(Truth.YES if holds else Truth.NO, say, tell)

    def _in_group(self, view: View, sender: Address) -> list[str]:
        """Which of the groups asked for the sender is in. A group that is gone raises: that is never "no"."""
        return [name for name in self.groups if view.directory.is_member(sender.key, name)]


@dataclass(frozen=True, slots=True)
class MessageIs:
    """Size, flags and importance (any of these). What a mail that could not be read is is not known."""

    size: Comparison | None = None
    flags: tuple[tuple[str, bool], ...] = ()
    importance: frozenset[str] = frozenset()

    def look(self, view: View) -> Result:
        truth = Truth.YES
        if self.size is not None and not self.size.holds(view.case.size):
            truth = Truth.NO
        known = "unreadable" not in view.findings
        for name, wanted in self.flags:
            holds = Truth.YES if _flag(view, name) is wanted else Truth.NO
            # of a text that was not read nobody knows that it is empty, or that it greets nobody
            unsure = not known or (bool(view.unread_body) and name in _OF_TEXT and _flag(view, name) is _OF_TEXT[name])
            truth = min(truth, Truth.UNKNOWN if unsure else holds)
        if self.importance:
            said = (view.facts.importance or "normal") in self.importance
            truth = min(truth, Truth.UNKNOWN if not known else Truth.YES if said else Truth.NO)
        unread = (view.unread_body or ("unreadable",)) if truth is Truth.UNKNOWN else ()
        return Result(truth, lambda: self._say(view), lambda: self._tell(view), unread=unread)

    def _tell(self, view: View) -> Told:
        evidence = [name for name, _ in self.flags if _flag(view, name)]
        if self.size is not None:
            evidence.append(f"{view.case.size:,} B")
        if self.importance:
            evidence.append(view.facts.importance or "normal")
        return Told(bounded(evidence))

    def _say(self, view: View) -> Because:
        ja, en = [], []
        if self.size is not None:
            ja.append(f"メールの大きさは{view.case.size:,}バイトです（条件: {self.size.written}）")
            en.append(f"the message has {view.case.size:,} octets [asked: {self.size.written}]")
        for name, _ in self.flags:
            yes_ja, no_ja, yes_en, no_en = FLAGS[name]
            is_so = _flag(view, name)
            ja.append(yes_ja if is_so else no_ja)
            en.append(yes_en if is_so else no_en)
        if self.importance:
            ja.append(f"重要度は「{view.facts.importance or 'normal'}」です")
            en.append(f"its importance is {view.facts.importance or 'normal'}")
        return Because("、".join(ja), " and ".join(en))


def _flag(view: View, name: str) -> bool:
    facts = view.facts
    if name == "empty_body":
        return not view.written.strip()
    return {
        "empty_subject": not (facts.headers.subject or "").strip(),
        "reply": facts.is_reply,
        "forward": facts.is_forward,
        "new": not facts.is_reply and not facts.is_forward,
        "greeting": bool(facts.greeting),
        "signed": facts.signed,
        "encrypted": facts.encrypted,
        "auto_generated": facts.auto_generated,
        "calendar": bool(facts.calendar),
    }[name]


#: Flags that are about the text, with the value that a part which was not read could turn round.
_OF_TEXT = {"empty_body": True, "greeting": False}
FLAGS = {
    "empty_body": ("本文が空です", "本文があります", "nothing was written in it", "something was written in it"),
    "forward": ("転送です", "転送ではありません", "it is a forward", "it is no forward"),
    "new": ("新規のメールです", "新規のメールではありません", "it is a new mail", "it is not a new mail"),
    "greeting": ("宛名があります", "宛名がありません", "it addresses somebody", "it addresses nobody by a salutation"),
    "empty_subject": ("件名が空です", "件名があります", "the subject is empty", "there is a subject"),
    "reply": ("返信です", "返信ではありません", "it is a reply", "it is not a reply"),
    "signed": ("電子署名があります", "電子署名はありません", "it is signed", "it is not signed"),
    "encrypted": ("暗号化されています", "暗号化されていません", "it is encrypted", "it is not encrypted"),
    "auto_generated": (
        "自動生成です",
        "自動生成ではありません",
        "it was made by a machine",
        "it was not made by a machine",
    ),
    "calendar": ("予定の招待です", "予定の招待ではありません", "it is a calendar mail", "it is not a calendar mail"),
}
