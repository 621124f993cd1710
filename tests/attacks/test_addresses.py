"""Address splitting and routing tricks: one RCPT is one recipient, the one that was judged, octet for octet on the
wire.

Whatever two programs could read differently (comments, routes, quotes, other letters for @ and the dot, control
characters, two addresses in one) is refused at the door; what is taken has exactly one reading.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.door import client_at, open_door
from tests.relaying import outgoing, upstream_to
from tests.smtp_fake import fake_server

from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.organization import Organization
from mailguard.smtpd.settings import DoorLimits

#: Each would reach somebody else than the judge saw, at some server.
TRICKS = [
    # routes
    "<@there.example:eve@corp.example>",
    "<@a.example,@b.example:eve@corp.example>",
    "<eve%there.example@corp.example>",
    "<there.example!eve@corp.example>",
    '<"eve@there.example"@corp.example>',
    '<"there.example!eve"@corp.example>',
    '<"eve%there.example"@corp.example>',
    "<eve@there.example@corp.example>",
    '<"eve\\@there.example"@corp.example>',
    # two addresses, names, comments, white space
    "<bob@corp.example>,<eve@there.example>",
    "<bob@corp.example> <eve@there.example>",
    "<bob@corp.example,eve@there.example>",
    "<bob@corp.example;eve@there.example>",
    "Bob <eve@there.example>",
    "<Bob <eve@there.example>>",
    "bob@corp.example",
    "<bob(eve@there.example)@corp.example>",
    "<bob@corp.example(there.example)>",
    "<bob@(x)there.example>",
    "< bob@corp.example>",
    "<bob @corp.example>",
    "<bob@corp.example >",
    "<bob@ corp.example>",
    "<bob@corp.example\t>",
    "<bob@corp.example>x",
    "<>",
    "<bob>",
    "<@corp.example>",
    "<bob@>",
    "<bob.@corp.example>",
    "<.bob@corp.example>",
    "<bob..x@corp.example>",
    # ends of lines and NUL; a CR that some server takes for one
    "<bob@corp.example\r>",
    "<bob@corp.example\0>",
    "<bob\0@corp.example>",
    "<bob@corp.example>\rRCPT TO:<eve@there.example>",
    "<bob@corp.example\0@there.example>",
    '<"bob\r\n"@corp.example>',
    "<bob\x7f@corp.example>",
    "<bob\x1b[2J@corp.example>",
    # other letters for @, dot and domain
    "<bob＠there.example@corp.example>",
    "<bob﹫there.example@corp.example>",
    "<eve％there.example@corp.example>",
    "<there.example！eve@corp.example>",
    "<bob＠corp.example>",
    "<bob﹫corp.example>",
    "<bob@corp。example>",
    "<bob@corp．example>",
    "<bob@ｃｏｒｐ.example>",
    "<bob@corp\u200b.example>",
    "<bob@corp\u00ad.example>",
    "<bob@\u202ecorp.example>",
    "<bob@corp.exam\u2024ple>",
    "<bob@\u212aorp.example>",
    "<bob@corp.example.>",
    "<bob@.corp.example>",
    "<bob@corp..example>",
    "<bob@corp_.example>",
    "<bob@-corp.example>",
    "<bob@[127.0.0.1>",
    "<bob@[corp.example]>",
    "<bob@127.0.0.1>",
    "<bob@[::1]>",
    "<bob@[IPv6:fe80::1%25lo]>",
    "<bob@corp.example:25>",
    "<bob@corp.example/../there.example>",
    "<bob\x85@corp.example>",
    "<" + "x" * 65 + "@corp.example>",
    "<bob@" + "x" * 64 + ".example>",
    "<bob@" + "x." * 130 + "example>",
]
#: Odd, with one reading.
FAIR = [
    "<o'brien+tag=x@corp.example>",
    '<"john..doe"@corp.example>',
    '<"a b"@corp.example>',
    "<佐藤@corp.example>",
    "<bob@例え.example>",
    "<bob@xn--r8jz45g.example>",
    "<BOB@CORP.EXAMPLE>",
    "<bob@[192.0.2.1]>",
    "<a/b=c@corp.example>",
    "<{x}|y~@corp.example>",
    '<"x\\"y"@corp.example>',
    '<"<eve>"@corp.example>',
]
FAIR_SENDER = re.compile(r'<("[^"\r]*"|[a-z]+[%％!！＠﹫.][a-z.!%！％]*)@corp\.example>|<[a-z.]+[!！]eve@corp.example>')


@pytest.mark.parametrize("parameters", [" SMTPUTF8", ""])
async def test_tricks_are_refused_and_reach_nobody(tmp_path: Path, parameters: str) -> None:
    async with open_door(tmp_path, limits=DoorLimits(errors=10_000)) as (_, room, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example", f"MAIL FROM:<ann@corp.example>{parameters}")
        for trick in TRICKS:
            client.send(f"RCPT TO:{trick}", "NOOP")
            said, then = await client.reply(), await client.reply()
            while "\r\n" in trick and not then.startswith("250 2.0.0 ok"):  # it was two lines: the second is no command
                assert then.startswith("500")
                then = await client.reply()
            assert re.match(r"5\d\d[ -]", said), (trick, said)
            assert then.startswith("250 2.0.0 ok"), (trick, then)
        assert (await client.ask("DATA")).startswith("503")
    assert room.messages == []


@pytest.mark.parametrize("path", [one for one in TRICKS if one != "<>" and not FAIR_SENDER.fullmatch(one)])
async def test_senders_are_no_better(tmp_path: Path, path: str) -> None:
    """Nobody is reached by a sender, so % and ! are its own affair (VERP has them), and so is what is quoted."""
    async with open_door(tmp_path) as (_, _, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        client.send(f"MAIL FROM:{path} SMTPUTF8")
        assert re.match(r"5\d\d[ -]", await client.reply())


@pytest.mark.parametrize("path", FAIR)
async def test_what_was_judged_is_on_the_wire(tmp_path: Path, path: str) -> None:
    async with open_door(tmp_path) as (_, room, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example", "MAIL FROM:<ann@corp.example> SMTPUTF8", f"RCPT TO:{path}", "DATA")
        assert (await client.ask(".")).startswith("250")
    (recipient,) = room.messages[0].envelope.recipients
    assert f"<{recipient}>" == path
    async with fake_server() as server, upstream_to(server.port) as upstream:
        await upstream.relay(outgoing(recipients=(recipient,)))
    assert [command for command in server.commands if command.startswith(b"RCPT")] == [f"RCPT TO:{path}".encode()]


def test_inside_and_outside_are_told_by_the_last_at() -> None:
    """Everybody who can be parsed belongs to the domain behind the last @, in any spelling of it."""
    own = Organization(("corp.example", "xn--r8jz45g.example"))
    inside = [
        "a@corp.example",
        "A@CORP.example",
        '"x@there.example"@corp.example',
        "a@例え.example",
        "a@xn--r8jz45g.example",
    ]
    outside = ["a@corp.example.evil.example", '"a@corp.example"@evil.example', "a@notcorp.example", "a@[192.0.2.1]"]
    outside += ["corp.example@evil.example", "a@xn--corp-x.example", "a@sub.corp.example"]
    assert all(own.is_internal(parse_address(one)) for one in inside)
    assert not any(own.is_internal(parse_address(one)) for one in outside)


@pytest.mark.parametrize(
    "text", ["a@corp.example\n", "a@corp.example\r\nBcc: x@y.example", "a@corp.example\x00", "a@b\u2028c.example"]
)
def test_nothing_that_parses_can_carry_a_line(text: str) -> None:
    with pytest.raises(AddressError):
        parse_address(text)
