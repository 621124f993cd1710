"""What a transaction comes to, whoever carries it: a task or the replies alone, wherever they are cut, and as the
standard has it.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.relaying import BOB, CY, DAN, MAIL, PATIENT, PREFIX, Line, outgoing

from mailguard.mail.address import Address
from mailguard.mail.outcome import Outcome, Result
from mailguard.relay.content import DotStuffer, Seen, in_pieces, stuffed
from mailguard.relay.dialog import Attempt, Dialog
from mailguard.relay.session import Session
from mailguard.relay.transaction import Prompt, transact
from mailguard.relay.wire import Wire

PEOPLE = (BOB, CY, DAN)
#: (result, code, unknown): what is asked about an outcome here.
Came = tuple[Result, int | None, bool]
CODES = st.sampled_from([250, 250, 250, 250, 251, 354, 220, 421, 450, 452, 530, 550, 552, 554])


@dataclass
class Server:
    """replies: to each command in order, the dot's last. breaks: octets after which it hangs up, None: never."""

    replies: list[tuple[int, bool]]
    cuts: list[int]
    breaks: int | None
    pipelining: bool
    kept: bool
    heard: list[int] = field(default_factory=list)  # codes that were said in full
    unsent: int = 0  # octets that are not out at the last reply

    async def serve(self, wire: Wire, task: asyncio.Task[Attempt] | None) -> None:
        """Answer what was asked, until nothing is asked any more."""
        said, left = 0, list(self.replies)
        await settle()
        while wire._asked and not wire._closing():
            now, left = left[: wire._asked], left[wire._asked :]
            if not left and self.unsent:
                assert isinstance(wire._transport, Line)
                wire._transport.unsent = self.unsent
            octets = b"".join(written(code, many) for code, many in now)
            until = len(octets) if self.breaks is None else min(len(octets), max(0, self.breaks - said))
            edges = [0, *sorted({cut % (until + 1) for cut in self.cuts}), until]
            for start, end in itertools.pairwise(edges):
                wire.data_received(octets[start:end])
                await settle()
            self.heard += complete(octets[:until], now)
            said += len(octets)
            if until < len(octets):
                wire.connection_lost(None)
            await settle()
        if not wire._closing() and task is not None and not task.done():
            wire.connection_lost(None)


async def settle() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


def written(code: int, many: bool) -> bytes:
    return b"%d-one\r\n%d two\r\n" % (code, code) if many else b"%d said\r\n" % code


def complete(octets: bytes, replies: list[tuple[int, bool]]) -> list[int]:
    found = []
    for code, many in replies:
        if not octets.startswith(text := written(code, many)):
            break
        found.append(code)
        octets = octets[len(text) :]
    return found


def expected(codes: list[int], *, kept: bool) -> tuple[dict[Address, Came], tuple[Address, ...], bool, bool]:
    """Outcomes, crowded, whether it is as good as stale, whether the text is sent. codes: those that were heard."""
    came: dict[Address, Came] = {}
    crowded: list[Address] = []

    def rest(result: Result, code: int | None = None, unknown: bool = False) -> dict[Address, Came]:
        return {a: (result, code, unknown) for a in PEOPLE if a not in crowded} | came

    def about(code: int) -> tuple[Result, int]:
        return (Result.FAILED if 500 <= code < 600 and code != 530 else Result.DEFERRED), code

    left = iter(codes)
    if kept and next(left, 0) != 250:
        return rest(Result.DEFERRED), (), True, False
    mail = next(left, 0)
    if not mail:
        return rest(Result.DEFERRED), (), kept, False
    if not 200 <= mail < 300:
        return rest(*about(mail)), (), kept and mail == 421, False
    accepted: list[Address] = []
    goodbye = None
    for person in PEOPLE:
        code = next(left, 0)
        if not code:
            unheard = PEOPLE[PEOPLE.index(person) :] if accepted else ()
            crowded = [*accepted, *crowded, *unheard]
            return rest(Result.DEFERRED, goodbye), tuple(crowded), False, False
        if 200 <= code < 300:
            accepted.append(person)
        elif code in (452, 552) and accepted:
            crowded.append(person)
        else:
            came[person] = (*about(code), False)
            goodbye = code if code == 421 else goodbye
    if not accepted:
        return came, tuple(crowded), False, False
    data = next(left, 0)
    if not data:
        return came, (*accepted, *crowded), False, False
    if data >= 500 and crowded:
        return came, (*accepted, *crowded), False, False
    if data != 354:
        return rest(*about(data)), tuple(crowded), False, False
    dot = next(left, 0)
    if not 200 <= dot < 600 or 300 <= dot < 400:
        return rest(Result.DEFERRED, None, unknown=True), tuple(crowded), False, True
    return rest(*((Result.RELAYED, dot) if dot < 300 else about(dot))), tuple(crowded), False, True


