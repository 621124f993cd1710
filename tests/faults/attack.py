"""Clients that mean ill, in a process of their own: `python -m tests.faults.attack KIND COUNT PORT [PORT_TLS]`.

idle: says EHLO and then nothing. loris: one octet a second, in a command, in a body, in the TLS handshake. nonsense: so
many malformed commands, from a seed. Clients come from many loopback addresses, a hundred from each, and come again
when they are sent away. It prints "ready" when all are there, runs until its input ends, and says then what it saw.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

#: From each address so many.
_EACH = 100
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Crowd:
    """So many clients of one kind. seen: how often what happened."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = ports
        self.seen: Counter[str] = Counter()
        self.there = 0

    async def run(self, count: int, kind: Callable[[int, Streams], Awaitable[None]], net: int, port: int = 0) -> None:
        """net: each kind comes from a net of its own."""
        await asyncio.gather(*(self._one(number, kind, net, self._ports[port]) for number in range(count)))

    async def _one(self, number: int, kind: Callable[[int, Streams], Awaitable[None]], net: int, port: int) -> None:
        await asyncio.sleep(number * 0.002)
        here = (f"127.0.{net}.{1 + number // _EACH}", 0)
        first = True
        while True:
            try:
                streams = await asyncio.open_connection("127.0.0.1", port, local_addr=here)
            except OSError:
                self.seen["no connection"] += 1
                await asyncio.sleep(1)
                continue
            self.seen["came"] += 1
            self.there += first
            first = False
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await kind(number, streams)
            self.seen["was sent away"] += 1
            streams[1].transport.abort()
            await asyncio.sleep(1)

    async def idle(self, number: int, streams: Streams) -> None:
        """Half of them have not even said EHLO."""
        reader, writer = streams
        await reader.readline()
        if number % 2:
            writer.write(b"EHLO idle.example\r\n")
        while await reader.read(4096):
            pass

    async def slow_command(self, _: int, streams: Streams) -> None:
        await self._drip(streams, b"", b"EHLO slow.example" + b"x" * 1000)

    async def slow_body(self, _: int, streams: Streams) -> None:
        begin = b"EHLO slow.example\r\nMAIL FROM:<ann@corp.example>\r\nRCPT TO:<bob@partner.example>\r\nDATA\r\n"
        await self._drip(streams, begin, b"Subject: slowly\r\n\r\n" + b"x" * 100_000)

    async def slow_handshake(self, _: int, streams: Streams) -> None:
        outgoing = ssl.MemoryBIO()
        hello = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="mx.corp.example")
        with contextlib.suppress(ssl.SSLWantReadError):
            hello.do_handshake()
        await self._drip(streams, b"", outgoing.read()[:-1])

    async def _drip(self, streams: Streams, begin: bytes, slowly: bytes) -> None:
        reader, writer = streams
        writer.write(begin)
        gone = asyncio.create_task(reader.read())
        for at in range(len(slowly)):
            writer.write(slowly[at : at + 1])
            await writer.drain()
            done, _ = await asyncio.wait([gone], timeout=1.0)
            if done:
                break
        gone.cancel()
        await asyncio.wait([gone])
        gone.cancelled() or gone.exception()


_VERBS = (
    b"EHLO", b"HELO", b"MAIL FROM:", b"RCPT TO:", b"DATA", b"BDAT", b"RSET", b"NOOP", b"VRFY", b"EXPN", b"HELP",
    b"AUTH", b"STARTTLS", b"XCLIENT", b"XFORWARD", b"ETRN", b"BURL", b"QUIT",
)  # fmt: skip
_ARGUMENTS = (
    b"<ann@corp.example>", b"<>", b"<@a,@b:c@d>", b'<"a\\"b"@corp.example>', b"<a@[127.0.0.1]>", b"<a@[IPv6:::1]>",
    b"<", b"<<a@b>>", b"SIZE=99999999999999999999", b"SIZE=-1", b"BODY=8BITMIME", b"SMTPUTF8", b"RET=FULL", b"ENVID=+4",
    b"NOTIFY=", b"ORCPT=rfc822;a+ZZ@b", b"AUTH=<>", b"PLAIN", b"LOGIN", b"XOAUTH2", b"AGFubgBwdw==", b"=", b"*",
    b"0 LAST", b"99999999999", b"-1 LAST", b"ADDR=1.2.3.4 LOGIN=admin", b"NAME=[UNAVAILABLE]",
    b"\xe4\xbd\x90\xe8\x97\xa4@corp.example", b"\xff\xfe\x00",
)  # fmt: skip


