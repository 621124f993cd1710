"""What a server can do to us at each step, and what we make of it: the promise is never lost, twice only if unknown."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.relaying import BOB, CY, DAN, MAIL, PATIENT, PREFIX, SHORT, outgoing, settings_for, until, upstream_to
from tests.smtp_fake import Act, Drop, FakeServer, Say, Stall, fake_server

from mailguard.mail.address import Address, ReversePath, parse_address
from mailguard.mail.message import Body
from mailguard.mail.outcome import Outcome, Result
from mailguard.relay.content import BodyCorrupt
from mailguard.relay.settings import Deadlines
from mailguard.relay.smtp import SmtpUpstream

PIPELINED = ("PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8")
PLAIN = ("SIZE 50000000", "8BITMIME", "SMTPUTF8")
BABBLE = Say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
ENDLESS = Say(b"250-and another thing\r\n" * 20_000)
TWO_CODES = Say(b"250-yes\r\n550 no\r\n")


def patience(*acts: Act | None) -> Deadlines:
    """Short for what does not come, or comes drop by drop."""
    return SHORT if any(isinstance(act, Stall) or (isinstance(act, Say) and act.drip) for act in acts) else PATIENT


async def tried(script: dict[str, list[Act | None]], **server: object) -> tuple[dict[Address, Outcome], FakeServer]:
    limits = patience(*(act for acts in script.values() for act in acts))
    async with fake_server(script=script, **server) as fake, upstream_to(fake.port, deadlines=limits) as upstream:
        outcomes = await upstream.relay(outgoing())
        assert set(outcomes) == {BOB, CY}
        return outcomes, fake


# Before the envelope: it is the server that is out of order, never the mail.


@pytest.mark.parametrize("step", ["banner", "ehlo"])
@pytest.mark.parametrize(
    "act",
    [Drop(), Drop(reset=True), Drop(b"220 half a"), Stall(), BABBLE, ENDLESS, TWO_CODES, Say(b"421 4.3.2 closing\r\n"),
     Say(b"554 5.7.1 go away\r\n"), Say(b"220-dripping\r\n220 slowly\r\n", drip=0.05)],
)  # fmt: skip
async def test_no_session_can_be_had(step: str, act: Act) -> None:
    outcomes, fake = await tried({step: [act]})
    assert {(o.result, o.unknown) for o in outcomes.values()} == {(Result.DEFERRED, False)}
    assert {o.about_us for o in outcomes.values()} == {isinstance(act, Say) and b"\r\n55" in b"\r\n" + act.octets}
    assert not fake.taken


async def test_nobody_listens() -> None:
    async with fake_server() as fake:
        port = fake.port
    async with upstream_to(port) as upstream:
        outcomes = await upstream.relay(outgoing())
        assert {o.result for o in outcomes.values()} == {Result.DEFERRED}
        assert "refused" in outcomes[BOB].text.lower()
        assert "refused" in str(await upstream.probe()).lower()


# In the envelope and the text

REFUSALS = [
    ("mail", Say(b"450 4.7.1 later\r\n"), Result.DEFERRED, 450),
    ("mail", Say(b"550 5.7.1 never\r\n"), Result.FAILED, 550),
    ("mail", Say(b"530 5.7.0 log in first\r\n"), Result.DEFERRED, 530),
    ("mail", Say(b"421 4.3.2 closing\r\n"), Result.DEFERRED, 421),
    ("rcpt", Say(b"450 4.2.1 later\r\n"), Result.DEFERRED, 450),
    ("rcpt", Say(b"550 5.1.1 nobody\r\n"), Result.FAILED, 550),
    ("rcpt", Say(b"550 5.7.64 TenantAttribution; Relay Access Denied\r\n"), Result.DEFERRED, 550),
    (
        "mail",
        Say(b"550-5.7.1 Invalid credentials for relay [192.0.2.1]. The IP\r\n550 5.7.1 address\r\n"),
        Result.DEFERRED,
        550,
    ),
    ("data", Say(b"451 4.3.0 later\r\n"), Result.DEFERRED, 451),
    ("data", Say(b"554 5.7.1 never\r\n"), Result.FAILED, 554),
    ("dot", Say(b"451 4.3.0 later\r\n"), Result.DEFERRED, 451),
    ("dot", Say(b"554-5.6.0 really\r\n554 5.6.0 never\r\n"), Result.FAILED, 554),
    ("dot", Say(b"552 5.2.2 full\r\n"), Result.FAILED, 552),
    ("dot", Say(b"421 4.3.2 closing\r\n"), Result.DEFERRED, 421),
]


@pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
@pytest.mark.parametrize(("step", "act", "result", "code"), REFUSALS)
async def test_refusals(step: str, act: Act, result: Result, code: int, extensions: tuple[str, ...]) -> None:
    outcomes, fake = await tried({step: [act]}, extensions=extensions)
    assert {(o.result, o.code, o.unknown) for o in outcomes.values()} == {(result, code, False)}
    about_us = result is Result.DEFERRED and code >= 500
    assert {o.about_us for o in outcomes.values()} == {about_us}
    assert not fake.taken


@pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    "act",
    [Drop(), Drop(reset=True), Drop(b"250 hal"), Stall(), BABBLE, ENDLESS, TWO_CODES,
     Say(b"250 2.0.0 very slowly\r\n", drip=0.1)],
)  # fmt: skip
async def test_broken_off(step: str, act: Act, extensions: tuple[str, ...]) -> None:
    outcomes, fake = await tried({step: [act]}, extensions=extensions)
    assert {o.result for o in outcomes.values()} == {Result.DEFERRED}
    # Unknown exactly if the final dot went out: then it may have been taken.
    assert {o.unknown for o in outcomes.values()} == {step == "dot"}
    assert (b"\r\n.\r\n" in bytes(fake.wire[0])) == (step == "dot")


@pytest.mark.parametrize("reply", [b"354 go on\r\n", b"334 what\r\n"])
async def test_nonsense_after_the_dot_is_unknown(reply: bytes) -> None:
    outcomes, _ = await tried({"dot": [Say(reply)]})
    assert {(o.result, o.unknown) for o in outcomes.values()} == {(Result.DEFERRED, True)}


async def test_a_server_that_wants_a_text_for_nobody_gets_none() -> None:
    outcomes, fake = await tried({"rcpt": [Say(b"550 5.1.1 nobody\r\n")], "data": [Say(b"354 go\r\n")]})
    assert {o.result for o in outcomes.values()} == {Result.FAILED}
    assert bytes(fake.wire[0]).endswith(b"DATA\r\n")
    assert not fake.taken


async def test_a_goodbye_in_the_envelope_is_heard_though_the_line_is_cut() -> None:
    outcomes, _ = await tried({"mail": [Drop(b"421 4.3.2 closing\r\n")]})
    assert {(o.result, o.code, o.text) for o in outcomes.values()} == {(Result.DEFERRED, 421, "4.3.2 closing")}


@pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
async def test_each_recipient_has_its_own_outcome(extensions: tuple[str, ...]) -> None:
    script: dict[str, list[Act | None]] = {"rcpt": [Say(b"550 5.1.1 nobody\r\n"), Say(b"450 4.2.1 busy\r\n"), None]}
    async with fake_server(script=script, extensions=extensions) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=(BOB, CY, DAN)))
    assert [(outcomes[a].result, outcomes[a].code) for a in (BOB, CY, DAN)] == [
        (Result.FAILED, 550), (Result.DEFERRED, 450), (Result.RELAYED, 250),
    ]  # fmt: skip
    assert [taken.rcpts for taken in fake.taken] == [[f"RCPT TO:<{DAN}>".encode()]]


@pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
@pytest.mark.parametrize(
    ("step", "act", "becomes"),
    [
        ("dot", Drop(), (Result.DEFERRED, None, True)),
        ("dot", Say(b"552 5.3.4 too large\r\n"), (Result.FAILED, 552, False)),
        ("dot", Say(b"451 4.3.0 later\r\n"), (Result.DEFERRED, 451, False)),
        ("data", Say(b"554 5.7.1 no\r\n"), (Result.FAILED, 554, False)),
        ("data", Drop(), (Result.DEFERRED, None, False)),
    ],
)
async def test_what_one_recipient_was_told_stands_whatever_becomes_of_the_others(
    step: str, act: Act, becomes: tuple[Result, int | None, bool], extensions: tuple[str, ...]
) -> None:
    script: dict[str, list[Act | None]] = {"rcpt": [Say(b"550 5.1.1 nobody\r\n"), Say(b"450 4.2.1 busy\r\n"), None]}
    script[step] = [act]
    async with fake_server(script=script, extensions=extensions) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=(BOB, CY, DAN)))
    assert [(outcomes[a].result, outcomes[a].code, outcomes[a].unknown) for a in (BOB, CY, DAN)] == [
        (Result.FAILED, 550, False), (Result.DEFERRED, 450, False), becomes,
    ]  # fmt: skip
    assert not fake.taken


@pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
@pytest.mark.parametrize("says", [b"452 4.5.3", b"552", b"550-5.5.3 sorry,\r\n550 5.5.3", b"451 4.5.3"])
async def test_a_server_that_takes_few_recipients_gets_the_rest_at_once(
    extensions: tuple[str, ...], says: bytes
) -> None:
    full = Say(says + b" too many recipients\r\n")
    script: dict[str, list[Act | None]] = {"rcpt": [None, None, full, full, full, None, None, full, None]}
    people = tuple(parse_address(f"p{n}@upstream.example") for n in range(5))
    async with fake_server(script=script, extensions=extensions) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=people))
    assert {o.result for o in outcomes.values()} == {Result.RELAYED}
    reached = [rcpt for taken in fake.taken for rcpt in taken.rcpts]
    assert sorted(reached) == [f"RCPT TO:<{address}>".encode() for address in people]  # each exactly once
    assert [len(taken.rcpts) for taken in fake.taken] == [2, 2, 1]


async def test_a_server_that_closes_the_connection_is_not_asked_again_at_once() -> None:
    script: dict[str, list[Act | None]] = {"rcpt": [None, Say(b"421 4.5.3 too many recipients, good-bye\r\n")]}
    outcomes, fake = await tried(script)
    assert (outcomes[CY].result, outcomes[CY].code) == (Result.DEFERRED, 421)
    assert len(fake.wire) == 1


@pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
async def test_a_server_that_refuses_a_mail_for_too_many_recipients_gets_it_for_fewer(
    extensions: tuple[str, ...],
) -> None:
    """Exim's recipients_max_reject: those beyond the limit hear 552, and DATA is refused for all of them."""
    people = tuple(parse_address(f"p{n}@upstream.example") for n in range(5))
    full, no = Say(b"552 too many recipients\r\n"), Say(b"554 Too many recipients\r\n")
    script: dict[str, list[Act | None]] = {"rcpt": [None, None, full, full, full, None], "data": [no, None]}
    async with fake_server(script=script, extensions=extensions) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=people))
    assert {one.result for one in outcomes.values()} == {Result.RELAYED}
    assert [rcpt for taken in fake.taken for rcpt in taken.rcpts] == [f"RCPT TO:<{one}>".encode() for one in people]
    assert [len(taken.rcpts) for taken in fake.taken] == [2, 2, 1]


