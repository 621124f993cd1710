"""`text` and `personal_data` out of what was written."""

from __future__ import annotations

from mailguard.policy.build.source import Source
from mailguard.policy.conditions.content import PLACES, PersonalData, TextFound
from mailguard.policy.marks import Path
from mailguard.policy.patterns import Words, compile_pattern
from mailguard.policy.schema.personal import PersonalDataModel
from mailguard.policy.schema.text import TextModel
from mailguard.policy.values import AT_LEAST_ONE


def text(model: TextModel, path: Path, source: Source) -> TextFound:
    """The condition on words and patterns; words of files are taken in."""
    words = list(model.words or ())
    for index, name in enumerate(model.files or ()):
        words.extend(source.words_of(name, (*path, "files", index)))
    return TextFound(
        words=Words(words),
        patterns=tuple(compile_pattern(pattern) for pattern in model.patterns or ()),
        places=tuple(place for place in PLACES if place in model.in_) if model.in_ else PLACES,
        count=model.count or AT_LEAST_ONE,
    )


def personal_data(model: PersonalDataModel, path: Path, source: Source) -> PersonalData:
    """The condition on counts of personal data."""
    del path, source
    return PersonalData(model.asked())
