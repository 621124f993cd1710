"""What the octets of a large mail cost in each room: microseconds of processor, and the longest stop of the loop.

A mail of a short text and a file in base64 goes through the same calls as in the server, without its sockets: looked
over and, above what stays in memory, written at the door, read (`read_mail`, without the pipe to a worker), for the
relay made ready, or checked and read again. It changes nothing but a temporary folder.

    python bench/bodies.py [--sizes 102400 1048576 10485760] [--rounds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from mailguard.inspect.reader import read_mail
from mailguard.mail.message import Body
from mailguard.relay.content import DotStuffer, blocks, checked, in_pieces, seen_in
from mailguard.smtpd.data import BLOCK, discard, take
from mailguard.smtpd.settings import DoorLimits
from mails import with_picture
from probed import Stalls
from reading import number

_HEAD = b"Message-ID: <bench@corp.example>\r\nFrom: ann@corp.example\r\nTo: ken@corp.example\r\n"
#: Octets that a socket gives at a time, at most.
_RECEIVED = min(BLOCK, 256 * 1024)


async def door(wire: bytes, folder: Path) -> Body:
    """A body as DATA makes it."""
    blocks_in = iter([wire[at : at + _RECEIVED] for at in range(0, len(wire), _RECEIVED)])

    async def read() -> bytes:
        await asyncio.sleep(0)
        return next(blocks_in)

    taken = await take(read, DoorLimits(), folder, lambda _: None, lambda _: True)
    assert taken.body is not None
    return taken.body


async def relay(body: Body) -> int:
    """Octets that would go out."""
    if body.octets is not None:
        seen_in(body.octets, plain=body.plain)
        return sum(map(len, in_pieces(b"", body.octets)))
    await checked(body)
    stuffer, out = DotStuffer(), 0
    async for block in blocks(body):
        out += len(stuffer.feed(block))
    return out


async def rooms(size: int, folder: Path) -> dict[str, tuple[float, float]]:
    """Room -> (processor, longest stop of the loop), both in microseconds."""
    wire = _HEAD + with_picture(size) + b".\r\n"
    body = await door(wire, folder)
    octets = body.read()
    told: dict[str, tuple[float, float]] = {}

    async def timed(name: str, times: int, call: Callable[[], Awaitable[object]]) -> None:
        async with Stalls() as stalls:
            await asyncio.sleep(0.002)
            begun = time.process_time()
            for _ in range(times):
                await call()
            told[name] = ((time.process_time() - begun) / times * 1e6, stalls.worst * 1e6)

    async def taken_in() -> None:
        discard(await door(wire, folder))

    times = max(2, 2**22 // size)
    await timed("door", times, taken_in)
    await timed("reading", times, lambda: asyncio.to_thread(read_mail, octets))
    await timed("relay", times, lambda: relay(body))
    discard(body)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[102_400, 2**20, 10 * 2**20])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print("| octets | room | CPU µs/mail | loop stood still, µs |\n|--:|---|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            rounds = [asyncio.run(rooms(size, Path(folder))) for _ in range(options.rounds)]
            for room in rounds[0]:
                cpu = statistics.median(one[room][0] for one in rounds)
                print(f"| {size:,} | {room} | {number(cpu)} | {number(max(one[room][1] for one in rounds))} |")


if __name__ == "__main__":
    main()