async def test_a_server_that_refuses_a_mail_for_fewer_recipients_too_has_refused_it() -> None:
    people = tuple(parse_address(f"p{n}@upstream.example") for n in range(5))
    script: dict[str, list[Act | None]] = {"rcpt": [None, None, Say(b"452 4.5.3 too many\r\n"), None, None, None]}
    script["data"] = [Say(b"554 5.7.1 no\r\n")]
    async with fake_server(script=script) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=people))
    assert {who: (one.result, one.code) for who, one in outcomes.items()} == dict.fromkeys(people, (Result.FAILED, 554))
    assert not fake.taken


TOO_MANY = b"421 4.7.0 too many errors\r\n"


@pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
@pytest.mark.parametrize("goodbye", [Drop(TOO_MANY), Drop()], ids=["421", "hangs up"])
async def test_recipients_that_were_taken_do_not_wait_for_those_that_a_server_hangs_up_at(
    goodbye: Act, extensions: tuple[str, ...]
) -> None:
    """Postfix hangs up at so many wrong recipients, at each try the same: the others would wait for ever."""
    script: dict[str, list[Act | None]] = {"rcpt": [None, Say(b"450 4.2.1 busy\r\n"), goodbye, None]}
    async with fake_server(script=script, extensions=extensions) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=(BOB, CY, DAN)))
        assert upstream.is_well
    assert (outcomes[BOB].result, outcomes[CY].code) == (Result.RELAYED, 450)
    heard = goodbye != Drop()  # else nothing was said of Dan, and he is asked for once more
    assert outcomes[DAN].result is (Result.DEFERRED if heard else Result.RELAYED)
    assert [len(taken.rcpts) for taken in fake.taken] == ([1] if heard else [1, 1])
    assert len(fake.wire) == 2


@pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
async def test_recipients_that_a_server_hung_up_before_go_at_once_in_smaller_lots(extensions: tuple[str, ...]) -> None:
    """A list with a wrong address in ten would take a try of its own for each twenty of those."""
    people = tuple(parse_address(f"p{n}@upstream.example") for n in range(8))
    wrong = Say(b"550 5.1.1 nobody\r\n")
    script: dict[str, list[Act | None]] = {"rcpt": [None, wrong, None, Drop(TOO_MANY), None, None, None, wrong, None]}
    async with fake_server(script=script, extensions=extensions) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=people))
    ends = {Result.FAILED: "p1 p5", Result.DEFERRED: "p3", Result.RELAYED: "p0 p2 p4 p6 p7"}
    for result, who in ends.items():
        assert sorted(one.local for one, it in outcomes.items() if it.result is result) == who.split()
    assert [len(taken.rcpts) for taken in fake.taken] == [2, 1, 2]
    assert len(fake.wire) == 2


async def test_a_server_that_hangs_up_again_is_not_asked_for_the_rest() -> None:
    people = tuple(parse_address(f"p{n}@upstream.example") for n in range(20))
    script: dict[str, list[Act | None]] = {"rcpt": [None, None, Drop(TOO_MANY), None, Drop(TOO_MANY)]}
    async with fake_server(script=script) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=people))
    assert [one.local for one, it in outcomes.items() if it.result is Result.RELAYED] == ["p0"]
    assert {(it.result, it.code) for one, it in outcomes.items() if one.local != "p0"} == {(Result.DEFERRED, 421)}
    assert (len(outcomes), len(fake.wire)) == (20, 2)


