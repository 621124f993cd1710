"""Whatever a next server does, short of losing its answer to the final dot: each recipient gets the mail once.

The real ledger, sorting room and relay before a server whose every step Hypothesis chooses: refusals for now and for
good, at each recipient, drops before the dot, garbage, and two servers that stand in for each other.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from tests.integration.test_delivery import Desk
from tests.relaying import settings_for
from tests.smtp_fake import Act, Drop, FakeServer, Say

from mailguard.mail.address import Address, parse_address
from mailguard.mail.lifecycle import State
from mailguard.notify.live import Live
from mailguard.relay.chain import Chain
from mailguard.relay.smtp import SmtpUpstream
from mailguard.store.db import Database
from mailguard.store.holds import Holds
from mailguard.store.outbox import Outbox
from mailguard.store.queue import Queue
from mailguard.store.spool import Spool

PEOPLE = tuple(parse_address(f"{who}@x.example") for who in ("ann", "bob", "cy", "dan"))
LATER, NEVER = Say(b"451 4.3.0 later\r\n"), Say(b"550 5.1.1 no\r\n")
FULL, BYE = Say(b"452 4.5.3 too many\r\n"), Say(b"421 4.3.2 bye\r\n")
GARBAGE, DROP, RESET = Say(b"\xff\xfe\r\n"), Drop(), Drop(reset=True)
#: After the final dot a drop is the one case in which nobody knows; garbage there is no answer either.
BEFORE: tuple[Act | None, ...] = (None, None, LATER, NEVER, BYE, GARBAGE, DROP, RESET)
STEPS: dict[str, tuple[Act | None, ...]] = {
    "banner": (None, None, None, LATER, NEVER, DROP),
    "ehlo": (None, None, None, LATER, DROP),
    "rset": (None, None, DROP, GARBAGE),
    "mail": BEFORE,
    "rcpt": (*BEFORE, FULL, FULL, FULL),
    "data": BEFORE,
    "block": (None, None, DROP, RESET),
    "dot": (None, None, LATER, NEVER, BYE),
}
#: What a server does at each step, one time after the other; then it behaves.
SCRIPT = st.fixed_dictionaries({step: st.lists(st.sampled_from(acts), max_size=4) for step, acts in STEPS.items()})
EXTENSIONS = st.sampled_from([("PIPELINING", "SIZE 50000000", "8BITMIME"), ("8BITMIME",)])


async def served(script: dict[str, list[Act | None]], extensions: Sequence[str]) -> FakeServer:
    server = FakeServer(script={step: [*acts, None] for step, acts in script.items()}, extensions=tuple(extensions))
    await server.start()
    return server


async def all_through(desk: Desk, ids: Sequence[str]) -> dict[tuple[str, Address], State]:
    """The end of every copy; time is pushed on while they wait."""
    async with asyncio.timeout(30):
        while True:
            records = [await desk.find(one) for one in ids]
            if not any(record.state is State.QUEUED for record in records):
                return {(r.id, copy.address): copy.state for r in records for copy in r.recipients}
            desk.later(minutes=20)
            await asyncio.sleep(0.03)


async def run(folder: Path, scripts: Sequence[dict[str, list[Act | None]]], extensions: Sequence[str]) -> None:
    servers = [await served(script, extensions) for script in scripts]
    db = await Database.open(folder / "ledger.db")
    spool, clock = Spool(db, folder / "bodies"), [datetime(2026, 11, 23, 9, 0, tzinfo=UTC)]
    await spool.start(clock[0])
    desk = Desk(db, spool, Queue(db), Holds(db), Outbox(db), Live(), clock)
    quick = {"backoff_seconds": 0.005, "backoff_limit_seconds": 0.01, "connections": 2}
    relays = [SmtpUpstream(settings_for(server.port, **quick)) for server in servers]
    try:
        records = [await desk.put(*PEOPLE), await desk.put(PEOPLE[0])]
        await desk.started(relays[0] if len(relays) == 1 else Chain(relays), lease=timedelta(days=9))
        ends = await all_through(desk, [record.id for record in records])
        got: Counter[tuple[str, Address]] = Counter()
        mails = (taken for server in servers for taken in server.taken if b"<>" not in taken.mail)  # reports are not
        for taken in mails:
            message = next(record.id for record in records if record.id.encode() in taken.octets)
            got.update((message, parse_address(rcpt.decode()[9:].split(">")[0])) for rcpt in taken.rcpts)
        assert got == Counter(key for key, state in ends.items() if state is State.RELAYED)
        assert set(ends.values()) <= {State.RELAYED, State.BOUNCED}
        event(f"relayed {sum(got.values())} of 5")
    finally:
        for room in desk.rooms:
            await room.stop()
        await db.close()
        for server in servers:
            await server.stop()


@example([{"rcpt": [None, FULL, NEVER, LATER]}], ("PIPELINING",))
@example([{"banner": [DROP, None, DROP], "rset": [DROP], "dot": [LATER]}, {"rcpt": [None, LATER, FULL]}], ())
@given(st.lists(SCRIPT, min_size=1, max_size=2), EXTENSIONS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_recipient_gets_it_once(scripts: list[dict[str, list[Act | None]]], extensions: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), scripts, extensions))
