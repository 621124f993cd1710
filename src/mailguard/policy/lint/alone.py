"""What one rule says that its author cannot have meant, looked at for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.mail.kinds import EXTENSIONS, MEDIA
from mailguard.mail.organization import Organization
from mailguard.mail.saying import Sentence
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
        yield Sentence(
            "then: deliver には効果がありません。ルールは厳しくする方向にしか働きません。例外は unless: に書きます。",
            "then: deliver has no effect: a rule only adds strictness; exceptions belong into unless:",
        )
    if rule.model.then.expire_action == "release" and rule.disposition is Disposition.APPROVE:
        yield Sentence(
            "expire_action: release では、誰も承認していないメールが送られます。",
            "expire_action: release lets a mail go that nobody approved",
        )
    for said in never(rule.model.when, organization, lists):
        yield Sentence("決して当てはまりません: {said}", "can never hold: {said}", said=said)
    for number, exception in enumerate(rule.model.unless or (), 1):
        if implies(rule.model.when, exception):
            if exception == rule.model.when:
                yield Sentence(
                    "決して当てはまりません: unless: が when: と同じです。",
                    "can never hold: unless: says the same as when:",
                )
            else:
                yield Sentence(
                    "決して当てはまりません: when: が当てはまるときは、いつも unless: "
                    "の{number}番目の例外も当てはまります。",
                    "can never hold: exception {number} of unless: holds whenever when: does",
                    number=number,
                )
        elif said := next(never(exception, organization, lists), ""):
            yield Sentence(
                "unless: の{number}番目の例外は決して当てはまりません: {said}",
                "exception {number} of unless: never applies: {said}",
                number=number,
                said=said,
            )
    if rule.hold_unknown and any(_asks_the_model(one) for one in _everywhere(rule.model.when)):
        yield Sentence(
            "宛先モデルがないか不調の間は判定できず、すべてのメールが保留されます。"
            "when_unknown: ignore と書いてください。",
            "without the model of who writes to whom, or while it has a fault, this cannot be decided and holds "
            "every mail: write when_unknown: ignore",
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
                    yield Sentence(
                        "any: の{number}番目は決して当てはまりません: {reason}",
                        "alternative {number} of any: can never hold: {reason}",
                        number=number,
                        reason=reason,
                    )


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
        if ending in EXTENSIONS:
            yield Sentence(
                "type: 内容が{name!r}というファイルはありません。そのようなファイルの種類は{kind!r}です。",
                "type: no file is {name!r} by its content, such files are {kind!r}",
                name=name,
                kind=EXTENSIONS[ending],
            )
        else:
            near = did_you_mean(ending, MEDIA) or Sentence("", ";")
            yield Sentence(
                "type: 内容が{name!r}というファイルはありません。{near}ファイル名なら name: '*.{ending}' と書きます。",
                "type: no file is {name!r} by its content{near} its name is asked for by name: '*.{ending}'",
                name=name,
                near=near,
                ending=ending,
            )


def _without_unit(name: str, size: Comparison | None) -> Iterator[str]:
    """Sizes of a few octets, which nobody asks for."""
    if size is not None and 0 < size.bound < _SMALL:
        yield Sentence(
            "{name}: {size} は数オクテットにすぎません。MB などの単位を書き忘れていませんか。",
            "{name}: {size} is but a few octets: is the unit missing, such as MB?",
            name=name,
            size=size.written,
        )


def _text(model: TextModel) -> Iterator[str]:
    for word, _ in model.words or ():
        bare = fold(word).strip("* \u3000")
        if not bare:
            yield Sentence(
                "語{word!r}は * を除くと空で、決して見つかりません。",
                "the word {word!r} is empty without its *: it is never found",
                word=word,
            )
        elif len(bare) == 1:
            yield Sentence(
                "語{word!r}は1文字なので、ほとんどすべてのメールにあります。",
                "the word {word!r} is one character long and stands in nearly every mail",
                word=word,
            )
        elif "、" in word and len(word) <= _LIST_MAX:
            meant = ", ".join(part.strip() for part in word.split("、"))
            yield Sentence(
                "語{word!r}は書かれたとおりにしか見つかりません。複数の語はリストで [{meant}] と書きます。",
                "the word {word!r} is found only as it stands there: several words are a list, [{meant}]",
                word=word,
                meant=meant,
            )
    for pattern in (one.pattern for one in model.patterns or ()):
        if all(compile_pattern(pattern).search(text) is not None for text in _EVERYDAY):
            yield Sentence(
                "パターン{pattern!r}は、ほとんどすべてのメールで見つかります。",
                "the pattern {pattern!r} is found in nearly every mail",
                pattern=pattern[:60],
            )
        elif re.search(r"(?<!\\)\|\||\(\||\|\)|^\||(?<!\\)\|$", pattern):
            yield Sentence(
                "パターン{pattern!r}に空の選択肢があります。",
                "the pattern {pattern!r} has an empty alternative",
                pattern=pattern[:60],
            )
