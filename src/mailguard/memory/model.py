"""The model's file, and what one experience of the ledger changes in the model.

A lesson that cannot be read is left out; a file that cannot be read is moved aside, so that it is told once and nobody
writes over it. Everything here blocks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from mailguard.insight.lesson import Lesson, LessonError
from mailguard.insight.model import Insight, InsightError
from mailguard.memory.settings import MemorySettings
from mailguard.store import snapshots
from mailguard.store.keyring import Keyring
from mailguard.store.lessons import Experience
from mailguard.store.snapshots import Mark, SnapshotError

#: Where a file that cannot be read is moved.
BROKEN = ".broken"


class Broken(Exception):
    """The snapshot could not be read and was moved aside; why."""


def empty(settings: MemorySettings) -> Insight:
    """A model that has seen nothing."""
    return Insight(settings.budget, settings.own, settings.overruled)


def load(settings: MemorySettings, keys: Keyring | None = None, path: Path | None = None) -> tuple[Insight, Mark]:
    """The model of the snapshot (of another file, if one is named); an empty one where there is none. keys: that open
    it where it is sealed. Raises SnapshotError, InsightError, OSError.
    """
    loading = partial(Insight.load, budget=settings.budget, own=settings.own, overruled=settings.overruled)
    if path is not None:
        return snapshots.read(path, loading, keys)
    try:
        return snapshots.read(settings.path, loading, keys)
    except FileNotFoundError:
        return empty(settings), Mark()


def load_or_begin(settings: MemorySettings, keys: Keyring | None) -> tuple[Insight, Mark]:
    """The same, for whoever goes on without. Raises Broken once for a file that cannot be read."""
    try:
        return load(settings, keys)
    except (SnapshotError, InsightError) as error:
        with contextlib.suppress(FileNotFoundError):  # another process was faster
            settings.path.replace(settings.path.with_name(settings.path.name + BROKEN))
        raise Broken(f"{settings.path}: {error}") from error


def on_disk(settings: MemorySettings) -> Mark | None:
    """What the snapshot says of itself; None if there is none, or none that can be read. Raises OSError."""
    try:
        return snapshots.mark_of(settings.path)
    except SnapshotError:
        return None


def replaced(settings: MemorySettings, mark: Mark, one: Experience) -> bool:
    """Whether the snapshot takes the place of a model with this mark that comes to `one`: another model was put there
    (anew), or this one has missed lessons that are no more (cut), which that one has. Raises OSError.
    """
    there = on_disk(settings)
    if there is None:
        return False
    return there.lineage != mark.lineage if one.what == "anew" else there.number > mark.number


def save(settings: MemorySettings, model: Insight, mark: Mark, keys: Keyring | None) -> int:
    """Write the snapshot, sealed if there are keys; `snapshots.writing` must be held. Returns its octets. Raises
    OSError.
    """
    return snapshots.write(settings.path, mark, model.save, keys)


def experienced(model: Insight, one: Experience, read: Callable[[bytes], Lesson] = Lesson.from_bytes) -> bool:
    """Change a model by one experience. False if there was nothing to learn from it. read: as `Lesson.from_bytes`."""
    if one.what == "forgotten":
        for person in one.people or ():
            model.forget(person)
        return True
    if one.lesson is None:
        return False
    try:
        lesson = read(one.lesson)
    except LessonError:
        return False
    if one.what == "delivered":
        model.learn(lesson if one.people is None else only(lesson, one.people))
    elif one.what == "refused" and one.people:
        model.refuse(lesson, one.people, {wrong: meant for wrong, meant in one.people.items() if meant})
    elif one.what == "trusted" and one.people:
        model.trust(lesson, one.people)
    return True


def only(lesson: Lesson, people: Mapping[str, str]) -> Lesson:
    """A lesson without the recipients who did not get the mail, and with whoever got it in another's place."""
    if people.keys() == {*lesson.people}:  # as nearly always
        return lesson
    kinds = {one: kind for one, kind in zip(lesson.people, lesson.kinds, strict=True) if one in people}
    kinds |= dict.fromkeys((one for one in people if one not in kinds and one != lesson.sender), 0)
    names = {one: name for one, name in lesson.names.items() if one in kinds or one == lesson.sender}
    return replace(lesson, people=tuple(kinds), kinds=tuple(kinds.values()), names=names)