async def test_a_server_that_hangs_up_at_every_recipient_is_asked_twice_and_no_more() -> None:
    script: dict[str, list[Act | None]] = {"rcpt": [None, None, Drop(TOO_MANY), None, Drop(TOO_MANY)]}
    async with fake_server(script=script) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=(BOB, CY, DAN)))
    assert {(one.result, one.code, one.unknown) for one in outcomes.values()} == {(Result.DEFERRED, 421, False)}
    assert (len(outcomes), len(fake.wire), fake.taken) == (3, 2, [])


async def test_a_recipient_whose_mailbox_is_full_fails_alone() -> None:
    script: dict[str, list[Act | None]] = {
        "rcpt": [None, Say(b"552 5.2.2 mailbox full\r\n"), None, Say(b"552 5.2.2 mailbox full\r\n")]
    }
    async with fake_server(script=script) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=(BOB, CY, DAN)))
    assert {who: (one.result, one.code) for who, one in outcomes.items()} == {
        BOB: (Result.RELAYED, 250), CY: (Result.FAILED, 552), DAN: (Result.RELAYED, 250),
    }  # fmt: skip
    assert [len(taken.rcpts) for taken in fake.taken] == [2]


async def test_a_server_that_is_full_from_the_start_is_tried_later() -> None:
    outcomes, fake = await tried({"rcpt": [Say(b"452 4.5.3 too many recipients\r\n")]})
    assert {(o.result, o.code) for o in outcomes.values()} == {(Result.DEFERRED, 452)}
    assert len([c for c in fake.commands if c.startswith(b"MAIL")]) == 1


# Large mail


def large_file(folder: Path, octets: int) -> Body:
    """A mail of about so many octets in a file, with dots at the beginning of many lines."""
    path, digest = folder / "large.eml", hashlib.sha256()
    block = b"Subject: large\r\n\r\n" + b"." * 70 + b"\r\n"
    size = 0
    with path.open("wb") as file:
        while size < octets:
            file.write(block)
            digest.update(block)
            size += len(block)
            block = (b".." + b"x" * 74 + b"\r\n") * 1000
    return Body(size, digest.hexdigest(), path=path)


async def test_a_refusal_amid_the_text_is_a_refusal(tmp_path: Path) -> None:
    script: dict[str, list[Act | None]] = {"block": [Drop(b"552 5.3.4 too large after all\r\n")]}
    async with fake_server(script=script) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(large_file(tmp_path, 8_000_000)))
    assert {(o.result, o.code, o.unknown) for o in outcomes.values()} <= {
        (Result.FAILED, 552, False),
        (Result.DEFERRED, None, False),  # the reset overtook the words
    }
    assert not fake.taken


@pytest.mark.parametrize("act", [Drop(), Drop(reset=True), Stall(deaf=True), Say(b"250 2.0.0 enough\r\n"), BABBLE])
async def test_broken_off_amid_the_text(act: Act, tmp_path: Path) -> None:
    async with (
        fake_server(script={"block": [act]}) as fake,
        upstream_to(fake.port, deadlines=patience(act)) as upstream,
    ):
        outcomes = await upstream.relay(outgoing(large_file(tmp_path, 20_000_000)))
    assert {(o.result, o.unknown) for o in outcomes.values()} == {(Result.DEFERRED, False)}
    assert not fake.taken


