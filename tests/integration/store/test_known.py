"""What was answered lately is given again only while the ledger would say the same, whoever changed it."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.integration.store.test_memory import told
from tests.ledger import BOB, CAROL, Clock, Ledger, mail, opened, verdict

from mailguard.mail.actor import HOUSE
from mailguard.mail.address import NULL_PATH, ReversePath, parse_address
from mailguard.mail.outcome import Outcome, Result
from mailguard.policy.case import Circle, Known
from mailguard.policy.names import name_key
from mailguard.policy.question import Question
from mailguard.store import history as history_module
from mailguard.store import many
from mailguard.store.db import Database
from mailguard.store.errors import StoreError
from mailguard.store.history import History, learn
from mailguard.store.knowing import CIRCLES_MOST
from mailguard.store.memory import COUNT_CIRCLE, INSERT_CIRCLE, circle_row, forget_people, members_text
from mailguard.store.stamps import circle_place, stamps_path
from mailguard.store.trusts import Trusts, forget_trusts

SENDERS = ("ann@corp.example", "eve@corp.example")
PEOPLE = (BOB, CAROL, "rob@partner.example", "carol@gmail.com")
NAMES = ("", "Bob Jones", "Carol Smith")
NEEDS = frozenset({"thread", "names", "habits", "files"})
_NUMBERS = itertools.count()
RULES = {parse_address(BOB): ("a-rule",)}


def question(ledger: Ledger, sender: str | None, needs: frozenset[str] = NEEDS) -> Question:
    whose = frozenset({"company", f"person:{sender}"}) if sender else frozenset()
    names = tuple(name_key(name) for name in NAMES if name)
    return Question(needs, (), names, ledger.clock(), whose, no_files=True)


def path(sender: str | None) -> ReversePath:
    return ReversePath(parse_address(sender)) if sender else NULL_PATH


async def fresh(ledger: Ledger, sender: str | None, to: Sequence[str], needs: frozenset[str] = NEEDS) -> Known:
    """What the ledger says to somebody who never asked before."""
    recipients = tuple(map(parse_address, to))
    return await History(ledger.db).known(path(sender), recipients, question(ledger, sender, needs))


async def asked(ledger: Ledger, sender: str | None, to: Sequence[str], needs: frozenset[str] = NEEDS) -> Known:
    recipients = tuple(map(parse_address, to))
    return await ledger.history.known(path(sender), recipients, question(ledger, sender, needs))


def at_hand(ledger: Ledger, sender: str | None, to: Sequence[str], needs: frozenset[str] = NEEDS) -> Known | None:
    recipients = tuple(map(parse_address, to))
    return ledger.history.at_hand(path(sender), recipients, question(ledger, sender, needs))


@dataclass
class Sent:
    """A mail that goes out; handed: its lease is taken when it comes in, as of mail on its way in memory."""

    sender: str
    to: tuple[str, ...]
    name: str
    handed: bool

    async def by(self, one: Ledger) -> None:
        known = told(self.to, names=dict.fromkeys(self.to, self.name), message_id=f"<{next(_NUMBERS)}@corp.example>")
        if not self.handed:
            await one.relay(await one.add(to=self.to, known=known, sender=self.sender))
            return
        message = mail(self.to, sender=self.sender, at=one.clock())
        lease, judged = one.clock() + timedelta(minutes=15), verdict(message)
        record = await one.spool.add(message, known, judged, b"", lease_until=lease)
        outcomes = dict.fromkeys(message.envelope.recipients, Outcome(Result.RELAYED, 250, "ok"))
        await one.queue.record(record.id, outcomes, one.clock(), lease, give_up=False)


@dataclass
class Said:
    """Somebody vouches for Bob, for so many minutes."""

    whose: str
    minutes: int

    async def by(self, one: Ledger) -> None:
        until = one.clock() + timedelta(minutes=self.minutes)
        await Trusts(one.db).say(self.whose, RULES, HOUSE, one.clock(), until, "")


@dataclass
class Act:
    """Anything else."""

    name: str

    async def by(self, one: Ledger) -> None:
        await getattr(self, self.name)(one)

    async def revoked(self, one: Ledger) -> None:
        for trust in await Trusts(one.db).of(None, one.clock()):
            await Trusts(one.db).revoke(trust.id, HOUSE, one.clock())

    async def forgotten(self, one: Ledger) -> None:
        await one.db.write(lambda c: forget_people(c, "", one.clock() - timedelta(minutes=30)))
        await one.db.write(lambda c: forget_trusts(c, one.clock()))

    async def undone(self, one: Ledger) -> None:
        def change(connection: sqlite3.Connection) -> None:
            learn(connection, SENDERS[0], [parse_address("new@new.example")], one.clock())
            raise ValueError

        with pytest.raises(ValueError):
            await one.db.write(change)

    async def later(self, one: Ledger) -> None:
        one.clock.forward(minutes=3)

    async def much_later(self, one: Ledger) -> None:
        one.clock.forward(hours=1)


SENT = st.builds(
    Sent,
    st.sampled_from(SENDERS),
    st.sampled_from(((BOB,), (BOB, CAROL), ("rob@partner.example",), ("carol@gmail.com", BOB))),
    st.sampled_from(NAMES),
    st.booleans(),
)
SAID = st.builds(Said, st.sampled_from(("company", f"person:{SENDERS[0]}")), st.sampled_from((2, 4, 90)))
ACT = st.sampled_from(("revoked", "forgotten", "undone", "later", "much_later")).map(Act)
CHANGE = st.one_of(SENT, SENT, SENT, SAID, ACT)
QUESTIONS = [(SENDERS[0], (BOB,)), (SENDERS[0], PEOPLE), (SENDERS[1], (CAROL, "rob@partner.example")), (None, PEOPLE)]


def _mine(*changes: Sent | Said | Act) -> list[tuple[bool, Sent | Said | Act, bool]]:
    return [(place % 2 == 1, change, False) for place, change in enumerate(changes)]


_TWO = Sent(SENDERS[0], (BOB, CAROL), "Bob Jones", handed=True)


@settings(max_examples=10, deadline=None)
@example(_mine(_TWO, Act("much_later"), Act("forgotten"), _TWO))
@example(_mine(_TWO, _TWO, _TWO, _TWO, replace(_TWO, name="Carol Smith"), Act("much_later"), Act("forgotten")))
@example(_mine(_TWO, replace(_TWO, sender=SENDERS[1], to=("carol@gmail.com", "rob@partner.example")), Act("later")))
@example(_mine(*[_TWO] * 5, replace(_TWO, to=("carol@gmail.com", BOB)), *[_TWO] * 2, Act("undone"), _TWO))
@example(_mine(replace(_TWO, to=(BOB,)), replace(_TWO, to=(BOB,), name="Carol Smith")))
@example(_mine(Said("company", 2), Act("later"), Said("company", 90), Act("revoked")))
@given(st.lists(st.tuples(st.booleans(), CHANGE, st.booleans()), min_size=1, max_size=12))
def test_what_was_kept_is_what_the_ledger_says(changes: list[tuple[bool, Sent | Said | Act, bool]]) -> None:
    asyncio.run(_compared(changes))


async def _compared(changes: list[tuple[bool, Sent | Said | Act, bool]]) -> None:
    with TemporaryDirectory() as folder:
        async with opened(Path(folder)) as mine, opened(Path(folder)) as other:
            other.clock = mine.clock
            for by_other, change, meanwhile in changes:
                questions = [asked(mine, *one) for one in QUESTIONS] if meanwhile else []
                await asyncio.gather(change.by(other if by_other else mine), *questions)
                for one in QUESTIONS:
                    wanted = await fresh(mine, *one)
                    kept = at_hand(mine, *one)
                    assert kept is None or kept == replace(wanted, often=kept.often), one
                    assert replace(await asked(mine, *one), often=()) == replace(wanted, often=()), one


async def test_it_is_kept_though_the_same_is_sent_again_and_again(ledger: Ledger) -> None:
    """Else every mail would make the next one ask."""
    sent = Sent(SENDERS[0], (BOB,), "Bob Jones", handed=True)
    await sent.by(ledger)
    first = await asked(ledger, SENDERS[0], (BOB,))
    for handed in (True, False, True):
        await replace(sent, handed=handed, name="" if handed else "Bob Jones").by(ledger)
        assert at_hand(ledger, SENDERS[0], (BOB,)) is first
    await replace(sent, sender=SENDERS[1]).by(ledger)
    assert at_hand(ledger, SENDERS[0], (BOB,)) is first, "what a colleague does is another matter"
    await replace(sent, name="Robert").by(ledger)
    assert at_hand(ledger, SENDERS[0], (BOB,)) is None


async def test_a_habit_is_kept_though_it_is_followed_again(ledger: Ledger, tmp_path: Path) -> None:
    """By whichever process: how often is known without a look into the ledger."""
    for _ in range(3):
        await _TWO.by(ledger)
    await asked(ledger, SENDERS[0], (BOB,))
    async with opened(tmp_path) as other:
        for place, one in enumerate((ledger, other, other, ledger), 4):
            await _TWO.by(one)
            kept = at_hand(ledger, SENDERS[0], (BOB,))
            assert kept is not None
            assert kept.circles == (Circle(frozenset({BOB, CAROL}), place),)
            assert at_hand(ledger, SENDERS[0], (BOB,)) is kept, "as long as nothing more is sent"


async def test_counts_that_may_be_undone_are_asked_for(ledger: Ledger) -> None:
    for _ in range(3):
        await _TWO.by(ledger)

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE circle SET count = count + 5")
        raise ValueError

    await asked(ledger, SENDERS[0], (BOB,))
    with pytest.raises(ValueError):
        await ledger.db.write(change)
    assert at_hand(ledger, SENDERS[0], (BOB,)) is None
    assert await asked(ledger, SENDERS[0], (BOB,)) == await fresh(ledger, SENDERS[0], (BOB,))


async def test_who_ends_between_commit_and_count_has_others_ask(ledger: Ledger) -> None:
    for _ in range(3):
        await _TWO.by(ledger)
    await asked(ledger, SENDERS[0], (BOB,))
    stamps, circle = ledger.db.stamps, circle_place(SENDERS[0], members_text((BOB, CAROL)))
    begun = stamps.begin([], [circle])
    assert at_hand(ledger, SENDERS[0], (BOB,)) is not None, "it is not committed yet"
    stamps.done(begun)
    assert at_hand(ledger, SENDERS[0], (BOB,)) is None
    await asked(ledger, SENDERS[0], (BOB,))
    late = stamps.begin([], [circle])
    stamps.done(stamps.begin([], [circle]), {circle: 5})
    stamps.done(late, {circle: 4})
    assert at_hand(ledger, SENDERS[0], (BOB,)) is None, "it was written down behind a later one"
    stamps.begin([], [circle])
    assert at_hand(ledger, SENDERS[0], (BOB,)) is None, "nor is it the one before the next"


async def test_circles_that_share_a_place_are_told_apart(ledger: Ledger) -> None:
    for _ in range(3):
        await _TWO.by(ledger)
    await asked(ledger, SENDERS[0], (BOB,))
    mine = circle_place(SENDERS[0], members_text((BOB, CAROL)))
    stamps, other = ledger.db.stamps, mine._replace(whose=mine.whose ^ 1)
    stamps.done(stamps.begin([], [other]), {other: 90})
    assert at_hand(ledger, SENDERS[0], (BOB,)) is None


async def test_of_more_circles_than_are_told_each_may_be_the_next(ledger: Ledger) -> None:
    def change(connection: sqlite3.Connection) -> None:
        rows = [circle_row(SENDERS[0], (BOB, f"{n}@corp.example"), n, "") for n in range(CIRCLES_MOST + 1)]
        for _ in range(3):
            connection.executemany(f"{INSERT_CIRCLE} VALUES (?, ?, ?, ?, ?) {COUNT_CIRCLE}", rows)

    await ledger.db.write(change)
    known = await asked(ledger, SENDERS[0], (BOB,))
    assert frozenset({BOB, "0@corp.example"}) not in {one.members for one in known.circles or ()}
    assert at_hand(ledger, SENDERS[0], (BOB,)) is not None
    again = circle_row(SENDERS[0], (BOB, "0@corp.example"), CIRCLES_MOST + 1, "")
    await ledger.db.write(lambda c: many.run(c, INSERT_CIRCLE, [again], COUNT_CIRCLE))
    assert at_hand(ledger, SENDERS[0], (BOB,)) is None
    known = await asked(ledger, SENDERS[0], (BOB,))
    assert Circle(frozenset({BOB, "0@corp.example"}), 4) in (known.circles or ())


async def test_ages_are_asked_for_each_time(ledger: Ledger) -> None:
    needs = frozenset({"written"})
    await Sent(SENDERS[0], (BOB,), "", handed=True).by(ledger)
    for minutes in (1, 2):
        ledger.clock.forward(minutes=1)
        assert (await asked(ledger, SENDERS[0], (BOB,), needs)).last_written == {BOB: timedelta(minutes=minutes)}
        assert at_hand(ledger, SENDERS[0], (BOB,), needs) is None


_LEARNS = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from mailguard.mail.address import parse_address
from mailguard.store.db import Database
from mailguard.store.history import learn

async def main():
    db = await Database.open(Path(sys.argv[1]))
    for line in sys.stdin:
        await db.write(lambda c: learn(c, sys.argv[2], [parse_address(line.strip())], datetime.now(UTC)))
        print("learned", flush=True)
    await db.close()

asyncio.run(main())
"""


