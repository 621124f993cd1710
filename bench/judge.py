"""What the intake room spends on a mail that others have read and will keep, and what a letter to its sender costs.

The readers and the ledger are stood in for, so that only the room's own work is timed: 2 KB text mails under the
shipped policies, their facts made before. `accept` is the whole way from the final dot to the reply, log lines
included; below it are the parts of it. A letter is made from a notice to its octets. Processor time of the thread,
microseconds a mail, the least of the rounds.

    python bench/judge.py [--rounds 7] [--mails 1000] [--profile]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from mailguard import events, log
from mailguard.inspect.reader import read_mail
from mailguard.intake import Intake, IntakeSettings
from mailguard.mail.address import Address, ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body, Message, new_message_id
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Disposition, Verdict
from mailguard.notify.letters import LetterContext, LetterSettings, compose
from mailguard.policy.case import Case, Known
from mailguard.policy.case_json import case_to_json
from mailguard.policy.judge import judge
from mailguard.policy.loader import load_policy
from mailguard.policy.question import Question
from mailguard.store.fresh import record_of
from mailguard.store.records import MessageRecord
from mailguard.workshop import Workshop
from peers import CLEAN, ROOT

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OWN = Organization(("corp.example",), name="Example")
HELD = "bob@hold.example"
_HEAD = (
    "Message-ID: <bench-{id}@pc.corp.example>\r\nFrom: Ann <ann@corp.example>\r\nTo: <{to}>\r\n"
    "Subject: bench\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
)
_TEXT = b"Dear colleagues, this is a line of an ordinary letter with some words in it.\r\n" * 23
_HOLD = """
version: 1
rules:
  - id: bench-hold
    when: {recipients: {domain: [hold.example]}}
    then: confirm
    because: {ja: 測定のための保留, en: Held for the bench}
