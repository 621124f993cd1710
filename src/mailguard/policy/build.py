"""From what was written (schema) to what looks at mail (conditions): names of lists resolved, globs compiled,
files' words taken in.

All problems are collected with their places. It opens no file: what the loader has read is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from mailguard.mail.verdict import Because, Disposition, HoldTerms
from mailguard.policy.conditions.attachments import Attachments
from mailguard.policy.conditions.content import PLACES, PersonalData, TextFound
from mailguard.policy.conditions.recipients import Recipients
from mailguard.policy.conditions.sender import MessageIs, Sender
from mailguard.policy.conditions.tree import All, Condition, Not
from mailguard.policy.conditions.tree import Any as AnyOf
from mailguard.policy.fold import fold
from mailguard.policy.lists import NameList, normal_address, normal_domain
from mailguard.policy.marks import Marks, Path, Problem
from mailguard.policy.patterns import Words, compile_globs, compile_pattern
from mailguard.policy.rule import Rule
from mailguard.policy.schema import RuleModel, ThenModel
from mailguard.policy.schema_conditions import (
    AttachmentsModel,
    ConditionModel,
    MessageModel,
    RecipientsModel,
    SenderModel,
    TextModel,
)
from mailguard.policy.suggest import did_you_mean
from mailguard.policy.values import AT_LEAST_ONE


@dataclass(slots=True)
class Builder:
    """Builds the rules of one file. lists: all named lists; words_of: the words of a file named in the policy."""

    file: str
    marks: Marks
    lists: Mapping[str, NameList]
    words_of: Callable[[str, Path], list[str]]
    problems: list[Problem] = field(default_factory=list)

    def rule(self, model: RuleModel, path: Path) -> Rule:
        """One rule. Its problems are added to `problems`; with any, the rule must not be used."""
        then = model.then
        disposition = Disposition[then.word.upper()]
        because = model.because
        return Rule(
            id=model.id,
            mode=model.mode,
            when=self.condition(model.when, (*path, "when")),
            unless=tuple(self.condition(m, (*path, "unless", i)) for i, m in enumerate(model.unless or ())),
            disposition=disposition,
            terms=terms_of(then),
            everybody=then.scope != "recipients",
            internal_first=then.internal_first,
            automatic=model.automatic,
            hold_unknown=model.when_unknown == "hold",
            because=Because(because.ja, because.en) if because is not None else None,
            model=model,
            place=self.marks.problem(self.file, (*path, "id"), model.id),
        )

    def condition(self, model: ConditionModel, path: Path) -> Condition:
        """A condition with all that stands in it."""
        parts: list[Condition] = []
        if model.all_ is not None:
            parts.append(All(tuple(self.condition(m, (*path, "all", i)) for i, m in enumerate(model.all_))))
        if model.any_ is not None:
            parts.append(AnyOf(tuple(self.condition(m, (*path, "any", i)) for i, m in enumerate(model.any_))))
        if model.not_ is not None:
            parts.append(Not(self.condition(model.not_, (*path, "not"))))
        if model.sender is not None:
            parts.append(self._sender(model.sender, (*path, "sender")))
        if model.recipients is not None:
            parts.append(self._recipients(model.recipients, (*path, "recipients")))
        if model.message is not None:
            parts.append(_message(model.message))
        if model.attachments is not None:
            parts.append(self._attachments(model.attachments, (*path, "attachments")))
        if model.personal_data is not None:
            parts.append(PersonalData(model.personal_data.asked()))
        if model.text is not None:
            parts.append(self._text(model.text, (*path, "text")))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _recipients(self, model: RecipientsModel, path: Path) -> Recipients:
        external = model.external if model.external is not None else None
        if model.internal is not None:
            external = not model.internal
        count = model.count or AT_LEAST_ONE
        return Recipients(
            external=external,
            visible=model.visible,
            bcc=model.bcc,
            lists=self._named(model.in_, (*path, "in")),
            list_names=model.in_ or (),
            not_lists=self._named(model.not_in, (*path, "not_in")),
            not_list_names=model.not_in or (),
            domain=self._globs(model.domain, (*path, "domain"), normal_domain),
            address=self._globs(model.address, (*path, "address"), normal_address),
            globs=(*(model.domain or ()), *(model.address or ())),
            free_mail=model.free_mail,
            first_time=model.first_time,
            lookalike=model.lookalike,
            count=count,
            domains=model.domains,
            every=bool(model.every),
        )

    def _sender(self, model: SenderModel, path: Path) -> Sender:
        asked = [f"{key}: {', '.join(getattr(model, name))}" for key, name in _SENDER_KEYS if getattr(model, name)]
        if model.authenticated is not None:
            asked.append(f"authenticated: {str(model.authenticated).lower()}")
        return Sender(
            address=self._globs(model.address, (*path, "address"), normal_address),
            domain=self._globs(model.domain, (*path, "domain"), normal_domain),
            lists=self._named(model.in_, (*path, "in")),
            not_lists=self._named(model.not_in, (*path, "not_in")),
            authenticated=model.authenticated,
            asked="; ".join(asked),
        )

    def _attachments(self, model: AttachmentsModel, path: Path) -> Attachments:
        names: Any = None
        if model.name is not None:
            try:
                names = compile_globs(fold(glob) for glob in model.name)
            except ValueError as error:
                self._problem((*path, "name"), str(error))
        return Attachments(
            names=names,
            name_globs=model.name or (),
            types=frozenset(t.lower().lstrip(".") for t in model.type) if model.type is not None else None,
            encrypted=model.encrypted,
            macros=model.macros,
            type_mismatch=model.type_mismatch,
            inspected=model.inspected,
            size=model.size,
            count=model.count or AT_LEAST_ONE,
            total_size=model.total_size,
        )

    def _text(self, model: TextModel, path: Path) -> TextFound:
        words = list(model.words or ())
        for index, name in enumerate(model.files or ()):
            words.extend(self.words_of(name, (*path, "files", index)))
        return TextFound(
            words=Words(words),
            patterns=tuple(compile_pattern(pattern) for pattern in model.patterns or ()),
            places=tuple(place for place in PLACES if place in model.in_) if model.in_ else PLACES,
            count=model.count or AT_LEAST_ONE,
        )

    def _named(self, names: tuple[str, ...] | None, path: Path) -> NameList | None:
        if names is None:
            return None
        found: list[NameList] = []
        for index, name in enumerate(names):
            if name in self.lists:
                found.append(self.lists[name])
            else:
                self._problem((*path, index), f"no list {name[:60]!r}{did_you_mean(name, self.lists)}")
        return found[0] if len(found) == 1 else _union(found)

    def _globs(self, globs: tuple[str, ...] | None, path: Path, normal: Callable[[str], str]) -> NameList | None:
        if globs is None:
            return None
        entries: list[str] = []
        for index, glob in enumerate(globs):
            try:
                entries.append(normal(glob))
            except ValueError as error:
                self._problem((*path, index), str(error))
        return NameList(entries) if normal is normal_domain else NameList((), entries)

    def _problem(self, path: Path, message: str) -> None:
        self.problems.append(self.marks.problem(self.file, path, message))


_SENDER_KEYS = (("address", "address"), ("domain", "domain"), ("in", "in_"), ("not_in", "not_in"))


def _union(lists: list[NameList]) -> NameList:
    entries = {entry for found in lists for entry in found.entries}
    return NameList((e for e in entries if "@" not in e), (e for e in entries if "@" in e))


def _message(model: MessageModel) -> MessageIs:
    names = ("empty_subject", "reply", "signed", "encrypted", "auto_generated", "calendar")
    flags = tuple((name, getattr(model, name)) for name in names if getattr(model, name) is not None)
    return MessageIs(model.size, flags)


def terms_of(then: ThenModel) -> HoldTerms | None:
    """How a hold ends: None for deliver and reject."""
    if then.delay is not None:
        return HoldTerms(expire_after=then.delay, expire_action="release")
    after, action = then.expire_after or timedelta(hours=72), then.expire_action or "return"
    if then.confirm is not None:
        return HoldTerms(after, action)
    if then.approve is not None:
        return HoldTerms(after, action, tuple(sorted(set(then.approve.by))), then.approve.quorum)
    return None