async def test_another_process_changes_it(ledger: Ledger) -> None:
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _LEARNS, str(ledger.db.path), SENDERS[0], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdin is not None
    assert other.stdout is not None
    await asked(ledger, SENDERS[0], PEOPLE)
    for count, person in enumerate((BOB, CAROL, "carol@gmail.com"), 1):
        assert at_hand(ledger, SENDERS[0], PEOPLE) is not None
        other.stdin.write(f"{person}\n".encode())
        assert await other.stdout.readline() == b"learned\n"
        assert at_hand(ledger, SENDERS[0], PEOPLE) is None
        known = await asked(ledger, SENDERS[0], PEOPLE)
        assert len(known.sender_domains) == len(known.company_domains) == count
    other.stdin.close()
    await other.wait()


async def test_who_ends_before_its_commit_or_right_behind_it_has_others_ask(ledger: Ledger) -> None:
    await asked(ledger, SENDERS[0], (BOB,))
    ledger.db.stamps.begin([f"p{SENDERS[0]}"])  # and no `done`
    for _ in range(2):
        assert at_hand(ledger, SENDERS[0], (BOB,)) is None
        await asked(ledger, SENDERS[0], (BOB,))
    await Sent(SENDERS[1], (CAROL,), "", handed=True).by(ledger)
    await asked(ledger, SENDERS[0], (BOB,))
    assert at_hand(ledger, SENDERS[0], (BOB,)) is not None, "the next commit makes up for it"