def nonsense(chance: random.Random) -> bytes:
    """One malformed command; never one that asks for a body, so that what follows is read as commands, too."""
    kind = chance.randrange(6)
    if kind == 0:
        line = bytes(chance.randrange(256) for _ in range(chance.randrange(60)))
    elif kind == 1:
        line = chance.choice(_VERBS)[: chance.randrange(8)] + b" " * chance.randrange(5)
    elif kind == 2:
        line = (
            chance.choice(_VERBS) + b" " + bytes(chance.choice(b'<>@"\\ =+:;,.()[]%!\x00\t\xa0az09') for _ in range(40))
        )
    elif kind == 3:
        line = chance.choice(_ARGUMENTS) * chance.randrange(1, 90)
    else:
        words = [chance.choice(_ARGUMENTS) for _ in range(chance.randrange(5))]
        line = chance.choice(_VERBS) + chance.choice((b" ", b"", b"\t", b": ")) + b" ".join(words)
    if line.split(b" ")[0].strip().upper() in (b"DATA", b"BDAT", b"QUIT", b"STARTTLS", b"AUTH"):
        line = b"X" + line  # said properly by somebody else; here they would end what is tried
    ending = chance.choice((b"\r\n",) * 8 + (b"\n", b"\r\r\n"))
    return line.replace(b"\n", b"").replace(b"\r", b"") + ending


async def babble(count: int, ports: list[int], seen: Counter[str], *, lines: int = 8, seed: int = 6) -> None:
    """So many malformed commands over several lines of talk, some of them under TLS; each reply must be one."""
    left = count

    async def one(number: int) -> None:
        nonlocal left
        chance = random.Random(f"{seed}-{number}")
        tls = number % 4 == 3
        while left > 0:
            context = ssl._create_unverified_context() if tls else None
            here = (f"127.0.9.{1 + number}", 0)
            try:
                streams = await asyncio.open_connection(
                    "127.0.0.1", ports[1 if tls else 0], ssl=context, local_addr=here
                )
            except OSError:
                seen["no connection"] += 1
                await asyncio.sleep(0.1)
                continue
            seen["connections"] += 1
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await talk(chance, streams)
            streams[1].transport.abort()

    async def talk(chance: random.Random, streams: Streams) -> None:
        nonlocal left
        reader, writer = streams
        await reader.readline()
        while left > 0:
            said = [nonsense(chance) for _ in range(chance.randrange(1, 12))]
            left -= len(said)
            seen["commands"] += len(said)
            writer.write(b"".join(said) + b"NOOP\r\n")
            await writer.drain()
            async with asyncio.timeout(20):
                for _ in range(len(said) + 1):
                    line = await reader.readline()
                    while line[3:4] == b"-":
                        line = await reader.readline()
                    if not line:
                        return
                    good = line[:3].isdigit() and line.endswith(b"\r\n") and line[:1] in b"2345"
                    seen[line[:3].decode("ascii", "replace") if good else f"no reply: {line!r}"] += 1
                    if line[:3] == b"421":
                        return

    await asyncio.gather(*(one(number) for number in range(lines)))


async def _main(kind: str, count: int, ports: list[int]) -> None:
    crowd = Crowd(ports)
    if kind == "idle":
        work = [crowd.run(count, crowd.idle, 2)]
    elif kind == "loris":
        third = count // 3
        work = [crowd.run(third, crowd.slow_command, 3), crowd.run(third, crowd.slow_body, 4)]
        work.append(crowd.run(count - 2 * third, crowd.slow_handshake, 5, 1))
    else:
        work = [babble(count, ports, crowd.seen)]
    tasks = [asyncio.create_task(one) for one in work]
    while kind != "nonsense" and crowd.there < count:  # noqa: ASYNC110 - each of many comes by itself
        await asyncio.sleep(0.05)
    print("ready", flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    ended = asyncio.create_task(reader.read())
    if kind == "nonsense":
        await asyncio.wait(tasks)
    await ended
    print(json.dumps(crowd.seen), flush=True)
    for task in tasks:
        task.cancel()


@contextlib.asynccontextmanager
async def attack(kind: str, count: int, *ports: int) -> AsyncIterator[Callable[[], Awaitable[dict[str, Any]]]]:
    """The attack in its process, all there, while the block lasts. Gives what ends it and tells what it saw."""
    arguments = ["-m", "tests.faults.attack", kind, str(count), *map(str, ports)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    async def end() -> dict[str, Any]:
        stdin.close()
        found: dict[str, Any] = json.loads(await asyncio.wait_for(stdout.readline(), 300))
        return found

    try:
        async with asyncio.timeout(120):
            assert await stdout.readline() == b"ready\n"
        yield end
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        stdin.close()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), [int(port) for port in sys.argv[3:]]))
