"""Archives of mail to lessons: read like mail at the door, sorted by who sent it, each mail once, in the order of time.

Whatever stands in an archive is hostile: its mails are read by the readers, its letters are bounded, and nothing of
their text outlives the lesson. Only mail that the organization's own people wrote teaches; which domains are its own
says the configuration, not the archive.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, aclosing, closing, suppress
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import partial
from zoneinfo import ZoneInfo

from mailguard.app.rooms import ledger_path, open_rooms, utc_now
from mailguard.config.load import Config
from mailguard.config.rooms import memory, organization, reading_limits
from mailguard.insight.lesson import PEOPLE, read
from mailguard.insight.words import Letter
from mailguard.inspect import letters
from mailguard.inspect.reader import read_letter
from mailguard.inspect.workers import Readers
from mailguard.mail.actor import Actor
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body
from mailguard.mail.organization import Organization
from mailguard.mail.saying import Sentence
from mailguard.memory.aside import learn_archive
from mailguard.past.archives import Archive, items
from mailguard.past.gathering import Gathered, Gathering, digest_of
from mailguard.past.items import Item, Left, Octets, Recorded, Why
from mailguard.past.postfix import Log
from mailguard.past.reading import letter_of
from mailguard.store import snapshots
from mailguard.store.files_seen import worth_knowing
from mailguard.store.half_imported import HalfImported, importing
from mailguard.store.imported import Known, PastMail, count, note
from mailguard.store.lessons import Lessons
from mailguard.store.migrate import prepare

#: Mails that are read ahead, and their octets.
_AHEAD, _AHEAD_OCTETS = 16, 32 * 2**20
#: Complaints about one archive that are kept; the rest is counted. All else is left out as it should be.
COMPLAINTS_MOST = 20
_AMISS: frozenset[Why] = frozenset({"broken", "large", "unreadable"})
#: Clocks differ: a mail may be dated so many seconds after now.
_LATER = 86_400.0
_TOLD_EVERY = 1000
#: What Google's archives say of mail that was not sent: whatever its From says.
_UNSENT = frozenset({"drafts", "下書き", "spam", "迷惑メール"})


@dataclass(slots=True)
class Tally:
    """What one archive had. read: mails; learned: of them; left: the others, by why; complaints: where and what."""

    archive: Archive
    read: int = 0
    learned: int = 0
    left: Counter[Why] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    @property
    def amiss(self) -> int:
        """How many are worth a complaint."""
        return sum(count for why, count in self.left.items() if why in _AMISS)

    def leave(self, left: Left) -> None:
        """Count something that was left out."""
        self.left[left.why] += 1
        if left.why in _AMISS and len(self.complaints) < COMPLAINTS_MOST:
            self.complaints.append(_place(left.where) + ": " + (left.detail or left.why))


_UNREAD = Sentence("読み取れませんでした。", "no reader could read it")
#: Hears how far it is.
Told = Callable[[Collection[Tally]], None]


def _place(where: str) -> str:
    """`mail 3` and `line 3`, which are made for each mail and shown for few, in both languages."""
    kind, _, number = where.partition(" ")
    if kind == "mail" and number.isdigit():
        return Sentence("{number} 通目", "mail {number}", number=number)
    if kind == "line" and number.isdigit():
        return Sentence("{number} 行目", "line {number}", number=number)
    return where


@dataclass(frozen=True, slots=True)
class Importing:
    """One import. company: whose mail teaches; zone: of log dates that name none; now: seconds since 1970.

    known: whether the mail with this digest and Message-ID was learned before. told: how far it is, now and then.
    taught: mails that the model knows of an import that was stopped before the ledger had counted them.
    """

    company: Organization
    readers: Readers
    gathering: Gathering
    zone: tzinfo
    now: float
    known: Callable[[bytes, str], bool]
    told: Told
    taught: frozenset[bytes] = frozenset()

    async def gather(self, archives: Iterable[Archive]) -> list[Tally]:
        """Put down what these archives teach. Raises ReadersDead, sqlite3.Error, and OSError for what cannot be
        opened.
        """
        tallies: list[Tally] = []
        log = Log(self.zone)
        for archive in archives:
            tallies.append(Tally(archive))
            async with aclosing(self._read(items(archive, log))) as found:
                async for one in found:
                    self._take(one, tallies[-1])
                    if tallies[-1].read % _TOLD_EVERY == 0:
                        self.told(tallies)
        async with aclosing(self._read(log.rest())) as found:
            async for one in found:
                self._take(one, next(tally for tally in reversed(tallies) if tally.archive.kind == "log"))
        self.told(tallies)
        return tallies

    def _take(self, found: Recorded | Left, tally: Tally) -> None:
        tally.read += 1
        left = found if isinstance(found, Left) else self._taught(found)
        if left is None:
            tally.learned += 1
        else:
            tally.leave(left)

    def _taught(self, found: Recorded) -> Left | None:
        """Put a letter's lesson down, or say why not."""
        letter = found.letter
        why: Why | None = None
        if found.inbound or not self._is_own(letter.sender):
            why = "incoming"
        elif not (letter.to or letter.cc or letter.bcc):
            why = "nobody"
        elif letter.at > self.now + _LATER:
            why = "undated"
        else:
            digest = digest_of(letter, found.key)
            lesson = b"" if digest in self.taught else _lesson(letter)
            if self.known(digest, letter.message_id) or not self.gathering.add(digest, letter, lesson, found.files):
                why = "known"
        return None if why is None else Left(found.where, why)

    def _is_own(self, sender: str) -> bool:
        try:
            return self.company.is_internal(parse_address(sender))
        except AddressError:
            return False

    async def _read(self, found: Iterator[Item]) -> AsyncGenerator[Recorded | Left, None]:
        """What was found, in its order, read; a few mails are read ahead."""
        ahead: deque[tuple[int, Recorded | Left | asyncio.Task[Recorded | Left]]] = deque()
        octets = 0
        try:
            for item in map(_as_sent, found):
                one = self._at_once(item)
                weight = len(item.octets) if isinstance(item, Octets) and one is None else 0
                octets += weight
                ahead.append((weight, asyncio.create_task(self._by_a_worker(item)) if one is None else one))
                while ahead and (
                    len(ahead) > _AHEAD or octets > _AHEAD_OCTETS or not isinstance(ahead[0][1], asyncio.Task)
                ):
                    weight, next_ = ahead.popleft()
                    octets -= weight
                    yield await next_ if isinstance(next_, asyncio.Task) else next_
            while ahead:
                _, next_ = ahead.popleft()
                yield await next_ if isinstance(next_, asyncio.Task) else next_
        finally:
            for _, next_ in ahead:
                if isinstance(next_, asyncio.Task):
                    next_.cancel()

    def _at_once(self, item: Item) -> Recorded | Left | None:
        """What needs no worker: what is no mail, and small mail of text alone. None: it does."""
        if not isinstance(item, Octets):
            return item
        facts = read_letter(item.octets, self.readers.limits) if len(item.octets) <= letters.MOST else None
        return None if facts is None else self._letter(item, facts)

    async def _by_a_worker(self, item: Item) -> Recorded | Left:
        assert isinstance(item, Octets)
        return self._letter(item, await self.readers.read(Body.of(item.octets)))

    def _letter(self, item: Octets, facts: Facts) -> Recorded | Left:
        """The letter of a mail, or why it has none."""
        if any(finding.code == "unreadable" and finding.where == "mail" for finding in facts.findings):
            return Left(item.where, "unreadable", _UNREAD)
        if facts.kind != "ordinary" or facts.auto_generated:
            return Left(item.where, "automatic")
        labels = {label.strip().casefold() for text in _fields(facts, "x-gmail-labels") for label in text.split(",")}
        if labels & _UNSENT:
            return Left(item.where, "draft")
        letter = letter_of(facts, item.at, self.now + _LATER)
        if letter is None:
            return Left(item.where, "undated")
        return Recorded(item.where, letter, letter.message_id, files=tuple(worth_knowing(facts)))