"""


class Elsewhere:
    """The rooms around: readers that have read, a ledger that remembers nothing and keeps all, a lane with room."""

    def __init__(self) -> None:
        self.facts: dict[str, Facts] = {}
        self.records: list[MessageRecord] = []

    async def read(self, body: Body, client: str) -> Facts:
        return self.facts[body.sha256]

    def at_hand(self, sender: ReversePath, recipients: Sequence[Address], asked: Question) -> Known | None:
        return None

    async def known(self, sender: ReversePath, recipients: Sequence[Address], asked: Question) -> Known:
        if asked.moment is None:
            return Known()
        return Known(
            frozenset(),
            frozenset({"corp.example"}),
            last_written={},
            thread=frozenset(),
            names={},
            circles=(),
            files={},
        )

    async def files(self, facts: Facts) -> dict[str, frozenset[str]]:
        return {}

    async def add(
        self, message: Message, facts: Facts, verdict: Verdict, prefix: bytes, *, lease_until: datetime | None,
        circumstances: object, prepared: Any, lesson: bytes,
    ) -> MessageRecord:  # fmt: skip
        record = record_of(message, facts, verdict, prefix, lease_until, prepared)
        self.records.append(record)
        return record

    def room_for_one(self, ways: object) -> bool:
        return True

    def hand_on(self, record: MessageRecord, body: Body | None = None) -> None:
        pass


def mails(count: int, to: str, rooms: Elsewhere) -> list[Message]:
    """Mails as `load` sends them, each with its own id, and what a reader says of them."""
    made = []
    client = Client("127.0.0.1", "pc.corp.example", trusted=True)
    envelope = Envelope(ReversePath(parse_address("ann@corp.example")), (parse_address(to),), client)
    for number in range(count):
        head = _HEAD.format(id=f"{to[0]}-{number}", to=to).encode()
        body = Body.of(head + _TEXT)
        rooms.facts[body.sha256] = read_mail(head + _TEXT)
        made.append(Message(new_message_id(NOON), replace(envelope), body, NOON + timedelta(milliseconds=number)))
    return made


class Bench:
    """The room, its mails, and what is timed."""

    def __init__(self, folder: Path, count: int) -> None:
        self.runner = asyncio.Runner()
        (folder / "hold.yaml").write_text(_HOLD, "utf-8")
        self.rooms = Elsewhere()
        self.policy = load_policy([ROOT / "policies", folder / "hold.yaml"], OWN)
        rooms = cast(Any, self.rooms)
        self.intake = Intake(
            IntakeSettings(OWN, "mx.corp.example", b"k" * 32),
            readers=rooms,
            policy=lambda: self.policy,
            history=rooms,
            spool=rooms,
            turned_away=rooms,
            workshop=Workshop(),
            delivery=rooms,
            noticed=lambda _record: None,
            now=lambda: NOON,
        )
        self.ways = {"relayed": mails(count, CLEAN, self.rooms), "held": mails(count, HELD, self.rooms)}

    async def accept(self, way: str) -> None:
        for message in self.ways[way]:
            reply = await self.intake.accept(message)
            assert reply.code == 250, reply

    def parts(self, way: str) -> dict[str, Callable[[], object]]:
        """What is done for each mail of the way, part by part."""
        messages = self.ways[way]
        facts = [self.rooms.facts[message.body.sha256] for message in messages]
        cases = self.runner.run(self._cases(messages, facts))
        verdicts = [judge(self.policy, case) for case in cases]
        settings = LetterSettings(parse_address("mailguard@corp.example"), "http://127.0.0.1:8025", OWN)
        self.runner.run(self.accept(way))
        records = self.rooms.records[-len(messages) :]
        parts: dict[str, Callable[[], object]] = {
            "judge": lambda: [judge(self.policy, case) for case in cases],
            "case": lambda: self.runner.run(self._cases(messages, facts)),
            "circumstances": lambda: [case_to_json(case) for case in cases],
            "record": lambda: [
                record_of(message, one, verdict, b"", NOON)
                for message, one, verdict in zip(messages, facts, verdicts, strict=True)
            ],
            "log line": lambda: [events.accepted(message.id, "deliver", 2048, 1, []) for message in messages],
        }
        if verdicts[0].disposition is Disposition.DELIVER:
            return parts
        contexts = [
            LetterContext(
                settings,
                parse_address("ann@corp.example"),
                new_message_id(NOON),
                NOON,
                "http://x/t/" + "s" * 43,
                "123456",
                record=record,
            )
            for record in records
        ]
        parts["letter"] = lambda: [compose("held", "ja", context) for context in contexts]
        return parts

    async def _cases(self, messages: list[Message], facts: list[Facts]) -> list[Case]:
        return [await self.intake._asking.case(self.policy, *both) for both in zip(messages, facts, strict=True)]


def least(rounds: int, count: int, work: Callable[[], object]) -> float:
    """Microseconds of processor time for each of `count`."""
    work()
    times = []
    for _ in range(rounds):
        begun = time.thread_time()
        work()
        times.append(time.thread_time() - begun)
    return min(times) / count * 1e6


def profiled(work: Callable[[], object]) -> None:
    with cProfile.Profile() as profile:
        work()
    pstats.Stats(profile).sort_stats("tottime").print_stats(45)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--profile", default="", help="a part, such as relayed/accept: where its time goes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        lines = os.open(Path(name) / "log", os.O_WRONLY | os.O_CREAT)
        sys.stderr = os.fdopen(os.dup(2), "w")  # what fails here is no log line
        os.dup2(lines, 2)
        log.set_up()
        bench = Bench(Path(name), options.mails)
        for way in bench.ways:
            parts = {"accept": lambda way=way: bench.runner.run(bench.accept(way)), **bench.parts(way)}
            for part, work in parts.items():
                if options.profile:
                    if options.profile == f"{way}/{part}":
                        profiled(work)
                    continue
                print(f"{way:8} {part:14} {least(options.rounds, options.mails, work):7.1f} µs", flush=True)


if __name__ == "__main__":
    sys.exit(main())
