"""What one rule says that its author cannot have meant, looked at for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.mail.kinds import EXTENSIONS, MEDIA
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Disposition
from mailguard.policy.fold import fold
from mailguard.policy.lint.implies import implies, leaves
from mailguard.policy.lint.never import Lists, always, never
from mailguard.policy.lint.unfound import unfound
from mailguard.policy.patterns import compile_pattern
from mailguard.policy.rule import Rule
from mailguard.policy.schema import ConditionModel
from mailguard.policy.schema.attachments import AttachmentsModel
from mailguard.policy.schema.text import TextModel
from mailguard.policy.suggest import did_you_mean
from mailguard.policy.values import Comparison

#: What nearly every mail has: a pattern that is found in each of these asks nothing.
_EVERYDAY = (
    "お世話になっております。\n資料をお送りします。".encode(), b"Hello,\nplease find it below.\nRegards, Ann",
    "1: 会議 2024年".encode(), b"OK",
)  # fmt: skip
#: A size below this, in octets, is a number without its unit.
_SMALL = 512
#: Longer ones are sentences.
_LIST_MAX = 60


def alone(rule: Rule, organization: Organization | None, lists: Lists) -> Iterator[str]:
    """Warnings about a rule, in words."""
    if rule.disposition is Disposition.DELIVER and not rule.alter:
        yield "then: deliver has no effect: a rule only adds strictness; exceptions belong into unless:"
    if rule.model.then.expire_action == "release" and rule.disposition is Disposition.APPROVE:
        yield "expire_action: release lets a mail go that nobody approved"
    for said in never(rule.model.when, organization, lists):
        yield f"can never hold: {said}"
    for number, exception in enumerate(rule.model.unless or (), 1):
        if implies(rule.model.when, exception):
            same = exception == rule.model.when
            yield (
                "can never hold: unless: says the same as when:"
                if same
                else (f"can never hold: exception {number} of unless: holds whenever when: does")
            )
        elif said := next(never(exception, organization, lists), ""):
            yield f"exception {number} of unless: never applies: {said}"
    if rule.hold_unknown and any(_asks_the_model(one) for one in _everywhere(rule.model.when)):
        yield (
            "without the model of who writes to whom, or while it has a fault, this cannot be decided and holds every "
            "mail: write when_unknown: ignore"
        )
    yield from _alternatives(rule.model.when, organization, lists)
    for condition in _everywhere(rule.model.when):
        yield from _asks_nothing(condition)
    for part in (rule.model.when, *(rule.model.unless or ())):
        for condition in _everywhere(part):
            yield from _types(condition.attachments)
            yield from unfound(condition)


def _alternatives(model: ConditionModel, organization: Organization | None, lists: Lists) -> Iterator[str]:
    """Members of any: that can never hold, where others can."""
    for leaf in leaves(model):
        if leaf.key != "any_":
            continue
        reasons = [next(never(part, organization, lists), "") for part in leaf.asked]
        if not all(reasons):
            for number, reason in enumerate(reasons, 1):
                if reason:
                    yield f"alternative {number} of any: can never hold: {reason}"


def _everywhere(model: ConditionModel) -> Iterator[ConditionModel]:
    """A condition with all that stands in it."""
    yield model
    inside = (*(model.all_ or ()), *(model.any_ or ()), *((model.not_,) if model.not_ is not None else ()))
    for part in inside:
        yield from _everywhere(part)


def _asks_the_model(model: ConditionModel) -> bool:
    asked = model.recipients
    return asked is not None and (asked.risk is not None or asked.alarm is not None)


def _asks_nothing(model: ConditionModel) -> Iterator[str]:
    """Comparisons, words and patterns that nearly every mail satisfies."""
    if model.recipients is not None:
        asked = model.recipients
        counts = ("count", asked.count), ("domains", asked.domains), ("organizations", asked.organizations)
        yield from always((*counts, ("risk", asked.risk)))
    if model.attachments is not None:
        yield from always((("count", model.attachments.count),))
        for name, size in (("size", model.attachments.size), ("total_size", model.attachments.total_size)):
            yield from _without_unit(name, size)
    if model.message is not None:
        yield from _without_unit("size", model.message.size)
    if model.text is not None:
        yield from _text(model.text)


def _types(model: AttachmentsModel | None) -> Iterator[str]:
    """Kinds that no file has, since they go by content: endings of names, and slips of the finger."""
    for name in () if model is None else model.type or ():
        ending = name.lower().lstrip(".")
        if ending in MEDIA:
            continue
        said = f"type: no file is {name!r} by its content"
        if ending in EXTENSIONS:
            yield f"{said}, such files are {EXTENSIONS[ending]!r}"
        else:
            yield f"{said}{did_you_mean(ending, MEDIA) or ';'} its name is asked for by name: '*.{ending}'"


def _without_unit(name: str, size: Comparison | None) -> Iterator[str]:
    """Sizes of a few octets, which nobody asks for."""
    if size is not None and 0 < size.bound < _SMALL:
        yield f"{name}: {size.written} is but a few octets: is the unit missing, such as MB?"


def _text(model: TextModel) -> Iterator[str]:
    for word, _ in model.words or ():
        bare = fold(word).strip("* \u3000")
        if not bare:
            yield f"the word {word!r} is empty without its *: it is never found"
        elif len(bare) == 1:
            yield f"the word {word!r} is one character long and stands in nearly every mail"
        elif "、" in word and len(word) <= _LIST_MAX:
            meant = ", ".join(part.strip() for part in word.split("、"))
            yield f"the word {word!r} is found only as it stands there: several words are a list, [{meant}]"
    for pattern in (one.pattern for one in model.patterns or ()):
        if all(compile_pattern(pattern).search(text) is not None for text in _EVERYDAY):
            yield f"the pattern {pattern[:60]!r} is found in nearly every mail"
        elif re.search(r"(?<!\\)\|\||\(\||\|\)|^\||(?<!\\)\|$", pattern):
            yield f"the pattern {pattern[:60]!r} has an empty alternative"
