"""`message` out of what was written."""

from __future__ import annotations

from mailguard.policy.build.source import Source
from mailguard.policy.conditions.envelope import HeaderEnvelopeMismatch
from mailguard.policy.conditions.greeting import GreetingFitsNobody
from mailguard.policy.conditions.header import HeaderHas, Labelled, WrittenIn
from mailguard.policy.conditions.sender import FLAGS, MessageIs
from mailguard.policy.conditions.tree import All, Condition
from mailguard.policy.fold import fold
from mailguard.policy.marks import Path
from mailguard.policy.patterns import compile_pattern
from mailguard.policy.schema.message import HeaderModel, MessageModel


def message(model: MessageModel, path: Path, source: Source) -> Condition:
    """The condition on the message as a whole."""
    flags = tuple((name, getattr(model, name)) for name in FLAGS if isinstance(getattr(model, name), bool))
    parts: list[Condition] = []
    if flags or model.size is not None or model.importance is not None:
        parts.append(MessageIs(model.size, flags, frozenset(model.importance or ())))
    parts.extend(_header(one) for one in model.header or ())
    if model.label is not None and (globs := source.text_globs(model.label, (*path, "label"))) is not None:
        parts.append(Labelled(globs, model.label))
    if model.language is not None:
        parts.append(WrittenIn(frozenset(model.language)))
    if model.header_envelope_mismatch is not None:
        parts.append(HeaderEnvelopeMismatch(model.header_envelope_mismatch))
    if model.greeting == "fits_nobody":
        parts.append(GreetingFitsNobody())
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _header(model: HeaderModel) -> HeaderHas:
    return HeaderHas(
        model.name,
        tuple(compile_pattern(pattern) for pattern in model.matches or ()),
        frozenset(fold(value.strip()) for value in model.equals or ()),
        model.present,
    )