def _fields(facts: Facts, name: str) -> list[str]:
    return [text for field, text in facts.headers.fields or () if field == name]


def _as_sent(item: Item) -> Item:
    """With the line ends that a mail has on its way; in files they are often the system's."""
    if not isinstance(item, Octets) or b"\r\n" in item.octets:
        return item
    return Octets(item.where, item.octets.replace(b"\n", b"\r\n"), item.at)


async def import_archives(
    config: Config, archives: Sequence[Archive], actor: Actor, jobs: int, *, dry_run: bool, again: bool, told: Told
) -> list[Tally]:
    """Learn what these archives teach. jobs: processes that read. dry_run: read them and learn nothing; again: the
    model is taught what was imported before, too.

    Raises StoreError, ReadersDead, sqlite3.Error, OSError.
    """
    ledger, now = ledger_path(config), utc_now()
    if not dry_run or ledger.exists():
        prepare(ledger)  # an older ledger lacks the table
    with ExitStack() as stack:
        gathering = stack.enter_context(closing(Gathering()))
        half = None if dry_run else stack.enter_context(importing(ledger))
        known = stack.enter_context(closing(Known(ledger, again=again))) if ledger.exists() else lambda *_: False
        readers = Readers(reading_limits(config), count=jobs)
        zone = ZoneInfo(config.settings.organization.timezone)
        taught = frozenset[bytes]() if half is None else half.taught(_last(config))
        run = Importing(organization(config), readers, gathering, zone, now.timestamp(), known, told, taught)
        try:
            tallies = await run.gather(archives)
        finally:
            await readers.stop()
        if half is not None and any(one.learned for one in tallies):
            await _learn(config, gathering, actor, sum(one.learned for one in tallies), half, taught)
    return tallies