async def carried(server: Server, *, by_task: bool) -> tuple[Attempt, bytes, Session]:
    wire, line = Wire(), Line()
    wire.connection_made(line)
    offers = {"pipelining": ""} if server.pipelining else {}
    session = Session(wire, offers, PATIENT, carried=int(server.kept), host="mx.example")
    mail, until = outgoing(recipients=PEOPLE), asyncio.get_running_loop().time() + 60
    if by_task:
        task = asyncio.create_task(transact(session, mail, PEOPLE, Seen(), until))
        await server.serve(wire, task)
        return await task, line.sent, session
    ended: list[Attempt] = []
    clock = asyncio.get_running_loop().time
    dialog = Dialog(session, mail, PEOPLE, Seen())
    Prompt(dialog, wire, [stuffed(PREFIX + MAIL)], until, ended.append, clock).begin()
    await server.serve(wire, None)
    assert len(ended) == 1
    return ended[0], line.sent, session


def came(outcomes: dict[Address, Outcome]) -> dict[Address, Came]:
    return {address: (one.result, one.code, one.unknown) for address, one in outcomes.items()}


def test_a_transaction_comes_to_the_same_by_a_task_and_by_its_replies() -> None:
    with asyncio.Runner() as runner:

        @settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(
            st.lists(st.tuples(st.just(250) | CODES, st.booleans()), min_size=7, max_size=7),
            st.sampled_from([250, 354]),
            st.lists(st.integers(0, 200), max_size=8),
            st.none() | st.tuples(st.integers(0, 6), st.integers(0, 9)),
            st.booleans(),
            st.booleans(),
        )
        def check(
            replies: list[tuple[int, bool]],
            data: int,
            cuts: list[int],
            breaks: tuple[int, int] | None,
            pipelining: bool,
            kept: bool,
        ) -> None:
            if data == 354:  # mostly: else no text is ever sent
                replies[-2] = (354, replies[-2][1])
            asked = replies if kept else replies[1:]
            end = None
            if breaks is not None:  # in the midst of one of the replies
                end = sum(len(written(*one)) for one in asked[: breaks[0]]) + breaks[1]
            results = []
            for by_task in (True, False):
                server = Server(list(asked), cuts, end, pipelining, kept)
                attempt, sent, session = runner.run(carried(server, by_task=by_task))
                wanted, crowded, stale, text = expected(server.heard, kept=kept)
                assert came(attempt.outcomes) == wanted
                assert attempt.crowded == crowded
                assert attempt.stale == stale
                assert attempt.cut is None or (attempt.lost and attempt.crowded)
                assert sent.endswith(stuffed(PREFIX + MAIL)) == text
                assert all(bool(one.mta) == (one.code is not None) for one in attempt.outcomes.values())
                assert session.wire._timer is None or session.wire.usable
                results.append((attempt, sent, session.broken, session.wire.usable))
            assert results[0] == results[1]

        check()


SEAMY = st.lists(st.sampled_from([b"\r\n", b".", b"a", b".."]), max_size=40).map(b"".join)


@given(SEAMY)
def test_a_whole_text_is_stuffed_as_its_blocks_are(octets: bytes) -> None:
    stuffer = DotStuffer()
    assert stuffed(octets) == stuffer.feed(octets) + stuffer.end()


@given(SEAMY, SEAMY)
def test_large_octets_go_out_in_pieces_that_are_the_same(prefix: bytes, octets: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mailguard.relay.content._APART", 1)
        assert b"".join(in_pieces(prefix, octets)) == stuffed(prefix + octets)


def test_large_octets_without_dots_are_not_copied() -> None:
    octets = b"x" * 200_000
    assert in_pieces(PREFIX, octets)[1] is octets


async def test_a_server_that_hangs_up_at_any_octet_leaves_nobody_in_doubt_but_after_the_dot() -> None:
    for kept, pipelining, by_task in itertools.product((True, False), repeat=3):
        replies = [(250, False)] * (5 if kept else 4) + [(354, False), (250, True)]
        whole = sum(len(written(*one)) for one in replies)
        for end in range(0, whole + 1, 3):
            server = Server(list(replies), [end // 2], end, pipelining, kept)
            attempt, _, _ = await carried(server, by_task=by_task)
            assert (came(attempt.outcomes), attempt.crowded) == expected(server.heard, kept=kept)[:2]
            dotted = len(server.heard) == len(replies) - 1
            assert sum(one.unknown for one in attempt.outcomes.values()) == len(PEOPLE) * dotted


async def test_a_server_that_speaks_amid_the_text_may_refuse_and_not_accept() -> None:
    for code, by_task in itertools.product((250, 552, 451), (True, False)):
        replies = [(250, False)] * 4 + [(354, False), (code, False)]
        server = Server(replies, [], None, pipelining=True, kept=False, unsent=100_000)
        attempt, _, session = await carried(server, by_task=by_task)
        wanted = {250: (Result.DEFERRED, None), 552: (Result.FAILED, 552), 451: (Result.DEFERRED, 451)}[code]
        assert came(attempt.outcomes) == dict.fromkeys(PEOPLE, (*wanted, False))
        assert session.broken
        assert attempt.lost
