"""ROOM: the model of who writes to whom, in the process that has it: it judges, learns from the ledger's feed, is kept.

It is loaded in a thread after the door is open, and mail that comes meanwhile waits for it some seconds; where that is
not enough, no risk is known. It learns between mails, some lessons at a
time and then a rest, in the order of the feed, so that whoever learns comes to the same. While a thread reads the model
(a large mail is judged, a snapshot is written) nothing changes it. It trusts the feed for what happened; whatever fails
here is a line in the log and no risk known.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from mailguard import events
from mailguard.insight.lesson import Lesson, read
from mailguard.insight.model import Insight
from mailguard.insight.trees import shipped
from mailguard.insight.words import Judgement, Letter
from mailguard.inspect.overtime import bounded
from mailguard.memory import model as models
from mailguard.memory.fresh import Fresh
from mailguard.memory.moment import Moment
from mailguard.memory.settings import MemorySettings
from mailguard.memory.sizes import is_small
from mailguard.memory.tables import made_aside
from mailguard.store import snapshots
from mailguard.store.keyring import Keyring
from mailguard.store.lessons import LARGEST, Experience, Lessons
from mailguard.store.rows import to_micro
from mailguard.store.snapshots import Mark

#: Experiences read at a time; seconds between two looks when there are none.
_SLICE, _PAUSE = 200, 1.0
#: Seconds that the event loop lends to learning at a time, and the part of the time that learning takes.
_TURN, _SHARE = 0.0015, 0.25
#: Seconds that a thread rests between two pieces of work that is not pressing.
_REST = 0.004
#: Lessons of mail of this moment that are kept as they are: the feed soon says of most that they are to be learnt.
_FRESH = 256
#: Lessons after which a snapshot is written before its time: a restart would have to learn them again.
_MANY = 20_000
#: What lay in the feed for so long is written as soon as it is learnt: its lessons may be past their time, and the
#: ledger waits with them for one round only (store.clearing).
_OVERDUE = timedelta(hours=1)
#: Seconds after a failure.
_AGAIN = 10.0
#: Seconds after the beginning for which mail waits for what was learnt to be read from the disk: of 185,000 mails it
#: takes four, by a processor of its own.
_LOADED_WITHIN = 15.0

_Done = Literal["written", "fresh", "busy", "other"]


class Memory:
    """The model at work. All methods belong to one event loop."""

    def __init__(self, lessons: Lessons, settings: MemorySettings, *, now: Callable[[], datetime]) -> None:
        self._lessons = lessons
        self._settings = settings
        self._now = now
        self._model: Insight | None = None
        #: What is on disk was read. Where nothing was, the model is made when it is first needed: it takes memory.
        self.loaded, self._load_by = asyncio.Event(), time.monotonic() + _LOADED_WITHIN
        #: What lay in the feed behind that was learnt, too.
        self.caught_up = asyncio.Event()
        self._making = asyncio.Lock()
        #: Up to which experience the model has learnt, and which model it is.
        self._mark = Mark()
        #: Threads that look at the model; set: there is none.
        self._readers = 0
        self._unread = asyncio.Event()
        self._fresh = Fresh(_FRESH)
        self._moment = Moment(self._scored)
        self._unsaved = 0
        self._urgent = self._overdue = False
        self._saved_at: datetime | None = None

    # Judging

    @property
    def learning(self) -> bool:
        """Whether it only watches yet."""
        return bool(self._settings.silent_for) and self._settings.learning(self.since, self._now())

    @property
    def since(self) -> float:
        """Of the first mail learnt, in seconds since 1970; 0: none."""
        return 0.0 if self._model is None else self._model.since

    async def judged(self, letter: Letter, *, abreast: bool = False) -> tuple[bytes, Judgement | None]:
        """The lesson of a letter, empty if it is too large to be kept, and what the model thinks of it; None while
        there is no model. abreast: the other letters of this moment are read first, and judged together with it.
        """
        model = self._model or await self._at_hand()
        if is_small(letter):
            lesson = bounded(read, letter)
            found = lesson.to_bytes()
            if abreast:
                judgement = await self._moment.judged(lesson)
            else:
                judgement = None if model is None else model.score(lesson)
        else:
            with self._reading():
                lesson, found, judgement = await asyncio.to_thread(_judged, model, letter)
        if len(found) > LARGEST:
            return b"", judgement
        self._fresh.keep(found, lesson)
        return found, judgement

    # Judging for other processes (memory.answering)

    def read(self, octets: bytes) -> Lesson:
        """The lesson of a mail that another process has. Raises LessonError."""
        lesson = Lesson.from_bytes(octets)
        if len(octets) <= LARGEST:
            self._fresh.keep(octets, lesson)
        return lesson

    @property
    def is_made(self) -> bool:
        """Whether there is a model that may be asked."""
        return self._model is not None

    def opinions(self, lessons: Iterable[Lesson]) -> Sequence[Judgement | Exception | None]:
        """What the model thinks of mails of few recipients, or what went wrong; None: there is no model yet."""
        return self._moment.together(lessons)

    def _scored(self, lessons: Sequence[Lesson]) -> Sequence[Judgement | Exception | None]:
        model = self._model
        if model is None:
            return [None] * len(lessons)
        try:
            return model.scored(lessons)
        except Exception as error:
            return [error] if len(lessons) == 1 else [self._scored([one])[0] for one in lessons]

    async def opinion_aside(self, lesson: Lesson) -> Judgement | None:
        """The same of any mail, in a thread."""
        model = await self._at_hand()
        if model is None:
            return None
        with self._reading():
            return await asyncio.to_thread(model.score, lesson)

    async def _at_hand(self) -> Insight | None:
        """The model: what was learnt if that can be read in time, one made of nothing if there is nothing to read."""
        if not self.loaded.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.loaded.wait(), max(0.0, self._load_by - time.monotonic()))
            if not self.loaded.is_set():
                return None
        return self._model or await self._made()

    async def _made(self) -> Insight:
        """The model, made of nothing if there is none yet."""
        async with self._making:
            if self._model is None:
                self._model = await asyncio.to_thread(lambda: _warm(models.empty(self._settings)))
            return self._model

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """A thread looks at the model."""
        self._readers += 1
        self._unread.clear()
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                self._unread.set()

    # Learning

    async def run(self) -> None:
        """Load the model, then learn until cancelled."""
        while True:
            try:
                if not self.loaded.is_set():
                    await self._load()
                more = await self._learn()
                if not more:
                    self.caught_up.set()
                if self._is_time() or (self._overdue and not more):
                    await self._save()
                await asyncio.sleep(0 if more else _PAUSE)
            except Exception as error:
                events.fault("insight", error)
                await asyncio.sleep(_AGAIN)

    async def _load(self) -> None:
        """Whatever is on disk is the model from now on."""
        began, model, mark = time.monotonic(), None, Mark()
        try:
            if await asyncio.to_thread(self._settings.path.exists):
                model, mark = await asyncio.to_thread(models.load_or_begin, self._settings, self._lessons.keys)
                await asyncio.to_thread(_warm, model)
        except models.Broken as error:
            events.insight_broken(error)
        self._model, self._mark = model, mark
        self.loaded.set()
        self._kept()
        gc.freeze()  # a model has no circles: looking for some would stop everything for half a second, again and again
        events.insight_loaded(0 if model is None else model.learned, time.monotonic() - began)

    async def _learn(self) -> bool:
        """Learn the next experiences. False if there are no more for now."""
        some = await self._lessons.after(self._mark.number, _SLICE)
        at = 0
        while at < len(some):
            one = some[at]
            if (one.what == "anew" or (one.what == "cut" and not at)) and await self._replaced(one):
                return True
            model = self._model or await self._made()
            while self._readers:
                await self._unread.wait()
            began = time.monotonic()
            at = self._learn_some(model, some, at, began + _TURN)
            events.insight_learned(model.learned)
            await asyncio.sleep((time.monotonic() - began) * (1 / _SHARE - 1))
        return len(some) == _SLICE

    def _learn_some(self, model: Insight, some: Sequence[Experience], at: int, end: float) -> int:
        """Learn from this one on until the turn is over, at least one. Returns where to go on: the next one, or one
        that says more than what to learn.
        """
        while True:
            self._learn_one(model, some[at])
            at += 1
            if at == len(some) or some[at].what == "anew" or time.monotonic() >= end:
                return at

    def _learn_one(self, model: Insight, one: Experience) -> None:
        try:
            if models.experienced(model, one, self._fresh.take):
                self._unsaved += 1
                self._overdue = self._overdue or one.number < to_micro(self._now() - _OVERDUE)
        except Exception as error:  # one lesson is not worth the others
            events.fault("insight", error)
        self._urgent = self._urgent or one.what == "forgotten"
        self._mark = replace(self._mark, number=one.number)

    async def _replaced(self, one: Experience) -> bool:
        """Whether the model on disk takes the place of this one: another was put there, or this one has missed lessons
        that are no more, and that one has them.
        """
        instead = await asyncio.to_thread(models.replaced, self._settings, self._mark, one)
        if not instead and one.what == "cut":
            events.insight_gap()
        if instead:
            await self._load()
        return instead

    # Keeping

    def _is_time(self) -> bool:
        if self._model is None or not (self._unsaved or self._urgent):
            return False
        return self._urgent or self._unsaved >= _MANY or self._is_due()

    def _is_due(self) -> bool:
        # A clock that was set back must not keep the model from being written.
        return self._saved_at is not None and abs(self._now() - self._saved_at) >= self._settings.every

    def _kept(self) -> None:
        """On disk is what was learnt, or as good as that."""
        self._unsaved, self._urgent, self._overdue, self._saved_at = 0, False, False, self._now()

    async def _save(self) -> None:
        """Write the snapshot, if no other process does or has; then what it has need not be kept as lessons."""
        assert self._model is not None
        began = time.monotonic()
        with self._reading():
            given = self._settings, self._model, self._mark, self._lessons.keys
            due = self._overdue or self._is_due()
            done, mark = await asyncio.to_thread(_write, *given, urgent=self._urgent, due=due)
        if done == "busy":
            return
        if done == "other":
            await self._load()
            return
        self._mark = mark
        self._kept()
        gc.freeze()  # what was learned since
        if done == "written":
            events.insight_saved(self._model.learned, time.monotonic() - began)
            await self._lessons.remove_learnt(mark.number, self._now())


def _warm(model: Insight) -> Insight:
    """The first judgement needs the tables: it is made here, in a thread, of nobody's mail. The loop has most of the
    time meanwhile.
    """
    shipped(lambda: made_aside(lambda: time.sleep(_REST)))
    model.score(read(Letter(0.0, "nobody@localhost", ("somebody@localhost",), subject="-", body="-")))
    return model


def _judged(model: Insight | None, letter: Letter) -> tuple[Lesson, bytes, Judgement | None]:
    lesson = read(letter)
    return lesson, lesson.to_bytes(), None if model is None else model.score(lesson)


def _write(
    settings: MemorySettings, model: Insight, mark: Mark, keys: Keyring | None, *, urgent: bool, due: bool = True
) -> tuple[_Done, Mark]:
    """Write the snapshot, and return its mark. busy: another process writes one; fresh: one has, of the same, or of
    almost the same where it is not due yet; other: on disk is another model, which stays. Blocks. Raises OSError.
    """
    with snapshots.writing(settings.path, wait=urgent) as mine:
        if not mine:
            return "busy", mark
        there = models.on_disk(settings)
        if there is not None and there.lineage != mark.lineage:
            return "other", mark
        # Numbers are times: what is not on disk yet is as young as this.
        age = timedelta(microseconds=mark.number - (0 if there is None else there.number))
        if not urgent and age < (timedelta(microseconds=1) if due else settings.every / 2):
            return "fresh", mark
        mark = replace(mark, lineage=mark.lineage or snapshots.new_lineage())
        models.save(settings, model, mark, keys)
        return "written", mark
