"""`sender` out of what was written."""

from __future__ import annotations

from mailguard.policy.build.source import Source
from mailguard.policy.conditions.sender import Sender
from mailguard.policy.conditions.shown_sender import FromDiffers, ShownAs
from mailguard.policy.conditions.tree import All, Condition
from mailguard.policy.lists import normal_address, normal_domain
from mailguard.policy.marks import Path
from mailguard.policy.schema.sender import SenderModel

_KEYS = (("address", "address"), ("domain", "domain"), ("in", "in_"), ("not_in", "not_in"), ("group", "group"))


def sender(model: SenderModel, path: Path, source: Source) -> Condition:
    """The condition on who sends."""
    asked = [f"{key}: {', '.join(getattr(model, name))}" for key, name in _KEYS if getattr(model, name)]
    if model.authenticated is not None:
        asked.append(f"authenticated: {str(model.authenticated).lower()}")
    parts: list[Condition] = []
    if asked:
        parts.append(
            Sender(
                address=source.globs(model.address, (*path, "address"), normal_address),
                domain=source.globs(model.domain, (*path, "domain"), normal_domain),
                lists=source.named(model.in_, (*path, "in")),
                not_lists=source.named(model.not_in, (*path, "not_in")),
                groups=source.groups(model.group, (*path, "group")),
                authenticated=model.authenticated,
                asked="; ".join(asked),
            )
        )
    if model.from_differs is not None:
        parts.append(FromDiffers(model.from_differs))
    if model.display_name is not None:
        names = source.text_globs(model.display_name, (*path, "display_name"))
        parts.extend([ShownAs(names, model.display_name)] if names is not None else [])
    return parts[0] if len(parts) == 1 else All(tuple(parts))
