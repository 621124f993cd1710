"""A busy ledger that is killed: `python this.py FOLDER SEED [POINT]`. Prints a line for all that was acknowledged.

The lines go out by os.write after the acknowledgement, so a line that the parent read was acknowledged; what the parent
did not read may or may not have happened. With a POINT the process kills itself there, by methods wrapped from outside.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.ledger import ANN, BOB, BOSS, CAROL, DEPUTY, PREFIX, Clock, Ledger, facts, mail, opened, verdict

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.alteration import Change, Recipe, RemoveAttachment
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.message import new_message_id
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Ask, Disposition
from mailguard.store import choosing, deciding, entering, entry, questions, queue, spool, tries
from mailguard.store.bodies import Bodies
from mailguard.store.choosing import Altering, Chosen, NotPossible, Outrun
from mailguard.store.records import Filter, NoticeKind
from mailguard.store.wish import Wish
from mailguard.store.writer import Writer

#: point -> where, what, before or after
POINTS: dict[str, tuple[Any, str, str]] = {
    "a large body lies in its place, no row yet": (Bodies, "put_all", "after"),
    "a large body is half written": (Bodies, "put_all", "during"),
    "a body that came as a file lies in its place, no row yet": (Bodies, "adopt", "after"),
    "inside the transaction of an add": (entry, "_first_line", "before"),
    "inside the transaction of an add, after its audit line": (entry, "_first_line", "after"),
    "inside the transaction of adds that come together": (entering, "_owe", "before"),
    "inside the transaction of adds that come together, all rows there": (spool, "enter_all", "after"),
    "inside the transaction of tries that end together": (queue, "record_all", "after"),
    "inside the transaction of a decision": (deciding, "settle", "before"),
    "inside the transaction of a choice, one recipient off": (choosing, "_alter", "before"),
    "inside the transaction of a choice, the recipes exchanged": (choosing, "_void", "before"),
    "inside the transaction of a choice, all of it done": (choosing, "decision", "before"),
    "inside the transaction of a try": (tries, "settle", "before"),
    "inside the transaction of a try, while history learns": (tries, "learn", "after"),
    "inside the transaction of a reminder, letters owed": (questions, "_line", "before"),
    "inside the transaction of an escalation, after its line": (questions, "_line", "after"),
    "committed, and nobody told": (Writer, "_commit", "after"),
}
KILL = signal.SIGKILL
#: What is taken out of a copy.
LESS: Recipe = (RemoveAttachment(sha256="0" * 64),)
#: One question that is asked again at once, and then of others too.
ASKED = (Ask((BOSS,), remind_after=timedelta(0), escalate_after=timedelta(0), escalate_to=(DEPUTY,)),)


def say(*words: str) -> None:
    os.write(1, (" ".join(words) + "\n").encode())


def die() -> None:
    os.kill(os.getpid(), KILL)


def arm(point: str, skip: int) -> None:
    """Die at the point when it is come to for the `skip`-th time."""
    owner, name, when = POINTS[point]
    method: Callable[..., Any] = getattr(owner, name)
    passed = 0

    def wrapped(*arguments: Any, **named: Any) -> Any:
        nonlocal passed
        passed += 1
        if passed < skip:
            return method(*arguments, **named)
        if when == "during":
            bodies, some = arguments
            for one in some:
                target = bodies.path_of(one.message_id)
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(one.octets[: len(one.octets) // 2])
        if when != "after":
            die()
        result = method(*arguments, **named)
        die()
        return result

    setattr(owner, name, wrapped)


class Life:
    """Adds, decides, claims, records and writes letters, all at once, until killed."""

    def __init__(self, ledger: Ledger, chance: random.Random) -> None:
        self.ledger = ledger
        self.chance = chance

    async def adds(self) -> None:
        while True:
            disposition = self.chance.choice(
                [Disposition.DELIVER, Disposition.DELAY, Disposition.CONFIRM, Disposition.APPROVE]
            )
            octets = self.chance.randbytes(self.chance.choice([200, 2000, 70_000]))
            to = self.chance.choice([(BOB,), (BOB, CAROL)])
            record = await self.ledger.add(disposition, to, octets=octets, after=timedelta(days=1), asks=ASKED)
            say("add", record.id, record.sha256, disposition.word)

    async def adds_files(self) -> None:
        """Mail that the front door wrote to a file."""
        while True:
            now = datetime.now(UTC)
            message = mail((BOB,), octets=self.chance.randbytes(300_000), at=now)
            path = self.ledger.spool.incoming / f"in-{message.id}.part"
            path.write_bytes(message.body.read())
            message = replace(message, body=replace(message.body, octets=None, path=path))
            record = await self.ledger.spool.add(message, facts(), verdict(message), PREFIX)
            say("add", record.id, record.sha256, "deliver")

    async def hands_on(self) -> None:
        """Fresh mail that is out at once, entered and written down together with others."""
        while True:
            now = datetime.now(UTC)
            message, known = mail((BOB,), octets=self.chance.randbytes(200), at=now), facts()
            known = replace(known, headers=replace(known.headers, message_id=f"<{message.id}@corp.example>"))
            until = now + timedelta(minutes=15)
            record = await self.ledger.spool.add(message, known, verdict(message), PREFIX, lease_until=until)
            say("add", record.id, record.sha256, "deliver")
            say("out", record.id, BOB)
            outcomes = {parse_address(BOB): Outcome(Result.RELAYED, 250, "said")}
            done = await self.ledger.queue.record(record.id, outcomes, now, now, give_up=False)
            say("relay", record.id, *map(str, done.relayed))

    async def nudges(self) -> None:
        while True:
            now = datetime.now(UTC)
            for message_id in await self.ledger.holds.unanswered(now, 5):
                nudged = await self.ledger.holds.nudge(message_id, now)
                if nudged is not None and nudged.reminded:
                    say("remind", message_id)
            await asyncio.sleep(0)

    async def decides(self) -> None:
        actor = Actor(self.chance.choice([ANN, BOSS]), Role.SENDER, "console")
        while True:
            held = await self.ledger.holds.page(Filter(state=State.HELD), 20)
            for record in held:
                event = self.chance.choice([Event.RELEASE, Event.CANCEL])
                now = datetime.now(UTC)
                notice: NoticeKind | None = "cancelled" if event is Event.CANCEL else None
                decision = await self.ledger.holds.apply(record.id, event, actor, now, notice=notice)
                if decision.changed:
                    say(str(event), record.id)
            await asyncio.sleep(0)

    async def chooses(self) -> None:
        """One recipient off, one file out for the other, and let it go: in one step."""
        actor = Actor(ANN, Role.SENDER, "console")
        while True:
            for record in await self.ledger.holds.page(Filter(state=State.HELD), 20):
                copies = {copy.address.key: copy for copy in record.recipients}
                if set(copies) == {BOB, CAROL} and all(copy.state is State.HELD for copy in copies.values()):
                    now = datetime.now(UTC)
                    said = (Change("remove_attachment", (copies[BOB].address,)),)
                    altering = Altering(Wish(None, actor, now), {BOB: copies[BOB].recipe or ()}, {BOB: LESS}, said)
                    off = Wish(Event.REMOVE, actor, now, (copies[CAROL].address,))
                    then = Wish(Event.RELEASE, actor, now, (copies[BOB].address,))
                    with contextlib.suppress(NotPossible, Outrun):
                        await self.ledger.holds.choose(record.id, Chosen(off, altering, then))
                        say("choose", record.id)
            await asyncio.sleep(0)

    async def relays(self) -> None:
        while True:
            now = datetime.now(UTC)
            for job in await self.ledger.queue.claim(now, timedelta(minutes=15), 5):
                result = self.chance.choice([Result.RELAYED, Result.RELAYED, Result.DEFERRED])
                if result is Result.RELAYED and job.record.kind == "mail":
                    say("out", job.record.id, *map(str, job.recipients))
                code = 250 if result is Result.RELAYED else 451
                outcomes = dict.fromkeys(job.recipients, Outcome(result, code, "said"))
                done = await self.ledger.queue.record(job.record.id, outcomes, now, now, give_up=False)
                if done.relayed and job.record.kind == "mail":
                    say("relay", job.record.id, *map(str, done.relayed))
            await asyncio.sleep(0)

    async def letters(self) -> None:
        while True:
            for notice in await self.ledger.outbox.pending(10):
                letter = await self.ledger.spool.add_letter(
                    new_message_id(datetime.now(UTC)),
                    parse_address(ANN),
                    b"letter",
                    about=notice.message_id,
                    now=datetime.now(UTC),
                    ends=[notice.id],
                )
                if letter is not None:
                    say("letter", letter.id, str(notice.id))
            await asyncio.sleep(0)


async def live(folder: Path, seed: int) -> None:
    async with opened(folder) as ledger:
        ledger.clock = Clock(datetime.now(UTC))
        await ledger.queue.release_leases()
        life = Life(ledger, random.Random(seed))
        say("ready")
        async with asyncio.TaskGroup() as tasks:
            for work in (
                life.adds,
                life.adds,
                life.adds,
                life.adds_files,
                life.hands_on,
                life.hands_on,
                life.decides,
                life.decides,
                life.chooses,
                life.nudges,
                life.relays,
                life.letters,
            ):
                tasks.create_task(work())


if __name__ == "__main__":
    if len(sys.argv) > 3:
        arm(sys.argv[3], skip=random.Random(sys.argv[2]).randint(1, 12))
    asyncio.run(live(Path(sys.argv[1]), int(sys.argv[2])))