async def test_a_large_mail_is_never_whole_in_memory(tmp_path: Path) -> None:
    body = large_file(tmp_path, 35_000_000)
    assert body.path is not None
    limits = PATIENT
    heard = hashlib.sha256()

    async def sink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        for reply in (b"250 sink\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            await reader.readuntil(b"\r\n")
            writer.write(reply)
        tail = b""
        while not tail.endswith(b"\r\n.\r\n"):
            block = await reader.read(65536)
            heard.update(block)
            tail = (tail + block)[-5:]
        writer.write(b"250 ok\r\n")
        await reader.readuntil(b"\r\n")
        writer.close()

    server = await asyncio.start_server(sink, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, upstream_to(port, deadlines=limits) as upstream:
        tracemalloc.start()
        outcomes = await upstream.relay(outgoing(body))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert {o.result for o in outcomes.values()} == {Result.RELAYED}
    assert peak < 4_000_000
    wire = hashlib.sha256(PREFIX)
    wire.update((b"\r\n" + body.path.read_bytes()).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
    assert heard.hexdigest() == wire.hexdigest()


async def test_octets_that_nobody_judged_are_not_sent(tmp_path: Path) -> None:
    body = large_file(tmp_path, 3_000_000)
    assert body.path is not None
    honest = body.path.read_bytes()
    body.path.write_bytes(honest[:-10] + b"forged!!\r\n")
    async with fake_server() as fake, upstream_to(fake.port) as upstream:
        with pytest.raises(BodyCorrupt):
            await upstream.relay(outgoing(body))
        assert not fake.wire  # not even a connection
        with pytest.raises(BodyCorrupt):
            await upstream.relay(outgoing(dataclasses.replace(Body.of(MAIL), octets=MAIL[:-3] + b"X\r\n")))
        body.path.unlink()
        with pytest.raises(FileNotFoundError):
            await upstream.relay(outgoing(body))
    assert not fake.wire


async def test_octets_that_change_while_they_are_sent_are_not_taken(tmp_path: Path) -> None:
    """The check before sending passed; the file changes under our hands: the final dot must not go out."""
    body = large_file(tmp_path, 3_000_000)

    class Forging(FakeServer):
        def act(self, step: str) -> Act | None:
            if step == "data":
                assert body.path is not None
                body.path.write_bytes(body.path.read_bytes()[:-10] + b"forged!!\r\n")
            return super().act(step)

    fake = Forging()
    await fake.start()
    async with upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(body))
    await fake.stop()
    assert {(o.result, o.unknown) for o in outcomes.values()} == {(Result.DEFERRED, False)}
    assert not fake.taken


async def test_a_bare_line_feed_never_reaches_the_wire() -> None:
    async with fake_server() as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(b"Subject: x\r\n\r\nhi\n.\r\nMAIL FROM:<evil@x.example>\r\n"))
    assert {o.result for o in outcomes.values()} == {Result.FAILED}
    assert not fake.wire


# What the server offers


async def parameters(
    octets: bytes, extensions: tuple[str, ...], **changes: object
) -> tuple[bytes, dict[Address, Outcome]]:
    async with fake_server(extensions=extensions) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(octets, **changes))
    mails = [command for command in fake.commands if command.startswith(b"MAIL")]
    return (mails[0].partition(b"> ")[2] if mails else b"-"), outcomes


EIGHT = b"Subject: x\r\n\r\ncaf\xc3\xa9\r\n"
EIGHT_HEADER = b"Subject: caf\xc3\xa9\r\n\r\nx\r\n"
SATO = parse_address("佐藤@upstream.example")


async def test_parameters_of_mail() -> None:
    every = ("SIZE", "8BITMIME", "SMTPUTF8")
    size = b"SIZE=%d" % (len(PREFIX) + len(MAIL))
    assert (await parameters(MAIL, every))[0] == size
    assert (await parameters(MAIL, every, body_8bit=True))[0] == size + b" BODY=8BITMIME"
    assert (await parameters(EIGHT, every))[0].endswith(b" BODY=8BITMIME")
    assert (await parameters(MAIL, every, smtputf8=True))[0] == size  # declared, and not needed: any server will do
    assert (await parameters(EIGHT_HEADER, every, smtputf8=True))[0].endswith(b" BODY=8BITMIME SMTPUTF8")
    assert (await parameters(MAIL, every, recipients=(SATO,)))[0] == size + b" SMTPUTF8"
    assert (await parameters(MAIL, ()))[0] == b""
    assert (await parameters(EIGHT, ()))[0] == b""  # sent as it is


