"""A mail of 1 GB against the limit, and one that the limit allows.

Declared, it is refused at MAIL; undeclared, it is read and thrown away until the line is cut; allowed, it goes through
whole. In each case the house takes at most 100 MB more memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from pathlib import Path

from tests.faults.gauges import lag, late, load, most_resident
from tests.faults.rows import Row
from tests.faults.site import Site, site

GIANT = 2**30
MORE_MB = 100
_LINE = b"0123456789abcdef" * 62 + b"\r\n"
_BLOCK = _LINE * 256
_HEAD = b"From: ann@corp.example\r\nTo: bob@partner.example\r\nMessage-ID: <giant@faults.corp.example>\r\n\r\n"


class Swallow:
    """A next server that keeps nothing of a mail but its size and digest, and nothing at all of letters."""

    def __init__(self) -> None:
        self.port, self.size, self.mails = 0, 0, 0
        self.digest = hashlib.sha256()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            writer.write(b"220 swallow.example ESMTP\r\n")
            sender = b""
            while line := await reader.readline():
                sender = line if line[:4].upper() == b"MAIL" else sender
                if line[:4].upper() == b"EHLO":
                    writer.write(b"250-swallow.example\r\n250-8BITMIME\r\n250 SIZE 0\r\n")
                elif line[:4].upper() == b"DATA":
                    writer.write(b"354 go\r\n")
                    await self._body(reader, letter=b"<>" in sender)
                    writer.write(b"250 2.0.0 taken\r\n")
                elif line[:4].upper() == b"QUIT":
                    break
                else:
                    writer.write(b"250 2.0.0 ok\r\n")
        writer.transport.abort()

    async def _body(self, reader: asyncio.StreamReader, *, letter: bool) -> None:
        tail, seen = b"\r\n", 0
        digest = hashlib.sha256()
        while not tail.endswith(b"\r\n.\r\n"):
            block = await reader.read(2**18)
            if not block:
                raise ConnectionResetError
            digest.update(block)
            seen, tail = seen + len(block), (tail + block)[-5:]
        if not letter:
            self.mails, self.size, self.digest = self.mails + 1, seen, digest


class Sender:
    """A client that sends one giant."""

    def __init__(self, place: Site, size: int) -> None:
        self._place, self._size = place, size
        self.sent = 0

    async def __call__(self, parameters: str = "") -> str:
        """The last reply, "" if the line was cut without one."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._place.ports["smtp"])
        try:
            return await self._talk(reader, writer, parameters)
        except OSError:
            return ""
        finally:
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, parameters: str) -> str:
        said = await self._ask(reader, writer, "")
        for line in ("EHLO pc.corp.example", f"MAIL FROM:<ann@corp.example>{parameters}"):
            said = await self._ask(reader, writer, line)
        if said[:3] != "250":
            return said
        for line in ("RCPT TO:<bob@partner.example>", "DATA"):
            said = await self._ask(reader, writer, line)
        assert said[:3] == "354", said
        heard = asyncio.create_task(self._ask(reader, writer, ""))
        writer.write(_HEAD)
        self.sent = len(_HEAD)
        with contextlib.suppress(OSError):
            while self.sent < self._size and not heard.done():
                writer.write(_BLOCK)
                self.sent += len(_BLOCK)
                await writer.drain()
            writer.write(b".\r\n")
        return await asyncio.wait_for(heard, 200)

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str) -> str:
        if line:
            writer.write(f"{line}\r\n".encode())
        while (said := (await reader.readline()).decode())[3:4] == "-":
            pass
        return said.strip()


async def run(folder: Path, size: float = 1.0) -> list[Row]:
    giant = max(2**26, round(GIANT * size))
    return [await against_the_limit(folder / "small", giant), await _allowed(folder / "large", giant)]


async def against_the_limit(folder: Path, giant: int) -> Row:
    """A giant of which the limit allows a sixteenth, announced and not."""
    async with site(folder, limits={"message_size": f"{giant // 2**24} MB"}) as place:
        await place.open()
        send = Sender(place, giant)
        async with most_resident(place) as memory:
            declared = await send(f" SIZE={giant}")
            undeclared = await send()
        status = await place.stop()
        left = [one.name for one in (place.folder / "var" / "bodies").rglob("*") if one.is_file()]
    wrong = [f"exit status {status}"] if status else []
    wrong += [f"declared: {declared}"] if not declared.startswith("552 5.3.4") else []
    wrong += [f"undeclared: {undeclared}"] if not undeclared.startswith("552 5.3.4") else []
    wrong += [f"files left: {left[:3]}"] if left else []
    wrong += [f"{memory[1] - memory[0]} MB more memory"] if memory[1] - memory[0] > MORE_MB else []
    said = (
        f"{giant / 2**20:,.0f} MB: declared refused at MAIL, undeclared cut after {send.sent / 2**20:,.0f} MB;"
        f" RSS {memory[0]} MB, at most {memory[1]} MB"
    )
    return Row("a giant against the limit", 1, 2, 0, 0, 0, 0, said=said, wrong=tuple(wrong))


async def _allowed(folder: Path, giant: int) -> Row:
    swallow = Swallow()
    await swallow.start()
    limits = {"message_size": f"{giant // 2**20 + 64} MB"}
    async with site(folder, limits=limits) as place:
        config = place.folder / "mailguard.yaml"
        config.write_text(config.read_text().replace(f":{place.sink.port}", f":{swallow.port}"))
        await place.open()
        send = Sender(place, giant)
        slow = await lag(place)
        async with most_resident(place) as memory:
            began = time.monotonic()
            reply = await send(f" SIZE={giant + 2**20}")
            taken = time.monotonic() - began
            # Beyond what its readers may read, it waits for a person, who lets it go.
            held = "held" in reply
            if held and place.house is not None:
                await asyncio.to_thread(place.house.run, "queue", "release", reply.split()[-1])
            began = time.monotonic()
            await place.until(lambda: swallow.mails, 150, "the giant is outside")
            out = time.monotonic() - began
        lagged = late(slow, await lag(place))
        status = await place.stop()
    swallow.stop()
    waited = "held as unreadable and released, " if held else ""
    wrong = [f"exit status {status}"] if status else []
    wrong += [reply] if not reply.startswith("250") else []
    wrong += [f"{memory[1] - memory[0]} MB more memory"] if memory[1] - memory[0] > MORE_MB else []
    wrong += [f"{swallow.size} of {send.sent} octets"] if swallow.size < send.sent else []
    said = (
        f"{send.sent / 2**20:,.0f} MB: in within {taken:.0f} s, {waited}outside {out:.0f} s later;"
        f" RSS {memory[0]} MB, at most {memory[1]} MB; {lagged}; {load()}"
    )
    return Row("a giant that the limit allows", 1, 1, 1, 0, 0, swallow.mails - 1, said=said, wrong=tuple(wrong))
