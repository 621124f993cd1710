"""`sender` and `message` out of what was written."""

from __future__ import annotations

from mailguard.policy.build.source import Source
from mailguard.policy.conditions.envelope import HeaderEnvelopeMismatch
from mailguard.policy.conditions.greeting import GreetingFitsNobody
from mailguard.policy.conditions.sender import MessageIs, Sender
from mailguard.policy.conditions.tree import All, Condition
from mailguard.policy.lists import normal_address, normal_domain
from mailguard.policy.marks import Path
from mailguard.policy.schema.message import MessageModel
from mailguard.policy.schema.sender import SenderModel

_KEYS = (("address", "address"), ("domain", "domain"), ("in", "in_"), ("not_in", "not_in"), ("group", "group"))
_FLAGS = ("empty_subject", "reply", "signed", "encrypted", "auto_generated", "calendar")


def sender(model: SenderModel, path: Path, source: Source) -> Sender:
    """The condition on who sends."""
    asked = [f"{key}: {', '.join(getattr(model, name))}" for key, name in _KEYS if getattr(model, name)]
    if model.authenticated is not None:
        asked.append(f"authenticated: {str(model.authenticated).lower()}")
    return Sender(
        address=source.globs(model.address, (*path, "address"), normal_address),
        domain=source.globs(model.domain, (*path, "domain"), normal_domain),
        lists=source.named(model.in_, (*path, "in")),
        not_lists=source.named(model.not_in, (*path, "not_in")),
        groups=source.groups(model.group, (*path, "group")),
        authenticated=model.authenticated,
        asked="; ".join(asked),
    )


def message(model: MessageModel, path: Path, source: Source) -> Condition:
    """The condition on the message as a whole."""
    del path, source
    flags = tuple((name, getattr(model, name)) for name in _FLAGS if getattr(model, name) is not None)
    parts: list[Condition] = [MessageIs(model.size, flags)] if flags or model.size is not None else []
    if model.header_envelope_mismatch is not None:
        parts.append(HeaderEnvelopeMismatch(model.header_envelope_mismatch))
    if model.greeting is not None:
        parts.append(GreetingFitsNobody())
    return parts[0] if len(parts) == 1 else All(tuple(parts))