async def test_an_old_server_is_not_given_what_it_cannot_carry() -> None:
    said, outcomes = await parameters(MAIL, ("SIZE",), recipients=(BOB, SATO))
    assert said.startswith(b"SIZE=")
    assert outcomes[BOB].result is Result.RELAYED
    assert outcomes[SATO].result is Result.FAILED
    assert outcomes[SATO].text.startswith("5.6.7")
    outcomes = (await parameters(EIGHT_HEADER, (), smtputf8=True, recipients=(BOB, SATO)))[1]
    assert {one.result for one in outcomes.values()} == {Result.FAILED}
    assert (outcomes[BOB].text[:5], outcomes[SATO].text[:5]) == ("5.6.9", "5.6.7")


async def test_a_mail_above_the_servers_size_is_not_offered() -> None:
    said, outcomes = await parameters(MAIL, ("SIZE 100",))
    assert said == b"-"
    assert {(o.result, o.code) for o in outcomes.values()} == {(Result.FAILED, 552)}


# Kept connections


async def test_one_connection_carries_many_mails_each_from_a_clean_state() -> None:
    async with fake_server() as fake, upstream_to(fake.port, messages_per_connection=3) as upstream:
        for _ in range(7):
            assert {o.result for o in (await upstream.relay(outgoing())).values()} == {Result.RELAYED}
    assert len(fake.wire) == 3
    assert [bytes(w).split(b"\r\n").count(b"RSET") for w in fake.wire] == [2, 2, 0]
    assert len(fake.taken) == 7


@pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
@pytest.mark.parametrize(
    "act", [Drop(), Drop(reset=True), Drop(b"421 4.4.2 idle for too long\r\n"), Say(b"500 5.5.1 what\r\n"), Stall()]
)
async def test_a_stale_connection_is_replaced_at_once(act: Act, extensions: tuple[str, ...]) -> None:
    limits = patience(act)
    async with fake_server(extensions=extensions) as fake, upstream_to(fake.port, deadlines=limits) as upstream:
        await upstream.relay(outgoing())
        fake.script["rset"] = [act]
        assert {o.result for o in (await upstream.relay(outgoing())).values()} == {Result.RELAYED}
        assert upstream.ready_in() == 0
    assert len(fake.wire) == 2
    assert len(fake.taken) == 2


@pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
@pytest.mark.parametrize(
    ("full", "code"),
    [
        (Drop(b"421 too many messages in this connection\r\n"), 421),
        (Say(b"452 4.5.3 Too many recipients: Too many messages sent\r\n"), 452),
    ],
    ids=["Exim", "OpenSMTPD"],
)
async def test_a_server_that_carries_few_mails_on_a_connection_gets_the_next_one_on_another(
    full: Act, code: int, extensions: tuple[str, ...]
) -> None:
    """Exim's smtp_accept_max_per_connection leaves what was sent behind MAIL unanswered; OpenSMTPD's max-mails says the
    same to each mail that still comes.
    """
    script: dict[str, list[Act | None]] = {"mail": [None, full, None, full, None, full, None, full, full]}
    async with fake_server(script=script, extensions=extensions) as fake, upstream_to(fake.port) as upstream:
        for _ in range(4):
            assert {o.result for o in (await upstream.relay(outgoing())).values()} == {Result.RELAYED}
            assert upstream.is_well
        outcomes = await upstream.relay(outgoing())  # a new connection has it said, too: that is about now
    assert {(o.result, o.code) for o in outcomes.values()} == {(Result.DEFERRED, code)}
    assert len(fake.wire) == 5
    assert len(fake.taken) == 4


async def test_a_server_that_says_goodbye_while_idle_is_not_talked_to() -> None:
    async with fake_server(script={"quit": [Drop()]}) as fake, upstream_to(fake.port) as upstream:
        await upstream.relay(outgoing())
        (conversation,) = fake._tasks
        conversation.cancel()
        await asyncio.wait([conversation])
        assert {o.result for o in (await upstream.relay(outgoing())).values()} == {Result.RELAYED}
    assert len(fake.taken) == 2


