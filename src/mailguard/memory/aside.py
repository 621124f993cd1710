"""What a command does to the model beside a server that may run: archives learnt, another node's model taken in, a
person forgotten, the model of now looked at.

The file is exchanged under its lock; the feed then tells every process that judges. Whatever comes from outside is
read whole before anything is changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from mailguard.insight.lesson import Lesson
from mailguard.insight.model import Insight, InsightError
from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.saying import Sentence
from mailguard.memory import model as models
from mailguard.memory.settings import CountedTwice, MemoryFault, MemorySettings
from mailguard.store import snapshots
from mailguard.store.folders import locked
from mailguard.store.keyring import Keyring
from mailguard.store.lessons import Lessons
from mailguard.store.snapshots import Mark, SnapshotError

#: Experiences read at a time.
_SLICE = 500
#: What stands in place of a node that does not say which it is.
_NOBODY = frozenset({b"", bytes(16)})


async def learn_archive(
    lessons: Lessons,
    settings: MemorySettings,
    taught: Iterable[bytes],
    actor: Actor,
    now: datetime,
    name: bytes = b"",
) -> int:
    """Learn lessons (`Lesson.to_bytes`) of mail that was sent before, oldest first. Every process that judges knows
    them within seconds. name: of this import, 16 octets, which the model's mark has from then on. Returns how many were
    learnt. Raises MemoryFault, StoreError, OSError, and whatever `taught` does; then nothing was changed.
    """

    def learn(model: Insight, mark: Mark) -> tuple[int, Mark]:
        count = 0
        for octets in taught:
            try:
                lesson = Lesson.from_bytes(octets)
            except ValueError:
                continue
            model.learn(lesson)
            count += 1
        return count, replace(mark, imported=name)

    return await _exchange(lessons, settings, learn, actor, now, "insight_import") or 0


async def export(lessons: Lessons, settings: MemorySettings, place: Path, node: bytes) -> tuple[int, int]:
    """Write the model of now for other nodes; two who write the same file do so one after the other. node: 16 octets by
    which this one is known to them. Returns how many mails it has learnt, and the file's size. Raises MemoryFault,
    StoreError, OSError.
    """
    model, mark = await _now(lessons, settings)
    mark = Mark(lineage=node, merged=mark.merged)

    def write() -> int:
        with locked(place.parent):
            return snapshots.write(place, mark, model.save)

    return model.learned, await asyncio.to_thread(write)


async def merge(
    lessons: Lessons,
    settings: MemorySettings,
    other: Path,
    actor: Actor,
    now: datetime,
    *,
    node: bytes = b"",
    again: bool = False,
) -> int | None:
    """Take in what the model of another node knows, from its file. node: as this one is known to others; again: though
    some of it is known here. Returns how many mails that one had learnt; None: this very file was taken in before, so
    nothing more was learnt. Raises CountedTwice, MemoryFault, StoreError, OSError; then nothing was changed.
    """

    def take_in(model: Insight, mark: Mark) -> tuple[int, Mark] | None:
        try:
            found, theirs = models.load(settings, lessons.keys, other)
        except (SnapshotError, InsightError) as error:
            raise MemoryFault(
                Sentence("{file}: 読めません({error})。", "{file}: {error}", file=other, error=error)
            ) from error
        digest = snapshots.digest_of(other)
        if digest in mark.merged:
            return None
        has = {theirs.lineage, *theirs.merged} - _NOBODY
        if not again and has & {node, *mark.merged}:
            twice = Sentence(
                "{file}: 一部はすでに取り込み済みで、二重に数えられます。",
                "{file}: some of it is known here already, and would count twice",
                file=other,
            )
            raise CountedTwice(twice)
        model.merge(found)
        return found.learned, replace(mark, merged=tuple(dict.fromkeys((*mark.merged, *sorted(has), digest))))

    return await _exchange(lessons, settings, take_in, actor, now, "insight_merge")


async def forget(lessons: Lessons, settings: MemorySettings, person: Address, actor: Actor, now: datetime) -> int:
    """Nothing is known of a person any more: not in the lessons, not in the file, and within seconds in no process.
    Returns how many lessons went. Raises MemoryFault, StoreError, OSError: the lessons may be gone already then.
    """
    gone = await lessons.forget(person, actor, now)
    await asyncio.to_thread(_forget_in_file, settings, lessons.keys, person)
    return gone


async def recall(lessons: Lessons, settings: MemorySettings) -> Insight:
    """The model as a server would have it now, for looking only. Raises MemoryFault, StoreError, OSError."""
    return (await _now(lessons, settings))[0]


async def _now(lessons: Lessons, settings: MemorySettings) -> tuple[Insight, Mark]:
    model, mark = await asyncio.to_thread(_loaded, settings, lessons.keys)
    while some := await lessons.after(mark.number, _SLICE):
        for at, one in enumerate(some):
            # A server may have written another snapshot since this one was read, and what that one has is no more.
            newer = one.what == "anew" or (one.what == "cut" and not at)
            if newer and await asyncio.to_thread(models.replaced, settings, mark, one):
                model, mark = await asyncio.to_thread(_loaded, settings, lessons.keys)
                break
            models.experienced(model, one)
            mark = replace(mark, number=one.number)
    return model, mark


async def _exchange(
    lessons: Lessons,
    settings: MemorySettings,
    change: Callable[[Insight, Mark], tuple[int, Mark] | None],
    actor: Actor,
    now: datetime,
    event: str,
) -> int | None:
    """change: returns how many mails are new, and the model's new mark; None: there is nothing to do."""

    def work() -> int | None:
        with snapshots.writing(settings.path, wait=True):
            model, mark = _loaded(settings, lessons.keys)
            done = change(model, mark)
            if done is None:
                return None
            count, mark = done
            models.save(settings, model, replace(mark, lineage=snapshots.new_lineage()), lessons.keys)
            return count

    count = await asyncio.to_thread(work)
    # Also where it was done before: whoever did it may have been stopped here, and nobody has heard of it.
    await lessons.anew(actor, now, event, mails=count or 0)
    return count


def _forget_in_file(settings: MemorySettings, keys: Keyring | None, person: Address) -> None:
    with snapshots.writing(settings.path, wait=True):
        if settings.path.exists():
            model, mark = _loaded(settings, keys)
            model.forget(person.key)
            models.save(settings, model, mark, keys)


def _loaded(settings: MemorySettings, keys: Keyring | None) -> tuple[Insight, Mark]:
    try:
        return models.load(settings, keys)
    except (SnapshotError, InsightError) as error:
        why = Sentence(
            "{path}: 読めません({error})。サーバーを起動して新しく始めるか、バックアップからファイルを戻してください。",
            "{path}: {error}; start the server, which begins anew, or put the file back from a backup",
            path=settings.path, error=error,
        )  # fmt: skip
        raise MemoryFault(why) from error