def _last(config: Config) -> bytes:
    """The name of the last import that the model that lies there knows; empty if there is none that can be read."""
    settings = memory(config)
    try:
        mark = None if settings is None else snapshots.mark_of(settings.path)
    except snapshots.SnapshotError:
        return b""
    return b"" if mark is None else mark.imported


async def _learn(
    config: Config, gathering: Gathering, actor: Actor, mails: int, half: HalfImported, taught: frozenset[bytes]
) -> None:
    """The model first; whoever is stopped in between imports again, and finds by the note which mails it knows."""
    company, settings, name = organization(config), memory(config), secrets.token_bytes(16)
    new = frozenset(gathering.digests())
    async with open_rooms(config) as rooms:
        if settings is not None:
            await asyncio.to_thread(half.begun, name, new | taught)
            await learn_archive(Lessons(rooms.db), settings, gathering.lessons(), actor, utc_now(), name)
        for batch in gathering.batches():
            await rooms.db.write(partial(count, mails=[_past(one, company) for one in batch]))
        if settings is None:
            await rooms.db.write(partial(note, actor=actor, now=utc_now(), mails=mails))
    if left := taught - new:  # of another archive, which is still to be imported again
        await asyncio.to_thread(half.begun, name, left)
    else:
        await asyncio.to_thread(half.over)


def _lesson(letter: Letter) -> bytes:
    """What the model learns of a letter; nothing of one to hundreds, as at the door."""
    people = len(letter.to) + len(letter.cc) + len(letter.bcc)
    return read(letter).to_bytes() if people <= PEOPLE else b""


def _past(one: Gathered, company: Organization) -> PastMail:
    """A mail as the ledger counts it."""
    people: dict[Address, str] = {}
    for written, name in one.people:
        with suppress(AddressError):
            people.setdefault(parse_address(written), name)
    return PastMail(
        digest=one.digest,
        at=int(one.at * 1e6),
        sender=parse_address(one.sender),
        recipients=tuple(people),
        outside=tuple(address for address in people if not company.is_internal(address)),
        names={address.key: name for address, name in people.items()},
        message_id=one.message_id,
        files=tuple(one.files),
    )