async def test_a_connection_that_breaks_in_mid_transaction_is_not_tried_again_at_once() -> None:
    async with fake_server(script={"dot": [None, Drop()]}) as fake, upstream_to(fake.port) as upstream:
        await upstream.relay(outgoing())
        outcomes = await upstream.relay(outgoing())
    assert {(o.result, o.unknown) for o in outcomes.values()} == {(Result.DEFERRED, True)}
    assert len([c for c in fake.commands if c == b"DATA"]) == 2  # once each: it may have been taken


async def test_connections_are_bounded_and_idle_ones_end() -> None:
    async with fake_server() as fake, upstream_to(fake.port, connections=3, idle_seconds=0.1) as upstream:
        every = await asyncio.gather(*(upstream.relay(outgoing()) for _ in range(30)))
        assert {o.result for outcomes in every for o in outcomes.values()} == {Result.RELAYED}
        assert fake.open_most <= 3
        await until(lambda: fake.open_now == 0)
    assert len(fake.taken) == 30


@dataclasses.dataclass
class Narrow(FakeServer):
    """A server that serves so many connections at a time, and puts further ones off."""

    at_once: int = 3
    put_off: int = 0

    def act(self, step: str) -> Act | None:
        if step == "banner" and self.open_now > self.at_once:
            self.put_off += 1
            return Drop(b"421 4.7.0 too many connections from you\r\n")
        return super().act(step)


@pytest.mark.parametrize(("at_once", "carry"), [(3, 100), (1, 100), (3, 2)])
async def test_a_server_that_takes_fewer_connections_than_we_may_make_gets_all_mail_by_those(
    at_once: int, carry: int
) -> None:
    fake = Narrow(at_once=at_once)
    await fake.start()
    try:
        async with upstream_to(fake.port, messages_per_connection=carry, backoff_seconds=30.0) as upstream:
            every = await asyncio.gather(*(upstream.relay(outgoing()) for _ in range(40)))
            assert {o.result for outcomes in every for o in outcomes.values()} == {Result.RELAYED}
            assert upstream.is_well
            assert 1 <= upstream.capacity() <= at_once
    finally:
        await fake.stop()
    assert len(fake.taken) == 40
    if carry == 100:  # else new ones are made while old ones end
        assert fake.put_off <= 10 - at_once


async def test_a_server_that_takes_no_connection_at_all_is_left_in_peace() -> None:
    fake = Narrow(at_once=0)
    await fake.start()
    try:
        async with upstream_to(fake.port, backoff_seconds=30.0) as upstream:
            every = await asyncio.gather(*(upstream.relay(outgoing()) for _ in range(20)))
            assert {o.result for outcomes in every for o in outcomes.values()} == {Result.DEFERRED}
            assert all("too many connections" in o.text for outcomes in every for o in outcomes.values())
            assert upstream.capacity() == 0
    finally:
        await fake.stop()
    assert fake.put_off <= 10  # those that were under way; nobody knocks again


async def test_after_a_while_it_is_asked_for_more_connections_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.relay.pool._NARROW", 0.2)
    fake = Narrow(at_once=2)
    await fake.start()
    try:
        async with upstream_to(fake.port) as upstream:
            await asyncio.gather(*(upstream.relay(outgoing()) for _ in range(10)))
            fake.at_once = 10
            await until(lambda: upstream.capacity() == 10)
            fake.script["dot"] = [Stall()]
            tries = [asyncio.create_task(upstream.relay(outgoing())) for _ in range(10)]
            await until(lambda: fake.open_now == 10)
            for one in tries:
                one.cancel()
            await asyncio.wait(tries)
    finally:
        await fake.stop()


async def test_a_slow_server_cannot_hold_a_transaction_beyond_its_limit() -> None:
    limits = dataclasses.replace(PATIENT, transaction=0.5)
    people = tuple(parse_address(f"p{n}@upstream.example") for n in range(100))
    slow = Say(b"250 ok\r\n", drip=0.2)  # all of them: 160 s
    async with fake_server(script={"rcpt": [slow]}) as fake, upstream_to(fake.port, deadlines=limits) as upstream:
        async with asyncio.timeout(60):
            outcomes = await upstream.relay(outgoing(recipients=people))
    assert {o.result for o in outcomes.values()} == {Result.DEFERRED}
    assert len(outcomes) == 100