async def test_what_is_kept_has_an_end_and_a_bound(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    await asked(ledger, SENDERS[0], (BOB,))
    ledger.clock.forward(seconds=299)
    assert at_hand(ledger, SENDERS[0], (BOB,)) is not None
    ledger.clock.forward(seconds=1)
    assert at_hand(ledger, SENDERS[0], (BOB,)) is None
    monkeypatch.setattr(history_module, "_ROOM", 60)
    for number in range(30):
        await asked(ledger, f"p{number}@corp.example", (BOB,))
    kept = [number for number in range(30) if at_hand(ledger, f"p{number}@corp.example", (BOB,))]
    assert kept == list(range(30 - len(kept), 30))
    assert 0 < len(kept) < 10


async def test_a_process_that_cannot_say_what_it_changes_does_not_open_the_ledger(tmp_path: Path) -> None:
    stamps_path(tmp_path / "mailguard.db").mkdir()
    with pytest.raises(StoreError):
        await Database.open(tmp_path / "mailguard.db")


async def test_no_other_file_is_taken_for_it(tmp_path: Path) -> None:
    """Root looks into the ledger of a user, who may put a link here to what is root's alone."""
    other = tmp_path / "other"
    other.write_bytes(b"")
    stamps_path(tmp_path / "mailguard.db").symlink_to(other)
    with pytest.raises(StoreError):
        await Database.open(tmp_path / "mailguard.db")
    assert other.read_bytes() == b""


def test_a_clock_that_is_set_back_finds_nothing() -> None:
    """Whatever held in the future is asked for again."""

    async def back() -> None:
        with TemporaryDirectory() as folder:
            async with opened(Path(folder)) as ledger:
                await Said("company", 90).by(ledger)
                assert (await asked(ledger, SENDERS[0], (BOB,))).trusts
                ledger.clock = Clock(ledger.clock() - timedelta(hours=1))
                assert at_hand(ledger, SENDERS[0], (BOB,)) is None

    asyncio.run(back())
