"""`time` out of what was written."""

from __future__ import annotations

from mailguard.mail.calendar import WEEKDAYS
from mailguard.policy.build.source import Source
from mailguard.policy.conditions.time import CameIn
from mailguard.policy.marks import Path
from mailguard.policy.schema.time import TimeModel


def time(model: TimeModel, path: Path, source: Source) -> CameIn:
    """The condition on the moment at which the mail came in."""
    del path, source
    asked = []
    if model.within:
        asked.append(f"within: {', '.join(map(str, model.within))}")
    if model.weekdays:
        asked.append(f"weekdays: {', '.join(model.weekdays)}")
    for key in ("holiday", "office_hours"):
        if getattr(model, key) is not None:
            asked.append(f"{key}: {str(getattr(model, key)).lower()}")
    return CameIn(
        within=model.within or (),
        weekdays=frozenset(map(WEEKDAYS.index, model.weekdays or ())),
        holiday=model.holiday,
        office_hours=model.office_hours,
        asked="; ".join(asked),
    )