async def test_cancelled_in_mid_transaction_nothing_is_left_open() -> None:
    patient = dataclasses.replace(PATIENT, final=60)
    async with fake_server(script={"dot": [Stall()]}) as fake, upstream_to(fake.port, deadlines=patient) as upstream:
        task = asyncio.create_task(upstream.relay(outgoing()))
        await until(lambda: bool(fake.wire) and fake.wire[0].endswith(b"\r\n.\r\n"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


# A sick server


async def test_a_sick_server_is_left_in_peace() -> None:
    sick: dict[str, list[Act | None]] = {"banner": [Say(b"421 4.3.2 overloaded\r\n")]}
    async with fake_server(script=sick) as fake, upstream_to(fake.port, backoff_seconds=30.0) as upstream:
        await upstream.relay(outgoing())
        assert upstream.capacity() == 0
        assert 0 < upstream.ready_in() <= 30
        for _ in range(50):
            outcomes = await upstream.relay(outgoing())
            assert {o.result for o in outcomes.values()} == {Result.DEFERRED}
        assert len(fake.wire) == 1


async def test_after_its_peace_one_try_decides() -> None:
    sick: dict[str, list[Act | None]] = {"banner": [Say(b"421 4.3.2 overloaded\r\n"), None]}
    async with fake_server(script=sick) as fake, upstream_to(fake.port) as upstream:
        await upstream.relay(outgoing())
        await until(lambda: upstream.ready_in() == 0)
        assert upstream.capacity() == 1
        assert {o.result for o in (await upstream.relay(outgoing())).values()} == {Result.RELAYED}
        assert upstream.capacity() == settings_for(1).connections
    assert len(fake.wire) == 2


async def test_a_probe_says_what_is_wrong() -> None:
    async with fake_server() as fake, upstream_to(fake.port) as upstream:
        assert await upstream.probe() is None
        await upstream.relay(outgoing())
    assert len(fake.wire) == 1  # the probe's connection was kept
    away: dict[str, list[Act | None]] = {"banner": [Say(b"554 5.7.1 go away\r\n")]}
    async with fake_server(script=away) as fake, upstream_to(fake.port) as upstream:
        for _ in range(3):
            assert "554 5.7.1 go away" in str(await upstream.probe())
    assert len(fake.wire) == 1  # asked once, told three times


async def test_a_probe_does_not_wait_for_a_busy_server() -> None:
    patient = dataclasses.replace(PATIENT, final=60)
    async with (
        fake_server(script={"dot": [Stall()]}) as fake,
        upstream_to(fake.port, connections=1, deadlines=patient) as upstream,
    ):
        task = asyncio.create_task(upstream.relay(outgoing()))
        await until(lambda: bool(fake.wire) and fake.wire[0].endswith(b"\r\n.\r\n"))
        assert await upstream.probe() is None
        task.cancel()
        await asyncio.wait([task])


async def test_an_address_cannot_carry_a_command() -> None:
    slipped = Address("bob", "x.example>\r\nRCPT TO:<evil@x.example")  # only a tampered ledger has such a one
    async with fake_server() as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(recipients=(slipped, BOB)))
        assert (outcomes[slipped].result, outcomes[BOB].result) == (Result.FAILED, Result.RELAYED)
        outcomes = await upstream.relay(outgoing(sender=ReversePath(slipped)))
        assert {o.result for o in outcomes.values()} == {Result.FAILED}
    assert b"evil" not in b"".join(map(bytes, fake.wire))


# What is on the wire = what the judge saw

LINES = st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\r", b"").replace(b"\n", b"")), max_size=12)


def test_the_wire_has_the_stored_octets_byte_for_byte(tmp_path: Path) -> None:
    """Any mail, small or from a file, with dots anywhere: the server takes exactly prefix + stored octets."""
    with asyncio.Runner() as runner:
        fake = FakeServer()
        runner.run(fake.start())
        upstream = SmtpUpstream(settings_for(fake.port))

        @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(LINES, st.booleans(), st.lists(st.sampled_from([BOB, CY, DAN, SATO]), min_size=1, unique=True))
        def check(lines: list[bytes], as_file: bool, recipients: list[Address]) -> None:
            octets = b"".join(line + b"\r\n" for line in lines)
            body = Body.of(octets)
            if as_file:
                (tmp_path / "body").write_bytes(octets)
                body = Body(body.size, body.sha256, path=tmp_path / "body")
            fake.taken.clear()
            outcomes = runner.run(upstream.relay(outgoing(body, recipients=tuple(recipients))))
            assert {o.result for o in outcomes.values()} == {Result.RELAYED}
            (taken,) = fake.taken
            assert taken.octets == PREFIX + octets
            assert taken.rcpts == [f"RCPT TO:<{address}>".encode() for address in recipients]
            assert taken.mail.startswith(b"MAIL FROM:<ann@upstream.example>")

        check()
        runner.run(upstream.close())
        runner.run(fake.stop())
