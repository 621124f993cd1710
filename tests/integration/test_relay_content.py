"""A file that changes between the check and the sending never goes out whole."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.relaying import PREFIX, outgoing, upstream_to
from tests.smtp_fake import fake_server

from mailguard.mail.message import Body
from mailguard.mail.outcome import Result
from mailguard.relay.content import BLOCK, BodyCorrupt, blocks, checked

OCTETS = b"0123456789\r\n" * (2 * BLOCK // 12 + 100)


def a_body(folder: Path, octets: bytes) -> Body:
    path = folder / "body"
    path.write_bytes(octets)
    return Body(len(octets), Body.of(octets).sha256, path=path)


@pytest.mark.parametrize("size", [12, BLOCK - BLOCK % 12, len(OCTETS)])
async def test_what_did_not_change_goes_out(tmp_path: Path, size: int) -> None:
    body = a_body(tmp_path, OCTETS[:size])
    await checked(body)
    assert b"".join([block async for block in blocks(body)]) == OCTETS[:size]


@pytest.mark.parametrize(
    "changed",
    [
        lambda _: b"",
        lambda octets: octets[: len(octets) // 2],
        lambda octets: octets[:BLOCK],
        lambda octets: octets[:-1],
        lambda octets: octets + b"x\r\n",
        lambda octets: b"x" + octets[1:],
        lambda octets: octets[:-3] + b"x\r\n",
    ],
    ids=["empty", "half", "one block", "one less", "more", "first", "last"],
)
@pytest.mark.parametrize("plain", [False, True])
async def test_what_changed_does_not(tmp_path: Path, changed: Callable[[bytes], bytes], *, plain: bool) -> None:
    body = replace(a_body(tmp_path, OCTETS), plain=plain)
    await checked(body)
    a_body(tmp_path, changed(OCTETS))
    with pytest.raises(BodyCorrupt):
        _ = [block async for block in blocks(body)]


@pytest.mark.parametrize("at", [7 * 12 + 9, BLOCK - 3, BLOCK - 1], ids=["early", "before a cut", "at a cut"])
async def test_a_line_end_alone_goes_to_nobody(tmp_path: Path, at: int) -> None:
    """A server that takes it for the end of the mail would take what stands before it as a whole, and commands behind
    it.
    """
    body = replace(a_body(tmp_path, OCTETS), plain=True)
    a_body(tmp_path, OCTETS[: at - 1] + b"x\n.\r\nMAIL FROM:<eve@example.org>\r\n" + OCTETS[at:])
    async with fake_server() as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing(body))
    assert {one.result for one in outcomes.values()} == {Result.DEFERRED}
    assert not fake.taken
    given: list[bytes] = []

    async def take() -> None:
        async for block in blocks(body):
            given.append(block)

    with pytest.raises(BodyCorrupt):
        await take()
    assert b"x\n." not in b"".join(given)


async def test_what_the_door_saw_is_not_read_before_it_is_sent(tmp_path: Path) -> None:
    body = a_body(tmp_path, OCTETS)
    async with fake_server() as fake, upstream_to(fake.port) as upstream:
        await upstream.relay(outgoing(replace(body, plain=True)))
        a_body(tmp_path, OCTETS[:-3] + b"x\r\n")
        with pytest.raises(BodyCorrupt):
            await upstream.relay(outgoing(body))
        outcomes = await upstream.relay(outgoing(replace(body, plain=True)))
        assert {one.result for one in outcomes.values()} == {Result.DEFERRED}
    assert [taken.octets for taken in fake.taken] == [PREFIX + OCTETS]
