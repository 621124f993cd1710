"""`attachments` out of what was written."""

from __future__ import annotations

from typing import Any

from mailguard.policy.build.source import Source
from mailguard.policy.conditions.attachments import Attachments
from mailguard.policy.fold import fold
from mailguard.policy.marks import Path
from mailguard.policy.patterns import compile_globs
from mailguard.policy.schema.attachments import AttachmentsModel
from mailguard.policy.values import AT_LEAST_ONE


def attachments(model: AttachmentsModel, path: Path, source: Source) -> Attachments:
    """The condition; globs that cannot be compiled are problems of `source`."""
    names: Any = None
    if model.name is not None:
        try:
            names = compile_globs(fold(glob) for glob in model.name)
        except ValueError as error:
            source.problem((*path, "name"), str(error))
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
